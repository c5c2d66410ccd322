--- The whole text of a file. Raises an error of the input where it cannot be read.
local engine = require "btfl.engine"

---@param path string
---@return string
return function(path)
  local file <close>, why = io.open(path, "rb")
  if not file then engine.input_error(path, why:sub(#path + 3)) end
  local text, broken = file:read "a"
  return text or engine.input_error(path, broken)
end
