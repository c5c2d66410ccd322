--- Errors in a policy's file name that file and the line, wherever in btfl they are found.

local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local obj, target

local function open()
  obj, target = trial.open(function(l, t)
    t:struct("foo", 16, { { "b", t:int("int", 4, "signed"), 32 } })
    local foo = l:struct("foo", 8, { { "a", l:int("int", 4, "signed"), 0 } })
    local bar = l:enum("bar", { { "A", 1 } })
    t:enum("bar", { { "B", 1 } })
    return { { foo, "0:0", "byte_off" }, { bar, "0", "enumval_value", object.mov(1, 1) } }
  end)
end

-- What a run with a policy of that text says, without the name of the program and of the file.
local function said(text)
  local path = tmp.write("mine.lua", text)
  local r = run { "relos", obj.path, "-t", target.path, "--policy", path }
  assert.same({ 2, "" }, { r.status, r.out })
  assert.matches("^btfl[ a-z]*: [^\n]+\n$", r.err)
  assert.is_nil(r.err:find("/lua/btfl/", 1, true), r.err)
  return (r.err:gsub("^btfl[ a-z]*: ", ""):gsub("\n$", ""):gsub(path:gsub("%p", "%%%0"), "mine.lua"))
end

local function around_each()
  before_each(open)
  after_each(function()
    obj:close()
    target:close()
  end)
  teardown(tmp.clean)
end

describe("an error in a policy's file names file and line", function()
  around_each()

  for name, case in pairs {
    ["of a hook that does not exist: its own"] = {
      "-- mine\nreturn btfl.policy {\n  name = 'mine',\n  membre = function() end,\n}",
      "mine.lua:4: a policy has no hook `membre` (did you mean `member`?)" },
    ["of a value that is no function: where the policy is made"] = {
      "\n\nreturn btfl.policy {\n  name = 'mine',\n  member = 5,\n}",
      "mine.lua:3: member of a policy is a function, not a number value" },
    ["of a name that is missing"] = {
      "local x = 1\nreturn btfl.policy { member = function() end }", "mine.lua:2: a policy needs a name" },
    ["where the policy is not returned at once"] = {
      "local p = btfl.policy {\n  name = 5 }\nreturn p",
      "mine.lua:1: name of a policy is a string, not a number value" },
    ["of what is no table"] = { "\nreturn btfl.policy(5)", "mine.lua:2: a policy is made from a table or a name" },
    ["of a policy to extend that does not exist"] = {
      "\nreturn btfl.policy { name = 'mine', extends = 'nosuch' }", "mine.lua:2: there is no policy `nosuch`" },
    ["of something else to extend"] = { "\nreturn btfl.policy { name = 'mine', extends = 5 }",
      "mine.lua:2: extends of a policy is a policy or the name of one, not a number value" },
    ["of a table of renames"] = { "local t = {}\nt['a.b'] = 5\nreturn btfl.renames(t)",
      "mine.lua:3: renames: `a.b`: a name or a table of names is needed, not a number value" },
    ["of renames that are none"] = { "\nreturn btfl.renames(5)", "mine.lua:2: renames: a table is needed" },
    ["within a function of the file"] = {
      "local function make(spec)\n  return btfl.policy(spec)\nend\nreturn make { name = 'mine', choos = 1 }",
      "mine.lua:2: a policy has no hook `choos` (did you mean `choose`?)" },
    ["of its own"] = { "\nerror 'broken'", "mine.lua:2: broken" },
    ["where nothing is returned"] = { "btfl.policy { name = 'mine' }",
      "mine.lua: a policy file returns a policy, and this one returns nothing" },
    ["where something else is returned"] = { "return nil",
      "mine.lua: a policy file returns a policy, not a nil value" },
  } do
    it(name, function() assert.equal(case[2], said(case[1])) end)
  end

  it("of each file that is concerned", function()
    local base = tmp.write("base.lua", "\nreturn btfl.policy {\n  name = 'base', member = 5 }")
    assert.equal(("mine.lua:1: %s:2: member of a policy is a function, not a number value"):format(base),
      said(("return btfl.policy { name = 'mine', extends = %q }"):format(base)))
  end)

  it("of a script that makes one", function()
    local path = tmp.write("script.lua", "local x = 1\nlocal p = btfl.policy {\n  name = 'x', membr = 1 }")
    local r = run { path }
    assert.matches(("^btfl: %s:2: a policy has no hook `membr`"):format((path:gsub("%p", "%%%0"))), r.err)
  end)

  it("and leaves the debugger's hook as it was", function()
    local path = tmp.write("plain.lua", "return btfl.policy { name = 'plain' }")
    local function hook() end
    debug.sethook(hook, "", 1000000)
    btfl.policy(path)
    local kept = debug.gethook()
    debug.sethook()
    assert.equal(hook, kept)
    btfl.policy(tmp.write("plain2.lua", "return btfl.policy { name = 'plain2' }"))
    assert.is_nil((debug.gethook()))
  end)
end)

