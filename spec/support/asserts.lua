--- Asserts for a C compiler: that the types of a header have the sizes, and their fields the offsets, that a
--- BTF says.
local asserts = {}

local TAG = { struct = true, union = true, enum = true, enum64 = true }
local COMPOSITE = { struct = true, union = true }

-- The name of each tag and typedef in a header: the second of a name is NAME___2.
local function namer()
  local seen = { ["typedef __builtin_va_list"] = 1 }
  return function(t)
    local space = TAG[t.kind] and "tag " or "typedef "
    local count = (seen[space .. t.name] or 0) + 1
    seen[space .. t.name] = count
    local name = count > 1 and ("%s___%d"):format(t.name, count) or t.name
    return TAG[t.kind] and ("%s %s"):format(COMPOSITE[t.kind] and t.kind or "enum", name) or name
  end
end

local function add_fields(put, name, t)
  for path, bits, size, _, bitfield in t:fields() do
    if not bitfield then
      put(("__builtin_offsetof(%s, %s) == %d"):format(name, path, bits // 8))
      if size then put(("sizeof(((%s *)0)->%s) == %d"):format(name, path, size // 8)) end
    end
  end
end

--- The text, and the number of asserts in it.
---@param btf btfl.btf
---@return string
---@return integer
function asserts.of(btf)
  local lines, name_of = {}, namer()
  local function put(what) lines[#lines + 1] = ("_Static_assert(%s, \"\");"):format(what) end
  for t in btf:types() do
    if t.name and (TAG[t.kind] or t.kind == "typedef") then
      local name = name_of(t)
      local body = t.kind == "typedef" and not t.type.name and t.type or t
      if t.size then put(("sizeof(%s) == %d"):format(name, t.size)) end
      if COMPOSITE[body.kind] then add_fields(put, name, body) end
    end
  end
  return table.concat(lines, "\n") .. "\n", #lines
end

return asserts
