--- Elements of arrays in the paths that policies and tables of renames take: "counts[1].value".
local btfl = require "btfl"
local object = require "spec.support.object"
local trial = require "spec.support.trial"
local tmp = require "spec.support.tmp"

for _, endian in ipairs { "little", "big" } do
  describe("an element in a path, " .. endian .. "-endian,", function()
    teardown(tmp.clean)

    -- foo.a, foo.b[1] and foo.list[0].x, foo.list[1].x of an object, on a kernel that has other structs.
    local function open()
      return trial.open(function(l, t)
        local li, ti = l:int("int", 4, "signed"), t:int("int", 4, "signed")
        local elem = l:struct("elem", 4, { { "x", li, 0 } })
        local foo = l:struct("foo", 24, { { "a", li, 0 }, { "b", l:array(li, 2), 32 },
          { "list", l:array(elem, 2), 96 } })
        local telem = t:struct("elem", 12, { { "y", ti, 32 }, { "z", ti, 64 } })
        local pair = t:struct("pair", 8, { { "low", ti, 0 }, { "rows", t:typedef("u32x1", t:array(ti, 1)), 32 } })
        t:struct("foo", 96, { { "many", t:array(t:const(t:array(pair, 3)), 2), 64 },
          { nil, t:union(nil, 8, { { "flat", t:array(ti, 2), 0 } }), 448 }, { "list", t:array(telem, 2), 512 },
          { "p", t:ptr(pair), 704 } })
        return { { foo, "0:0", "byte_off" }, { foo, "0:0", "field_exists", object.mov(1, 1) },
          { foo, "0:1:1", "byte_off", object.mov(1, 8) }, { foo, "0:2:0:0", "byte_off", object.mov(1, 12) },
          { foo, "0:2:1:0", "byte_off", object.mov(1, 16) } }
      end, { endian = endian })
    end

    local function said(policy)
      local obj, target = open()
      local out = {}
      for i, r in ipairs(trial.results(obj, target, policy)) do out[i] = trial.said(r) end
      return out, trial.results(obj, target, policy)[1].accessor
    end

    local function member(path)
      return btfl.policy { name = "mine", member = function(m, _, default)
        if m.name ~= "a" then return default() end
        return path
      end }
    end

    it("is one that a policy may give", function()
      local out, accessor = said(member "many[1][2].low")
      assert.equal("ok " .. 8 + 3 * 8 + 2 * 8, out[1])
      assert.equal("ok 1", out[2])
      assert.equal((8 + 5 * 8) * 8, accessor.bit_offset)
      assert.equal("0:0:1:2:0", accessor.access)
      out, accessor = said(member "many[0][1].rows[0]")
      assert.equal("ok " .. 8 + 8 + 4, out[1])
      assert.equal("ok 1", out[2])
      assert.equal("foo.rows[0]", accessor.path)
      assert.equal("ok " .. 56 + 4, said(member "flat[1]")[1])
    end)

    it("is the answer of default, too, in what extends the policy", function()
      local seen
      local top = btfl.policy { name = "top", extends = member "many[1][2].rows[0]", member = function(m, _, default)
        local answer = default()
        if m.name == "a" then seen = answer end
        return answer
      end }
      assert.equal("ok " .. 8 + 5 * 8 + 4, said(top)[1])
      assert.equal("many[1][2].rows[0]", seen)
    end)

    it("is told when it is none", function()
      for path, why in pairs {
        ["many[2][0].low"] = "the array before '[2][0].low' has 2 elements",
        ["many[0][3]"] = "the array before '[3]' has 3 elements",
        ["many[0].low"] = "what stands there has no member 'low'",
        ["list[x].y"] = "'[x].y' is no index",
        ["list[0"] = "'[0' is no index",
        ["list[99999999999].y"] = "is no index",
        ["list[0].y[0]"] = "what stands before '[0]' is no array",
        ["list[0]y"] = "a name stands behind '.'",
        ["p[0]"] = "what stands before '[0]' is no array",
        ["[0]"] = "has no member ''",
      } do
        assert.error_matches(function() said(member(path)) end, why, nil, true)
      end
    end)

    it("is one that a new name may have, and a key", function()
      local out = said(btfl.renames { ["foo.a"] = "many[1][0].low", ["foo.b"] = "flat" })
      assert.same({ "ok 32", "ok 1", "ok 60" }, { out[1], out[2], out[3] })
      out = said(btfl.renames { ["foo.list[0].x"] = "y", ["foo.list[1].x"] = "z" })
      assert.same({ "ok " .. 64 + 4, "ok " .. 64 + 12 + 8 }, { out[4], out[5] })
      out = said(btfl.renames { ["foo.list.x"] = "y", ["foo.list[1].x"] = "z" })
      assert.same({ "ok " .. 64 + 4, "ok " .. 64 + 12 + 8 }, { out[4], out[5] })
      -- Beyond the array there is nothing of that name.
      out = said(btfl.renames { ["foo.a"] = "many[2][0].low" })
      assert.equal("poison no-field", out[1])
    end)

    it("of a table is looked at by lint", function()
      local _, target = open()
      local messages = {}
      for i, f in ipairs(btfl.renames({ ["foo.a"] = { "many[1][2].low", "many[2][0].low", "many.low" },
        ["foo.list[1].y"] = "z", ["foo.list[2].y"] = "z" }):lint({ target }).findings) do messages[i] = f.message end
      assert.same({
        "the entry of `foo.a`: `foo.a` is on no target",
        "the entry of `foo.a`: its new name `foo.many[2][0].low` is on no target",
        "the entry of `foo.a`: its new name `foo.many.low` leads through an array (`many`), and does not say to which "
          .. "element",
        "the entry of `foo.list[2].y`: `foo.list[2].y` is on no target",
        "the entry of `foo.list[2].y`: its new name `foo.list[2].z` is on no target",
      }, messages)
    end)

    it("is no name of its own", function()
      assert.error_matches(function() btfl.renames { ["foo.b[1]"] = "c" } end, "an element of an array has no name")
      assert.error_matches(function() btfl.renames { ["foo.b[x].c"] = "c" } end, "a key is a type")
      assert.error_matches(function() btfl.renames { ["foo.b[1]c"] = "c" } end, "a key is a type")
    end)
  end)
end
