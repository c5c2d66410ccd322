--- The command line that every script has, and inputs that cannot be read.
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("btfl.cli", function()
  local obj, obj2, kernel, kernel2

  setup(function()
    local b = btf.new()
    local foo = b:struct("foo", 8, { { "a", b:int("int", 4, "signed"), 32 } })
    local o = object.new(b)
    o:program { insns = { object.mov(1, 4), object.exit() },
      relos = { { insn = 0, type = foo, access = "0:0", kind = "byte_off" } } }
    obj, obj2 = tmp.write("one.o", o:bytes()), tmp.write("two.o", o:bytes())
    kernel, kernel2 = tmp.write("6.1.0-a.btf", b:bytes()), tmp.write("6.2.0-b.btf", b:bytes())
  end)
  teardown(tmp.clean)

  -- A script that prints what cli:METHOD() iterates over.
  local function script(body)
    return tmp.write("show.lua", 'local cli = btfl.cli { about = "shows" }\n' .. body)
  end

  local function is_usage_error(r, message)
    assert.equal(2, r.status)
    assert.equal("", r.out)
    assert.equal(("btfl check: %s\nusage: btfl check [options] OBJ...   (--help lists the options)\n")
      :format(message), r.err)
  end

  it("refuses what it does not know, in one line and a hint", function()
    is_usage_error(run { "check", "--frmat", "json", obj }, "unknown option '--frmat' (did you mean '--format'?)")
    is_usage_error(run { "check", "-x", obj }, "unknown option '-x'")
    is_usage_error(run { "check", obj, "-t" }, "option '-t' requires an argument")
    is_usage_error(run { "check", obj, "--format", "xml" },
      "option '--format': there is no format 'xml' (text, json, jsonl, tsv, sarif, junit, github, markdown, html, "
        .. "yaml)")
    is_usage_error(run { "check", obj, "--format", "jsno" },
      "option '--format': there is no format 'jsno' (did you mean 'json'?)")
    is_usage_error(run { "check", obj, "--color=red" },
      "argument for option '--color' must be one of 'auto', 'always', 'never'")
    is_usage_error(run { "check" }, "missing argument 'OBJ'")
  end)

  it("explains itself", function()
    for _, option in ipairs { "-h", "--help" } do
      local r = run { "check", option }
      assert.same({ "", 0 }, { r.err, r.status })
      assert.matches("^Usage: btfl check ", r.out)
      for _, word in ipairs { "%-t KERNEL", "%-m BTF", "%-o FILE", "{auto,always,never}",
        "text, json, jsonl, tsv, sarif, junit, github, markdown, html, yaml",
        "What keeps" } do
        assert.matches(word, r.out)
      end
    end
  end)

  it("names the script that runs", function()
    local r = run { script "return", "--nope" }
    assert.matches("^btfl show: unknown option '%-%-nope'\n", r.err)
    assert.equal(2, r.status)
  end)

  it("declares a script's arguments and options", function()
    local path = tmp.write("args.lua", [[
local cli = btfl.cli {
  about = "x", usage = "ONE MANY... ", objects = false, targets = false,
  options = function(parser) parser:option("--depth"):convert(tonumber) end,
}
print(cli.args.one, table.concat(cli.args.many, ","), cli.args.depth, cli.name)]])
    assert.equal("a\tb,c\t3\tbtfl args\n", run({ path, "a", "b", "--depth", "3", "c" }).out)
    assert.matches("missing argument 'MANY'", run({ path, "a" }).err)
    assert.matches("unknown option '%-t'", run({ path, "a", "b", "-t", "x" }).err)
    local optional = tmp.write("optional.lua", [[
local cli = btfl.cli { usage = "[ONE] [MANY...]", objects = false, targets = false }
print(cli.args.one, #cli.args.many)]])
    assert.equal("nil\t0\n", run({ optional }).out)
    assert.equal("a\t2\n", run({ optional, "a", "b", "c" }).out)
  end)

  it("tells a script what is wrong with its own use", function()
    local path = tmp.write("wrong.lua", "btfl.cli { abuot = 'x' }")
    local r = run { path }
    assert.matches("wrong.lua:1: btfl.cli has no field `abuot`", r.err, 1, true)
    assert.equal(2, r.status)
  end)

  it("pairs every object with every target, each target opened once", function()
    local path = script [[
local seen = {}
for o, t in cli:pairs() do
  print(o.path:match("[^/]*$"), t.name, seen[t] and "again" or "first")
  seen[t] = true
end]]
    local r = run { path, obj, "-t", kernel, obj2, "--target", kernel2 }
    assert.same({ "", 0 }, { r.err, r.status })
    assert.equal("one.o\t6.1.0-a\tfirst\none.o\t6.2.0-b\tfirst\ntwo.o\t6.1.0-a\tagain\ntwo.o\t6.2.0-b\tagain\n", r.out)
  end)

  it("leaves objects open when the loop goes on", function()
    local path = script [[
local objects = {}
for o in cli:objects() do objects[#objects + 1] = o end
for _, o in ipairs(objects) do print(o:relos()().path) end]]
    assert.equal("foo.a\nfoo.a\n", run({ path, obj, obj2 }).out)
  end)

  it("opens nothing before it is asked for", function()
    assert.same({ "fine\n", 0 }, (function(r) return { r.out, r.status } end)(
      run { script "print 'fine'", "nope.o", "-t", "nope.btf" }))
  end)

  it("goes on when an input cannot be read, and ends with 2", function()
    local text = tmp.write("text.o", "no object\n")
    local r = run { "relos", "--format", "tsv", "nope.o", obj, text, "-t", "nope.btf", "-t", kernel }
    assert.equal(2, r.status)
    local lines = {}
    for line in r.err:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.equal(3, #lines)
    -- Objects are opened when the first kernel has its turn.
    assert.matches("^btfl relos: nope.btf: ", lines[1])
    assert.matches("^btfl relos: nope.o: ", lines[2])
    assert.matches("^btfl relos: " .. text:gsub("%p", "%%%0") .. ": ", lines[3])
    assert.matches("\n6.1.0-a\t" .. obj .. "\t", r.out, 1, true)
  end)

  it("ends with 2 for a script that returns no report, too", function()
    local r = run { script "for o in cli:objects() do print(o.path) end", "nope.o", obj }
    assert.same({ obj .. "\n", 2 }, { r.out, r.status })
  end)

  it("keeps what could not be read in json", function()
    local r = run { "check", "--format", "jsonl", "nope.o", "-t", kernel }
    assert.matches('^{"failure":"nope.o: [^\n]*"}\n$', r.out)
    assert.equal(2, r.status)
  end)

  it("passes an error of the script on as one", function()
    local r = run { script "for o in cli:objects() do local x = o.nope end", obj }
    assert.equal(2, r.status)
    assert.matches("show.lua:2", r.err, 1, true)
  end)

  it("ends a script in one line when it says so", function()
    local r = run { script "cli:error('no such thing')", obj }
    assert.same({ "btfl: no such thing\n", "", 2 }, { r.err, r.out, r.status })
  end)

  it("gives the same answers in several processes", function()
    local function both(...)
      local words = { ... }
      local alone = run(words)
      table.move({ "-j", "4" }, 1, 2, #words + 1, words)
      local threads = run(words)
      assert.same({ alone.out, alone.status }, { threads.out, threads.status })
      return alone, threads
    end
    both("relos", "--format", "tsv", obj, obj2, "-t", kernel, "-t", kernel2)
    both("check", "--format", "json", obj, obj2, "-t", kernel, "-t", kernel2, "--policy", "strict")
    both("relos", "--format", "tsv", obj, "-t", kernel)
    local alone, threads = both("relos", "--format", "tsv", "/no/such.o", obj, "-t", kernel, "-t", "/no/such.btf",
      "-t", kernel2)
    assert.equal(2, alone.status)
    for _, path in ipairs { "/no/such.o", "/no/such.btf" } do
      assert.matches(path, threads.err, 1, true)
    end
    assert.equal(select(2, alone.err:gsub("\n", "")), select(2, threads.err:gsub("\n", "")))
    -- Threads read files where a single one maps them: packed ones, in several parts, broken ones, pipes.
    local parts, packed = tmp.path("6.3.0-c.btf.gz"), tmp.path("6.4.0-d.btf.gz")
    tmp.run(("for n in 60 -60; do case $n in -*) tail -c +61 %s;; *) head -c 60 %s;; esac | gzip -n; done >%s")
      :format(run.quote(kernel), run.quote(kernel), run.quote(parts)))
    tmp.run(("gzip -nc %s >%s"):format(run.quote(kernel), run.quote(packed)))
    local cut = tmp.write("6.5.0-e.btf.gz", run.read(packed):sub(1, -5))
    local empty, tiny = tmp.write("6.6.0-f.btf", ""), tmp.write("6.7.0-g.btf", "\x1f")
    alone, threads = both("relos", "--format", "tsv", obj, packed, "-t", parts, "-t", kernel, "-t", packed, "-t", cut,
      "-t", empty, "-t", tiny, "-t", "/dev/null")
    assert.equal(4, select(2, alone.out:gsub("one.o", "")))
    for _, path in ipairs { cut, empty, tiny, "/dev/null" } do
      assert.matches(path .. ":", threads.err, 1, true)
    end
    is_usage_error(run { "check", "-j", "0", obj }, "--jobs takes a number from 1 to 1024, or auto, not '0'")
    is_usage_error(run { "check", "-j", "many", obj }, "--jobs takes a number from 1 to 1024, or auto, not 'many'")
  end)

  it("takes modules, and says which it skipped", function()
    local base = btf.new()
    base:int("int", 4, "signed")
    local split = btf.new { base = base }
    split:struct("foo", 8, { { "a", 1, 0 } })
    local vmlinux = tmp.write("vmlinux-6.1", base:bytes())
    local module = tmp.write("foo.btf", split:bytes())
    local r = run { "relos", "--format", "tsv", obj, "-t", vmlinux }
    assert.matches("\tpoison\t", r.out)
    r = run { "relos", "--format", "tsv", obj, "-t", vmlinux, "-m", module }
    assert.matches("\tok\t4\t0\t2\t", r.out)
    assert.same({ "", 0 }, { r.err, r.status })
    local folder = tmp.mkdir "modules"
    tmp.write("modules/foo", split:bytes())
    tmp.write("modules/bad.btf", "not a module\n")
    r = run { "relos", "--format", "tsv", obj, "-t", vmlinux, "-m", folder }
    assert.matches("\tok\t4\t0\t2\t", r.out)
    assert.matches("^btfl relos: skipped a module: [^\n]*bad.btf: [^\n]*\n$", r.err)
    assert.equal(0, r.status)
    r = run { "relos", "--format", "tsv", obj, "-t", vmlinux, "-m", "nope.btf", "-m", module }
    assert.matches("\tok\t4\t0\t2\t", r.out)
    assert.matches("^btfl relos: nope.btf: [^\n]*\n$", r.err)
    assert.equal(2, r.status)
  end)
end)
