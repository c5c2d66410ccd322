--- Something of an owner and a key, made once for as long as the owner lives: make(owner, key, ...).
local kept = {}

-- Of kernels and of what is in them: made again for who listens to what kernels are asked.
local of_kernels = {}

---@generic T
---@param make fun(owner: any, key: any, ...): T
---@param of_kernel boolean? whether the owner is a kernel or a type of one
---@return fun(owner: any, key: any, ...): T
function kept.by(make, of_kernel)
  local owners = setmetatable({}, { __mode = "k" })
  if of_kernel then of_kernels[#of_kernels + 1] = owners end
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

--- Lets go of all that is kept of kernels.
function kept.forget()
  for _, owners in ipairs(of_kernels) do
    for owner in pairs(owners) do owners[owner] = nil end
  end
end

return kept
