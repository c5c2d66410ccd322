--- The formats for other tools: each read back by a reader that is not btfl's, from ordinary and from
--- hostile reports; and the formats of users.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local hostile = require "spec.support.hostile"
local object = require "spec.support.object"
local run = require "spec.support.run"
local sarif = require "spec.support.sarif"
local tmp = require "spec.support.tmp"

local made = 0

-- A source line as an object has it.
local function line(fields)
  local o = object.new(btf.new())
  fields.insn = 0
  made = made + 1
  o:program { insns = { object.mov(0, 0), object.exit() }, lines = { fields } }
  return btfl.object(tmp.write(("line%d.o"):format(made), o:bytes())):programs()():line(0)
end

-- A line that holds any bytes; the builder's strings end at a NUL.
local function raw_line(file, text, number, column)
  return line { file = (file:gsub("%z", "")), text = (text:gsub("%z", "")), line = number, column = column }
end

local function decode(text)
  return assert(dkjson.decode(text))
end

local function fields(number)
  return { rule = "no-field", message = "struct t has no member `state`", mark = "state", object = "x/exec.bpf.o",
    program = "handle", target = "6.12",
    at = line { file = "./src/exec.bpf.c", line = number or 41, column = 4, text = "\tst = READ(t->state);" },
    details = { order = { "access" }, access = "t.state", kind = "byte_off" }, notes = { "so it is" },
    help = { "guard it" } }
end

local function sample()
  local r = btfl.report "check"
  r:error(fields())
  r:warning { rule = "w", message = "w", object = "x/exec.bpf.o", target = "6.1" }
  r:note { rule = "no-btf", message = "n" }
  for _, target in ipairs { "6.12", "6.1", "5.10" } do
    r:summary { order = { "object", "target", "ok" }, object = "x/exec.bpf.o", target = target, ok = 3, text = "t" }
  end
  r:failure "no such file"
  return r
end

-- One report for each hostile name, with that name wherever a name may stand.
local function hostile_report(name)
  local r = btfl.report(name, { columns = { name } })
  for _, add in ipairs { "error", "warning", "note" } do
    r[add](r, { rule = name, message = name, mark = name, object = name, program = name, target = name,
      at = raw_line(name, "x(" .. name .. ")", 3, 3), notes = { name }, help = { name },
      details = { [name] = name, access = name } })
    r[add](r, { rule = name, message = name, object = name, targets = { name, "b" }, programs = { name, "b" },
      fine = { name }, count = 2, insn = { index = 0, bytes = name, text = name } })
    r[add](r, { rule = name, message = name, at = name })
  end
  r:row { [name] = name }
  r:summary { object = name, target = name, [name] = name, text = name }
  r:failure(name)
  return r
end

local function each_hostile(visit)
  for _, name in ipairs(hostile) do visit(hostile_report(name), name) end
end

