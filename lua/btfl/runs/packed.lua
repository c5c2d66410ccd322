--- Values as bytes, for another process or another run of this very btfl, and what becomes of those that are
--- not plain.
local class = require "btfl.class"
local engine = require "btfl.engine"
local report = require "btfl.report.report"

-- Values that are not plain, by what they are made of again.
local RESTORE = {
  line = report.line,
  text = function(text) return text end,
  -- A table that has a text of its own keeps it.
  worded = function(made)
    return setmetatable(made.fields, { __tostring = function() return made.text end })
  end,
}

local function raw(value)
  local out = {}
  for name, field in next, value do out[name] = field end
  return out
end

local function reduce(value)
  local of = class(value)
  if of == "btfl.line" then
    return { "line", { file = value.file, line = value.line, column = value.column, text = value.text,
      nth = value.nth } }
  elseif of then
    return { "text", tostring(value) }
  elseif type(value) ~= "table" then
    error(("a %s in a report stays in the process that made it: --jobs 1 has but one"):format(type(value)), 0)
  end
  return { "worded", { fields = raw(value), text = tostring(value) } }
end

local function restore(made)
  return RESTORE[made[1]](made[2])
end

local packed = {}

---@param value any
---@return string
function packed.pack(value)
  return engine.pack(value, reduce)
end

--- Such bytes, which are equal for equal values.
---@param value any
---@return string
function packed.key(value)
  return engine.pack(value, reduce, true)
end

--- The value of such bytes. Raises where they are none.
---@param bytes string
---@return any
function packed.unpack(bytes)
  return engine.unpack(bytes, restore)
end

return packed
