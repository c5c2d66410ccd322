--- Functions and variables that were looked for in one large BTF are found in the next, and so are all others,
--- in whichever order.
local btf = require "spec.support.btf"
local open = require "spec.support.opened"
local tmp = require "spec.support.tmp"

-- Enough that not all are listed at once.
local MANY <const> = 5000

-- Short ones, some of as many bytes as tell names apart at first, and some that begin alike.
local NAMES = { "a", "ab", "kfree", "vfs_rea", "vfs_read", "vfs_readv", "vfs_readlink", "vfs_real", "tcp_v4_rcv",
  "tcp_v4_connect", "\u{fc}ber", "bpf_prog_test", ("long_"):rep(20) }

-- A BTF that has all but every nth of them, some more than once; and the first of each by kind and name.
local function build(seed, leave, base)
  local b, first = btf.new { base = base }, {}
  local int = b:int("int", 4, "signed")
  local proto = b:func_proto(int)
  local function add(kind, name)
    local id = kind == "func" and b:func(name, proto) or b:var(name, int)
    first[kind .. " " .. name] = first[kind .. " " .. name] or id
  end
  math.randomseed(seed)
  for i = 1, MANY do
    add("func", ("fill_%d_%d"):format(i % 7, i))
    local n = i % 100 == 0 and math.random(#NAMES)
    if n and n % leave ~= 0 then add(math.random(3) == 1 and "var" or "func", NAMES[n]) end
  end
  -- What is last ends where the strings do.
  add("func", "last" .. seed)
  return b, first
end

local function check(opened, first, names)
  for _, name in ipairs(names) do
    for _, kind in ipairs { "func", "var" } do
      local t = opened:find(name, kind)
      assert.equal(first[kind .. " " .. name], t and t.id or nil, kind .. " " .. name)
    end
  end
end

local function turned(names)
  local out = {}
  for i = #names, 1, -1 do out[#out + 1] = names[i] end
  return out
end

describe("names that are looked for in one BTF after another", function()
  teardown(tmp.clean)

  it("are found, and others", function()
    for seed = 1, 12 do
      local b, first = build(seed, seed % 4 + 2)
      local opened = open(b)
      check(opened, first, seed % 2 == 0 and NAMES or turned(NAMES))
      check(opened, first, { "last" .. seed, "last" .. seed - 1, "las", "fill_1" })
      check(opened, first, { ("fill_%d_%d"):format(seed % 7, seed) })
      check(opened, first, turned(NAMES))
    end
  end)

  it("are found in a module whose names are its base's", function()
    local base, of_base = build(1, 3)
    local opened = open(base)
    check(opened, of_base, NAMES)
    for seed = 2, 5 do
      local module, first = build(seed, 4, base)
      local all = {}
      for key, id in pairs(first) do all[key] = id end
      for key, id in pairs(of_base) do all[key] = id end
      check(open(module, opened), all, NAMES)
    end
  end)
end)