describe("a report as sarif", function()
  teardown(tmp.clean)

  it("keeps the rules of the schema", function()
    local log = decode(sample():render "sarif")
    sarif.check(log)
    local result = log.runs[1].results[1]
    assert.same({ "no-field", 0, "error" }, { result.ruleId, result.ruleIndex, result.level })
    assert.same({ { physicalLocation = {
      artifactLocation = { uri = "src/exec.bpf.c", uriBaseId = "SRCROOT" },
      region = { startLine = 41, startColumn = 15, endColumn = 20, snippet = { text = "\tst = READ(t->state);" } } },
      logicalLocations = { { name = "handle", fullyQualifiedName = "x/exec.bpf.o:handle", kind = "function" } } } },
      result.locations)
    assert.same({ "error", "warning", "note" },
      { result.level, log.runs[1].results[2].level, log.runs[1].results[3].level })
    assert.equal("struct t has no member `state`\nOn 6.12.\nso it is\nHelp: guard it", result.message.text)
  end)

  it("takes the rules' help from the reasons", function()
    local rule = decode(sample():render "sarif").runs[1].tool.driver.rules[1]
    assert.equal("no-field", rule.id)
    assert.equal(btfl.reasons["no-field"].title, rule.shortDescription.text)
    assert.is_not_nil(rule.help.text:find(btfl.reasons["no-field"].todo, 1, true))
  end)

  it("says what could not be done", function()
    local invocation = decode(sample():render "sarif").runs[1].invocations[1]
    assert.is_false(invocation.executionSuccessful)
    assert.equal("no such file", invocation.toolExecutionNotifications[1].message.text)
    assert.is_true(decode(btfl.report("r"):render "sarif").runs[1].invocations[1].executionSuccessful)
  end)

  local function fingerprint(change)
    local f = fields()
    for name, value in pairs(change or {}) do f[name] = value end
    local r = btfl.report "check"
    r:error(f)
    return decode(r:render "sarif").runs[1].results[1].partialFingerprints["btflFinding/v2"]
  end

  it("has a fingerprint that outlives new lines above and other kernels", function()
    local first = fingerprint()
    assert.equal(first, fingerprint { at = fields(97).at })
    assert.equal(first, fingerprint { target = "7.0", program = "other", notes = {} })
    assert.not_equal(first, fingerprint { rule = "incompatible" })
    assert.not_equal(first, fingerprint { details = { access = "t.pid" } })
    assert.not_equal(first, fingerprint { at = line { file = "./src/exec.bpf.c", text = "READ(t->state)" } })
    assert.not_equal(first, fingerprint { at = line { file = "b.c", text = "\tst = READ(t->state);" } })
  end)

  it("has the same fingerprint in json, jsonl and Lua, which a filter does not change", function()
    local r = btfl.report "check"
    r:error(fields(1))
    r:error(fields(2))
    local function of_sarif()
      local out = {}
      for i, result in ipairs(decode(r:render "sarif").runs[1].results) do
        out[i] = result.partialFingerprints["btflFinding/v2"]
      end
      return out
    end
    local prints = of_sarif()
    for i, finding in ipairs(decode(r:render "json").findings) do assert.equal(prints[i], finding.fingerprint) end
    assert.equal(prints[2], decode((r:render "jsonl"):match "\n([^\n]+)\n").fingerprint)
    r:merge()
    assert.same(prints, { r.findings[1].fingerprint, r.findings[2].fingerprint })
    r:filter(function(finding) return finding.at.line == 2 end)
    assert.same({ prints[2] }, of_sarif())
    assert.equal(prints[2], btfl.report.read(r:render "json").findings[1].fingerprint)
    r:append(btfl.report.read(r:render "json"))
    sarif.check(decode(r:render "sarif"))
  end)

  it("tells findings of one fingerprint apart by their order", function()
    local r = btfl.report "check"
    r:error(fields(1))
    r:error(fields(2))
    local results = decode(r:render "sarif").runs[1].results
    sarif.check(decode(r:render "sarif"))
    assert.matches(":1$", results[1].partialFingerprints["btflFinding/v2"])
    assert.matches(":2$", results[2].partialFingerprints["btflFinding/v2"])
  end)

  local paths = {
    { "./a.c", "a.c" }, { "a//b/./c/../d.c", "a/b/d.c" }, { "../src/a.c", "src/a.c" },
    { "/build/reproducible-path/bpfcc-0.31.0+ds/tools/./x.c", "tools/x.c" },
    { "/builddir/build/BUILD/pkg-1/x.c", "x.c" }, { "/usr/src/debug/pkg-1/src/x.c", "src/x.c" },
    { "/home/runner/work/repo/repo/bpf/x.c", "bpf/x.c" }, { run.top .. "/spec/x.c", "spec/x.c" },
    { "a b:c%.c", "a%20b%3Ac%25.c" }, { "gr\xc3\xb6\xff.c", "gr%C3%B6%FF.c" },
  }
  for _, case in ipairs(paths) do
    it("has " .. case[1]:gsub("[\128-\255]", "?") .. " relative to the sources", function()
      local r = btfl.report "r"
      r:error { rule = "r", message = "m", at = line { file = case[1], text = "x" } }
      local log = decode(r:render "sarif")
      sarif.check(log)
      assert.same({ uri = case[2], uriBaseId = "SRCROOT" },
        log.runs[1].results[1].locations[1].physicalLocation.artifactLocation)
    end)
  end

  it("leaves a path absolute whose sources cannot be told", function()
    local r = btfl.report "r"
    r:error { rule = "r", message = "m", at = line { file = "/opt/x.c", text = "x" } }
    local log = decode(r:render "sarif")
    sarif.check(log)
    assert.same({ uri = "file:///opt/x.c" }, log.runs[1].results[1].locations[1].physicalLocation.artifactLocation)
  end)

  it("counts columns in characters", function()
    local r = btfl.report "r"
    r:error { rule = "r", message = "m", mark = "state", at = line { text = "/* größe */ p->state", column = 1 } }
    local region = decode(r:render "sarif").runs[1].results[1].locations[1].physicalLocation.region
    assert.same({ 16, 21 }, { region.startColumn, region.endColumn })
  end)

  it("keeps the rules with hostile names", function()
    each_hostile(function(r, name)
      local text = r:render "sarif"
      assert.is_not_nil(utf8.len(text))
      local ok, message = pcall(sarif.check, decode(text))
      assert.is_true(ok, ("%q: %s"):format(name, message))
    end)
  end)

  it("is refused by its checker when it breaks a rule", function()
    local function broken(change)
      local log = decode(sample():render "sarif")
      change(log.runs[1], log.runs[1].results[1], log)
      return pcall(sarif.check, log)
    end
    assert.is_true(broken(function() end))
    assert.is_false(broken(function(r) r.tool = nil end))
    assert.is_false(broken(function(_, res) res.level = "fatal" end))
    assert.is_false(broken(function(_, res) res.ruleIndex = 1 end))
    assert.is_false(broken(function(_, res) res.message = {} end))
    assert.is_false(broken(function(_, res) res.colour = "red" end))
    assert.is_false(broken(function(_, res) res.locations[1].physicalLocation.region.startLine = 0 end))
    assert.is_false(broken(function(_, res) res.locations[1].physicalLocation.region.endColumn = 1 end))
    assert.is_false(broken(function(_, res) res.locations[1].physicalLocation.artifactLocation.uri = "a b" end))
    assert.is_false(broken(function(_, res) res.locations[1].physicalLocation.artifactLocation.uri = "/a" end))
    assert.is_false(broken(function(_, _, log) log.version = "2.0.0" end))
  end)

  it("is read by jq", function()
    if run.program({ "sh", "-c", "command -v jq" }).status ~= 0 then return pending "no jq" end
    local r = run.program({ "jq", "-r", ".runs[0].results | length" }, { stdin = sample():render "sarif" })
    assert.same({ "3\n", "", 0 }, { r.out, r.err, r.status })
    each_hostile(function(h)
      for _, format in ipairs { "sarif", "json" } do
        local back = run.program({ "jq", "-e", "type == \"object\"" }, { stdin = h:render(format) })
        assert.same({ "true\n", "" }, { back.out, back.err })
      end
    end)
  end)
end)

