--- Who gives the reason of a failure: what a hook refuses is told in the policy's words, what the engine
--- finds in the engine's.

local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local function int(b) return b:int("int", 4, "signed") end

-- foo.a is in both; of foo there may be two that disagree.
local function make(several)
  return function(l, t)
    local ti, li = int(t), int(l)
    t:struct("foo", 16, { { "a", ti, 32 }, { "c", ti, 96 } })
    if several then t:struct("foo", 16, { { "a", ti, 64 } }) end
    local foo = l:struct("foo", 8, { { "a", li, 0 }, { "b", li, 32 } })
    return { { foo, "0:0", "byte_off", object.mov(1, 0) }, { foo, "0:1", "byte_off", object.mov(1, 4) } }
  end
end

local obj, target

local function open(several)
  obj, target = trial.open(make(several))
end

local function close()
  obj:close()
  target:close()
end

-- The results by a policy of that hook, and maybe others.
local function by(hook, f, more)
  local spec = { name = "mine", [hook] = f }
  for key, value in pairs(more or {}) do spec[key] = value end
  return trial.results(obj, target, spec)
end

local function facts(result)
  return { trial.said(result), result:why(), table.unpack({ result:refusal() }, 1, 2) }
end

describe("a refusal by a hook", function()
  after_each(close)
  teardown(tmp.clean)

  it("is told by rule, reason and note", function()
    open()
    local r = by("member", function(m, t, default)
      if m.name == "a" then return nil, "no-field", "a is private" end
      return default(m, t)
    end)
    assert.same({ "poison no-field", "mine.member says no-field: a is private", "mine.member", "a is private" },
      facts(r[1]))
    assert.same({ "mine.member", "a is private" }, { r[1].decider, r[1].note })
    assert.same({ "poison no-field", "struct foo has no member `b`" }, facts(r[2]))
    assert.is_nil((r[2]:refusal()))
    assert.equal("libbpf", r[2].decider)
  end)

  it("may leave out the note, the reason or both", function()
    open()
    for words, answer in pairs {
      ["mine.compatible says incompatible"] = { false },
      ["mine.compatible says incompatible: because"] = { false, "because" },
      ["mine.compatible says ambiguous"] = { false, "ambiguous" },
      ["mine.compatible says by-policy: because"] = { false, "by-policy", "because" },
    } do
      local r = by("compatible", function() return table.unpack(answer) end)[1]
      assert.equal(words, r:why())
      assert.equal("poison", r.status)
    end
  end)

  it("with a note and a word that is no reason code is an error", function()
    open()
    local ok, e = pcall(by, "member", function() return nil, "no-feild", "because" end)
    assert.is_false(ok)
    assert.matches("returns with its note what is no reason code: no-feild", e.message, 1, true)
  end)

  it("keeps a note beside an answer, whatever stands between", function()
    open()
    local r = by("member", function(_, t) return t:member "c", nil, "a is c" end)[1]
    assert.same({ "ok 12", "a is c" }, { trial.said(r), r.note })
    r = by("member", function(_, t) return t:member "c", "no-field" end)[1]
    assert.same({ "ok 12", "no-field" }, { trial.said(r), r.note })
  end)

  it("of the object's value makes an error, told by the policy", function()
    open()
    local r = by("value", function() return nil, "ambiguous", "they tie" end)[1]
    assert.same({ "error ambiguous", "mine.value says ambiguous: they tie", "mine.value", "they tie" }, facts(r))
  end)

  it("of a candidate's value makes an error, or a poison that has a reason", function()
    open()
    local function there(answer)
      return function(relo, spec, default)
        if spec.root.btf == relo.object.btf then return default() end
        return table.unpack(answer)
      end
    end
    local r = by("value", there { nil, "unsized", "no" })[1]
    assert.same({ "error unsized", "mine.value says unsized: no", "mine.value", "no" }, facts(r))
    r = by("value", there { nil, "poison", "no" })[1]
    assert.same({ "poison by-policy", "mine.value says by-policy: no", "mine.value", "no" }, facts(r))
    r = by("value", there { nil, "poison" })[1]
    assert.same({ "poison by-policy", "mine.value says by-policy", "mine.value" }, facts(r))
  end)

  it("of all candidates is no word on what the target has", function()
    open()
    local r = by("candidates", function() return {}, "not for you" end)[1]
    assert.same({ "poison no-type", "mine.candidates says no-type: not for you", "mine.candidates", "not for you" },
      facts(r))
    r = by("candidates", function() return {}, "incompatible", "not for you" end)[1]
    assert.same({ "poison incompatible", "mine.candidates says incompatible: not for you" },
      { trial.said(r), r:why() })
    r = by("candidates", function(_, _, default) return default() end)[2]
    assert.equal("struct foo has no member `b`", r:why())
  end)

  it("of what disagrees keeps its reason", function()
    open(true)
    local r = by("choose", function() return nil, "incompatible", "neither" end)[1]
    assert.same({ "error incompatible", "mine.choose says incompatible: neither", "mine.choose", "neither" },
      facts(r))
    r = by("choose", function() return nil, "neither" end)[1]
    assert.equal("error ambiguous", trial.said(r))
    assert.matches("^2 candidates disagree: .*; error by mine%.choose %(neither%)$", r:why())
    assert.is_nil((r:refusal()))
  end)

  it("of what is missing keeps its reason, else libbpf's and its sentence", function()
    open()
    local r = by("missing", function() return "error", "unsupported", "guard it" end)[2]
    assert.same({ "error unsupported", "mine.missing says unsupported: guard it", "mine.missing", "guard it" },
      facts(r))
    r = by("missing", function() return "error", "guard it" end)[2]
    assert.same({ "error no-field", "struct foo has no member `b`; error by mine.missing (guard it)" },
      { trial.said(r), r:why() })
    r = by("missing", function(_, _, default) return default() end)[2]
    assert.same({ "poison no-field", "struct foo has no member `b`" }, { trial.said(r), r:why() })
  end)

  it("of a patch is told, and so is a poison that it makes", function()
    open()
    local r = by("patch", function() return nil, "insn-mismatch", "I know better" end)[1]
    assert.same({ "error insn-mismatch", "mine.patch says insn-mismatch: I know better", "mine.patch",
      "I know better" }, facts(r))
    r = by("patch", function(relo, change, default)
      change.poison = true
      return default(relo, change), "stay away"
    end)[1]
    assert.same({ "poison by-policy", "mine.patch says by-policy: stay away", "mine.patch", "stay away" }, facts(r))
  end)

  it("is told of each candidate for itself", function()
    open(true)
    local r = by("member", function(m, t, default)
      if m.name == "b" and t:member "c" then return nil, "incompatible", "not the one with c" end
      return default(m, t)
    end)[2]
    local said = {}
    for attempt in r:trail() do
      local decider, note = attempt:refusal()
      said[#said + 1] = ("%s %s %s"):format(attempt.reason, decider, note)
    end
    assert.same({ "incompatible mine.member not the one with c", "no-field nil nil" }, said)
    assert.matches("^no candidate fits: %[%d+%] mine.member says incompatible: not the one with c; " ..
      "%[%d+%] struct foo has no member `b`$", r:why())
  end)

  it("by a policy that is extended is that one's", function()
    open()
    local base = btfl.policy { name = "base", member = function() return nil, "incompatible", "base says no" end }
    local r = by("member", function(_, _, default) return default() end, { extends = base })[1]
    assert.same({ "base.member", "base says no", "base.member" }, { r.decider, r.note, (r:refusal()) })
    local got
    r = by("member", function(_, _, default)
      got = table.pack(default())
      return "c"
    end, { extends = base })[1]
    assert.same({ nil, "incompatible", "base says no", n = 3 }, got)
    assert.same({ "ok 12", "mine.member" }, { trial.said(r), r.decider })
  end)
end)

describe("a report", function()
  after_each(close)
  teardown(tmp.clean)

  it("tells the policy's refusal and gives no advice for another reason", function()
    open()
    local path = tmp.write("private.lua", [[
return btfl.policy { name = "private", member = function(m, t, default)
  if m.name == "a" then return nil, "no-field", "a is private" end
  return default(m, t)
end }]])
    local r = run { "check", obj.path, "-t", target.path, "--policy", path }
    assert.equal(1, r.status)
    assert.matches("error[no-field]: private.member says no-field: a is private", r.out, 1, true)
    assert.matches("help: private.member decides that", r.out, 1, true)
    assert.is_nil(r.out:find("has no member `a`", 1, true))
    assert.is_nil(r.out:find("foo, a)", 1, true))
  end)

  it("is made of every poison", function()
    open()
    local report = obj:check(target, { all = true, policy = btfl.policy { name = "mine",
      value = function(relo, spec, default)
        if spec.root.btf == relo.object.btf then return default() end
        return nil, "poison"
      end } })
    assert.equal("by-policy", report.findings[1].rule)
    assert.equal("mine.value says by-policy", report.findings[1].message)
  end)
end)
