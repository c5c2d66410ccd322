--- An object that is built for another architecture than a kernel is told so once, however many accesses to
--- registers fail for it, and in whichever programs.
local btf = require "spec.support.btf"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- A kernel with these registers, and with a task_struct.
local function kernel(name, ...)
  local b, members, size = btf.new(), {}, 0
  local long = b:int("unsigned long", 8)
  for i, register in ipairs { ... } do
    local several = register == "regs"
    members[i] = { register, several and b:array(long, 31, long) or long, size * 8 }
    size = size + (several and 8 * 31 or 8)
  end
  b:struct("pt_regs", size, members)
  b:struct("task_struct", 8, { { "pid", long, 0 } })
  return tmp.write(name, b:bytes())
end

-- An object for x86. Of each program the accesses, one a line, to registers or to a task, are stores and
-- nothing keeps a path away from them; `guarded` ones stand behind its exit.
local function built(programs)
  local b = btf.new()
  local long = b:int("unsigned long", 8)
  local of = { regs = b:struct("pt_regs", 16, { { "di", long, 0 }, { "si", long, 64 } }),
    task = b:struct("task_struct", 8, { { "state", long, 0 } }) }
  local o, line = object.new(b), 10
  for _, program in ipairs(programs) do
    local insns, relos, lines = {}, {}, {}
    for _, access in ipairs(program) do
      if access == "exit" then
        insns[#insns + 1] = object.exit()
      else
        line = line + 1
        local root, index = access:match "^(%l+)%.(%d)$"
        relos[#relos + 1] = { insn = #insns, type = of[root], access = "0:" .. index, kind = "byte_off" }
        lines[#lines + 1] = { insn = #insns, file = "./prog.bpf.c", line = line, column = 2, text = "\tread();" }
        insns[#insns + 1] = object.mov(0, 0)
      end
    end
    insns[#insns + 1] = object.exit()
    o:program { name = program.name, section = "raw_tp/" .. program.name, insns = insns, relos = relos,
      lines = lines }
  end
  return tmp.write("prog.bpf.o", o:bytes())
end

-- A run's findings: "error architecture one,two arm64.btf pt_regs.di".
local function told(command, path, kernels, ...)
  local args = { command, path, "--format", "json", ... }
  for _, target in ipairs(kernels) do table.move({ "-t", target }, 1, 2, #args + 1, args) end
  local r = run(args)
  local report, list = dkjson.decode(r.out), {}
  for i, finding in ipairs(report.findings) do
    list[i] = table.concat({ finding.level, finding.rule, table.concat(finding.programs or { finding.program }, ","),
      table.concat(finding.targets or { finding.target }, ","), finding.details.access }, " ")
  end
  return list, report, r.status
end

describe("an object for another architecture", function()
  teardown(tmp.clean)

  local x86, arm64, riscv

  setup(function()
    x86 = kernel("6.1.0-amd64.btf", "r15", "di", "si", "ip")
    arm64 = kernel("6.1.0-arm64.btf", "regs", "pc", "pstate")
    riscv = kernel("6.1.0-riscv64.btf", "epc", "ra", "t0")
  end)

  it("is one finding of all its programs and registers, of the gravest that is met", function()
    local path = built { { name = "one", "regs.0", "regs.1" }, { name = "two", "regs.1" } }
    for _, command in ipairs { "check", "verdicts" } do
      local list, report = told(command, path, { arm64 })
      assert.same({ "error architecture one,two 6.1.0-arm64 "
        .. (command == "check" and "pt_regs.di, pt_regs.si" or "pt_regs.di") }, list)
      assert.equal("the object is built for x86 (its struct pt_regs has `di`), the kernel for arm64",
        report.findings[1].message)
      assert.equal("prog.bpf.c", report.findings[1].at.file:match "[^/]*$")
      assert.matches("build one object for each architecture", report.findings[1].help[1], 1, true)
    end
  end)

  it("is told, when asked why, where the kernel keeps what they hold", function()
    local path = built { { name = "one", "regs.0", "task.0" }, { name = "two", "regs.1", "regs.0" } }
    local function notes_of(...)
      local _, report = told("check", path, { arm64, x86 }, ...)
      local list = {}
      for _, finding in ipairs(report.findings) do
        for _, note in ipairs(finding.rule == "architecture" and finding.notes or {}) do list[#list + 1] = note end
      end
      return table.concat(list, "\n")
    end
    assert.matches("other architecture: PT_REGS_PARM1 there is `pt_regs.regs[0]`, PT_REGS_PARM2 there is "
      .. "`pt_regs.regs[1]`", notes_of "--why", 1, true)
    assert.not_matches("renamed", notes_of "--why")
    assert.not_matches("other architecture", notes_of())
  end)

  it("is one for kernels of several architectures, of which each is named", function()
    local path = built { { name = "one", "regs.0" } }
    for _, command in ipairs { "check", "verdicts" } do
      local list, report = told(command, path, { arm64, x86, riscv })
      assert.same({ "error architecture one 6.1.0-arm64,6.1.0-riscv64 pt_regs.di" }, list)
      assert.equal("on 6.1.0-riscv64: the object is built for x86 (its struct pt_regs has `di`), the kernel for riscv",
        report.findings[1].notes[1])
    end
    assert.same({ "6.1.0-amd64" }, (select(2, told("check", path, { arm64, x86, riscv })).findings[1].fine))
  end)

  it("hides nothing that fails for something else", function()
    local list = told("check", built { { name = "one", "regs.0", "task.0" }, { name = "two", "task.0" } },
      { arm64 })
    table.sort(list)
    assert.equal(3, #list)
    assert.equal("error architecture one 6.1.0-arm64 pt_regs.di", list[1])
    assert.matches("no%-field two 6.1.0%-arm64 task_struct.state", list[2])
  end)

  it("is not told of what no path reaches, but with --all", function()
    local path = built { { name = "one", "exit", "regs.0" }, { name = "two", "exit", "regs.1" } }
    local list, _, status = told("check", path, { arm64 })
    assert.same({ {}, 0 }, { list, status })
    assert.same({ "note architecture one,two 6.1.0-arm64 pt_regs.di, pt_regs.si" },
      told("check", path, { arm64 }, "--all"))
    -- Whom it accuses are those that fail.
    path = built { { name = "one", "exit", "regs.0" }, { name = "two", "regs.1" } }
    assert.same({ "error architecture two 6.1.0-arm64 pt_regs.si" }, told("check", path, { arm64 }, "--all"))
  end)

  it("has the same fingerprint whatever stands for it", function()
    local function print_of(programs)
      local _, report = told("check", built(programs), { arm64 })
      return report.findings[1].fingerprint
    end
    local one = print_of { { name = "one", "regs.0" } }
    assert.is_string(one)
    assert.equal(one, print_of { { name = "zero", "regs.1" }, { name = "one", "regs.0", "regs.1" } })
  end)

  it("is known by a project's file for some of its programs", function()
    local path = built { { name = "one", "regs.0" }, { name = "two", "regs.1" } }
    local project = tmp.write("arch.lua", 'return { ignore = { { rule = "architecture", program = "one", '
      .. 'because = "not loaded there" } } }')
    assert.same({ "error architecture two 6.1.0-arm64 pt_regs.di, pt_regs.si",
      "note architecture one 6.1.0-arm64 pt_regs.di, pt_regs.si" },
      told("check", path, { arm64 }, "--project", project))
  end)

  it("is not applicable in a matrix", function()
    local r = run { "matrix", built { { name = "one", "regs.0" } }, "-t", arm64, "-t", x86, "--format", "tsv" }
    assert.matches("6.1.0%-arm64\tdefault\tnot%-applicable", r.out)
    assert.matches("6.1.0%-amd64\tdefault\tloads", r.out)
    assert.equal(0, r.status)
  end)
end)
