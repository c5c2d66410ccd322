--- minbtf: the part of kernels' BTF that BPF objects need, as files to ship, or which of those are stale.
local PACKINGS = { ["%.tar%.xz$"] = "xz", ["%.tar%.gz$"] = "gzip" }

local function as_archive(word)
  for suffix in pairs(PACKINGS) do
    if word:find(suffix) then return word end
  end
  return nil, ("--archive takes OUT.tar.xz or OUT.tar.gz, not '%s'"):format(word)
end

local cli = btfl.cli {
  about = "The part of kernels' BTF that BPF objects need, as BTF files to ship.",
  jobs = "each kernel is open only for its turn",
  epilog = "Of one kernel -o is a file; of several it is a folder, as with a slash at its end, with a file\n"
    .. "for each, called as `btfl targets` calls the kernel. A loader that is given such a file relocates\n"
    .. "the objects as against the whole; with --policy, a loader of these rules.",
  options = function(parser)
    parser:mutex(
      parser:flag("--link", "In a folder, make files that are equal one, by hard links."),
      parser:option("--archive", "Write one archive instead, ./DISTRO/VERSION/ARCH/RELEASE.btf in it as in "
          .. "BTFHub's where kernels are called so, else ./NAME.btf."):argname("OUT.tar.xz")
        :convert(as_archive),
      parser:option("--verify", "Write nothing, and tell which files of a folder or an archive are not right "
        .. "for these objects and kernels."):argname("FOLDER"))
  end,
}

local args = cli.args
if not (args.output or args.archive or args.verify) then cli:error "-o FILE is needed: BTF is no text" end
if args.archive and args.output then cli:error "--archive OUT is written, and not -o" end

