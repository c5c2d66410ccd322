--- Types that outlive their kernels: each as a BTF of its own, with what it is made of.
local engine = require "btfl.engine"
local kept = require "btfl.arguments.kept"

local structs = {}

local bytes_of = kept.by(function(btf, _, t)
  local builder = require("btfl.build.builder").new { endian = btf.endian, ptr_size = btf.ptr_size }
  local own = builder:copy(t)
  return { id = own, bytes = builder:bytes() }
end, true)

--- A type as a plain value.
---@param t btfl.type
---@return { id: integer, bytes: string }
function structs.keep(t)
  return bytes_of(t.btf, t.id, t)
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
