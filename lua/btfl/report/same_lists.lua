--- Gives for a list of names the first of those that are equal: many findings are about the same kernels, and
--- what is kept of them shall not grow with both. Nobody changes such a list any more.
local engine = require "btfl.engine"

local function are_equal(a, b)
  for i = 1, math.max(#a, #b) do
    if a[i] ~= b[i] then return false end
  end
  return true
end

---@return fun(list: string[]?): string[]?
return function()
  local first, known = {}, setmetatable({}, { __mode = "k" })
  return function(list)
    if not list or known[list] then return list and known[list] end
    local key = engine.digest(table.concat(list, "\n"))
    local one = first[key] or list
    first[key] = one
    known[list] = are_equal(one, list) and one or list
    return known[list]
  end
end
