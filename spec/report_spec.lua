--- Reports: what scripts put in, what each format makes of it, where it is written.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local made = 0

-- A source line as an object has it.
local function line(fields)
  local b = btf.new()
  local o = object.new(b)
  fields.insn = 0
  made = made + 1
  o:program { insns = { object.mov(0, 0), object.exit() }, lines = { fields } }
  local opened = btfl.object(tmp.write(("line%d.o"):format(made), o:bytes()))
  return opened:programs()():line(0)
end

local function lines(text)
  local out = {}
  for l in text:gmatch("([^\n]*)\n") do out[#out + 1] = l end
  return out
end

describe("a report", function()
  teardown(tmp.clean)

  it("is clean until an error is found", function()
    local r = btfl.report "r"
    assert.equal(0, r.status)
    r:note { rule = "n", message = "n" }
    r:warning { rule = "w", message = "w" }
    assert.equal(0, r.status)
    r:error { rule = "e", message = "e" }
    assert.equal(1, r.status)
    r:failure "f"
    r:error { rule = "e", message = "e" }
    assert.equal(2, r.status)
    assert.equal("note", r.findings[1].level)
    assert.equal(4, #r.findings)
  end)

  it("outlives the objects and kernels that it is about, in every format", function()
    local object_ = btfl.object "spec/fixtures/example.bpf.o"
    local target = btfl.target "spec/fixtures/small.btf"
    local r, texts = object_:check(target), {}
    local formats = { "text", "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown" }
    for i, format in ipairs(formats) do texts[i] = r:render(format) end
    assert.equal("btfl.line", require "btfl.class"(r.findings[1].at))
    object_:close()
    target:close()
    for i, format in ipairs(formats) do assert.equal(texts[i], r:render(format)) end
    assert.has_error(function()
      r:error { rule = "e", message = "e", at = object_:relos()().line }
    end)
  end)

  it("is clean again when what was wrong is taken out", function()
    local r = btfl.report "r"
    r:error { rule = "e", message = "e" }
    r:warning { rule = "w", message = "w" }
    r:failure "f"
    table.remove(r.failures)
    assert.equal(1, r.status)
    r.findings[1].level = "note"
    assert.equal(0, r.status)
    r.findings[1].level = "error"
    table.remove(r.findings, 1)
    assert.equal(0, r.status)
    assert.error_matches(function() r.status = 0 end, "status follows from its findings and failures")
  end)

  it("keeps the findings that a filter wants", function()
    local r = btfl.report "r"
    for _, rule in ipairs { "a", "b", "c" } do r:error { rule = rule, message = "m" } end
    assert.equal(r, r:filter(function(finding) return finding.rule ~= "b" end))
    assert.same({ "a", "c" }, { r.findings[1].rule, r.findings[2].rule })
    r:filter(function(finding)
      finding.level = "note"
      return finding.rule == "c"
    end)
    assert.same({ 1, 0 }, { #r.findings, r.status })
    assert.equal("note[c]: m\n", r:render "text")
    assert.error_matches(function() r:filter "c" end, "bad argument #1 to .filter. %(function expected, got string")
    assert.error_matches(function() r:filter() end, "function expected, got no value")
    assert.error_matches(function()
      r:filter(function(finding)
        finding.level = "info"
        return true
      end)
    end, "level is error, warning or note, not info")
    assert.equal(0, #r:filter(function() end).findings)
  end)

  it("keeps a copy of a finding", function()
    local r, f = btfl.report "r", { rule = "e", message = "one" }
    r:error(f)
    f.message = "two"
    assert.equal("one", r.findings[1].message)
    assert.is_nil(f.level)
  end)

  it("refuses what it does not know", function()
    local r = btfl.report("r", { columns = { "name", "size" } })
    assert.error_matches(function() r:error { rule = "e", mesage = "x" } end, "`mesage` %(did you mean `message`")
    assert.error_matches(function() r:error { rule = "e" } end, "message is a string")
    assert.error_matches(function() r:row { nane = 1 } end, "`nane` %(did you mean `name`")
    assert.error_matches(function() return r.statsu end, "`statsu` %(did you mean `status`")
    assert.error_matches(function() r.statsu = 3 end, "`statsu` %(did you mean `status`")
    assert.error_matches(function() r:render "jsno" end, "`jsno` %(did you mean `json`")
    assert.error_matches(function() btfl.report("r", { colums = {} }) end, "`colums` %(did you mean `columns`")
    assert.error_matches(function() btfl.report() end, "needs a name")
    assert.error_matches(function() r:append(5) end, "bad argument #1 to .append. %(btfl.report expected, got number")
    assert.error_matches(function() r:append {} end, "btfl.report expected, got table")
  end)

  it("takes in another report", function()
    local a, b = btfl.report "a", btfl.report "b"
    b:error { rule = "e", message = "m" }
    b:summary { n = 1 }
    b:failure "f"
    assert.equal(a, a:append(b))
    assert.same({ 2, 1, 1, 1 }, { a.status, #a.findings, #a.summaries, #a.failures })
  end)

  it("shows each value as itself, whatever stood in other rows", function()
    local r = btfl.report("r", { columns = { "a", "b" } })
    r:row { a = 3, b = "x" }
    r:row { a = 3.0, b = "3" }
    r:row { a = "3.0", b = false }
    r:row { a = "false", b = 3 }
    r:row { a = -0.5 }
    assert.equal("a\tb\n3\tx\n3.0\t3\n3.0\tfalse\nfalse\t3\n-0.5\t-\n", r:render "tsv")
    assert.same({ "a      b", "3      x", "3.0    3", "3.0    false", "false  3", "-0.5   -" }, lines(r:render "text"))
    assert.same({ '{"a":3,"b":"x"}', '{"a":3.0,"b":"3"}', '{"a":"3.0","b":false}', '{"a":"false","b":3}',
      '{"a":-0.5,"b":null}' }, lines(r:render "jsonl"))
  end)

  it("groups rows by what is shown of them", function()
    local r = btfl.report("r", { columns = { "o", "x" }, text = { "x" }, group = { "o" } })
    r:row { o = 1, x = "a" }
    r:row { o = "1", x = "b" }
    r:row { x = "c" }
    r:row { o = 1, x = "d" }
    assert.same({ "1", "x", "a", "b", "", "", "x", "c", "", "1", "x", "d" }, lines(r:render "text"))
  end)

  it("shows rows once that are the same for several values of the last column they are grouped by", function()
    local r = btfl.report("r", { columns = { "o", "k", "x" }, text = { "x" }, group = { "o", "k" } })
    for _, row in ipairs { { "p", "k1", "a" }, { "p", "k1", "b" }, { "p", "k2", "a" }, { "p", "k3", "a" },
      { "p", "k3", "b" }, { "q", "k1", "a" }, { "q", nil, "a" }, { "q", "k2", "a" } } do
      r:row { o = row[1], k = row[2], x = row[3] }
    end
    assert.same({ "p, k1, k3", "x", "a", "b", "", "p, k2", "x", "a", "", "q, k1, k2", "x", "a", "", "q", "x", "a" },
      lines(r:render "text"))
    local many = btfl.report("r", { columns = { "k", "x" }, text = { "x" }, group = { "k" } })
    for i = 1, 9 do many:row { k = "k" .. i, x = "a" } end
    assert.same({ "k1, k2, k3, k4 and 5 more", "x", "a" }, lines(many:render "text"))
  end)

  it("has one line for kernels on which an object is the same", function()
    local r = btfl.report "r"
    for _, one in ipairs { { "o", "k1", "1 ok" }, { "o", "k2", "2 ok" }, { "o", "k3", "1 ok" },
      { "p", "k1", "1 ok" } } do
      r:summary { object = one[1], target = one[2], text = ("%s on %s: %s"):format(table.unpack(one)) }
    end
    r:summary { object = "o", target = "k4", text = "in other words" }
    r:summary { object = "o", target = "k4", text = "in other words" }
    assert.same({ "o on k1, k3: 1 ok", "o on k2: 2 ok", "p on k1: 1 ok", "in other words", "in other words" },
      lines(r:render "text"))
  end)

  it("comes in pieces, however many findings there are with the names of many kernels", function()
    for format, kernels in pairs { tsv = 1000, json = 1000, jsonl = 1000, junit = 100 } do
      local r, targets, text, most = btfl.report "r", {}, {}, 0
      for i = 1, kernels do targets[i] = ("6.%d-generic-amd64"):format(i) end
      for i = 1, 400 do r:error { rule = "e", message = "m" .. i, object = i // 10 .. ".o", targets = targets } end
      local whole = r:render(format)
      local rest = r:render(format, { put = function(piece)
        text[#text + 1], most = piece, math.max(most, #piece)
      end })
      assert.equal(whole, table.concat(text) .. rest)
      assert.is_true(#whole > 6 << 20 and most < 2 << 20, ("%s %d %d"):format(format, #whole, most))
    end
  end)

  it("takes little memory for the names of many kernels in each of many findings", function()
    local r = run { tmp.write("names.lua", [[
local kept, targets, r = {}, {}, btfl.report "r"
for i = 1, 500000 do kept[i] = { i } end
for i = 1, 1000 do targets[i] = ("6.%d-generic-amd64"):format(i) end
for i = 1, 2000 do r:error { rule = "e", message = "m" .. i, targets = targets } end
collectgarbage()
local before, most = collectgarbage "count", 0
debug.sethook(function() most = math.max(most, collectgarbage "count") end, "", 1000)
r:render("tsv", { put = function() end })
debug.sethook()
print((most - before) // 1024 | 0)]]) }
    assert.equal("", r.err)
    assert.is_true(tonumber(r.out) < 20, r.out)
  end)

  describe("as tsv", function()
    it("is a header and rows, - for nothing", function()
      local r = btfl.report("r", { columns = { "a", "b", "c" } })
      r:row { a = 1, c = "x" }
      r:row { b = -1, c = true }
      assert.equal("a\tb\tc\n1\t-\tx\n-\t-1\ttrue\n", r:render "tsv")
    end)

    it("keeps a value in its field", function()
      local r = btfl.report("r", { columns = { "a", "b" } })
      r:row { a = "x\ty\nz\r\27[31m", b = "\xff" }
      assert.equal("a\tb\nx\\ty\\nz\\r\\x1b[31m\t\\xff\n", r:render "tsv")
    end)

    it("takes the columns from the rows when none are given", function()
      local r = btfl.report "r"
      r:row { b = 2 }
      r:row { a = 1 }
      assert.equal("a\tb\n-\t2\n1\t-\n", r:render "tsv")
    end)

    it("lists findings when there is no table", function()
      local r = btfl.report "r"
      r:error { rule = "e", message = "m", object = "o", program = "p", target = "t",
        at = line { file = "f.c", line = 3, column = 7 } }
      assert.equal("level\trule\tobject\tprogram\ttarget\tat\tmessage\nerror\te\to\tp\tt\tf.c:3:7\tm\n",
        r:render "tsv")
    end)
  end)

  describe("as json", function()
    local r
    before_each(function()
      r = btfl.report("r", { columns = { "z", "a" } })
      r:row { z = 9007199254740991, a = 9007199254740992 }
      r:row { a = -9007199254740992 }
      r:row { z = btfl.u64(-1), a = "\xfe\"\n" }
      r:warning { rule = "w", message = "m", details = { order = { "z", "a" }, a = 1, b = { 2, 3 }, z = 4 },
        notes = { "n" }, at = line { file = "f.c", line = 3, column = 7, text = "\tx = 1;" } }
      r:summary { order = { "z" }, a = 1, z = 2, text = "for people" }
      r:failure "no such file"
    end)

    local rows = {
      '{"z":9007199254740991,"a":"9007199254740992"}',
      '{"z":null,"a":"-9007199254740992"}',
      '{"z":"18446744073709551615","a":"\\\\xfe\\"\\n"}',
    }
    local finding = '{"level":"warning","rule":"w","message":"m",'
      .. '"at":{"file":"f.c","line":3,"column":7,"text":"\\tx = 1;"},'
      .. '"details":{"z":4,"a":1,"b":[2,3]},"notes":["n"],"fingerprint":"f0b8a5787c6d9ae4:1"}'

    it("keeps 64-bit values and the order of keys", function()
      local text = r:render "json"
      for _, row in ipairs(rows) do assert.matches(row, text, 1, true) end
      assert.matches(finding, text, 1, true)
      assert.matches('{"z":2,"a":1,"text":"for people"}', text, 1, true)
      local value = assert(dkjson.decode(text))
      assert.equal("r", value.report)
      assert.equal(2, value.status)
      assert.equal(3, #value.rows)
      assert.same({ "no such file" }, value.failures)
    end)

    it("is a line for each thing as jsonl", function()
      assert.same({ rows[1], rows[2], rows[3], finding, '{"summary":{"z":2,"a":1,"text":"for people"}}',
        '{"failure":"no such file"}' }, lines(r:render "jsonl"))
    end)

    it("has empty lists when nothing was found", function()
      local value = assert(dkjson.decode(btfl.report("r"):render "json"))
      assert.same({ {}, {}, {} }, { value.findings, value.summary, value.failures })
      assert.equal(0, value.status)
      assert.equal("", btfl.report("r"):render "jsonl")
    end)
  end)

  describe("as text", function()
    it("shows the source line with the access underlined", function()
      local r = btfl.report "r"
      r:error { rule = "no-field", message = "struct t has no member `state`", mark = "state",
        at = line { file = "exec.bpf.c", line = 41, column = 12, text = "\tlong restate = READ(t, state);" },
        object = "exec.bpf.o", program = "handle", target = "6.12",
        details = { order = { "kind" }, kind = "byte_off", access = "t.state" }, notes = { "so it is" } }
      assert.same({
        "error[no-field]: struct t has no member `state`",
        "  --> exec.bpf.c:41:12   exec.bpf.o, program handle",
        "   |",
        "41 |         long restate = READ(t, state);",
        "   |                                ^^^^^",
        "   = kind: byte_off, access: t.state",
        "   = target: 6.12",
        "   = so it is",
      }, lines(r:render "text"))
    end)

    it("underlines the member rather than a variable of its name", function()
      local function under(text, column)
        local r = btfl.report "r"
        r:note { rule = "n", message = "m", mark = "x", at = line { text = text, column = column } }
        local out = lines(r:render "text")
        return (out[5]:gsub("^  | ", ""))
      end
      assert.equal("        ^", under("x = p-> x + x;", 1))
      assert.equal("      ^", under("x = p.x;", 1))
      assert.equal("  ^", under("p.x = p.x;", 3))
      assert.equal("        ^", under("xx = (p, x);", 1):sub(2))
    end)

    it("points at the column when the name is not there", function()
      local r = btfl.report "r"
      r:note { rule = "n", message = "m", mark = "state", at = line { line = 5, column = 5, text = "x = Y(t);" } }
      assert.same({ "note[n]: m", " --> test.bpf.c:5:5", "  |", "5 | x = Y(t);", "  |     ^" },
        lines(r:render "text"))
    end)

    it("has no marker outside of the line, and no frame without text", function()
      local r = btfl.report "r"
      r:note { rule = "n", message = "m", at = line { line = 5, column = 99, text = "x = 1;" } }
      r:note { rule = "n", message = "m", at = line { line = 6, text = "" } }
      r:note { rule = "n", message = "m", at = "somewhere" }
      assert.same({ "note[n]: m", " --> test.bpf.c:5:99", "  |", "5 | x = 1;", "",
        "note[n]: m", " --> test.bpf.c:6:1", "", "note[n]: m", "  --> somewhere" }, lines(r:render "text"))
    end)

    it("lets no control character through", function()
      local r = btfl.report("r", { columns = { "a\27" }, title = "t\27" })
      local evil = "\27[31m\r\n\7\xc2\x9b\xe2\x80\xae\xff"
      r:error { rule = evil, message = evil, object = evil, program = evil, target = evil, notes = { evil },
        details = { [evil] = evil }, at = line { file = evil, text = evil, column = 3 } }
      r:row { ["a\27"] = evil }
      r:summary { [evil] = evil }
      r:text(evil)
      for _, color in ipairs { false, true } do
        local text = r:render("text", { color = color }):gsub("\27%[[0-9;]*m", color and "" or "%0")
        assert.is_nil(text:find("[^\n\32-\126]"))
      end
    end)

    it("keeps UTF-8 and aligns it", function()
      local r = btfl.report("r", { columns = { "name", "n" } })
      r:row { name = "größe", n = 5 }
      r:row { name = "long name", n = 100 }
      r:row { name = "none" }
      assert.same({ "name         n", "größe        5", "long name  100", "none         -" },
        lines(r:render "text"))
    end)

    it("shows its own columns, and groups once", function()
      local r = btfl.report("r", { columns = { "o", "x" }, text = { "y" }, group = { "o" } })
      r:row { o = "A", x = 1, y = "a" }
      r:row { o = "A", x = 2, y = "b" }
      r:row { o = "B", x = 3, y = "c" }
      assert.same({ "A", "y", "a", "b", "", "B", "y", "c" }, lines(r:render "text"))
      assert.equal("o\tx\nA\t1\nA\t2\nB\t3\n", r:render "tsv")
    end)

    it("shows blocks in place of the table, then the summary", function()
      local r = btfl.report("r", { columns = { "x" }, title = "T" })
      r:row { x = 1 }
      r:text "one\n\ttwo\n"
      r:summary { order = { "n" }, a = "x", n = 2 }
      r:summary { text = "in words", n = 2 }
      assert.same({ "T", "", "one", "\ttwo", "", "n 2, a x", "in words" }, lines(r:render "text"))
    end)

    it("is coloured only when asked", function()
      local r = btfl.report "r"
      r:error { rule = "e", message = "m" }
      assert.is_nil(r:render("text"):find("\27"))
      assert.matches("\27[1;31merror[e]\27[0m", r:render("text", { color = true }), 1, true)
    end)
  end)
end)

describe("the output of a report", function()
  teardown(tmp.clean)

  local script
  setup(function()
    script = tmp.write("found.lua", [[
local cli = btfl.cli { about = "finds", usage = "", objects = false, targets = false }
local out = btfl.report("found", { columns = { "a" } })
out:row { a = 1 }
out:error { rule = "e", message = "m", object = "o.o" }
return out]])
  end)

  it("goes to stdout, and findings that a table has no place for to stderr", function()
    local r = run { script, "--format", "tsv" }
    assert.same({ "a\n1\n", "btfl found: o.o: error[e]: m\n", 1 }, { r.out, r.err, r.status })
  end)

  it("has colour on demand only when it is no terminal", function()
    assert.is_nil(run({ script }).out:find("\27"))
    assert.is_nil(run({ script }, { env = { NO_COLOR = "" } }).out:find("\27"))
    assert.truthy(run({ script, "--color", "always" }, { env = { NO_COLOR = "1" } }).out:find("\27"))
  end)

  it("has colour on a terminal, unless NO_COLOR is set", function()
    if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end
    local function on_terminal(env, ...)
      local command = run.btfl .. " " .. script .. (" %s"):rep(select("#", ...)):format(...)
      local env_all = { TERM = "xterm", NO_COLOR = false }
      for k, v in pairs(env) do env_all[k] = v end
      return run.program({ "script", "-qec", command, "/dev/null" }, { env = env_all }).out
    end
    assert.truthy(on_terminal({}):find("\27%[1;31merror"))
    assert.is_nil(on_terminal({ NO_COLOR = "1" }):find("\27"))
    assert.is_nil(on_terminal({ TERM = "dumb" }):find("\27"))
    assert.is_nil(on_terminal({}, "--color", "never"):find("\27"))
  end)

  it("goes to a file, which is replaced in one step", function()
    local dir = tmp.mkdir "out"
    local path = tmp.write("out/report", "old")
    local r = run { script, "--format", "jsonl", "-o", path }
    assert.same({ "", 1 }, { r.out, r.status })
    local finding = '{"level":"error","rule":"e","message":"m","object":"o.o","fingerprint":"05ff07f88bd4d877:1"}'
    assert.equal('{"a":1}\n' .. finding .. "\n", tmp.read(path))
    assert.equal("report\n", (tmp.run("ls " .. dir)))
  end)

  it("leaves the file as it was when the report cannot be rendered", function()
    local path = tmp.write("kept", "old")
    local bad = tmp.write("bad.lua", [[
btfl.cli { about = "x", usage = "", objects = false, targets = false }
local out = btfl.report "bad"
local loop = {}
loop.loop = loop
out:summary { loop = loop }
return out]])
    local r = run { bad, "--format", "json", "-o", path }
    assert.equal(2, r.status)
    assert.equal("old", tmp.read(path))
  end)

  it("writes into a device and follows a link", function()
    assert.equal(1, run({ script, "-o", "/dev/null" }).status)
    assert.equal(0, select(3, tmp.run("test -c /dev/null")))
    local path = tmp.write("real", "old")
    assert(os.execute(("ln -s '%s' '%s'"):format(path, tmp.path "link")))
    assert.equal(1, run({ script, "--format", "tsv", "-o", tmp.path "link" }).status)
    assert.equal("a\n1\n", tmp.read(path))
    assert.equal(0, select(3, tmp.run(("test -L '%s'"):format(tmp.path "link"))))
  end)

  it("says in one line where it cannot be written", function()
    local r = run { script, "-o", "/nowhere/report" }
    assert.matches("^btfl: /nowhere/report: cannot [^\n]*: No such file or directory\n$", r.err)
    assert.equal(2, r.status)
    local out, err, status = tmp.run(("%s %s >/dev/full"):format(run.quote(run.btfl), run.quote(script)))
    assert.same({ "", "btfl: standard output: No space left on device\n", 2 }, { out, err, status })
  end)
end)
