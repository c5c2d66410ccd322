--- Values as JSON, through dkjson: keys in a stable order, every 64-bit value intact.
local class = require "btfl.class"
local dkjson = require "dkjson"

local json = {}

json.null = dkjson.null

-- The largest integer below which a double, and so every reader of JSON, is exact.
local EXACT = 1 << 53

-- JSON is UTF-8; other bytes of a hostile name become \xNN.
local function text(value)
  if utf8.len(value) then return value end
  return (value:gsub("[\128-\255]", function(char) return ("\\x%02x"):format(char:byte()) end))
end

local LINE = { "file", "line", "column", "text" }
local line_order = { __jsonorder = LINE }

local function handle(value)
  if class(value) == "btfl.line" then
    local out = setmetatable({}, line_order)
    for _, name in ipairs(LINE) do out[name] = json.value(value[name]) end
    return out
  end
  return text(tostring(value))
end

local function by_name(a, b)
  return tostring(a) < tostring(b)
end

-- The names of a table's fields, those of `first` before the others.
local function ordered(value, first)
  local keys, seen = {}, {}
  for _, name in ipairs(first or {}) do
    if value[name] ~= nil and not seen[name] then
      keys[#keys + 1], seen[name] = name, true
    end
  end
  local rest = {}
  for name in pairs(value) do
    if not seen[name] and name ~= "order" then rest[#rest + 1] = name end
  end
  table.sort(rest, by_name)
  return table.move(rest, 1, #rest, #keys + 1, keys)
end

--- A table as an object: its fields in the order of its `order`, then by name.
---@param value table
---@param depth? integer
---@return table
function json.object(value, depth)
  local out, order = {}, {}
  for i, name in ipairs(ordered(value, value.order)) do
    local key = text(tostring(name))
    order[i] = key
    out[key] = json.value(value[name], (depth or 0) + 1)
  end
  return setmetatable(out, { __jsonorder = order, __jsontype = "object" })
end

--- A table as a list, be it empty.
---@param value any[]
---@param depth? integer
---@return table
function json.list(value, depth)
  local out = setmetatable({}, { __jsontype = "array" })
  for i = 1, #value do out[i] = json.value(value[i], (depth or 0) + 1) end
  return out
end

--- Any value as dkjson may have it. Integers of 2^53 and more become decimal strings, handles text.
---@param value any
---@param depth? integer
---@return any
function json.value(value, depth)
  local kind = type(value)
  if kind == "string" then return text(value) end
  if kind == "number" then
    if math.type(value) == "integer" and (value >= EXACT or value <= -EXACT) then
      return tostring(value)
    end
    return value
  end
  if kind == "boolean" then return value end
  if kind == "nil" then return json.null end
  if kind ~= "table" or class(value) == "btfl.line" then return handle(value) end
  depth = depth or 0
  if depth > 32 then error("a report's table is nested too deeply for JSON", 0) end
  if value[1] ~= nil then return json.list(value, depth) end
  return json.object(value, depth)
end

json.encode = dkjson.encode

--- The value of a JSON text, null as json.null; nil and what is wrong when it is none. The names of each
--- object are listed in `orders`, if that is given, as the text has them. Lists have `__jsontype = "array"`.
---@param source string
---@param orders? table<table, string[]>
---@return any, string?
function json.decode(source, orders)
  local object = {
    __jsontype = "object",
    __newindex = orders and function(self, name, value)
      orders[self] = orders[self] or {}
      table.insert(orders[self], name)
      rawset(self, name, value)
    end or nil,
  }
  local ok, value, after, wrong = pcall(dkjson.decode, source, 1, json.null, object, { __jsontype = "array" })
  if not ok then return nil, "nested too deeply" end
  if not wrong and source:find("%S", after) then wrong = "text behind the end" end
  if wrong then return nil, wrong end
  return value
end

return json
