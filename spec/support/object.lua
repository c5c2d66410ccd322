--- Builds BPF objects (ELF64 of either byte order) from a BTF builder, instructions and relocations,
--- and ELF files in general. Like the BTF builder it checks nothing.
---
---     local o = object.new(b)
---     o:program { insns = { object.ldx(8, 0, 1, 16), object.exit() },
---                 relos = { { insn = 0, type = foo, access = "0:1", kind = "byte_off" } } }
---     local bytes = o:bytes()

local object = {}
object.__index = object

--- Numbers of the relocation kinds.
object.RELO = {
  byte_off = 0, byte_sz = 1, field_exists = 2, signed = 3, lshift_u64 = 4, rshift_u64 = 5,
  local_type_id = 6, target_type_id = 7, type_exists = 8, type_size = 9, enumval_exists = 10,
  enumval_value = 11, type_matches = 12,
}

--- Options: machine (247), class (64 or 32), type (1: relocatable), rec (sizes of .BTF.ext records:
--- { func = 8, line = 16, relo = 16 }, padded with zeros), ext_over (see ext()), btf_bytes.
---@param b table? BTF builder; none: no .BTF
function object.new(b, options)
  local self = setmetatable({
    btf = b,
    options = options or {},
    programs = {},
    lengths = {}, -- of sections, by the programs in them so far
    extra = {},
    symbols = {},
    rels = {},
  }, object)
  self.order = (b and b.endian or self.options.endian) == "big" and ">" or "<"
  self.big = self.order == ">"
  return self
end

--- One instruction as a table; pack() makes bytes of it.
function object.insn(code, dst, src, off, imm)
  return { code = code, dst = dst or 0, src = src or 0, off = off or 0, imm = imm or 0 }
end

local SIZE = { 0x10, 0x08, [4] = 0x00, [8] = 0x18 }

--- Size is in bytes.
function object.ldx(size, dst, src, off) return object.insn(0x61 | SIZE[size], dst, src, off) end
function object.ldsx(size, dst, src, off) return object.insn(0x81 | SIZE[size], dst, src, off) end
function object.stx(size, dst, src, off) return object.insn(0x63 | SIZE[size], dst, src, off) end
function object.st(size, dst, off, imm) return object.insn(0x62 | SIZE[size], dst, 0, off, imm) end
function object.mov(dst, imm) return object.insn(0xb7, dst, 0, 0, imm) end
function object.add(dst, imm) return object.insn(0x07, dst, 0, 0, imm) end
function object.exit() return object.insn(0x95) end
function object.call(imm, src) return object.insn(0x85, 0, src, 0, imm) end

--- Two slots: add both to a program with table.unpack or `insns = { lo, hi, ... }`.
function object.ldimm64(dst, value)
  return object.insn(0x18, dst, 0, 0, value & 0xffffffff), object.insn(0, 0, 0, 0, value >> 32)
end

--- The 8 bytes of an instruction in this object's byte order.
function object:pack(i)
  local regs = self.big and i.dst << 4 | i.src or i.src << 4 | i.dst
  return string.pack(self.order .. "I1I1i2I4", i.code, regs, i.off, i.imm & 0xffffffff)
end