-- A reader of XML that takes what junit needs: elements, attributes, text; raises on anything else.
local function read_xml(text)
  assert(utf8.len(text), "no UTF-8")
  assert(not text:find("[%z\1-\8\11\12\14-\31]"), "a control character")
  local at = select(2, assert(text:find("^<%?xml [^?]*%?>%s*"))) + 1
  local entity = { lt = "<", gt = ">", amp = "&", quot = '"', apos = "'" }
  local function plain(raw)
    assert(not raw:find("[<>]"), "a bare angle")
    return (raw:gsub("&([^;]*);?", function(name) return assert(entity[name], "entity " .. name) end))
  end
  local function element()
    local name, rest, stop = text:match("^<([%w-]+)(.-)(/?>)", at)
    assert(name, "no element at " .. at)
    local node = { name = name, attributes = {}, children = {} }
    local _, last = text:find("^<[%w-]+.-/?>", at)
    local left = rest:gsub('%s+([%w_]+)="([^"]*)"', function(key, value)
      assert(not node.attributes[key], "two of " .. key)
      node.attributes[key] = plain(value)
      return ""
    end)
    assert(not left:find("%S"), "junk in a tag: " .. left)
    at = last + 1
    if stop == "/>" then return node end
    while true do
      local run_of = text:match("^[^<]*", at)
      node.text = (node.text or "") .. plain(run_of)
      at = at + #run_of
      local closing = text:match("^</([%w-]+)>", at)
      if closing then
        assert(closing == name, "ends " .. closing)
        at = at + #closing + 3
        return node
      end
      node.children[#node.children + 1] = element()
    end
  end
  local root = element()
  assert(not text:find("%S", at), "junk after the end")
  return root
end

-- What the schemas of the Ant task and of Jenkins demand together: elements in order, attributes all there.
local SUITE = { "errors", "failures", "hostname", "id", "name", "package", "skipped", "tests", "time", "timestamp" }

local function keys_of(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

local function check_case(case)
  assert.same({ "classname", "name", "time" }, keys_of(case.attributes))
  assert.is_true(#case.children <= 1)
  local outcome = case.children[1]
  if not outcome then return nil end
  assert.same(outcome.name == "skipped" and { "message" } or { "message", "type" }, keys_of(outcome.attributes))
  return outcome.name
end

local function check_suite(suite, i)
  assert.same(SUITE, keys_of(suite.attributes))
  assert.equal(tostring(i - 1), suite.attributes.id)
  assert.matches("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d$", suite.attributes.timestamp)
  assert.matches("%S", suite.attributes.name)
  local count, last = { failure = 0, error = 0, skipped = 0 }, #suite.children
  assert.same({ "properties", "system-out", "system-err" },
    { suite.children[1].name, suite.children[last - 1].name, suite.children[last].name })
  for n = 2, last - 2 do
    assert.equal("testcase", suite.children[n].name)
    local outcome = check_case(suite.children[n])
    if outcome then count[outcome] = count[outcome] + 1 end
  end
  assert.same({ last - 3, count.failure, count.error, count.skipped }, { tonumber(suite.attributes.tests),
    tonumber(suite.attributes.failures), tonumber(suite.attributes.errors), tonumber(suite.attributes.skipped) })
end

-- The suites, each with its cases.
local function suites_of(text)
  local root = read_xml(text)
  assert.same({ "testsuites", {} }, { root.name, root.attributes })
  for i, suite in ipairs(root.children) do
    check_suite(suite, i)
    suite.cases = table.move(suite.children, 2, #suite.children - 2, 1, {})
  end
  return root.children
end

describe("a report as junit", function()
  teardown(tmp.clean)

  it("has a suite for each object and kernel, a case for each finding", function()
    local suites, names = suites_of(sample():render "junit"), {}
    for i, suite in ipairs(suites) do
      names[i] = ("%s: %s, %s"):format(suite.attributes.name, suite.attributes.tests, suite.attributes.failures)
    end
    assert.same({ "btfl check: x/exec.bpf.o on 6.12: 1, 1", "btfl check: x/exec.bpf.o on 6.1: 1, 0",
      "btfl check: x/exec.bpf.o on 5.10: 1, 0", "btfl check: 1, 0", "btfl check: inputs: 1, 0" }, names)
    local case = suites[1].cases[1]
    assert.same({ name = "no-field t.state at src/exec.bpf.c:41:4", classname = "handle", time = "0" },
      case.attributes)
    assert.same({ message = "struct t has no member `state`", type = "no-field" }, case.children[1].attributes)
    assert.matches("\n41 |         st = READ%(t%->state%);\n", case.children[1].text)
    assert.matches("^warning%[w%]: w\n", suites[2].children[3].text)
    assert.equal("nothing found", suites[3].cases[1].attributes.name)
    assert.equal("1", suites[5].attributes.errors)
  end)

  it("has a merged finding in the suite of each of its kernels", function()
    local r = btfl.report "check"
    for _, target in ipairs { "a", "b", "c" } do r:summary { object = "o", target = target } end
    r:error { rule = "r", message = "m", object = "o", targets = { "a", "c" } }
    local failures = {}
    for i, suite in ipairs(suites_of(r:render "junit")) do failures[i] = suite.attributes.failures end
    assert.same({ "1", "0", "1" }, failures)
  end)

  it("has one date however often a report is rendered", function()
    local r = btfl.report "r"
    r:error { rule = "e", message = "m" }
    local text = r:render "junit"
    assert(os.execute "sleep 1.1")
    assert.equal(text, r:render "junit")
  end)

  it("has the date that $SOURCE_DATE_EPOCH says", function()
    local r = run({ "check", "spec/fixtures/fixed.bpf.o", "-t", "spec/fixtures/small.btf", "--format", "junit" },
      { env = { SOURCE_DATE_EPOCH = 86400 } })
    assert.equal("1970-01-02T00:00:00", suites_of(r.out)[1].attributes.timestamp)
    for _, wrong in ipairs { "x", "", "9223372036854775807", "-9999999999999", "1.5" } do
      r = run({ "check", "spec/fixtures/fixed.bpf.o", "-t", "spec/fixtures/small.btf", "--format", "junit" },
        { env = { SOURCE_DATE_EPOCH = wrong } })
      assert.equal(0, r.status, wrong)
      suites_of(r.out)
    end
  end)

  it("has a suite for each column of a matrix, a case for each kernel", function()
    local kernel = run.top .. "/spec/fixtures/small.btf"
    local twin = tmp.write("twin.btf", run.read(kernel))
    local matrix = btfl.matrix({ run.top .. "/spec/fixtures/example.bpf.o", run.top .. "/spec/fixtures/fixed.bpf.o" },
      { kernel, twin })
    local suites, said = suites_of(matrix:report():render "junit"), {}
    for i, suite in ipairs(suites) do
      local a = suite.attributes
      said[i] = ("%s %s %s %s"):format(a.name, a.tests, a.failures, a.skipped)
    end
    assert.same({ "btfl matrix: example.bpf.o 2 2 0", "btfl matrix: fixed.bpf.o 2 0 0" }, said)
    local first, second = table.unpack(suites[1].cases)
    assert.same({ "small", "twin" }, { first.attributes.name, second.attributes.name })
    assert.matches("^error%[no%-field%]: .*\n92 |", first.children[1].text)
    assert.equal("as on small", second.children[1].text)
    assert.same({ message = "relocation task_struct.state in handle_exec", type = "rejected" },
      second.children[1].attributes)
  end)

  it("survives hostile names", function()
    each_hostile(function(r, name)
      local ok, message = pcall(suites_of, r:render "junit")
      assert.is_true(ok, ("%q: %s"):format(name, message))
    end)
  end)

  it("is well-formed to xmllint", function()
    if run.program({ "sh", "-c", "command -v xmllint" }).status ~= 0 then return pending "no xmllint" end
    each_hostile(function(r)
      local back = run.program({ "xmllint", "--noout", "-" }, { stdin = r:render "junit" })
      assert.same({ "", 0 }, { back.err, back.status })
    end)
  end)
end)

-- What the runner makes of a line: its command, properties and message; nil for any other text.
local function read_command(text)
  local name, rest, data = text:match("^::([%w-]+)(.-)::(.*)$")
  if not name then return nil end
  local function back(value, colon)
    value = value:gsub("%%0D", "\r"):gsub("%%0A", "\n")
    if colon then value = value:gsub("%%3A", ":"):gsub("%%2C", ",") end
    return (value:gsub("%%25", "%%"))
  end
  local properties = {}
  for pair in rest:gmatch("[^,]+") do
    local key, value = pair:match("^%s*(%w+)=(.*)$")
    assert(key, "no property: " .. pair)
    properties[key] = back(value, true)
  end
  return { name = name, properties = properties, message = back(data) }
end

local function commands(text)
  local out = {}
  assert(text == "" or text:sub(-1) == "\n")
  for l in text:gmatch("([^\n]*)\n") do
    out[#out + 1] = assert(read_command(l), l)
  end
  return out
end

describe("a report as github", function()
  teardown(tmp.clean)

  it("is a command for each finding and failure", function()
    local list = commands(sample():render "github")
    assert.same({ name = "error",
      properties = { file = "src/exec.bpf.c", line = "41", col = "15", endColumn = "20",
        title = "btfl check: no-field" },
      message = "struct t has no member `state`\non 6.12\nso it is\nhelp: guard it" }, list[1])
    assert.same({ "error", "warning", "notice", "error" },
      { list[1].name, list[2].name, list[3].name, list[4].name })
    assert.equal("no such file", list[4].message)
    assert.same({ file = "x/exec.bpf.o", title = "btfl check: w" }, list[2].properties)
  end)

  it("gives what it escapes back, and nothing else", function()
    local r = btfl.report "r"
    r:error { rule = "a:b,c%", message = "50%, 1:2,3%0A", at = "d:e,f%.c" }
    assert.equal("::error file=d%3Ae%2Cf%25.c,title=btfl r%3A a%3Ab%2Cc%25::50%25, 1:2,3%250A\n", r:render "github")
    assert.equal("50%, 1:2,3%0A", commands(r:render "github")[1].message)
  end)

  it("survives hostile names: as many commands as findings, and no other line", function()
    each_hostile(function(r, name)
      local list = commands(r:render "github")
      assert.equal(#r.findings + 1, #list, name)
      for _, c in ipairs(list) do
        assert.is_not_nil(utf8.len(c.message))
        for key in pairs(c.properties) do
          assert.is_not_nil((" file line col endColumn title "):find(" " .. key .. " ", 1, true), key)
        end
      end
    end)
  end)
end)

-- What GFM makes of a comment, as far as it matters: tables, code between fences, other lines.
local function read_markdown(text)
  assert(utf8.len(text), "no UTF-8")
  local doc, fence, current = { tables = {}, code = {}, text = {} }, nil, nil
  for l in text:gmatch("([^\n]*)\n") do
    if fence then
      if l:match("^(`+)%s*$") and #l >= #fence then
        fence = nil
      else
        table.insert(doc.code[#doc.code], l)
      end
    elseif l:find("^```") then
      fence = l:match("^`+")
      doc.code[#doc.code + 1] = {}
    elseif l:find("^|") then
      local cells = {}
      for cell in l:gmatch("|([^|]*)") do cells[#cells + 1] = cell end
      cells[#cells] = nil -- what follows the last bar
      if not current then
        current = {}
        doc.tables[#doc.tables + 1] = current
      end
      current[#current + 1] = cells
    else
      doc.text[#doc.text + 1] = l
    end
    if not l:find("^|") then current = nil end
  end
  assert(not fence, "a fence stays open")
  return doc
end

local function uncode(cell)
  local inner = assert(cell:match("^%s*<code>(.*)</code>%s*$"), cell)
  assert(not inner:find("[<>`@*_~|\\%[%]!]"), "markup in a cell: " .. inner)
  return (inner:gsub("&#(%d+);", function(n) return utf8.char(tonumber(n)) end))
end

describe("a report as markdown", function()
  it("has no column for what is not one word", function()
    local r = btfl.report "r"
    r:summary { object = "a.o", kernel = { release = "6.1.0" }, text = "a.o: fine" }
    local text = r:render "markdown"
    assert.matches("a&#46;o", text, 1, true)
    assert.is_nil(text:find("kernel", 1, true), text)
  end)

  teardown(tmp.clean)

  it("is a table, then each finding folded, then the counts", function()
    local doc = read_markdown(sample():render "markdown")
    assert.equal("### <code>btfl check</code>: 1 error, 1 warning, 1 note", doc.text[1])
    local first = doc.tables[1][3]
    assert.same({ "no-field", "src/exec.bpf.c:41", "struct t has no member `state`", "6.12" },
      { uncode(first[2]), uncode(first[3]), uncode(first[4]), uncode(first[5]) })
    assert.equal(5, #doc.tables[1])
    assert.equal("error[no-field]: struct t has no member `state`", doc.code[1][1])
    assert.equal(3, #doc.code)
    assert.same({ "x/exec.bpf.o", "6.12", "3" },
      { uncode(doc.tables[2][3][1]), uncode(doc.tables[2][3][2]), uncode(doc.tables[2][3][3]) })
  end)

  it("shows a table of rows", function()
    local r = btfl.report("r", { columns = { "a", "b" } })
    assert.matches("nothing found", r:render "markdown")
    r:row { a = "x|y", b = 2 }
    local doc = read_markdown(r:render "markdown")
    assert.equal("### <code>btfl r</code>", doc.text[1])
    assert.not_matches("nothing found", r:render "html")
    r:note { rule = "unknown", message = "m" }
    assert.matches("### <code>btfl r</code>: 1 note\n", r:render "markdown", 1, true)
    assert.same({ "x|y", "2" }, { uncode(doc.tables[1][3][1]), uncode(doc.tables[1][3][2]) })
  end)

  it("stays within what a comment may hold", function()
    local r = btfl.report "r"
    for i = 1, 400 do
      r:error { rule = "r", message = ("m"):rep(40) .. i, object = "o.o", target = "6.1", notes = { ("n"):rep(300) } }
    end
    for i = 1, 400 do
      r:failure(("f"):rep(90) .. i)
      r:summary { object = "o" .. i, target = ("t"):rep(90) }
      r:row { a = i, b = ("b"):rep(90) }
    end
    local text = r:render "markdown"
    for _, cut in ipairs { "%d+ more findings are cut%.", "%d+ more findings are not shown in full%.",
      "%d+ more rows are cut%.", "%d+ more could not be done%." } do assert.matches("\n" .. cut .. "\n", text) end
    assert.is_true(#text < 65536)
    local all = r:render("markdown", { room = 1 << 20 })
    assert.is_nil(all:find "%d more [%l ]+%.\n")
    assert.is_true(#all < 1 << 20)
    assert.is_true(#r:render("markdown", { room = 0 }) < 2000)
  end)

  it("stays so whatever the messages are", function()
    local r = btfl.report(("*"):rep(10))
    for i = 1, 400 do
      r:error { rule = "*", message = ("*"):rep(400) .. i, object = "o.o", target = "6.1" }
      r:failure(("*"):rep(400) .. i)
    end
    assert.is_true(#r:render "markdown" < 65536)
  end)

  -- A report of so many columns and kernels, each of which is a case of its own.
  local function wide(columns, kernels, name)
    local cells = {}
    for t = 1, kernels do
      local target = { name = name .. t, path = "k" .. t }
      for c = 1, columns do
        cells[#cells + 1] = { object = name .. c, target = target.name, kernel = target, shape = "default",
          state = "rejected", case = t, failures = { name .. t }, findings = {}, programs = {
            { program = "p", state = "rejected", verdict = "rejected", rule = name, name = "n" .. t } } }
      end
    end
    local r = btfl.report "matrix"
    r.matrix = { cells = cells, by = "object" }
    return r
  end

  local function trimmed(cell)
    local inner = cell:match "^%s*(.-)%s*$"
    return inner:find "^<code>" and uncode(cell) or inner
  end

  local function row_of(cells)
    local out = {}
    for i, cell in ipairs(cells) do out[i] = trimmed(cell) end
    return out
  end

  it("is the cases of a matrix first, then kernels down and objects across", function()
    local text = wide(2, 3, "x"):render "markdown"
    local doc = read_markdown(text)
    assert.equal("### <code>btfl matrix</code>: nothing found", doc.text[1])
    assert.matches("\n\nEach case of every object is on one of 3 of 3 kernels: <code>x1</code>, ", text)
    local cases, grid = doc.tables[1], doc.tables[2]
    assert.same({ "object", "", "what", "on", "to test" }, row_of(cases[1]))
    assert.same({ "x1", "\u{274c}", "x n1 in p", "x1", "x1" }, row_of(cases[3]))
    assert.equal(2 + 6, #cases)
    assert.same({ "", "x1", "x2" }, row_of(grid[1]))
    assert.same({ "x3", "\u{274c}R", "\u{274c}R" }, row_of(grid[5]))
    assert.matches("\n\u{274c}R the verifier rejects it %(6%)\n", text)
  end)

  it("numbers many columns, and says what of a large matrix is cut", function()
    local text = wide(100, 100, ("*"):rep(30)):render "markdown"
    assert.is_true(#text < 65536, #text)
    for _, cut in ipairs { "%d+ more cases are cut%.", "%d+ more kernels are cut%.", "%d+ more names are cut%." } do
      assert.matches("\n" .. cut .. "\n", text)
    end
    local doc = read_markdown(wide(9, 2, "|`@"):render "markdown")
    assert.same({ "", "1", "2", "3", "4", "5", "6", "7", "8", "9" }, row_of(doc.tables[2][1]))
    assert.equal("|`@2", trimmed(doc.tables[2][4][1]))
  end)

  it("has a megabyte of room in the summary of a job", function()
    local summary = tmp.write("summary", "")
    local argv = { "relos", "spec/fixtures/guards.clang19.o", "-t", "spec/fixtures/small.btf", "--format", "markdown" }
    for _ = 1, 9 do argv[#argv + 1] = "spec/fixtures/guards.clang19.o" end
    local env = { GITHUB_STEP_SUMMARY = summary }
    assert.matches("%d+ more rows are cut", run(argv, { env = env }).out)
    argv[6] = "markdown=" .. summary
    run(argv, { env = env })
    local whole = run.read(summary)
    assert.is_nil(whole:find "rows are cut")
    assert.is_true(#whole > 65536, #whole)
    argv[6] = "markdown"
    local words = { run.quote(run.btfl) }
    for i, word in ipairs(argv) do words[i + 1] = run.quote(word) end
    local append = ("GITHUB_STEP_SUMMARY=%s %s >>%s"):format(summary, table.concat(words, " "), summary)
    for _ = 1, 12 do tmp.run(append) end
    assert.equal(whole, run.read(summary):sub(1, #whole))
    assert.is_true(#run.read(summary) > 2 * #whole)
    assert.is_true(#run.read(summary) <= 1 << 20, #run.read(summary))
    assert.matches("rows are cut", run.read(summary))
  end)

  it("survives hostile names", function()
    each_hostile(function(r, name)
      local doc = read_markdown(r:render "markdown")
      assert.equal(#r.findings, #doc.code, name)
      for _, rows in ipairs(doc.tables) do
        for _, cells in ipairs(rows) do assert.equal(#rows[1], #cells, name) end
      end
      for _, l in ipairs(doc.text) do
        local rest = l:gsub("<code>([^<]*)</code>", function(inner)
          assert(not inner:find("[`@*_~|\\%[%]!]"), inner)
          return ""
        end)
        assert.is_not_nil(rest == "" or rest:find("^### : ") or rest:find("^%* could not be done: $")
          or rest == "<details><summary> </summary>" or rest == "</details>", l)
      end
    end)
  end)
end)

describe("a format of one's own", function()
  teardown(tmp.clean)

  local script = [[
btfl.format("lines", function(report, options)
  local out = {}
  for i, f in ipairs(report.findings) do
    out[i] = ("%s %s %s\n"):format(f.level, f.rule, f.target)
  end
  return table.concat(out)
end)
local cli = btfl.cli { about = "my check" }
local out = btfl.report "mine"
for object, target in cli:pairs() do out:append(object:check(target, { all = true })) end
return out
]]
  local example = { "spec/fixtures/example.bpf.o", "-t", "spec/fixtures/small.btf" }

  local function with_example(...)
    local argv = { ... }
    return table.move(example, 1, #example, #argv + 1, argv)
  end

  it("is defined by a script", function()
    local r = run(with_example(tmp.write("mine.lua", script), "--format", "lines"))
    assert.same({ "error no-field small\nnote no-field small\n", "", 1 }, { r.out, r.err, r.status })
  end)

  it("is shown in the README as it runs", function()
    local shown
    for block in run.read("README.md"):gmatch "```lua\n(.-)```" do
      if block:find("btfl.format(", 1, true) then shown = block end
    end
    local r = run(with_example(tmp.write("where.lua", shown), "--format", "places"))
    assert.same({ "no-field\t./example.bpf.c:92:2\n", "", 1 },
      { r.out, r.err, r.status })
  end)

  it("is a module on package.path", function()
    local dir = tmp.mkdir "lib/btfl/format"
    run.write(dir .. "/count.lua", 'return function(report) return #report.findings .. "\\n" end')
    local r = run(with_example("check", "--all", "--format", "count"), { env = { LUA_PATH = tmp.path "lib/?.lua;;" } })
    assert.same({ "2\n", "", 1 }, { r.out, r.err, r.status })
  end)

  it("is a file", function()
    local path = tmp.write("width.lua",
      "return function(report, o) return #report.findings .. tostring(o.color) .. '\\n' end")
    local r = run(with_example("check", "--all", "--format", path))
    assert.same({ "2false\n", "", 1 }, { r.out, r.err, r.status })
  end)

  it("is refused, in a line, when it does not exist or is none", function()
    local function refused(name, message)
      local r = run(with_example("check", "--format", name))
      assert.equal(2, r.status)
      assert.equal("", r.out)
      assert.is_not_nil(r.err:find(message, 1, true), r.err)
    end
    refused("srif", "there is no format 'srif' (did you mean 'sarif'?)")
    refused("../json", "there is no format '../json'")
    refused("/nowhere/x.lua", "there is no format '/nowhere/x.lua'")
    refused(tmp.write("broken.lua", "return +"), "broken.lua:1:")
    refused(tmp.write("table.lua", "return {}"), "returns a function, not a table value")
    refused(tmp.write("nothing.lua", "return function() end"), "gave a nil value, not a string")
  end)

  it("is defined with a name and a function", function()
    assert.error_matches(function() btfl.format("a b", print) end, "letters, digits")
    assert.error_matches(function() btfl.format("ab") end, "a function of a report")
  end)
end)
