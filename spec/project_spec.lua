--- The project file: what it says holds for every command, what is wrong with it is a line each, and nothing in it
--- does anything to who looks at a clone.

local btfl = require "btfl"
local dkjson = require "dkjson"
local made = require "spec.support.object"
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = run.top .. "/spec/fixtures/"

-- A repository of that name with these files; what is copied is a fixture's.
local function repository(name, files)
  local folder = tmp.mkdir(name)
  tmp.mkdir(name .. "/.git")
  for path, text in pairs(files) do
    local inner = path:match "^(.*)/"
    if inner then tmp.mkdir(name .. "/" .. inner) end
    tmp.write(name .. "/" .. path, text)
  end
  return folder
end

local function fixture(name) return run.read(FIXTURES .. name) end

local function usual(name, project)
  return repository(name, {
    ["example.bpf.o"] = fixture "example.bpf.o", ["fixed.bpf.o"] = fixture "fixed.bpf.o",
    ["k/small.btf"] = fixture "small.btf", ["btfl.lua"] = project, ["sub/deep/x"] = "",
  })
end

local PLAIN = 'return { objects = { "*.bpf.o" }, targets = "k/small.btf" }\n'

local function findings(folder, words, cwd)
  local r = run(table.move({ "--format", "json" }, 1, 2, #words + 1, words), { cwd = cwd or folder })
  local by_rule, report = {}, assert(dkjson.decode(r.out))
  for _, finding in ipairs(report.findings or {}) do
    by_rule[finding.rule] = by_rule[finding.rule] or {}
    table.insert(by_rule[finding.rule], finding)
  end
  return by_rule, r, report
end

describe("a project file", function()
  teardown(tmp.clean)

  it("gives the inputs that the command line does not", function()
    local folder = usual("inputs", PLAIN)
    for _, command in ipairs {
      "check", "verdicts", "relos", "dialects", "ladders", "arguments", "matrix", "targets",
    } do
      local here = run({ command, "--format", "json" }, { cwd = folder })
      local words = { command, "--no-project", "-t", "k/small.btf", "--format", "json" }
      if command ~= "targets" then table.move({ "example.bpf.o", "fixed.bpf.o" }, 1, 2, #words + 1, words) end
      local given = run(words, { cwd = folder })
      assert.same(given, here, command)
      assert.not_equal(2, here.status, here.err)
    end
    local r = run({ "why", "task_struct.state", "--format", "tsv" }, { cwd = folder })
    assert.matches("task_struct.__state", r.out, 1, true)
  end)

  it("is looked for up to the root of the repository, and its paths are its folder's", function()
    local folder = usual("upwards", PLAIN)
    local r = run({ "-v", "verdicts", "--format", "tsv" }, { cwd = folder .. "/sub/deep" })
    assert.matches("\n../../example.bpf.o\thandle_exec\t", r.out, 1, true)
    assert.matches("btfl verdicts: read ../../btfl.lua: objects, targets\n", r.err, 1, true)
    r = run({ "verdicts" }, { cwd = folder })
    assert.is_nil(r.err:find("read", 1, true))
  end)

  it("above the root of a repository, or outside one, is not read", function()
    local outer = usual("outer", PLAIN)
    tmp.mkdir "outer/inner/.git"
    local r = run({ "-v", "verdicts" }, { cwd = outer .. "/inner" })
    assert.equal(2, r.status)
    assert.matches("missing argument 'OBJ'", r.err, 1, true)
    assert.is_nil(r.err:find("read ", 1, true))
    -- A worktree's .git is a file.
    os.remove(outer .. "/inner/.git")
    tmp.write("outer/inner/.git", "gitdir: /nowhere\n")
    assert.equal(2, run({ "verdicts" }, { cwd = outer .. "/inner" }).status)
    local plain = tmp.mkdir "plain"
    tmp.write("plain/btfl.lua", 'return os.execute "touch ran"')
    r = run({ "verdicts" }, { cwd = plain })
    assert.equal(2, r.status)
    assert.matches("missing argument 'OBJ' (btfl.lua is read in a repository only", r.err, 1, true)
    r = run({ "check", FIXTURES .. "fixed.bpf.o", "-t", FIXTURES .. "small.btf" }, { cwd = plain })
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  it("is no folder, and not btfl's own modules", function()
    local folder = usual("folders", PLAIN)
    tmp.mkdir "folders/sub/btfl.lua"
    assert.equal(1, run({ "verdicts" }, { cwd = folder .. "/sub" }).status)
    for _, cwd in ipairs { folder, run.top, run.top .. "/lua", run.top .. "/lua/btfl" } do
      local r = run({ "-v", "-e", 'return require("btfl").version == btfl.version' }, { cwd = cwd })
      assert.same({ "true\n", 0 }, { r.out, r.status }, r.err)
      r = run({ "-v", "check", FIXTURES .. "fixed.bpf.o", "-t", FIXTURES .. "small.btf" }, { cwd = cwd })
      assert.equal(cwd == folder, r.err:find("read btfl.lua", 1, true) ~= nil, r.err)
    end
  end)

  it("gives way to the command line", function()
    local folder = usual("override", [[
      return { objects = "fixed.bpf.o", targets = "k/missing.btf", policy = "nosuch", skip = { "handle_exec" } }]])
    local words = { "verdicts", "example.bpf.o", "-t", "k/small.btf", "--policy", "libbpf", "--format", "tsv" }
    local r = run(words, { cwd = folder })
    assert.same({ "", 0 }, { r.err, r.status })
    assert.is_nil(r.out:find("handle_exec", 1, true))
    assert.matches("example.bpf.o\thandle_exit", r.out, 1, true)
    table.insert(words, "--no-project")
    assert.equal(1, run(words, { cwd = folder }).status)
    r = run({ "check", "-t", "k/small.btf" }, { cwd = folder })
    assert.matches("^btfl check: there is no policy `nosuch`[^\n]*\n$", r.err)
    assert.equal(2, r.status)
  end)

  it("tells of single kernels what it knows, which the command line overrides", function()
    local folder = usual("facts", [[return { targets = {
      { "k/small.btf", release = "5.10.0-32", version = "5.10.223", kconfig = "config" }, "k/small.btf" } }]])
    tmp.write("facts/config", "# Linux/x86 5.10.223 Kernel Configuration\nCONFIG_BPF=y\n")
    local r = run({ "targets", "--format", "json" }, { cwd = folder .. "/sub" })
    local rows = assert(dkjson.decode(r.out)).rows
    assert.same({ "5.10.0-32", "5.10.223", "../config" }, { rows[1].release, rows[1].version, rows[1].kconfig })
    assert.is_nil(rows[2].release)
    r = run({ "targets", "--release", "6.1.0", "--format", "json" }, { cwd = folder })
    rows = assert(dkjson.decode(r.out)).rows
    assert.same({ "6.1.0", "6.1.0" }, { rows[1].release, rows[2].release })
    r = run({ "targets", "k/small.btf", "--format", "json" }, { cwd = folder })
    assert.equal(1, #assert(dkjson.decode(r.out)).rows)
  end)

  it("has shapes, each of which is looked at", function()
    local folder = repository("shapes", {
      ["guards.o"] = fixture "guards.clang19.o", ["small.btf"] = fixture "small.btf",
      ["btfl.lua"] = [[return { objects = "guards.o", targets = { { "small.btf", release = "6.12.1" } },
        shapes = { default = {}, off = { set = { off = true } } } }]],
    })
    local states = {}
    local _, _, report = findings(folder, { "verdicts" })
    for _, row in ipairs(report.rows) do
      if row.program == "dead_constant" then states[row.shape] = row.verdict end
    end
    assert.same({ default = "guarded", off = "rejected" }, states)
    local shapes = {}
    _, _, report = findings(folder, { "matrix" })
    for _, row in ipairs(report.rows) do shapes[#shapes + 1] = row.shape end
    assert.same({ "default", "off" }, shapes)
    local by_rule, _, whole = findings(folder, { "check" })
    local told
    for _, finding in ipairs(by_rule["no-field"]) do
      for _, program in ipairs(finding.programs or { finding.program }) do
        if program == "dead_constant" then told = finding end
        if program == "live_plain" then assert.same({ "default", "off" }, finding.shapes) end
      end
    end
    assert.same({ "off", nil }, { told.shape, told.shapes })
    assert.matches("target: small; in the shape off\n", run({ "check" }, { cwd = folder }).out, 1, true)
    assert.equal(2, #whole.summary)
    -- The command line comes last.
    _, _, report = findings(folder, { "verdicts", "--set", "off=0" })
    for _, row in ipairs(report.rows) do
      if row.program == "dead_constant" then assert.equal("guarded", row.verdict) end
    end
  end)

  it("looks once at an object of which its shapes set nothing", function()
    local folder = repository("unshaped", {
      ["guards.o"] = fixture "guards.clang19.o", ["example.bpf.o"] = fixture "example.bpf.o",
      ["small.btf"] = fixture "small.btf",
      ["btfl.lua"] = [[return { objects = { "guards.o", "example.bpf.o" }, targets = "small.btf",
        shapes = { a = {}, b = {}, off = { set = { off = true } } } }]],
    })
    local seen = {}
    local _, _, report = findings(folder, { "matrix" })
    for _, row in ipairs(report.rows) do seen[#seen + 1] = row.object .. " " .. row.shape end
    assert.same({ "guards.o a", "guards.o off", "example.bpf.o default" }, seen)
    local _, _, verdicts = findings(folder, { "verdicts" })
    for _, row in ipairs(verdicts.rows) do assert.equal(row.object == "example.bpf.o", row.shape == nil) end
    local by_rule = findings(folder, { "check" })
    for _, finding in ipairs(by_rule["no-field"]) do
      assert.equal(finding.object == "example.bpf.o", (finding.shape or finding.shapes) == nil)
    end
  end)

  it("warns of names that no object of the whole project has", function()
    local folder = usual("names", [[return { objects = "*.bpf.o", targets = "k/small.btf", attach = { nosuch = "x" },
      sizes = { nomap = 3 }, shapes = { one = { set = { noconst = 1 } } }, one_of = { { "handle_exec", "noprog" } } }]])
    local by_rule = findings(folder, { "check" })
    assert.equal(1, #by_rule["no-map"])
    assert.equal(1, #by_rule["no-constant"])
    assert.equal(2, #by_rule["no-program"])
    -- A command that looks at no shape says nothing of theirs.
    by_rule = findings(folder, { "arguments" })
    assert.is_nil(by_rule["no-constant"])
    by_rule = findings(folder, { "check", "fixed.bpf.o" })
    assert.is_nil(by_rule["no-program"])
  end)

  describe("says what fails:", function()
    local function status(name, more, words)
      local folder = usual(name, ('return { objects = "*.bpf.o", targets = "k/small.btf", %s }'):format(more))
      local by_rule, r = findings(folder, words or { "check" })
      return r.status, by_rule
    end

    it("what is optional does not", function()
      assert.equal(1, (status("opt0", "")))
      local code, by_rule = status("opt1", 'optional = { "handle_exec" }')
      assert.equal(0, code)
      assert.equal("note", by_rule["no-field"][1].level)
      assert.equal("may fail: optional in btfl.lua", by_rule["no-field"][1].notes[1])
      assert.equal(0, (status("opt2", 'optional = { "example.bpf.o" }')))
      assert.equal(1, (status("opt3", 'optional = { "handle_exit", "fixed.bpf.o" }')))
    end)

    it("what a loader refuses the whole object for does, whichever program has it", function()
      local b = require "spec.support.btf".new()
      local int = b:int("int", 4)
      local task = b:struct("task", 8, { { "pid", int, 0 }, { "tgid", int, 32 } })
      local o = made.new(b)
      o:program { name = "odd", section = "raw_tp/sched_switch", relos = {
        { insn = 0, type = task, access = "0:1", kind = 0 },
      }, insns = { made.ldx(4, 0, 1, 5), made.exit() } }
      local folder = repository("whole", { ["odd.bpf.o"] = o:bytes(), ["k.btf"] = b:bytes(),
        ["btfl.lua"] = 'return { objects = "odd.bpf.o", targets = "k.btf", optional = { "odd" } }' })
      for _, command in ipairs { "check", "verdicts", "matrix" } do
        local by_rule, r = findings(folder, { command })
        assert.same({ 1, "error" }, { r.status, by_rule["insn-mismatch"][1].level }, command)
      end
    end)

    it("only what it names does", function()
      assert.equal(0, (status("fail0", 'fail_on = { "no-type" }')))
      assert.equal(1, (status("fail1", 'fail_on = { "no-type", "no-field" }')))
      assert.equal(1, (status("fail2", 'fail_on = { "error" }')))
      local code, by_rule = status("fail3", 'fail_on = { "no-program" }, skip = { "nosuch", "handle_exec" }')
      assert.same({ 1, "error" }, { code, by_rule["no-program"][1].level })
    end)

    it("--fail-on names other rules, with and without a file", function()
      local folder = usual("chosen", 'return { objects = "*.bpf.o", targets = "k/small.btf", fail_on = "no-type" }')
      local function of(...) return run({ "check", ... }, { cwd = folder }).status end
      assert.same({ 0, 1, 1, 0 },
        { of(), of("--fail-on", "no-field"), of("--fail-on", "error"), of("--fail-on", "no-map") })
      local given = { "--no-project", "example.bpf.o", "-t", "k/small.btf" }
      assert.same({ 1, 0, 1 }, { of(table.unpack(given)), of("--fail-on", "kfunc", table.unpack(given)),
        of("--fail-on", "kfunc,no-field", table.unpack(given)) })
      -- A warning may fail; what could not be read is status 2 whatever fails.
      local unmet = { "--skip", "nosuch", "--skip", "handle_exec" }
      assert.same({ 0, 1, 1 }, { of("--fail-on", "error", table.unpack(unmet)),
        of("--fail-on", "warning", table.unpack(unmet)), of("--fail-on", "no-program", table.unpack(unmet)) })
      assert.equal(2, of("--fail-on", "kfunc", "-t", "k/missing.btf"))
      for _, word in ipairs { "no-feild", "note", "", "no-field,", "no-field, kfunc" } do
        local r = run({ "check", "--fail-on", word }, { cwd = folder })
        assert.same({ "", 2 }, { r.out, r.status }, word)
        assert.matches("^btfl check: option '%-%-fail%-on': no rule `[^\n]*\n", r.err, word)
      end
      for _, command in ipairs { "verdicts", "matrix" } do
        assert.same({ 0, 1 }, { run({ command }, { cwd = folder }).status,
          run({ command, "--fail-on", "error" }, { cwd = folder }).status }, command)
      end
    end)

    it("what it ignores does not, and says why", function()
      for i, one in ipairs {
        'rule = "no-field"', 'object = "example.bpf.o"', 'program = "handle_ex*"', 'target = "sm?ll"',
        'rule = "no-field", object = "example.*", program = "handle_exec", target = "small", until_ = "2999-01-01"',
      } do
        local code, by_rule = status("ignore" .. i, ('ignore = { { %s, because = "known" } }'):format(one))
        assert.same({ 0, "note" }, { code, by_rule["no-field"][1].level }, one)
        assert.equal("ignored: known (ignore[1] of btfl.lua)", by_rule["no-field"][1].notes[1])
        assert.is_nil(by_rule["ignore-unused"])
      end
      for i, one in ipairs { 'rule = "no-type"', 'object = "ample.bpf.o"', 'program = "handle"', 'target = "s.all"' } do
        local code, by_rule = status("heed" .. i, ('ignore = { { %s, because = "known" } }'):format(one))
        assert.same({ 1, "error" }, { code, by_rule["no-field"][1].level }, one)
        assert.equal("warning", by_rule["ignore-unused"][1].level)
      end
    end)

    it("what has expired does", function()
      local code, by_rule = status("expired",
        'ignore = { { rule = "no-field", because = "x", until_ = "2020-02-29" } }')
      assert.equal(1, code)
      assert.equal("ignore[1] of btfl.lua (rule no-field) has expired on 2020-02-29: x",
        by_rule["ignore-expired"][1].message)
      local today = os.date "!%Y-%m-%d"
      assert.equal(0, (status("today",
        ('ignore = { { rule = "no-field", because = "x", until_ = "%s" } }'):format(today))))
    end)

    it("an ignore is unused only where the run has looked at what it is about", function()
      local project = 'ignore = { { rule = "no-type", object = "%s", because = "x" } }'
      local function unused(name, path, words)
        local _, by_rule = status(name, project:format(path), words)
        return by_rule["ignore-unused"] ~= nil
      end
      assert.is_true(unused("unused1", "fixed.bpf.o"))
      assert.is_true(unused("unused2", "misspelt.bpf.o"))
      assert.is_true(unused("unused3", "fixed.bpf.o", { "check", "fixed.bpf.o" }))
      assert.is_true(unused("unused4", "fixed.bpf.o", { "matrix" }))
      assert.is_false(unused("unused5", "example.bpf.o", { "check", "fixed.bpf.o" }))
      assert.is_false(unused("unused6", "fixed.bpf.o", { "check", "-t", "k/small.btf" }))
      assert.is_false(unused("unused7", "fixed.bpf.o", { "check", "--only", "kfunc" }))
      assert.is_false(unused("unused9", "fixed.bpf.o", { "check", "--skip", "handle_exec" }))
      assert.is_false(unused("unused8", "fixed.bpf.o", { "verdicts" }))
    end)

    it("of several kernels, those that are not ignored", function()
      local folder = usual("several", [[return { objects = "example.bpf.o", targets = "k/",
        ignore = { { rule = "no-field", target = "small", because = "old" } } }]])
      tmp.write("several/k/other.btf", fixture "small.btf")
      local by_rule, r = findings(folder, { "check" })
      assert.equal(1, r.status)
      local levels = {}
      for _, finding in ipairs(by_rule["no-field"]) do levels[finding.target] = finding.level end
      assert.same({ small = "note", other = "error" }, levels)
    end)

    it("of several programs on several kernels, those that are not ignored", function()
      local object = reading.object("o.bpf.o", { name = "one", { "state", line = 8 } },
        { name = "two", section = "raw_tp/two", { "state", line = 8 } })
      local folder = repository("cells", { ["o.bpf.o"] = run.read(object),
        ["k/6.1.1-x.btf"] = run.read(reading.kernel("a.btf", "pid")),
        ["k/6.2.1-x.btf"] = run.read(reading.kernel("b.btf", "comm")),
        ["btfl.lua"] = [[return { objects = "*.bpf.o", targets = "k/", ignore = {
          { program = "two", target = "6.1.1-x", because = "old" },
          { target = "6.2.1-x", program = "o*", because = "new" },
        } }]] })
      for _, command in ipairs { "check", "matrix" } do
        local by_rule, r = findings(folder, { command })
        local list = by_rule["no-field"]
        assert.same({ 1, 3 }, { r.status, #list })
        assert.same({ "error", { ["6.1.1-x"] = { "one" }, ["6.2.1-x"] = { "two" } } },
          { list[1].level, list[1].programs_on })
        assert.same({ "note", "6.1.1-x", "two", "ignored: old (ignore[1] of btfl.lua)" },
          { list[2].level, list[2].target, list[2].program, list[2].notes[1] })
        assert.same({ "note", "6.2.1-x", "one", "ignored: new (ignore[2] of btfl.lua)" },
          { list[3].level, list[3].target, list[3].program, list[3].notes[1] })
        assert.is_nil(by_rule["ignore-unused"])
      end
    end)

    it("of a matrix the cells of which something is left", function()
      local object = reading.object("o2.bpf.o", { name = "one", { "state", line = 8 } },
        { name = "two", section = "raw_tp/two", { "state", line = 8 } })
      local files = { ["o.bpf.o"] = run.read(object) }
      for _, release in ipairs { "6.1.1", "6.2.1", "6.3.1" } do
        files["k/" .. release .. "-x.btf"] = run.read(reading.kernel("b.btf", "comm"))
      end
      files["btfl.lua"] = [[return { objects = "*.bpf.o", targets = "k/", optional = "two", ignore = {
        { program = "one", target = "6.1*", because = "old" }, { rule = "no-field", target = "6.2*", because = "new" },
      } }]]
      local folder = repository("shown", files)
      local r = run({ "matrix", "--by", "object" }, { cwd = folder })
      assert.matches("\n6.1.1-x *K\n6.2.1-x *K\n6.3.1-x !R\n", r.out, 1, true)
      assert.matches("*K   2  what fails is ignored, or optional\n", r.out, 1, true)
      assert.matches("  ignored      relocation task.state in one: 6.1.1-x\n", r.out, 1, true)
      -- By program only the one that is neither fails, and on one kernel.
      r = run({ "matrix", "--by", "program" }, { cwd = folder })
      assert.matches("\n6.1.1-x *K *K\n6.2.1-x *K *K\n6.3.1-x !R *K\n", r.out, 1, true)
      local states = {}
      for _, row in ipairs(select(3, findings(folder, { "matrix" })).rows) do states[#states + 1] = row.state end
      assert.same({ "ignored", "ignored", "rejected" }, states)
      r = run({ "matrix", "--format", "junit", "--by", "object" }, { cwd = folder })
      assert.equal(1, select(2, r.out:gsub("<failure", "")))
      local page = run({ "matrix", "--format", "html", "--by", "object" }, { cwd = folder }).out
      local data = dkjson.decode(page:match '<script type="application/json" id="data">(.-)</script>')
      local tones = {}
      for row = 1, 3 do tones[row] = data.states[data.columns[1].c[data.columns[1].at[row] + 1].s + 1][3] end
      assert.same({ "known", "known", "worse" }, tones)
      local told = data.columns[1].c[1].f[1] + 1
      assert.matches("ignored: old (ignore[1] of btfl.lua)", data.findings[told][2] .. data.findings[told + 1][2], 1,
        true)
    end)
  end)

  it("is one line for each thing that is wrong", function()
    for text, lines in pairs {
      ["return { objcts = {} }"] = { "btfl.lua: there is no field `objcts` (did you mean `objects`?)" },
      ["return { objects = 1, targets = { {} } }"] = {
        "btfl.lua: `objects` is a BPF object: a file or a pattern, not 1",
        "btfl.lua: `targets[1]` is a kernel such as 'k/6.1.btf' or { 'k/6.1.btf', release = '6.1.0' }, "
          .. "not a table without a path",
      },
      ['return { objects = { "a", 2 } }'] = {
        "btfl.lua: `objects[2]` is a BPF object: a file or a pattern, not 2" },
      ["return { objects = { x = 'a' }, skip = { 'a', nil, 'b' } }"] = {
        "btfl.lua: `objects` is a list of objects, and has `x`",
        "btfl.lua: `skip` is a list of programs, and has `3`" },
      ['return { targets = { { "a", relase = "6.1" } } }'] = {
        "btfl.lua: `targets[1]`: there is no field `relase` (did you mean `release`?)" },
      ['return { targets = { { "a", release = "six" } } }'] = {
        "btfl.lua: `targets[1].release` is a release such as 6.12.1, not 'six'" },
      ['return { fail_on = { "no-feild" } }'] = {
        "btfl.lua: `fail_on[1]` is no rule, but 'no-feild' (did you mean `no-field`?)" },
      ['return { ignore = { { rule = "no-field" } } }'] = {
        "btfl.lua: `ignore[1]` says no `because`: why it may be ignored" },
      ['return { ignore = { { because = "x" } } }'] = {
        "btfl.lua: `ignore[1]` says nothing of what: `rule`, `object`, `program` or `target`" },
      ['return { ignore = { { rule = "no-field", because = "x", until_ = "2027-13-01" } } }'] = {
        "btfl.lua: `ignore[1].until_` is a day such as '2027-03-01', not '2027-13-01'" },
      ['return { ignore = { { rule = "no-field", because = "x", until_ = "2027-02-29" } } }'] = {
        "btfl.lua: `ignore[1].until_` is a day such as '2027-03-01', not '2027-02-29'" },
      ['return { ignore = { { rule = "no-field", because = "x", ["until"] = "2027-03-01" } } }'] = {
        "btfl.lua: `ignore[1]` has `until`, a word of Lua's own: it is called `until_`" },
      ['return { ignore = { rule = "no-field", because = "x" } }'] = {
        "btfl.lua: `ignore` is a list of tables such as { rule = 'no-field', because = '...' }, and has `because`",
        "btfl.lua: `ignore` is a list of tables such as { rule = 'no-field', because = '...' }, and has `rule`" },
      ["return { one_of = { { 'a' } } }"] = { "btfl.lua: `one_of[1]` is a list of at least 2 programs" },
      ["return { shapes = { a = { sett = {} } } }"] = {
        "btfl.lua: `shapes.a`: there is no field `sett` (did you mean `set`?)" },
      ["return { shapes = { a = { set = { x = 1.5 } } } }"] = {
        "btfl.lua: `shapes.a.set.x` is a whole number, a text, true or false, not 1.5" },
      ["return { maps = { m = { max_entry = 1 } } }"] = {
        "btfl.lua: `maps.m`: there is no field `max_entry` (did you mean `max_entries`?)" },
      ["return { sizes = { m = -1 } }"] = { "btfl.lua: `sizes.m` is a number of 32 bits, not -1" },
      ["return { type = { p = 'kprob' } }"] = {
        "btfl.lua: `type.p` is a type of programs such as 'kprobe', not 'kprob'" },
      ["return { attach = { p = {} } }"] = {
        "btfl.lua: `attach.p` is what a program attaches to, such as 'vfs_read', not a table" },
      ["return { policy = {} }"] = { "btfl.lua: `policy` is the name or the file of one, not a table" },
      ["return { sizes = { ['a\\27[2J\\nb'] = {} }, ['c\\27'] = 1 }"] = {
        "btfl.lua: there is no field `c\\x1b`", "btfl.lua: `sizes.a\\x1b[2J\\nb` is a number of 32 bits, not a table" },
      ["error('a\\27[2J\\nb', 0)"] = { "btfl.lua: a\\x1b[2J\\nb" },
      ["return { skip = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 } }"] = (function()
        local list = {}
        for i = 1, 10 do list[i] = ("btfl.lua: `skip[%d]` is the name of a program, not %d"):format(i, i) end
        list[11] = "and 2 more"
        return list
      end)(),
      ["return 'x'"] = { "btfl.lua: returns 'x', not a table: it ends in `return { ... }`" },
      [""] = { "btfl.lua: what it returns is nothing: it ends in `return { ... }`" },
      ["return {"] = { "btfl.lua:1: unexpected symbol near <eof>" },
    } do
      local folder = usual("wrong", text)
      local r = run({ "check" }, { cwd = folder })
      assert.equal("btfl check: " .. table.concat(lines, "\nbtfl check: ") .. "\n", r.err)
      assert.same({ "", 2 }, { r.out, r.status })
    end
  end)

  it("may have a mark of its encoding and lines that end as on Windows", function()
    local folder = usual("windows",
      "\xef\xbb\xbfreturn {\r\n  objects = { 'fixed.bpf.o' },\r\n  targets = 'k/small.btf',\r\n}\r\n")
    assert.same({ "", 0 }, { run({ "check" }, { cwd = folder }).err, run({ "check" }, { cwd = folder }).status })
  end)

  it("names files outside of the repository, which are read as those of -t are", function()
    local folder = usual("outside", ('return { objects = "%sfixed.bpf.o", targets = { "../outside/k/small.btf" } }')
      :format(FIXTURES))
    assert.equal(0, run({ "check" }, { cwd = folder }).status)
  end)

  it("is never written over", function()
    local folder = usual("kept", PLAIN)
    local r = run({ "check", "-o", "btfl.lua" }, { cwd = folder })
    assert.equal(2, r.status)
    assert.equal(PLAIN, tmp.read(folder .. "/btfl.lua"))
  end)
end)

describe("a hostile project file", function()
  teardown(tmp.clean)

  -- What is said of a file of that text: it costs little, and does nothing.
  local function refused(text, message)
    local folder = usual("hostile", text)
    local r = run.program({ "sh", "-c", ("ulimit -v 2000000; exec %s check"):format(run.quote(run.btfl)) },
      { cwd = folder })
    if os.getenv "ASAN_OPTIONS" then r = run({ "check" }, { cwd = folder }) end
    assert.equal(2, r.status, r.err)
    assert.equal("", r.out)
    assert.matches("^btfl check: btfl%.lua[^\n]*\n$", r.err)
    assert.matches(message, r.err, 1, true)
    assert.is_nil(io.open(folder .. "/ran"))
  end

  it("calls nothing that reaches out", function()
    for name, call in pairs {
      os = 'os.execute "touch ran"', io = 'io.open("ran", "w")', require = 'require "os"', load = 'load "x"',
      dofile = 'dofile "x"', debug = "debug.getregistry()", package = "package.loaded", _G = "_G.os",
      getmetatable = 'getmetatable("").__index', setmetatable = "setmetatable({}, {})", btfl = "btfl.btf",
      pcall = "pcall(error)", coroutine = "coroutine.wrap", print = "print(1)", rawset = "rawset",
      collectgarbage = "collectgarbage()", loadfile = 'loadfile "x"',
    } do
      refused("return { " .. call .. " }", ("btfl.lua:1: there is no `%s` here"):format(name))
    end
    refused("return { objects = string.format }", "`objects` is a function, which is no data")
    refused("return { objects = { function() end } }", "number 1 of a list is a function")
  end)

  it("ends, however long it would run", function()
    refused("while true do end", "btfl.lua:1: runs for too long")
    refused("local function f() return f() end return f()", "btfl.lua:1: runs for too long")
    refused("return { ('x'):rep(1 << 40) }", "(method 'rep')")
    refused("return { (''):rep(1 << 62) }", "(method 'rep')")
    refused("return { ('x'):find('x*x*x*') }", "(method 'find')")
    refused("return { string.rep('x', 1 << 40) }", "(field 'rep')")
    refused("local t = {} return { table.sort(t) }", "(field 'sort')")
    refused("local t = {} return { table.move(t, 1, 1 << 60, 2) }", "(field 'move')")
  end)

  it("takes no more memory than anybody needs", function()
    refused("local s = 'x' while true do s = s .. s end", "takes too much memory")
    refused("local t = {} for i = 1, 1 << 40 do t[i] = {} end", "takes too much memory")
    refused("local s = ('x') for i = 1, 22 do s = s .. s end while true do local x = s .. s end", "too much memory")
    refused("local function f() return 1 + f() end return f()", "btfl.lua")
    refused("return " .. ("{"):rep(300), "C stack overflow")
    refused("return " .. ("not "):rep(300) .. "1", "C stack overflow")
    refused("--" .. ("x"):rep(1 << 20), "is more than 1 MiB")
  end)

  it("is copied only as far as it is a tree that somebody wrote", function()
    refused("local t = {} t.t = t return t", "has tables in tables, too deep")
    refused("local a = {} for i = 1, 1000 do a[i] = i end for k = 1, 9 do local b = {} for i = 1, 1000 do b[i] = a end"
      .. " a = b end return a", "is more than anybody writes")
    refused("return { [1.5] = 1 }", "a key of a table is a number")
    refused("return { [true] = 1 }", "a key of a table is a boolean")
    refused("return { [0/0 == 1 and 1 or 'a\\0b'] = 1 }", "there is no field")
    refused("return { [5] = 1 }", "there is no field `5`")
    refused("local s = 'x' for i = 1, 22 do s = s .. s end local t = {} for i = 1, 100000 do t[i] = s end return t",
      "is more than anybody writes")
    refused("local s = 'x' for i = 1, 20 do s = s .. s end return { [s] = 1 }", "xxx...")
    refused("error {}", "raises an error")
    refused("error 'own words: here'", "own words: here")
    refused("local _ENV = {} return { os.x }", "attempt to index a nil value")
  end)

  it("is text", function()
    refused(string.dump(function() return {} end), "is bytecode, which is not read")
    refused("\xef\xbb\xbf" .. string.dump(function() return {} end), "is bytecode, which is not read")
    refused("\0\1\2", "btfl.lua:1: unexpected symbol")
  end)

  it("is neither a link, nor a pipe", function()
    local folder = usual("linked", PLAIN)
    tmp.write("secret", "secret word")
    os.remove(folder .. "/btfl.lua")
    assert(os.execute(("ln -s ../secret '%s/btfl.lua'"):format(folder)))
    local r = run({ "check" }, { cwd = folder })
    assert.equal("btfl check: btfl.lua: is a link, which is not followed: --project btfl.lua reads it\n", r.err)
    os.remove(folder .. "/btfl.lua")
    assert(os.execute(("mkfifo '%s/btfl.lua'"):format(folder)))
    r = run({ "check" }, { cwd = folder })
    assert.equal("btfl check: btfl.lua: is no regular file\n", r.err)
    assert.equal("btfl check: /dev/zero: is no regular file\n", run { "check", "--project", "/dev/zero" }.err)
    assert.equal(2, run({ "check", "--project", "nosuch.lua" }).status)
  end)

  it("writes nothing to a terminal that moves it", function()
    local folder = usual("moving", [[return { objects = "*.bpf.o", targets = "k/small.btf", ignore = {
      { rule = "no-type", because = "a\27[2Jb" }, { rule = "no-field", because = "c\27[2Jd" } },
      skip = { "e\27[2Jf" }, optional = "g\27[2Jh", shapes = { ["i\27[2Jj"] = { set = { k = 1 } } } }]])
    for _, format in ipairs { "text", "tsv", "json", "markdown", "github", "junit", "sarif" } do
      for _, command in ipairs { "check", "matrix", "verdicts" } do
        local r = run({ command, "--format", format }, { cwd = folder })
        assert.is_nil((r.out .. r.err):find("\27", 1, true), command .. " " .. format)
      end
    end
  end)

  it("has patterns that take no time", function()
    local stars = ("*a"):rep(2000) .. "*b"
    local path = ("a"):rep(200) .. ".bpf.o"
    local folder = repository("stars", { [path] = fixture "example.bpf.o", ["small.btf"] = fixture "small.btf",
      ["btfl.lua"] = ([[return { objects = { "%s", "*.bpf.o" }, targets = "small.btf",
        ignore = { { object = "%s", program = "%s", because = "x" } }, optional = { "%s" } }]])
        :format(("*a"):rep(120) .. "*b", stars, stars, stars) })
    local start = os.time()
    local r = run({ "check" }, { cwd = folder })
    assert.is_true(os.time() - start <= 5)
    assert.matches(path, r.out, 1, true)
  end)

  it("names a policy, which is a program where it is a file, and runs when it is asked for", function()
    local folder = usual("policies", 'return { objects = "*.bpf.o", targets = "k/small.btf", policy = "./p.lua" }')
    tmp.write("policies/p.lua", [[os.execute "touch ran"
      return btfl.policy { name = "p", member = function(m, target, default)
        return default(m, target) or m.name == "state" and target:member "__state" or nil end }]])
    local r = run({ "check" }, { cwd = folder })
    assert.same({ "", 2 }, { r.out, r.status })
    assert.equal("btfl check: btfl.lua: the policy ./p.lua is a program, which runs when it is asked for: "
      .. "by --project btfl.lua or --policy ./p.lua\n", r.err)
    -- A command that relocates nothing does not need it.
    assert.equal(0, run({ "targets" }, { cwd = folder }).status)
    assert.is_nil(io.open(folder .. "/ran"))
    assert.equal(0, run({ "check", "--project", "btfl.lua" }, { cwd = folder }).status)
    assert.is_not_nil(io.open(folder .. "/ran"))
    assert.equal(0, run({ "check", "--policy", "./p.lua" }, { cwd = folder }).status)
    tmp.write("policies/btfl.lua", 'return { objects = "*.bpf.o", targets = "k/small.btf", policy = "renames" }')
    assert.equal(0, run({ "check" }, { cwd = folder }).status)
  end)
end)

describe("btfl init", function()
  teardown(tmp.clean)

  it("writes what it finds, which loads again", function()
    local object = fixture "fixed.bpf.o"
    local folder = repository("init", {
      ["a.bpf.o"] = object, ["pkg/probe_bpfel.o"] = object, ["pkg/probe_x86_bpfel.o"] = object,
      ["pkg/probe_bpfeb.o"] = object, [".output/b.bpf.o"] = object, ["node_modules/c.bpf.o"] = object,
      ["target/debug/build/tool-0123456789abcdef/out/d.bpf.o"] = object, ["other.o"] = object,
      ["no.bpf.o"] = "no object", ["k/small.btf"] = fixture "small.btf", ['we"i\\r\nd.bpf.o'] = object,
    })
    local r = run({ "init" }, { cwd = folder .. "/pkg" })
    assert.same({ "../btfl.lua: 6 objects, 1 folder of kernels\n", "", 0 }, { r.out, r.err, r.status })
    local project = btfl.project.load(folder .. "/btfl.lua")
    for i, path in ipairs(project.objects) do project.objects[i] = path:sub(#folder + 2) end
    assert.same({ ".output/b.bpf.o", "a.bpf.o", "pkg/probe_bpfel.o", "pkg/probe_x86_bpfel.o",
      "target/debug/build/tool-*/out/d.bpf.o", 'we"i\\r\nd.bpf.o' }, project.objects)
    assert.matches('Left out, for they load on big-endian machines only: 1 such as "pkg/probe_bpfeb.o"',
      tmp.read(folder .. "/btfl.lua"), 1, true)
    r = run({ "verdicts", "--format", "tsv" }, { cwd = folder })
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal(1 + 6, select(2, r.out:gsub("\n", "")))
    assert.equal(0, run({ "matrix" }, { cwd = folder }).status)
  end)

  it("writes over nothing, be it a link that leads nowhere", function()
    local folder = usual("twice", PLAIN)
    local r = run({ "init" }, { cwd = folder .. "/sub" })
    assert.same({ "btfl: ../btfl.lua: is there, and is not written over\n", 2 }, { r.err, r.status })
    assert.equal(PLAIN, tmp.read(folder .. "/btfl.lua"))
    os.remove(folder .. "/btfl.lua")
    assert(os.execute(("ln -s nowhere '%s/btfl.lua'"):format(folder)))
    assert.equal(2, run({ "init" }, { cwd = folder }).status)
    assert.is_nil(io.open(folder .. "/nowhere"))
  end)

  it("writes nothing where nothing is found, and says so", function()
    local folder = repository("empty", { ["sub/other.o"] = "", ["x.bpf.o"] = "no object" })
    local r = run({ "init" }, { cwd = folder .. "/sub" })
    assert.same({ "", "btfl init: no objects and no kernels in ../, so nothing is written\n", 1 },
      { r.out, r.err, r.status })
    assert.is_nil(io.open(folder .. "/btfl.lua"))
    assert.equal("btfl init: no objects and no kernels in ., so nothing is written\n",
      run({ "init" }, { cwd = folder }).err)
  end)

  it("writes what there is where only objects are, or only kernels", function()
    local folder = repository("kernels", { ["k/small.btf"] = fixture "small.btf" })
    local r = run({ "init" }, { cwd = folder })
    assert.same({ "btfl.lua: 0 objects, 1 folder of kernels\n", 0 }, { r.out, r.status })
    assert.is_nil(btfl.project.load(folder .. "/btfl.lua").objects)
    folder = repository("objects", { ["a.bpf.o"] = fixture "fixed.bpf.o" })
    r = run({ "init" }, { cwd = folder })
    assert.same({ "btfl.lua: 1 object, 0 folders of kernels\n", 0 }, { r.out, r.status })
    assert.is_nil(btfl.project.load(folder .. "/btfl.lua").targets)
  end)

  it("says where there is no repository", function()
    local plain = tmp.mkdir "nowhere"
    tmp.write("nowhere/a.bpf.o", fixture "fixed.bpf.o")
    local r = run({ "init" }, { cwd = plain })
    assert.same({ "btfl.lua: 1 object, 0 folders of kernels; there is no repository here (.git), "
      .. "so give it as --project btfl.lua\n", 0 }, { r.out, r.status })
  end)
end)

describe("btfl init --editor", function()
  teardown(tmp.clean)

  it("names this program's own meta.lua, wherever the program is", function()
    local folder, data = repository("editor", { ["sub/x"] = "" }), tmp.mkdir "data"
    local env = { XDG_DATA_HOME = data, HOME = "/nowhere", BTFL_LUA = "" }
    local program = tmp.path "program"
    assert.is_truthy(os.execute(("cp %s %s"):format(run.quote(run.btfl), run.quote(program))))
    local r = run.program({ program, "init", "--editor" }, { cwd = folder .. "/sub", env = env })
    assert.same({ ("../.luarc.json: the API is described in %s/btfl/library\n"):format(data), "", 0 },
      { r.out, r.err, r.status })
    local settings = assert(dkjson.decode(tmp.read(folder .. "/.luarc.json")))
    assert.same({ data .. "/btfl/library" }, settings["workspace.library"])
    assert.equal("Lua 5.4", settings["runtime.version"])
    assert.equal(run.read(run.top .. "/lua/btfl/meta.lua"), tmp.read(data .. "/btfl/library/btfl.lua"))
  end)

  it("writes over no settings, but says what they need, and refreshes meta.lua", function()
    local folder, data = repository("settings", { [".luarc.json"] = "{}" }), tmp.mkdir "more"
    local r = run({ "init", "--editor" }, { cwd = folder, env = { XDG_DATA_HOME = data } })
    assert.same({ ('btfl: .luarc.json: is there, and is not written over; "workspace.library" in it has to name '
      .. '"%s/btfl/library"\n'):format(data), 2 }, { r.err, r.status })
    assert.equal("{}", tmp.read(folder .. "/.luarc.json"))
    assert.is_not_nil(io.open(data .. "/btfl/library/btfl.lua"))
  end)

  it("has a meta.lua that declares the module, as a global and for require", function()
    local text = run.read(run.top .. "/lua/btfl/meta.lua")
    assert.matches("^%-%-%-@meta btfl\n", text)
    assert.matches("\nbtfl = {}\n", text)
    assert.matches("\nreturn btfl\n$", text)
  end)
end)

describe("the README", function()
  it("shows a project file that is one", function()
    local text = run.read(FIXTURES .. "project.lua")
    assert.is_not_nil(run.read(run.top .. "/README.md"):find("```lua\n" .. text .. "```", 1, true))
    assert.same({ "spec/fixtures/example.bpf.o", "spec/fixtures/fixed.bpf.o" },
      btfl.project.load "spec/fixtures/project.lua".objects)
  end)

  it("names every field", function()
    local section = run.read(run.top .. "/README.md"):match "\n## Projects\n(.-)\n## "
    for name in pairs(require "btfl.project.fields".readers) do
      assert.is_not_nil(section:find("`" .. name .. "`", 1, true), name)
    end
  end)
end)
