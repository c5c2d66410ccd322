--- Reports that come back from JSON: as they were, and through filters in a chain.
local btfl = require "btfl"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = "spec/fixtures/example.bpf.o", "spec/fixtures/small.btf"
local FORMATS = { "text", "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown", "html" }

-- Without the date that junit has.
local function dateless(text) return (text:gsub(' timestamp="[^"]*"', "")) end

local function quoted(words)
  local out = {}
  for i, word in ipairs(words) do out[i] = run.quote(word) end
  return table.concat(out, " ")
end

-- What the last of some commands, each a list of words for btfl, makes of what the one before it wrote.
local function chain(...)
  local parts = {}
  for i, words in ipairs { ... } do parts[i] = run.quote(run.btfl) .. " " .. quoted(words) end
  return run.program { "sh", "-c", table.concat(parts, " | ") }
end

describe("a report read from JSON", function()
  local as_it_came, missing

  setup(function()
    as_it_came = tmp.write("same.lua", [[
btfl.cli { about = "as it came", usage = "", objects = false, targets = false }
return btfl.report.read(io.read "a")]])
    missing = tmp.path "missing.o"
  end)
  teardown(tmp.clean)

  local COMMANDS = {
    check = { "check", OBJECT, "-t", KERNEL, "-t", KERNEL, "--why", "--all" },
    verdicts = { "verdicts", OBJECT, "-t", KERNEL },
    why = { "why", "task_struct.state", "-t", KERNEL, "--object", OBJECT, "--code" },
    dialects = { "dialects", OBJECT, "-t", KERNEL, "--all" },
    explain = { "explain", "no-field" },
    diff = { "diff", KERNEL, "spec/fixtures/target.clang19.o", "task*" },
    list = { "list", KERNEL },
    history = { "history", "task_struct.pid", "task_struct.gone", "-t", KERNEL },
    doctor = { "doctor", KERNEL, "README.md" },
  }

  for name, words in pairs(COMMANDS) do
    it("is in every format what btfl " .. name .. " found", function()
      local json = table.move(words, 1, #words, 1, {})
      table.move({ "--format", "json" }, 1, 2, #json + 1, json)
      for _, format in ipairs(FORMATS) do
        local plain = table.move(words, 1, #words, 1, {})
        table.move({ "--format", format }, 1, 2, #plain + 1, plain)
        local direct, again = run(plain), chain(json, { as_it_came, "--format", format })
        assert.same({ dateless(direct.out), direct.status }, { dateless(again.out), again.status }, format)
      end
    end)
  end

  it("keeps the rows of relos, whose text has columns of its own", function()
    local words = { "relos", OBJECT, "-t", KERNEL, "--format", "json" }
    for _, format in ipairs { "json", "tsv", "jsonl" } do
      local direct = run { "relos", OBJECT, "-t", KERNEL, "--format", format }
      assert.equal(direct.out, chain(words, { as_it_came, "--format", format }).out)
    end
  end)

  it("has the status of what is left, failures included", function()
    local none = 'btfl.report.read(io.read "a"):filter(function() return false end)'
    local words = { "check", OBJECT, "-t", KERNEL, "--format", "json" }
    assert.equal(0, chain(words, { "-e", none }).status)
    table.insert(words, 2, missing)
    local r = chain(words, { "-e", none })
    assert.equal(2, r.status)
    assert.matches("16 ok, 2 poison", r.out)
  end)

  it("goes through filters one after another", function()
    local function drop(field, value)
      return { tmp.write(field .. ".lua", ([[
btfl.cli { about = "drops", usage = "", objects = false, targets = false }
return btfl.report.read(io.read "a"):filter(function(finding) return finding.%s ~= %q end)]]):format(field, value)),
        "--format", "json" }
    end
    local all = { "check", OBJECT, "-t", KERNEL, "--all", "--format", "json" }
    assert.equal(1, chain(all, drop("program", "handle_exit")).status)
    local r = chain(all, drop("program", "handle_exit"), drop("level", "error"), drop("rule", "x"))
    assert.equal(0, r.status)
    assert.equal(0, #btfl.report.read(r.out).findings)
  end)

  it("is filtered as the README shows", function()
    local shown
    for block in run.read("README.md"):gmatch "```lua\n(.-)```" do
      if block:find("report.read", 1, true) then shown = block end
    end
    local all = { "check", OBJECT, "-t", KERNEL, "--format", "json" }
    local script = tmp.write("ours.lua", shown)
    assert.equal(1, chain(all, { script, "--format", "tsv" }).status)
    local r = chain(all, { tmp.write("theirs.lua", (shown:gsub("/vendor/", "example"))), "--format", "tsv" })
    assert.same({ "level\trule\tobject\tprogram\ttarget\tat\tmessage\n", "", 0 }, { r.out, r.err, r.status })
  end)

  it("merges with others as one run would", function()
    local function read(...) return btfl.report.read(run({ ... }).out) end
    local whole = run { "check", OBJECT, "spec/fixtures/fixed.bpf.o", "-t", KERNEL, "--all" }
    local parts = btfl.report "check"
    for _, object in ipairs { OBJECT, "spec/fixtures/fixed.bpf.o" } do
      parts:append(read("check", object, "-t", KERNEL, "--all", "--format", "json"))
    end
    assert.equal(whole.out, parts:merge():render "text")
  end)

  it("has lines with their fields", function()
    local report = btfl.report.read(run({ "check", OBJECT, "-t", KERNEL, "--format", "json" }).out)
    local at = report.findings[1].at
    assert.same({ "./example.bpf.c", "example.bpf.c", 92, 2 }, { at.file, at.name, at.line, at.column })
    assert.equal("./example.bpf.c:92:2", tostring(at))
  end)

  it("keeps the order of facts, and words facts within facts", function()
    local report = btfl.report "r"
    report:summary { order = { "z", "n", "a" }, z = 1, a = 2, n = { order = { "y", "b" }, b = 1, y = 2 } }
    report:note { rule = "r", message = "m", details = { order = { "z", "a" }, z = 1, a = { "x", "y" } } }
    report:error { rule = "e", message = "m", at = "a.c", notes = {}, help = {} }
    local again = btfl.report.read(report:render "json")
    assert.equal("note[r]: m\n   = z: 1, a: x, y\n\nerror[e]: m\n  --> a.c\n\nz 1, n 2 y, 1 b, a 2\n",
      again:render "text")
    assert.equal(report:render "json", again:render "json")
    assert.equal(again:render "sarif", btfl.report.read(again:render "json"):render "sarif")
  end)

  it("is refused in one line when btfl did not write it", function()
    local function refused(want, text)
      local ok, err = pcall(btfl.report.read, text, "in.json")
      assert.is_false(ok, text)
      assert.equal("btfl.error", require "btfl.class"(err))
      assert.same({ "format", "in.json" }, { err.code, err.file })
      assert.equal("in.json: no report that btfl wrote: " .. want, tostring(err))
    end
    refused("no valid JSON value (reached the end)", "")
    refused("unterminated object at line 1, column 1", '{"report":"x"')
    refused("text behind the end", '{"report":"x"}\n{"report":"y"}')
    refused("it has no `report`", "[]")
    refused("it has no `report`", "5")
    refused("it has no `report`", '{"version":"2.1.0"}')
    refused("it is nested too deeply", ('{"report":'):rep(70) .. "1" .. ("}"):rep(70))
    refused("nested too deeply", ("["):rep(1000000))
    refused("`report` is no text", '{"report":{}}')
    refused("`findings` is no list", '{"report":"x","findings":{}}')
    refused("finding 2 is no object", '{"report":"x","findings":[{"level":"note","rule":"r","message":"m"},5]}')
    local function finding(fields)
      return ('{"report":"x","findings":[{"level":"note","rule":"r","message":"m",%s}]}'):format(fields)
    end
    refused("finding 1 has a field `mesage`", finding '"mesage":1')
    refused("`level` of finding 1 is error, warning or note", finding '"level":"info"')
    refused("`message` of finding 1 is no text", finding '"message":[]')
    refused("`at` of finding 1 is no integer", finding '"at":{"file":"a.c","line":"1","column":2}')
    refused("`at` of finding 1 is no text", finding '"at":{"line":1,"column":2}')
    refused("`notes` of finding 1 is no list", finding '"notes":"n"')
    refused("`notes` of finding 1 is no text", finding '"notes":[[]]')
    refused("`count` of finding 1 is no integer", finding '"count":1.5')
    refused("`insn` of finding 1 is no object", finding '"insn":[]')
    refused("`details` of finding 1 is no object", finding '"details":5')
    refused("finding 1 has no `rule`", '{"report":"x","findings":[{"level":"note","message":"m"}]}')
    refused("row 1 has `b`, which is no column", '{"report":"x","columns":["a"],"rows":[{"b":1}]}')
    refused("`columns` is no text", '{"report":"x","columns":[{}]}')
    refused("a name is a string, not 1", '{"report":"x","rows":[{1:2}]}')
    assert.error_matches(function() btfl.report.read(5) end, "bad argument #1 to .read. %(string expected, got number")
    local r = run.program { "sh", "-c",
      ("echo x | %s -e 'btfl.report.read(io.read \"a\")'"):format(run.quote(run.btfl)) }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("^btfl: no report that btfl wrote: [^\n]*\n$", r.err)
  end)

  it("is rendered whatever its values are", function()
    local text = [==[{"report":"x","columns":["a","b"],"rows":[{"a":{"n":[1,{"k":null}]},"b":[[]]}],
      "summary":[{"object":{},"target":[1],"text":5,"n":{"k":{"l":"m"}}},{"a":[1,2]}],"blocks":[[1,"x"]],
      "findings":[{"level":"error","rule":1,"message":true,"object":2,"program":3,"target":4,"mark":5,
        "at":{"file":"","line":-1,"column":-5,"text":"\u001b[31m"},"count":-1,"programs":[null,1],
        "insn":{"index":{},"bytes":[],"text":5},"details":{"access":[],"kind":{},"order":5,"cause":{"x":[]}},
        "notes":[1,false,null],"help":[2],"fine":[3],"targets":[4]}],"failures":[0]}]==]
    for _, format in ipairs(FORMATS) do
      local report = btfl.report.read(text)
      assert.is_string(report:render(format), format)
      assert.is_string(report:merge():render(format), format)
    end
  end)
end)
