--- Functions and variables are found by the order of names where all types are in it, and as well where they
--- are not, be it by the last of them only.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local open = require "spec.support.opened"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- Each name with what it is of; several may share one.
local NAMES = {
  { "", "ptr" }, { "", "proto" }, { "__start", "func" }, { "a", "func" }, { "a", "struct" }, { "a_", "func" },
  { "aa", "var" }, { "b", "struct" }, { "b", "struct" }, { "b", "func" }, { "b", "var" }, { "bb", "func" },
  { "c___x", "func" }, { "c___y", "struct" }, { "d", "func" }, { "d", "func" },
  { "long_name_" .. ("x"):rep(40), "func" }, { "z", "struct" }, { "zz", "func" }, { "\u{fc}", "func" },
}

-- A BTF of these; what stands in it by kind and name.
local function build(names, base)
  local b, first = btf.new { base = base }, {}
  local start = b:next_id()
  for i, of in ipairs(names) do
    local name, kind = of[1], of[2]
    local id = start + i - 1
    local made = ({
      ptr = function() return b:ptr(0) end, proto = function() return b:func_proto(0) end,
      func = function() return b:func(name, start + 1) end, var = function() return b:var(name, start) end,
      struct = function() return b:struct(name, 4, {}) end,
    })[kind]()
    assert(made == id)
    local key = kind .. " " .. name
    first[key] = first[key] or id
  end
  return b, first
end

local function check(opened, first)
  for _, of in ipairs(NAMES) do
    for _, kind in ipairs { "func", "var", "struct" } do
      local name = of[1]
      local t = name ~= "" and opened:find(name, kind)
      assert.equal(first[kind .. " " .. name], t and t.id or nil, kind .. " " .. name)
    end
  end
  for _, name in ipairs { "0", "A", "a__", "ab", "c", "c_", "c___", "y", "zzz", "\u{ff}", "long_name_" } do
    assert.is_nil(opened:find(name, "func"), name)
  end
end

describe("types in the order of names", function()
  teardown(tmp.clean)

  it("give the same as in any other order", function()
    local b, first = build(NAMES)
    check(open(b), first)
    -- Pointer and prototype stay first, for the others refer to them.
    for i = 3, #NAMES - 1 do
      for k = i + 1, #NAMES do
        local names = table.move(NAMES, 1, #NAMES, 1, {})
        names[i], names[k] = names[k], names[i]
        b, first = build(names)
        check(open(b), first)
      end
    end
  end)

  it("are found when one without a name stands last, and behind a base", function()
    local names = table.move(NAMES, 1, #NAMES, 1, {})
    names[#names + 1] = { "", "ptr" }
    check(open((build(names))), select(2, build(names)))
    local base, in_base = build(NAMES)
    local more = { { "", "ptr" }, { "", "proto" }, { "a", "func" }, { "e", "func" }, { "zz", "var" } }
    local split, own = build(more, base)
    local whole <close> = btfl.btf(tmp.write("base.btf", base:bytes()))
    local opened <close> = btfl.btf(tmp.write("split.btf", split:bytes()), whole)
    assert.equal(in_base["func a"], opened:find("a", "func").id)
    assert.equal(own["func e"], opened:find("e", "func").id)
    assert.equal(own["var zz"], opened:find("zz", "var").id)
    assert.equal(in_base["func zz"], opened:find("zz", "func").id)
  end)

  local there = io.open(corpus .. "/README.md");
  (there and it or pending)("are found as a scan finds them, in a kernel's too", function()
    for _, name in ipairs { "7.3.4-generic-amd64", "6.18.15-cloud-amd64" } do
      local b <close> = btfl.btf(("%s/kernels/%s.btf.gz"):format(corpus, name))
      for _, kind in ipairs { "func", "var", "datasec" } do
        local first = {}
        for id, _, of in b:scan(kind) do first[of] = first[of] or id end
        for of, id in pairs(first) do assert(b:find(of, kind).id == id, of) end
      end
    end
  end)
end)
