--- For each reason one program with one source line and one relocation that fails for it, and the
--- kernel that it fails on: what the golden frames and the examples of `btfl explain` are made of.

local btf = require "spec.support.btf"
local object = require "spec.support.object"

local cases = {}

-- Adds a case. make(l, t) fills the BTF of the object and of the kernel, and returns the fields of the
-- relocation (type, access, kind) and its instruction; line is the source. more: policy, the byte order
-- of the kernel, plain: the object has no BTF.
local function add(code, line, make, more)
  local case = more or {}
  case.code, case.line, case.make = code, line, make
  cases[#cases + 1] = case
end

local function ints(b)
  return b:int("int", 4, "signed"), b:int("unsigned int", 4), b:int("long", 8, "signed"),
    b:int("unsigned long", 8)
end

add("no-type", "\tn = BPF_CORE_READ(req, rq_disk);", function(l, t)
  local ptr = l:ptr(0)
  ints(t)
  return { l:struct("request", 8, { { "rq_disk", ptr, 0 } }), "0:0", "byte_off" }, object.mov(1, 0)
end)

add("no-field", "\tlong st = BPF_CORE_READ(task, state);", function(l, t)
  local _, u32, long, u64 = ints(l)
  local _, tu32, _, tu64 = ints(t)
  t:struct("task_struct", 32, { { "flags", tu64, 0 }, { "__state", tu32, 64 }, { "pid", tu32, 96 } })
  return { l:struct("task_struct", 24, { { "flags", u64, 0 }, { "state", long, 64 }, { "pid", u32, 128 } }),
    "0:1", "byte_off" }, object.mov(1, 8)
end)

add("no-enumval", "\treturn bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_get_ns);", function(l, t)
  t:enum("bpf_func_id", { { "BPF_FUNC_unspec", 0 } })
  return { l:enum("bpf_func_id", { { "BPF_FUNC_unspec", 0 }, { "BPF_FUNC_get_ns", 9 } }), "1", "enumval_value" },
    object.mov(1, 9)
end)

add("no-element", "\tv = BPF_CORE_READ(stat, nr[5]);", function(l, t)
  local _, _, _, u64 = ints(l)
  local _, _, _, tu64 = ints(t)
  t:struct("vm_stat", 32, { { "nr", t:array(tu64, 4), 0 } })
  return { l:struct("vm_stat", 64, { { "nr", l:array(u64, 8), 0 } }), "0:0:5", "byte_off" }, object.mov(1, 40)
end)

add("incompatible", "\tt = BPF_CORE_READ(bio, bi_private);", function(l, t)
  local int = ints(l)
  ints(t)
  t:struct("bio", 8, { { "bi_private", t:ptr(0), 0 } })
  return { l:struct("bio", 4, { { "bi_private", int, 0 } }), "0:0", "byte_off" }, object.mov(1, 0)
end)

add("ambiguous", "\tn = BPF_CORE_READ(ctx, len);", function(l, t)
  local int = ints(l)
  local tint = ints(t)
  t:struct("ctx", 16, { { "len", tint, 32 } })
  t:struct("ctx", 16, { { "len", tint, 64 } })
  return { l:struct("ctx", 4, { { "len", int, 0 } }), "0:0", "byte_off" }, object.mov(1, 0)
end)

add("bitfield-too-wide", "\tv = BPF_CORE_READ_BITFIELD_PROBED(hdr, seq);", function(l, t)
  local _, _, _, u64 = ints(l)
  local _, _, _, tu64 = ints(t)
  t:struct("hdr", 16, { { "seq", tu64, 4, 63 } })
  return { l:struct("hdr", 16, { { "seq", u64, 0, 63 } }), "0:0", "byte_off" }, object.mov(1, 0)
end)

add("size-mismatch", "\tint n = skb->delta;", function(l, t)
  local int = ints(l)
  local _, _, tlong = ints(t)
  t:struct("sk_buff", 16, { { "delta", tlong, 64 } })
  return { l:struct("sk_buff", 8, { { "delta", int, 32 } }), "0:0", "byte_off" }, object.ldx(4, 1, 1, 4)
end)

add("offset-range", "\tu32 x = dev->tail;", function(l, t)
  local _, u32 = ints(l)
  local _, tu32 = ints(t)
  t:struct("device", 50000, { { "tail", tu32, 320000 } })
  return { l:struct("device", 8, { { "tail", u32, 32 } }), "0:0", "byte_off" }, object.ldx(4, 1, 1, 4)
end)

add("insn-mismatch", "\tu32 x = dev->id;", function(l, t)
  local _, u32 = ints(l)
  local _, tu32 = ints(t)
  t:struct("device", 8, { { "id", tu32, 0 } })
  return { l:struct("device", 8, { { "id", u32, 32 } }), "0:0", "byte_off" }, object.ldx(4, 1, 1, 24)
end)

add("insn-unsupported", "\tbpf_get_current_comm(&dev->id, 4);", function(l, t)
  local _, u32 = ints(l)
  local _, tu32 = ints(t)
  t:struct("device", 8, { { "id", tu32, 0 } })
  return { l:struct("device", 8, { { "id", u32, 32 } }), "0:0", "byte_off" }, object.call(16)
end)

add("bad-access", "\tu32 x = dev->id;", function(l, t)
  local _, u32 = ints(l)
  ints(t)
  return { l:struct("device", 8, { { "id", u32, 32 } }), "0:7", "byte_off" }, object.ldx(4, 1, 1, 4)
end)

add("anonymous", "\treturn bpf_core_enum_value(typeof(A), A);", function(l, t)
  ints(t)
  return { l:enum(nil, { { "A", 1 } }), "0", "enumval_value" }, object.mov(1, 1)
end)

add("unsized", "\tn = bpf_core_type_size(struct later);", function(l, t)
  ints(t)
  return { l:struct("holder", 8, { { "later", l:fwd("later", "struct"), 0 } }), "0:0", "byte_off" },
    object.mov(1, 0)
end)

add("unsupported", "\ts = __builtin_preserve_field_info(v->nr[1], BPF_FIELD_SIGNED);", function(l, t)
  local int = ints(l)
  local tint = ints(t)
  t:struct("vec", 8, { { "nr", t:array(tint, 2), 0 } })
  return { l:struct("vec", 8, { { "nr", l:array(int, 2), 0 } }), "0:0:1", "signed" }, object.mov(1, 1)
end)

add("too-deep", "\tn = BPF_CORE_READ(list, next);", function(l, t)
  local ptr = l:ptr(0)
  ints(t)
  return { l:struct("list", 8, { { "next", ptr, 0 } }), "0" .. (":0"):rep(64), "byte_off" }, object.mov(1, 0)
end)

-- Structs that contain the one before twice, by value: 2^28 paths lead to the int.
local function doubling(b)
  local t = b:int("int", 4, "signed")
  for i = 1, 28 do t = b:struct("s" .. i, 4, { { "x", t, 0 }, { "y", t, 0 } }) end
  return t
end

add("limit", "\treturn bpf_core_type_matches(struct s28);", function(l, t)
  doubling(t)
  return { doubling(l), "0", "type_matches" }, object.mov(1, 1)
end)

add("truncated", "\treturn bpf_core_enum_value(enum limits, MOST);", function(l, t)
  t:enum64("limits", { { "MOST", 1 << 40 } })
  return { l:enum64("limits", { { "MOST", 1 } }), "0", "enumval_value" }, object.mov(1, 1)
end, { policy = {
  name = "strict",
  patch = function(relo, change, default)
    if change.value >> 32 ~= 0 then
      return nil, "truncated", ("value %d does not fit the instruction's 32 bits"):format(change.value)
    end
    return default(relo, change)
  end,
} })

add("by-policy", "\tlong st = BPF_CORE_READ(task, state);", function(l, t)
  local _, u32 = ints(l)
  local _, tu32 = ints(t)
  t:struct("task_struct", 8, { { "__state", tu32, 32 } })
  return { l:struct("task_struct", 4, { { "state", u32, 0 } }), "0:0", "byte_off" }, object.mov(1, 0)
end, { policy = {
  name = "renames",
  member = function(m, target, default)
    return default(m, target) or target:member("__" .. m.name), "renamed in 5.14"
  end,
} })

add("byte-order", "\tu32 x = dev->id;", function(l, t)
  ints(l)
  ints(t)
  return { 1, "0", "type_exists" }, object.mov(1, 1)
end, { kernel = "big" })

add("architecture", "\tstruct sock *sk = (void *)PT_REGS_PARM1_CORE(ctx);", function(l, t)
  local _, _, _, u64 = ints(l)
  local _, _, _, tu64 = ints(t)
  t:struct("pt_regs", 24, { { "regs", tu64, 0 }, { "pc", tu64, 64 }, { "pstate", tu64, 128 } })
  return { l:struct("pt_regs", 8, { { "di", u64, 0 } }), "0:0", "byte_off" }, object.mov(1, 0)
end)

add("no-btf", "", function() return nil, object.mov(1, 1) end, { plain = true })

add("sign-extended", "\tn = bpf_core_enum_value(enum flags, TOP);", function(l, t)
  t:enum("flags", { { "TOP", 0x80000000 } })
  return { l:enum("flags", { { "TOP", 1 } }), "0", "enumval_value" }, object.mov(1, 1)
end)

--- The bytes of the object of a case and of the kernel's BTF. without_line: it has no line_info.
---@param case table
---@param without_line? boolean
---@return string object
---@return string kernel
function cases.build(case, without_line)
  local l, t = btf.new(), btf.new { endian = case.kernel }
  local relo, insn = case.make(l, t)
  local o = object.new(not case.plain and l or nil)
  o:program {
    name = "handle", section = "tp_btf/sched_switch", insns = { insn, object.exit() },
    relos = relo and { { insn = 0, type = relo[1], access = relo[2], kind = relo[3] } },
    lines = not without_line and { { insn = 0, file = "./prog.bpf.c", line = 41, column = 2, text = case.line } }
      or {},
  }
  return o:bytes(), t:bytes()
end

return cases
