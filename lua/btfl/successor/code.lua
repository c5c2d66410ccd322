--- C for a name that is not the same on all kernels: the struct, union or enum in both flavors, and a
--- function that asks which one is there. It needs no header, so that it can be tried as it is.
local engine = require "btfl.engine"
local question = require "btfl.successor.question"
local steps = require "btfl.successor.steps"

-- What the code may need, in order; only what it uses is printed.
local PRELUDE = {
  { "CORE;", "#define CORE __attribute__((preserve_access_index))\n" },
  { "INLINE", "#define INLINE static inline __attribute__((always_inline))\n" },
  { "core_exists(", "#define core_exists(field) __builtin_preserve_field_info(field, 2)\n" },
  { "core_type_exists(",
    "#define core_type_exists(type) __builtin_preserve_type_info(*(type *)0, 0)\n" },
  { "core_value", "#define core_value_exists(type, name) __builtin_preserve_enum_value(*(type *)name, 0)\n"
    .. "#define core_value(type, name) __builtin_preserve_enum_value(*(type *)name, 1)\n" },
  { "probe_read_kernel(", [[

/* bpf_helpers.h has it, as bpf_core_read.h has the macros above under bpf_core_ names. */
static long (*const probe_read_kernel)(void *to, unsigned int size, const void *from) = (void *)113;
]] },
  { "core_bits(", [[

#define core_bit_info(field, what) __builtin_preserve_field_info(field, what)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define core_bits_at(word, size) ((void *)&(word))
#else
#define core_bits_at(word, size) ((char *)&(word) + 8 - (size))
#endif
#define core_bits(base, field) ({ \
	unsigned long long word_ = 0; \
	probe_read_kernel(core_bits_at(word_, core_bit_info(field, 1)), core_bit_info(field, 1), \
			  (const char *)(base) + core_bit_info(field, 0)); \
	(word_ << core_bit_info(field, 4)) >> core_bit_info(field, 5); })
]] },
}

