--- What has become of a name, in a list, best first.

local successors = {}

---@param target btfl.target
---@param path string
---@param from btfl.target|btfl.target[]? who still has it
---@return btfl.suggestion[]
function successors.all(target, path, from)
  local list = {}
  for s in target:successors(path, { from = from }) do list[#list + 1] = s end
  return list
end

---@param target btfl.target
---@param path string
---@param from btfl.target|btfl.target[]?
---@return btfl.suggestion?
function successors.first(target, path, from) return successors.all(target, path, from)[1] end

return successors
