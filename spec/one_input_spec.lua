--- What is wrong with one input costs no result of another: it is one line on stderr, the status is 2,
--- and everything else is told as if it had not been given. Errors of a script stay errors of the script.

local btf = require "spec.support.btf"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local R_BPF_64_32, SHT_REL = 10, 9

local function int(b) return b:int("int", 4, "signed") end

--- An object with a program that reads foo.gone and foo.a; options: endian, broken: its section of ELF
--- relocations names a symbol that is not there, which only a verdict reads.
local function reader(name, options)
  options = options or {}
  local b = btf.new { endian = options.endian }
  local i = int(b)
  local foo = b:struct("foo", 8, { { "a", i, 0 }, { "gone", i, 32 } })
  local o = object.new(b)
  o:program { insns = { object.ldx(4, 2, 1, 4), object.ldx(4, 0, 1, 0), object.exit() }, relos = {
    { insn = 0, type = foo, access = "0:1", kind = "byte_off" },
    { insn = 1, type = foo, access = "0:0", kind = "byte_off" },
  } }
  if options.broken then
    o:section(".relraw_tp/sys_enter", string.pack("<I8I8", 0, 999 << 32 | R_BPF_64_32), { type = SHT_REL, info = 1 })
  end
  return tmp.write(name, o:bytes())
end

--- A kernel whose foo has `a`; options: endian, gone: it has `gone` too, damaged: foo's member has a type
--- that is not there, large: it is more than what is checked whole when it is opened.
local function kernel(name, options)
  options = options or {}
  local b = btf.new { endian = options.endian }
  local i = int(b)
  local members = { { "a", options.damaged and 1000000 or i, 0 } }
  if options.gone then members[2] = { "gone", i, 32 } end
  b:struct("foo", 8, members)
  for n = 1, options.large and 12000 or 0 do b:struct("pad" .. n, 4, { { "m", i, 0 } }) end
  return tmp.write(name, b:bytes())
end

