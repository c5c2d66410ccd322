--- Where btfl and the system's libbpf disagree on relocations that nobody compiled: the hand-made cases, and random
--- types with accesses into them, with changes of records, access strings, instructions and types of both sides.
local btfl = require "btfl"
local case = require "spec.support.case"
local cases = require "spec.support.cases"
local kit = require "spec.support.cases.kit"
local mutate = require "spec.support.mutate"
local peer = require "spec.support.peer"
local relocated = require "spec.support.relocated"
local tmp = require "spec.support.tmp"

local differing = {}

local BATCH = 500

local random = math.random

local function one_of(list) return list[random(#list)] end

local FIELDS = { "a", "b", "c", "d", "e", "f", "g", "h" }
local STRUCTS = { "foo", "bar", "foo___x", "foo___y", "bar___x" }

--- Makes random types; equal numbers make equal types. Gives the ids of structs, unions, enums and the rest by kind.
local function recipe(b, seed)
  math.randomseed(seed)
  local ints = {
    int = b:int("int", 4, "signed"), u8 = b:int("unsigned char", 1), u16 = b:int("short", 2),
    u32 = b:int("unsigned int", 4), u64 = b:int("long long unsigned int", 8),
    s64 = b:int("long long int", 8, "signed"), bool = b:int("_Bool", 1, "bool"), char = b:int("char", 1, "char"),
  }
  local pool, size, made = {}, {}, { composite = {}, enum = {}, type = {} }
  local function add(id, bytes, list)
    pool[#pool + 1], size[id] = id, bytes
    if list then list[#list + 1] = id end
    made.type[#made.type + 1] = id
  end
  for name, bytes in pairs { int = 4, u8 = 1, u16 = 2, u32 = 4, u64 = 8, s64 = 8, bool = 1, char = 1 } do
    size[ints[name]] = bytes
  end
  for _, name in ipairs { "int", "u8", "u16", "u32", "u64", "s64", "bool", "char" } do pool[#pool + 1] = ints[name] end
  local function composite(kind)
    local members, at, most, names = {}, 0, 0, { table.unpack(FIELDS) }
    local flag = random(5) == 1
    for i = 1, random(1, 4) do
      local id = one_of(pool)
      local bits = flag and size[id] > 0 and size[id] <= 8 and random(3) == 1 and random(1, size[id] * 8) or nil
      local name = table.remove(names, random(#names))
      for _, c in ipairs(made.composite) do if c == id and random(3) == 1 then name = nil end end
      members[i] = { name, id, kind == "union" and 0 or at * 8, bits }
      at, most = at + size[id] + 4 * random(0, 1), math.max(most, size[id])
    end
    local name = random(6) > 1 and one_of(STRUCTS) or nil
    add(b[kind](b, name, kind == "union" and most or at, members, flag), kind == "union" and most or at, made.composite)
  end
  local makers = {
    function() composite "struct" end, function() composite "struct" end, function() composite "union" end,
    function()
      local elem, count = one_of(pool), random(0, 4)
      add(b:array(elem, count, ints.u32), size[elem] * count)
    end,
    function() add(b:ptr(one_of(pool)), 8) end,
    function()
      local id = one_of(pool)
      add(b:typedef(one_of { "t", "u", "foo" }, id), size[id])
    end,
    function()
      local id = one_of(pool)
      add(one_of { b.const, b.volatile }(b, id), size[id])
    end,
    function()
      add(b:enum(one_of { "e", "f", "e___x" }, { { "A", random(-1, 3) }, { "B", random(0, 9) }, { "A___x", 7 } }, 4,
        random(2) == 1), 4, made.enum)
    end,
    function() add(b:enum64("e", { { "A", random(0, 1 << 40) }, { "B", 1 } }), 8, made.enum) end,
    function() add(b:float("float", 4), 4) end,
    function() b:fwd(one_of(STRUCTS), one_of { "struct", "union" }) end,
    function() made.type[#made.type + 1] = b:func_proto(one_of(pool), { { "p", one_of(pool) } }) end,
  }
  for _ = 1, random(4, 12) do one_of(makers)() end
  if #made.composite == 0 then composite "struct" end
  return made
end

local FIELD_KINDS = { "byte_off", "byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64" }
local TYPE_KINDS = { "local_type_id", "target_type_id", "type_exists", "type_size", "type_matches" }

local function some_access()
  local numbers = { "0" }
  for i = 1, random(0, 3) do numbers[i + 1] = tostring(random(0, 3)) end
  return table.concat(numbers, ":")
end

local function some_relocation(k, made)
  local what = random(10)
  if what <= 6 then
    local kind = one_of(FIELD_KINDS)
    if kind == "byte_off" and random(2) == 1 then
      k:load(1 << random(0, 3), one_of(made.composite), some_access(), 0)
    else
      k:mov(kind, one_of(made.composite), some_access(), 0)
    end
  elseif what <= 8 or #made.enum == 0 then
    k:mov(one_of(TYPE_KINDS), one_of(made.type), "0", 0)
  else
    k:imm64(one_of { "enumval_value", "enumval_exists" }, one_of(made.enum), tostring(random(0, 2)), 0)
  end
end

local function made_case(seed)
  local k = case.new()
  local made = recipe(k.l, seed)
  recipe(k.t, seed)
  for _ = 1, random(1, 4) do some_relocation(k, made) end
  for _ = 1, random(0, 3) do mutate.type(k.t) end
  return k
end

local little = {}
for _, c in ipairs(cases) do
  if c.endian ~= "big" and not c.differs then little[#little + 1] = c end
end

local function hand_made(seed)
  local k = case.new()
  math.randomseed(seed)
  one_of(little).make(k)
  if k.target_bytes then
    k.target_bytes = nil
  end
  return k
end

local CHANGES = {
  function(k) if #k.items > 0 then mutate.record(one_of(k.items), k) end end,
  function(k) mutate.insn(one_of(k.insns)) end,
  function(k) mutate.type(k.l) end,
  function(k) mutate.type(k.t) end,
}

-- Lets instructions hold what the relocations are of locally, three times in four: else most fail for that.
local function hold_values(k)
  local ok, o = pcall(btfl.object, { bytes = k:object(), name = "case.o" })
  if not ok then return end
  local i = 0
  for relo in o:relos() do
    i = i + 1
    local insn = k.items[i] and k.insns[k.items[i].insn + 1]
    if insn and relo.value and random(4) > 1 then
      local class = insn.code & 7
      if class >= 1 and class <= 3 then
        insn.off = (relo.value + 0x8000) % 0x10000 - 0x8000
      else
        insn.imm = relo.value & 0xffffffff
        local half = k.insns[k.items[i].insn + 2]
        if insn.code == 0x18 and half then half.imm = relo.value >> 32 & 0xffffffff end
      end
    end
  end
  o:close()
end

--- Case `number` of a seed.
---@param seed integer
---@param number integer
---@return table
function differing.case(seed, number)
  local at = seed * 1000003 + number
  local k = number % 2 == 0 and made_case(at) or hand_made(at)
  k.made = number % 2 == 0
  for _ = 1, random(k.made and 0 or 1, 3) do one_of(CHANGES)(k) end
  hold_values(k)
  return k
end

local SIZED = { int = true, enum = true, enum64 = true }

-- Whether a struct has two fields of one name.
local function has_twice(t)
  local seen, twice = {}, false
  pcall(function()
    for name in t:fields() do
      twice = twice or seen[name] ~= nil
      seen[name] = true
    end
  end)
  return twice
end

-- Whether a BTF has a bitfield of what C lets have none.
local function has_odd_bitfield(b)
  for t in b:types() do
    for m in t:members() do
      if m.bitfield and not SIZED[m.type:resolve().kind] then return true end
    end
  end
  return false
end

-- Which deviation of src/core/semantics.md a relocation may meet.
local function deviation(relo, target, seen)
  local last = relo.accessor and relo.accessor.last
  if seen[relo.insn_off] then return "two relocations of one instruction" end
  seen[relo.insn_off] = true
  if #relo.bytes == 32 then seen[relo.insn_off + 8] = true end
  if relo.access:find "[^%d:]" or relo.access:find "%d%d%d%d%d%d%d%d%d%d" then return "what sscanf takes" end
  if last and relo.kind == "byte_off" and last.type:resolve().kind == "array" then
    return "libbpf 1.1 compares whole arrays"
  end
  local result = relo:resolve(target)
  if result.reason == "unsized" and (has_odd_bitfield(relo.object.btf) or has_odd_bitfield(target.btf)) then
    return "a bitfield of neither int nor enum"
  end
  for attempt in result:trail() do
    if (attempt.candidate.size or 0) >> 31 > 0 then return "a size of 2 GiB" end
    if attempt.reason == "incompatible" and has_twice(attempt.candidate) then return "two fields of one name" end
  end
  return nil
end

--- What btfl makes of it: nil and why where it refuses a file.
local function ours_of(k)
  local ok, o = pcall(btfl.object, { bytes = k.object_bytes, name = "case.o" })
  if not ok then return nil, tostring(o) end
  local t
  ok, t = pcall(btfl.target, { bytes = k.target_bytes_now, name = "case.btf" })
  if not ok then
    ok, t = pcall(function() return btfl.target(btfl.btf { bytes = k.target_bytes_now, name = "case.btf" }) end)
  end
  if not ok then
    o:close()
    return nil, tostring(t)
  end
  local programs, errors, _, first = relocated.of(o, t)
  local documented
  local seen = {}
  for relo in o:relos() do documented = deviation(relo, t, seen) or documented end
  o:close()
  return { hex = programs.prog, errors = errors, first = first, documented = documented }
end

--- "same", or how they differ.
local function compare(ours, why, theirs)
  if theirs.crashed then return ours and "libbpf crashes" or "libbpf crashes, damaged for btfl" end
  if not ours then
    return theirs.errno ~= 0 and "same: both refuse a file" or "damaged for btfl", why
  end
  local differs
  if theirs.errno ~= 0 and #ours.errors > 0 then
    differs = theirs.failed and theirs.failed ~= ours.first and "another relocation fails first"
    if not differs then return "same: both refuse the relocation" end
  elseif theirs.errno ~= 0 then
    differs = "libbpf refuses"
  elseif #ours.errors > 0 then
    differs = "btfl refuses"
  elseif ours.hex == theirs.programs.prog then
    return "same: both relocate"
  else
    differs = "other instructions"
  end
  return ours.documented and "documented: " .. ours.documented or differs
end

--- Tries `count` cases of a seed, from number `from` on. Calls each(class, number, text) for each; gives how
--- many there are of each class.
---@param seed integer
---@param count integer
---@param each? fun(class: string, number: integer, text: string)
---@param from? integer
---@return table<string, integer>
function differing.run(seed, count, each, from)
  local classes = {}
  local sound = case.new()
  kit.plain(sound)
  sound:mov("byte_off", 2, "0:0", 4)
  local first = { tmp.write("sound.o", sound:object()), tmp.write("sound.btf", sound:target()) }
  for start = from or 1, (from or 1) + count - 1, BATCH do
    local list, made = { first }, {}
    for number = start, math.min(start + BATCH, (from or 1) + count) - 1 do
      local k = differing.case(seed, number)
      k.object_bytes, k.target_bytes_now = k:object(), k:target()
      made[#made + 1] = k
      list[#list + 1] = { tmp.write(("d%d.o"):format(#made), k.object_bytes),
        tmp.write(("d%d.btf"):format(#made), k.target_bytes_now) }
    end
    peer.relocate_each(list, function(i, theirs)
      if i == 1 then return end
      local ours, why = ours_of(made[i - 1])
      local class, text = compare(ours, why, theirs)
      classes[class] = (classes[class] or 0) + 1
      if each then
        each(class, start + i - 2, text or (table.concat(ours and ours.errors or {}, "; ") .. "\n" .. theirs.log))
      end
    end)
  end
  return classes
end

return differing
