--- What kernels demand of a map's sizes and flags, by type; held against the running kernel as root.

local btfl = require "btfl"
local loadable = require "spec.support.loadable"
local loads = require "spec.support.loads"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local n = 0

-- An object with a program and a map "m" of these attributes, as a file; types: key and value have a BTF
-- type, an int.
local function with_map(m)
  local o = loadable.maps { { "m", function(_, int)
    local fields = { { "type", m.type }, { "max_entries", m.entries or 1 }, { "map_flags", m.flags or 0 } }
    if m.types then
      fields[#fields + 1] = { "key", int }
      fields[#fields + 1] = { "value", int }
    else
      fields[#fields + 1] = { "key_size", m.key }
      fields[#fields + 1] = { "value_size", m.value }
    end
    return fields
  end } }
  o:program { name = "prog", insns = { object.mov(0, 0), object.exit() } }
  n = n + 1
  return tmp.write(("map%d.o"):format(n), o:bytes())
end

-- The same of an array of maps "m", of which it says what they are.
local function with_inner(inner)
  local o = loadable.maps { { "m", function(b, int)
    local members = {}
    for _, field in ipairs { { "type", inner.type }, { "key_size", inner.key }, { "value_size", inner.value },
      { "max_entries", inner.entries }, { "map_flags", inner.flags } } do
      if field[2] > 0 then members[#members + 1] = { field[1], b:ptr(b:array(int, field[2])), #members * 64 } end
    end
    return { { "type", 12 }, { "max_entries", 1 }, { "key_size", 4 },
      { "values", b:struct(nil, #members * 8, members) } }
  end } }
  o:program { name = "prog", insns = { object.mov(0, 0), object.exit() } }
  n = n + 1
  return tmp.write(("map%d.o"):format(n), o:bytes())
end

local function first_of(path, target, release)
  local o <close> = btfl.object(path)
  local verdict = o:program("prog"):verdict(target, { release = release or "6.1.9" })
  local first = verdict.first
  return first and ("%s %s %s %s"):format(verdict.verdict, first.rule, first.name, first.cause) or verdict.verdict
end

describe("a map", function()
  local target

  setup(function() target = btfl.target "spec/fixtures/small.btf" end)
  teardown(function()
    target:close()
    tmp.clean()
  end)

  local HASH, ARRAY, PROGS, STACKS, LRU, LPM, QUEUE, STORAGE, RINGBUF, ARENA = 1, 2, 3, 7, 9, 11, 22, 24, 27, 33
  for what, case in pairs {
    ["a hash is any"] = { { type = HASH, key = 3, value = 7, flags = 1 }, "loads" },
    ["a hash has no list of its own"] = { { type = HASH, key = 3, value = 7, flags = 2 }, "map_flags" },
    ["an array has keys of 4 bytes"] = { { type = ARRAY, key = 8, value = 8 }, "key_size" },
    ["an array may be mapped"] = { { type = ARRAY, key = 4, value = 8, flags = 1 << 10 }, "loads" },
    ["a prog_array holds numbers"] = { { type = PROGS, key = 4, value = 8 }, "value_size" },
    ["a prog_array holds something"] = { { type = PROGS, key = 4, value = 0 }, "value_size" },
    ["a stack is of addresses"] = { { type = STACKS, key = 4, value = 12 }, "value_size" },
    ["a frame has room for a build id"] = { { type = STACKS, key = 4, value = 40, flags = 32 }, "value_size" },
    ["an lru_hash is allocated beforehand"] = { { type = LRU, key = 4, value = 8, flags = 1 }, "map_flags" },
    ["a trie is not"] = { { type = LPM, key = 8, value = 8 }, "map_flags" },
    ["a trie's key has a length first"] = { { type = LPM, key = 4, value = 8, flags = 1 }, "key_size" },
    ["a queue has no keys"] = { { type = QUEUE, key = 4, value = 8 }, "key_size" },
    ["storage has no number of entries"] = { { type = STORAGE, types = true, flags = 1 }, "max_entries" },
    ["storage has types"] = { { type = STORAGE, key = 4, value = 8, entries = 0, flags = 1 }, "types" },
    ["storage with types"] = { { type = STORAGE, types = true, entries = 0, flags = 1 }, "loads" },
    ["a ringbuf has no values"] = { { type = RINGBUF, key = 0, value = 8, entries = 4096 }, "value_size" },
    ["an arena is mapped"] = { { type = ARENA, key = 0, value = 0 }, "map_flags" },
    ["who reads may not only write"] = { { type = HASH, key = 3, value = 7, flags = 0x18 }, "map_flags" },
    ["a type of later kernels is any"] = { { type = 99, key = 1, value = 1, flags = 1 << 30 }, "loads" },
  } do
    it("is created only as its type demands: " .. what, function()
      local answer = case[2] == "loads" and case[2] or "refused map-attr m " .. case[2]
      assert.equal(answer, first_of(with_map(case[1]), target))
    end)
  end

  it("has flags that its kernel knows", function()
    for _, flag in ipairs { 13, 14, 15, 17, 18, 19, 20, 31 } do
      local hash = with_map { type = HASH, key = 4, value = 4, flags = 1 << flag }
      assert.equal("refused map-attr m map_flags", first_of(hash, target), flag)
    end
    local overwrites = with_map { type = RINGBUF, key = 0, value = 0, entries = 4096, flags = 1 << 19 }
    assert.equal("refused map-attr m map_flags", first_of(overwrites, target, "6.18.9"))
    assert.equal("loads", first_of(overwrites, target, "6.19.9"))
    local later = with_map { type = RINGBUF, key = 0, value = 0, entries = 4096, flags = 1 << 20 }
    assert.equal("refused map-attr m map_flags", first_of(later, target, "6.18.9"))
    assert.equal("unknown map-attr m flags-unknown", first_of(later, target, "7.1.9"))
    -- A token is the loader's.
    assert.equal("loads", first_of(with_map { type = HASH, key = 4, value = 4, flags = 1 << 16 }, target))
  end)

  it("of deeper traces than kernels take by default may not be created", function()
    local unknown = "unknown map-attr m max_stack"
    assert.equal(unknown, first_of(with_map { type = STACKS, key = 4, value = 128 * 8 }, target))
    assert.equal("loads", first_of(with_map { type = STACKS, key = 4, value = 127 * 8 }, target))
    assert.equal(unknown, first_of(with_map { type = STACKS, key = 4, value = 128 * 32, flags = 32 }, target))
    assert.equal("loads", first_of(with_map { type = STACKS, key = 4, value = 127 * 32, flags = 32 }, target))
  end)

  it("whose value is of a size that the tool knows is incomplete", function()
    assert.equal("incomplete map-unset m value_size", first_of(with_map { type = STACKS, key = 4, value = 0 }, target))
    assert.equal("incomplete map-unset m key_size", first_of(with_map { type = HASH, key = 0, value = 8 }, target))
    -- There is but one size that it can be.
    assert.equal("refused map-attr m key_size", first_of(with_map { type = ARRAY, key = 0, value = 8 }, target))
  end)
end)

describe("the running kernel", function()
  local peer, why = loads.peer()
  teardown(tmp.clean)
  if not peer then
    pending("creates no map that is said to be refused: " .. why)
    return
  end

  -- Not the number of CPUs, the memory, or a sysctl, which decide on larger ones.
  local KEYS, VALUES, ENTRIES = { 0, 1, 4, 5, 8, 16, 260, 261 }, { 0, 1, 4, 8, 12, 16, 32 }, { 1, 2 }
  -- Of a map of maps it depends on the inner one; libbpf takes struct_ops for its own.
  local OTHER = { [12] = true, [13] = true, [26] = true }
  local COUNT = 1000

  local function any(random)
    local type
    repeat type = random(33) until not OTHER[type]
    local flag
    repeat flag = random(0, 31) until flag ~= 16
    local flags = random(2) == 1 and 0 or 1 << flag
    return { type = type, key = KEYS[random(#KEYS)], value = VALUES[random(#VALUES)], entries = ENTRIES[random(2)],
      flags = flags | (random(3) == 1 and 1 or 0) }
  end

  -- Whether the kernel creates maps as it is said that it does; counts those that it does and does not.
  local function compare(maps)
    local target <close> = btfl.target()
    local lines, count = {}, { loads = 0, no = 0 }
    for line in pairs(maps) do lines[#lines + 1] = line end
    for _, row in ipairs(loads.run(lines, { jobs = 2 })) do
      local m = maps[row.object]
      local o <close> = btfl.object(row.object)
      local ours = o:program("prog"):verdict(target).ok and "loads" or "no"
      assert.equal(row.outcome, ours, ("type %d, key %d, value %d, entries %d, flags %x: %s")
        :format(m.type, m.key, m.value, m.entries, m.flags, row.said or ""))
      count[ours] = count[ours] + 1
    end
    return count
  end

  it("creates no map that is said to be refused, and all others", function()
    math.randomseed(14)
    local maps = {}
    for _ = 1, COUNT do
      local m = any(math.random)
      maps[with_map(m)] = m
    end
    local count = compare(maps)
    assert.is_true(count.loads > 10 and count.no > 200)
  end)

  it("puts no map into another of which that is said, and all others", function()
    local maps = {}
    for type = 1, 33 do
      for _, sizes in ipairs { { 4, 4, 1 }, { 4, 4, 0 }, { 0, 0, 4096 }, { 8, 4, 1 }, { 0, 4, 1 }, { 16, 8, 0 } } do
        for flags = 0, 1 do
          local m = { type = type, key = sizes[1], value = sizes[2], entries = sizes[3], flags = flags }
          -- Some libbpfs set the entries of a perf_event_array that has none, others do not.
          if type ~= 4 or m.entries > 0 then maps[with_inner(m)] = m end
        end
      end
    end
    local count = compare(maps)
    assert.is_true(count.loads > 20 and count.no > 200)
  end)
end)
