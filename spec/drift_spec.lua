--- Arguments: what a program takes them for that it reads, and what is on a kernel in their place.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local ldx, stx, mov, call, exit = object.ldx, object.stx, object.mov, object.call, object.exit
local PROBE, TASK_STORAGE_DELETE, PERF_EVENT_OUTPUT = 113, 157, 25
local n = 0

-- The structs that both sides have: a task and an inode, whose fields differ, and a family of sockets.
local function structs(b)
  local t = { void = 0 }
  t.int, t.long = b:int("int", 4, "signed"), b:int("long unsigned int", 8)
  t.u64, t.bool = b:typedef("u64", t.long), b:int("bool", 1, "bool")
  t.task = b:struct("task", 24, { { "pid", t.int, 0 }, { "flags", t.int, 32 }, { "mm", b:ptr(0), 64 },
    { "parent", b:ptr(0), 128 } })
  t.inode = b:struct("inode", 24, { { "ino", t.long, 0 }, { "sb", b:ptr(0), 64 }, { "mode", t.int, 128 } })
  t.common = b:struct("sock_common", 8, { { "family", t.int, 0 }, { "state", t.int, 32 } })
  t.sock = b:struct("sock", 16, { { "common", t.common, 0 }, { "err", t.int, 64 } })
  t.inet = b:struct("inet_sock", 24, { { "sk", t.sock, 0 }, { "port", t.int, 128 } })
  t.addr = b:struct("sockaddr", 8, { { "family", t.int, 0 }, { "data", t.int, 32 } })
  t.unsized = b:struct("sockaddr_unsized", 8, { { "family", t.int, 0 }, { "data", t.int, 32 } })
  for _, name in ipairs { "task", "inode", "common", "sock", "inet", "addr",
    "unsized" } do t["p" .. name] = b:ptr(t[name]) end
  t.pview = b:ptr(b:struct("view", 24, { { nil, b:union(nil, 24, { { "number", t.int, 0 }, { "as", t.inode, 0 } }),
    0 } }))
  t.pint = b:ptr(t.int)
  t.pvoid, t.pconst = b:ptr(0), b:ptr(b:const(0))
  return t
end

-- A kernel with a function and a tracepoint `f` of these parameters { name, type }; `returns` is the function's.
local function kernel(params, returns, options)
  n = n + 1
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local t, list = structs(b), {}
  b:struct("pt_regs", 168, { { "di", t.long, 112 * 8 } })
  for i, param in ipairs(params) do list[i] = { param[1], t[param[2]] } end
  local proto = b:func_proto(t[returns or "void"], list)
  for _, name in ipairs { "f", "bpf_lsm_f", "bpf_jit_binary_alloc", "register_ftrace_direct" } do b:func(name,
    proto) end
  kernels.tracepoint(b, "f", list)
  return btfl.target(tmp.write(("6.12.%d-drift.btf"):format(n), b:bytes()), options)
end