-- What is no BPF object needs nothing; of what cannot be read nobody knows what it needs.
local function objects_to_write_for()
  local list = {}
  for object in cli:objects() do list[#list + 1] = object end
  for _, cause in ipairs(cli.causes) do
    if cause.code ~= "unsupported" then return {} end
  end
  return list
end

local objects, met = objects_to_write_for(), {} -- byte orders of kernels
if #objects == 0 then return 2 end

-- Those that can be loaded on a kernel; those that can be nowhere are told at the end.
local function objects_for(target)
  local list = {}
  met[target.endian] = true
  for _, object in ipairs(objects) do
    if not object:clash(target) then list[#list + 1] = object end
  end
  if #list == 0 then
    cli:failure(("%s: it is %s-endian, and no object is"):format(target.path, target.endian))
  end
  return list
end

local function tell_strangers()
  if cli:interrupted() or not next(met) then return end -- no kernel could be read
  for _, object in ipairs(objects) do
    if not met[object.endian] then
      cli:failure(("%s: it is %s-endian, and no kernel is"):format(object.path, object.endian))
    end
  end
end

-- What a relocation became; ids of types are the part's own.
local function outcome(result)
  local id = result.relo.kind == "target_type_id"
  if not result.ok or id then return result.status end
  return ("ok %s %s"):format(btfl.u64(result.value), result.after)
end

-- Each relocation that is otherwise against a part than against the whole, in words.
local function differences(list, target, part)
  local lines = {}
  for _, object in ipairs(list) do
    local whole = object:results(target)
    for result in object:results(part) do
      local usual, got = outcome(whole()), outcome(result)
      if usual ~= got then
        lines[#lines + 1] = ("%s: relocation %d (%s) is %s against the whole and %s against the part"):format(
          object.path, result.relo.index, result.relo, usual, got)
      end
    end
  end
  return lines
end

-- The bytes for a kernel. A hook may look at what no relocation leads to, which is not in the part: then its
-- answers differ.
local function part_of(target, list)
  local subset = btfl.subset(target)
  for _, object in ipairs(list) do subset:add(object) end
  local wrong = cli.policy and differences(list, target, btfl.target(subset:btf()))[1]
  if wrong then
    cli:failure(("%s: policy '%s' looks at more than it finds"):format(wrong, cli.policy.name))
    return nil
  end
  return (subset:bytes())
end

-- The file of a kernel: what it is called, which leads nowhere else.
local function file_of(target)
  local parts = {}
  for part in target.name:gmatch "[^/]+" do
    if part ~= "." and part ~= ".." then parts[#parts + 1] = part end
  end
  return table.concat(parts, "/") .. ".btf"
end

-- Gives put(file, bytes) the part of each kernel. Of two that are called the same, which need not be two, the
-- parts must be, too.
local function each_part(put)
  local first = {}
  for target in cli:each_target() do
    local list, file = objects_for(target), file_of(target)
    local bytes, other = #list > 0 and cli:try(part_of, target, list), first[file]
    if bytes and not other then
      first[file] = { path = target.path, bytes = bytes }
      put(file, bytes)
    elseif bytes and other.bytes ~= bytes then
      cli:failure(("%s: %s is called %s, too, which is written"):format(target.path, other.path, target.name))
    end
  end
  tell_strangers()
end

local function write_archive(path)
  local files = {}
  each_part(function(file, bytes) files[#files + 1] = { name = "./" .. file, bytes = bytes } end)
  if cli:interrupted() then cli:failure(path .. ": is not written, for not all of it is done") end
  if #files == 0 or cli:interrupted() then return end
  table.sort(files, function(a, b) return a.name < b.name end)
  for suffix, packing in pairs(PACKINGS) do
    if path:find(suffix) then cli:write(btfl.archive(files, packing), path) end
  end
end

local function prefix_of(folder) return (folder:gsub("/*$", "/")) end

local function write_folder(folder)
  local same = {}
  each_part(function(file, bytes)
    local path = prefix_of(folder) .. file
    if args.link and same[bytes] then
      cli:try(cli.link, cli, same[bytes], path)
    elseif cli:try(function() cli:write(bytes, path) return true end) then
      same[bytes] = path
    end
  end)
end

local function is_folder(path)
  if path:find "/$" or cli:several() then return true end
  local file <close> = io.open(path .. "/.")
  return file ~= nil
end

-- The files that there are: whether each can be read.
local function files_in(folder)
  local found = {}
  for part, why in btfl.targets(folder) do
    if part then
      found[part.path] = true
      part:close()
    else
      cli:failure(why)
      if why.file then found[why.file] = false end
    end
  end
  return found
end

local NOTES = 5

-- Tells what is wrong with the file of a kernel; its state.
local function judge(out, target, path, found)
  local list = objects_for(target)
  if #list == 0 or found[path] == false then return nil end
  if not found[path] then
    out:error { rule = "part-missing", at = path, target = target.name, message = "there is no such file" }
    return "missing"
  end
  local part <close> = btfl.target(path)
  local lines = differences(list, target, part)
  if #lines == 0 then return "right" end
  local count, more = #lines, #lines - NOTES
  if more > 0 then
    lines[NOTES + 1] = ("and %d more"):format(more)
    lines = table.move(lines, 1, NOTES + 1, 1, {})
  end
  out:error { rule = "part-stale", at = path, target = target.name, notes = lines,
    message = ("%d relocation%s otherwise than against the kernel"):format(count,
      count == 1 and " is" or "s are") }
  return "stale"
end

-- Files that no kernel is called after.
local function tell_extra(out, found)
  local names = {}
  for path in pairs(found) do names[#names + 1] = path end
  table.sort(names)
  for _, path in ipairs(names) do
    out:error { rule = "part-extra", at = path, message = "no kernel that is given is called so" }
    out:row { file = path, state = "extra" }
  end
end

local function verify(folder)
  local out = btfl.report("minbtf", { columns = { "file", "target", "state" } })
  local found = files_in(folder)
  local prefix = found[folder] and "" or folder:find "%.tar%.[%w]+$" and folder .. "!" or prefix_of(folder)
  for target in cli:each_target() do
    local path = prefix == "" and folder or prefix .. file_of(target)
    local state = cli:try(judge, out, target, path, found)
    found[path] = nil
    if state then out:row { file = path, target = target.name, state = state } end
  end
  -- One of a kernel that could not be read is not extra.
  if #cli.failures == 0 and not cli:interrupted() then tell_extra(out, found) end
  tell_strangers()
  return out
end

if args.verify then return verify(args.verify) end
if args.archive then
  write_archive(args.archive)
elseif is_folder(args.output) then
  write_folder(args.output)
else
  each_part(function(_, bytes) cli:write(bytes) end)
end
return 0
