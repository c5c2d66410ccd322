--- What a program does with values that no verifier knows, and some can tell more of than others: of another
--- kernel the same is said again where all verifiers go the same ways, or its own can tell the same. Programs are
--- made at random, kernels are of releases between which verifiers learned something.
local alike = require "spec.support.alike"
local btf = require "spec.support.btf"
local btfl = require "btfl"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- One of several.
local function one(list) return list[math.random(#list)] end

local RELEASES = { "5.10.1", "5.12.1", "5.17.1", "6.3.1", "6.6.1", "6.7.1", "6.8.1", "6.9.1", "6.11.1", "6.12.1",
  "6.14.1", "6.15.1", "6.16.1", "6.17.1", "6.18.1", "6.18.50", "7.0.1", "7.1.1", "7.2.1", "6.18.0-7" }

-- Around what values are compared with.
local AROUND = { 0, 1, 2, 7, 8, 15, 16, 64, 255, 256, 0x7fffffff, -1, -2, -8 }

local function number() return one(AROUND) + math.random(-1, 1) end

local function any() return one { 6, 7, 8 } end

-- Instructions of each sort.
local SORTS = {
  function() return object.insn(one { 0xbf, 0xbc }, any(), any(), 0, 0) end,
  function()
    local op = one { 0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xc0 }
    return object.insn(op | one { 7, 4 }, any(), 0, 0, one { 0, 1, 3, 8, 16, 31, 32, 255, -1, -16 })
  end,
  function() return object.insn(one { 0x0f, 0x1f, 0x2f, 0x4f, 0x5f, 0xaf, 0x0c, 0x4c, 0x5c }, any(), any(), 0, 0) end,
  function() return object.insn(one { 0x87, 0x84 }, any(), 0, 0, 0) end,
  function() return object.insn(one { 0xd4, 0xdc }, any(), 0, 0, one { 16, 32, 64 }) end,
  function() return object.insn(one { 0x7b, 0x63, 0x6b, 0x73 }, 10, any(), one { -8, -16 }, 0) end,
  function() return object.insn(one { 0x7a, 0x62 }, 10, 0, one { -8, -16 }, number()) end,
  function() return object.insn(one { 0x79, 0x61, 0x69, 0x71 }, any(), 10, one { -8, -16 }, 0) end,
  function() return object.mov(any(), number()) end,
  function() return object.insn(0x85, 0, 0, 0, 7) end,
}

local JUMPS = { 0x15, 0x25, 0x35, 0x55, 0xa5, 0xb5, 0x65, 0x75, 0xc5, 0xd5, 0x45 }

local function jump()
  local op, class = one(JUMPS) & 0xf0, one { 5, 6 }
  if math.random(3) < 3 then return object.insn(op | class, any(), 0, math.random(0, 3), number()) end
  return object.insn(op | class | 8, any(), any(), math.random(0, 3), 0)
end

local function program(made)
  local b = btf.new()
  local int = b:int("int", 4, "signed")
  local root = b:struct("s", 8, { { "x", int, 0 } })
  local o, relos = object.new(b), {}
  local insns = { object.call(7) }
  for i = 1, 9 do insns[#insns + 1] = i % 3 == 0 and object.mov(i, i) or object.insn(0xbf, i, 0, 0, 0) end
  for _, off in ipairs { -8, -16 } do insns[#insns + 1] = object.insn(0x7b, 10, 3, off, 0) end
  for _ = 1, math.random(6, 18) do
    insns[#insns + 1] = math.random(3) == 1 and jump() or one(SORTS)()
  end
  -- What is gone is reached where both of these may be so.
  for i = 1, 2 do
    local insn = jump()
    insn.off = 5 - i
    insns[#insns + 1] = insn
  end
  relos[1] = { insn = #insns, type = root, access = "0:0", kind = "byte_off" }
  for _ = 1, 5 do insns[#insns + 1] = object.mov(0, 0) end
  insns[#insns + 1] = object.exit()
  o:program { section = "socket", insns = insns, relos = relos }
  return tmp.write(("able%d.o"):format(made), o:bytes())
end

-- One kernel of each release, in any order: paths.
local function kernels()
  local b, paths = btf.new(), {}
  b:struct("s", 8, {})
  tmp.mkdir "able"
  for i, release in ipairs(RELEASES) do
    paths[i] = tmp.write(("able/%s-amd64.btf"):format(release), b:bytes())
    local k = math.random(i)
    paths[i], paths[k] = paths[k], paths[i]
  end
  return paths
end

local function programs(count)
  local list = {}
  for i = 1, count do list[i] = program(i) end
  return list
end

-- So many programs: what is wrong, cells, and how many of them were recalled.
local function vary(count, seed)
  math.randomseed(seed)
  local objects, targets = {}, {}
  for i, path in ipairs(kernels()) do targets[i] = btfl.target(path) end
  for i, path in ipairs(programs(count)) do objects[i] = btfl.object(path) end
  local wrong, cells, seen = alike.compare(objects, targets)
  return table.concat(wrong, "\n"), cells, seen
end

-- What check says of them, too: what guards is told there.
local function check(count, seed)
  math.randomseed(seed)
  local words = { "check", "--all", "--format", "jsonl" }
  for _, path in ipairs(kernels()) do table.move({ "-t", path }, 1, 2, #words + 1, words) end
  for _, path in ipairs(programs(count)) do words[#words + 1] = path end
  local with = run(words)
  words[#words + 1] = "--no-memo"
  return run(words), with
end

describe("the memo, of programs that some verifiers can tell more of,", function()
  teardown(tmp.clean)

  it("says what is so", function()
    local wrong, cells, seen = vary(100, 1)
    assert.equal("", wrong)
    assert.is_true(seen > cells / 4 and seen < cells)
  end)

  -- In these are such of which the oldest verifier and the newest say the same, and one between does not, as it goes on
  -- with numbers that cannot be.
  it("says what is so where a gain leads somewhere else", function()
    for _, seed in ipairs { 105, 107 } do assert.equal("", (vary(100, seed))) end
  end)

  it("says what guards what is not reached", function()
    local found, said = check(100, 2)
    assert.is_true(found.out == said.out)
    assert.matches("guarded by", said.out)
  end)

  it("says what is so of thousands #long", function()
    for seed = 3, 22 do
      assert.equal("", (vary(200, seed)))
      local found, said = check(100, seed)
      assert.is_true(found.out == said.out)
    end
  end)
end)
