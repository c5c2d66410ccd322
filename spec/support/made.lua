--- Kernels of a few structs, for questions to `why`.
---
---     local old = made(function(t) t.struct("thing", { { "first", t.int }, { "bit", t.int, 1 } }) end)

local btfl = require "btfl"
local builder = require "spec.support.btf"
local tmp = require "spec.support.tmp"

local n = 0

--- A target. `make` gets the types int, u64 and u8, struct(name, members) with members { name, type,
--- width in bits of a bitfield } in order, and the builder as b. The file is of spec.support.tmp: the
--- spec that asks for it cleans up.
---@param make fun(types: table)
---@return btfl.target
return function(make)
  local b = builder.new()
  local int = b:int("int", 4, "signed")
  local types = { b = b, int = int, u64 = b:int("long long unsigned int", 8), u8 = b:int("unsigned char", 1) }
  function types.struct(name, members)
    local at, list = 0, {}
    for i, member in ipairs(members) do
      list[i] = { member[1], member[2], at, member[3] }
      at = at + (member[3] or 64)
    end
    return b:struct(name, (at + 63) // 64 * 8, list, true)
  end
  make(types)
  n = n + 1
  return btfl.target(tmp.write(("made%d.btf"):format(n), b:bytes()))
end
