--- Builds BTF of either byte order, every kind, plain or split: the test material that no compiler
--- makes. It checks nothing, so that broken BTF can be built as easily as good BTF.
---
---     local b = btf.new { endian = "big" }
---     local int = b:int("int", 4, "signed")
---     local foo = b:struct("foo", 8, { { "a", int, 0 }, { "bits", int, 32, 3 } })
---     local bytes = b:bytes()

local btf = {}
btf.__index = btf

--- Numbers of the kinds, by the names that bpftool and btfl use.
btf.KIND = {
  void = 0, int = 1, ptr = 2, array = 3, struct = 4, union = 5, enum = 6, fwd = 7, typedef = 8,
  volatile = 9, const = 10, restrict = 11, func = 12, func_proto = 13, var = 14, datasec = 15,
  float = 16, decl_tag = 17, type_tag = 18, enum64 = 19,
}

local KIND = btf.KIND
local ENCODING = { signed = 1, char = 2, bool = 4 }
local LINKAGE = { static = 0, global = 1, extern = 2 }

--- Options: endian ("little" or "big"; of the base by default), base (a builder: this one is split
--- over it), layout (true: a 32-byte header and a layout section of all known kinds; a table of
--- { info_size, elem_size, flags }, by kind from 0: these).
---@param options? { endian?: string, base?: table, layout?: boolean|table }
function btf.new(options)
  options = options or {}
  local base = options.base
  local self = setmetatable({
    endian = options.endian or (base and base.endian) or "little",
    base = base,
    layout = options.layout,
    types = {},
    first_id = base and base.first_id + #base.types or 1,
    strings = {},
    first_string = base and base.first_string + base.strings_len or 0,
    strings_len = 0,
    string_at = {},
  }, btf)
  self.order = self.endian == "big" and ">" or "<"
  if not base then self:string("") end
  return self
end

