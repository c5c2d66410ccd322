--- Programs that are compiled against one kernel and meet another: each takes one argument for what it is on
--- the first, in one of many ways, with what is to be said of it on the second (see two_kernels.lua).
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local two = require "spec.support.two_kernels"

local drifting = {}

local ldx, stx, mov, add, call, exit = object.ldx, object.stx, object.mov, object.add, object.call, object.exit
local PROBE_READ_KERNEL, MAP_UPDATE = 113, 2

local function copy(dst, src) return object.insn(0xbf, dst, src) end

local REGISTERS = { 112, 104, 96, 88, 72, 64 }

-- How a program of that kind gets argument n.
local KINDS = {
  tp_btf = { of = "tp", typed = true }, raw_tp = { of = "tp" }, fentry = { of = "func", typed = true },
  fexit = { of = "func", typed = true, result = true }, kprobe = { of = "func", registers = REGISTERS },
  fmod_ret = { of = "func", typed = true, result = true },
  kretprobe = { of = "func", registers = { [0] = 80 } },
  lsm = { of = "func", typed = true, result = true, prefix = "bpf_lsm_" },
}

-- Helpers that take a struct, as their first argument.
local HELPERS = { task_struct = 175, file = 162 }

-- A program in the making: `list` of instructions, `relos`; `s` is the struct in its BTF, `m` its member.
local function access(p, reg, base)
  p.list[#p.list + 1] = ldx(p.size, reg, base, p.offset)
  p.relos[#p.relos + 1] = { insn = #p.list - 1, type = p.s, access = "0:0", kind = "byte_off" }
end

local function put(p, ...)
  for _, insn in ipairs { ... } do p.list[#p.list + 1] = insn end
end

local function probe(p, from)
  put(p, mov(3, p.offset))
  p.relos[#p.relos + 1] = { insn = #p.list - 1, type = p.s, access = "0:0", kind = "byte_off" }
  put(p, object.insn(0x0f, 3, from), copy(1, 10), add(1, -64), mov(2, p.size), call(PROBE_READ_KERNEL))
end

--- By name: what it does with r6, and what that is: `loads` (directly), `by` (what tells of the type: nothing,
--- the access, or the source line), `unused`.
drifting.WAYS = {
  load = { by = "access", loads = true, emit = function(p) access(p, 2, 6) end },
  probe = { by = "access", emit = function(p) probe(p, 6) end },
  spilled = { by = "access", loads = true, emit = function(p)
    put(p, stx(8, 10, 6, -16), mov(6, 0), ldx(8, 7, 10, -16))
    access(p, 2, 7)
  end },
  in_array = { by = "access", emit = function(p)
    put(p, stx(8, 10, 6, -16), mov(1, 0), stx(8, 10, 1, -8), copy(7, 10), add(7, -16), ldx(8, 7, 7, 0))
    probe(p, 7)
  end },
  called = { by = "access", emit = function(p)
    p.sub = true
    put(p, copy(1, 6), call(-1, 1))
    p.call = #p.list - 1
  end },
  guarded = { by = "access", emit = function(p)
    put(p, mov(2, 1))
    p.relos[#p.relos + 1] = { insn = #p.list - 1, type = p.s, access = "0:0", kind = "field_exists" }
    put(p, object.insn(0x15, 2, 0, 7, 0))
    probe(p, 6)
  end },
  checked = { by = "access", loads = true, emit = function(p)
    put(p, object.insn(0x15, 6, 0, 1, 0))
    access(p, 2, 6)
  end },
  whole = { by = "line", emit = function(p)
    put(p, copy(3, 6), copy(1, 10), add(1, -64), mov(2, 16), call(PROBE_READ_KERNEL))
  end },
  whole_untold = { emit = function(p)
    put(p, copy(3, 6), copy(1, 10), add(1, -64), mov(2, 16), call(PROBE_READ_KERNEL))
  end },
  compared = { emit = function(p) put(p, object.insn(0x15, 6, 0, 0, 5)) end },
  compared_told = { by = "line", emit = function(p) put(p, object.insn(0x15, 6, 0, 0, 5)) end },
  put_in_map = { emit = function(p)
    put(p, stx(8, 10, 6, -8), mov(1, 0), stx(4, 10, 1, -12))
    local lo, hi = object.ldimm64(1, 0)
    p.map = #p.list
    put(p, lo, hi, copy(2, 10), add(2, -12), copy(3, 10), add(3, -8), mov(4, 0), call(MAP_UPDATE))
  end },
  to_helper = { by = "call", emit = function(p) put(p, copy(1, 6), call(HELPERS[p.struct])) end },
  to_kfunc = { by = "call", emit = function(p)
    put(p, copy(1, 6), call(-1, 2))
    p.kfunc = #p.list - 1
  end },
  container = { by = "call", emit = function(p)
    put(p, mov(3, p.outer.bit // 8))
    p.relos[#p.relos + 1] = { insn = #p.list - 1, type = p.around, access = "0:0", kind = "byte_off" }
    put(p, copy(7, 6), object.insn(0x1f, 7, 3), copy(1, 10), add(1, -64), mov(2, 8), copy(3, 7))
    put(p, call(PROBE_READ_KERNEL))
  end },
  named = { by = "name", emit = function(p) put(p, object.insn(0x15, 6, 0, 0, 5)) end },
  unused = { unused = true, emit = function() end },
  setting = { by = "access", setting = true, emit = function(p)
    local lo, hi = object.ldimm64(2, 0)
    p.constant = #p.list
    put(p, lo, hi, ldx(4, 2, 2, 0), object.insn(0x15, 2, 0, 6, 0))
    probe(p, 6)
  end },
}

local function add_map(o, b)
  local int = b:int("int", 4, "signed")
  local function number(n) return b:ptr(b:array(int, n)) end
  local map = b:struct(nil, 32, { { "type", number(1), 0 }, { "max_entries", number(16), 64 },
    { "key", b:ptr(int), 128 }, { "value", b:ptr(b:int("long", 8)), 192 } })
  b:datasec(".maps", 32, { { b:var("m", map), 0, 32 } })
  o:section(".maps", ("\0"):rep(32), { flags = 3, align = 8 })
  o:symbol { name = "m", section = ".maps", value = 0, size = 32, info = 0x11 }
end

local function add_constant(o, b)
  b:datasec(".rodata", 4, { { b:var("targ_new", b:const(b:int("int", 4, "signed")), "global"), 0, 4 } })
  o:section(".rodata", ("\0"):rep(4), { flags = 2 })
  o:symbol { name = "targ_new", section = ".rodata", value = 0, size = 4, info = 0x11 }
end

-- `struct name` with the member as it was, as far as a loader compares it.
local function add_struct(b, case)
  local member = case.member
  local at, size = member.bit // 8, member.size
  local t = member.pointer and b:ptr(0) or b:int("t", size)
  return b:struct(case.struct, at + size, { { member.name, t, at * 8 } })
end

--- The bytes of the object of a case.
---@param case spec.Drifting
---@return string
function drifting.object(case)
  local b = btf.new()
  local way, kind = drifting.WAYS[case.way], KINDS[case.kind]
  local macro = kind.registers and "BPF_KPROBE" or "BPF_PROG"
  local p = { list = {}, relos = {}, struct = case.struct, outer = case.outer }
  if case.struct then
    p.s, p.size, p.offset = add_struct(b, case), case.member.size, case.member.bit // 8
  end
  if case.outer then
    local at = case.outer.bit // 8
    p.around = b:struct(case.outer.struct, at + 8, { { case.outer.name, p.s, at * 8 } })
  end
  if kind.registers then b:struct("pt_regs", 168, { { "di", b:int("long", 8), 112 * 8 } }) end
  put(p, ldx(8, 6, 1, kind.registers and kind.registers[case.slot] or (case.slot - 1) * 8))
  if case.slot == 0 then macro = "BPF_KRETPROBE" end
  way.emit(p)
  put(p, mov(0, 0), exit())
  local params, taken = {}, case.struct and ("struct %s *it"):format(case.struct) or "long " .. (case.name or "")
  for i = 1, case.slot - 1 do params[i] = "void *x" .. i end
  params[#params + 1] = taken
  local told = way.by == "line" or way.by == "name"
  local line = told and ("int %s(p, %s)"):format(macro, table.concat(params, ", ")) or "int p(void *ctx)"
  local o = object.new(b)
  if p.map then add_map(o, b) end
  if p.constant then add_constant(o, b) end
  o:program { name = "p", section = case.section, insns = p.list, relos = p.relos,
    lines = { { insn = 0, file = "p.bpf.c", line = 7, text = line } } }
  if p.sub then
    local sub = { list = {}, relos = {}, s = p.s, size = p.size, offset = p.offset }
    put(sub, copy(6, 1))
    probe(sub, 6)
    put(sub, mov(0, 0), exit())
    o:program { name = "sub", section = ".text", static = true, insns = sub.list, relos = sub.relos }
    o:symbol { name = ".text", section = ".text", info = 3 }
    o:rel(case.section, p.call * 8, ".text", 10)
  end
  if p.kfunc then
    local taker = b:func("bpf_take", b:func_proto(0, { { "it", b:ptr(p.s) } }), "extern")
    b:datasec(".ksyms", 0, { { taker, 0, 0 } })
    o:symbol { name = "bpf_take", section = 0, info = 0x10 }
    o:rel(case.section, p.kfunc * 8, "bpf_take", 10)
  end
  if p.map then o:rel(case.section, p.map * 8, "m") end
  if p.constant then o:rel(case.section, p.constant * 8, "targ_new") end
  return o:bytes()
end

-- A member of both kernels' structs of that name that CO-RE finds: of one name, a number or a pointer.
local function common_member(old, new, name)
  local a, b = old.types[old.named["STRUCT " .. name] or 0], new.types[new.named["STRUCT " .. name] or 0]
  for _, m in ipairs(a and b and a.list or {}) do
    local there
    for _, other in ipairs(b.list) do
      if other.name and other.name == m.name then there = other end
    end
    local t, u = two.strip(old, m.to), there and two.strip(new, there.to)
    local pointer = t.kind == "PTR"
    local number = t.kind == "INT" and (t.size == 4 or t.size == 8)
    if u and u.kind == t.kind and (pointer or number and u.size == t.size) and not m.width and not there.width
      and m.bit % 8 == 0 and m.bit < 8 * 30000 then
      return { name = m.name, bit = m.bit, size = pointer and 8 or t.size, pointer = pointer, there = there.bit // 8 }
    end
  end
  return nil
end

---@class spec.Drifting
---@field section string
---@field kind string
---@field way string
---@field slot integer from 1
---@field struct string? what the program takes it for
---@field member table? that it reads
---@field outer table? a struct that has such a one as a member: struct, name, bit
---@field name string? as the source calls a number
---@field expected string "same -", "drift silent" ...

-- Whether the name of the slot's argument is that of one other slot now.
local function is_moved(case, target)
  local there = 0
  if not target.params[case.slot].name or target.params[case.slot].name == case.name then return false end
  for _, param in ipairs(target.params) do there = there + (param.name == case.name and 1 or 0) end
  return there == 1
end

-- What is to be said of the slot on the new kernel; nil for what BTF alone does not tell.
local function expectation(case, new, target)
  local kind, way = KINDS[case.kind], drifting.WAYS[case.way]
  local registers = kind.registers
  for i, param in ipairs(target.params) do
    local t = two.strip(new, param.to)
    -- Structs by value take other slots or registers; what may not be read depends on the release.
    if t.kind == "STRUCT" or t.kind == "UNION" or t.kind == "FLOAT" then return nil end
    if i == case.slot and t.kind == "PTR" and kind.typed then
      local to = two.strip(new, t.to)
      local plain = to.kind == "VOID" and t.to == 0 or to.kind == "STRUCT" or to.kind == "UNION"
      if not plain and new.release < 7001 then return nil end
    end
  end
  local param = target.params[case.slot]
  local given = param and param.to
  if case.slot == 0 then given = target.ret end
  local is_result = not param and kind.result and case.slot == #target.params + 1
  if is_result then given = target.ret end
  local silent = way.setting and "setting" or "silent"
  if not given then
    if registers and case.slot > #registers then return nil end
    if kind.typed then return "drift rejected" end
    return way.unused and "same -" or "drift " .. silent
  end
  if is_result and kind.typed and two.strip(new, given).kind == "VOID" then return "drift rejected" end
  if case.slot == 0 and two.strip(new, given).kind == "VOID" then
    return (way.unused or not way.by) and "same -" or "drift " .. silent
  end
  if way.by == "name" then return param and is_moved(case, target) and "drift silent" or "same -" end
  if way.unused or not way.by then return "same -" end
  local name = case.struct
  local fits = two.may_be(new, given, name, way.by == "access" and case.member.name or nil)
  if kind.typed and way.loads then
    local may = two.may_load(new, given, case.member.there, case.member.size)
    local to = two.pointee(new, given)
    local plain = not to or to.kind ~= "STRUCT" and to.kind ~= "UNION"
    if fits and not plain then return "same -" end
    if may == nil then return nil end
    return may and "drift silent" or "drift rejected"
  end
  return fits and "same -" or "drift " .. silent
end

-- Slots where the signatures differ, of which the old kernel has a pointer to a struct.
local function slots(old, new, a, b)
  local list = {}
  local function text(k, id)
    local to = two.pointee(k, id)
    return to and "*" .. (to.name or to.kind) or two.strip(k, id).kind
  end
  local differs = #a.params ~= #b.params
  for i, param in ipairs(a.params) do
    local other = b.params[i]
    differs = differs or text(old, param.to) ~= text(new, other.to)
  end
  for i, param in ipairs(differs and a.params or {}) do
    local to, t = two.pointee(old, param.to), two.strip(old, param.to)
    if i <= 5 and to and to.kind == "STRUCT" and to.name then list[#list + 1] = { slot = i, struct = to.name } end
    if i <= 5 and t.kind == "INT" and param.name then list[#list + 1] = { slot = i, name = param.name } end
  end
  local to = two.pointee(old, a.ret)
  if to and to.kind == "STRUCT" and to.name and (differs or text(old, a.ret) ~= text(new, b.ret)) then
    list[#list + 1] = { slot = 0, struct = to.name }
  end
  return list
end

-- By struct, one that has it as a member on both kernels.
local function containers(old, new)
  local out = {}
  for _, t in pairs(old.types) do
    local there = t.kind == "STRUCT" and t.name and new.types[new.named["STRUCT " .. t.name] or 0]
    for _, m in ipairs(there and there.list or {}) do
      local inner = two.strip(new, m.to)
      local before
      for _, one in ipairs(t.list) do
        if m.name and one.name == m.name then before = one end
      end
      local was = before and two.strip(old, before.to)
      if was and inner.kind == "STRUCT" and was.kind == "STRUCT" and was.name and was.name == inner.name
        and before.bit < 8 * 30000 and not (out[was.name] and out[was.name].struct < t.name) then
        out[was.name] = { struct = t.name, name = m.name, bit = before.bit }
      end
    end
  end
  return out
end

-- What a function returns is at slot 0 of kretprobe, which has nothing else.
local function is_at(kind, slot) return (kind == "kretprobe") == (slot == 0) end

local function is_possible(case)
  if case.name then return case.way == "named" end
  if case.way == "named" or case.way == "container" and not case.outer then return false end
  return case.way ~= "to_helper" or HELPERS[case.struct] ~= nil
end

--- All that two kernels give: each slot of what both have, with another signature, in every kind and way.
---@param old spec.Btf
---@param new spec.Btf
---@return spec.Drifting[]
function drifting.cases(old, new)
  local out, before, after = {}, two.targets(old), two.targets(new)
  local keys, kinds, ways, around = {}, {}, {}, containers(old, new)
  for key in pairs(before) do keys[#keys + 1] = after[key] and key or nil end
  for name in pairs(KINDS) do kinds[#kinds + 1] = name end
  for name in pairs(drifting.WAYS) do ways[#ways + 1] = name end
  for _, list in ipairs { keys, kinds, ways } do table.sort(list) end
  for _, key in ipairs(keys) do
    local of, name = key:match "^(%w+) (.+)$"
    for _, slot in ipairs(slots(old, new, before[key], after[key])) do
      local member = slot.struct and common_member(old, new, slot.struct)
      for _, kind in ipairs((member or slot.name) and kinds or {}) do
        local k = KINDS[kind]
        local hook = k.prefix and name:match("^" .. k.prefix .. "(.+)$") or not k.prefix and name
        for _, way in ipairs(k.of == of and hook and is_at(kind, slot.slot) and ways or {}) do
          local case = { section = ("%s/%s"):format(kind, hook), kind = kind, way = way, slot = slot.slot,
            struct = slot.struct, member = member, name = slot.name,
            outer = way == "container" and around[slot.struct] or nil }
          case.expected = is_possible(case) and expectation(case, new, after[key])
          if case.expected then out[#out + 1] = case end
        end
      end
    end
  end
  return out
end

return drifting
