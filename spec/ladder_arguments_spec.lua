--- Ladders that pick an argument by what the kernel has: a gap, and the argument is another one there.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local ldx, mov, call, exit, insn = object.ldx, object.mov, object.call, object.exit, object.insn
local PROBE, SI, DX = 113, 104, 96
local n = 0

local function structs(b, fields)
  local t = {}
  local int = b:int("int", 4, "signed")
  t.task = b:struct("task", 8, { { "pid", int, 0 }, { "flags", int, 32 } })
  t.inode = b:struct("inode", 8, { { "ino", int, 0 }, { "mode", int, 32 } })
  local members = { { "always", int, 0 } }
  for i, field in ipairs(fields) do members[#members + 1] = { field, int, 32 * i } end
  t.s = b:struct("s", 4 + 4 * #fields, members)
  t.ptask, t.pinode, t.pint = b:ptr(t.task), b:ptr(t.inode), b:ptr(int)
  return t
end

-- A kernel of that release with function f of these parameters, and these fields of struct s.
local function kernel(release, params, ...)
  n = n + 1
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local t, list = structs(b, { ... }), {}
  b:struct("pt_regs", 168, { { "di", b:int("long", 8), 112 * 8 } })
  for i, kind in ipairs(params) do list[i] = { ("abc"):sub(i, i), t[kind] } end
  b:func("f", b:func_proto(0, list))
  tmp.mkdir(tostring(n))
  return tmp.write(("%d/%s-amd64.btf"):format(n, release), b:bytes())
end

local NEW = { "pint", "pinode", "ptask" }

-- The second parameter is a task first, then the third; what tells so is gone from the newest.
local function four(newest)
  return { kernel("5.10.1", { "pint", "ptask" }), kernel("6.1.2", NEW, "a"), kernel("6.12.3", NEW, "a"),
    kernel("6.18.4", newest or NEW) }
end

-- An object whose program has these instructions, each { insn, relo? }, from line 100 on.
local function make(list, more)
  n = n + 1
  local b = btf.new()
  local t = structs(b, { "a", "b" })
  b:struct("pt_regs", 168, { { "di", b:int("long", 8), 112 * 8 } })
  local o = object.new(b)
  o:section("license", "GPL\0")
  for i = 1, more and 2 or 1 do
    local insns, relos, lines = {}, {}, {}
    for at, one in ipairs(list) do
      insns[at] = one[1]
      lines[at] = { insn = at - 1, file = "p.bpf.c", line = 99 + at, text = "\tline of p" }
      local relo = one[2]
      if relo then
        relos[#relos + 1] = { insn = at - 1, type = t[relo[1]], access = relo[2], kind = relo[3] or "byte_off" }
      end
    end
    o:program { name = i == 1 and "p" or "q", section = i == 1 and "kprobe/f" or "kprobe/f+0", insns = insns,
      relos = relos, lines = lines }
  end
  return tmp.write(("pick%d.o"):format(n), o:bytes())
end

-- Copies pid of the task that r6 points to.
local COPY = { { mov(3, 0), { "task", "0:0" } }, { insn(0x0f, 3, 6) }, { insn(0xbf, 1, 10) }, { object.add(1, -8) },
  { mov(2, 4) }, { call(PROBE) } }
local END = { { mov(0, 0) }, { exit() } }

local function join(...)
  local out = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #out + 1, out) end
  return out
end

-- r7 = argument 2, r6 = argument 3; if (!s.a) r6 = r7;
local PICK = { { ldx(8, 7, 1, SI) }, { ldx(8, 6, 1, DX) }, { mov(1, 1), { "s", "0:1", "field_exists" } },
  { insn(0x55, 1, 0, 1, 0) }, { insn(0xbf, 6, 7) } }

-- The gaps of ladders, as "warning ladder-gap 103".
local function said(path, targets, options)
  local opened, out = {}, {}
  for i, target in ipairs(targets) do opened[i] = btfl.target(target) end
  for _, ladder in ipairs(btfl.object(path):ladders(opened, options)) do
    for _, finding in ipairs(ladder.findings) do
      if finding.rule == "ladder-gap" then
        out[#out + 1] = ("%s %s %d"):format(finding.level, finding.rule, finding.at.line)
      end
    end
  end
  return table.concat(out, ", ")
end

local function check(path, targets, ...)
  local argv = { "check", path, "--format", "json", ... }
  for _, target in ipairs(targets) do
    argv[#argv + 1] = "-t"
    argv[#argv + 1] = target
  end
  local ran = run(argv)
  local report = assert(dkjson.decode(ran.out))
  local by_rule = {}
  for _, finding in ipairs(report.findings) do
    by_rule[finding.rule] = by_rule[finding.rule] or {}
    table.insert(by_rule[finding.rule], finding)
  end
  return by_rule, ran
end

describe("a gap whose branch takes another argument", function()
  teardown(tmp.clean)

  it("is a warning that shows where it is asked, and where the argument is read", function()
    local found = check(make(join(PICK, COPY, END)), four())
    local gap = found["ladder-gap"][1]
    assert.same({ 1, "warning" }, { #found["ladder-gap"], gap.level })
    assert.equal("6.18.4 takes the branch of 5.10.1, and not that of 6.1.2 .. 6.12.3: argument 2 of kprobe/f is "
      .. "`struct inode *b` there, and not struct task *", gap.message)
    assert.equal("asked at p.bpf.c:103; on 6.18.4 argument 2 is read at p.bpf.c:100: `line of p`", gap.notes[1])
    assert.equal("taken for `struct task *`: task.pid is read at p.bpf.c:110 (see arg-type)", gap.notes[2])
  end)

  it("leaves what there is to say of the argument to its own finding", function()
    local found = check(make(join(PICK, COPY, END)), four())
    local argument = found["arg-type"][1]
    assert.same({ 1, "warning", "6.18.4-amd64" }, { #found["arg-type"], argument.level, argument.target })
    assert.equal("5.10.1: (int *a, struct task *b) -> void; "
      .. "6.1.2 .. 6.18.4: (..., struct inode *b, struct task *c) -> ...", argument.notes[#argument.notes])
    for _, note in ipairs(found["ladder-gap"][1].notes) do assert.is_nil(note:find("nothing fails", 1, true)) end
  end)

  it("is one where the argument is read behind the branch", function()
    -- if (s.a) copy argument 3; else copy argument 2;
    local path = make(join({ { insn(0xbf, 9, 1) }, { mov(1, 1), { "s", "0:1", "field_exists" } },
      { insn(0x55, 1, 0, 8, 0) }, { ldx(8, 6, 9, SI) } }, COPY,
      { { insn(0x05, 0, 0, 7, 0) } }, { { ldx(8, 6, 9, DX) } }, COPY, END))
    assert.equal("warning ladder-gap 102", said(path, four()))
  end)

  it("is a note where the newest have what the program takes it for", function()
    assert.equal("note ladder-gap 103", said(make(join(PICK, COPY, END)), four { "pint", "ptask", "pint" }))
  end)

  it("is a note where the argument does not hang on the branch", function()
    -- Argument 2 is copied on all kernels, and the branch is about a call.
    local path = make(join({ { ldx(8, 6, 1, SI) }, { mov(1, 1), { "s", "0:1", "field_exists" } },
      { insn(0x15, 1, 0, 1, 0) }, { call(5) } }, COPY, END))
    assert.equal("note ladder-gap 102", said(path, four()))
  end)

  it("is that of the branch which it stands behind, and no other that goes alike", function()
    -- if (s.b) call; if (s.a) copy argument 3; else copy argument 2;
    local path = make(join({ { insn(0xbf, 9, 1) }, { mov(1, 1), { "s", "0:2", "field_exists" } },
      { insn(0x15, 1, 0, 1, 0) }, { call(5) }, { mov(1, 1), { "s", "0:1", "field_exists" } },
      { insn(0x55, 1, 0, 8, 0) }, { ldx(8, 6, 9, SI) } }, COPY,
      { { insn(0x05, 0, 0, 7, 0) } }, { { ldx(8, 6, 9, DX) } }, COPY, END))
    local targets = { kernel("5.10.1", { "pint", "ptask" }), kernel("6.1.2", NEW, "a", "b"),
      kernel("6.12.3", NEW, "a", "b"), kernel("6.18.4", NEW) }
    assert.equal("note ladder-gap 102, warning ladder-gap 105", said(path, targets))
  end)

  it("is not told of what a tool does not load, nor beside rules that are asked for", function()
    local path, targets = make(join(PICK, COPY, END), true), four()
    assert.equal("warning ladder-gap 103, warning ladder-gap 103", said(path, targets))
    assert.equal("warning ladder-gap 103", said(path, targets, { skip = { "q" } }))
    local found = check(path, targets, "--skip", "q")
    assert.equal("p", found["ladder-gap"][1].program)
    assert.same({}, (check(path, targets, "--only", "relocation")))
  end)

  it("goes by what a tool sets, and by a policy", function()
    local path, targets = make(join(PICK, COPY, END)), four()
    assert.equal("note ladder-gap 103", said(path, targets, { attach = { p = "g" } }))
    local policy = btfl.policy {
      name = "all", member = function(m, target, default)
        return default(m, target) or m.name == "a" and target:member "always" or nil
      end,
    }
    assert.equal("", said(path, targets, { policy = policy }))
    local file = tmp.write("all.lua", [[return btfl.policy { name = "all", member = function(m, target, default)
      return default(m, target) or m.name == "a" and target:member "always" or nil end }]])
    assert.is_nil((check(path, targets, "--policy", file))["ladder-gap"])
  end)

  it("is in all formats", function()
    local path, argv = make(join(PICK, COPY, END)), { "--color", "never" }
    for _, target in ipairs(four()) do
      argv[#argv + 1] = "-t"
      argv[#argv + 1] = target
    end
    for format, want in pairs {
      sarif = '"ruleId":"ladder-gap"', github = "::warning file=p.bpf.c,line=103", markdown = "ladder%-gap",
      junit = "6.18.4 takes the branch", text = "warning%[ladder%-gap%]",
    } do
      local out = run { "check", path, "--format", format, table.unpack(argv) }.out
      assert.matches(want, out:gsub('": "', '":"'), 1, format == "sarif")
    end
    local rows = run { "ladders", path, "--format", "json", table.unpack(argv) }.out
    assert.equal("gap", dkjson.decode(rows).rows[1].verdict)
  end)
end)

describe("the arguments of the current task", function()
  teardown(tmp.clean)

  it("are none of what a program attaches to", function()
    local path = make(join({ { call(35) }, { insn(0xbf, 6, 0) } }, COPY, END))
    local out = run { "arguments", path, "-t", kernel("6.1.2", NEW), "--format", "tsv" }.out
    assert.equal(1, select(2, out:gsub("\n", "")))
  end)
end)