local function with_prelude(code)
  local out = {}
  local uses_bits = code:find("core_bits(", 1, true)
  for _, piece in ipairs(PRELUDE) do
    if code:find(piece[1], 1, true) or (uses_bits and piece[1] == "probe_read_kernel(") then
      out[#out + 1] = piece[2]
    end
  end
  return table.concat(out) .. "\n" .. code
end

local INTEGERS = { "char", "short", nil, "int", nil, nil, nil, "long long" }

local function identifier(text)
  return (text:gsub("[^%w_]", "_"))
end

-- How a field is read: "value", "pointer", "bits", or "place" when only its address can be had.
local function way_of(side)
  local t = side.type and side.type:resolve()
  if not t then return "value" end
  if t.kind == "int" and INTEGERS[t.size or 0] then return side.bits and "bits" or "value" end
  if t.kind == "enum" or t.kind == "enum64" then return side.bits and "bits" or "value" end
  return t.kind == "ptr" and "pointer" or "place"
end

local declare

local function declare_enum(t, name, unique)
  local wide = (t.size or 4) > 4 and " = 0x100000000LL" or ""
  return ("enum { %s_any%s } %s"):format(unique, wide, name)
end

-- A member of the same kind, which is what loaders compare; names of types do not matter.
function declare(t, name, unique, bits)
  t = t and t:resolve()
  if not t then return "unsigned long long " .. name end
  local width = bits and (" : %d"):format(bits) or ""
  if t.kind == "int" then
    local base = INTEGERS[t.size or 0]
    if base then return ("%s %s %s%s"):format(t.signed and "signed" or "unsigned", base, name, width) end
    return "__int128 " .. name
  elseif t.kind == "enum" or t.kind == "enum64" then
    return declare_enum(t, name, unique) .. width
  elseif t.kind == "ptr" then
    return "const void *" .. name
  elseif t.kind == "array" then
    return declare(t.type, ("%s[%d]"):format(name, t.nelems), unique)
  elseif t.kind == "union" or t.kind == "struct" then
    return ("%s { } %s"):format(t.kind, name)
  elseif t.kind == "float" then
    return "double " .. name
  end
  return "unsigned long long " .. name
end

-- The arrays in a path, as long as they must be for its indices: what counts is how long they are in the
-- kernel.
local function arrays_of(step)
  return (step:gsub("%[(%d+)%]", function(index) return ("[%d]"):format(math.tointeger(index) + 1) end))
end

-- The members of one flavor, which may share what they are nested in, as a tree of declarations.
local function body(sides)
  local tree, order = {}, {}
  for _, side in ipairs(sides) do
    local names = {}
    for name in side.path:gmatch("[^.]+") do names[#names + 1] = name end
    local at, list = tree, order
    for i = 1, #names - 1 do
      if not at[names[i]] then
        at[names[i]] = { tree = {}, order = {} }
        list[#list + 1] = names[i]
      end
      at, list = at[names[i]].tree, at[names[i]].order
    end
    at[names[#names]] = side.declaration
      or declare(side.type, arrays_of(names[#names]), identifier(side.struct .. "_" .. side.path), side.bits)
    list[#list + 1] = names[#names]
  end
  local lines = {}
  local function put(t, names, depth)
    for _, name in ipairs(names) do
      local indent = ("\t"):rep(depth)
      if type(t[name]) == "string" then
        lines[#lines + 1] = indent .. t[name] .. ";"
      else
        lines[#lines + 1] = indent .. "struct {"
        put(t[name].tree, t[name].order, depth + 1)
        lines[#lines + 1] = ("%s} %s;"):format(indent, arrays_of(name))
      end
    end
  end
  put(tree, order, 1)
  return table.concat(lines, "\n")
end

local function flavor(keyword, name, sides)
  return ("%s %s {\n%s\n} CORE;\n"):format(keyword, name, body(sides))
end

-- What stands for the root of a path: struct or union as it is in the BTF.
local function keyword_of(btf, root)
  for t in btf:candidates(root) do
    local kind = t:resolve().kind
    if kind == "union" or kind == "struct" then return kind end
  end
  return "struct"
end

local RETURNS = {
  value = "long long ", bits = "long long ", pointer = "const void *", place = "const void *",
}

-- The statements that read one side, when `way` is what the function returns.
local function read(side, way, from)
  local place = ("%s->%s"):format(from, side.path)
  if way == "place" then return ("\t\treturn &%s;"):format(place) end
  if side.bits then return ("\t\treturn core_bits(%s, %s);"):format(from, place) end
  local name = declare(side.type, "value", identifier(side.struct .. "_value"))
  if side.mask then
    return ("\t\t%s = 0;\n\n\t\tprobe_read_kernel(&value, sizeof(value), &%s);\n"
      .. "\t\treturn !!(value & 0x%xull);"):format(name, place, side.mask)
  end
  return ("\t\t%s = 0;\n\n\t\tprobe_read_kernel(&value, sizeof(value), &%s);\n\t\treturn %s;")
    :format(name, place, way == "pointer" and "value" or "(long long)value")
end

local function branch(side, way, from)
  return ("\tif (core_exists(%s->%s)) {\n%s\n\t}\n"):format(from, side.path, read(side, way, from))
end

-- A successor behind a pointer: first the pointer, then the field.
local function chain_branch(side, way)
  local hop = side.hop
  return ("\tif (core_exists(%s->%s) && core_exists(%s->%s)) {\n\t\tconst %s *there = 0;\n\n")
    :format(side.variable, hop.path, side.behind, side.path, side.name)
    .. ("\t\tprobe_read_kernel(&there, sizeof(there), &%s->%s);\n"):format(side.variable, hop.path)
    .. read(side, way, "there") .. "\n\t}\n"
end

local function reader(name, sides, comment)
  local way = way_of(sides[1])
  for _, side in ipairs(sides) do
    local own = way_of(side)
    if own ~= way then
      way = (own == "bits" or own == "value") and (way == "bits" or way == "value") and "value" or "place"
    end
  end
  -- A bit has no address.
  for _, side in ipairs(sides) do
    if way == "place" and side.bits then side.skip = true end
  end
  local out = { comment, ("INLINE %s%s(const void *from)\n{\n"):format(RETURNS[way], name) }
  for _, side in ipairs(sides) do
    local root = side.hop or side
    out[#out + 1] = ("\tconst %s *%s = from;\n"):format(root.name, side.variable)
    if side.hop then out[#out + 1] = ("\tconst %s *%s = 0;\n"):format(side.name, side.behind) end
  end
  out[#out + 1] = "\n"
  for _, side in ipairs(sides) do
    if side.hop then
      out[#out + 1] = chain_branch(side, way)
    elseif not side.skip then
      out[#out + 1] = branch(side, way, side.variable)
    end
  end
  out[#out + 1] = "\treturn 0;\n}\n"
  return table.concat(out)
end

local function split(path)
  return path:match("^([^.]*)%.?(.*)$")
end

local VARIABLES = { old = "was", new = "now" }

local function name_side(side, btf, suffix)
  side.name = ("%s %s___%s"):format(keyword_of(btf, side.struct), side.struct, suffix)
end

-- The side of a successor: flavors are made for its struct and, behind a pointer, for the one before.
local function new_side(s, suffix)
  local btf = s.type.btf
  local root, path = split(question.accessed(btf, s.successor))
  local side = { struct = root, path = path, type = s.type, bits = s.bits, mask = s.mask }
  side.variable, side.behind = VARIABLES[suffix] or suffix, suffix == "new" and "then" or "behind_" .. suffix
  name_side(side, btf, suffix)
  local before = (s.via or ""):match("^([^%s>]+)%->[%w_.%[%]]+$")
  if before then
    local hop_root, hop_path = split(before)
    side.hop = { struct = hop_root, path = hop_path }
    -- A list leads from a struct to another of its kind.
    name_side(side.hop, btf, hop_root == root and "to_" .. suffix or suffix)
  end
  return side
end

local function old_side(s)
  local root, path = split(s.old and question.accessed(s.old.btf, s.query) or s.query)
  local side = { struct = engine.essential(root), path = path, type = s.old, bits = s.old_bits,
    variable = VARIABLES.old }
  name_side(side, s.old and s.old.btf or s.type.btf, "old")
  return side
end

local function declare_sides(out, sides)
  for _, side in ipairs(sides) do
    local keyword, name = side.name:match("^(%w+) (.*)$")
    out[#out + 1] = flavor(keyword, name, { side })
    if side.hop then
      local hop_keyword, hop_name = side.hop.name:match("^(%w+) (.*)$")
      local last = side.hop.path:match("[^.]+$")
      side.hop.declaration = ("const %s *%s"):format(side.name, last)
      out[#out + 1] = flavor(hop_keyword, hop_name, { side.hop })
    end
  end
end

-- The sides of a field whose struct is at hand under all its names, in the order to try them, and what is
-- to be said of them.
local function sides_in_order(s, new, old)
  if s.change == "retyped" then return { new, old }, s.via or s.successor, "" end
  local order, unknown = steps.of(s)
  local sides, names = {}, {}
  for i, step in ipairs(order) do
    local t = step.suggestion
    sides[i] = t == s and new or t and new_side(t, step.suffix) or old
    if t then names[#names + 1] = t.via or t.successor end
  end
  return sides, table.concat(names, " or "),
    unknown[1] and ("/* What it is on %s is not known. */\n"):format(table.concat(unknown, ", ")) or ""
end

-- Whether what the old name's struct was is what the successor's is now.
local function is_same_object(s, new, old)
  if steps.reachable(s) then return true end
  if s.via then return false end
  if s.change ~= "moved" then return true end
  local heir = s.ask(s.target, old.struct)
  return heir ~= nil and not heir.doubt and heir.successor == new.struct
end

local function field_code(s)
  local new, old = new_side(s, "new"), old_side(s)
  local name = identifier(old.struct .. "_" .. old.path)
  local out = {}
  if is_same_object(s, new, old) then
    local sides, names, note = sides_in_order(s, new, old)
    declare_sides(out, sides)
    out[#out + 1] = "\n" .. note .. reader(name, sides,
      ("/* %s, which is %s on %s: 0 when %s is there. */\n"):format(s.query, names,
        s.change == "register" and "another architecture" or "newer or older kernels",
        #sides > 2 and "none" or "neither"))
  else
    declare_sides(out, { new, old })
    out[#out + 1] = "\n" .. reader(name .. "_old", { old }, ("/* Of a %s. */\n"):format(old.struct))
    out[#out + 1] = "\n" .. reader(name .. "_new", { new },
      ("/* Of a %s: no pointer leads there from a %s. */\n"):format(new.struct, old.struct))
  end
  return table.concat(out)
end

local function type_code(s)
  local root = split(s.query)
  local essential = engine.essential(root)
  local kind = s.type:resolve().kind
  local out, names = {}, { new = s.successor, old = essential }
  for _, suffix in ipairs { "new", "old" } do
    local name = ("%s___%s"):format(names[suffix], suffix)
    if kind == "enum" or kind == "enum64" then
      out[#out + 1] = ("enum %s { %s_any };\n"):format(name, name)
    elseif s.type.kind == "typedef" then
      out[#out + 1] = ("typedef struct { } %s;\n"):format(name)
    else
      local keyword = keyword_of(suffix == "old" and s.old and s.old.btf or s.type.btf, names[suffix])
      out[#out + 1] = ("%s %s { } CORE;\n"):format(keyword, name)
      names[suffix .. "_keyword"] = keyword .. " "
    end
  end
  local word = (kind == "enum" or kind == "enum64") and "enum " or nil
  local function full(suffix)
    return ("%s%s___%s"):format(word or names[suffix .. "_keyword"] or "", names[suffix], suffix)
  end
  out[#out + 1] = ("\n/* 1: the kernel has %s; 2: it has %s; 0: neither. */\n"):format(names.new, names.old)
  out[#out + 1] = ("INLINE int which_%s(void)\n{\n"):format(identifier(essential))
  out[#out + 1] = ("\tif (core_type_exists(%s))\n\t\treturn 1;\n"):format(full("new"))
  out[#out + 1] = ("\tif (core_type_exists(%s))\n\t\treturn 2;\n\treturn 0;\n}\n"):format(full("old"))
  return table.concat(out)
end

local function enum_code(s)
  local root, name = split(s.query)
  local essential = engine.essential(root)
  local new_enum, new_name = s.successor:match("^(.-)%.(.*)$")
  if not new_enum then
    return ("/* %s is in an enum without a name, which CO-RE cannot ask for. */\n"):format(s.successor)
  end
  local sides = { { new_enum, new_name, "new" }, { essential, name, "old" } }
  local out = {}
  for _, side in ipairs(sides) do
    out[#out + 1] = ("enum %s___%s { %s___%s };\n"):format(side[1], side[3], side[2], side[3])
  end
  out[#out + 1] = ("\n/* The value of %s, which is %s on newer or older kernels: -1 without. */\n")
    :format(s.query, s.successor)
  out[#out + 1] = ("INLINE long long %s(void)\n{\n"):format(identifier("value_of_" .. name))
  for _, side in ipairs(sides) do
    local call = ("(enum %s___%s, %s___%s)"):format(side[1], side[3], side[2], side[3])
    out[#out + 1] = ("\tif (core_value_exists%s)\n\t\treturn core_value%s;\n"):format(call, call)
  end
  out[#out + 1] = "\treturn -1;\n}\n"
  return table.concat(out)
end

local function body_of(s)
  if s.change == "enumval" then return enum_code(s) end
  -- A field may have become a whole type, which overlays it.
  if not (s.query:find(".", 1, true) and s.successor:find(".", 1, true)) then return type_code(s) end
  return field_code(s)
end

---@param s btfl.suggestion
---@return string
return function(s)
  return with_prelude(body_of(s))
end
