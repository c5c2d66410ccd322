--- Policies: every hook, every wrong use of one, chains, provenance, and what a hook may not do.

local btfl = require "btfl"
local engine = require "btfl.engine"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local function int(b) return b:int("int", 4, "signed") end

-- struct foo { int a; struct in { int deep } in; } here; there a is called b, deep has moved up.
local function renamed(l, t)
  local li, ti = int(l), int(t)
  local inner = l:struct("inner", 4, { { "deep", li, 0 } })
  local foo = l:struct("foo", 8, { { "a", li, 0 }, { "inner", inner, 32 } })
  local there = t:struct("inner", 8, { { "deep", ti, 32 } })
  local far = t:struct("far", 4, { { "z", ti, 0 } })
  t:struct("foo", 32, { { "x", ti, 0 }, { "b", ti, 64 }, { "inner", there, 96 }, { "far", t:ptr(far), 192 } })
  t:struct("bar", 4, { { "a", ti, 0 } })
  return { { foo, "0:0", "byte_off" }, { foo, "0:1:0", "byte_off", object.mov(1, 4) } }
end

local obj, target

local function open(make, options)
  obj, target = trial.open(make or renamed, options)
end

local function close()
  if obj then obj:close() end
  if target then target:close() end
  obj, target = nil, nil
end

local function results(policy) return trial.results(obj, target, policy) end

-- The first relocation by a policy of one hook.
local function first(hook, f, more)
  local spec = { name = "test", [hook] = f }
  for key, value in pairs(more or {}) do spec[key] = value end
  return results(spec)[1]
end

local function fails(hook, f, message)
  local ok, e = pcall(first, hook, f)
  assert.is_false(ok)
  assert.equal("policy", e.code)
  assert.matches("^policy 'test', hook " .. hook .. ", relocation %d+ %(.-%): ", e.message)
  assert.matches(message, e.message, 1, true)
  assert.is_nil(tostring(e):find "\n")
end

-- Two candidates that disagree.
local function open_ambiguous()
  open(function(l, t)
    t:struct("foo", 8, { { "a", int(t), 0 } })
    t:struct("foo", 8, { { "a", 1, 32 } })
    return { { l:struct("foo", 4, { { "a", int(l), 0 } }), "0:0", "byte_off" } }
  end)
end

