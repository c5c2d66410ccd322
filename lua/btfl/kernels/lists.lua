--- Lists of kernels: a text with a path in each line, and what falcosecurity's kernel-crawler writes.
local engine = require "btfl.engine"

local lists = {}

local function folder_of(path) return path:match "^(.*/)[^/]*$" or "" end

local function content(path, failed)
  local file <close>, why = io.open(path, "rb")
  if not file then return failed(why) end
  engine.note_input(path)
  local text, broken = file:read "a"
  return text or failed(("%s: %s"):format(path, broken))
end

--- Gives the kernels of "@FILE": one path a line, `#` before a comment, relative to the folder of the list.
---@param path string
---@param give fun(found: btfl.kernels.found)
---@param failed fun(message: any)
---@param find table btfl.kernels.find
function lists.read(path, give, failed, find)
  local text = content(path, failed)
  if not text then return end
  if text:find "^%s*[{%[]" then return lists.crawler(path, give, failed, find, text) end
  for line in text:gmatch "[^\r\n]+" do
    local word = line:match "^%s*(.-)%s*$"
    if word ~= "" and word:sub(1, 1) ~= "#" then
      find.expand(word:sub(1, 1) == "/" and word or folder_of(path) .. word, give, failed)
    end
  end
end

local BASE64 = {}
for i = 0, 63 do
  BASE64[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):sub(i + 1, i + 1)] = i
end

-- nil for what is no base64.
local function decode(text)
  text = text:gsub("%s", ""):gsub("=+$", "")
  local out = {}
  for at = 1, #text, 4 do
    local bits, n = 0, 0
    for k = at, math.min(at + 3, #text) do
      local value = BASE64[text:sub(k, k)]
      if not value then return nil end
      bits, n = bits << 6 | value, n + 1
    end
    bits = bits << 6 * (4 - n)
    out[#out + 1] = string.char(bits >> 16 & 255, bits >> 8 & 255, bits & 255):sub(1, n - 1)
  end
  return table.concat(out)
end

-- Entries by their release, of several the last, and how many. The file is a table of lists by the name of a
-- distribution, each entry with kernelrelease, target, headers, and of some kernelconfigdata.
local function entries_of(path, text, failed)
  local ok, data = pcall(function()
    local value, _, why = require("dkjson").decode(text)
    return value or error(why, 0)
  end)
  if not ok or type(data) ~= "table" then
    return failed(("%s: not a list of kernels: not JSON as kernel-crawler writes it"):format(path))
  end
  local entries, count, names = {}, 0, {}
  for name in pairs(data) do names[#names + 1] = name end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do
    local list = data[name]
    for _, entry in ipairs(type(list) == "table" and (list.kernelrelease and { list } or list) or {}) do
      if type(entry) == "table" and type(entry.kernelrelease) == "string" then
        count = count + (entries[entry.kernelrelease] and 0 or 1)
        entries[entry.kernelrelease] = entry
      end
    end
  end
  if count == 0 then
    return failed(("%s: not a list of kernels: it has no `kernelrelease`"):format(path))
  end
  return entries, count
end

-- The configuration that an entry has, and what it is called in messages; a defconfig leaves out what has its
-- default, so that nothing could be told from what it lacks.
local function config_of(path, entry, failed)
  local data = entry.kernelconfigdata
  if type(data) ~= "string" or data == "" then return nil end
  local text = decode(data)
  local name = ("%s!%s.config"):format(path, entry.kernelrelease)
  if not text then return failed(name .. ": kernelconfigdata is not base64") end
  local ok, why = pcall(engine.keep_config, name, text)
  if not ok then return failed(why) end
  return name, text
end

--- Gives the kernels that stand beside a list of kernel-crawler, in its folder or below, and are named in it
--- by their release.
---@param path string
---@param give fun(found: btfl.kernels.found)
---@param failed fun(message: any)
---@param find table btfl.kernels.find
---@param text? string what the file has
function lists.crawler(path, give, failed, find, text)
  text = text or content(path, failed)
  local entries, count = nil, 0
  if text then entries, count = entries_of(path, text, failed) end
  if not entries then return end
  local met = {}
  local folder = folder_of(path)
  local function take(found)
    local entry = entries[engine.stem(found.path)] or entries[found.options.release]
    if not entry then return end
    met[entry] = true
    local options = found.options
    options.release = options.release or entry.kernelrelease:find "^%d+%.%d+" and entry.kernelrelease or nil
    options.distro = options.distro or type(entry.target) == "string" and entry.target or nil
    local name, config = config_of(path, entry, failed)
    if name then options.kconfig, found.config = name, config end
    give(found)
  end
  find.search(folder == "" and "." or folder, take, failed)
  local missing = {}
  for release, entry in pairs(entries) do
    if not met[entry] then missing[#missing + 1] = release end
  end
  table.sort(missing)
  if #missing > 0 then
    failed(("%s: %d of its %d kernels have no BTF beside the list, such as %s"):format(path, #missing, count,
      missing[1]))
  end
end

return lists
