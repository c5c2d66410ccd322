--- The BTF that a builder has made, opened. Each is a file of its own of spec.support.tmp: the spec that asks for it
--- cleans up.
---
---     local opened = open(btf.new())

local btfl = require "btfl"
local tmp = require "spec.support.tmp"

local n = 0

---@param b table a builder, of spec.support.btf
---@param base? btfl.btf
---@return btfl.btf
return function(b, base)
  n = n + 1
  return btfl.btf(tmp.write(("opened%d.btf"):format(n), b:bytes()), base)
end
