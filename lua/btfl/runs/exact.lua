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

local LINE = { "file", "line", "column", "text", "nth" }

local function text_of(text)
  if utf8.len(text) and text:sub(1, 1) ~= "%" then return text end
  return "%b" .. text:gsub("[^%w ._/-]", function(char) return ("%%%02x"):format(char:byte()) end)
end

local function number_of(value)
  if math.type(value) == "float" then return ("%%f%a"):format(value) end
  if value >= EXACT or value <= -EXACT then return "%i" .. value end
  return value
end

local function plain(value, depth)
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
  elseif value[1] ~= nil then
    for i, item in ipairs(value) do out[i] = plain(item, depth + 1) end
    return setmetatable(out, { __jsontype = "array" })
  else
    for name, item in pairs(value) do
      local key = text_of(tostring(name))
      out[key], keys[#keys + 1] = plain(item, depth + 1), key
    end
    table.sort(keys)
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
    return (rest:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
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
  local out, mark = {}, rawget(value, "%line")
  for name, item in next, value do
    local key = type(name) == "string" and name ~= "%line" and decoded_text(name) or name
    if key ~= "%line" then out[key] = decoded(item, depth + 1) end
  end
  if mark == nil then return out end
  return mark == true and line_of(out) or error("a line that is none", 0)
end

--- The value of a line that encode() made; nil and what is wrong with any other.
---@param line string
---@return any, string?
function exact.decode(line)
  local value, wrong = json.decode(line, {})
  if wrong then return nil, wrong end
  local ok, out = pcall(decoded, value, 0)
  if not ok then return nil, tostring(out) end
  return out
end

return exact
