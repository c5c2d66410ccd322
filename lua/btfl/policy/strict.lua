--- strict: refuses what libbpf accepts without a word:
---   * an integer whose width or sign changed, in arrays and behind typedefs too, and an enum whose
---     size changed: the program would read half of it, or take it for another number (plain `char`
---     is signed or not as the compiler was told, and no change);
---   * a value that the instruction cuts to 32 bits;
---   * types and enumerators of the target that match by luck: their own name has a flavor, and it is
---     not the whole name that the program asks for.
local dialect = require "btfl.policy.support.dialect"

local function described(t)
  return ("%s %s of %d bytes"):format(t.signed and "signed" or "unsigned",
    t.kind == "int" and "integer" or "enum", t.size)
end

local NUMBER = { int = true, enum = true, enum64 = true }

-- Says why two numbers are not the same, nil when they are or are none.
local function difference(want, have)
  want, have = dialect.elements(want, have)
  if not (NUMBER[want.kind] and NUMBER[have.kind]) then return nil end
  local same_sign = want.kind ~= "int" or want.signed == have.signed
    or want.name == "char" and have.name == "char"
  if want.size == have.size and same_sign then return nil end
  return ("%s here, %s there"):format(described(want), described(have))
end

-- Whether a name of the target is the one asked for, or its essential part.
local function is_meant(name, wanted)
  return name == wanted or btfl.essential(name) == name
end

-- What the instruction holds after it is patched has 32 bits; a 32-bit operation needs no sign.
local function fits(value, class)
  return value >= -0x80000000 and value <= 0x7fffffff or class == "alu" and value >= 0 and value <= 0xffffffff
end

return btfl.policy {
  name = "strict",

  when = {
    candidates = "disputed",
    member = "flavored",
    compatible = { "int", "enum", "enum64" },
    patch = "wide",
  },

  candidates = function(relo, _, default)
    local list, lucky = {}, 0
    for _, t in ipairs((default())) do
      if is_meant(t.name, relo.type.name) then list[#list + 1] = t else lucky = lucky + 1 end
    end
    return list, ("left out %d of another flavor"):format(lucky)
  end,

  member = function(m, target, default)
    local found, reason = default()
    if not (found and default.relo.kind:find "^enumval") or is_meant(found.name, m.name) then
      return found, reason
    end
    for v in target:values() do
      if v.name == m.name or v.name == btfl.essential(m.name) then return v end
    end
    return nil, "no-enumval", ("%s has another flavor"):format(found.name)
  end,

  compatible = function(want, have, default)
    local ok, reason = default()
    local changed = ok and difference(want, have)
    if changed then return false, changed end
    return ok, reason
  end,

  patch = function(relo, change, default)
    local class = btfl.insn(change.insn, relo.object.endian).class
    local after, reason = default(relo, change)
    if after and not change.poison and dialect.ALU[class] and not fits(change.value, class) then
      return nil, "truncated", dialect.too_wide(change.value)
    end
    return after, reason
  end,
}
