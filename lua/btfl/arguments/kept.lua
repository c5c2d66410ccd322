--- Something of an owner and a key, made once for as long as the owner lives: make(owner, key, ...).
---@generic T
---@param make fun(owner: any, key: any, ...): T
---@return fun(owner: any, key: any, ...): T
return function(make)
  local owners = setmetatable({}, { __mode = "k" })
  return function(owner, key, ...)
    local known = owners[owner]
    if not known then
      known = {}
      owners[owner] = known
    end
    local value = known[key]
    if value == nil then
      value = make(owner, key, ...)
      known[key] = value
    end
    return value
  end
end
