--- The class of a value of btfl's: "btfl.type", "btfl.line", "btfl.report"; nil for any other value.
---@param value any
---@return string?
return function(value)
  local meta = getmetatable(value)
  local name = type(meta) == "table" and rawget(meta, "__name")
  return type(name) == "string" and name:find("^btfl%.") and name or nil
end
