--- Tables of renames: several new names for one, what is said of each, and what of a table is inert.

local btfl = require "btfl"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local function int(b) return b:int("int", 4, "signed") end

describe("a rename with several names", function()
  teardown(tmp.clean)

  -- foo.a asked for where foo has the member of that name.
  local function note(entry, has, asked)
    local obj, target = trial.open(function(l, t)
      t:struct("foo", 8, { { has, int(t), 32 } })
      return { { l:struct("foo", 4, { { asked or "a", int(l), 0 } }), "0:0", "byte_off" } }
    end)
    local r = trial.results(obj, target, btfl.renames { ["foo.a"] = entry })[1]
    local out = { trial.said(r), r.note }
    obj:close()
    target:close()
    return out
  end

  it("tells the one that was taken", function()
    assert.same({ "ok 4", "foo.a is b" }, note({ "b", "c" }, "b"))
    assert.same({ "ok 4", "foo.a is c" }, note({ "b", "c" }, "c"))
    assert.same({ "ok 4", "foo.a is c" }, note({ "b", "c" }, "a", "c"))
    assert.same({ "poison no-field" }, note({ "b", "c" }, "d"))
  end)

  it("has a release for each, or one for all", function()
    local each = { { "b", since = "5.1" }, "c", { "d", since = "6.2", reverse = false } }
    assert.same({ "ok 4", "foo.a is b since 5.1" }, note(each, "b"))
    assert.same({ "ok 4", "foo.a is c" }, note(each, "c"))
    assert.same({ "ok 4", "foo.a is d since 6.2" }, note(each, "d"))
    assert.same({ "ok 4", "foo.a is b since 5.1" }, note(each, "a", "b"))
    assert.same({ "poison no-field" }, note(each, "a", "d"))
    local all = { "b", { "c", since = "7.0" }, since = "5.1" }
    assert.same({ "ok 4", "foo.a is b since 5.1" }, note(all, "b"))
    assert.same({ "ok 4", "foo.a is c since 7.0" }, note(all, "c"))
    assert.same({ "poison no-field" }, note({ "b", { "c" }, reverse = false }, "a", "c"))
    assert.same({ "ok 4", "foo.a is c" }, note({ "b", { "c", reverse = true }, reverse = false }, "a", "c"))
  end)

  it("holds for types and enumerators", function()
    local obj, target = trial.open(function(l, t)
      t:struct("third", 8, { { "a", int(t), 32 } })
      t:enum("e", { { "LAST", 9 } })
      return { { l:struct("first", 4, { { "a", int(l), 0 } }), "0:0", "byte_off" },
        { l:enum("e", { { "A", 1 } }), "0", "enumval_value", object.mov(1, 1) } }
    end)
    local notes = {}
    for i, r in ipairs(trial.results(obj, target, btfl.renames { first = { "second", { "third", since = "6.6" } },
      ["e.A"] = { "B", "LAST" } })) do
      notes[i] = trial.said(r) .. ", " .. r.note
    end
    assert.same({ "ok 4, first is third since 6.6", "ok 9, e.A is LAST" }, notes)
  end)

  it("is checked name by name", function()
    for message, entry in pairs {
      ["a new name is a string, or a table of one and its options"] = { { "b", "c" } },
      ["there is no option `sinse` of that type"] = { { "b", sinse = "5" } },
      ["there is no option `since` of that type"] = { { "b", since = 5 } },
    } do
      local ok, e = pcall(btfl.renames, { ["foo.a"] = entry })
      assert.is_false(ok)
      assert.matches(message, e, 1, true)
      assert.matches("^spec/renames_spec.lua:%d+: renames: `foo.a`: ", e)
    end
    assert.is_false((pcall(btfl.renames, { ["foo.a"] = { {} } })))
  end)
end)