--- The offset of s in the string section; every string stands there once.
---@param s string
---@return integer
function btf:string(s)
  local known = self
  while known do
    if known.string_at[s] then return known.string_at[s] end
    known = known.base
  end
  local at = self.first_string + self.strings_len
  self.string_at[s] = at
  self.strings[#self.strings + 1] = s .. "\0"
  self.strings_len = self.strings_len + #s + 1
  return at
end

--- Numbers in this BTF's byte order; the format is string.pack's without the order.
function btf:pack(format, ...)
  return string.pack(self.order .. format, ...)
end

--- Appends the bytes of one type as they are and returns its id.
---@param bytes string
---@return integer
function btf:raw(bytes)
  self.types[#self.types + 1] = bytes
  return self.first_id + #self.types - 1
end

--- The id that the next type gets: for types that refer to each other.
function btf:next_id()
  return self.first_id + #self.types
end

--- Appends struct btf_type and what follows it. A name is a string or an offset.
function btf:type(kind, name, vlen, kind_flag, word, tail)
  local info = vlen | (KIND[kind] or kind) << 24 | (kind_flag and 1 << 31 or 0)
  local off = math.type(name) == "integer" and name or self:string(name or "")
  return self:raw(self:pack("I4I4I4", off, info, word & 0xffffffff) .. (tail or ""))
end

--- encoding: "signed", "char", "bool", a number or none; bits defaults to the whole size.
function btf:int(name, size, encoding, bits, bit_offset)
  local enc = ENCODING[encoding] or encoding or 0
  local word = enc << 24 | (bit_offset or 0) << 16 | (bits or size * 8)
  return self:type("int", name, 0, false, size, self:pack("I4", word))
end

function btf:ptr(t) return self:type("ptr", nil, 0, false, t) end
function btf:typedef(name, t) return self:type("typedef", name, 0, false, t) end
function btf:volatile(t) return self:type("volatile", nil, 0, false, t) end
function btf:const(t) return self:type("const", nil, 0, false, t) end
function btf:restrict(t) return self:type("restrict", nil, 0, false, t) end
function btf:float(name, size) return self:type("float", name, 0, false, size) end

--- attribute: kind_flag is set, as for __attribute__((name)).
function btf:type_tag(name, t, attribute)
  return self:type("type_tag", name, 0, attribute, t)
end

--- component: the member or parameter, none (-1) for the type itself.
function btf:decl_tag(name, t, component, attribute)
  return self:type("decl_tag", name, 0, attribute, t, self:pack("i4", component or -1))
end

--- index is the id of the index type, elem's by default.
function btf:array(elem, nelems, index)
  return self:type("array", nil, 0, false, 0, self:pack("I4I4I4", elem, index or elem, nelems))
end

--- what is "struct" or "union".
function btf:fwd(name, what) return self:type("fwd", name, 0, what == "union", 0) end

local function composite(self, kind, name, size, members, kind_flag)
  for _, m in ipairs(members) do
    if m[4] then kind_flag = true end
  end
  local tail = {}
  for i, m in ipairs(members) do
    local off = m[3] or 0
    if kind_flag then off = off | (m[4] or 0) << 24 end
    local at = math.type(m[1]) == "integer" and m[1] or self:string(m[1] or "")
    tail[i] = self:pack("I4I4I4", at, m[2], off & 0xffffffff)
  end
  return self:type(kind, name, #members, kind_flag, size, table.concat(tail))
end

--- members: { name or nil, type id, offset in bits, width in bits of a bitfield }. A width (0 too)
--- in one of them sets kind_flag.
function btf:struct(name, size, members, kind_flag)
  return composite(self, "struct", name, size, members, kind_flag)
end

function btf:union(name, size, members, kind_flag)
  return composite(self, "union", name, size, members, kind_flag)
end

--- values: { { "A", 0 }, ... }; kind_flag is set when signed.
function btf:enum(name, values, size, signed)
  local tail = {}
  for i, v in ipairs(values) do
    tail[i] = self:pack("I4I4", self:string(v[1]), v[2] & 0xffffffff)
  end
  return self:type("enum", name, #values, signed, size or 4, table.concat(tail))
end

function btf:enum64(name, values, size, signed)
  local tail = {}
  for i, v in ipairs(values) do
    tail[i] = self:pack("I4I4I4", self:string(v[1]), v[2] & 0xffffffff, v[2] >> 32)
  end
  return self:type("enum64", name, #values, signed, size or 8, table.concat(tail))
end

--- params: { { "name" or nil, type id }, ... }; { nil, 0 } at the end is variadic.
function btf:func_proto(ret, params)
  local tail = {}
  for i, p in ipairs(params or {}) do
    tail[i] = self:pack("I4I4", self:string(p[1] or ""), p[2])
  end
  return self:type("func_proto", nil, #tail, false, ret, table.concat(tail))
end

function btf:func(name, proto, linkage)
  return self:type("func", name, LINKAGE[linkage or "global"], false, proto)
end

function btf:var(name, t, linkage)
  return self:type("var", name, 0, false, t, self:pack("I4", LINKAGE[linkage or "global"]))
end

--- vars: { { var id, offset, size }, ... } in bytes.
function btf:datasec(name, size, vars)
  local tail = {}
  for i, v in ipairs(vars) do
    tail[i] = self:pack("I4I4I4", v[1], v[2], v[3])
  end
  return self:type("datasec", name, #vars, false, size, table.concat(tail))
end

local LAYOUT = {
  [0] = { 0, 0 }, { 4, 0 }, { 0, 0 }, { 12, 0 }, { 0, 12 }, { 0, 12 }, { 0, 8 }, { 0, 0 },
  { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 8 }, { 4, 0 }, { 0, 12 }, { 0, 0 },
  { 4, 0 }, { 0, 0 }, { 0, 12 },
}

--- A layout section's records for all known kinds, to which a test adds its own.
function btf.known_layout()
  local copy = {}
  for kind, record in pairs(LAYOUT) do copy[kind] = { table.unpack(record) } end
  return copy
end

--- The whole BTF. over replaces fields of the header (magic, version, flags, hdr_len, type_off,
--- type_len, str_off, str_len, layout_off, layout_len) and its parts (types, strings: bytes).
function btf:bytes(over)
  over = over or {}
  local types = over.types or table.concat(self.types)
  local strings = over.strings or table.concat(self.strings)
  local records = self.layout == true and LAYOUT or self.layout
  local layout = {}
  if records then
    for kind = 0, #records do
      local r = records[kind]
      layout[#layout + 1] = self:pack("I1I1I2", r[1], r[2], r[3] or 0)
    end
  end
  local section = table.concat(layout)
  local header = self:pack("I2I1I1I4I4I4I4I4", over.magic or 0xeb9f, over.version or 1,
    over.flags or 0, over.hdr_len or (records and 32 or 24), over.type_off or 0,
    over.type_len or #types, over.str_off or #types + #section, over.str_len or #strings)
  if records then
    header = header .. self:pack("I4I4", over.layout_off or #types, over.layout_len or #section)
  end
  return header .. types .. section .. strings
end

return btf
