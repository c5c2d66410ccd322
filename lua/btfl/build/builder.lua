--- btfl.builder{} and builder:add{}: reads what describes a BTF and its types, and refuses what none can be.
local class = require "btfl.class"
local engine = require "btfl.engine"
local meant = require "btfl.meant"

local builder = {}

-- Every refusal names the argument; who called is added by argument.relay().
local function refuse(method, ...)
  error(("bad argument #1 to '%s' (%s)"):format(method, string.format(...)), 0)
end

local function said(value)
  if value == nil then return "nothing" end
  if math.type(value) == "integer" then return tostring(value) end
  return type(value) == "string" and ("%q"):format(value) or "a " .. (class(value) or type(value))
end

local function check_names(t, known, what, method)
  for key in next, t do
    if not known[key] then refuse(method, "%s has no `%s`%s", what, tostring(key), meant(key, known)) end
  end
end

local function set(words)
  local known = {}
  for word in words:gmatch "%S+" do known[word] = true end
  return known
end

-- Reads the fields of one table: of a type, or of an element of one.
local read = {}
read.__index = read

local function reader(self, t, what)
  return setmetatable({ builder = self, t = t, what = what }, read)
end

function read:wrong(name, want)
  refuse("add", "`%s` of %s is %s, not %s", name, self.what, want, said(rawget(self.t, name)))
end

function read:integer(name, low, high, default)
  local value = rawget(self.t, name)
  if value == nil then value = default end
  if math.type(value) ~= "integer" or value < low or value > high then
    self:wrong(name, ("an integer from %d to %d"):format(low, high))
  end
  return value
end

function read:text(name, default)
  local value = rawget(self.t, name)
  if value == nil then value = default end
  if type(value) ~= "string" or value:find("\0", 1, true) then
    self:wrong(name, "a string without a NUL")
  end
  return value
end

function read:flag(name)
  local value = rawget(self.t, name)
  if value ~= nil and type(value) ~= "boolean" then self:wrong(name, "true or false") end
  return value
end

