--- Where the command line wants what was found: in one format on standard output or in the file of -o, and in
--- the files of --format NAME=FILE.
local engine = require "btfl.engine"
local formats = require "btfl.report.formats"
local named = require "btfl.command.named"

local outputs = {}

-- What is wrong with the name of a format.
local function no_format(name)
  local why = require "btfl.meant"(name, formats, "'")
  if named.is_file(name) then
    local _, failed = io.open(name)
    why = (" (%s)"):format(failed)
  elseif why == "" then
    why = (" (%s)"):format(table.concat(formats, ", "))
  end
  return ("option '--format': there is no format '%s'%s"):format(name, why)
end

--- What reads the words of --format, for a script that writes some formats itself: { format, file }.
---@param own? string[]
---@return fun(word: string): table?, string?
function outputs.reader(own)
  local is_own = {}
  for _, name in ipairs(own or {}) do is_own[name] = true end
  local function exists(name) return is_own[name] or formats.exists(name) end
  return function(word)
    local name, file = word:match "^([^=]*)=(.*)$"
    -- A format's own file may have an equals sign in its name.
    if name and not exists(name) and exists(word) then name, file = word, nil end
    name = name or word
    if not exists(name) then return nil, no_format(name) end
    if file == "" then return nil, ("option '--format': '%s' names no file"):format(word) end
    return { format = name, file = file }
  end
end

--- The names of all formats, each once.
---@param own? string[]
---@return string[]
function outputs.names(own)
  local names, seen = {}, {}
  for _, list in ipairs { formats, own or {} } do
    for _, name in ipairs(list) do
      if not seen[name] then names[#names + 1], seen[name] = name, true end
    end
  end
  return names
end

-- Arguments that are paths of inputs.
local INPUTS = {
  "obj", "target", "module", "file", "btf", "base", "from", "object", "kconfig", "kallsyms", "log",
  "baseline", "old", "new",
}

-- The input that writing a file would destroy, nil when there is none. Whatever was read is refused when it
-- is written; this is for what is not read before, and saves the work.
local function lost_input(args, file)
  local function is_lost(path) return type(path) == "string" and engine.same_file(path, file) end
  for _, name in ipairs(INPUTS) do
    local given = args[name]
    for _, path in ipairs(type(given) == "table" and given or { given }) do
      if type(path) == "table" then path = path.value end
      if is_lost(path) then return path end
    end
  end
  local words = { args.policy or "", arg and arg[0] or "", args.format or "" }
  for i, output in ipairs(args.files) do words[3 + i] = output.format end
  for _, word in ipairs(words) do
    if named.is_file(word) and is_lost(word) then return word end
  end
end

-- Whether writing one would replace the other, be it there or not.
local function are_one(a, b)
  if a == b or engine.same_file(a, b) then return true end
  local function split(path)
    local folder, name = path:match "^(.*/)([^/]*)$"
    return folder or ".", name or path
  end
  local in_a, name_a = split(a)
  local in_b, name_b = split(b)
  return name_a == name_b and engine.same_file(in_a, in_b)
end

--- Makes of what was read of --format and -o the format that goes to standard output or to -o (`args.format`,
--- nil where all go to files of their own) and the other outputs (`args.files`).
---@param args table
---@return string? wrong
function outputs.settle(args)
  local given, files = args.format, {}
  args.format, args.files = nil, files
  for _, output in ipairs(given) do
    if output.file then
      files[#files + 1] = output
    elseif args.format then
      return ("--format %s and --format %s would both go to %s; --format %s=FILE would not"):format(
        args.format, output.format, args.output or "standard output", output.format)
    else
      args.format = output.format
    end
  end
  if args.output or #files == 0 then args.format = args.format or "text" end
  local paths = { args.output }
  for _, output in ipairs(files) do paths[#paths + 1] = output.file end
  for i, path in ipairs(paths) do
    local lost = lost_input(args, path)
    if lost then return ("%s is an input: it is not written over"):format(lost) end
    for n = 1, i - 1 do
      if are_one(path, paths[n]) then return ("%s would be written twice"):format(path) end
    end
  end
end

return outputs
