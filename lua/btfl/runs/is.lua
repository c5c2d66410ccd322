--- What values that were read may be.
local is = {}

---@param value any
---@return boolean
function is.text(value) return type(value) == "string" end

---@param value any
---@return boolean
function is.table(value) return type(value) == "table" end

--- A list of such values, and nothing else in it.
---@param value any
---@param fits fun(item: any): any
---@return boolean
function is.list(value, fits)
  if type(value) ~= "table" then return false end
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  for _, item in ipairs(value) do
    if not fits(item) then return false end
  end
  return count == #value
end

return is
