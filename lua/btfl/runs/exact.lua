--- Values as lines of JSON that are the same when they are read again, whatever bytes they have. A text that
--- JSON cannot hold as it is, and a number that its readers would round, is a text that starts with "%".
local class = require "btfl.class"
local json = require "btfl.report.json"
local report = require "btfl.report.report"

local exact = {}

-- How deep a value nests at most: those of findings do less.
local DEEPEST = 24

-- The largest integer that every reader of JSON has.
local EXACT = 1 << 53

-- The field of what is a list and has names, too, that the list becomes.
local LIST = "%list"

local LINE = { "file", "line", "column", "text", "nth" }

-- How such a text has bytes that JSON has not as they are, and the mark of them.
local HEX, BYTES = {}, {}
for byte = 0, 255 do
  local hex = ("%02x"):format(byte)
  HEX[string.char(byte)], BYTES[hex] = "%" .. hex, string.char(byte)
end

local function text_of(text)
  if utf8.len(text) and not text:find "^%%" and not text:find "%c" then return text end
  return "%b" .. text:gsub("[^]-~&-[ -!#$]", HEX)
end

local function number_of(value)
  if math.type(value) == "float" then return ("%%f%a"):format(value) end
  if value >= EXACT or value <= -EXACT then return "%i" .. value end
  return value
end

local plain

-- What of a table is a list; nil for nothing.
local function list_of(value, depth)
  local list
  for i, item in ipairs(value) do
    list = list or setmetatable({}, { __jsontype = "array" })
    list[i] = plain(item, depth + 1)
  end
  return list
end

local function key_of(name)
  if type(name) == "string" then return name end
  error(("a table with the key %s, which no part can hold"):format(tostring(name)), 0)
end

function plain(value, depth)
  if depth > DEEPEST then error("a finding's table is nested too deeply for a part", 0) end
  local kind = type(value)
  if kind == "boolean" then return value end
  if kind == "number" then return number_of(value) end
  local out, keys = {}, {}
  if class(value) == "btfl.line" then
    keys, out["%line"] = { "%line" }, true
    for i, name in ipairs(LINE) do out[name], keys[i + 1] = plain(value[name], depth + 1), name end
  elseif kind ~= "table" then
    return text_of(tostring(value))
  else
    local list = list_of(value, depth)
    for name, item in pairs(value) do
      if not (list and list[name] ~= nil) then
        local key = text_of(key_of(name))
        out[key], keys[#keys + 1] = plain(item, depth + 1), key
      end
    end
    if #keys == 0 and list then return list end
    table.sort(keys)
    if list then out[LIST], keys[#keys + 1] = list, LIST end
  end
  return setmetatable(out, { __jsontype = "object", __jsonorder = keys })
end

--- A value as one line of JSON, without the end of the line. Handles are what they are called.
---@param value any
---@return string
function exact.encode(value)
  return json.encode(plain(value, 0))
end

local function decoded_text(text)
  local kind, rest = text:match "^%%(.)(.*)$"
  if kind == "b" then
    return (rest:gsub("%%(%x%x)", BYTES))
  end
  local value = kind and (kind == "i" or kind == "f") and tonumber(rest)
  if kind and not value then error("a text that is none", 0) end
  return value or text
end

local function line_of(value)
  local fits = type(value.file) == "string" and type(value.text) == "string"
  for _, name in ipairs { "line", "column", "nth" } do fits = fits and math.type(value[name]) == "integer" end
  return fits and report.line(value) or error("a line that is none", 0)
end

local function decoded(value, depth)
  if depth > DEEPEST then error("nested too deeply", 0) end
  if value == json.null then error("null", 0) end
  if type(value) == "string" then return decoded_text(value) end
  if type(value) ~= "table" then return value end
  local list, mark = rawget(value, LIST), rawget(value, "%line")
  if list ~= nil and type(list) ~= "table" then error("a list that is none", 0) end
  local out = list and decoded(list, depth + 1) or {}
  for name, item in next, value do
    local is_mark = name == "%line" or name == LIST
    local key = type(name) == "string" and not is_mark and decoded_text(name) or name
    if not is_mark then out[key] = decoded(item, depth + 1) end
  end
  if mark == nil then return out end
  return mark == true and line_of(out) or error("a line that is none", 0)
end

--- The value of a line that encode() made; nil and what is wrong with any other.
---@param line string
---@return any, string?
function exact.decode(line)
  local value, wrong = json.decode(line)
  if wrong then return nil, wrong end
  local ok, out = pcall(decoded, value, 0)
  if not ok then return nil, tostring(out) end
  return out
end

return exact
