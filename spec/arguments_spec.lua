--- Wrong arguments: each function and method says in its caller's terms which argument is wrong, and how.
local btfl = require "btfl"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local OBJECT, KERNEL = "spec/fixtures/example.bpf.o", "spec/fixtures/small.btf"

-- The error is the caller's: it stands at a line of this file.
local function raises(want, f, ...)
  local ok, err = pcall(f, ...)
  assert.is_false(ok, want)
  local at, message = tostring(err):match("^(.-):%d+: (.*)$")
  assert.equal("spec/arguments_spec.lua", at and at:gsub("^%./", ""), tostring(err))
  assert.equal(want, message)
end

describe("a method in Lua", function()
  local object, target, t, result

  setup(function()
    object, target = btfl.object(OBJECT), btfl.target(KERNEL)
    t, result = target.btf:get("task_struct"), object:results(target)()
  end)

  it("says which argument is wrong", function()
    local expected = "bad argument #1 to '%s' (btfl.target expected, got %s)"
    for _, method in ipairs { "check", "clash" } do
      for name, value in pairs { number = 5, string = "x", table = {}, ["btfl.btf"] = target.btf } do
        raises(expected:format(method, name), function()
          local _ = object[method](object, value)
        end)
      end
      raises(expected:format(method, "no value"), function()
        local _ = object[method](object)
      end)
    end
    raises("bad argument #1 to 'decl' (string expected, got number)", function()
      local _ = t:decl(5)
    end)
    raises("bad argument #2 to 'successors' (table expected, got boolean)", function()
      local _ = target:successors("task_struct.state", true)
    end)
    raises("bad argument #1 to 'successors' (string or btfl.relo or btfl.attach expected, got btfl.type)", function()
      local _ = target:successors(t)
    end)
  end)

  it("says which option is wrong", function()
    local function check(options)
      return function()
        local _ = object:check(target, options)
      end
    end
    raises("bad argument #2 to 'check' (table expected, got btfl.policy)", check(btfl.policy "strict"))
    raises("bad argument #2 to 'check' (no option `al` (did you mean `all`?))", check { al = true })
    raises("bad argument #2 to 'check' (no option `1`)", check { true })
    raises("bad argument #2 to 'check' (`policy` must be a btfl.policy or a string, not a number value)",
      check { policy = 5 })
    raises("bad argument #2 to 'check' (`others` must be a list, not a btfl.target value)", check { others = target })
    raises("bad argument #2 to 'check' (`from` must be a list of btfl.target values; number 2 is a string)",
      check { from = { target, KERNEL } })
    raises("bad argument #2 to 'check' (`verdict` must be a table, not a boolean value)", check { verdict = true })
    local function why(options)
      return function()
        local _ = target:successors("task_struct.state", options)
      end
    end
    raises("bad argument #2 to 'successors' (no option `form` (did you mean `from`?))", why { form = target })
    raises("bad argument #2 to 'successors' (`least` must be a number, not a string value)", why { least = "0.2" })
    raises("bad argument #2 to 'successors' (`from` must be a btfl.target or a btfl.btf, not a string value)",
      why { from = KERNEL })
    raises("bad argument #2 to 'successors' (`from` must be a list of btfl.target or btfl.btf values;"
      .. " number 2 is a string)",
      why { from = { target, KERNEL } })
    assert.equal("same", target:successors("task_struct.tgid", { from = { target, target.btf }, least = 0.2 })().change)
    assert.equal(1, object:check(target, { all = 1, why = false, others = {}, from = { target } }).status)
  end)

  it("says what is closed where it was used", function()
    local dead, gone = btfl.object(OBJECT), btfl.target(KERNEL)
    local relo, type_ = dead:relos()(), gone.btf:get "task_struct"
    local failed, s = nil, gone:successors("task_struct.tgid")()
    for r in dead:results(gone) do failed = not r.ok and r or failed end
    dead:close()
    gone:close()
    local no_object, no_target = ("object '%s' is closed"):format(OBJECT), ("target '%s' is closed"):format(KERNEL)
    for call, want in pairs {
      [function() local _ = dead:check(target) end] = no_object,
      [function() local _ = object:check(gone) end] = no_target,
      [function() local _ = object:check(target, { others = { target, gone } }) end] = no_target,
      [function() local _ = dead:clash(target) end] = no_object,
      [function() local _ = type_:decl() end] = no_target,
      [function() local _ = failed:why() end] = no_object,
      [function() local _ = gone:successors "task_struct.state" end] = no_target,
      [function() local _ = target:successors(relo) end] = no_object,
      [function() local _ = target:successors("task_struct.state", { from = gone }) end] = no_target,
      [function() local _ = target:successors("task_struct.state", { from = { target, gone } }) end] = no_target,
      [function() local _ = btfl.policy "renames":lint { target, gone } end] = no_target,
      [function() local _ = s:code() end] = no_target,
    } do raises(want, call) end
    raises("bad argument #1 to 'lint' (a list of btfl.target expected; number 2 is a string)", function()
      local _ = btfl.policy "renames":lint { target, KERNEL }
    end)
  end)

  it("says that it was called without its object", function()
    for _, case in ipairs { { object.check, "check", "btfl.object" }, { t.decl, "decl", "btfl.type" },
      { result.why, "why", "btfl.result" }, { target.successors, "successors", "btfl.target" },
      { target:successors("task_struct.tgid")().code, "code", "btfl.suggestion" } } do
      raises(("calling '%s' on bad self (%s expected, got table)"):format(case[2], case[3]), function()
        local _ = case[1]({})
      end)
      raises(("calling '%s' on bad self (%s expected, got no value)"):format(case[2], case[3]), function()
        local _ = case[1]()
      end)
    end
    local report = btfl.report "r"
    raises("calling 'error' on bad self (btfl.report expected, got table)", function()
      report.error { rule = "r", message = "m" }
    end)
  end)
end)