-- What an access of a field is: a relocation on the last instruction that `insns` gets.
local function relo(list, insn, root, access)
  list.relos[#list.relos + 1] = { insn = insn, type = root, access = access, kind = "byte_off" }
end

-- Each gives the instructions that read an argument into r6 and do something with it.
local USES = {}

-- A load of `size` bytes by a relocation.
function USES.load(t, list, root, access, offset, size)
  list[#list + 1] = ldx(size or 4, 1, 6, offset or 0)
  relo(list, #list - 1, t[root], access or "0:0")
end

function USES.probe(t, list, root, access, offset, size)
  list[#list + 1] = mov(3, offset or 0)
  relo(list, #list - 1, t[root], access or "0:0")
  for _, insn in ipairs { object.insn(0x0f, 3, 6), object.insn(0xbf, 1, 10), object.add(1, -8), mov(2, size or 4),
    call(PROBE) } do list[#list + 1] = insn end
end

-- The address of the struct around it.
function USES.container(t, list, root, access)
  list[#list + 1] = mov(3, 0)
  relo(list, #list - 1, t[root], access)
  list[#list + 1] = object.insn(0x1f, 6, 3)
  USES.probe(t, list, root)
end

function USES.compare(_, list) list[#list + 1] = object.insn(0x15, 6, 0, 0, 0) end
function USES.nothing() end

-- A program of that section that reads byte `at` of its context.
local function program(section, at, use, ...)
  n = n + 1
  local b = btf.new()
  local t, list = structs(b), { relos = {} }
  local given = table.pack(...)
  list[1] = ldx(8, 6, 1, at)
  if type(use) == "function" then use(t, list) else USES[use](t, list, table.unpack(given, 1, given.n)) end
  list[#list + 1] = mov(0, 0)
  list[#list + 1] = exit()
  local o = object.new(b)
  o:section("license", "GPL\0")
  o:program { name = "p", section = section, insns = list, relos = list.relos,
    lines = { { insn = 0, file = "p.bpf.c", line = 7, text = given.line or list.line or "int p(void *ctx)" } } }
  return btfl.object(tmp.write(("drift%d.o"):format(n), o:bytes())):program "p"
end

-- "2 struct task * access other-type silent", one for each argument, of the program on the target.
local function said(p, target, sinks)
  local list = {}
  for _, row in ipairs(p:arguments(target, nil, sinks)) do
    list[#list + 1] = ("%s %s %s %s %s"):format(row.argument, row.taken_for or "-", row.by or "-", row.verdict,
      row.consequence or "-")
  end
  return table.concat(list, "; ")
end

local TASK_INODE = { { "a", "ptask" }, { "b", "pinode" } }

describe("an argument", function()
  teardown(tmp.clean)

  it("is what the fields say that are read by it", function()
    local target = kernel(TASK_INODE)
    for _, section in ipairs { "tp_btf/f", "fentry/f", "raw_tp/f", "lsm/f" } do
      for _, use in ipairs { "load", "probe" } do
        assert.equal("1 struct task * access same -", said(program(section, 0, use, "task"), target))
        assert.equal("2 struct inode * access same -", said(program(section, 8, use, "inode"), target))
      end
    end
  end)

  it("is of another type: copies are silent, loads are rejected when no fitting member is there", function()
    local target = kernel(TASK_INODE)
    for _, section in ipairs { "tp_btf/f", "fentry/f", "lsm/f", "raw_tp/f" } do
      assert.equal("2 struct task * access other-type silent", said(program(section, 8, "probe", "task"), target))
    end
    -- task.flags lands in inode.ino, task.parent beside inode.mode, which is smaller, and of task.mm half is read.
    local function load(access, offset, size) return said(program("tp_btf/f", 8, "load", "task", access, offset, size),
      target) end
    assert.equal("2 struct task * access other-type silent", load("0:1", 4, 4))
    assert.equal("2 struct task * access other-type rejected", load("0:3", 16, 8))
    assert.equal("2 struct task * access other-type silent", load("0:2", 8, 8))
    assert.equal("2 struct task * access other-type rejected", load("0:2", 8, 4))
    assert.equal("2 struct task * access other-type silent", said(program("raw_tp/f", 8, "load", "task", "0:3", 16, 8),
      target))
  end)

  it("is loaded from there on, where a pointer must stand", function()
    local target = kernel { { "a", "pinode" } }
    local function through(section) return said(program(section, 0, function(t, list)
      USES.load(t, list, "task", "0:0", 0, 8)
      list[#list + 1] = ldx(8, 2, 1, 0)
    end), target) end
    assert.equal("1 struct task * access other-type rejected", through "tp_btf/f")
    assert.equal("1 struct task * access other-type silent", through "raw_tp/f")
  end)

  it("is a number, by which nobody loads", function()
    for _, kind in ipairs { "int", "bool", "long", "pvoid" } do
      local target = kernel { { "a", kind } }
      assert.equal("1 struct task * access other-type rejected", said(program("tp_btf/f", 0, "load", "task"), target),
        kind)
    end
    assert.equal("1 struct task * access other-type silent", said(program("tp_btf/f", 0, "probe", "task"),
      kernel { { "a", "int" } }))
  end)

  it("is missing", function()
    local target = kernel { { "a", "ptask" } }
    for _, section in ipairs { "tp_btf/f", "fentry/f" } do
      assert.equal("2 - - missing rejected", said(program(section, 8, "nothing"), target))
    end
    assert.equal("2 struct task * access missing silent", said(program("raw_tp/f", 8, "load", "task"), target))
    assert.equal("2 - - missing silent", said(program("kprobe/f", 104, "compare"), target))
    -- A kprobe that reads all registers uses none.
    assert.equal("2 - - same -", said(program("kprobe/f", 104, "nothing"), target))
  end)

  it("may not be read", function()
    local function at(release) return said(program("tp_btf/f", 0, "compare"), kernel({ { "a", "pconst" } }, nil,
      { release = release })) end
    assert.equal("1 - - unreadable rejected", at "6.15.0")
    assert.equal("1 - - same -", at "6.16.0")
    assert.equal("1 - - same -", said(program("raw_tp/f", 0, "compare"), kernel({ { "a", "pconst" } }, nil,
      { release = "6.15.0" })))
  end)

  it("is the result on one kernel and a parameter on another", function()
    local ret = program("fexit/f", 8, "probe", "inode")
    assert.equal("2 struct inode * access same -", said(ret, kernel({ { "a", "ptask" } }, "pinode")))
    assert.equal("2 struct inode * access role silent", said(ret, kernel({ { "a", "ptask" }, { "b", "ptask" } },
      "pinode")))
    local named = program("fexit/f", 8, function(_, list)
      USES.compare(nil, list)
      list.line = "int BPF_PROG(p, struct task *a, int ret)"
    end)
    assert.equal("2 int ret declaration same -", said(named, kernel({ { "a", "ptask" } }, "int")))
    assert.equal("2 int ret declaration role silent", said(named, kernel({ { "a", "ptask" }, { "b", "int" } }, "int")))
  end)

  it("has moved, by the name that the source gives it", function()
    local p = program("tp_btf/f", 0, function(_, list)
      USES.compare(nil, list)
      list.line = "int BPF_PROG(p, int order, int flags)"
    end)
    assert.equal("1 int order declaration same -", said(p, kernel { { "order", "int" }, { "flags", "int" } }))
    assert.equal("1 int order declaration moved silent", said(p, kernel { { "flags", "int" }, { "order", "int" } }))
    assert.equal("1 int order declaration same -", said(p, kernel { { "x", "int" }, { "flags", "int" } }))
  end)

  it("is declared, handed to a helper, or what most kernels have where it goes", function()
    local declared = program("kprobe/f", 104, function(_, list)
      USES.compare(nil, list)
      list.line = "int BPF_KPROBE(p, void *a, const struct task *b)"
    end)
    assert.equal("2 struct task * declaration other-type silent", said(declared, kernel(TASK_INODE)))
    local helper = program("tp_btf/f", 8, function(_, list)
      list[#list + 1] = object.insn(0xbf, 2, 6)
      list[#list + 1] = call(TASK_STORAGE_DELETE)
    end)
    assert.matches("^2 struct task_struct %* call", said(helper, kernel(TASK_INODE)))
    local goes = program("kprobe/f", 104, function(_, list) list[#list + 1] = stx(8, 1, 6, 0) end)
    local targets = { kernel(TASK_INODE), kernel { { "a", "ptask" }, { "b", "pinode" }, { "c", "int" } },
      kernel { { "a", "pinode" }, { "b", "ptask" } } }
    local sinks = goes:sinks(targets)
    assert.equal("2 struct inode * sink same -", said(goes, targets[1], sinks))
    assert.equal("2 struct inode * sink other-type silent", said(goes, targets[3], sinks))
    assert.equal("2 - - same -", said(goes, targets[3], goes:sinks { targets[1], targets[3] }))
    local function rules(options)
      local list = {}
      for _, finding in ipairs(goes.object:check(targets[3], options).findings) do list[#list + 1] = finding.rule end
      return list
    end
    assert.same({ "arg-type" }, rules { others = targets })
    assert.same({}, rules {})
    -- Those that are known are not looked for.
    assert.same({ "arg-type" }, rules { sinks = function(p) return p == goes and sinks end })
    assert.same({}, rules { others = targets, sinks = function() return {} end })
    -- What was told of kernels stands for them, which may be closed.
    local there = {}
    for i, target in ipairs(targets) do there[i] = goes:at_sinks(target) end
    assert.same(sinks, goes:sinks(there))
    local words, first = { "arguments", goes.object.path, "--format", "tsv" }, nil
    for _, target in ipairs(targets) do table.move({ "-t", target.path }, 1, 2, #words + 1, words) end
    for _, jobs in ipairs { "1", "2" } do
      local r = run(table.move({ "-j", jobs }, 1, 2, #words + 1, table.move(words, 1, #words, 1, {})))
      first = first or r
      assert.same(first, r)
    end
    local _, silent = first.out:gsub("struct inode %*\tsink\t[^\n]*\tother%-type\tsilent", "")
    assert.equal(1, silent, first.out)
    -- What goes where most kernels have text is no struct.
    local text = { kernel { { "a", "int" }, { "b", "pint" } },
      kernel { { "a", "int" }, { "b", "pint" }, { "c", "int" } }, kernel { { "a", "int" }, { "b", "ptask" } } }
    assert.same({}, goes:sinks(text))
  end)

  it("is one of a member of struct_ops, or of an iterator", function()
    -- A kernel whose struct things_ops has a member with these parameters.
    local function with(params)
      n = n + 1
      local b = kernels.new { prog_type = kernels.PROG_TYPES }
      local t, list = structs(b), {}
      for i, param in ipairs(params) do list[i] = { nil, t[param] } end
      local ops = b:struct("things_ops", 16, { { "flags", t.int, 0 }, { "run", b:ptr(b:func_proto(t.int, list)), 64 } })
      b:struct("bpf_struct_ops_things_ops", 16, { { "data", ops, 0 } })
      b:func("bpf_iter_thing", b:func_proto(t.int, { { "meta", b:ptr(b:struct("bpf_iter_meta", 8, {})) },
        { "it", t[params[2] or "ptask"] } }))
      return btfl.target(tmp.write(("6.12.%d-ops.btf"):format(n), b:bytes()))
    end
    -- A program for it that takes its second argument for a task.
    local function runs(use)
      n = n + 1
      local b = btf.new()
      local t, list = structs(b), { ldx(8, 6, 1, 8), relos = {} }
      USES[use](t, list, "task")
      list[#list + 1], list[#list + 2] = mov(0, 0), exit()
      local o = object.new(b)
      local proto = b:ptr(b:func_proto(t.int, {}))
      local ops = b:struct("things_ops___mine", 16, { { "flags", t.int, 0 }, { "run", proto, 64 } })
      b:datasec(".struct_ops.link", 16, { { b:var("things", ops), 0, 16 } })
      o:section(".struct_ops.link", ("\0"):rep(16), { flags = 3, align = 8 })
      o:symbol { name = "things", section = ".struct_ops.link", size = 16, info = 0x11 }
      o:program { name = "p", section = "struct_ops/any_name", insns = list, relos = list.relos }
      o:rel(".struct_ops.link", 8, "p")
      return btfl.object(tmp.write(("ops%d.o"):format(n), o:bytes())):program "p"
    end
    local task, inode, none = with { "int", "ptask" }, with { "int", "pinode" }, with { "int" }
    assert.equal("2 struct task * access same -", said(runs "probe", task))
    assert.equal("2 struct task * access other-type silent", said(runs "probe", inode))
    assert.equal("2 struct task * access missing rejected", said(runs "probe", none))
    local function only(use, target)
      return runs(use):verdict(target, { only = { "ctx-arg", "struct-access" } }).verdict
    end
    assert.equal("rejected", only("probe", none))
    -- The kernel gives arguments of struct_ops other types than they are declared with.
    assert.equal("2 struct task * access other-type silent", said(runs "load", inode))
    assert.equal("loads", only("load", inode))
    local row = runs "probe":arguments(inode)[1]
    assert.equal("struct_ops/things_ops.run", row.attach)
    assert.equal("(int, struct inode *) -> int", tostring(inode:signature("struct_ops", "things_ops.run")))
    assert.is_false(inode:attach("struct_ops/things_ops.walk").found)
    local found = runs "probe".object:check(inode):filter(function(f) return f.rule == "arg-type" end).findings
    assert.same({ "argument 2 of struct_ops/things_ops.run is `struct inode *` here, and not struct task *", 1 },
      { found[1].message, #found })
    local iterator = program("iter/thing", 8, "probe", "task")
    assert.equal("2 struct task * access same -", said(iterator, task))
    assert.equal("2 struct task * access other-type silent", said(iterator, inode))
  end)

  it("counts where the verifier comes only, and under another constant as a setting", function()
    n = n + 1
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    b:datasec(".rodata", 4, { { b:var("targ_old", b:const(int), "global"), 0, 4 } })
    local o = object.new(b)
    o:section("license", "GPL\0")
    o:section(".rodata", string.pack("<I4", 0), { flags = 2 })
    o:symbol { name = "targ_old", section = ".rodata", value = 0, size = 4, info = 0x11 }
    local lo, hi = object.ldimm64(2, 0)
    o:program { name = "p", section = "tp_btf/f", insns = { lo, hi, ldx(4, 2, 2, 0), object.insn(0x15, 2, 0, 1, 0),
      ldx(8, 3, 1, 8), mov(0, 0), exit() } }
    o:program { name = "early", section = "tp_btf/f", insns = { ldx(8, 6, 1, 8), lo, hi, ldx(4, 2, 2, 0),
      object.insn(0x15, 2, 0, 1, 0), object.insn(0x15, 6, 0, 0, 0), mov(0, 0), exit() } }
    o:program { name = "dead", section = "tp_btf/f", insns = { mov(2, 0), object.insn(0x15, 2, 0, 1, 0),
      ldx(8, 3, 1, 8), mov(0, 0), exit() } }
    o:rel("tp_btf/f", 0, "targ_old")
    o:rel("tp_btf/f", 64, "targ_old")
    local x, target = btfl.object(tmp.write("setting.o", o:bytes())), kernel { { "a", "ptask" } }
    local rows = x:program "p":arguments(target)
    assert.equal(1, #rows)
    assert.same({ "missing", "setting", "targ_old" }, { rows[1].verdict, rows[1].consequence, rows[1].variable })
    assert.equal("rejected", x:program "p":arguments(target, { set = { targ_old = 1 } })[1].consequence)
    assert.same({}, x:program "dead":arguments(target))
    -- What is read in any case is refused in any case.
    local before = x:program "early":arguments(target)[1]
    assert.same({ "missing", "rejected" }, { before.verdict, before.consequence })
    local report = x:check(target, { skip = { "early" } })
    assert.equal("note arg-missing", ("%s %s"):format(report.findings[1].level, report.findings[1].rule))
  end)
end)

describe("nothing is said of", function()
  teardown(tmp.clean)

  local function silent(what, p, target) assert.matches(" same %-$", said(p, target), what) end

  it("what is another name, another view, or wider for the same thing", function()
    silent("a member of a struct", program("kprobe/f", 112, "container", "sock", "0:0"), kernel { { "a", "pcommon" } })
    silent("a pointer that is declared u64", program("tp_btf/f", 0, "probe", "task"), kernel { { "a", "u64" } })
    silent("void *", program("kprobe/f", 112, "probe", "task"), kernel { { "a", "pvoid" } })
    silent("a downcast", program("tp_btf/f", 0, "probe", "inet", "0:1", 16), kernel { { "a", "psock" } })
    silent("a downcast over two", program("tp_btf/f", 0, "probe", "inet", "0:1", 16), kernel { { "a", "pcommon" } })
    silent("an upcast", program("tp_btf/f", 0, "probe", "common"), kernel { { "a", "pinet" } })
    silent("what a union holds at its start", program("tp_btf/f", 0, "probe", "inode", "0:2", 16), kernel {
      { "a", "pview" } })
    silent("a rename", program("tp_btf/f", 0, "probe", "addr"), kernel { { "a", "punsized" } })
  end)

  it("registers that are left over at a call", function()
    -- bpf_ktime_get_ns() takes none.
    local p = program("kprobe/f", 104, function(_, list)
      list[#list + 1] = object.insn(0xbf, 2, 6)
      list[#list + 1] = call(5)
    end)
    silent("a register", p, kernel { { "a", "ptask" } })
  end)

  it("one fitting type among several", function()
    local p = program("kprobe/f", 112, function(t, list)
      USES.probe(t, list, "sock", "0:1", 8)
      USES.probe(t, list, "task")
    end)
    assert.equal("1 struct sock *|struct task * access same -", said(p, kernel { { "a", "psock" } }))
  end)

  it("a result", function()
    silent("fexit", program("fexit/f", 8, "compare"), kernel({ { "a", "ptask" } }, "int"))
    silent("lsm", program("lsm/f", 8, "compare"), kernel({ { "a", "ptask" } }, "int"))
    assert.equal("return struct task * access same -", said(program("kretprobe/f", 80, "probe", "task"), kernel({},
      "ptask")))
    assert.equal("return struct task * access other-type silent",
      said(program("kretprobe/f", 80, "probe", "task"), kernel({}, "pinode")))
  end)

  it("the result of what returns nothing, unless it is taken for a struct", function()
    local nothing = kernel({}, "void")
    silent("a number", program("kretprobe/f", 80, "compare"), nothing)
    assert.equal("return struct task * access missing silent", said(program("kretprobe/f", 80, "probe", "task"),
      nothing))
    local fexit = program("fexit/f", 0, "compare")
    assert.equal("1 - - unreadable rejected", said(fexit, nothing))
    assert.same({ "rejected", "ctx-arg" }, { fexit:verdict(nothing).verdict, fexit:verdict(nothing).rule })
  end)

  it("what a program attaches to that is not there", function()
    assert.equal("1 struct task * access target-absent -",
      said(program("fentry/nosuch", 0, "probe", "task"), kernel(TASK_INODE)))
  end)
end)

describe("the registers of a kprobe", function()
  teardown(tmp.clean)

  -- The struct whose member tells the architecture, and where its second argument and its result stand.
  local ARCHES = {
    amd64 = { { "di", 0 }, 104, 80 }, arm64 = { { "pstate", 0 }, 8, 0 }, s390x = { { "gprs", 0 }, 48, 40 },
    riscv = { { "a0", 0 }, 88, 80 }, ppc64 = { { "gpr", 0 }, 32, 24 },
  }

  for arch, row in pairs(ARCHES) do
    it("are those of " .. arch, function()
      local function read(section, at)
        n = n + 1
        local b = btf.new()
        b:struct("pt_regs", 8, { { row[1][1], b:int("long", 8), 0 } })
        local o = object.new(b)
        o:program { name = "p", section = section, insns = { ldx(8, 2, 1, at), mov(0, 0), exit() } }
        local reads = btfl.object(tmp.write(("regs%d.o"):format(n), o:bytes())):program "p":reads()
        return reads[1] and reads[1].argument
      end
      assert.equal(2, read("kprobe/f", row[2]))
      assert.equal("return", read("kretprobe/f", row[3]))
      assert.is_nil(read("kprobe/f+16", row[2]))
    end)
  end

  it("are named by a relocation, whatever the offset", function()
    n = n + 1
    local b = btf.new()
    local long = b:int("long", 8)
    local regs = b:struct("pt_regs", 400, { { "si", long, 8 * 300 } })
    local o = object.new(b)
    o:program { name = "p", section = "kprobe/f", insns = { ldx(8, 2, 1, 300), mov(0, 0), exit() },
      relos = { { insn = 0, type = regs, access = "0:0", kind = "byte_off" } } }
    assert.equal(2, btfl.object(tmp.write("named.o", o:bytes())):program "p":reads()[1].argument)
  end)
end)

describe("what is read", function()
  teardown(tmp.clean)

  it("is followed through moves, the stack, subprograms and copies", function()
    local p = program("tp_btf/f", 8, function(t, list)
      for _, insn in ipairs { stx(8, 10, 6, -16), mov(6, 0), ldx(8, 7, 10, -16), object.insn(0xbf, 6, 7) } do
        list[#list + 1] = insn
      end
      USES.probe(t, list, "task")
      list[#list + 1] = ldx(8, 2, 10, -8)
      list[#list + 1] = object.insn(0x15, 2, 0, 0, 0)
    end)
    local uses = {}
    for _, read in ipairs(p:reads()) do uses[#uses + 1] = ("%s %s%s"):format(read.argument, read.use, read.from and
      " from" or "") end
    assert.same({ "2 read", "2 store", "2 probe", "2 compare from" }, uses)
  end)

  it("is followed to memory that a helper reads in parts of slots", function()
    local function uses(start, size)
      local p = program("tp_btf/f", 8, function(_, list)
        for _, insn in ipairs { stx(4, 10, 6, -16), object.insn(0xbf, 4, 10), object.add(4, start), mov(5, size),
          call(PERF_EVENT_OUTPUT) } do list[#list + 1] = insn end
      end)
      local found = {}
      for _, read in ipairs(p:reads()) do found[#found + 1] = read.use end
      return table.concat(found, " ")
    end
    assert.equal("read store memory", uses(-16, 8))
    assert.equal("read store memory", uses(-20, 8))
    assert.equal("read store memory", uses(-24, 9))
    assert.equal("read store", uses(-24, 8))
    assert.equal("read store", uses(-12, 0))
  end)

  -- A program that copies 4 bytes of argument 2, by bytes of its context, on kernels up to 6.0 alone unless `always`.
  local SECOND = { ["kprobe/f"] = 104 }
  local function by_version(section, always)
    n = n + 1
    local b = btf.new()
    local t, o = structs(b), object.new(b)
    o:section("license", "GPL\0")
    b:datasec(".kconfig", 0, { { b:var("LINUX_KERNEL_VERSION", t.int, "extern"), 0, 4 } })
    o:symbol { name = "LINUX_KERNEL_VERSION", section = 0, info = 0x10 }
    local list = { relos = {} }
    list[1], list[2] = object.ldimm64(2, 0)
    list[3], list[4] = ldx(4, 2, 2, 0), object.insn(0x25, 2, 0, always and 0 or 7, 6 << 16)
    list[5] = ldx(8, 6, 1, SECOND[section] or 8)
    USES.probe(t, list, "task")
    list[#list + 1], list[#list + 2] = mov(0, 0), exit()
    o:program { name = "p", section = section, insns = list, relos = list.relos }
    o:rel(section, 0, "LINUX_KERNEL_VERSION")
    return btfl.object(tmp.write(("drift%d.o"):format(n), o:bytes()))
  end

  local function missing_on(o, options)
    local out = {}
    for _, finding in ipairs(o:check(kernel({ { "a", "ptask" } }, nil, options)).findings) do
      if finding.rule == "arg-missing" then
        out[#out + 1] = finding.level .. ": " .. finding.notes[#finding.notes]
      end
    end
    return out
  end

  it("is no error where it hangs on a version that is not known", function()
    local o = by_version "tp_btf/f"
    assert.same({ "warning: whether p reaches it is not known: it depends on the kernel's symbols, configuration or "
      .. "version, which are not known" }, missing_on(o, { name = "mine" }))
    assert.same({}, missing_on(o, { name = "mine", version = "6.1.0" }))
    assert.same({ "error: the verifier rejects p" }, missing_on(o, { name = "mine", version = "5.10.0" }))
    local mine = kernel({ { "a", "ptask" } }, nil, { name = "mine" })
    assert.equal("2 struct task * access missing unknown", said(o:program "p", mine))
  end)

  it("is not silent where it hangs on a version that is not known, but in doubt", function()
    local silent = "warning: the verifier accepts it: the data is wrong, nothing fails"
    for _, section in ipairs { "raw_tp/f", "kprobe/f" } do
      local o = by_version(section)
      assert.same({ "warning: whether p reaches it is not known: nobody knows `LINUX_KERNEL_VERSION` there" },
        missing_on(o, { name = "mine" }), section)
      assert.same({}, missing_on(o, { name = "mine", version = "6.1.0" }), section)
      assert.same({ silent }, missing_on(o, { name = "mine", version = "5.10.0" }), section)
      local row = o:program "p":drift(kernel({ { "a", "ptask" } }, nil, { name = "mine" }))[1]
      assert.same({ "unknown", "LINUX_KERNEL_VERSION" }, { row.consequence, row.variable })
      assert.same({ silent }, missing_on(by_version(section, true), { name = "mine" }), section)
    end
  end)

  it("is told with its signature, on each kernel", function()
    local targets = { kernel(TASK_INODE), kernel(TASK_INODE), kernel({ { "a", "int" } }, "ptask") }
    assert.equal("(struct task *a, struct inode *b) -> void", tostring(targets[1]:signature("fentry", "f")))
    assert.equal("a", targets[3]:signature("fexit", "f"):slot(1).name)
    assert.equal("return", targets[3]:signature("fexit", "f"):slot(2))
    assert.is_nil(targets[3]:signature("fentry", "f"):slot(2))
    local classes = btfl.signatures(targets, "fentry", "f")
    assert.equal(2, #classes)
    local first, second, last = targets[1].release, targets[2].release, targets[3].release
    assert.equal(("%s .. %s: (struct task *a, struct inode *b) -> void"):format(first, second), tostring(classes[1]))
    assert.equal(last .. ": (int a) -> struct task *", tostring(classes[2]))
  end)

  it("has its signatures in order of release, candidates first, those of no release last", function()
    local function named(name, version, ...)
      return kernel({ ... }, nil, { name = name, version = version })
    end
    local a, b = { "a", "int" }, { "b", "int" }
    local classes = btfl.signatures({ named("mine", nil, a), named("7.1.0-amd64", nil, a), named("7.1.0-rc2-amd64",
      nil, b), named("5.10.0-32-amd64", "5.10.223", a), named("5.10.100-amd64", nil, b) }, "fentry", "f")
    local list = {}
    for i, class in ipairs(classes) do list[i] = tostring(class):match "^[^:]+" end
    assert.same({ "5.10.100", "5.10.223", "7.1.0-rc2", "7.1.0 .. mine" }, list)
  end)

  it("is what check says, at the source line", function()
    local p, target = program("tp_btf/f", 8, "probe", "task"), kernel(TASK_INODE)
    local f = p.object:check(target).findings[1]
    assert.same({ "warning", "arg-type", 7 }, { f.level, f.rule, f.at.line })
    assert.equal("argument 2 of tp_btf/f is `struct inode *b` here, and not struct task *", f.message)
    assert.same({ "taken for `struct task *`: task.pid is read at p.bpf.c:7",
      "the verifier accepts it: the data is wrong, nothing fails" }, f.notes)
    local missing = program("tp_btf/f", 16, "compare")
    local report = missing.object:check(target)
    assert.equal(1, #report.findings)
    assert.same({ "error", "arg-missing" }, { report.findings[1].level, report.findings[1].rule })
    assert.equal("rejected", missing:verdict(target).verdict)
  end)

  it("is said once, where the verifier refuses a load by it", function()
    local target = kernel(TASK_INODE)
    -- Half of inode.sb is read.
    local p = program("tp_btf/f", 8, "load", "task", "0:2", 8, 4)
    local report = p.object:check(target)
    assert.same({ 1, "error", "arg-type" }, { #report.findings, report.findings[1].level, report.findings[1].rule })
    assert.same({ "rejected", "struct-access" }, { p:verdict(target).verdict, p:verdict(target).rule })
    -- Of the right argument only the load is wrong.
    local own = program("tp_btf/f", 0, "load", "task", "0:2", 8, 4)
    report = own.object:check(target)
    assert.same({ 1, "error", "struct-access", 7 }, { #report.findings, report.findings[1].level,
      report.findings[1].rule, report.findings[1].at.line })
  end)

  it("is a row of the command", function()
    local p, target = program("tp_btf/f", 8, "probe", "task"), kernel(TASK_INODE)
    local out = run { "arguments", p.object.path, "-t", target.path, "--format", "tsv" }.out
    assert.equal("object\tprogram\tattach\targument\ttaken_for\tby\ttarget\thas\tverdict\tconsequence\tline\n"
      .. ("%s\tp\ttp_btf/f\t2\tstruct task *\taccess\t%s\tstruct inode *b\tother-type\tsilent\tp.bpf.c:7\n")
        :format(p.object.path, target.name), out)
  end)
end)

describe("real programs", function()
  local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

  local function rows()
    local file = io.open(CORPUS .. "/drift.tsv")
    if not file then return nil end
    local list, names = {}, nil
    for line in file:lines() do
      local row, i = {}, 0
      for cell in (line .. "\t"):gmatch "([^\t]*)\t" do
        i = i + 1
        if names then row[names[i]] = cell else row[i] = cell end
      end
      if names then list[#list + 1] = row else names = row end
    end
    file:close()
    return list
  end

  -- Opens each once.
  local function cache(open)
    local known = {}
    return function(name)
      known[name] = known[name] or open(name)
      return known[name]
    end
  end

  it("are told as an independent analysis and real kernels have it", function()
    local list = rows()
    if not list then return pending "needs the corpus" end
    local target = cache(function(name)
      local path = ("%s/kernels/%s.btf.gz"):format(CORPUS, name)
      return btfl.target(io.open(path) and path or ("%s/loads/%s.btf.gz"):format(CORPUS, name))
    end)
    local opened = cache(function(name) return btfl.object(("%s/objects/%s"):format(CORPUS, name)) end)
    local names, targets = {}, {}
    for _, row in ipairs(list) do
      if not names[row.kernel] then
        names[row.kernel] = true
        targets[#targets + 1] = target(row.kernel)
      end
    end
    local wrong, drifting, same = {}, 0, 0
    for _, row in ipairs(list) do
      local p = opened(row.object):program(row.program)
      local asked, want = row.arg:match "^[^=]+", row.verdict
      if asked == "ret" then asked = "return" end
      if want == "same" then same = same + 1 else drifting = drifting + 1 end
      want = want .. " " .. (row.shape == "settings" and "setting" or row.consequence)
      local found = "none"
      for _, argument in ipairs(p:arguments(target(row.kernel), nil, p:sinks(targets))) do
        if tostring(argument.argument) == asked then
          found = argument.verdict .. " " .. (argument.consequence or "-")
        end
      end
      if found ~= want then
        wrong[#wrong + 1] = ("%s %s %s on %s: %s, not %s"):format(row.object, row.program, row.arg, row.kernel, found,
          want)
      end
    end
    assert.same({}, wrong)
    assert.same({ 55, 374 }, { drifting, same })
  end)
end)

describe("the running kernel", function()
  teardown(tmp.clean)

  -- Members of a struct of the kernel by which a task is read as if it were one.
  local function members(target, name)
    local list = {}
    for member in target.btf:find(name, "struct"):members() do
      local kind, size = member.type:resolve().kind, member.type.size
      if member.name and not member.bitfield and (kind == "int" or kind == "ptr") then
        list[#list + 1] = { name = member.name, offset = member.offset, size = size, kind = kind }
      end
    end
    return list
  end

  -- Objects of which each has one program, which takes an argument of sched_switch for a struct.
  local function take(section, at, name, member, size, copies)
    n = n + 1
    local b = btf.new()
    local int = member.kind == "ptr" and b:ptr(0) or b:int("t", size)
    local s = b:struct(name, member.offset + 8, { { member.name, int, member.offset * 8 } })
    local o, list = object.new(b), { ldx(8, 6, 1, at), relos = {} }
    local t = { s = s }
    if copies then USES.probe(t, list, "s", "0:0", member.offset, size)
    else USES.load(t, list, "s", "0:0", member.offset, size) end
    list[#list + 1], list[#list + 2] = mov(0, 0), exit()
    o:section("license", "GPL\0")
    o:program { name = "p", section = section, insns = list, relos = list.relos }
    return tmp.write(("take%d.o"):format(n), o:bytes())
  end

  it("rejects and accepts what btfl says it does", function()
    local _, why = loads.peer()
    if why then return pending(why) end
    local target = btfl.target()
    local paths = {}
    for _, name in ipairs { "inode", "dentry", "file", "sk_buff", "sock" } do
      for _, member in ipairs(members(target, name)) do
        if #paths < 120 then
          paths[#paths + 1] = take("tp_btf/sched_switch", 8, name, member, member.size)
          paths[#paths + 1] = take("raw_tp/sched_switch", 8, name, member, member.size, true)
        end
      end
    end
    local first = members(target, "inode")[1]
    for _, case in ipairs { { 0 }, { 40 }, { 8, true }, { 0, true } } do
      paths[#paths + 1] = take("tp_btf/sched_switch", case[1], "inode", first, first.size, case[2])
    end
    paths[#paths + 1] = take("raw_tp/sched_switch", 40, "inode", first, first.size, true)
    local wrong, count = {}, { loads = 0, no = 0 }
    for _, row in ipairs(loads.run(paths)) do
      local p = btfl.object(row.object):program "p"
      local rejected = false
      for _, argument in ipairs(p:drift(target)) do rejected = rejected or argument.consequence == "rejected" end
      count[row.outcome] = (count[row.outcome] or 0) + 1
      if rejected ~= (row.outcome ~= "loads") then
        wrong[#wrong + 1] = ("%s %s: %s %s"):format(row.section, said(p, target), row.outcome, (row.log or
          ""):sub(-300))
      end
    end
    assert.same({}, wrong)
    assert.is_true(count.loads > 50 and count.no > 5)
  end)
end)
