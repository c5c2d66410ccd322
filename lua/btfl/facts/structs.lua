--- Types that outlive their kernels: each as a BTF of its own, with what it is made of.
local engine = require "btfl.engine"
local kept = require "btfl.kept"

local structs = {}

local plain_of = kept.of_kernel(function(t)
  local bytes, id = engine.type_alone(t)
  return { id = id, bytes = bytes }
end)

--- A type as a plain value.
---@param t btfl.type
---@return { id: integer, bytes: string }
function structs.keep(t)
  return plain_of(t, "plain")
end

-- Many kernels have the same.
local opened = setmetatable({}, { __mode = "v" })

--- The type of such a value, which is a handle as good as that of the kernel, but that it knows of no other.
---@param value { id: integer, bytes: string }
---@return btfl.type
function structs.open(value)
  local btf = opened[value.bytes] or engine.btf_of(value.bytes)
  opened[value.bytes] = btf
  return btf:type(value.id)
end

return structs