describe("a report", function()
  local report, line

  setup(function()
    line = btfl.object(OBJECT):relos()().line
  end)
  before_each(function() report = btfl.report "r" end)

  it("takes findings whose fields every format can show", function()
    local function with(field, value)
      return function() report:error { rule = "r", message = "m", [field] = value } end
    end
    for field, want in pairs { mark = "a string", object = "a string", program = "a string", target = "a string",
      rule = "a string", message = "a string", details = "a table", insn = "a table", count = "an integer",
      at = "a line or a string", notes = "a list of strings", help = "a list of strings",
      programs = "a list of strings", targets = "a list of strings", fine = "a list of strings",
      history = "a list of spells" } do
      for name, value in pairs { boolean = true, ["btfl.report"] = report, number = 1.5 } do
        raises(("a finding's %s is %s, not %s"):format(field, want, name), with(field, value))
      end
    end
    raises("a finding's notes is a list of strings, not one of other values", with("notes", { "a", 5 }))
    raises("a finding's at is a line or a string, not btfl.relo",
      with("at", btfl.object(OBJECT):relos()()))
    assert.equal(0, #report.findings)
    report:error { rule = "r", message = "m", at = line, notes = { "n" }, details = {}, count = 2 }
    assert.equal(1, #report.findings)
  end)

  it("takes the rest in its types", function()
    raises("a summary is a table", function() report:summary(5) end)
    raises("the order of a summary is a list of names", function() report:summary { order = 5 } end)
    raises("a text is a string, or a list of lines", function() report:text { true } end)
    raises("a text is a string, or a list of lines", function() report:text(5) end)
    raises("a row is a table", function() report:row(report) end)
    raises("a report's layout is a table", function()
      local _ = btfl.report("r", 5)
    end)
    raises("title of a report is a string", function()
      local _ = btfl.report("r", { title = 5 })
    end)
    raises("bad argument #2 to 'render' (table expected, got number)", function()
      local _ = report:render("text", 5)
    end)
    raises("bad argument #2 to 'render' (no option `colour` (did you mean `color`?))", function()
      local _ = report:render("text", { colour = true })
    end)
  end)
end)

describe("a method of cli", function()
  -- The lines that a script's calls raise, which it counts from its first line on.
  local function refusals(...)
    local code = { "local cli = btfl.cli { usage = '', objects = false, verdicts = true }" }
    for _, call in ipairs { ... } do
      code[#code + 1] = ("print(select(2, pcall(function() local _ = %s end)))"):format(call)
    end
    local r = run { tmp.write("script.lua", table.concat(code, "\n")), "-t", KERNEL }
    assert.same({ "", 0 }, { r.err, r.status })
    local list = {}
    for number, message in r.out:gmatch "[^\n]*script.lua:(%d+): ([^\n]*)" do
      list[#list + 1] = message
      assert.equal(#list + 1, tonumber(number))
    end
    return list
  end
  teardown(tmp.clean)

  it("says which argument is wrong", function()
    assert.same({
      "bad argument #1 to 'try' (function expected, got number)",
      "bad argument #1 to 'write' (string expected, got no value)",
      "bad argument #1 to 'error' (string or btfl.error expected, got no value)",
      "bad argument #1 to 'verdict_options' (btfl.object expected, got table)",
    }, refusals("cli:try(5)", "cli:write()", "cli:error()", "cli:verdict_options{}"))
  end)

  it("says that it was called without its object", function()
    local names, calls, want = {}, {}, {}
    for name in pairs(require("btfl.command.cli").methods) do names[#names + 1] = name end
    assert.is_true(#names >= 9)
    for i, name in ipairs(names) do
      calls[i] = ("cli.%s(5)"):format(name)
      want[i] = ("calling '%s' on bad self (btfl.cli expected, got number)"):format(name)
    end
    assert.same(want, refusals(table.unpack(calls)))
  end)
end)

-- One value of each class of the engine that a script meets.
local function one_of_each()
  local object, target = btfl.object(OBJECT), btfl.target(KERNEL)
  local relo = object:relos()()
  local result = relo:resolve(target)
  local values = {
    object = object, target = target, btf = target.btf, relo = relo, result = result, line = relo.line,
    program = object:programs()(), accessor = relo.accessor, type = target.btf:get("task_struct"),
    attempt = result:trail()(), subset = btfl.subset(target), policy = btfl.policy "strict",
    report = btfl.report "r",
  }
  for program in object:programs() do
    values.verdict = program:verdict(target)
    for failure in values.verdict:failures() do values.obstacle = failure end
  end
  return values
end

describe("any method, whatever it is given,", function()
  local values = one_of_each()
  local odd = { false, 5, -1, 1.5, 1 << 40, "x", "", {}, { 5 }, { al = true }, print }
  for _, name in ipairs { "type", "object", "target", "policy", "report" } do odd[#odd + 1] = values[name] end

  -- An error of an input is one line, too.
  local function complains(f, ...)
    local ok, err = pcall(f, ...)
    local text = tostring(err)
    if ok or require "btfl.class"(err) == "btfl.error" then return end
    assert.is_nil(text:find("attempt to", 1, true), text)
    assert.is_nil(text:find("lua/btfl/", 1, true), text)
  end

  for name, value in pairs(values) do
    it("works or says what is wrong: those of " .. name, function()
      local class = name == "report" and require "btfl.report.report" or require("btfl.engine").class(name)
      local methods = class.methods
      for called, method in pairs(methods) do
        if called ~= "close" then
          local self = name == "report" and btfl.report "r" or value
          for _, first in ipairs(odd) do
            complains(method, first)
            complains(method, self, first)
            complains(method, self, "task_struct", first)
            complains(method, self, values.target, first)
            for _, second in ipairs(odd) do complains(method, self, first, second) end
          end
        end
      end
    end)
  end
end)