describe("a hook", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  it("that returns what default gives changes nothing", function()
    local seen = {}
    local function pass(name)
      return function(_, _, default)
        seen[name] = true
        return default()
      end
    end
    local all = { name = "all" }
    for _, hook in ipairs { "candidates", "member", "compatible", "value", "choose", "missing", "patch" } do
      all[hook] = pass(hook)
    end
    local usual = results()
    for i, r in ipairs(results(all)) do
      local u = usual[i]
      assert.same({ u.status, u.reason, u.value, u.after, u.candidate }, { r.status, r.reason, r.value, r.after,
        r.candidate })
      assert.equal("libbpf", r.decider)
      assert.is_nil(r.note)
      assert.is_nil(r:decisions()())
    end
    for _, hook in ipairs { "candidates", "member", "compatible", "value", "missing", "patch" } do
      assert.is_true(seen[hook] or false, hook)
    end
  end)

  it("candidates names, orders and leaves out types", function()
    assert.equal("poison no-field", trial.said(results()[1]))
    local r = first("candidates", function(_, t) return { t.btf:get "bar" }, "bar it is" end)
    assert.equal("ok 0", trial.said(r))
    assert.same({ "test.candidates", "bar it is", "bar" }, { r.decider, r.note, r.candidate.name })
    assert.equal("poison no-type", trial.said(first("candidates", function() return {} end)))
  end)

  it("candidates is noted when it changes default's own list", function()
    local r = first("candidates", function(_, t, default)
      local list = default()
      list[1] = t.btf:get "bar"
      return list
    end)
    assert.equal("test.candidates", r.decider)
  end)

  it("member follows a rename, by handle and by path", function()
    for _, answer in ipairs { "handle", "path" } do
      local r = first("member", function(m, t, default)
        return default(m, t) or (answer == "path" and "b" or t:member "b"), "a is b"
      end)
      assert.equal("ok 8", trial.said(r))
      assert.same({ "test.member", "a is b" }, { r.decider, r.note })
      assert.equal("foo.b", r.accessor.path)
    end
  end)

  it("member enters structs that are held by value", function()
    assert.equal("ok 16", trial.said(first("member", function() return "inner.deep" end)))
    assert.equal("ok 16", trial.said(first("member", function(_, t)
      return (t:member "inner.deep")
    end)))
  end)

  it("member finds what stands twice at one place, and asks for a path otherwise", function()
    close()
    open(function(l, t)
      local group = t:struct(nil, 8, { { "x", int(t), 0 }, { "y", 1, 32 } })
      t:struct("foo", 24, { { nil, t:union(nil, 8, { { nil, group, 0 }, { "headers", group, 0 } }), 64 } })
      t:struct("twice", 16, { { "one", group, 0 }, { "two", group, 64 } })
      t:struct("foo2", 16, { { "one", group, 0 }, { "two", group, 64 } })
      return { { l:struct("foo", 4, { { "a", int(l), 0 } }), "0:0", "byte_off" } }
    end)
    assert.equal("ok 12", trial.said(first("member", function(_, t) return (t:member "y") end)))
    local ok, e = pcall(first, "member", function(_, t) return (t:member "one.y") end,
      { candidates = function(_, t) return { t.btf:get "twice" } end })
    assert.is_false(ok)
    assert.matches("stands in twice more than once: return its path instead", e.message, 1, true)
    assert.equal("ok 12", trial.said(first("member", function() return "two.y" end,
      { candidates = function(_, t) return { t.btf:get "twice" } end })))
  end)

  it("member answers for enumerators, and may give a reason", function()
    close()
    open(function(l, t)
      t:enum("e", { { "NEW", 7 } })
      return { { l:enum("e", { { "OLD", 3 } }), "0", "enumval_value", object.mov(1, 3) } }
    end)
    assert.equal("poison no-enumval", trial.said(results()[1]))
    assert.equal("ok 7", trial.said(first("member", function(v, t)
      assert(v.name == "OLD" and v.value == 3)
      return t:value "NEW"
    end)))
    assert.equal("poison incompatible", trial.said(first("member", function() return nil, "incompatible" end)))
    assert.equal("error unsupported", trial.said(first("member", function() return nil, "unsupported" end)))
  end)

  it("compatible is told for what, and may give a reason", function()
    close()
    open(function(l, t)
      local li, ti = int(l), int(t)
      local foo = l:struct("foo", 4, { { "a", li, 0 } })
      t:struct("foo", 4, { { "a", ti, 0 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0", "type_exists", object.mov(1, 1) },
        { foo, "0", "type_matches", object.mov(1, 1) } }
    end)
    local asked = {}
    results { name = "test", compatible = function(want, have, default)
      asked[#asked + 1] = ("%s %s %s"):format(default.what, want.kind, have.kind)
      assert(default.relo.type.name == "foo" and default.target == target)
      return default(want, have)
    end }
    assert.same({ "field int int", "type struct struct", "matches struct struct" }, asked)
    local r = first("compatible", function() return false, "because" end)
    assert.same({ "poison incompatible", "test.compatible", "because" }, { trial.said(r), r.decider, r.note })
    r = first("compatible", function() return false, "too-deep" end)
    assert.same({ "error too-deep", "test.compatible" }, { trial.said(r), r.decider })
    assert.is_nil(r.note)
  end)

  it("value gives numbers, poison and reasons, for both sides", function()
    close()
    open(function(l, t)
      local foo = l:struct("foo", 4, { { "a", int(l), 0 } })
      t:struct("foo", 16, { { "a", int(t), 64 } })
      return { { foo, "0:0", "byte_off" } }
    end)
    local function there(spec) return spec.root.btf ~= obj.btf end
    assert.equal("ok 12", trial.said(first("value", function(_, s, default)
      return there(s) and 12 or default()
    end)))
    assert.equal("poison by-policy", trial.said(first("value", function(_, s, default)
      if there(s) then return nil, "poison" end
      return default()
    end)))
    assert.equal("error bad-access", trial.said(first("value", function() return nil, "bad-access" end)))
    assert.equal("error insn-mismatch", trial.said(first("value", function() return 1 end)))
  end)

  it("choose settles an ambiguity, or leaves it", function()
    close()
    open_ambiguous()
    assert.equal("error ambiguous", trial.said(results()[1]))
    local r = first("choose", function(_, list, default)
      assert.is_nil((default()))
      assert.same({ 0, 4 }, { list[1].value, list[2].value })
      assert.same({ 0, 32, false }, { list[1].bit_offset, list[2].bit_offset, list[1].poison })
      return list[2], "the second"
    end)
    assert.same({ "ok 4", "test.choose", "the second" }, { trial.said(r), r.decider, r.note })
    assert.equal("error ambiguous", trial.said(first("choose", function() return nil end)))
  end)

  it("choose is told apart from the level below that chose another", function()
    close()
    open_ambiguous()
    local below = btfl.policy { name = "below", choose = function(_, list) return list[1] end }
    local function above(f) return first("choose", f, { extends = below }) end
    local r = above(function(_, _, default) return default() end)
    assert.same({ "ok 0", "below.choose" }, { trial.said(r), r.decider })
    r = above(function(_, list, default) default() return list[2] end)
    assert.same({ "ok 4", "test.choose" }, { trial.said(r), r.decider })
  end)

  it("missing gives a value, poison or an error", function()
    local reason
    assert.equal("ok 99", trial.said(first("missing", function(_, _, default)
      reason = default.reason
      return 99
    end)))
    assert.equal("no-field", reason)
    assert.equal("poison no-field", trial.said(first("missing", function() return "poison" end)))
    assert.equal("error no-field", trial.said(first("missing", function() return "error" end)))
  end)

  it("patch changes what is done, writes the bytes, or refuses", function()
    local function only_first(f)
      return function(relo, change, default)
        if relo.index == 1 then return f(relo, change, default) end
        return default(relo, change)
      end
    end
    local function second(f) return results { name = "test", patch = only_first(f) }[2] end
    local usual = results()[2]
    assert.equal("ok 16", trial.said(usual))
    local r = second(function(relo, change, default)
      assert.same({ 16, 4, true, false }, { change.value, change.old, change.check, change.poison })
      assert.equal(relo.bytes, change.insn)
      change.value = 20
      return default(relo, change), "twenty"
    end)
    assert.same({ "b701000014000000", "test.patch", "twenty" }, { r.after, r.decider, r.note })
    assert.equal("b701000011000000", second(function() return "b701000011000000" end).after)
    assert.equal("b7010000ab000000", second(function() return "B7010000aB000000" end).after)
    assert.equal("error insn-unsupported", trial.said(second(function() return nil, "insn-unsupported" end)))
    assert.equal("libbpf", second(function(_, _, default) return default() end).decider)
  end)

  it("that lets a relocation fail leaves a reason and a sentence, whatever it answers", function()
    local answers = {
      candidates = { function() return {} end },
      member = { function() return nil end },
      compatible = { function() return false end },
      value = { function() return nil, "poison" end, function(_, spec, default)
        if spec.root.btf ~= obj.btf then return nil, "poison" end
        return default()
      end },
      missing = { function() return "poison" end, function() return "error" end },
      patch = { function(relo, change, default)
        change.poison = true
        return default(relo, change)
      end },
    }
    local failed = 0
    for hook, list in pairs(answers) do
      for _, f in ipairs(list) do
        for _, r in ipairs(results { name = "test", [hook] = f }) do
          if not r.ok then
            failed = failed + 1
            assert.equal("string", type(r.reason), hook)
            assert.equal("string", type(r:why()), hook)
          end
        end
        local report = obj:check(target, { all = true, policy = btfl.policy { name = "test", [hook] = f } })
        assert.is_true(report.status < 2, hook)
      end
    end
    assert.is_true(failed > 8)
  end)
end)

describe("a wrong answer", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  it("is one line that names policy, hook and relocation", function()
    fails("candidates", function() return 5 end, "must return a list of types, not a number value")
    fails("candidates", function() return { 5 } end, "must return a list of types, not a number value")
    fails("candidates", function(_, t) return { t.btf:type(0) } end, "void is no candidate")
    fails("candidates", function(relo) return { relo.type } end, "is a type of " .. obj.path .. ", not of the target")
    fails("member", function() return 5 end, "must return a member, a path or nil, not a number value")
    fails("compatible", function() return nil end, "must return a boolean, not a nil value")
    fails("value", function() return "x" end, "must return an integer, or nil and a reason, not a string value")
    fails("value", function() return 1.5 end, "must return an integer, or nil and a reason, not a number value")
    fails("value", function() return nil end, "returns nil alone: a reason code goes with it, such as 'unsupported'")
    fails("missing", function() return "maybe" end, [[must return "poison", "error" or an integer]])
    fails("patch", function() return "b7" end, "must return an instruction of 16 hex digits, or nil and a reason")
    fails("patch", function() return ("g"):rep(16) end, "must return an instruction of 16 hex digits")
    fails("patch", function() return nil, "because" end, "'because' is no reason code")
  end)

  it("is a member of elsewhere", function()
    fails("member", function(m) return m end, "which is no part of foo")
    fails("member", function(_, t) return t.btf:get("bar"):member "a" end,
      "member 'a' is of bar, which is no part of foo")
    fails("member", function() return "nope" end, "path 'nope': foo has no member 'nope'")
    fails("member", function() return "inner.nope" end, "inner has no member 'nope'")
    fails("member", function() return "" end, "foo has no member ''")
    fails("member", function() return "inner." end, "inner has no member ''")
  end)

  it("is a path to no element", function()
    close()
    open(function(l, t)
      local number = t:int("int", 4, "signed")
      local inner = number
      for i = 1, 40 do inner = t:struct("level" .. i, 4, { { "a", t:array(inner, 1), 0 } }) end
      t:struct("foo", 20, { { "list", t:array(number, 4), 0 }, { "first", inner, 128 } })
      return { { l:struct("foo", 4, { { "gone", l:int("int", 4, "signed"), 0 } }), "0:0", "byte_off" } }
    end)
    local deep = "first" .. (".a[0]"):rep(40)
    for path, says in pairs {
      ["list[x]"] = "'[x]' is no index of an element",
      ["list[4]"] = "the array before '[4]' has 4 elements",
      ["list[0][1]"] = "what stands before '[1]' is no array",
      ["list[0]x"] = "a name stands behind '.'",
    } do
      fails("member", function() return path end, ("path '%s': %s"):format(path, says))
    end
    fails("member", function() return deep end, ("path '%s' is too deep"):format(deep))
  end)

  it("is a path across a pointer, and says why that cannot be", function()
    fails("member", function() return "far.z" end,
      "a relocation cannot cross a pointer: it gives one offset, and what stands before 'z' must be read first")
  end)

  it("is a choice of elsewhere, or an enumerator of another enum", function()
    close()
    open_ambiguous()
    fails("choose", function() return {} end, "must return one of the results or nil, not a table value")
    fails("choose", function() return 1 end, "must return one of the results or nil, not a number value")
    close()
    open(function(l, t)
      t:enum("e", { { "A", 7 } })
      t:enum("f", { { "B", 7 } })
      return { { l:enum("e", { { "A", 3 } }), "0", "enumval_value", object.mov(1, 3) } }
    end)
    fails("member", function(_, t) return t.btf:get("f"):value "B" end, "the enumerator is not one of e")
    fails("member", function() return "A" end, "must return an enumerator or nil, not a string value")
  end)
end)

describe("an error in a hook", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  it("says where, whatever was raised", function()
    fails("member", function() error "no way" end, "spec/policy_spec.lua:")
    fails("member", function() error("no way", 0) end, "): no way")
    fails("member", function() error { "x" } end, "table: ")
    fails("member", function() error() end, "nil")
    local ok, e = pcall(first, "member", function()
      error(setmetatable({}, { __tostring = function() error "worse" end }))
    end)
    assert.is_false(ok)
    assert.equal("policy 'test', hook member: an error that cannot be shown", e.message)
  end)

  it("is caught when it stops a coroutine", function()
    fails("member", function() coroutine.yield() end, "attempt to yield")
  end)

  it("leaves the object usable", function()
    pcall(first, "member", function() error "x" end)
    assert.equal("poison no-field", trial.said(results()[1]))
    assert.equal("ok 8", trial.said(first("member", function(m, t, default) return default(m, t) or "b" end)))
  end)

  it("names the policy of the chain that raised it", function()
    local base = btfl.policy { name = "base", member = function() error "deep" end }
    local ok, e = pcall(results, { name = "top", extends = base, member = function(_, _, default)
      return default()
    end })
    assert.is_false(ok)
    assert.matches("^policy 'base', hook member, ", e.message)
    ok, e = pcall(results, { name = "top", extends = { 1 } })
    assert.is_false(ok)
    assert.matches("extends of a policy is a policy or the name of one, not a table value", e, 1, true)
  end)

  it("may be out of memory or out of stack, and is one error still", function()
    fails("member", function()
      local function deep() return 1 + deep() end
      return deep()
    end, "stack overflow")
    fails("member", function() return ("x"):rep(1 << 40) end, "")
  end)
end)

describe("default", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  it("is asked without arguments what its hook was", function()
    local same
    first("member", function(m, t, default)
      if m.name == "inner" then same = default() == default(m, t) and default() == t:member "inner" end
      return default()
    end)
    assert.is_true(same)
  end)

  it("gives an answer that stays when it is asked something else", function()
    local function twice(hook, other)
      return results { name = "test", [hook] = function(a, b, default)
        local answer, why = default()
        other(a, b, default)
        return answer, why
      end }
    end
    local function same(hook, other)
      local usual = results { name = "test", [hook] = function(a, b, default) return default(a, b) end }
      for i, r in ipairs(twice(hook, other)) do
        assert.same({ trial.said(usual[i]), usual[i].after, "libbpf" }, { trial.said(r), r.after, r.decider })
      end
    end
    same("member", function(m, t, default)
      assert.equal(t.btf:get "bar":member "a", default(obj.btf:get "foo":member "a", t.btf:get "bar"))
      assert.is_nil((default(m, t.btf:get "far")))
    end)
    same("compatible", function(_, _, default)
      assert.is_false((default(obj.btf:get "foo", target.btf:get "int")))
    end)
    same("value", function(relo, _, default)
      for other in obj:relos() do default(relo, other.accessor) end
    end)
    same("patch", function(relo, change, default)
      local other = {}
      for key, value in pairs(change) do other[key] = value end
      other.value, other.poison, other.check = 77, not change.poison, false
      default(relo, other)
    end)
  end)

  it("takes both arguments or none, of the right types and sides", function()
    local function calls(hook, ...)
      local args = table.pack(...)
      return function(a, b, default)
        local list = {}
        for i = 1, args.n do list[i] = args[i] == 1 and a or args[i] == 2 and b or args[i] end
        return default(table.unpack(list, 1, args.n)), hook
      end
    end
    local both = "default takes no arguments, or the 2 that its hook got"
    fails("member", calls("member", 1), both)
    fails("member", calls("member", 1, 2, 3), both)
    fails("member", function(_, _, default) return default(table.unpack({}, 1, 5000)) end, both)
    fails("member", calls("member", 1, obj.btf:get "foo"), "not of the target")
    fails("member", calls("member", 2, 2), "default takes a member, not a btfl.type value")
    fails("member", calls("member", 1, "x"), "default takes a btfl.type, not a string value")
    fails("compatible", calls("compatible", 2, 1), "is not a type of the object")
    fails("candidates", calls("candidates", 2, 2), "default is asked for the relocation at hand only")
    fails("candidates", calls("candidates", 1, 1), "default is asked for the target at hand only")
    fails("missing", calls("missing", 1, "x"), "default is asked for the target at hand only")
    fails("value", calls("value", 1, "x"), "default takes a btfl.accessor, not a string value")
    fails("patch", calls("patch", 1, "x"), "default takes a change, not a string value")
    fails("patch", function(relo, change, default)
      change.value = "x"
      return default(relo, change)
    end, "change.value must be an integer, not a string value")
  end)

  it("is of no use once its hook has returned", function()
    local kept
    first("member", function(_, _, default)
      kept = default
      return default()
    end)
    local why = "default of member is used after its hook returned"
    for _, use in ipairs { function() return kept() end, function() return kept.relo end,
      function() return kept.target end, function() return kept.what end } do
      local ok, e = pcall(use)
      assert.is_false(ok)
      assert.matches(why, e, 1, true)
    end
    fails("compatible", function(a, b, default)
      kept()
      return default(a, b)
    end, why)
    local earlier
    fails("member", function(_, _, default)
      earlier = earlier or default
      return earlier()
    end, why)
  end)

  it("has no other fields", function()
    fails("member", function(_, _, default) return default.rello end,
      "btfl.default has no field 'rello' (did you mean 'relo'?)")
  end)

  it("asked for something else makes the answer the hook's own", function()
    local r = first("member", function(_, t, default)
      return default(obj.btf:get("inner"):member "deep", t.btf:get "inner") and "inner.deep"
    end)
    assert.same({ "ok 16", "test.member" }, { trial.said(r), r.decider })
  end)
end)

describe("a chain of policies", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  local follow = { name = "follow", member = function(m, t, default)
    return default(m, t) or t:member "b", "found by follow"
  end }

  it("asks the most derived first, and tells who decided", function()
    local calls = {}
    local base = btfl.policy(follow)
    local top = btfl.policy { name = "top", extends = base, member = function(m, t, default)
      calls[#calls + 1] = m.name
      return default(m, t)
    end }
    assert.same({ "top", "follow" }, top:lineage())
    assert.equal("policy 'top'", tostring(top))
    local r = results(top)[1]
    assert.same({ "ok 8", "follow.member", "found by follow" }, { trial.said(r), r.decider, r.note })
    assert.same({ "a", "inner", "deep" }, calls)
  end)

  it("keeps all that was decided, in order", function()
    local r = results { name = "top", extends = btfl.policy(follow), value = function(_, _, default)
      return default()
    end, patch = function(_, change, default)
      change.value = 44
      return default(), "more"
    end }[1]
    local all = {}
    for decider, note in r:decisions() do all[#all + 1] = decider .. ": " .. tostring(note) end
    assert.same({ "follow.member: found by follow", "top.patch: more" }, all)
    assert.same({ "top.patch", "more" }, { r.decider, r.note })
  end)

  it("takes a policy by object, by name and by file", function()
    local path = tmp.write("mine.lua", [[
      return btfl.policy { name = "mine", extends = "lenient", member = function(m, t, default)
        return default(m, t) or t:member "b"
      end }]])
    for _, extends in ipairs { path, btfl.policy(path) } do
      local p = btfl.policy { name = "top", extends = extends }
      assert.same({ "top", "mine", "lenient" }, p:lineage())
      assert.equal("ok 8", trial.said(results(p)[1]))
    end
    assert.same({ "renames" }, btfl.policy("renames"):lineage())
    assert.equal(btfl.policy(path), btfl.policy(path))
  end)

  it("that leads back to itself is refused", function()
    local a, b = tmp.path "a.lua", tmp.path "b.lua"
    tmp.write("a.lua", ("return btfl.policy { name = 'a', extends = %q }"):format(b))
    tmp.write("b.lua", ("return btfl.policy { name = 'b', extends = %q }"):format(a))
    local ok, e = pcall(btfl.policy, a)
    assert.is_false(ok)
    assert.matches(("policy `%s` extends itself"):format(a), tostring(e), 1, true)
  end)
end)

describe("btfl.policy", function()
  after_each(close)
  teardown(tmp.clean)

  it("refuses what is no policy", function()
    for _, case in ipairs {
      { { name = "x", compat = function() end }, "a policy has no hook `compat`" },
      { { name = "x", membre = function() end }, "(did you mean `member`?)" },
      { { name = "x", member = 5 }, "member of a policy is a function, not a number value" },
      { {}, "a policy needs a name" },
      { { name = 5 }, "name of a policy is a string, not a number value" },
      { 5, "a policy is made from a table or a name" },
      { "nosuch", "there is no policy `nosuch`" },
      { "./nosuch.lua", "nosuch.lua" },
      { tmp.write("five.lua", "return 5"), "a policy file returns a policy, not a number value" },
      { tmp.write("syntax.lua", "return ("), "syntax.lua:1:" },
      { tmp.write("raises.lua", "error 'broken'"), "raises.lua:1: broken" },
    } do
      local ok, e = pcall(btfl.policy, case[1])
      assert.is_false(ok)
      assert.matches(case[2], tostring(e), 1, true)
    end
  end)

  it("is the only option, and nothing else is one", function()
    open()
    assert.has_error(function() obj:results(target, { policy = 5 }) end,
      "policy must be a btfl.policy or the name of one, not a number")
    local ok, e = pcall(obj.results, obj, target, { polcy = 1 })
    assert.is_false(ok)
    assert.matches("unknown option 'polcy'", e, 1, true)
  end)
end)

describe("within a hook", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  it("other relocations can be resolved", function()
    local inner
    local r = first("member", function(m, t, default)
      inner = inner or trial.said(default.relo:resolve(default.target, { policy = btfl.policy "libbpf" }))
      return default(m, t) or "b"
    end)
    assert.same({ "poison no-field", "ok 8" }, { inner, trial.said(r) })
  end)

  it("a candidate can be tried by another policy", function()
    local other = btfl.policy { name = "other", member = function(m, t, default)
      return default(m, t) or "b"
    end }
    local r = first("candidates", function(relo, _, default)
      local good = {}
      for _, c in ipairs((default())) do
        if relo:try(default.target, c, { policy = other }).ok then good[#good + 1] = c end
      end
      return good
    end, { extends = other })
    assert.equal("ok 8", trial.said(r))
  end)

  it("a policy cannot ask for what it decides", function()
    local p
    p = btfl.policy { name = "test", member = function(_, _, default)
      return default.relo:resolve(default.target, { policy = p }) and "b"
    end }
    local ok, e = pcall(results, p)
    assert.is_false(ok)
    assert.matches("it asks for the results that it is deciding", e.message, 1, true)
    local depth = 0
    p = btfl.policy { name = "test", member = function(_, _, default)
      depth = depth + 1
      return default.relo:try(default.target, target.btf:get "foo", { policy = p }).ok and "b" or "b"
    end }
    ok, e = pcall(results, p)
    assert.is_false(ok)
    assert.is_true(depth < 40)
    assert.matches("more than 16 policies", e.message, 1, true)
  end)

  it("object and target cannot be closed", function()
    fails("member", function(_, _, default)
      default.relo.object:close()
    end, ("object '%s' cannot be closed while a policy is at work on it"):format(obj.path))
    fails("member", function(_, _, default)
      default.target:close()
    end, "cannot be closed while a policy is at work on it")
    fails("value", function(_, _, default)
      local _ <close> = default.target
      return default()
    end, "cannot be closed")
    assert.equal("poison no-field", trial.said(results()[1]))
  end)

  it("closing a BTF that others hold is an error of what is asked of it", function()
    fails("member", function(m, t, default)
      t.btf:close()
      return default(m, t)
    end, "is closed")
    close()
    open()
    fails("member", function(m, t, default)
      obj.btf:close()
      return default(m, t)
    end, "is closed")
  end)

  it("default is passed on, and refused as any other value", function()
    -- In a process of its own: what was taken for an owner was no memory of one.
    local script = tmp.write("passed.lua", ([[
      local btfl = require "btfl"
      local report, kept = btfl.report "r", nil
      local function refused(value)
        return not pcall(report.note, report, { rule = "r", message = "m", at = value })
      end
      local policy = btfl.policy { name = "test", member = function(m, t, default)
        kept = default
        return refused(default) and default(m, t) or "b"
      end }
      local object, target = btfl.object(%q), btfl.target(%q)
      for result in object:results(target, { policy = policy }) do io.write(result.status, " ") end
      io.write(tostring(refused(kept)), " ")
      target:close()
      io.write(tostring(refused(kept)), "\n")
    ]]):format(obj.path, target.path))
    assert.same({ out = "ok ok true true\n", err = "", status = 0 }, run { script })
  end)

  it("a collection does no harm", function()
    local said = trial.said(results { name = "test", member = function(m, t, default)
      collectgarbage()
      return default(m, t) or "b"
    end, value = function(_, _, default)
      collectgarbage()
      return default()
    end }[1])
    assert.equal("ok 8", said)
  end)

  it("os.exit ends the program", function()
    local path = tmp.write("exit.lua", ([[
      local o, t = btfl.object %q, btfl.target %q
      o:results(t, { policy = btfl.policy { name = "x", member = function() os.exit(7, true) end } })]])
      :format(obj.path, target.path))
    assert.equal(7, run({ path }).status)
  end)
end)

describe("results by a policy", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  it("are kept, each policy's by itself", function()
    local calls = 0
    local p = btfl.policy { name = "test", member = function(m, t, default)
      calls = calls + 1
      return default(m, t) or "b"
    end }
    local relo = obj:relos()()
    local r = relo:resolve(target, { policy = p })
    local before = calls
    assert.equal(r, relo:resolve(target, { policy = p }))
    assert.equal(before, calls)
    assert.equal("poison", relo:resolve(target).status)
    assert.equal(relo:resolve(target), relo:resolve(target, { policy = btfl.policy "libbpf" }))
  end)

  it("are used where no policy is given once one is the default", function()
    engine.default_policy(btfl.policy { name = "test", member = function(m, t, default)
      return default(m, t) or "b"
    end })
    local said = trial.said(obj:relos()():resolve(target))
    local usual = trial.said(results()[1])
    engine.default_policy(nil)
    assert.same({ "ok 8", "poison no-field" }, { said, usual })
    assert.has_error(function() engine.default_policy(5) end)
  end)

  it("die with their object and target", function()
    local r = results { name = "test", member = function(m, t, default) return default(m, t) or "b" end }[1]
    obj:close()
    assert.has_error(function() return r.decider end)
    assert.has_error(function() return r:decisions() end)
  end)
end)

describe("--policy", function()
  before_each(function() open() end)
  after_each(close)
  teardown(tmp.clean)

  local function file()
    return tmp.write("b.lua", [[return btfl.policy { name = "b", member = function(m, t, default)
      return default(m, t) or t:member "b", "a is b"
    end }]])
  end

  local function btfl_run(...) return run { ... } end

  it("adds rule and note to relos, and changes nothing without", function()
    local plain = btfl_run("relos", obj.path, "-t", target.path, "--format", "tsv")
    local with = btfl_run("relos", obj.path, "-t", target.path, "--format", "tsv", "--policy", file())
    assert.same({ 0, "", 0, "" }, { plain.status, plain.err, with.status, with.err })
    assert.matches("insn_after\n", plain.out)
    assert.matches("insn_after\trule\tnote\n", with.out)
    assert.matches("\tok\t0\t8\t.-\tb%.member\ta is b\n", with.out)
    assert.matches("\tlibbpf\t%-\n$", with.out)
  end)

  it("makes check tell what only the policy made ok", function()
    assert.equal(1, btfl_run("check", obj.path, "-t", target.path).status)
    local r = btfl_run("check", obj.path, "-t", target.path, "--policy", file())
    assert.equal(0, r.status)
    assert.matches("note[by-policy]: ok by b.member (a is b); libbpf: poison, struct foo has no member `a`", r.out,
      1, true)
    assert.matches("rule: b.member, note: a is b", r.out, 1, true)
    assert.matches("2 ok, 0 poison, 0 error", r.out, 1, true)
  end)

  it("makes check name the rule that refused", function()
    local path = tmp.write("no.lua", [[return btfl.policy { name = "no", missing = function()
      return "error", "not here" end }]])
    local r = btfl_run("check", obj.path, "-t", target.path, "--policy", path)
    assert.equal(1, r.status)
    assert.matches("error[no-field]: struct foo has no member `a`", r.out, 1, true)
    assert.matches("rule: no.missing, note: not here", r.out, 1, true)
  end)

  it("that is wrong is one line and status 2", function()
    for name, message in pairs {
      nosuch = "there is no policy `nosuch`", ["/nonexistent.lua"] = "nonexistent.lua",
      [tmp.write("lines.lua", "error 'one\\ntwo'")] = "one two",
      [tmp.write("hook.lua", "return btfl.policy { name = 'h', member = function() error 'late' end }")] =
        "policy 'h', hook member, relocation 0 (foo.a)",
    } do
      local r = btfl_run("check", obj.path, "-t", target.path, "--policy", name)
      assert.same({ 2, "" }, { r.status, r.out })
      assert.matches("^btfl[ a-z]*: [^\n]+\n$", r.err)
      assert.matches(message, r.err, 1, true)
    end
  end)

  it("is there for scripts that take targets only", function()
    assert.matches("%-%-policy NAME|FILE", btfl_run("relos", "--help").out)
    assert.is_nil(btfl_run("types", "--help").out:find("--policy", 1, true))
  end)
end)
