--- A BTF with members renamed or taken away, to ask for what is known to have happened; and relocations, their
--- instructions and their types with changes of any kind, to ask others for what comes of it. What is chosen is
--- math.random()'s.
local btf = require "spec.support.btf"

local mutate = {}

-- What follows struct btf_type: bytes, or bytes for each element.
local FIXED = { [1] = 4, [3] = 12, [14] = 4, [17] = 4 }
local EACH = { [4] = 12, [5] = 12, [6] = 8, [13] = 8, [15] = 12, [19] = 12 }
local INT, STRUCT, UNION = 1, 4, 5

--- The raw BTF of a file, which may be gzip.
---@param path string
---@return string
function mutate.read(path)
  local pipe = assert(io.popen(("gzip -dcf '%s'"):format(path), "r"))
  local bytes = pipe:read("a")
  pipe:close()
  return bytes
end

local function cstring(bytes, at)
  return bytes:sub(at, bytes:find("\0", at, true) - 1)
end

--- Rewrites a little-endian BTF. choose(struct name, list of member names) gives nil, or the number of
--- a member and its new name ("" hides it).
---@param bytes string
---@param choose fun(name: string, members: string[]): integer?, string?
---@return string
function mutate.btf(bytes, choose)
  local header, type_off, type_len, str_off, str_len = ("<I4I4I4I4I4"):unpack(bytes, 5)
  local types, strings = header + type_off + 1, header + str_off + 1
  local edits, added, added_len = {}, {}, 0
  local at, id, int_id = types, 1, nil
  while at < types + type_len do
    local name_off, info = ("<I4I4"):unpack(bytes, at)
    local kind, vlen = info >> 24 & 0x1f, info & 0xffff
    if kind == INT then int_id = int_id or id end
    if (kind == STRUCT or kind == UNION) and name_off ~= 0 then
      local members = {}
      for i = 0, vlen - 1 do
        local off = ("<I4"):unpack(bytes, at + 12 + i * 12)
        members[i + 1] = cstring(bytes, strings + off)
      end
      local index, new = choose(cstring(bytes, strings + name_off), members)
      if index then
        local place = at + 12 + (index - 1) * 12
        if new == "" then
          edits[#edits + 1] = { place, ("<I4I4"):pack(0, int_id or 1) }
        else
          edits[#edits + 1] = { place, ("<I4"):pack(str_len + added_len) }
          added[#added + 1] = new .. "\0"
          added_len = added_len + #new + 1
        end
      end
    end
    at = at + 12 + (FIXED[kind] or 0) + (EACH[kind] or 0) * vlen
    id = id + 1
  end
  local out, from = {}, 1
  for _, edit in ipairs(edits) do
    out[#out + 1] = bytes:sub(from, edit[1] - 1)
    out[#out + 1] = edit[2]
    from = edit[1] + #edit[2]
  end
  out[#out + 1] = bytes:sub(from)
  local text = table.concat(out)
  -- The strings are moved to the end, where they can grow.
  local body = text:sub(header + 1, header + type_off + type_len)
  local names = text:sub(strings, strings + str_len - 1) .. table.concat(added)
  return text:sub(1, 4) .. ("<I4I4I4I4I4"):pack(header, type_off, type_len, type_off + type_len, #names)
    .. text:sub(25, header) .. body .. names
end

local random = math.random

local function one_of(list) return list[random(#list)] end

local EDGES = { 0, 1, 2, 7, 8, 31, 32, 64, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff }

local function edge(near)
  if random(2) == 1 then return near + random(-2, 2) & 0xffffffff end
  return random(3) == 1 and near ~ 1 << random(0, 31) or one_of(EDGES)
end

local function word(b, bytes, at) return (string.unpack(b.order .. "I4", bytes, at)) end

local function with_word(b, bytes, at, value)
  return bytes:sub(1, at - 1) .. b:pack("I4", value & 0xffffffff) .. bytes:sub(at + 4)
end

local BEHIND = { "___x", "___y", "", "_", "___" }

-- A name that there is, or one with another flavor.
local function some_name(b)
  local name = one_of(b.strings):sub(1, -2)
  return b:string(random(3) == 1 and name .. one_of(BEHIND) or name)
end

local KIND = btf.KIND
local INTS = { { 1, 8 }, { 2, 16 }, { 4, 32 }, { 8, 64 }, { 16, 128 }, { 4, 5 }, { 8, 33 } }
local ENCODINGS = { 0, 1, 2, 3, 4 }
local LIKE = {
  [KIND.struct] = { KIND.union }, [KIND.union] = { KIND.struct }, [KIND.typedef] = { KIND.typedef },
  [KIND.volatile] = { KIND.const, KIND.restrict, KIND.ptr }, [KIND.const] = { KIND.volatile, KIND.ptr },
  [KIND.restrict] = { KIND.const }, [KIND.ptr] = { KIND.const, KIND.volatile },
}

local function some_id(b) return random(0, #b.types) end

-- A number of one element, by what it is: of members and parameters a name and a type, of enumerators a name.
local function change_element(b, bytes, kind, vlen)
  local each = EACH[kind]
  if not each or vlen == 0 then return bytes end
  local at = 13 + each * random(0, vlen - 1)
  local what = random(0, each // 4 - 1)
  local old = word(b, bytes, at + 4 * what)
  local new = old + 8 * random(-4, 4)
  if what == 0 then
    new = kind == KIND.datasec and some_id(b) or some_name(b)
  elseif kind ~= KIND.enum and kind ~= KIND.enum64 and what == 1 then
    new = some_id(b)
  elseif random(4) == 1 then
    new = edge(old)
  end
  return with_word(b, bytes, at + 4 * what, new)
end

-- An element less, or one twice.
local function change_count(b, bytes, kind, vlen)
  local each = EACH[kind]
  if not each or vlen == 0 then return bytes end
  local at = 13 + each * random(0, vlen - 1)
  local twice = random(2) == 1
  local tail = bytes:sub(at, at + each - 1):rep(twice and 2 or 0)
  return with_word(b, bytes:sub(1, at - 1) .. tail .. bytes:sub(at + each), 5,
    word(b, bytes, 5) + (twice and 1 or -1))
end

local function change_head(b, bytes, kind)
  if kind == KIND.int then
    local int = one_of(INTS)
    return with_word(b, with_word(b, bytes, 9, int[1]), 13, one_of(ENCODINGS) << 24 | int[2])
  elseif kind == KIND.array then
    return random(2) == 1 and with_word(b, bytes, 13, some_id(b)) or with_word(b, bytes, 21, random(0, 6))
  elseif FIXED[kind] == nil and EACH[kind] == nil and kind ~= KIND.fwd and kind ~= KIND.float then
    return with_word(b, bytes, 9, some_id(b))
  elseif kind == KIND.func_proto then
    return with_word(b, bytes, 9, some_id(b))
  elseif kind == KIND.enum or kind == KIND.enum64 or kind == KIND.float then
    return with_word(b, bytes, 9, 1 << random(0, 3))
  end
  return with_word(b, bytes, 9, word(b, bytes, 9) + 4 * random(-1, 8))
end

local NAMED = {}
for _, name in ipairs { "int", "struct", "union", "enum", "fwd", "typedef", "float", "enum64" } do
  NAMED[KIND[name]] = true
end

-- Mostly to what a compiler might have made; one time in twelve to what it cannot have.
local function changed_type(b, bytes)
  local info = word(b, bytes, 5)
  local kind, vlen = info >> 24 & 0x1f, info & 0xffff
  local what = random(12)
  if what == 1 then return with_word(b, bytes, 1 + 4 * random(0, #bytes // 4 - 1), edge(random(0, 64))) end
  if what == 2 and EACH[kind] then return with_word(b, bytes, 5, info ~ 1 << 31) end
  if what <= 4 and LIKE[kind] then return with_word(b, bytes, 5, info & 0x80ffffff | one_of(LIKE[kind]) << 24) end
  if what <= 6 and NAMED[kind] then return with_word(b, bytes, 1, some_name(b)) end
  if what <= 9 and EACH[kind] then return change_element(b, bytes, kind, vlen) end
  if what == 10 and EACH[kind] then return change_count(b, bytes, kind, vlen) end
  return change_head(b, bytes, kind)
end

--- Changes some type of a builder (spec/support/btf.lua), or adds a changed copy of one.
---@param b table
function mutate.type(b)
  local i = random(#b.types)
  local changed = changed_type(b, b.types[i])
  if random(4) == 1 then
    b:raw(changed)
  else
    b.types[i] = changed
  end
end

local NUMBERS = { "2147483647", "4294967295", "4294967296", "65536", "00", "+0", " 1", "-1", "x", "" }

--- An access string that is a little another one.
---@param access string
---@return string
function mutate.access(access)
  local numbers = {}
  for number in access:gmatch "[^:]+" do numbers[#numbers + 1] = number end
  local what = random(8)
  if what <= 4 and #numbers > 0 then
    numbers[random(#numbers)] = tostring(random(0, 4))
  elseif what == 5 then
    table.insert(numbers, random(#numbers + 1), tostring(random(0, 3)))
  elseif what == 6 and #numbers > 1 then
    table.remove(numbers, random(#numbers))
  elseif what == 7 and #numbers > 0 then
    numbers[random(#numbers)] = one_of(NUMBERS)
  end
  return table.concat(numbers, ":")
end

--- Changes the record of a relocation of a case (spec/support/case.lua): an item of its.
---@param item table
---@param k table the case
function mutate.record(item, k)
  local what = random(5)
  if what == 1 then
    item.kind = random(12) == 12 and 13 or random(0, 12)
  elseif what == 2 then
    item.type = random(0, #k.l.types)
  elseif what == 3 then
    item.insn = random(0, #k.insns)
  elseif type(item.access) == "string" then
    item.access = mutate.access(item.access)
  end
end

local CODES = { 0x00, 0x05, 0x07, 0x0f, 0x15, 0x16, 0x18, 0x61, 0x62, 0x63, 0x69, 0x6b, 0x71, 0x73, 0x79, 0x7a, 0x7b,
  0x81, 0x85, 0x87, 0x89, 0x91, 0x95, 0xb4, 0xb7, 0xbf, 0xc3, 0xd4, 0xd7, 0xdb, 0xdc }

--- Changes an instruction (spec/support/object.lua).
---@param i table
function mutate.insn(i)
  local what = random(5)
  if what == 1 then
    i.code = random(4) == 1 and random(0, 255) or one_of(CODES)
  elseif what == 2 then
    i.imm = edge(i.imm & 0xffffffff)
  elseif what == 3 then
    i.off = (edge(i.off & 0xffff) + 0x8000) % 0x10000 - 0x8000
  elseif what == 4 then
    i.src = random(0, 11)
  else
    i.dst = random(0, 11)
  end
end

return mutate
