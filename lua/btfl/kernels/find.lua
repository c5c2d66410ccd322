--- From the words of -t to kernels: files, folders, patterns, archives and lists. Each is looked at when its
--- turn comes, so that a thousand of them take no more room than one.
local beside = require "btfl.kernels.beside"
local engine = require "btfl.engine"
local naming = require "btfl.kernels.naming"

local find = {}

--- A kernel that was found, and not opened yet.
---@class btfl.kernels.found
---@field path string
---@field options table what is known of it, as options of engine.target()
---@field facts table? what a project file tells of it, likewise; the command line comes before
---@field config string? the text of a configuration that is in no file of its own

-- Folders within folders, and files, that are looked at for one word of -t.
local MOST_LEVELS, MOST_FILES = 32, 200000

local RUNNING = "/sys/kernel/btf/vmlinux"

local function folder_of(path) return path:match "^(.*/)[^/]*$" or "" end

-- The files of a folder with such names, and whether a kernel stands alone in it: asked once while kernels
-- of the same folder follow each other.
local seen = {}

local function folder(path)
  if seen.path == path then return seen end
  local names = engine.folder(path == "" and "." or path) or {}
  local files, all = {}, {}
  for _, name in ipairs(names) do
    local file = { path = path .. name }
    all[#all + 1] = file
    if beside.role(name) then files[#files + 1] = file end
  end
  seen = { path = path, files = files, all = all }
  return seen
end

local function is_alone(here)
  if here.alone == nil then
    local kernels = 0
    for _, file in ipairs(here.all) do
      local _, _, _, kernel = engine.file_kind(file.path)
      if kernel then kernels = kernels + 1 end
    end
    here.alone = kernels <= 1
  end
  return here.alone
end

-- What is known of a kernel in a file: its name, and what lies beside it.
local function described(path, files, alone)
  local options = naming.describe(path)
  local own = beside.of(engine.stem(path), files, alone)
  options.kconfig, options.kallsyms = own.kconfig, own.kallsyms
  return { path = path, options = options }
end

local function one_file(path)
  local vmlinux = path
  if engine.file_kind(path) == "folder" then vmlinux = (path:gsub("/*$", "/vmlinux")) end
  if path == RUNNING or engine.file_kind(vmlinux) == "special" then
    return { path = path, options = naming.describe(vmlinux) }
  end
  local here = folder(folder_of(vmlinux))
  local alone = vmlinux:match "[^/]*$" == "vmlinux" or function() return is_alone(here) end
  local found = described(vmlinux, here.files, alone)
  found.path = path
  return found
end

-- A vmlinux is at hand at once, a vmlinuz of the same name has to be unpacked.
local function without_twins(kernels)
  local plain, out = {}, {}
  local function key(path) return folder_of(path) .. engine.stem(path) end
  for _, path in ipairs(kernels) do
    if not path:find "vmlinuz[^/]*$" then plain[key(path)] = true end
  end
  for _, path in ipairs(kernels) do
    if not (path:find "vmlinuz[^/]*$" and plain[key(path)]) then out[#out + 1] = path end
  end
  return out
end

-- How many kernels stand in each folder.
local function per_folder(kernels)
  local count = {}
  for _, path in ipairs(kernels) do count[folder_of(path)] = (count[folder_of(path)] or 0) + 1 end
  return count
end

-- Gives the kernels of an archive; false when it is none.
local function from_archive(path, give, failed)
  local list, err = engine.archive(path)
  if not list then return false end
  local kernels, files, told = {}, {}, err ~= nil
  for _, member in ipairs(list) do
    local full = path .. "!" .. member.name
    if member.kernel then
      kernels[#kernels + 1] = full
    elseif member.kind == "archive" then
      told = true
      failed(full .. ": an archive in an archive is not looked into: unpack it")
    else
      files[#files + 1] = { path = full, kind = member.kind }
    end
  end
  if #kernels == 0 and not told then failed(path .. ": has no kernel in it") end
  if #kernels == 0 and err then
    give(described(path, {}, false))
    return true
  end
  kernels = without_twins(kernels)
  local count = per_folder(kernels)
  for _, kernel in ipairs(kernels) do
    local own = {}
    for _, file in ipairs(files) do
      if folder_of(file.path) == folder_of(kernel) then own[#own + 1] = file end
    end
    give(described(kernel, own, count[folder_of(kernel)] == 1))
  end
  if err then failed(err) end
  return true
end

local expand

-- What of a folder is looked at further: its kernels and its folders. A link to what was met is left out, so
-- that none is found twice; nil where there is a vmlinux, whose modules are all else.
local function sift(path, names, entered)
  local base = path:gsub("/*$", "/")
  local entries, kernels, folders = {}, {}, {}
  for _, name in ipairs(names) do
    local kind, id, link, kernel = engine.file_kind(base .. name)
    if name == "vmlinux" and kernel then return nil end
    if name:sub(1, 1) ~= "." and (kind == "folder" or kind == "archive" or kernel) then
      entries[#entries + 1] = { path = base .. name, folder = kind == "folder", id = id, link = link }
    end
  end
  -- What stands there itself comes first: its name is the better one.
  table.sort(entries, function(a, b)
    if a.link ~= b.link then return not a.link end
    return a.path < b.path
  end)
  for _, entry in ipairs(entries) do
    if not (entered[entry.id] and (entry.link or entry.folder)) then
      table.insert(entry.folder and folders or kernels, entry.path)
    end
    entered[entry.id] = true
  end
  table.sort(kernels)
  table.sort(folders)
  return kernels, folders
end

local function search(path, give, failed, level, entered)
  local names, why = engine.folder(path)
  if not names then return failed(why) end
  entered.files = entered.files + #names
  if level > MOST_LEVELS then return failed(path .. ": folders in folders, too deep to be searched") end
  if entered.files > MOST_FILES then
    return failed(("%s: more than %d files, the most that are searched"):format(path, MOST_FILES))
  end
  local kernels, folders = sift(path, names, entered)
  if not kernels then
    entered.found = true
    return give(one_file(path))
  end
  for _, kernel in ipairs(without_twins(kernels)) do
    entered.found = true
    expand(kernel, give, failed)
  end
  for _, inner in ipairs(folders or {}) do search(inner, give, failed, level + 1, entered) end
end

local function from_folder(path, give, failed)
  if engine.file_kind((path:gsub("/*$", "/vmlinux"))) then return give(one_file(path)) end
  if not find.search(path, give, failed) then
    failed(path .. ": no kernel in this folder: BTF, vmlinux*, vmlinuz*, *.btf.*, a package or an archive")
  end
end

local function from_pattern(word, give, failed)
  local paths = word:find "[*?%[]" and engine.glob(word) or {}
  if word:find "[*?%[]" and #paths == 0 and not naming.split(word):find "[*?%[]" then paths = { word } end
  for _, path in ipairs(paths) do expand(path, give, failed) end
  if #paths > 0 then return end
  if word:find "[*?%[]" then return failed(word .. ": no file matches") end
  give(one_file(word))
end

function expand(word, give, failed)
  local kind = engine.file_kind(word)
  if not kind then return from_pattern(word, give, failed) end
  if kind == "folder" then return from_folder(word, give, failed) end
  if kind == "text" and word:find "%.json$" then
    return require("btfl.kernels.lists").crawler(word, give, failed, find)
  end
  if (kind == "archive" or kind == "packed") and from_archive(word, give, failed) then return end
  give(one_file(word))
end

--- Iterates over the kernels that words of -t name, in order.
---@param words (string|{ word: string, facts: table })[] facts are those of all kernels of the word
---@param failed fun(message: any) told of what cannot be used
---@return fun(): btfl.kernels.found?
function find.each(words, failed)
  return coroutine.wrap(function()
    for _, given in ipairs(words) do
      local word = type(given) == "table" and given.word or given
      local function give(found)
        found.facts = type(given) == "table" and given.facts or nil
        coroutine.yield(found)
      end
      if word:sub(1, 1) == "@" and #word > 1 then
        require("btfl.kernels.lists").read(word:sub(2), give, failed, find)
      else
        expand(word, give, failed)
      end
    end
  end)
end

--- The kernels that a path names, as find.each() gives them.
---@param path string
---@param give fun(found: btfl.kernels.found)
---@param failed fun(message: any)
function find.expand(path, give, failed) return expand(path, give, failed) end

--- The kernels in a folder, however deep; whether there are some.
---@param path string
---@param give fun(found: btfl.kernels.found)
---@param failed fun(message: any)
---@return boolean
function find.search(path, give, failed)
  local _, id = engine.file_kind(path)
  local entered = { files = 0, [id or path] = true }
  search(path, give, failed, 1, entered)
  return entered.found or false
end

--- The one kernel at a path; where there are more, or none, opening it tells.
---@param path string
---@return btfl.kernels.found
function find.one(path)
  local kind = engine.file_kind(path)
  if kind == "archive" or kind == "packed" then
    local list, trouble = {}, nil
    from_archive(path, function(found) list[#list + 1] = found end, function(why) trouble = why end)
    if #list == 1 and not trouble then return list[1] end
  end
  return one_file(path)
end

-- What is known of what was found, and what comes before that; false: nothing is known.
local function known_of(found, options)
  local all = {}
  for name, value in pairs(found.options) do all[name] = value end
  for name, value in pairs(options) do
    if value == false then all[name] = nil else all[name] = value end
  end
  return all
end

-- Whether a configuration is of another version than the name of the kernel tells, so that it is not its own,
-- whatever it is called. The third number of a release may hide that of the version.
local function of_another(found, version)
  local here = (found.options.release or found.options.name):match "%d+%.%d+%.%d+"
  return here and version and here:match "^%d+%.%d+" ~= version:match "^%d+%.%d+"
end

--- What engine.target() is to be given of what was found. A configuration or symbols that lie beside a kernel
--- and cannot be read cost it only these.
---@param found btfl.kernels.found
---@param options table of engine.target(), which come before what was found
---@param failed fun(message: any)
---@return table
function find.options(found, options, failed)
  local all = known_of(found, options)
  for _, role in ipairs { "kconfig", "kallsyms" } do
    if all[role] and options[role] == nil then
      local text = role == "kconfig" and found.config
      local ok, why = pcall(text and engine.keep_config or engine.read_fact, text and all[role] or role,
        text or all[role])
      if not ok then failed(why) end
      if not ok or of_another(found, why) then all[role] = nil end
    end
  end
  if all.kconfig and not all.distro then all.distro = naming.distro_of_config(all.kconfig) end
  return all
end

--- What is known of what was found where it cannot be opened.
---@param found btfl.kernels.found
---@return btfl.matrix.kernel
function find.unread(found)
  local known = found.options
  return { name = known.name or "-", path = found.path or "-", release = known.release,
    arch = known.arch and engine.architecture(known.arch), distro = known.distro, flavour = known.flavour }
end

--- Opens what was found, likewise.
---@param found btfl.kernels.found
---@param options table
---@param failed fun(message: any)
---@return btfl.target
function find.open(found, options, failed)
  return engine.target(found.path, find.options(found, options, failed))
end

return find
