--- What an earlier run found, and a gate that fails for what is new only.
local dkjson = require "dkjson"
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local function words(command, objects, targets, ...)
  local list = { command, table.unpack(objects) }
  for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #list + 1, list) end
  return table.move({ ... }, 1, select("#", ...), #list + 1, list)
end

-- A run, and its findings in short: "error no-field task.pid prog,two 6.1.1,6.2.1".
local function judged(command, objects, targets, ...)
  local r = run(words(command, objects, targets, "--format", "json", ...))
  local report, list = dkjson.decode(r.out), {}
  for _, finding in ipairs(report and report.findings or {}) do
    list[#list + 1] = table.concat({ finding.level, finding.rule, (finding.details or {}).access or "-",
      table.concat(finding.programs or { finding.program }, ","),
      table.concat(finding.targets or { finding.target }, ",") }, " ")
  end
  r.list, r.report = list, report
  return r
end

describe("a baseline", function()
  teardown(tmp.clean)

  local old, new, good, path
  local read = { { "state", line = 7 } }

  setup(function()
    path = reading.object("gate.bpf.o", read)
    old, new = reading.kernel("6.1.1.btf", "pid", "flags"), reading.kernel("6.2.1.btf", "pid", "comm")
    good = reading.kernel("6.3.1.btf", "pid", "state")
  end)

  local function written(command, objects, targets, ...)
    local file = tmp.path "known.json"
    os.remove(file)
    local r = run(words(command, objects, targets, "--write-baseline", file, ...))
    assert.same({ "", 0 }, { r.err, r.status })
    return file
  end

  it("makes notes of what is known, so that the status is 0", function()
    assert.equal(1, run(words("check", { path }, { old })).status)
    for _, command in ipairs { "check", "matrix" } do
      local file = written(command, { path }, { old, good })
      local r = judged(command, { path }, { old, good }, "--baseline", file)
      assert.same({ { "note no-field task.state prog 6.1.1" }, 0, "" }, { r.list, r.status, r.err })
      assert.equal("known: it is in " .. file, r.report.findings[1].notes[1])
    end
  end)

  it("knows what is of no program, on several kernels", function()
    local big = reading.object("big.bpf.o", { endian = "big", { "state", line = 7 } })
    local file = written("check", { big }, { old, new })
    assert.same({ 0, { "note byte-order -  6.1.1,6.2.1" } },
      { judged("check", { big }, { old, new }, "--baseline", file).status,
        judged("check", { big }, { old, new }, "--baseline", file).list })
  end)

  it("is the same file whatever the order and the folder of inputs", function()
    local function bytes(objects, targets) return tmp.read(written("check", objects, targets)) end
    local other = reading.object("other.bpf.o", { { "state", line = 7 } }, { name = "b", { "flags", line = 7 } })
    local first = bytes({ path, other }, { old, new })
    assert.equal(first, bytes({ other, path }, { new, old }))
    local moved, moved_other = tmp.mkdir "there" .. "/gate.bpf.o", tmp.path "there" .. "/other.bpf.o"
    run.write(moved, run.read(path))
    run.write(moved_other, run.read(other))
    assert.equal(first, bytes({ moved, moved_other }, { old, new }))
  end)

  it("fails for a kernel on which it was not known", function()
    local file = written("check", { path }, { old })
    local r = judged("check", { path }, { old, new }, "--baseline", file)
    assert.same({ "error no-field task.state prog 6.2.1", "note no-field task.state prog 6.1.1",
      "note baseline-differs -  " }, r.list)
    assert.equal(1, r.status)
    assert.same({ "does not have the kernel: 6.2.1" }, r.report.findings[3].notes)
  end)

  it("fails for a program of which it was not known on that kernel", function()
    local two = reading.object("two.bpf.o", { { "state", line = 7 } },
      { name = "two", section = "raw_tp/two", { "state", line = 7 } })
    local file = written("check", { two }, { old, new })
    local text, count = run.read(file):gsub('"targets":%b[]',
      '%0,"programs_on":{"6.1.1":["prog","two"],"6.2.1":["prog"]}')
    assert.equal(1, count)
    run.write(file, text)
    local r = judged("check", { two }, { old, new }, "--baseline", file)
    assert.equal(1, r.status)
    assert.equal("error no-field task.state two 6.2.1", r.list[1])
    assert.equal("note no-field task.state prog,two 6.1.1,6.2.1", r.list[2])
    assert.same({ ["6.1.1"] = { "prog", "two" }, ["6.2.1"] = { "prog" } }, r.report.findings[2].programs_on)
  end)

  it("fails for what has become graver", function()
    -- The second is not reached as long as the first fails.
    local both = reading.object("graver.bpf.o", { { "flags", line = 6 }, { "state", line = 7 } })
    local file = written("check", { both }, { new })
    reading.object("graver.bpf.o", { { "pid", line = 6 }, { "state", line = 7 } })
    local r = judged("check", { both }, { new }, "--baseline", file)
    assert.equal("error no-field task.state prog 6.2.1", r.list[1])
    assert.equal(1, r.status)
  end)

  it("knows a failure that has moved, in another folder and on a kernel by another name", function()
    local file = written("check", { path }, { old })
    local moved = reading.object("build/gate.bpf.o", { { "state", line = 70, file = "/src/a.bpf.c" } })
    local renamed = tmp.path "6.1.1-same.btf"
    run.write(renamed, run.read(old))
    local r = judged("check", { moved }, { renamed }, "--baseline", file)
    assert.same({ 0, "note no-field task.state prog 6.1.1-same" }, { r.status, r.list[1] })
  end)

  it("says when kernels, objects, the command and btfl are others", function()
    local file = written("check", { path }, { old })
    run.write(file, (run.read(file):gsub('"btfl":"[^"]*"', '"btfl":"0.0.1"')))
    local folder = tmp.mkdir "again"
    local kernel = reading.kernel("again/6.1.1.btf", "pid", "comm")
    local object = reading.object("again/gate.bpf.o", { { "state", line = 70 } })
    assert.equal(folder .. "/6.1.1.btf", kernel)
    local r = judged("matrix", { object }, { kernel }, "--baseline", file)
    assert.equal(0, r.status)
    assert.same({ "written by btfl 0.0.1, and this is " .. require("btfl").version, "written by btfl check",
      "has another kernel of that name: 6.1.1", "has another build of: gate.bpf.o" }, r.report.findings[2].notes)
  end)

  it("tells what is no more, of what the run has looked at", function()
    local other = reading.object("other.bpf.o", { { "state", line = 7 } })
    local file = written("check", { path, other }, { old, new })
    reading.object("gate.bpf.o", { { "pid", line = 7 } })
    local r = judged("check", { path }, { old }, "--baseline", file)
    assert.same({ "warning baseline-stale - prog 6.1.1", "note baseline-differs -  " }, r.list)
    assert.equal(0, r.status)
    r = judged("check", { path }, { old }, "--baseline", file, "--only", "kfunc")
    assert.same({ "note baseline-differs -  " }, r.list)
    r = judged("check", { path, tmp.path "none.o" }, { old }, "--baseline", file)
    assert.same({ { "note baseline-differs -  " }, 2 }, { r.list, r.status })
    reading.object("gate.bpf.o", read)
  end)

  it("tells objects of one name apart by their folders", function()
    local x86 = reading.object("x86/p.bpf.o", { { "state", line = 7 } })
    local arm64 = reading.object("arm64/p.bpf.o", { { "pid", line = 7 } })
    local file = written("check", { x86, arm64 }, { old })
    reading.object("arm64/p.bpf.o", { { "state", line = 7 } })
    local r = judged("check", { arm64, x86 }, { old }, "--baseline", file)
    assert.equal(1, r.status)
    assert.same({ arm64, "error" }, { r.report.findings[1].object, r.report.findings[1].level })
    assert.same({ x86, "note" }, { r.report.findings[2].object, r.report.findings[2].level })
  end)

  it("is shown in the text of a matrix by what is not in it", function()
    local file = written("matrix", { path }, { old })
    local r = run(words("matrix", { path }, { old, new }, "--baseline", file))
    assert.equal(1, r.status)
    local line = "not in %s:\n  error[no-field]: struct task has no member `state`, %s, prog: 6.2.1\n"
    line = line:format(file, path)
    assert.is_truthy(r.out:find(line, 1, true), r.out)
    assert.is_nil(run(words("matrix", { path }, { old }, "--baseline", file)).out:find("not in", 1, true))
  end)

  it("is written in one step, and not at all when an input cannot be read", function()
    local file = written("check", { path }, { old })
    local before = run.read(file)
    local r = run(words("check", { path, tmp.path "none.o" }, { old }, "--write-baseline", file))
    assert.equal(2, r.status)
    assert.matches("known.json: is not written, as not all inputs could be read\n", r.err)
    assert.equal(before, run.read(file))
    assert.matches("^error%[no%-field%]", r.out)
    r = run(words("check", { path }, { old }, "--write-baseline", tmp.path "no/such/folder"))
    assert.equal(2, r.status)
    assert.matches("no/such/folder: cannot be written", r.err)
    assert.matches("error%[no%-field%]", r.out)
  end)

  it("may be read and written again in one run, which is judged by what was read", function()
    local file = written("check", { path }, { old })
    local r = judged("check", { path }, { old, new }, "--baseline", file, "--write-baseline", file)
    assert.equal("error no-field task.state prog 6.2.1", r.list[1])
    r = judged("check", { path }, { old, new }, "--baseline", file)
    assert.same({ 0, { "note no-field task.state prog 6.1.1,6.2.1" } }, { r.status, r.list })
  end)

  it("is no file of --output", function()
    local file = written("check", { path }, { old })
    local r = run(words("check", { path }, { old }, "--baseline", file, "-o", file))
    assert.same({ 2, ("btfl check: %s is an input: it is not written over\n"):format(file) }, { r.status, r.err })
  end)

  it("that is damaged is one line, and nothing is done", function()
    local text = run.read(written("check", { path }, { old }))
    local broken = {
      [""] = "no report that btfl wrote", [text:sub(1, -20)] = "no report that btfl wrote",
      ["[]"] = "it has no `report`",
      [text:gsub('"report":"baseline"', '"report":"check"')] = "no baseline that btfl wrote: it is a report of `check`",
      [text:gsub('"btfl":"[^"]*",', "")] = "it does not say what wrote it",
      [text:gsub('"kernel"', '"colonel"')] = "row 1 is no kernel and no object",
      [text:gsub('"digest":"%x+"', '"digest":null', 1)] = "row 1 is no kernel and no object",
      [text:gsub(',"fingerprint":"[^"]*"', "")] = "finding 1 has no fingerprint",
      [text:gsub('"fingerprint":"[^"]*"', '"fingerprint":"x"')] = "finding 1 has no fingerprint",
      [text:gsub('"rule":"[^"]*",', "")] = "finding 1 has no `rule`",
    }
    local count = 0
    for bytes, why in pairs(broken) do
      count = count + 1
      local file = tmp.write("broken.json", bytes)
      local r = run(words("check", { path }, { old }, "--baseline", file))
      assert.same({ 2, "" }, { r.status, r.out })
      assert.matches("^btfl check: [^\n]*broken.json: [^\n]+\n$", r.err)
      assert.is_truthy(r.err:find(why, 1, true), r.err)
    end
    assert.equal(10, count)
    for _, file in ipairs { tmp.path "no-such.json", tmp.mkdir "a-folder" } do
      local r = run(words("check", { path }, { old }, "--baseline", file))
      assert.same({ 2, "" }, { r.status, r.out })
      assert.matches("^btfl check: [^\n]+\n$", r.err)
    end
  end)

  describe("in a matrix", function()
    -- An object of which one program reads state, and another that member.
    local function two(member)
      return reading.object("pair.bpf.o", { name = "one", { "state", line = 8 } },
        { name = "two", section = "raw_tp/two", { member, line = 9 } })
    end

    -- The states by kernel, and the run.
    local function cells(objects, targets, ...)
      local r, out = judged("matrix", objects, targets, ...), {}
      for _, row in ipairs(r.report.rows) do out[#out + 1] = row.target .. " " .. row.state end
      return out, r
    end

    it("shows a cell as known of which nothing else fails, and no other", function()
      -- 6.1.1 lacks state, 6.2.1 both, 6.3.1 flags: of 6.2.1 nothing is known, of 6.1.1 all.
      local pair = two "flags"
      local file = written("matrix", { pair }, { old })
      local list, r = cells({ pair }, { old, new, good }, "--baseline", file)
      assert.same({ "6.1.1 known", "6.2.1 rejected", "6.3.1 rejected" }, list)
      -- Of one object its programs are counted.
      assert.equal("2 loads, 1 known, 3 rejected", r.report.summary[1].text)
      assert.same({ 1, 3 }, { r.report.summary[1].known, r.report.summary[1].rejected })
    end)

    it("shows the programs that are known beside those that are not", function()
      local file = written("matrix", { two "pid" }, { new })
      local pair = two "flags"
      assert.same({ "6.2.1 rejected" }, (cells({ pair }, { new }, "--baseline", file)))
      local text = run(words("matrix", { pair }, { new }, "--by", "program", "--baseline", file)).out
      assert.matches("\n6.2.1 *B !R\n", text, 1, true)
      assert.matches("  known        relocation task.state: 6.2.1\n", text, 1, true)
      assert.matches("*B   1  what fails is in the baseline\n", text, 1, true)
    end)

    it("fails in no format for what is known", function()
      local file = written("matrix", { path }, { old })
      local function printed(format, ...)
        return run(words("matrix", { path }, { old, good }, "--baseline", file, "--format", format, ...)).out
      end
      assert.matches("\t6.1.1\tdefault\tknown\t1\t1\n", printed "tsv")
      local _, failed = printed "junit":gsub("<failure", "")
      assert.equal(0, failed)
      assert.matches("\u{1f4cc}B what fails is in the baseline (1)", printed("markdown", "--by", "object"), 1, true)
      local data = dkjson.decode(printed("html", "--by", "object")
        :match '<script type="application/json" id="data">(.-)</script>')
      local case = data.columns[1].c[data.columns[1].at[1] + 1]
      assert.same({ "B", "what fails is in the baseline", "known" }, { table.unpack(data.states[case.s + 1], 1, 3) })
      assert.matches("known: it is in ", data.findings[case.f[1] + 1][2], 1, true)
    end)

    it("is graver where some is ignored and some known", function()
      local project = tmp.write("known.lua",
        'return { ignore = { { rule = "no-field", program = "one", because = "old" } } }')
      local pair = two "flags"
      local file = written("matrix", { pair }, { new })
      assert.same({ "6.2.1 known" }, (cells({ pair }, { new }, "--baseline", file, "--project", project)))
      assert.same({ "6.2.1 rejected" }, (cells({ pair }, { new }, "--project", project)))
    end)
  end)

  it("is of check and matrix", function()
    local r = run(words("verdicts", { path }, { old }, "--baseline", "x"))
    assert.equal(2, r.status)
    assert.matches("unknown option '%-%-baseline'", r.err)
  end)
end)
