--- The class of a value of btfl's: "btfl.type", "btfl.line", "btfl.report"; nil for any other value.

-- By metatable; false for one that is none of btfl's.
local known = setmetatable({}, { __mode = "k" })

---@param value any
---@return string?
return function(value)
  local is = type(value)
  if is ~= "table" and is ~= "userdata" then return nil end
  local meta = getmetatable(value)
  if type(meta) ~= "table" then return nil end
  local name = known[meta]
  if name == nil then
    name = rawget(meta, "__name")
    name = type(name) == "string" and name:find("^btfl%.") and name or false
    known[meta] = name
  end
  return name or nil
end
