--- One hand-made relocation case: a local BTF, a target BTF, instructions with relocations, and what
--- is to become of each. rules_spec holds btfl against them, differential_spec libbpf and btfl
--- against each other.

local btf = require "spec.support.btf"
local object = require "spec.support.object"

local case = {}
case.__index = case

local Expect = {}
Expect.__index = Expect

local function expected(status, fields)
  fields.status = status
  return setmetatable(fields, Expect)
end

--- It relocates to this value; size: bytes that the load or store then moves.
function case.ok(value, size) return expected("ok", { value = value, size = size }) end
--- The instruction is poisoned, for the reason given.
function case.poison(reason) return expected("poison", { reason = reason }) end
--- A loader refuses the object, for the reason given.
function case.error(reason) return expected("error", { reason = reason }) end
--- Nothing matches, for the reason given, and the relocation has a value for that.
function case.zero(reason) return expected("ok", { value = 0, reason = reason }) end

--- An empty case in that byte order.
function case.new(endian)
  local self = setmetatable({ endian = endian or "little", items = {}, insns = {} }, case)
  self.l = btf.new { endian = self.endian }
  self.t = btf.new { endian = self.endian }
  return self
end

--- Adds instructions, the first of which has the relocation. expect: a value for ok, or one of the
--- above.
function case:insn(insns, kind, root, access, expect)
  if type(expect) == "number" then expect = case.ok(expect) end
  self.items[#self.items + 1] = {
    insn = #self.insns, kind = kind, type = root, access = access, expect = expect,
    slots = #insns,
  }
  for _, i in ipairs(insns) do self.insns[#self.insns + 1] = i end
end

--- r1 = old
function case:mov(kind, root, access, old, expect)
  self:insn({ object.mov(1, old) }, kind, root, access, expect)
end

--- r1 = old, in 64 bits
function case:imm64(kind, root, access, old, expect)
  self:insn({ object.ldimm64(1, old) }, kind, root, access, expect)
end

--- r1 = *(size *)(r1 + old), byte_off
function case:load(size, root, access, old, expect)
  self:insn({ object.ldx(size, 1, 1, old) }, "byte_off", root, access, expect)
end

--- The object's bytes; options as object.new's.
function case:object(options)
  local o = object.new(self.l, options)
  local insns = { table.unpack(self.insns) }
  insns[#insns + 1] = object.exit()
  o:program { insns = insns, relos = self.items }
  return o:bytes()
end

--- The target's bytes: those of the builder, unless the case has made others.
function case:target()
  return self.target_bytes or self.t:bytes()
end

local POISON = { code = 0x85, dst = 0, src = 0, off = 0, imm = 0xbad2310 }
local SIZE = { 0x10, 0x08, [4] = 0x00, [8] = 0x18 }

local function patched(i, e)
  local new = { code = i.code, dst = i.dst, src = i.src, off = i.off, imm = i.imm }
  local class = i.code & 7
  if class >= 1 and class <= 3 then
    new.off = e.value
    if e.size then new.code = i.code & 0xe7 | SIZE[e.size] end
  else
    new.imm = e.value & 0xffffffff
  end
  return new
end

--- The instruction of an item before and after, in hex: what the rules say that it becomes.
function case:bytes_of(item)
  local pack = { big = self.endian == "big", order = self.endian == "big" and ">" or "<" }
  local function hex(list)
    local out = {}
    for k, i in ipairs(list) do
      out[k] = object.pack(pack, i):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    end
    return table.concat(out)
  end
  local before = { table.unpack(self.insns, item.insn + 1, item.insn + item.slots) }
  local after = {}
  local e = item.expect
  for k, i in ipairs(before) do
    if e.status == "poison" then
      after[k] = POISON
    elseif e.status == "error" then
      after[k] = i
    elseif k == 1 then
      after[k] = patched(i, e)
    else
      after[k] = object.insn(0, 0, 0, 0, e.value >> 32 & 0xffffffff)
    end
  end
  return hex(before), hex(after)
end

return case
