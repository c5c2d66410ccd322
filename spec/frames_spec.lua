--- Diagnostics as people see them: one for each code, as `btfl explain` shows it, and what a frame does
--- with long lines, tabs, no source line, hostile text.
-- luacheck: no max line length
local btfl = require "btfl"
local cases = require "spec.support.reason_cases"
local engine = require "btfl.engine"
local disasm = require "btfl.code.disasm"
local frame = require "btfl.report.frame"
local reasons = require "btfl.diagnose.reasons"
local run = require "spec.support.run"
local terminal = require "btfl.report.terminal"
local tmp = require "spec.support.tmp"

local plain = terminal.painter(false)

-- The one finding of a case, and the frame of it, with file names as the examples have them.
local function finding_of(case, without_line)
  local object, kernel = cases.build(case, without_line)
  local report = btfl.object(tmp.write("prog.bpf.o", object))
    :check(btfl.target(tmp.write("6.12.0-amd64.btf", kernel)),
      { policy = case.policy and btfl.policy(case.policy) })
  assert.equal(1, #report.findings)
  local finding = report.findings[1]
  finding.object = "prog.bpf.o"
  for i, help in ipairs(finding.help or {}) do finding.help[i] = help:gsub(" [^ ]*/", " ") end
  return finding, frame(finding, plain)
end

-- A finding at a line of source that no object needs to have.
local function at_line(fields)
  local finding = { level = "error", rule = "r", message = "m", mark = fields.mark }
  local line = setmetatable({ file = fields.file or "a.c", line = fields.line or 7, column = fields.column or 1,
    text = fields.text }, { __name = "btfl.line", __tostring = function() return fields.file or "a.c:7:1" end })
  finding.at = line
  return finding
end

local function shown(fields, width)
  local out = {}
  for line in (frame(at_line(fields), plain, width) .. "\n"):gmatch("(.-)\n") do out[#out + 1] = line end
  return out
end

describe("the frame", function()
  teardown(tmp.clean)

  local covered = {}
  for _, case in ipairs(cases) do
    covered[case.code] = true
    it("of " .. case.code .. " is the one that `btfl explain` shows", function()
      local finding, text = finding_of(case)
      assert.equal(case.code, finding.rule)
      assert.equal(reasons[case.code].example, text)
    end)
  end

  it("has a case for every code of the engine", function()
    for _, code in ipairs(engine.reasons) do assert.is_true(covered[code] or false, code) end
  end)

  it("has the instruction where there is no source line", function()
    local case
    for _, c in ipairs(cases) do
      if c.code == "size-mismatch" then case = c end
    end
    local _, text = finding_of(case, true)
    assert.equal([[
error[size-mismatch]: `delta` is `int` (4 bytes) here but `long` (8 bytes) in the target, and the access cannot be resized
 --> prog.bpf.o, program handle
  |
0 | 61 11 04 00 00 00 00 00   r1 = *(u32 *)(r1 + 4)
  = access: sk_buff.delta, kind: byte_off, insn: 0
  = target: 6.12.0-amd64
  = reachable, so the verifier rejects handle
  = help: read it with BPF_CORE_READ_INTO(), or declare its new type in a flavor of the struct]], text)
  end)

  it("has the instruction where the line's text was stripped", function()
    local _, text = finding_of { code = "no-field", line = "", make = cases[2].make }
    assert.is_not_nil(text:find([[
 --> prog.bpf.c:41:2   prog.bpf.o, program handle
  |
0 | b7 01 00 00 08 00 00 00   r1 = 8
  = access: task_struct.state, kind: byte_off, insn: 0
]], 1, true), text)
  end)

  it("shows a path without its leading dot", function()
    assert.equal(" --> src/a.c", shown({ text = "x", file = "./src/a.c" })[2])
    assert.equal(" --> ./", shown({ text = "x", file = "./" })[2])
  end)

  describe("of a line longer than the terminal", function()
    local text = ("a"):rep(100) .. "(state)" .. ("b"):rep(100)

    it("shows what is around the marker", function()
      local lines = shown({ text = text, mark = "state", column = 1 }, 60)
      assert.equal(60, #lines[4])
      assert.matches("^7 | %.%.%.a+%(state%)b+%.%.%.$", lines[4])
      local first, last = lines[5]:find("%^+")
      assert.equal("state", lines[4]:sub(first, last))
    end)

    it("shows its start when the marker is there, its end when it is there", function()
      local start = shown({ text = "p->state " .. ("b"):rep(100), mark = "state" }, 60)
      assert.matches("^7 | p%->state b+%.%.%.$", start[4])
      assert.equal(60, #start[4])
      assert.equal("  |    ^^^^^", start[5])
      local stop = shown({ text = ("a"):rep(100) .. " p->state;", mark = "state" }, 60)
      assert.matches("^7 | %.%.%.a+ p%->state;$", stop[4])
      assert.equal(60, #stop[4])
      local first, last = stop[5]:find("%^+")
      assert.equal("state", stop[4]:sub(first, last))
    end)

    it("cuts between characters", function()
      local lines = shown({ text = ("ä"):rep(100) .. "state" .. ("ö"):rep(100), mark = "none", column = 150 }, 60)
      assert.equal(60, utf8.len(lines[4]))
      assert.is_not_nil(utf8.len(lines[5]))
    end)

    it("keeps a least width, whatever the terminal says", function()
      for width = 0, 10 do
        local lines = shown({ text = text, mark = "state" }, width)
        local first, last = lines[5]:find("%^+")
        assert.equal("state", lines[4]:sub(first, last))
      end
    end)

    it("has the whole of what fits, and a limit where there is no terminal", function()
      assert.equal("7 | " .. ("a"):rep(56), shown({ text = ("a"):rep(56), mark = "x" }, 60)[4])
      assert.equal(140, #shown { text = ("a"):rep(5000), mark = "x" }[4])
    end)

    it("marks no more than it shows", function()
      local lines = shown({ text = ("s"):rep(200), mark = ("s"):rep(200) }, 60)
      assert.is_true(#lines[4] <= 60 and #lines[5] <= 60)
      assert.matches("%^%^%^$", lines[5])
    end)
  end)
end)

describe("the width of a report", function()
  teardown(tmp.clean)

  local argv
  setup(function()
    local object, kernel = cases.build { line = ("\tx = %s->state;"):format(("long_name."):rep(20)), make = cases[2].make }
    argv = { "check", tmp.write("wide.o", object), "-t", tmp.write("6.1.0.btf", kernel) }
  end)

  -- The length of the source line that is shown.
  local function source_width(out)
    return utf8.len((out:match("\n(41 |[^\r\n]*)")))
  end

  it("is what COLUMNS says", function()
    assert.equal(70, source_width(run(argv, { env = { COLUMNS = "70" } }).out))
    assert.equal(90, source_width(run(argv, { env = { COLUMNS = "90" } }).out))
    assert.equal(140, source_width(run(argv, { env = { COLUMNS = "wide" } }).out))
  end)

  it("is that of the terminal", function()
    if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
    local command = ("stty cols 64 && %s %s --color never"):format(run.btfl, table.concat(argv, " "))
    local r = run.program({ "script", "-qec", command, "/dev/null" }, { env = { COLUMNS = false } })
    assert.equal(64, source_width(r.out))
  end)

  it("is no terminal's in a file", function()
    local path = tmp.path "out.txt"
    run({ argv[1], argv[2], argv[3], argv[4], "-o", path }, { env = { COLUMNS = "70" } })
    assert.equal(140, source_width(tmp.read(path)))
  end)
end)

describe("an instruction as text", function()
  local lines = {
    { "b701000005000000", "r1 = 5" }, { "bfa6000000000000", "r6 = r10" }, { "0701000008000000", "r1 += 8" },
    { "b4010000ffffffff", "w1 = -1" }, { "8701000000000000", "r1 = -r1" },
    { "dc01000010000000", "r1 = be16 r1" }, { "6111040000000000", "r1 = *(u32 *)(r1 + 4)" },
    { "79a1f8ff00000000", "r1 = *(u64 *)(r10 - 8)" }, { "9111040000000000", "r1 = *(s8 *)(r1 + 4)" },
    { "7b1af8ff00000000", "*(u64 *)(r10 - 8) = r1" }, { "6201040007000000", "*(u32 *)(r1 + 4) = 7" },
    { "1501020000000000", "if r1 == 0 goto +2" }, { "2d21feff00000000", "if r1 > r2 goto -2" },
    { "5601010003000000", "if w1 != 3 goto +1" }, { "0500030000000000", "goto +3" },
    { "8500000006000000", "call 6" }, { "8510000003000000", "call pc+3" }, { "9500000000000000", "exit" },
    { "18010000020000000000000001000000", "r1 = 0x100000002 ll" },
    { "ff00000000000000", "(opcode 0xff)" }, { "db21000000000000", "(opcode 0xdb)" }, { "", "(no instruction)" },
  }
  for _, case in ipairs(lines) do
    it("is " .. case[2], function() assert.equal(case[2], disasm(case[1], "little")) end)
  end

  it("is read in the file's byte order", function()
    assert.equal("r1 = *(u32 *)(r2 + 4)", disasm("6112000400000000", "big"))
    assert.equal("r2 = 5", disasm("b720000000000005", "big"))
  end)

  it("is had for any bytes", function()
    for code = 0, 255 do
      for _, endian in ipairs { "little", "big" } do
        assert.is_string(disasm(("%02xf1ffff80000080"):format(code), endian))
      end
    end
  end)
end)