--- A function. section defaults to "raw_tp/sys_enter" and name to "prog"; several of one section
--- follow each other. insns is a list of instructions or bytes. relos: { insn, type, access (string
--- or offset), kind (name or number), insn_off }; lines: { insn, file, text, line, column }.
--- static: a local symbol; hidden: no symbol; func: the FUNC's id, made when the BTF has none.
function object:program(p)
  local bytes = {}
  for i, ins in ipairs(p.insns) do
    bytes[i] = type(ins) == "table" and self:pack(ins) or ins
  end
  local section = p.section or "raw_tp/sys_enter"
  local offset = self.lengths[section] or 0
  local program = {
    section = section, name = p.name or "prog", bytes = table.concat(bytes), offset = offset,
    relos = p.relos or {}, lines = p.lines or {}, static = p.static, hidden = p.hidden,
    func = p.func, size = p.size, value = p.value,
  }
  if self.btf and not p.func then
    program.func = self.btf:func(program.name, self.btf:func_proto(0), p.static and "static")
  end
  self.lengths[section] = offset + #program.bytes
  self.programs[#self.programs + 1] = program
  return program
end

--- A further section; options: type (1), flags, link, info, align, entsize, bytes_len (what its
--- header says), offset.
function object:section(name, bytes, options)
  self.extra[#self.extra + 1] = { name = name, bytes = bytes, options = options or {} }
end

--- A further symbol: { name, section (name or number), value, size, info }.
function object:symbol(s)
  self.symbols[#self.symbols + 1] = s
end

--- A relocation of the ELF file: at byte `offset` of a section, against the symbol (of a program or
--- object:symbol()) of that name, or with that number; type 1 (R_BPF_64_64) by default, 10 is a call.
function object:rel(section, offset, symbol, type)
  self.rels[#self.rels + 1] = { section = section, offset = offset, symbol = symbol, type = type or 1 }
end

local function sections_of(programs)
  local names, seen = {}, {}
  for _, p in ipairs(programs) do
    if not seen[p.section] then
      seen[p.section] = true
      names[#names + 1] = p.section
    end
  end
  return names
end

local function padded(record, size)
  return record .. ("\0"):rep(size - #record)
end

--- One part of .BTF.ext: rec_size, then for each section its name, count and records.
function object:ext_part(size, list, encode)
  local I4 = self.order .. "I4"
  local out = { string.pack(I4, size) }
  for _, name in ipairs(sections_of(self.programs)) do
    local records = {}
    for _, p in ipairs(self.programs) do
      if p.section == name then
        for _, item in ipairs(list(p)) do
          records[#records + 1] = padded(encode(p, item), size)
        end
      end
    end
    if #records > 0 then
      out[#out + 1] = string.pack(self.order .. "I4I4", self.btf:string(name), #records)
      out[#out + 1] = table.concat(records)
    end
  end
  return #out > 1 and table.concat(out) or ""
end

local function insn_off(p, item)
  return item.insn_off or p.offset + item.insn * 8
end

--- The bytes of .BTF.ext. over replaces parts (func, line, relo: bytes) and header fields (magic,
--- version, hdr_len, func_off, func_len, line_off, line_len, relo_off, relo_len).
function object:ext(over)
  over = over or {}
  local rec = self.options.rec or {}
  local b = self.btf
  local function word(...)
    return string.pack(self.order .. ("I4"):rep(select("#", ...)), ...)
  end
  local func = over.func or self:ext_part(rec.func or 8, function(p)
    return p.func ~= 0 and { { insn = 0 } } or {}
  end, function(p, item) return word(insn_off(p, item), p.func) end)
  local line = over.line or self:ext_part(rec.line or 16, function(p)
    return p.lines
  end, function(p, item)
    return word(insn_off(p, item), b:string(item.file or "test.bpf.c"), b:string(item.text or ""),
      (item.line or 1) << 10 | (item.column or 1))
  end)
  local relo = over.relo or self:ext_part(rec.relo or 16, function(p)
    return p.relos
  end, function(p, item)
    local access = item.access
    if type(access) == "string" then access = b:string(access) end
    return word(insn_off(p, item), item.type, access, object.RELO[item.kind] or item.kind)
  end)
  return string.pack(self.order .. "I2I1I1I4", over.magic or 0xeb9f, over.version or 1,
    over.flags or 0, over.hdr_len or 32)
    .. word(over.func_off or 0, over.func_len or #func, over.line_off or #func,
      over.line_len or #line, over.relo_off or #func + #line, over.relo_len or #relo)
    .. func .. line .. relo
end

local function strings()
  local list, at, len = { "\0" }, { [""] = 0 }, 1
  return function(s)
    if not at[s] then
      at[s] = len
      list[#list + 1] = s .. "\0"
      len = len + #s + 1
    end
    return at[s]
  end, function() return table.concat(list) end
end

function object:all_sections()
  local list = {}
  for _, name in ipairs(sections_of(self.programs)) do
    local bytes = {}
    for _, p in ipairs(self.programs) do
      if p.section == name then bytes[#bytes + 1] = p.bytes end
    end
    list[#list + 1] = { name = name, bytes = table.concat(bytes),
      options = { flags = 6, align = 8 } }
  end
  if #self.programs > 0 and not self.options.no_license then
    list[#list + 1] = { name = "license", bytes = "GPL\0", options = { flags = 3 } }
  end
  for _, s in ipairs(self.extra) do list[#list + 1] = s end
  if self.btf and not self.options.no_btf then
    -- .BTF.ext first: it adds its strings to the BTF's.
    local ext = self.options.ext_bytes
      or #self.programs > 0 and self:ext(self.options.ext_over)
    local bytes = self.options.btf_bytes or self.btf:bytes(self.options.btf_over)
    list[#list + 1] = { name = ".BTF", bytes = bytes, options = {} }
    if ext then list[#list + 1] = { name = ".BTF.ext", bytes = ext, options = {} } end
  end
  return list
end

local function elf_symbol(order, is64, name, info, section, value, size)
  if is64 then return string.pack(order .. "I4I1I1I2I8I8", name, info, 0, section, value, size) end
  return string.pack(order .. "I4I4I4I1I1I2", name, value, size, info, 0, section)
end

function object:symtab(index_of, intern, is64)
  local locals, globals = { elf_symbol(self.order, is64, 0, 0, 0, 0, 0) }, {}
  local names = { [locals] = {}, [globals] = {} }
  for _, p in ipairs(self.programs) do
    if not p.hidden then
      local s = elf_symbol(self.order, is64, intern(p.name), p.static and 0x02 or 0x12,
        index_of[p.section], p.value or p.offset, p.size or #p.bytes)
      local list = p.static and locals or globals
      list[#list + 1] = s
      names[list][p.name] = #list - 1
    end
  end
  for _, s in ipairs(self.symbols) do
    globals[#globals + 1] = elf_symbol(self.order, is64, intern(s.name or ""), s.info or 0x10,
      index_of[s.section] or s.section, s.value or 0, s.size or 0)
    if s.name then names[globals][s.name] = #globals - 1 end
  end
  local number_of = names[locals]
  for name, i in pairs(names[globals]) do number_of[name] = #locals + i end
  return table.concat(locals) .. table.concat(globals), #locals, number_of
end

local function elf_header(self, is64, shoff, count, strndx)
  local over = self.options.elf or {}
  local W = is64 and "I8" or "I4"
  return "\127ELF" .. string.char(is64 and 2 or 1, self.big and 2 or 1, 1, 0) .. ("\0"):rep(8)
    .. string.pack(self.order .. "I2I2I4" .. W .. W .. W .. "I4I2I2I2I2I2I2",
      self.options.type or 1, self.options.machine or 247, 1, 0, 0, over.shoff or shoff, 0,
      is64 and 64 or 52, 0, 0, over.shentsize or (is64 and 64 or 40), over.shnum or count,
      over.shstrndx or strndx)
end

-- A section of relocations for each section that has some; their bytes follow from the symbols.
function object:add_rels(list)
  local of = {}
  for _, r in ipairs(self.rels) do
    if not of[r.section] then
      of[r.section] = { name = ".rel" .. r.section, of = r.section, options = { type = 9, entsize = 16, align = 8 } }
      list[#list + 1] = of[r.section]
    end
    table.insert(of[r.section], r)
  end
end

function object:fill_rels(list, index_of, number_of, symtab)
  for _, s in ipairs(list) do
    if s.of then
      local out = {}
      for i, r in ipairs(s) do
        out[i] = string.pack(self.order .. "I8I8", r.offset, (number_of[r.symbol] or r.symbol) << 32 | r.type)
      end
      s.bytes, s.options.link, s.options.info = table.concat(out), symtab, index_of[s.of]
    end
  end
end

--- The whole file.
function object:bytes()
  local is64 = self.options.class ~= 32
  local list = self:all_sections()
  self:add_rels(list)
  local intern, string_bytes = strings()
  local index_of = {}
  for i, s in ipairs(list) do index_of[s.name] = i end
  local symtab, first_global, number_of = self:symtab(index_of, intern, is64)
  self:fill_rels(list, index_of, number_of, #list + 1)
  if not self.options.no_symtab then
    list[#list + 1] = { name = ".symtab", bytes = symtab, options = { type = 2,
      link = #list + 2, info = first_global, entsize = is64 and 24 or 16, align = 8 } }
  end
  list[#list + 1] = { name = ".strtab", options = { type = 3 } }
  local names = {}
  for i, s in ipairs(list) do names[i] = intern(s.name) end
  list[#list].bytes = string_bytes()

  local at = is64 and 64 or 52
  local body, headers = {}, { ("\0"):rep(is64 and 64 or 40) }
  local W = is64 and "I8" or "I4"
  for i, s in ipairs(list) do
    local o = s.options
    local pad = -at % 8
    body[#body + 1] = ("\0"):rep(pad) .. s.bytes
    at = at + pad
    headers[#headers + 1] = string.pack(self.order .. "I4I4" .. W:rep(4) .. "I4I4" .. W .. W,
      names[i], o.type or 1, o.flags or 0, 0, o.offset or at, o.bytes_len or #s.bytes,
      o.link or 0, o.info or 0, o.align or 1, o.entsize or 0)
    at = at + #s.bytes
  end
  body[#body + 1] = ("\0"):rep(-at % 8)
  at = at + -at % 8
  return elf_header(self, is64, at, #headers, #headers - 1) .. table.concat(body)
    .. table.concat(headers)
end

return object
