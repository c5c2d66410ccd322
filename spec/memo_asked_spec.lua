--- What the memo of a matrix asks of kernels: what decides something, and nothing else. A cell that is recalled
--- is as it would be found, whatever a kernel has otherwise.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- Of targets their states, and whether each was seen.
local function states(path, targets, memo)
  local list = {}
  for cell in btfl.matrix({ path }, targets, { memo = memo }) do
    list[#list + 1] = ("%s%s"):format(cell.state, cell.seen and " seen" or "")
  end
  return list
end

-- That what is said of targets is what is found, in both orders; gives it, with what was seen.
local function checked(path, targets)
  local said
  for _ = 1, 2 do
    local with, found = states(path, targets, true), states(path, targets, false)
    said = said or with
    for i, state in ipairs(found) do assert.equal(state, (with[i]:gsub(" seen$", ""))) end
    local turned = {}
    for i = #targets, 1, -1 do turned[#turned + 1] = targets[i] end
    targets = turned
  end
  return said
end

local made = 0

local function write(name, b)
  made = made + 1
  tmp.mkdir(("asked%d"):format(made))
  return tmp.write(("asked%d/%s"):format(made, name), b:bytes())
end

describe("the memo of what an argument points to", function()
  teardown(tmp.clean)

  -- vfs_read() takes a pointer to what make() gives.
  local function kernel(release, make)
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    b:func("vfs_read", b:func_proto(int, { { "file", b:ptr(make(b, int)) } }))
    return write(release .. "-amd64.btf", b)
  end

  local function struct(size, kind, name)
    return function(b, int) return b[kind or "struct"](b, name or "file", size, { { "f_mode", int, 0 } }) end
  end

  local function reader(...)
    local o = object.new(btf.new())
    o:program { name = "reader", section = "fentry/vfs_read", insns = { object.ldx(8, 2, 1, 0), ... } }
    return tmp.write(("reader%d.bpf.o"):format(select("#", ...)), o:bytes())
  end

  it("asks whether it is a struct, and not what that holds", function()
    local path = reader(object.mov(0, 0), object.exit())
    assert.same({ "no-attach", "no-attach seen", "rejected", "no-attach seen" }, checked(path, {
      kernel("5.10.1", struct(8)), kernel("5.10.2", struct(64)), kernel("5.10.3", function(_, int) return int end),
      kernel("5.10.4", struct(4)),
    }))
    checked(path, { kernel("5.10.1", struct(8)), kernel("5.10.2", struct(8, "union")),
      kernel("5.10.3", struct(8, "struct", "other")), kernel("5.10.4", function(b) return b:fwd "file" end),
      kernel("5.10.5", function(b) return b:enum("file", { { "A", 1 } }) end) })
  end)

  it("asks where a load by it lands", function()
    local path = reader(object.ldx(4, 0, 2, 4), object.exit())
    assert.same({ "no-attach", "rejected", "rejected seen" }, checked(path, {
      kernel("6.1.1", function(b, int) return b:struct("file", 8, { { "a", int, 0 }, { "b", int, 32 } }) end),
      kernel("6.1.2", struct(4)), kernel("6.1.3", struct(4)),
    }))
  end)

  it("asks how big an enum is, and not what it has", function()
    local function enum(size, ...)
      local values = {}
      for i, name in ipairs { ... } do values[i] = { name, i } end
      return function(b) return b:enum("mode", values, size) end
    end
    local function takes(release, make)
      local b = btf.new()
      b:func("vfs_read", b:func_proto(b:int("int", 4, "signed"), { { "mode", make(b) } }))
      return write(release .. "-amd64.btf", b)
    end
    local path = reader(object.mov(0, 0), object.exit())
    assert.same({ "no-attach", "no-attach seen", "no-attach", "no-attach seen", "no-attach seen" }, checked(path, {
      takes("6.1.1", enum(4, "READ")), takes("6.1.2", enum(4, "READ", "WRITE")), takes("6.1.3", enum(1, "READ")),
      takes("6.1.4", enum(1, "WRITE")), takes("6.1.5", enum(4)),
    }))
  end)

  it("asks whether it starts with the struct that is read, and not what else it has", function()
    local b = btf.new()
    local sock = b:struct("sock", 4, { { "family", b:int("int", 4, "signed"), 0 } })
    local o = object.new(b)
    o:program { name = "reads", section = "fentry/vfs_read", insns = { object.ldx(8, 2, 1, 0), object.ldx(4, 0, 2, 0),
      object.exit() }, relos = { { insn = 1, type = sock, access = "0:0", kind = "byte_off" } } }
    local path = tmp.write("starts.bpf.o", o:bytes())
    local function of(n, make)
      return kernel("6.1." .. n, function(k, int)
        local base = k:struct("sock", 4, { { "family", int, 0 } })
        return make(k, base, int)
      end)
    end
    -- A struct around that, with members behind, or one before.
    local function around(behind, before)
      return function(k, base, int)
        local first, second = before and 32 or 0, before and 0 or 32
        local inet = k:struct("inet_sock", 8, { { "sk", base, first }, { behind, int, second } })
        return k:struct("tcp_sock", 12, { { "inet", inet, 0 }, { behind .. "_2", int, 64 } })
      end
    end
    local said = checked(path, { of(1, around "a"), of(2, around "b"), of(3, around("a", true)),
      of(4, function(_, base) return base end), of(5, around("b", true)), of(6, around "c") })
    assert.same({ said[1], said[1] .. " seen" }, { said[1], said[2] })
    assert.equal(said[1] .. " seen", said[6])
    assert.are_not.equal(said[1], said[3])
  end)

  it("knows an answer from the one before, and from those that were alike for long", function()
    local path, list, expected = reader(object.ldx(4, 0, 2, 4), object.exit()), {}, {}
    local function big(b, int) return b:struct("file", 8, { { "a", int, 0 }, { "b", int, 32 } }) end
    for i, letter in ipairs { "b", "b", "b", "s", "s", "b", "b", "s", "b", "s", "s", "s", "b", "b" } do
      list[i] = kernel("6.1." .. i, letter == "b" and big or struct(4))
      expected[i] = (letter == "b" and "no-attach" or "rejected") .. ((i == 1 or i == 4) and "" or " seen")
    end
    assert.same(expected, checked(path, list))
    for _, command in ipairs { "verdicts", "check" } do
      local words = { command, path, "--format", "json" }
      for _, target in ipairs(list) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
      local with = run(words).out
      words[#words + 1] = "--no-memo"
      assert.equal(run(words).out, with)
    end
  end)
end)

describe("the memo of an architecture", function()
  teardown(tmp.clean)

  local REGISTERS <const> = { amd64 = "r15", arm64 = "regs", riscv64 = "epc" }

  local function kernels(...)
    local list = {}
    for i, arch in ipairs { ... } do
      local b = btf.new()
      local int = b:int("long unsigned int", 8)
      b:struct("pt_regs", 16, { { REGISTERS[arch], int, 0 }, { "orig_ax", int, 64 } })
      b:func("vfs_read", b:func_proto(b:int("int", 4, "signed"), { { "count", int } }))
      b:func("bpf_jit_binary_alloc", b:func_proto(int, {}))
      list[i] = write(("7.2.%d-%s.btf"):format(i, arch), b)
    end
    return list
  end

  it("is asked for where a stack may be a function's own, and else not", function()
    local o = object.new(btf.new())
    o:program { name = "reader", section = "fentry/vfs_read", insns = { object.ldx(8, 2, 1, 0), object.mov(0, 0),
      object.exit() } }
    assert.same({ "no-attach", "no-attach seen", "no-attach seen", "no-attach seen" },
      checked(tmp.write("any.bpf.o", o:bytes()), kernels("amd64", "arm64", "riscv64", "amd64")))
    -- Two that take 320 bytes each are too much on one stack.
    o = object.new(btf.new())
    o:program { name = "callee", section = ".text", static = true, insns = { object.mov(2, 0),
      object.stx(8, 10, 2, -320), object.mov(0, 0), object.exit() } }
    o:rel("fentry/vfs_read", 16, "callee", 10)
    o:program { name = "deep", section = "fentry/vfs_read", insns = { object.mov(2, 0), object.stx(8, 10, 2, -320),
      object.call(-1, 1), object.mov(0, 0), object.exit() } }
    local said = checked(tmp.write("deep.bpf.o", o:bytes()), kernels("amd64", "riscv64", "amd64", "riscv64"))
    assert.same({ "no-attach", "unknown", "no-attach seen", "unknown seen" }, said)
  end)
end)

describe("the memo of a name that is looked up", function()
  teardown(tmp.clean)

  -- Whether there are tracepoints at all tells what it means that there is none of that name.
  local function kernel(release, make)
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    b:func("vfs_read", b:func_proto(int, { { "count", int } }))
    if make then make(b, int) end
    return write(release .. "-amd64.btf", b)
  end

  local function tracepoint(count)
    return function(b, int)
      local params = {}
      for i = 1, count do params[i] = { "", int } end
      b:typedef("btf_trace_sched_switch", b:ptr(b:func_proto(int, params)))
    end
  end

  local function struct(b, int) b:struct("btf_trace_sched_switch", 4, { { "a", int, 0 } }) end

  it("asks whether there is a type of that kind, and not what it is made of", function()
    local o = object.new(btf.new())
    o:program { name = "traced", section = "raw_tp/gone", insns = { object.mov(0, 0), object.exit() } }
    local path = tmp.write("traced.bpf.o", o:bytes())
    assert.same({ "no-attach", "no-attach seen", "loads", "loads", "no-attach seen" }, checked(path, {
      kernel("6.1.1", tracepoint(1)), kernel("6.1.2", tracepoint(2)), kernel("6.1.3"), kernel("6.1.4", struct),
      kernel("6.1.5", tracepoint(3)),
    }))
  end)
end)

describe("the memo of a helper", function()
  teardown(tmp.clean)

  local GET_CURRENT_COMM <const> = 16 -- not for all programs up to 6.12

  local function states_of(section)
    local o, kernels = object.new(btf.new()), {}
    o:program { name = "caller", section = section,
      insns = { object.call(GET_CURRENT_COMM), object.mov(0, 0), object.exit() } }
    for i, release in ipairs { "6.6.1", "6.18.1", "6.6.2", "6.18.2" } do
      local b = btf.new()
      b:enum("bpf_func_id", { { "BPF_FUNC_get_current_comm", GET_CURRENT_COMM },
        { "BPF_FUNC_later", i % 2 == 0 and 400 or 200 } })
      b:func("vfs_read", b:func_proto(b:int("int", 4), {}))
      kernels[i] = write(release .. "-amd64.btf", b)
    end
    return checked(tmp.write("caller.bpf.o", o:bytes()), kernels)
  end

  it("asks for the release where that decides whether the program may call it, and else not", function()
    assert.same({ "rejected", "loads", "rejected seen", "loads seen" }, states_of "xdp")
    assert.same({ "loads", "loads seen", "loads seen", "loads seen" }, states_of "kprobe/vfs_read")
  end)
end)

describe("the memo of a context", function()
  teardown(tmp.clean)

  local function kernel(release, size)
    local b = btf.new()
    local members, int = {}, b:int("unsigned int", 4)
    for i = 1, size // 4 do members[i] = { "m" .. i, int, (i - 1) * 32 } end
    if size > 0 then b:struct("xdp_md", size, members) end
    b:struct("task", 4, { { "pid", int, 0 } })
    return write(release .. "-amd64.btf", b)
  end

  it("asks whether it has what is read, and not how big it is", function()
    local o = object.new(btf.new())
    o:program { name = "reader", section = "xdp", insns = { object.ldx(4, 2, 1, 16), object.mov(0, 2), object.exit() } }
    local path = tmp.write("xdp.bpf.o", o:bytes())
    assert.same({ "loads", "loads seen", "rejected", "loads seen", "rejected seen" }, checked(path, {
      kernel("6.1.1", 20), kernel("6.1.2", 32), kernel("6.1.3", 16), kernel("6.1.4", 40), kernel("6.1.5", 12),
    }))
    checked(path, { kernel("6.1.1", 0), kernel("6.1.2", 24), kernel("6.1.3", 0) })
  end)
end)

-- A kernel's struct task, whose pid stands so many bytes from its start.
local function kernel(release, off)
  local b = btf.new()
  local int, long, members = b:int("int", 4, "signed"), b:int("long", 8, "signed"), {}
  for i = 1, off // 4 do members[i] = { "pad" .. i, int, (i - 1) * 32 } end
  members[#members + 1] = { "pid", int, off * 8 }
  b:struct("task", off + 4, members)
  b:enum("level", { { "HIGH", off }, { "LOW", -off } })
  b:struct("__sk_buff", 192, { { "len", long, 0 } })
  local file = b:struct("file", 16, { { "a", long, 0 }, { "b", long, 64 } })
  local dentry = b:struct("dentry", 16, { { "file", b:ptr(file), 0 }, { "count", long, 64 } })
  b:func("vfs_read", b:func_proto(int, { { "file", b:ptr(file) }, { "dentry", b:ptr(dentry) } }))
  return write(release .. "-amd64.btf", b)
end

local MOV_X <const>, ADD_X <const>, LSH_X <const>, MUL_K <const>, AND_K <const> = 0xbf, 0x0f, 0x6f, 0x27, 0x57
local JGT_K <const>, JEQ_K <const>, JNE_K <const>, JGT_X <const> = 0x25, 0x15, 0x55, 0x2d

local function x(code, dst, src) return object.insn(code, dst, src) end
local function k(code, dst, imm) return object.insn(code, dst, 0, 0, imm) end
-- To what is refused, which stands two behind a jump.
local function refused_if(code, dst, imm, src) return object.insn(code, dst, src, 2, imm) end

-- The end of a program, and what is poisoned.
local function rest(list)
  local gone = object.mov(0, 0)
  gone.gone = true
  table.move({ object.mov(0, 0), object.exit(), gone, object.exit() }, 1, 4, #list + 1, list)
  return list
end

local OFFSET <const> = { "task", "0:0", "byte_off" }

-- Programs to which it matters what a relocation becomes, by how: relocs are { insn, what }.
local MATTERS <const> = {
  { "as a branch", rest { object.mov(1, 0), refused_if(JGT_K, 1, 8) }, { { 0, OFFSET } } },
  { "as a branch in 32 bits", rest { k(0xb4, 1, 0), object.insn(0x26, 1, 0, 2, 8) }, { { 0, OFFSET } } },
  { "as the other side of one", rest { object.mov(2, 8), object.mov(1, 0), refused_if(JGT_X, 1, 0, 2) },
    { { 1, OFFSET } } },
  { "as what is there or not", rest { object.mov(1, 1), refused_if(JEQ_K, 1, 0) },
    { { 0, { "task", "0:1", "field_exists", 1 } } } },
  { "as a size", rest { object.mov(1, 8), refused_if(JGT_K, 1, 12) }, { { 0, { "task", "0", "type_size", 8 } } } },
  { "as an enumerator", rest { object.mov(1, 0), refused_if(JGT_K, 1, 8) },
    { { 0, { "level", "0", "enumval_value" } } } },
  { "as an enumerator of 64 bits", rest { object.insn(0x18, 1, 0, 0, 0), object.insn(0, 0, 0, 0, 0),
    refused_if(JGT_K, 1, 8) }, { { 0, { "level", "0", "enumval_value" } } } },
  { "as what is added", rest { object.mov(1, 4), object.add(1, 0), refused_if(JGT_K, 1, 12) }, { { 1, OFFSET } } },
  { "multiplied", rest { object.mov(1, 0), k(MUL_K, 1, 2), k(AND_K, 1, 31), refused_if(JGT_K, 1, 16) },
    { { 0, OFFSET } } },
  { "as a mask", rest { object.ldx(4, 1, 1, 0), k(AND_K, 1, 0), refused_if(JGT_K, 1, 8) }, { { 1, OFFSET } } },
  { "as a shift", rest { object.mov(1, 1), object.mov(2, 0), x(LSH_X, 1, 2), refused_if(JGT_K, 1, 256) },
    { { 1, OFFSET } } },
  { "as an immediate shift", rest { object.mov(1, 1), k(0x67, 1, 0), refused_if(JGT_K, 1, 256) }, { { 1, OFFSET } } },
  { "spilled", rest { object.mov(1, 0), object.stx(8, 10, 1, -8), object.ldx(8, 2, 10, -8), refused_if(JGT_K, 2, 8) },
    { { 0, OFFSET } } },
  { "as a place of the stack", rest { object.mov(1, 1), object.stx(8, 10, 1, -8), object.stx(8, 10, 1, -16),
    object.mov(3, 0), x(MOV_X, 2, 10), object.add(2, -16), x(ADD_X, 2, 3), object.mov(1, 0),
    object.stx(8, 2, 1, 0), object.ldx(8, 4, 10, -8), refused_if(JEQ_K, 4, 0) }, { { 3, OFFSET } } },
  { "as an offset from the stack", rest { object.mov(1, 1), object.stx(8, 10, 1, -8), object.mov(1, 0),
    object.stx(8, 10, 1, -16), x(MOV_X, 2, 10), object.add(2, -16), object.ldx(4, 4, 2, 0),
    refused_if(JEQ_K, 4, 1) }, { { 6, OFFSET } } },
  { "as an offset of a store", rest { object.mov(1, 1), object.stx(8, 10, 1, -8), object.stx(8, 10, 1, -16),
    x(MOV_X, 2, 10), object.add(2, -16), object.mov(1, 0), object.stx(4, 2, 1, 0), object.ldx(4, 4, 10, -8),
    refused_if(JEQ_K, 4, 0) }, { { 6, OFFSET } } },
  { "as a size that a helper takes", rest { object.mov(1, 1), object.stx(8, 10, 1, -8), object.stx(8, 10, 1, -16),
    x(MOV_X, 1, 10), object.add(1, -16), object.mov(2, 8), object.mov(3, 0), object.call(113),
    object.ldx(8, 4, 10, -8), refused_if(JNE_K, 4, 1) }, { { 5, { "task", "0", "type_size", 8 } } },
    section = "kprobe/vfs_read" },
  { "as an offset of the context", rest { object.ldx(4, 2, 1, 0) }, { { 0, OFFSET } }, far = 400 },
  { "as what the context is moved by", rest { object.mov(2, 0), x(ADD_X, 1, 2), object.ldx(4, 2, 1, 0) },
    { { 0, OFFSET } }, far = 400 },
  { "as an offset by a typed pointer", rest { object.ldx(8, 2, 1, 0), object.ldx(4, 2, 2, 0) }, { { 1, OFFSET } },
    section = "fentry/vfs_read", far = 32 },
  { "as what a typed pointer is moved by", rest { object.ldx(8, 2, 1, 0), object.mov(3, 0), x(ADD_X, 2, 3),
    object.ldx(4, 2, 2, 0) }, { { 1, OFFSET } }, section = "fentry/vfs_read", far = 32 },
  { "as what is added to a typed pointer", rest { object.ldx(8, 2, 1, 0), object.add(2, 0), object.ldx(4, 2, 2, 0) },
    { { 1, OFFSET } }, section = "fentry/vfs_read", far = 32 },
  { "as an offset by a typed pointer to another", rest { object.ldx(8, 2, 1, 8), object.ldx(8, 2, 2, 0),
    object.ldx(4, 2, 2, 12) }, { { 1, OFFSET } }, section = "fentry/vfs_read", far = 32 },
  { "as an offset by one that another moved", rest { object.ldx(8, 2, 1, 0), object.add(2, 0), object.ldx(4, 2, 2, 0) },
    { { 1, { "task", "0:0", "byte_off" } }, { 2, OFFSET } }, section = "fentry/vfs_read", far = 32 },
  { "as an offset by one of two pointers", rest { object.ldx(8, 6, 1, 0), object.ldx(8, 7, 1, 8), object.call(7),
    object.insn(JEQ_K, 0, 0, 1, 1), x(MOV_X, 6, 7), object.ldx(4, 2, 6, 0) }, { { 5, OFFSET } },
    section = "fentry/vfs_read", far = 32 },
  { "as a branch before a load by one", rest { object.ldx(8, 2, 1, 0), object.mov(3, 0),
    object.insn(JGT_K, 3, 0, 2, 8), object.mov(0, 0), object.exit(), object.ldx(4, 2, 2, 400) }, { { 1, OFFSET } },
    section = "fentry/vfs_read", far = 32 },
  { "as one of two that one is moved by", rest { object.ldx(8, 6, 1, 0), object.call(7), object.mov(3, 8),
    object.insn(JEQ_K, 0, 0, 1, 1), object.mov(3, 0), x(ADD_X, 6, 3), object.ldx(4, 2, 6, 0) }, { { 4, OFFSET } },
    section = "fentry/vfs_read", far = 32 },
  { "as what one was moved by that is kept", rest { object.ldx(8, 2, 1, 0), object.mov(3, 0), x(ADD_X, 2, 3),
    object.stx(8, 10, 2, -8), object.ldx(8, 4, 10, -8), object.ldx(4, 2, 4, 0) }, { { 1, OFFSET } },
    section = "fentry/vfs_read", far = 32 },
  { "as what one was moved by and back", rest { object.ldx(8, 2, 1, 0), object.mov(3, 0), x(ADD_X, 2, 3),
    x(MOV_X, 5, 2), object.add(5, -4), object.ldx(4, 2, 5, 0) }, { { 1, { "task", "0:0", "byte_off" } } },
    section = "fentry/vfs_read", far = 32 },
  { "as how far down a stack reaches", rest { object.mov(1, 0), object.call(4, 1), object.mov(1, 0), x(MOV_X, 2, 10),
    object.add(2, 0), object.stx(8, 2, 1, 0) }, { { 4, { "level", "1", "enumval_value" } } }, far = 400,
    behind = { object.mov(2, 0), object.stx(8, 10, 2, -320), object.mov(0, 0), object.exit() } },
  { "as an argument of a function", rest { object.mov(1, 0), object.call(4, 1), refused_if(JGT_K, 0, 8) },
    { { 0, OFFSET } }, behind = { x(MOV_X, 0, 1), object.exit() } },
}

local KINDS <const> = { task = "struct", level = "enum" }

local function object_of(n, case)
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local types = {
    task = b:struct("task", 8, { { "pid", int, 0 }, { "pad8", int, 32 }, { "gone", int, 0 } }),
    level = b:enum("level", { { "HIGH", 0 }, { "LOW", 0 } }),
  }
  local o, relos = object.new(b), {}
  for i, relo in ipairs(case[3]) do
    local what = relo[2]
    assert(KINDS[what[1]])
    relos[i] = { insn = relo[1], type = types[what[1]], access = what[2], kind = what[3] }
  end
  local insns = table.move(case[2], 1, #case[2], 1, {})
  if case.behind then
    o:program { name = "callee", section = ".text", static = true, insns = case.behind }
    o:rel(case.section or "socket", 8, "callee", 10)
  end
  for i, insn in ipairs(insns) do
    if insn.gone then relos[#relos + 1] = { insn = i - 1, type = types.task, access = "0:2", kind = "byte_off" } end
    if case.behind and insn.code == 0x85 and insn.src == 1 then insn.imm = -1 end
  end
  o:program { name = "asks", section = case.section or "socket", insns = insns, relos = relos }
  return tmp.write(("matters%d.bpf.o"):format(n), o:bytes())
end

describe("the memo of what a relocation became", function()
  teardown(tmp.clean)

  local function kernels(far)
    local list = {}
    for i, off in ipairs { 0, 8, 4, far or 40, 12, 8, 0, far or 40, 36 } do
      list[i] = kernel("6.18." .. i, off)
    end
    return list
  end

  it("says the same of a place in a packet, which decides nothing", function()
    local insns = rest { object.mov(0, 0), object.ldx(4, 2, 1, 0), object.ldx(4, 3, 1, 4), x(MOV_X, 4, 2),
      object.add(4, 0), object.insn(JGT_X, 4, 3, 3, 0), object.add(2, 8), refused_if(JGT_X, 2, 0, 3) }
    local path = object_of(0, { "packet", insns, { { 4, OFFSET } }, section = "xdp" })
    for _, state in ipairs(checked(path, kernels())) do assert.equal("rejected", (state:gsub(" seen$", ""))) end
  end)

  it("asks where a branch goes by it for the number, and not for which member that is", function()
    local function of(sub, ...)
      local b = btf.new()
      local int, long = b:int("int", 4, "signed"), b:int("long", 8, "signed")
      local types, members, at = { int, long }, {}, 0
      for i, words in ipairs { ... } do
        members[i] = { words == 0 and "pid" or "pad" .. i, types[words] or int, at * 32 }
        at = at + words
      end
      b:struct("task", 24, members)
      return write(("6.18.%d-amd64.btf"):format(sub), b)
    end
    local path = object_of(0, { "branch", rest { object.mov(1, 0), refused_if(JGT_K, 1, 8) }, { { 0, OFFSET } } })
    assert.same({ "guarded", "guarded seen", "rejected", "guarded seen" },
      checked(path, { of(1, 1, 1, 0), of(2, 2, 0), of(3, 2, 2, 0), of(4, 1, 1, 0) }))
  end)

  it("says the same of what a typed pointer is moved by that no load goes by", function()
    local insns = rest { object.ldx(8, 6, 1, 0), object.mov(2, 0), x(MOV_X, 3, 6), x(ADD_X, 3, 2) }
    local path = object_of(0, { "moved", insns, { { 1, OFFSET } }, section = "fentry/vfs_read" })
    local said = checked(path, kernels(32))
    for i = 2, #said do assert.equal(said[1] .. " seen", said[i], table.concat(said, ", ")) end
  end)

  -- Which kernels are looked at where nothing but the verdict of the program is asked for, and of each whether a load
  -- of it is refused.
  local function looks_of(path, targets)
    local words = { tmp.write("looks.lua", [[
local cli = btfl.cli { about = "looks", verdicts = true, memo = true }
cli:kernel_by_kernel(function(object, target)
  local refused = false
  for program in object:programs() do
    for obstacle in program:verdict(target):obstacles() do refused = refused or obstacle.rule == "struct-access" end
  end
  io.stderr:write(target.name, "\n")
  return { refused }
end, function(_, said) for _, one in ipairs(said) do io.write(tostring(one[1]), "\n") end end)
return true]]), path }
    for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
    local r = run(words)
    return r.err, r.out
  end

  it("asks where a load by a typed pointer lands, and not how far on that is", function()
    local insns = rest { object.ldx(8, 2, 1, 0), object.ldx(4, 2, 2, 0) }
    local path, targets = object_of(0, { "lands", insns, { { 1, OFFSET } }, section = "fentry/vfs_read" }), {}
    for i, off in ipairs { 0, 8, 32, 8, 0, 32 } do targets[i] = kernel("6.18." .. i, off) end
    local looked, said = looks_of(path, targets)
    assert.same({ "6.18.1-amd64\n6.18.3-amd64\n", "false\nfalse\ntrue\nfalse\nfalse\ntrue\n" }, { looked, said })
  end)

  it("asks of what is added where a copy of the stack's address was only whether it is below zero", function()
    local insns = { object.mov(1, 0), object.call(4, 1), object.mov(1, 0), object.stx(8, 10, 1, -160),
      x(MOV_X, 3, 10), object.add(3, -8), object.stx(8, 3, 1, 0), object.mov(3, 0), object.add(3, 0),
      object.mov(0, 0), object.exit() }
    local path = object_of(0, { "deep", insns, { { 8, OFFSET } },
      behind = { object.mov(2, 0), object.stx(8, 10, 2, -320), object.mov(0, 0), object.exit() } })
    local targets = { kernel("6.18.1", 8), kernel("6.18.2", 0), kernel("6.18.3", 400) }
    assert.equal("6.18.1-amd64\n", (looks_of(path, targets)))
  end)

  -- The same of verdicts alone, which ask less.
  local function check_verdicts(path, targets)
    local words = { "verdicts", path, "--format", "tsv" }
    for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
    local with = run(words).out
    words[#words + 1] = "--no-memo"
    assert.equal(run(words).out, with)
  end

  for n, case in ipairs(MATTERS) do
    it(("asks for it where it counts %s"):format(case[1]), function()
      local path, targets, has = object_of(n, case), kernels(case.far), {}
      local said = checked(path, targets)
      check_verdicts(path, targets)
      for _, state in ipairs(said) do has[state:gsub(" seen$", "")] = true end
      -- Else it would not matter.
      assert.is_truthy(next(has, (next(has))), table.concat(said, ", "))
    end)
  end
end)
