--- What a program does with the version of a kernel: of another kernel the same is said again only where that
--- decides alike. Programs are made at random, kernels are those around what they compare with.
local alike = require "spec.support.alike"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local function code(major, minor, sub) return major << 16 | minor << 8 | sub end

-- One of several.
local function one(list) return list[math.random(#list)] end

local BORDERS = { code(6, 1, 50), code(6, 1, 200), code(6, 2, 0) }

local RELEASES = { "6.1.49", "6.1.50", "6.1.51", "6.1.48", "6.1.199", "6.1.200", "6.1.201", "6.2.1", "6.2.2",
  "6.1.0-7" }

local function border() return one(BORDERS) + math.random(-1, 1) end

local VERSION <const>, POISON <const> = "version", "poison"

-- Instructions of each sort, as builders of a list; of a jump to one of the next three.
local SORTS = {
  function() return object.insn(one { 0xbf, 0xbc }, math.random(0, 9), math.random(0, 9), 0, 0) end,
  function()
    local op = one { 0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xc0 }
    return object.insn(op | one { 7, 4 }, math.random(0, 9), 0, 0, one { 0, 1, 8, 16, 31, 32, 255, -1, border() })
  end,
  function() return object.insn(one { 0x67, 0xc7, 0x77 }, one { 6, 7 }, 0, 0, 32) end,
  function() return object.insn(one { 0x0f, 0x1f, 0x5f, 0xaf }, math.random(0, 9), math.random(0, 9), 0, 0) end,
  function() return object.insn(one { 0x7b, 0x63, 0xc3 }, 10, math.random(0, 9), -8, 0) end,
  function() return object.insn(one { 0x79, 0x61 }, math.random(0, 9), 10, -8, 0) end,
  function() return object.mov(math.random(0, 9), border()) end,
  function() return object.insn(0x85, 0, 0, 0, one { 5, 7 }) end,
  function() return VERSION end,
  function() return POISON end,
}

local JUMPS = { 0x15, 0x25, 0x35, 0x55, 0xa5, 0xb5, 0x65, 0xd5, 0x45 }

local function jump()
  local op, class = one(JUMPS) & 0xf0, one { 5, 5, 6 }
  if math.random(2) == 1 then
    return object.insn(op | class, one { 6, 7, math.random(0, 9) }, 0, math.random(0, 3), border())
  end
  return object.insn(op | class | 8, math.random(6, 9), math.random(6, 9), math.random(0, 3), 0)
end

-- r2 = &LINUX_KERNEL_VERSION; r6 = *(u32 *)r2, or less of it.
local function add_version(insns, places)
  local high, low = object.ldimm64(2, 0)
  places[#places + 1] = #insns
  table.move({ high, low, object.ldx(one { 4, 4, 4, 4, 2 }, one { 6, 7 }, 2, 0) }, 1, 3, #insns + 1, insns)
end

local function add_poison(insns, relos, root)
  relos[#relos + 1] = { insn = #insns, type = root, access = "0:0", kind = "byte_off" }
  insns[#insns + 1] = object.mov(one { 1, 8 }, 0)
end

local function program(number)
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local root = b:struct("s", 8, { { "x", int, 0 } })
  b:datasec(".kconfig", 4, { { b:var("LINUX_KERNEL_VERSION", int, "extern"), 0, 4 } })
  local o, insns, relos, places = object.new(b), {}, {}, {}
  for i = 0, 9 do insns[#insns + 1] = object.mov(i, i) end
  add_version(insns, places)
  for _ = 1, math.random(4, 14) do
    local made = math.random(3) == 1 and jump() or one(SORTS)()
    if made == VERSION then add_version(insns, places)
    elseif made == POISON then add_poison(insns, relos, root)
    else insns[#insns + 1] = made end
  end
  insns[#insns + 1] = jump()
  add_poison(insns, relos, root)
  for _ = 1, 4 do insns[#insns + 1] = object.mov(0, 0) end
  insns[#insns + 1] = object.exit()
  o:program { section = "socket", insns = insns, relos = relos }
  o:symbol { name = "LINUX_KERNEL_VERSION", section = 0 }
  for _, at in ipairs(places) do o:rel("socket", at * 8, "LINUX_KERNEL_VERSION") end
  return btfl.object(tmp.write(("asks%d.o"):format(number), o:bytes()))
end

local function kernels(list)
  local b, targets = btf.new(), {}
  b:struct("s", 8, {})
  local path = tmp.write("kernel.btf", b:bytes())
  for i, release in ipairs(list) do targets[i] = btfl.target(path, { release = release }) end
  return targets
end

-- So many programs: what is wrong, cells, and how many of them were recalled.
local function vary(count, seed)
  math.randomseed(seed)
  local objects, targets = {}, kernels(RELEASES)
  for i = 1, count do objects[i] = program(i) end
  local wrong, cells, seen = alike.compare(objects, targets)
  return table.concat(wrong, "\n"), cells, seen
end

describe("the memo of a matrix, of programs that ask for the version,", function()
  teardown(tmp.clean)

  -- Loads what stands in a version of so many bytes, does something with it, and reads what is gone where that is
  -- below `least`.
  local function reads(load, holds, least, ...)
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    local root, held = b:struct("s", 8, { { "x", int, 0 } }), b:int("held", holds)
    b:datasec(".kconfig", holds, { { b:var("LINUX_KERNEL_VERSION", held, "extern"), 0, holds } })
    local o, high, low = object.new(b), object.ldimm64(2, 0)
    local insns = { high, low, load, ... }
    table.move({ object.insn(0x35, 2, 0, 1, least), object.mov(1, 0), object.mov(0, 0), object.exit() }, 1, 4,
      #insns + 1, insns)
    o:program { section = "socket", insns = insns,
      relos = { { insn = #insns - 3, type = root, access = "0:0", kind = "byte_off" } } }
    o:symbol { name = "LINUX_KERNEL_VERSION", section = 0 }
    o:rel("socket", 0, "LINUX_KERNEL_VERSION")
    return tmp.write("asks.o", o:bytes())
  end

  local function asks(...) return reads(object.ldx(4, 2, 2, 0), 4, ...) end

  local function states(path, releases)
    local list = {}
    for cell in btfl.matrix({ path }, kernels(releases)) do
      list[#list + 1] = cell.state .. (cell.seen and " seen" or "")
    end
    return list
  end

  local SHIFTED <const> = { object.insn(0x67, 2, 0, 0, 32), object.insn(0xc7, 2, 0, 0, 32) }

  it("says the same again of all on one side of a release, and nothing of the other", function()
    for _, shifts in ipairs { {}, SHIFTED } do
      assert.same({ "guarded", "guarded seen", "rejected", "rejected seen", "guarded seen", "rejected seen" },
        states(asks(code(6, 1, 50), table.unpack(shifts)),
          { "6.1.50", "6.1.51", "6.1.49", "6.1.1", "6.1.200", "6.1.48" }))
    end
  end)

  it("does not where the version itself is kept, and read again", function()
    local stored = { object.insn(0x7b, 10, 2, -8, 0), object.ldx(8, 2, 10, -8) }
    assert.same({ "guarded", "guarded", "rejected", "guarded seen" },
      states(asks(code(6, 1, 50), table.unpack(stored)), { "6.1.50", "6.1.51", "6.1.49", "6.1.51" }))
  end)

  it("tells kernels apart whose version is known in part or not", function()
    local path = asks(code(6, 1, 50))
    local list = states(path, { "6.1.51", "6.1.0-7", "6.1.52", "6.1.0-8" })
    local without = {}
    for cell in btfl.matrix({ path }, kernels { "6.1.51", "6.1.0-7", "6.1.52", "6.1.0-8" }, { memo = false }) do
      without[#without + 1] = cell.state
    end
    for i, text in ipairs(list) do list[i] = text:gsub(" seen$", "") end
    assert.same(without, list)
  end)

  it("tells releases apart whose version is known in part", function()
    assert.same({ "rejected", "guarded", "guarded seen" },
      states(asks(code(6, 2, 0)), { "6.1.0-7", "6.2.0-7", "6.2.0-7" }))
  end)

  it("knows a part of the version for less than the whole", function()
    assert.same({ "guarded", "rejected", "guarded", "rejected seen" },
      states(reads(object.ldx(2, 2, 2, 0), 4, 0x0132), { "6.1.50", "6.1.49", "6.2.1", "6.1.49" }))
    assert.same({ "guarded", "rejected", "guarded", "rejected seen" },
      states(reads(object.ldx(2, 2, 2, 0), 2, 0x0132), { "6.1.50", "6.1.49", "6.2.1", "6.1.49" }))
    assert.same({ "guarded", "rejected", "rejected seen" },
      states(reads(object.ldx(4, 2, 2, 2), 8, 6), { "6.1.50", "5.19.1", "5.19.1" }))
  end)

  it("says what is so, whatever they do with it", function()
    local wrong, cells, seen = vary(150, 1)
    assert.equal("", wrong)
    assert.is_true(seen > cells / 4 and seen < cells)
  end)

  it("says what is so, whatever thousands do with it #long", function()
    for seed = 2, 21 do
      local wrong = vary(200, seed)
      assert.equal("", wrong)
    end
  end)
end)
