--- Changes one thing in a little-endian BPF object and leaves all else as the compiler wrote it: what
--- grows is moved to the end of the file.
---
---     local file = rewrite.open(bytes)
---     file:put(file:insn_at(program, 3), "\x95")
---     local changed = file:bytes()
---     file:reset()

local rewrite = {}
rewrite.__index = rewrite

local SHT_SYMTAB, SHT_NOBITS, SHT_REL = 2, 8, 9

local function cstring(bytes, at)
  return bytes:match("^[^\0]*", at + 1)
end

---@class spec.Rewrite.Section
---@field index integer
---@field name string
---@field header integer where its header stands in the file
---@field name_off integer
---@field type integer
---@field flags integer
---@field offset integer
---@field size integer
---@field link integer
---@field info integer

---@class spec.Rewrite.Symbol
---@field name string
---@field at integer where it stands in the file
---@field info integer
---@field section integer
---@field value integer
---@field size integer

local function read_sections(self)
  local bytes = self.original
  local shoff = ("<I8"):unpack(bytes, 0x28 + 1)
  local count, names = ("<I2I2"):unpack(bytes, 0x3c + 1)
  self.names_index = names
  for i = 0, count - 1 do
    local header = shoff + i * 64
    local name_off, kind, flags, _, offset, size, link, info = ("<I4I4I8I8I8I8I4I4"):unpack(bytes, header + 1)
    self.sections[i] = { index = i, header = header, name_off = name_off, type = kind, flags = flags,
      offset = offset, size = size, link = link, info = info }
  end
  for i = 0, count - 1 do
    local s = self.sections[i]
    s.name = cstring(bytes, self.sections[names].offset + s.name_off)
    self.sections[s.name] = self.sections[s.name] or s
  end
end

local function read_symbols(self)
  for i = 0, #self.sections do
    local s = self.sections[i]
    if s.type == SHT_SYMTAB then
      self.strtab = self.sections[s.link]
      for n = 0, s.size // 24 - 1 do
        local at = s.offset + n * 24
        local name, info, _, section, value, size = ("<I4I1I1I2I8I8"):unpack(self.original, at + 1)
        self.symbols[n] = { name = cstring(self.original, self.strtab.offset + name), at = at, info = info,
          section = section, value = value, size = size }
      end
    end
  end
end

-- By section and offset in it: the symbol that an instruction refers to, and where that is said.
local function read_relocations(self)
  for i = 0, #self.sections do
    local s = self.sections[i]
    if s.type == SHT_REL then
      local of = self.refers[s.info] or {}
      self.refers[s.info] = of
      for at = s.offset, s.offset + s.size - 16, 16 do
        local offset, info = ("<I8I8"):unpack(self.original, at + 1)
        of[offset] = self.symbols[info >> 32]
        self.said_at[s.info << 32 | offset] = { at = at + 8, kind = info & 0xffffffff }
      end
    end
  end
end

local FIXED = { [1] = 4, [3] = 12, [14] = 4, [17] = 4 }
local EACH = { [4] = 12, [5] = 12, [6] = 8, [13] = 8, [15] = 12, [19] = 12 }

-- Types by id, each with the offset of its record in the section of types.
local function read_btf(self)
  local s = self.sections[".BTF"]
  if not s then return end
  local b = self.original:sub(s.offset + 1, s.offset + s.size)
  local header, type_off, type_len, str_off, str_len = ("<I4I4I4I4I4"):unpack(b, 5)
  local btf = { head = b:sub(1, header), types_bytes = b:sub(header + type_off + 1, header + type_off + type_len),
    strings = b:sub(header + str_off + 1, header + str_off + str_len), types = {} }
  local at, id = 0, 1
  while at < type_len do
    local name, info, size = ("<I4I4I4"):unpack(btf.types_bytes, at + 1)
    local kind, vlen = info >> 24 & 0x1f, info & 0xffff
    btf.types[id] = { id = id, at = at, kind = kind, vlen = vlen, size = size, name = cstring(btf.strings, name) }
    at = at + 12 + (FIXED[kind] or 0) + (EACH[kind] or 0) * vlen
    id = id + 1
  end
  self.btf = btf
end

-- .BTF.ext: where names of sections stand, and the records of functions and of relocations.
local function read_ext(self)
  local s = self.sections[".BTF.ext"]
  self.ext_names, self.funcs, self.relos = {}, {}, {}
  if not s or not self.btf then return end
  local bytes = self.original
  local header = ("<I4"):unpack(bytes, s.offset + 5)
  for part = 0, header >= 32 and 2 or 1 do
    local off, len = ("<I4I4"):unpack(bytes, s.offset + 9 + part * 8)
    local at, stop = s.offset + header + off, s.offset + header + off + len
    local rec = len > 0 and ("<I4"):unpack(bytes, at + 1) or 0
    at = at + 4
    while at < stop do
      local name_off, count = ("<I4I4"):unpack(bytes, at + 1)
      local name = cstring(self.btf.strings, name_off)
      table.insert(self.ext_names, { at = at, name = name })
      at = at + 8
      for _ = 1, part == 2 and count or 0 do
        local insn_off, type_id, access, kind = ("<I4I4I4I4"):unpack(bytes, at + 1)
        table.insert(self.relos, { at = at, section = name, insn_off = insn_off, type = type_id,
          access = cstring(self.btf.strings, access), kind = kind })
        at = at + rec
      end
      for i = 0, part == 0 and count - 1 or -1 do
        local insn_off, type_id = ("<I4I4"):unpack(bytes, at + i * rec + 1)
        table.insert(self.funcs, { at = at + i * rec, insn_off = insn_off, type = type_id })
      end
      if part < 2 then at = at + count * rec end
    end
  end
