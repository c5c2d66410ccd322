--- What a finding is known by from one run to the next: it stays with the finding, and no other has it.
local btfl = require "btfl"
local dkjson = require "dkjson"
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- The fingerprints of what btfl check finds, by what they are about: "pid a.bpf.c:7".
local function check(objects, targets, options)
  local words = { "check", "--format", "json", table.unpack(objects) }
  for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #words + 1, words) end
  local r = run(table.move(options or {}, 1, #(options or {}), #words + 1, words))
  local list, out = assert(dkjson.decode(r.out), r.err).findings, {}
  for _, finding in ipairs(list) do
    local at = finding.at and ("%s:%d"):format(finding.at.file:match "[^/]*$", finding.at.line)
      or finding.program
    out[#out + 1] = { about = ("%s %s"):format((finding.details or {}).access or finding.rule, at),
      print = finding.fingerprint, finding = finding }
    out[out[#out].about] = finding.fingerprint
  end
  return out
end

local function all_differ(list)
  local seen = {}
  for _, one in ipairs(list) do
    assert.is_nil(seen[one.print], one.about)
    seen[one.print] = true
  end
end

describe("a fingerprint", function()
  teardown(tmp.clean)

  local none, no_state, all

  setup(function()
    none = reading.kernel("6.1.1.btf", "other")
    no_state = reading.kernel("6.2.1.btf", "pid", "flags", "comm")
    all = reading.kernel("6.3.1.btf", "pid", "state", "flags", "comm")
  end)

  it("is one for each finding of an object", function()
    local path = reading.object("each.bpf.o",
      { name = "one", { "pid", line = 7 }, { "state", line = 7 }, { "pid", line = 9, text = "y = t->pid;" },
        { "pid", line = 9, file = "other.h", text = "y = t->pid;" } },
      { name = "two", section = "raw_tp/two", { "pid" } }, { name = "three", section = "raw_tp/three", { "pid" } })
    local found = check({ path }, { none })
    assert.equal(6, #found)
    all_differ(found)
  end)

  it("is no matter of other kernels, and of the order of kernels and objects", function()
    local path = reading.object("order.bpf.o", { { "pid", line = 7 }, { "state", line = 8 } })
    local other = reading.object("second.bpf.o", { { "pid", line = 7 }, { "state", line = 8 } })
    local first = check({ path }, { no_state })
    assert.same(first["task.state a.bpf.c:8"], check({ path }, { all, none, no_state })["task.state a.bpf.c:8"])
    local function of_both(found)
      local out = {}
      for _, one in ipairs(found) do
        out[("%s %s %s"):format(one.finding.level, one.finding.object, one.about)] = one.print
      end
      return out
    end
    local found = of_both(check({ path, other }, { none, no_state }))
    assert.same(found, of_both(check({ other, path }, { no_state, none })))
  end)

  it("is that of the line, where another of the same text fails on other kernels", function()
    local text = "x = READ(t);"
    local path = reading.object("twice.bpf.o", { { "pid", line = 7, text = text }, { "state", line = 8, text = text } },
      { name = "two", section = "raw_tp/two", { "state", line = 20, text = text } })
    local alone = check({ path }, { no_state })
    local both = check({ path }, { none })
    assert.equal(2, #alone)
    for _, one in ipairs(alone) do assert.equal(one.print, both[one.about]) end
    all_differ(both)
    -- The first of two that are the same is not always there.
    local fixed = check({ path }, { none }, { "--skip", "prog" })
    assert.equal(both["task.state a.bpf.c:20"], fixed["task.state a.bpf.c:20"])
  end)

  it("outlives lines above, another indentation, and other folders of the object and its sources", function()
    local function of(path, above, indent, folder)
      local file = folder .. "a.bpf.c"
      return check({ reading.object(path, { { "pid", line = above + 7, file = file, text = indent .. "x = t->pid;" },
        { "pid", line = above + 9, file = file, text = indent .. "x = t->pid;" } }) }, { none })
    end
    local first = of("moved.bpf.o", 0, "", "")
    local second = of("out/release/moved.bpf.o", 30, "\t", "/home/me/src/")
    assert.equal(first["task.pid a.bpf.c:7"], second["task.pid a.bpf.c:37"])
    assert.equal(first["task.pid a.bpf.c:9"], second["task.pid a.bpf.c:39"])
    all_differ(first)
  end)

  it("numbers objects of one name by their folders, in any order", function()
    local one = reading.object("top/arm64/p.bpf.o", { { "pid", line = 7 } })
    local other = reading.object("top/x86/p.bpf.o", { { "pid", line = 7 } })
    local function of(objects)
      local out = {}
      for _, found in ipairs(check(objects, { none })) do out[found.finding.object] = found.print end
      return out
    end
    assert.same(of { one, other }, of { other, one })
    assert.equal(of({ one })[one], of({ one, other })[one])
    assert.not_equal(of({ one, other })[one], of({ one, other })[other])
  end)

  it("is of no words that btfl has for it", function()
    local rules = {}
    for _, section in ipairs { "raw_tp/sys_enter", "nonsense/x" } do
      local path = reading.object("worded.bpf.o", { section = section, { "pid", line = 7 } })
      local found = btfl.object(path):check(btfl.target(none), { all = true }):merge()
      for _, finding in ipairs(found.findings) do
        local again = btfl.report "check"
        local other = {}
        for name, value in pairs(finding) do other[name] = value end
        other.message, other.notes, other.help, other.level, other.fingerprint = "other words", {}, {}, nil, nil
        again:error(other)
        assert.equal(finding.fingerprint:match "^%x+", again:merge().findings[1].fingerprint:match "^%x+")
        rules[finding.rule] = true
      end
    end
    assert.same({ ["no-field"] = true, section = true }, rules)
  end)

  it("differs where only what is about differs, however long it is", function()
    local out, long = btfl.report "ours", ("x"):rep(5000)
    out:error { rule = "r", message = long .. "a", program = "p" }
    out:error { rule = "r", message = long .. "b", program = "p" }
    out:error { rule = "r", message = "m", subject = "s" .. long .. "a", program = "p" }
    out:error { rule = "r", message = "m", subject = "s" .. long .. "b", program = "p" }
    local seen = {}
    for _, finding in ipairs(out:merge().findings) do
      local sum = finding.fingerprint:match "^%x+"
      assert.is_nil(seen[sum])
      seen[sum] = true
    end
  end)

  it("numbers levels of one place by their gravity, in any order", function()
    local function number(...)
      local out = btfl.report "ours"
      for _, level in ipairs { ... } do out[level](out, { rule = "r", message = "m", program = "p" }) end
      local prints = {}
      for _, finding in ipairs(out:merge().findings) do prints[finding.level] = finding.fingerprint end
      return prints
    end
    assert.same(number("note", "error", "warning"), number("warning", "note", "error"))
    assert.matches(":1$", number("note", "error").error)
  end)
end)

describe("a merged finding", function()
  teardown(tmp.clean)

  it("says which programs it is about on which kernel, where not all on all", function()
    local out = btfl.report "ours"
    local function add(program, target)
      out:error { rule = "r", message = "m", at = "a.c:1", program = program, target = target }
    end
    add("p", "5.10")
    add("p", "6.1")
    add("q", "6.1")
    local finding = out:merge().findings[1]
    assert.same({ ["5.10"] = { "p" }, ["6.1"] = { "p", "q" } }, finding.programs_on)
    local again = btfl.report.read(out:render "json")
    assert.same(finding.programs_on, again.findings[1].programs_on)
    assert.same(finding.programs_on, again:merge().findings[1].programs_on)
    add("q", "5.10")
    assert.is_nil(out:merge().findings[1].programs_on)
  end)

  it("says nothing of programs where there are none", function()
    local out = btfl.report "ours"
    for _, target in ipairs { "5.10", "6.1" } do out:error { rule = "r", message = "m", target = target } end
    assert.is_nil(out:merge().findings[1].programs_on)
  end)
end)
