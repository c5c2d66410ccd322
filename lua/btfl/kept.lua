--- Something of an owner and a key, made once for as long as the owner lives: make(owner, key, ...).
local engine = require "btfl.engine"

local kept = {}

-- Something of each owner, by key.
local function by_owner()
  local owners = setmetatable({}, { __mode = "k" })
  return function(owner)
    local known = owners[owner]
    if not known then
      known = {}
      owners[owner] = known
    end
    return known
  end
end

---@generic T
---@param make fun(owner: any, key: any, ...): T
---@return fun(owner: any, key: any, ...): T
function kept.by(make)
  local of = by_owner()
  return function(owner, key, ...)
    local known = of(owner)
    local value = known[key]
    if value == nil then
      value = make(owner, key, ...)
      known[key] = value
    end
    return value
  end
end

--- The same where the owner is a kernel, or a type of one: who listens to what it is asked hears that each
--- time.
---@generic T
---@param make fun(owner: any, key: any, ...): T
---@return fun(owner: any, key: any, ...): T
function kept.of_kernel(make)
  local of, asked_of = by_owner(), by_owner()
  return function(owner, key, ...)
    local known, asked = of(owner), asked_of(owner)
    local value = known[key]
    if value == nil or not engine.recall_again(asked[key]) then
      value, asked[key] = engine.recall_part(make, owner, key, ...)
      known[key] = value
    end
    return value
  end
end

return kept