-- One of a table of words; its number there.
function read:word(name, words, default)
  local value = rawget(self.t, name)
  if value == nil then value = default end
  local number = words[value]
  if number == nil then
    local list = {}
    for word in pairs(words) do list[#list + 1] = word end
    table.sort(list)
    self:wrong(name, "one of " .. table.concat(list, ", "))
  end
  return number
end

-- A reference: an id, a type, which is copied, or void.
function read:id(name)
  local value = rawget(self.t, name)
  if class(value) == "btfl.type" then return self.builder:copy(value) end
  if value ~= nil and (math.type(value) ~= "integer" or value < 0 or value > 0x7fffffff) then
    self:wrong(name, "an id or a type")
  end
  return value or 0
end

-- What each element of a list packs into, as one string, and how many there are.
function read:list(name, known, pack)
  local list, out = rawget(self.t, name), {}
  if list == nil then list = {} end
  if type(list) ~= "table" or class(list) then self:wrong(name, "a list of tables") end
  local count = rawlen(list)
  if count > 0xffffff then refuse("add", "`%s` of %s are more than %d", name, self.what, 0xffffff) end
  for i = 1, count do
    local element = rawget(list, i)
    local what = ("%s[%d] of %s"):format(name, i, self.what)
    if type(element) ~= "table" or class(element) then
      refuse("add", "%s is a table, not %s", what, said(element))
    end
    check_names(element, known, what, "add")
    out[i] = pack(reader(self.builder, element, what))
  end
  return table.concat(out), count
end

function read:pack(format, ...)
  return string.pack((self.builder.endian == "big" and ">" or "<") .. format, ...)
end

function read:string(name)
  return engine.builder_string(self.builder, self:text(name, ""))
end

local LINKAGE = { static = 0, global = 1, extern = 2 }
local ENCODING = { signed = 1, char = 2, bool = 4 }
local U32, KFLAG = 0xffffffff, 1 << 31

-- The kinds: which fields each has besides `kind`, its number, and what gives info without the kind, the word
-- behind it, and the tail.
local kinds = {}

local function kind(name, fields, make)
  kinds[name] = { fields = set(fields .. " kind"), make = make }
end

kind("int", "name size encoding bits bit_offset", function(r)
  local size, encoding = r:integer("size", 1, 16), 0
  for word in r:text("encoding", ""):gmatch "%S+" do
    if not ENCODING[word] then r:wrong("encoding", "words of signed, char, bool") end
    encoding = encoding | ENCODING[word]
  end
  local bits, offset = r:integer("bits", 0, 255, size * 8), r:integer("bit_offset", 0, 255, 0)
  return 0, size, r:pack("I4", encoding << 24 | offset << 16 | bits)
end)

for _, name in ipairs { "ptr", "volatile", "const", "restrict" } do
  kind(name, "type", function(r) return 0, r:id "type" end)
end

kind("typedef", "name type", function(r) return 0, r:id "type" end)
kind("float", "name size", function(r) return 0, r:integer("size", 0, U32) end)

kind("array", "type index_type nelems", function(r)
  return 0, 0, r:pack("I4I4I4", r:id "type", r:id "index_type", r:integer("nelems", 0, U32))
end)

local MEMBER = set "name type bit_offset bit_size"

-- A width, 0 too, makes the offsets of all members those of bitfields.
local function composite(r)
  local kflag, list = r:flag "kind_flag", rawget(r.t, "members")
  for i = 1, kflag == nil and type(list) == "table" and rawlen(list) or 0 do
    local member = rawget(list, i)
    kflag = kflag or type(member) == "table" and not class(member) and rawget(member, "bit_size") ~= nil
  end
  local tail, vlen = r:list("members", MEMBER, function(m)
    local offset = m:integer("bit_offset", 0, kflag and 0xffffff or U32, 0)
    local width = m:integer("bit_size", 0, kflag and 255 or 0, 0)
    return m:pack("I4I4I4", m:string "name", m:id "type", offset | width << 24)
  end)
  return vlen | (kflag and KFLAG or 0), r:integer("size", 0, U32), tail
end

kind("struct", "name size members kind_flag", composite)
kind("union", "name size members kind_flag", composite)

local VALUE = set "name value"

local function enum(bits)
  return function(r)
    local tail, vlen = r:list("values", VALUE, function(v)
      local value = v:integer("value", bits == 32 and -1 << 31 or math.mininteger,
        bits == 32 and U32 or math.maxinteger)
      if bits == 32 then return v:pack("I4I4", v:string "name", value & U32) end
      return v:pack("I4I4I4", v:string "name", value & U32, value >> 32)
    end)
    return vlen | (r:flag "signed" and KFLAG or 0), r:integer("size", 1, 8, bits // 8), tail
  end
end

kind("enum", "name size signed values", enum(32))
kind("enum64", "name size signed values", enum(64))

kind("fwd", "name fwd_kind", function(r)
  return r:word("fwd_kind", { struct = 0, union = KFLAG }, "struct"), 0
end)

kind("func", "name type linkage", function(r) return r:word("linkage", LINKAGE, "global"), r:id "type" end)

local PARAM = set "name type"

kind("func_proto", "type params variadic", function(r)
  local tail, vlen = r:list("params", PARAM, function(p)
    return p:pack("I4I4", p:string "name", p:id "type")
  end)
  if r:flag "variadic" then tail, vlen = tail .. ("\0"):rep(8), vlen + 1 end
  return vlen, r:id "type", tail
end)

kind("var", "name type linkage", function(r)
  return 0, r:id "type", r:pack("I4", r:word("linkage", LINKAGE, "global"))
end)

local VAR = set "type offset size"

kind("datasec", "name size vars", function(r)
  local tail, vlen = r:list("vars", VAR, function(v)
    return v:pack("I4I4I4", v:id "type", v:integer("offset", 0, U32), v:integer("size", 0, U32))
  end)
  return vlen, r:integer("size", 0, U32), tail
end)

kind("decl_tag", "name type component kind_flag", function(r)
  return r:flag "kind_flag" and KFLAG or 0, r:id "type",
    r:pack("i4", r:integer("component", -1, 0xffffff, -1))
end)

kind("type_tag", "name type kind_flag", function(r) return r:flag "kind_flag" and KFLAG or 0, r:id "type" end)

local NUMBER = {}
for i, name in ipairs(engine.kinds) do NUMBER[name] = i - 1 end

--- See builder:add in meta.lua.
---@param self btfl.builder
---@param t table
---@return integer
function builder.add(self, t)
  if type(t) ~= "table" or class(t) then refuse("add", "table expected, got %s", said(t)) end
  local name = rawget(t, "kind")
  local known = kinds[name]
  if not known then
    refuse("add", "there is no kind %s%s", said(name), type(name) == "string" and meant(name, kinds) or "")
  end
  local r = reader(self, t, ("%s %s"):format(name:find "^[aei]" and "an" or "a", name))
  check_names(t, known.fields, r.what, "add")
  local called = known.fields.name and r:text("name", "") or ""
  local info, word, tail = known.make(r)
  return engine.builder_add(self, called, info | NUMBER[name] << 24, word, tail or "")
end

local OPTIONS = set "endian ptr_size base header_size"
local ENDIAN = { little = true, big = true }

local function refuse_option(name, want, value)
  refuse("builder", "`%s` is %s, not %s", name, want, said(value))
end

--- See btfl.builder in meta.lua.
---@param options btfl.builder.options?
---@return btfl.builder
function builder.new(options)
  options = options == nil and {} or options
  if type(options) ~= "table" or class(options) then
    refuse("builder", "table expected, got %s", said(options))
  end
  check_names(options, OPTIONS, "a builder", "builder")
  local base, size = options.base, options.ptr_size
  if base ~= nil and class(base) ~= "btfl.btf" then refuse_option("base", "a btfl.btf", base) end
  local endian = options.endian or base and base.endian or "little"
  if not ENDIAN[endian] then refuse_option("endian", "\"little\" or \"big\"", endian) end
  if base and endian ~= base.endian then
    refuse("builder", "the base is %s-endian, and `endian` %s", base.endian, endian)
  end
  if size ~= nil and size ~= 4 and size ~= 8 then refuse_option("ptr_size", "4 or 8", size) end
  if base and size and size ~= base.ptr_size then
    refuse("builder", "pointers of the base have %d bytes, and `ptr_size` is %d", base.ptr_size, size)
  end
  local header = options.header_size or 24
  if header ~= 24 and header ~= 32 then refuse_option("header_size", "24 or 32", header) end
  local self = engine.builder(endian == "big", header, base)
  -- By which readers tell the size of pointers.
  if size and not base then
    builder.add(self, { kind = "int", name = "long", size = size, encoding = "signed" })
  end
  return self
end

return builder