end

--- Reads an object; nil when it is not a little-endian ELF64.
---@param bytes string
function rewrite.open(bytes)
  if bytes:sub(1, 6) ~= "\127ELF\2\1" then return nil end
  local self = setmetatable({ original = bytes, sections = {}, symbols = {}, refers = {},
    said_at = {} }, rewrite)
  read_sections(self)
  read_symbols(self)
  read_relocations(self)
  read_btf(self)
  read_ext(self)
  return self:reset()
end

--- Takes all changes back.
function rewrite:reset()
  self.puts, self.moved, self.added_types, self.added_strings, self.type_puts, self.names = {}, {}, {}, {}, {}, {}
  return self
end

--- Writes over what stands at an offset of the file.
function rewrite:put(offset, bytes)
  self.puts[#self.puts + 1] = { offset, bytes }
end

--- Gives a section other contents, of any length.
function rewrite:replace(section, bytes)
  self.moved[section.index] = bytes
end

--- The contents of a section as they were.
function rewrite:contents(section)
  return section.type == SHT_NOBITS and "" or self.original:sub(section.offset + 1, section.offset + section.size)
end

-- Adds a string to a table of strings of the file: its offset.
local function add_name(self, section, name)
  local bytes = self.moved[section.index] or self:contents(section)
  self:replace(section, bytes .. name .. "\0")
  return #bytes
end

--- Renames a section, in the headers and in .BTF.ext.
function rewrite:rename_section(section, name)
  self:put(section.header, ("<I4"):pack(add_name(self, self.sections[self.names_index], name)))
  for _, e in ipairs(self.ext_names) do
    if e.name == section.name then self:put(e.at, ("<I4"):pack(self:string(name))) end
  end
end

--- Renames a symbol, alone.
function rewrite:rename_symbol(symbol, name)
  self:put(symbol.at, ("<I4"):pack(add_name(self, self.strtab, name)))
end

--- Adds a string to the BTF: its offset.
function rewrite:string(s)
  local at = #self.btf.strings
  for _, have in ipairs(self.added_strings) do
    if have == s then return at end
    at = at + #have + 1
  end
  table.insert(self.added_strings, s)
  return at
end

--- Adds a type to the BTF: its id.
function rewrite:type(record)
  table.insert(self.added_types, record)
  return #self.btf.types + #self.added_types
end

--- Writes over what stands at an offset of the BTF's types.
function rewrite:put_type(offset, bytes)
  self.type_puts[#self.type_puts + 1] = { offset, bytes }
end

--- The members of a struct or union, the values of an enum or the variables of a datasec: name, and where
--- its record stands in the types.
function rewrite:members(t)
  local list, each = {}, EACH[t.kind]
  for i = 0, t.vlen - 1 do
    local at = t.at + 12 + i * each
    local name, id = ("<I4I4"):unpack(self.btf.types_bytes, at + 1)
    list[i + 1] = { at = at, name = cstring(self.btf.strings, name), type = id }
  end
  return list
end

local function patched(bytes, puts)
  table.sort(puts, function(a, b) return a[1] < b[1] end)
  local out, from = {}, 1
  for _, put in ipairs(puts) do
    if put[1] + 1 >= from then
      out[#out + 1] = bytes:sub(from, put[1])
      out[#out + 1] = put[2]
      from = put[1] + #put[2] + 1
    end
  end
  out[#out + 1] = bytes:sub(from)
  return table.concat(out)
end

local function btf_bytes(self)
  local b = self.btf
  local types = patched(b.types_bytes, self.type_puts) .. table.concat(self.added_types)
  local strings = b.strings
  for _, s in ipairs(self.added_strings) do strings = strings .. s .. "\0" end
  return b.head:sub(1, 8) .. ("<I4I4I4I4"):pack(0, #types, #types, #strings) .. b.head:sub(25) .. types .. strings
end

--- The file with all changes.
function rewrite:bytes()
  if #self.added_strings + #self.added_types + #self.type_puts > 0 then
    self:replace(self.sections[".BTF"], btf_bytes(self))
  end
  local tail, at = {}, #self.original
  for index, bytes in pairs(self.moved) do
    local pad = -at % 8
    tail[#tail + 1] = ("\0"):rep(pad) .. bytes
    self:put(self.sections[index].header + 24, ("<I8I8"):pack(at + pad, #bytes))
    at = at + pad + #bytes
  end
  return patched(self.original, self.puts) .. table.concat(tail)
end

-- A function as a table of its own: a symbol with `insns`, how many they are, and the section that it is in.
local function function_of(self, symbol)
  local section = symbol.info & 15 == 2 and self.sections[symbol.section]
  if not section or section.flags & 4 == 0 then return nil end
  return setmetatable({ insns = symbol.size // 8, in_section = section }, { __index = symbol })
end

--- The programs: functions outside .text, as symbols with `insns`, how many they are.
---@return (spec.Rewrite.Symbol | { insns: integer, in_section: spec.Rewrite.Section })[]
function rewrite:programs()
  local list = {}
  for i = 1, #self.symbols do
    local f = function_of(self, self.symbols[i])
    if f and f.in_section.name ~= ".text" then list[#list + 1] = f end
  end
  return list
end

--- Where an instruction of a program stands in the file.
function rewrite:insn_at(program, index)
  return program.in_section.offset + program.value + index * 8
end

--- An instruction: code, dst, src, off, imm, and the symbol that it refers to.
function rewrite:insn(program, index)
  local code, regs, off, imm = ("<I1I1i2i4"):unpack(self.original, self:insn_at(program, index) + 1)
  local refers = self.refers[program.section]
  return { code = code, dst = regs & 15, src = regs >> 4, off = off, imm = imm,
    symbol = refers and refers[program.value + index * 8] }
end

--- Lets an instruction that refers to a symbol refer to the one of another number in self.symbols.
function rewrite:refer(program, index, number)
  local said = self.said_at[program.section << 32 | program.value + index * 8]
  self:put(said.at, ("<I8"):pack(number << 32 | said.kind))
end

local function function_at(self, section, offset)
  for i = 1, #self.symbols do
    local s = self.symbols[i]
    if s.section == section and s.value == offset then
      local f = function_of(self, s)
      if f then return f end
    end
  end
  return nil
end

-- The function that an instruction calls or takes the address of.
local function called(self, f, index)
  local insn = self:insn(f, index)
  local call, address = insn.code == 0x85 and insn.src == 1, insn.code == 0x18 and insn.symbol
  if call and not insn.symbol then return function_at(self, f.section, f.value + (index + insn.imm + 1) * 8) end
  if not call and not address or insn.symbol.section == 0 then return nil end
  return function_at(self, insn.symbol.section, insn.symbol.value + (call and (insn.imm + 1) * 8 or insn.imm))
end

--- The functions of a program as libbpf puts them together, each with the number of its first instruction there:
--- behind it what it calls, each function once, before what is called later, and after it what it calls itself.
---@param program spec.Rewrite.Symbol of file:programs()
---@return { f: spec.Rewrite.Symbol, at: integer }[]
function rewrite:linked(program)
  local placed, have, at = {}, {}, 0
  local function add(f)
    placed[#placed + 1] = { f = f, at = at }
    have[f.in_section.name .. f.value] = true
    at = at + f.insns
    for i = 0, f.insns - 1 do
      local g = called(self, f, i)
      if g and not have[g.in_section.name .. g.value] then add(g) end
    end
  end
  add(program)
  return placed
end

--- "section+bytes" of an instruction counted as in linked(). nil when that has no such.
---@param program spec.Rewrite.Symbol of file:programs()
---@param index integer
---@return string?
function rewrite:place(program, index)
  for _, p in ipairs(self:linked(program)) do
    if index >= p.at and index < p.at + p.f.insns then
      return ("%s+%d"):format(p.f.in_section.name, p.f.value + (index - p.at) * 8)
    end
  end
  return nil
end

--- Lets a relocation be of another type.
---@param relo table one of self.relos
---@param id integer
function rewrite:retype(relo, id)
  self:put(relo.at + 4, ("<I4"):pack(id))
end

--- Adds a relocation, in a section that has some.
---@param section spec.Rewrite.Section
---@param r { insn_off: integer, type: integer, access: string, kind: integer }
function rewrite:add_relo(section, r)
  local ext = self.sections[".BTF.ext"]
  local bytes = self:contents(ext)
  local header, _, _, _, _, off, len = ("<I4I4I4I4I4I4I4"):unpack(bytes, 5)
  local size = ("<I4"):unpack(bytes, header + off + 1)
  local record = ("<I4I4I4I4"):pack(r.insn_off, r.type, self:string(r.access), r.kind) .. ("\0"):rep(size - 16)
  local stop, at = header + off + len, header + off + 4
  while at < stop do
    local name, count = ("<I4I4"):unpack(bytes, at + 1)
    local behind = at + 8 + count * size
    if cstring(self.btf.strings, name) == section.name then
      bytes = bytes:sub(1, at + 4) .. ("<I4"):pack(count + 1) .. bytes:sub(at + 9, behind) .. record
        .. bytes:sub(behind + 1)
      self:replace(ext, bytes:sub(1, 28) .. ("<I4"):pack(len + size) .. bytes:sub(33))
      return
    end
    at = behind
  end
  error("no relocations in " .. section.name)
end

return rewrite