describe("one input", function()
  local obj, obj2, broken, little, full, big, damaged

  setup(function()
    obj, obj2 = reader "one.o", reader "two.o"
    broken = reader("broken.o", { broken = true })
    little, full = kernel "6.1.0-little.btf", kernel("6.2.0-full.btf", { gone = true })
    big = kernel("6.1.0-big.btf", { endian = "big" })
    damaged = kernel("6.3.0-damaged.btf", { damaged = true, large = true })
  end)
  teardown(tmp.clean)

  it("is told in the same place whatever the number of threads", function()
    for _, command in ipairs { "check", "verdicts", "relos", "dialects" } do
      local words = { command, "/nonexistent.o", obj, broken, obj2, "-t", little, "-t", damaged, "-t", big, "-t",
        "/nonexistent.btf", "-t", full, "--format", "json" }
      local usual = run(words)
      assert.equal(2, usual.status)
      for _, jobs in ipairs { "2", "5" } do
        words[#words + 1] = "-j" .. jobs
        assert.same(usual, run(words))
        words[#words] = nil
      end
    end
  end)

  -- Runs a command on inputs of which one is wrong; what it says is what it says without that one.
  local function costs_nothing(words, wrong, line)
    local function with(path, more)
      local all = {}
      for _, word in ipairs(words) do
        if word ~= wrong then
          all[#all + 1] = word
        elseif path then
          all[#all + 1] = path
        elseif all[#all] == "-t" then
          all[#all] = nil
        end
      end
      return run(table.move(more or {}, 1, #(more or {}), #all + 1, all))
    end
    local sound = with(nil)
    for _, more in ipairs { {}, { "-j", "2" }, { "-j", "8" } } do
      local r = with(wrong, more)
      assert.equal(sound.out, r.out)
      assert.matches(line, r.err)
      assert.matches("^[^\n]+\n$", r.err)
      assert.equal(2, r.status)
    end
    assert.not_equal("", sound.out)
  end

  for _, command in ipairs { "relos", "verdicts", "check", "dialects" } do
    it(("that is a damaged kernel costs %s no other kernel"):format(command), function()
      costs_nothing({ command, "--format", "text", obj, obj2, "-t", little, "-t", damaged, "-t", full }, damaged,
        "damaged.btf: .*: type %[2%]")
    end)
  end

  for _, command in ipairs { "verdicts", "check" } do
    it(("that is a damaged object costs %s no other object"):format(command), function()
      costs_nothing({ command, obj, broken, obj2, "-t", little, "-t", full }, broken,
        "broken.o: .*a relocation names symbol 999 of %d+")
    end)
  end

  it("that is damaged costs a look into other kernels nothing", function()
    costs_nothing({ "check", "--why", obj, "-t", little, "-t", damaged, "-t", full }, damaged,
      "damaged.btf: .*: type %[2%]")
    local r = run { "check", "--why", obj, "-t", little, "--from", damaged, "--from", tmp.path "missing", "-t", full }
    assert.equal(2, r.status)
    assert.matches("missing: No such file", r.err, 1, true)
    assert.matches("6.1.0-little: 1 ok, 1 poison", r.out, 1, true)
    assert.matches("6.2.0-full: 2 ok", r.out, 1, true)
  end)

  it("of another byte order is no kernel to look into", function()
    local r = run { "check", "--why", "--format", "json", obj, "-t", little, "-t", big, "-t", full }
    assert.same({ "", 1 }, { r.err, r.status })
    local report = assert(dkjson.decode(r.out))
    local rules = {}
    for _, finding in ipairs(report.findings) do rules[#rules + 1] = finding.rule end
    assert.same({ "no-field", "byte-order" }, rules)
    assert.equal(2, #report.summary)
    local clash = report.findings[2]
    assert.same({ obj, "6.1.0-big" }, { clash.object, clash.target })
  end)

  it("to why costs no other", function()
    local r = run { "why", "foo.gone", "--from", full, "-t", damaged, "-t", little, "--format", "tsv" }
    assert.equal(2, r.status)
    assert.matches("^[^\n]+damaged.btf: [^\n]+\n$", r.err)
    assert.matches("\n6.1.0-little\tfoo.gone\t", r.out, 1, true)
    r = run { "why", "foo.gone", "--from", tmp.path "missing", full, "-t", little, "--format", "tsv" }
    assert.equal(2, r.status)
    assert.matches("^[^\n]+No such file[^\n]+\n$", r.err)
    assert.matches("\nfoo.gone\t", r.out, 1, true)
  end)

  it("to minbtf is told, and so are the others that are wrong, and what is right is written", function()
    local strange = reader("strange.o", { endian = "big" })
    local stranger = reader("stranger.o", { endian = "big" })
    local foreign = tmp.write("foreign.o", tmp.read "/proc/self/exe")
    local out, plain = tmp.path "min.btf", tmp.path "plain.btf"
    local r = run { "minbtf", strange, obj, foreign, stranger, "-t", little, "-o", out }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("^btfl minbtf: [^\n]+foreign.o: an ELF file for machine %d+, not for BPF[^\n]*\n"
      .. "btfl minbtf: [^\n]+strange.o: it is big%-endian, and no kernel is\n"
      .. "btfl minbtf: [^\n]+stranger.o: it is big%-endian, and no kernel is\n$", r.err)
    assert.equal(0, run({ "minbtf", obj, "-t", little, "-o", plain }).status)
    assert.equal(tmp.read(plain), tmp.read(out))
  end)

  it("that is an object whose references are wrong is told by doctor, and nothing but verdicts ask", function()
    local r = run { "doctor", "--format", "tsv", broken, obj }
    assert.equal(2, r.status)
    assert.matches("^btfl doctor: [^\n]*broken.o: [^\n]*a relocation names symbol 999[^\n]*\n$", r.err)
    assert.matches("\n[^\n]*one.o\tobject\t", r.out)
    r = run { "relos", broken, "-t", full }
    assert.same({ "", 0 }, { r.err, r.status })
  end)

  it("gives object:check() a report that says so, as a clash of byte orders is one", function()
    local btfl = require "btfl"
    local o <close> = btfl.object(broken)
    local t <close> = btfl.target(little)
    local report = o:check(t)
    assert.same({ 2, 1, 0, 0 }, { report.status, #report.failures, #report.findings, #report.summaries })
    assert.matches("broken.o: .*a relocation names symbol 999", report.failures[1])
  end)

  describe("in a script of a user:", function()
    -- The first script of the README.
    local function poisoned()
      local readme = tmp.read "README.md"
      return tmp.write("poisoned.lua", assert(readme:match("```lua\n(%-%-%- poisoned.-)```")))
    end

    it("of both byte orders", function()
      local r = run { poisoned(), obj, obj2, "-t", big, "-t", little, "--format", "json" }
      assert.same({ "", 1 }, { r.err, r.status })
      local findings = assert(dkjson.decode(r.out)).findings
      assert.equal(4, #findings)
      for i, rule in ipairs { "no-field", "no-field", "byte-order", "byte-order" } do
        assert.equal(rule, findings[i].rule)
      end
    end)

    it("that is damaged", function()
      costs_nothing({ poisoned(), obj, obj2, "-t", little, "-t", damaged, "-t", full }, damaged,
        "^btfl poisoned: .*damaged.btf: .*: type %[2%]")
    end)

    it("that is damaged where only a verdict reads", function()
      local script = tmp.write("checks.lua", [[
local cli, out = btfl.cli { about = "checks" }, btfl.report "checks"
for object, target in cli:pairs() do out:append(object:check(target)) end
return out:merge()]])
      costs_nothing({ script, obj, broken, obj2, "-t", little, "-t", full }, broken,
        "^btfl checks: .*broken.o: .*a relocation names symbol 999")
    end)

    it("that is damaged where a script reads that asks for verdicts", function()
      local script = tmp.write("loads.lua", [[
local cli, out = btfl.cli { about = "loads", verdicts = true }, btfl.report("loads", { columns = { "verdict" } })
for object, target in cli:pairs() do
  for program in object:programs() do
    out:row { verdict = program:verdict(target, cli:verdict_options(object)).verdict }
  end
end
return out]])
      costs_nothing({ script, obj, broken, obj2, "-t", little, "-t", full }, broken,
        "^btfl loads: .*broken.o: .*a relocation names symbol 999")
    end)

    it("that returns no report", function()
      local script = tmp.write("counts.lua", [[
local n = 0
for _ in btfl.cli { about = "counts" }:pairs() do n = n + 1 end
print(n)]])
      local r = run { script, obj, "-t", big, "-t", little }
      assert.same({ "1\n", 1 }, { r.out, r.status })
      assert.matches("^btfl counts: [^\n]*error%[byte%-order%]: the object is little%-endian[^\n]*\n$", r.err)
      r = run { script, obj, "-t", damaged, "-t", little }
      assert.same({ "1\n", 2 }, { r.out, r.status })
    end)
  end)
end)

describe("an object without BTF", function()
  local plain, plain2, obj, target
  setup(function()
    local o = object.new(nil)
    o:program { insns = { object.exit() } }
    plain, plain2 = tmp.write("plain.o", o:bytes()), tmp.write("plain2.o", o:bytes())
    obj, target = reader "one.o", kernel "6.1.0-little.btf"
  end)
  teardown(tmp.clean)

  it("is a note beside others, and hides nothing of theirs", function()
    for _, command in ipairs { "relos", "dialects" } do
      for _, jobs in ipairs { "1", "2" } do
        local with = run { command, "--format", "json", plain, obj, plain2, "-t", target, "-t", target, "-j", jobs }
        local alone = run { command, "--format", "json", obj, "-t", target, "-t", target, "-j", jobs }
        assert.same({ "", alone.status }, { with.err, with.status })
        local notes, others = {}, {}
        local report = assert(dkjson.decode(with.out))
        for _, finding in ipairs(report.findings) do
          local list = finding.rule == "no-btf" and notes or others
          list[#list + 1] = finding
        end
        assert.same({ plain, plain2 }, { notes[1].object, notes[2].object })
        assert.same({ "note", "the object has no BTF, so no relocations" }, { notes[1].level, notes[1].message })
        local expected = assert(dkjson.decode(alone.out))
        assert.same({ expected.findings, expected.rows, expected.summary }, { others, report.rows, report.summary })
      end
    end
  end)

  it("is what could not be done when nothing else is left to do", function()
    for _, command in ipairs { "relos", "dialects" } do
      for _, jobs in ipairs { "1", "2" } do
        local r = run { command, plain, plain2, "-t", target, "-t", target, "-j", jobs }
        assert.equal(2, r.status)
        assert.equal((("btfl %s: %s: has no .BTF section, so there is nothing to relocate\n"):rep(2))
          :format(command, plain, command, plain2), r.err)
      end
    end
    local r = run { "relos", "--local", plain }
    assert.equal(2, r.status)
    r = run { "relos", plain, tmp.path "missing.o", "-t", target }
    assert.equal(2, r.status)
    assert.matches("plain.o: has no .BTF section", r.err, 1, true)
  end)

  it("is judged as any other", function()
    local r = run { "verdicts", "--format", "tsv", plain, "-t", target }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("\tloads\t", r.out, 1, true)
    r = run { "check", plain, "-t", target }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("note[no-btf]: the object has no BTF, so no relocations", r.out, 1, true)
    assert.matches("1 program: 1 loads", r.out, 1, true)
  end)

  it("adds nothing to a minimal BTF", function()
    local r = run { "minbtf", plain, obj, "-t", target, "-o", tmp.path "a.btf" }
    assert.equal(0, r.status, r.err)
    assert.matches("^btfl minbtf: [^\n]*plain.o: note%[no%-btf%]: the object has no BTF", r.err)
    run { "minbtf", obj, "-t", target, "-o", tmp.path "b.btf" }
    assert.equal(tmp.read(tmp.path "b.btf"), tmp.read(tmp.path "a.btf"))
    r = run { "minbtf", plain, "-t", target, "-o", tmp.path "c.btf" }
    assert.equal(2, r.status)
    assert.is_nil(io.open(tmp.path "c.btf"))
  end)
end)

describe("an error of a script", function()
  local obj, target
  setup(function() obj, target = reader "one.o", kernel "6.1.0-little.btf" end)
  teardown(tmp.clean)

  it("is none of an input, and names the script's lines", function()
    local script = tmp.write("typo.lua", [[
local cli = btfl.cli { about = "typo" }
local function look(result)
  return result.resaon
end
local function work(object, target)
  for result in object:results(target) do look(result) end
  return true
end
for object, target in cli:pairs() do cli:try(work, object, target) end]])
    local r = run { script, obj, "-t", target }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("^btfl: [^\n]*typo.lua:3: btfl.result has no field 'resaon'", r.err)
    assert.matches("typo.lua:3 in [^\n]*look'?\n   3 |   return result.resaon\n", r.err)
    assert.matches("typo.lua:6 in ", r.err, 1, true)
    assert.matches("typo.lua:9 in main chunk", r.err, 1, true)
    r = run { "-v", script, obj, "-t", target }
    assert.matches("\nstack traceback:\n[^\n]*\n[^\n]*typo.lua:3: in", r.err)
  end)

  it("is what cli:try() raises, whatever it is", function()
    local script = tmp.write("raise.lua", [[
local cli = btfl.cli { about = "raises" }
local thing = { 1 }
for _ in cli:objects() do
  local ok, e = pcall(cli.try, cli, error, thing)
  print(ok, e == thing)
  ok, e = pcall(cli.try, cli, error, "text", 0)
  print(ok, e)
end]])
    local r = run { script, obj, "-t", target }
    assert.same({ "false\ttrue\nfalse\ttext\n", "", 0 }, { r.out, r.err, r.status })
  end)

  it("in a policy ends the run, for it is not the input's", function()
    local policy = tmp.write("mine.lua", [[
local p = btfl.policy { name = "mine", member = function() error "no member today" end }
return p]])
    for _, command in ipairs { "relos", "check", "verdicts" } do
      local r = run { command, "--policy", policy, obj, obj, "-t", target, "-t", target }
      assert.same({ "", 2 }, { r.out, r.status })
      local _, n = r.err:gsub("no member today", "")
      assert.equal(1, n, r.err)
    end
  end)
end)
