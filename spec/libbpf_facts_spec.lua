--- What btfl says of objects, sections and numbers, against the system's libbpf and the BTF of kernels.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local loadable = require "spec.support.loadable"
local objects = require "spec.support.object"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"
local PEER = "build/peer/facts"

local function peer()
  local _, _, status = tmp.run(("make -s %s"):format(PEER))
  if status ~= 0 then pending "needs libbpf-dev" end
end

local function split(line)
  local out = {}
  for field in (line .. "\t"):gmatch "(.-)\t" do out[#out + 1] = field end
  return out
end

-- Rows of the peer, by their first word.
local function ask(command)
  local rows = setmetatable({}, { __index = function(self, what)
    self[what] = {}
    return self[what]
  end })
  for line in tmp.run(command):gmatch "[^\n]+" do
    local row = split(line)
    table.insert(rows[table.remove(row, 1)], row)
  end
  return rows
end

-- Rows of src/format/uapi.def: { number, enumerator, name } by set, then number.
local function uapi()
  local sets = { prog_type = {}, map_type = {}, attach_type = {} }
  for line in io.lines "src/format/uapi.def" do
    local set, number, enumerator, name = line:match '^([A-Z_]+)%((%d+), ([A-Z0-9_]+), "([a-z0-9_]+)"%)'
    if set then sets[set:lower()][tonumber(number)] = { enumerator, name } end
  end
  return sets
end

-- Rows of src/format/sections.def: { name, whether "/" may follow } in order.
local function sections()
  local out = {}
  for line in io.lines "src/format/sections.def" do
    local name, names = line:match '^SECTION%("([^"]+)", ([A-Z]+),'
    if name then out[#out + 1] = { name, names == "NAMES" } end
  end
  return out
end

local function corpus(pattern)
  local out = {}
  for path in tmp.run(("ls '%s'/%s 2>/dev/null"):format(CORPUS, pattern)):gmatch "[^\n]+" do out[#out + 1] = path end
  return out
end

-- The programs of an object with one in each of these sections, by section.
local function programs_in(names)
  local o = objects.new()
  for i, section in ipairs(names) do
    o:program { section = section, name = "p" .. i, insns = { objects.exit() } }
  end
  local out = {}
  for program in btfl.object(tmp.write("sections.o", o:bytes())):programs() do out[program.section] = program end
  return out
end

describe("the numbers of the kernel's interface", function()
  teardown(tmp.clean)

  it("have libbpf's names", function()
    peer()
    local sets, seen = uapi(), 0
    for _, row in ipairs(ask(PEER .. " </dev/null").name) do
      assert.equal(row[3], (sets[row[1]][tonumber(row[2])] or {})[2], row[1] .. " " .. row[2])
      seen = seen + 1
    end
    assert.is_true(seen > 100)
  end)

  it("are those of the kernels, which have no others", function()
    local kernels = corpus "kernels/*.btf.gz"
    if #kernels == 0 then pending "needs the corpus" end
    local sets = uapi()
    for _, path in ipairs(kernels) do
      for set, rows in pairs(sets) do
        local numbers = {}
        for n, row in pairs(rows) do numbers[row[1]] = n end
        local enum = btfl.btf(path):find("bpf_" .. set, "enum")
        for value in enum and enum:values() or function() end do
          if not value.name:find "^__MAX" and not value.name:find "DEPRECATED$" then
            assert.equal(value.value, numbers[value.name], path .. " " .. value.name)
          end
        end
      end
    end
  end)
end)

describe("the table of sections", function()
  teardown(tmp.clean)

  -- Asks for the names, and compares what libbpf knows; returns how many those are, and what it does not know.
  local function compare(names)
    local ours, sets = programs_in(names), uapi()
    tmp.write("names", table.concat(names, "\n") .. "\n")
    local known, unknown = 0, {}
    for _, row in ipairs(ask(PEER .. " < " .. tmp.path "names").section) do
      local name, type, attach = row[1], tonumber(row[2]), tonumber(row[3])
      local program = ours[name]
      if type < 0 then
        if program.type then unknown[#unknown + 1] = name end
      else
        known = known + 1
        assert.equal(sets.prog_type[type][2], program.type, name)
        -- Sections of tc attach by tcx since libbpf 1.3.
        if not name:find "^tc/" then
          local expected = attach ~= 0 and sets.attach_type[attach][2] or nil
          assert.equal(expected, program.attach.type, name)
        end
      end
    end
    return known, unknown
  end

  it("agrees with libbpf on each of its rows, with and without what may follow", function()
    peer()
    local names = {}
    for _, row in ipairs(sections()) do
      names[#names + 1] = row[1]
      names[#names + 1] = row[1] .. "/what/ever"
      names[#names + 1] = row[1] .. ".s"
      names[#names + 1] = row[1]:sub(1, -2)
      names[#names + 1] = row[1] .. "x"
    end
    local once, seen = {}, {}
    for _, name in ipairs(names) do
      if not seen[name] then once[#once + 1] = name end
      seen[name] = true
    end
    local known, unknown = compare(once)
    assert.is_true(known > 100, known)
    -- What libbpf 1.1 does not know yet.
    for _, name in ipairs(unknown) do
      assert.is_truthy(name:find "^tcx/" or name:find "^netkit/" or name:find "^[a-z]+%.multi" or name:find "^usdt%.s"
        or name:find "^[a-z]+%.session" or name:find "^fsession" or name:find "^netfilter" or name:find "_unix$"
        or name:find "^struct_ops%.s" or name:find "^t[a-z]*p[a-z]*%.s" or name:find "^raw_t[a-z_]*%.s"
        or name:find "^sk_skb/verdict" or name:find "^tc/" or name:find "^tp_btf%.s", name)
    end
  end)

  it("agrees with libbpf on the sections of real objects", function()
    peer()
    local seen, names = {}, {}
    for _, path in ipairs(corpus "objects/*/*.o") do
      for program in btfl.object(path):programs() do
        local name = program.section:gsub("^%?", "")
        if not seen[name] then names[#names + 1] = name end
        seen[name] = true
      end
    end
    if #names == 0 then pending "needs the corpus" end
    local known = compare(names)
    assert.is_true(known > 300, known)
  end)
end)

describe("an object as libbpf opens it", function()
  teardown(tmp.clean)

  -- libbpf makes ring buffers a power of two of pages, and calls the maps of sections after the object.
  local function map_row(map)
    return { map.number, map.key_size, map.value_size, map.number ~= 27 and map.max_entries or "ring", map.flags }
  end

  local function programs_of(object)
    local out = {}
    for program in object:programs() do
      if program.section ~= ".text" then
        local attach = program.attach
        out[#out + 1] = { program.name, (program.section:gsub("^%?", "")), program.type or "-",
          tostring(attach and attach.auto or not attach and not program.section:find "^%?") }
      end
    end
    return out
  end

  local function compare(path)
    local theirs, object, sets = ask(("%s '%s'"):format(PEER, path)), btfl.object(path), uapi()
    local errno, refused = tonumber(theirs.open[1][1]), object:opening()
    assert.equal(errno ~= 0, refused ~= nil, path .. ": libbpf says " .. errno)
    if errno ~= 0 then return 0 end
    local programs = {}
    for _, row in ipairs(theirs.prog) do
      local type = tonumber(row[3])
      if row[2] ~= ".text" then
        programs[#programs + 1] = { row[1], row[2], type ~= 0 and sets.prog_type[type][2] or "-",
          tostring(row[5] == "1") }
      end
    end
    -- What libbpf is too old for has no type there.
    local ours = programs_of(object)
    for i, row in ipairs(ours) do
      if programs[i] and programs[i][3] == "-" then row[3] = "-" end
    end
    assert.same(programs, ours, path)
    local n, inner = 0, 0
    for map in object:maps() do
      n = n + 1
      local row = theirs.map[n]
      assert.is_truthy(row, path .. " " .. map.name)
      if map.kind == "defined" or map.kind == "struct_ops" then assert.equal(row[1], map.name, path) end
      local expected = { tonumber(row[2]), tonumber(row[3]), tonumber(row[4]),
        map.number ~= 27 and tonumber(row[5]) or "ring", tonumber(row[6]) }
      assert.same(expected, map_row(map), path .. " " .. map.name)
      assert.same({ tonumber(row[7]), tonumber(row[8]), row[9] == "1" }, { map.extra, map.numa_node, map.auto },
        path .. " " .. map.name)
      if map.inner then
        inner = inner + 1
        local r = theirs.inner[inner]
        assert.same({ tonumber(r[2]), tonumber(r[3]), tonumber(r[4]), tonumber(r[5]), tonumber(r[6]) },
          { map.inner.number, map.inner.key_size, map.inner.value_size, map.inner.max_entries, map.inner.flags }, path)
      end
    end
    assert.equal(#theirs.map, n, path)
    assert.equal(#theirs.inner, inner, path)
    return n
  end

  it("has the same programs and maps, when we made it", function()
    peer()
    -- `.struct_ops.link` is newer than 1.1.
    local path = tmp.write("made.o", loadable.new { struct_ops = ".struct_ops" }:bytes())
    assert.equal(8, compare(path))
  end)

  -- An object with an extern, or a map whose struct has these members: { name, type }.
  local function object_with(make)
    local b = btf.new()
    local o, int = objects.new(b), b:int("int", 4, "signed")
    local function number(n) return b:ptr(b:array(int, n)) end
    local function struct(members)
      for i, m in ipairs(members) do m[3] = (i - 1) * 64 end
      return b:struct(nil, #members * 8, members), #members * 8
    end
    local id, size = make { b = b, o = o, int = int, number = number, struct = struct }
    if type(id) == "table" then id, size = struct(id) end
    if id then
      b:datasec(".maps", size or 4, { { b:var("m", id), 0, size or 4 } })
      o:section(".maps", ("\0"):rep(size or 4), { flags = 3, align = 8 })
      o:symbol { name = "m", section = ".maps", size = size or 4, info = 0x11 }
    end
    o:program { insns = { objects.mov(0, 0), objects.exit() } }
    return tmp.write("refused.o", o:bytes())
  end

  local function extern(k, section, id, size)
    k.b:datasec(section, size, { { id, 0, size } })
    k.o:symbol { name = "x", section = 0, info = 0x10 }
  end

  local HASH, OF_MAPS, PROGS = 1, 12, 3
  local REFUSED = {
    { "a number of its description is no pointer to an array", function(k) return { { "type", k.int } } end },
    { "a number of its description is no enum of one value", function(k)
      return { { "type", k.number(HASH) }, { "map_extra", k.int } }
    end },
    { "a type of its description is no pointer to a type with a size", function(k)
      return { { "type", k.number(HASH) }, { "key", k.b:ptr(0) } }
    end },
    { "it gives two sizes of keys", function(k)
      return { { "type", k.number(HASH) }, { "key_size", k.number(8) }, { "key", k.b:ptr(k.int) } }
    end },
    { "it gives two sizes of values", function(k)
      return { { "type", k.number(HASH) }, { "value", k.b:ptr(k.int) }, { "value_size", k.number(8) } }
    end },
    { "a map that a map holds can hold none itself", function(k)
      local inner = k.struct { { "type", k.number(OF_MAPS) }, { "values", k.b:array(k.b:ptr(k.int), 0, k.int) } }
      return { { "type", k.number(OF_MAPS) }, { "values", k.b:array(k.b:ptr(inner), 0, k.int) } }
    end },
    { "a map that a map holds cannot be pinned", function(k)
      local inner = k.struct { { "type", k.number(HASH) }, { "pinning", k.number(1) } }
      return { { "type", k.number(OF_MAPS) }, { "values", k.b:array(k.b:ptr(inner), 0, k.int) } }
    end },
    { "`values` is not the last of its description", function(k)
      local inner = k.struct { { "type", k.number(HASH) } }
      return { { "type", k.number(OF_MAPS) }, { "values", k.b:array(k.b:ptr(inner), 0, k.int) },
        { "max_entries", k.number(1) } }
    end },
    { "it has `values`, but holds neither maps nor programs", function(k)
      return { { "type", k.number(HASH) }, { "values", k.b:array(k.b:ptr(k.int), 0, k.int) } }
    end },
    { "its size of values is not 4, though it has `values`", function(k)
      local inner = k.struct { { "type", k.number(HASH) } }
      return { { "type", k.number(OF_MAPS) }, { "value_size", k.number(8) },
        { "values", k.b:array(k.b:ptr(inner), 0, k.int) } }
    end },
    { "`values` is no array of pointers to what it holds", function(k)
      return { { "type", k.number(PROGS) }, { "values", k.b:array(k.b:ptr(k.int), 0, k.int) } }
    end },
    { "its `pinning` is neither 0 nor 1", function(k)
      return { { "type", k.number(HASH) }, { "pinning", k.number(2) } }
    end },
    { "its description has a member that libbpf does not know", function(k)
      return { { "type", k.number(HASH) }, { "colour", k.number(2) } }
    end },
    { "its description says no type", function(k) return { { "max_entries", k.number(2) } } end },
    { "BTF does not describe it as a struct", function(k) return k.int end },
    { "a function cannot stand in .kconfig", function(k)
      extern(k, ".kconfig", k.b:func("x", k.b:func_proto(k.int), "extern"), 0)
    end },
    { "a configuration value cannot be of its type", function(k)
      extern(k, ".kconfig", k.b:var("x", k.b:struct("s", 4, { { "a", k.int, 0 } }), "extern"), 4)
    end },
    { "a configuration value cannot be of its type", function(k)
      extern(k, ".kconfig", k.b:var("x", k.b:enum("e", { { "A", 1 } }), "extern"), 4)
    end },
    { "a configuration value cannot be of its type", function(k)
      extern(k, ".kconfig", k.b:var("x", k.b:array(k.int, 4), "extern"), 16)
    end },
    { "its BTF does not call it extern", function(k) extern(k, ".ksyms", k.b:var("x", k.int), 4) end },
  }

  for i, row in ipairs(REFUSED) do
    it(("is refused by both: %s (%d)"):format(row[1], i), function()
      peer()
      local path = object_with(row[2])
      local object = btfl.object(path)
      local one = object:externs()() or object:maps()()
      assert.equal(row[1], one.problem)
      assert.is_truthy(object:opening())
      compare(path)
    end)
  end

  it("has maps and values of which libbpf takes all", function()
    peer()
    for _, make in ipairs {
      function(k)
        return { { "type", k.number(30) }, { "max_entries", k.b:const(k.b:typedef("n", k.number(4))) },
          { "value", k.b:ptr(k.b:const(k.int)) }, { "map_extra", k.number(3) }, { "numa_node", k.number(0) } }
      end,
      function(k)
        return { { "type", k.number(PROGS) }, { "key_size", k.number(4) },
          { "values", k.b:array(k.b:ptr(k.b:func_proto(k.int)), 0, k.int) } }
      end,
      function(k) extern(k, ".kconfig", k.b:var("x", k.b:enum("libbpf_tristate", { { "NO", 0 } }), "extern"), 4) end,
      function(k)
        extern(k, ".kconfig", k.b:var("x", k.b:array(k.b:int("char", 1, "signed"), 4, k.int), "extern"), 4)
      end,
    } do
      local path = object_with(make)
      local object = btfl.object(path)
      local one = object:externs()() or object:maps()()
      assert.is_nil(one.problem)
      compare(path)
    end
  end)

  it("has numbers of 64 bits, of which 1.1 knows no map's, and the 64 members that are looked at", function()
    local function first(make) return btfl.object(object_with(make)):maps()() end
    local map = first(function(k)
      return { { "type", k.number(30) }, { "map_extra", k.b:enum64(nil, { { "v", 1 << 33 } }) } }
    end)
    assert.same({ 1 << 33 }, { map.extra, map.problem })
    map = first(function(k)
      local members = {}
      for i = 1, 65 do members[i] = { "type", k.number(i == 65 and 1 or 2) } end
      return members
    end)
    assert.same({ 2, "its description has too many members" }, { map.number, map.problem })
  end)

  it("has the same programs and maps, of fixtures and of distributions, or is refused by both", function()
    peer()
    local maps, objects_seen = 0, 0
    for _, path in ipairs(corpus "objects/*/*.o") do
      if btfl.object(path).endian == "little" then
        maps, objects_seen = maps + compare(path), objects_seen + 1
      end
    end
    if objects_seen == 0 then pending "needs the corpus" end
    assert.is_true(maps > 500, maps)
  end)
end)