describe("a hook", function()
  around_each()

  local HOOKS = {
    candidates = "a list of types", member = "a member, a path or nil", compatible = "a boolean",
    value = "an integer, or nil and a reason", missing = [["poison", "error" or an integer]],
    patch = "an instruction in hex, or nil and a reason",
  }

  for hook, answers in pairs(HOOKS) do
    it(("%s that returns nothing is told so, with its line"):format(hook), function()
      local extra = hook == "compatible" and "member = function() return 'b' end, " or ""
      if hook == "patch" then extra = "missing = function() return 0 end, " end
      local text = ("return btfl.policy { name = 'mine', %s\n  %s = function() end }"):format(extra, hook)
      assert.equal(("policy 'mine', hook %s, relocation 0 (foo.a): mine.lua:2: returns nothing: it must return %s")
        :format(hook, answers), said(text))
    end)
  end

  it("of an enumerator is told what is wanted of it", function()
    assert.equal("policy 'mine', hook member, relocation 1 (bar::A): mine.lua:2: returns nothing: "
      .. "it must return an enumerator or nil",
      said "return btfl.policy { name = 'mine',\n member = function(m) if m.name == 'a' then return nil end end }")
  end)

  it("may say nil", function()
    local policy = btfl.policy { name = "mine", member = function() return nil end }
    assert.equal("poison no-field", trial.said(trial.results(obj, target, policy)[1]))
  end)

  it("that returns what is wrong is named by its line", function()
    assert.equal("policy 'mine', hook member, relocation 0 (foo.a): mine.lua:3: must return a member, a path or nil, "
      .. "not a number value",
      said "local x = 1\nreturn btfl.policy { name = 'mine',\n  member = function()\n    return 5\n  end }")
    assert.equal("policy 'mine', hook missing, relocation 0 (foo.a): mine.lua:1: "
      .. [[must return "poison", "error" or an integer, not a string value]],
      said "return btfl.policy { name = 'mine', missing = function() return 'x' end }")
  end)

  it("that is extended is the one that is named, not the one that asked it", function()
    local passing = "return btfl.policy { name = 'mine', extends = %q,\n"
      .. " member = function(_, _, default) return default() end }"
    local base = tmp.write("base.lua", "\n\nreturn btfl.policy { name = 'base', member = function() return 5 end }")
    assert.equal(("policy 'base', hook member, relocation 0 (foo.a): %s:3: must return a member, a path or nil, "
      .. "not a number value"):format(base),
      said(passing:format(base)))
    base = tmp.write("base.lua", "\n\nreturn btfl.policy { name = 'base', member = function() end }")
    assert.equal(("policy 'base', hook member, relocation 0 (foo.a): %s:3: returns nothing: it must return a member, "
      .. "a path or nil"):format(base),
      said(passing:format(base)))
  end)

  it("that catches an error of what it extends is not blamed for it", function()
    local base = btfl.policy { name = "base", member = function() end }
    local results = trial.results(obj, target, { name = "mine", extends = base, member = function(m, t, default)
      return not pcall(default, m, t) and "b" or nil
    end, candidates = function(relo, _, default)
      return relo.kind == "byte_off" and default() or {}
    end })
    assert.equal("ok 4", trial.said(results[1]))
  end)

  it("that is a function in C has no line", function()
    local ok, e = pcall(trial.results, obj, target, { name = "mine", compatible = print and tostring,
      member = function() return "b" end })
    assert.is_false(ok)
    assert.matches("^policy 'mine', hook compatible, relocation 0 %(foo%.a%): must return a boolean", e.message)
  end)
end)
