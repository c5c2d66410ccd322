--- Changes a BTF as a kernel's release or a compiler would: a member is renamed, a function goes. Each change
--- gives the bytes of another BTF; the one that was opened stays as it is.
---
---     local b = edit.open(bytes)
---     local changed = b:rename_member(b:find("task_struct", "struct"), 3)
local edit = {}
edit.__index = edit

local KIND = require("spec.support.btf").KIND

local NAMES = {}
for name, number in pairs(KIND) do NAMES[number] = name end

-- Bytes after the first 12 of a type: fixed, and for each of its vlen.
local FIXED = { int = 4, array = 12, var = 4, decl_tag = 4 }
local EACH = { struct = 12, union = 12, enum = 8, enum64 = 12, func_proto = 8, datasec = 12 }

--- Reads a BTF that stands on no other.
---@param bytes string
---@return table
function edit.open(bytes)
  local order = bytes:sub(1, 2) == "\x9f\xeb" and "<" or ">"
  local hdr, type_off, type_len, str_off, str_len = string.unpack(order .. "xxxxI4I4I4I4I4", bytes)
  local self = setmetatable({ bytes = bytes, order = order, at = {}, kinds = {}, vlens = {}, names = {},
    strings = hdr + str_off, str_len = str_len, by_name = {} }, edit)
  assert(self.strings + str_len == #bytes, "the strings are not last")
  local at, stop, id = hdr + type_off + 1, hdr + type_off + type_len, 0
  while at < stop do
    local name, info = string.unpack(order .. "I4I4", bytes, at)
    local kind, vlen = NAMES[info >> 24 & 0x1f], info & 0xffff
    id = id + 1
    self.at[id], self.kinds[id], self.vlens[id] = at, kind, vlen
    local text = self:string(name)
    if text ~= "" then
      local key = kind .. " " .. text
      self.by_name[key] = self.by_name[key] or id
    end
    at = at + 12 + (FIXED[kind] or 0) + (EACH[kind] or 0) * vlen
  end
  self.count = id
  return self
end

--- The string at an offset.
function edit:string(off)
  return self.bytes:match("^[^%z]*", self.strings + off + 1)
end

function edit:u32(at) return (string.unpack(self.order .. "I4", self.bytes, at)) end

function edit:name(id) return self:string(self:u32(self.at[id])) end

--- The first type of that name and kind; nil for none.
function edit:find(name, kind) return self.by_name[kind .. " " .. name] end

--- The word after a type's info: its size, or the type that it refers to.
function edit:word(id) return self:u32(self.at[id] + 8) end

-- Where element i, from 1, of a type stands.
function edit:element(id, i)
  local kind = self.kinds[id]
  return self.at[id] + 12 + (i - 1) * EACH[kind]
end

--- Name, type and offset of member i, or name and value of an enumerator.
function edit:read(id, i)
  local at = self:element(id, i)
  return self:string(self:u32(at)), self:u32(at + 4), EACH[self.kinds[id]] == 12 and self:u32(at + 8) or nil
end

--- The number of a member or enumerator; nil for none.
function edit:index(id, name)
  for i = 1, self.vlens[id] do
    if self:read(id, i) == name then return i end
  end
  return nil
end

--- What stands behind modifiers and typedefs.
function edit:strip(id)
  local plain = { typedef = true, const = true, volatile = true, restrict = true, type_tag = true }
  while id ~= 0 and plain[self.kinds[id]] do id = self:word(id) end
  return id
end

--- The bytes with other words, by place, and text appended to the strings.
function edit:patched(words, text)
  local places = {}
  for at in pairs(words) do places[#places + 1] = at end
  local bytes = self.bytes
  if text then
    local hdr_at = 21
    words[hdr_at] = self.str_len + #text + 1
    places[#places + 1] = hdr_at
  end
  table.sort(places)
  local parts, from = {}, 1
  for _, at in ipairs(places) do
    parts[#parts + 1] = bytes:sub(from, at - 1)
    parts[#parts + 1] = string.pack(self.order .. "I4", words[at] & 0xffffffff)
    from = at + 4
  end
  parts[#parts + 1] = bytes:sub(from)
  if text then parts[#parts + 1] = text .. "\0" end
  return table.concat(parts)
end

--- With another name for a type.
function edit:rename(id, name)
  return self:patched({ [self.at[id]] = self.str_len }, name)
end

--- With another name for a member, enumerator or parameter.
function edit:rename_element(id, i, name)
  return self:patched({ [self:element(id, i)] = self.str_len }, name)
end

--- With the names of two elements exchanged.
function edit:swap_names(id, i, k)
  local a, b = self:element(id, i), self:element(id, k)
  return self:patched { [a] = self:u32(b), [b] = self:u32(a) }
end

--- With another type for a member or parameter.
function edit:retype(id, i, type_id)
  return self:patched { [self:element(id, i) + 4] = type_id }
end

--- With 8 bytes more before a member.
function edit:move(id, i)
  local words = { [self.at[id] + 8] = self:word(id) + 8 }
  for k = i, self.vlens[id] do
    local at = self:element(id, k) + 8
    words[at] = self:u32(at) + 64
  end
  return self:patched(words)
end

--- With another word: a size, or what it refers to.
function edit:set_word(id, word) return self:patched { [self.at[id] + 8] = word } end

--- With another value for an enumerator.
function edit:set_value(id, i, value) return self:patched { [self:element(id, i) + 4] = value } end

--- With the first `vlen` parameters, members or enumerators of a type, and those behind it given to another of
--- the same kind without a name.
function edit:cut(id, vlen)
  local each = EACH[self.kinds[id]]
  local from = self.at[id] + 12 + vlen * each
  local to = self.at[id] + 12 + self.vlens[id] * each
  local info = self:u32(self.at[id] + 4)
  local head = string.pack(self.order .. "I4", info & ~0xffff | vlen)
  local bytes = self.bytes:sub(1, self.at[id] + 3) .. head .. self.bytes:sub(self.at[id] + 8, from - 1)
    .. self.bytes:sub(to)
  -- The lengths of the header follow.
  local gone = to - from
  local hdr, type_off, type_len, str_off = string.unpack(self.order .. "xxxxI4I4I4I4", bytes)
  return bytes:sub(1, 4) .. string.pack(self.order .. "I4I4I4I4", hdr, type_off, type_len - gone, str_off - gone)
    .. bytes:sub(21)
end

-- Where a type refers to others, as words.
local function references(self, id)
  local kind, list, at = self.kinds[id], {}, self.at[id]
  local plain = { ptr = true, typedef = true, const = true, volatile = true, restrict = true, func = true,
    func_proto = true, var = true, decl_tag = true, type_tag = true }
  if plain[kind] then list[1] = at + 8 end
  if kind == "array" then list[1], list[2] = at + 12, at + 16 end
  local word = ({ struct = 4, union = 4, func_proto = 4, datasec = 0 })[kind]
  for i = 1, word and self.vlens[id] or 0 do list[#list + 1] = self:element(id, i) + word end
  return list
end

--- As another release has it: `changes` structs have a member of another name, and `number` types that nobody
--- asks for stand before all, so that each has another id.
function edit:release(number, changes)
  local words, extra = {}, {}
  for id = 1, self.count do
    for _, at in ipairs(references(self, id)) do
      local to = self:u32(at)
      if to ~= 0 then words[at] = to + number end
    end
  end
  for _ = 1, changes do
    local id
    repeat id = math.random(self.count) until self.kinds[id] == "struct" and self.vlens[id] > 0
    words[self:element(id, math.random(self.vlens[id]))] = self.str_len
  end
  local first = self.at[1]
  for i = 1, number do extra[i] = string.pack(self.order .. "I4I4I4", self.str_len, KIND.struct << 24, i) end
  local added = table.concat(extra)
  words[13], words[17] = self:u32(13) + #added, self:u32(17) + #added
  local bytes = self:patched(words, ("of_release_%d"):format(number))
  return bytes:sub(1, first - 1) .. added .. bytes:sub(first)
end

return edit