describe("lint", function()
  teardown(tmp.clean)

  local one, two, table_path
  setup(function()
    local _, a = trial.open(function(l, t)
      local ti = int(t)
      local far = t:struct("far", 8, { { "z", ti, 0 } })
      local elem = t:struct("elem", 8, { { "x", ti, 0 }, { "y", ti, 32 } })
      t:struct("foo", 64, { { "old", ti, 0 }, { "far", t:ptr(far), 64 }, { "arr", t:array(elem, 2), 128 },
        { "in", far, 256 }, { nil, t:union(nil, 4, { { "deep", ti, 0 } }), 320 } })
      t:enum("e", { { "OLD", 1 } })
      t:typedef("alias_t", elem)
      return { { l:struct("foo", 4, { { "old", int(l), 0 } }), "0:0", "byte_off" } }
    end)
    local _, b = trial.open(function(l, t, module)
      local ti = int(t)
      t:struct("foo", 64, { { "new", ti, 0 } })
      t:enum("e", { { "NEW", 1 } })
      module():struct("mod", 8, { { "m", ti, 0 } })
      return { { l:struct("foo", 4, { { "old", int(l), 0 } }), "0:0", "byte_off" } }
    end)
    one, two = a, b
  end)

  local function said(source, targets)
    local out = {}
    for i, f in ipairs(btfl.renames(source):lint(targets or { one, two }).findings) do
      assert.equal("inert-rename", f.rule)
      out[i] = f.level .. ": " .. f.message
    end
    return out
  end

  it("is silent where some kernel has each", function()
    assert.same({}, said { ["foo.old"] = "new", ["e.OLD"] = "NEW", elem = "far", ["foo.deep"] = "in.z",
      ["foo.in.z"] = "z", ["foo.arr.x"] = "y", ["mod.m"] = "m", ["alias_t.x"] = "y" })
  end)

  it("tells old and new names that none has", function()
    assert.same({
      "error: the entry of `e.OLD`: its new name `e.NWE` is on no target",
      "warning: the entry of `foo.odl`: `foo.odl` is on no target",
      "error: the entry of `foo.old`: its new name `foo.nwe` is on no target",
      "error: the entry of `fooo.old`: `fooo` is on no target",
      "warning: the entry of `gone`: `gone` is on no target",
      "error: the entry of `gone`: its new name `never` is on no target",
    }, said { ["foo.old"] = { "new", "nwe" }, ["foo.odl"] = "new", ["fooo.old"] = "new", ["e.OLD"] = "NWE",
      gone = "never" })
    assert.same({ "error: the entry of `foo.old`: its new name `foo.new` is on no target" },
      said({ ["foo.old"] = "new" }, { one }))
  end)

  it("tells a path through a pointer, and a new one through an array", function()
    assert.same({
      "error: the entry of `foo.deep`: its new name `foo.far.z` leads through a pointer (`far`), and a relocation is "
        .. "one offset",
      "error: the entry of `foo.far.z`: `foo.far.z` leads through a pointer (`far`), and a relocation is one offset",
      "error: the entry of `foo.old`: its new name `foo.arr.x` leads through an array (`arr`), and does not say to "
        .. "which element",
    }, said { ["foo.far.z"] = "y", ["foo.deep"] = "far.z", ["foo.old"] = "arr.x" })
  end)

  it("tells the truth: what it calls inert changes nothing, the rest does", function()
    local function takes(source)
      local obj, target = trial.open(function(l, t)
        local ti, li = int(t), int(l)
        local elem = t:struct("elem", 8, { { "y", ti, 32 } })
        t:struct("foo", 32, { { "far", t:ptr(elem), 0 }, { "arr", t:array(elem, 2), 64 } })
        local lelem = l:struct("elem", 4, { { "x", li, 0 } })
        local foo = l:struct("foo", 8, { { "a", li, 0 }, { "arr", l:array(lelem, 2), 32 } })
        return { { foo, "0:0", "byte_off" }, { foo, "0:1:1:0", "byte_off", object.mov(1, 8) } }
      end)
      local r = trial.results(obj, target, btfl.renames(source))
      local inert = #btfl.renames(source):lint({ target }).findings
      return r[1].decider ~= "libbpf" or r[2].decider ~= "libbpf", inert
    end
    for _, source in ipairs { { ["foo.a"] = "far.y" }, { ["foo.a"] = "arr.y" }, { ["foo.far.x"] = "y" } } do
      local changes, inert = takes(source)
      assert.is_false(changes)
      assert.is_true(inert > 0)
    end
    local changes = takes { ["foo.arr.x"] = "y" }
    assert.is_true(changes)
  end)

  it("is a command, whose status is that of what it found", function()
    table_path = tmp.write("table.lua", '-- mine\nreturn btfl.renames {\n  ["foo.old"] = { "new", "nwe" },\n}\n')
    local r = run { "lint", table_path, "-t", one.path, "-t", two.path, "--format", "json" }
    assert.same({ 1, "" }, { r.status, r.err })
    local finding = dkjson.decode(r.out).findings[1]
    assert.equal("the entry of `foo.old`: its new name `foo.nwe` is on no target", finding.message)
    assert.matches("table%.lua:2$", finding.at)
    r = run { "lint", "renames", "strict", "-t", "spec/fixtures/small.btf" }
    assert.equal(1, r.status)
    r = run { "lint", "strict", "-t", one.path }
    assert.same({ 0, "", "" }, { r.status, r.out, r.err })
    r = run { "lint", "nosuch", "-t", one.path }
    assert.same({ 2, "btfl: there is no policy `nosuch`\n" }, { r.status, r.err })
    r = run { "lint", table_path, "-t", "/nonexistent" }
    assert.equal(2, r.status)
  end)

  it("looks at every policy of a chain, and at what a policy tells of itself", function()
    local top = btfl.policy { name = "top", extends = btfl.renames { ["foo.old"] = "nwe" },
      lint = function(targets, out)
        out:note { rule = "by-policy", message = ("%d kernels"):format(#targets) }
      end }
    local messages = {}
    for i, f in ipairs(top:lint({ one, two }).findings) do messages[i] = f.message end
    assert.same({ "2 kernels", "the entry of `foo.old`: its new name `foo.nwe` is on no target" }, messages)
  end)
end)
