--- aya: what aya's relocator does, as its source has it. It differs from libbpf's in these points:
---   * a flavor starts at the first `___`: `a___b___c` is `a`;
---   * a candidate's kind is strictly equal, and modules are not searched;
---   * candidates are held against each other in each relocation only; none is forgotten;
---   * a missing target_type_id or type_size is an error;
---   * a field whose size changed is resized, or an error: never poisoned;
---   * no instruction is checked to hold the old value;
---   * an unsigned 32-bit enumerator of 2^31 or more is extended with zeros;
---   * type_matches is an error;
---   * types in type relocations nest to any depth, and floats are compatible;
---   * names of enums and forward declarations in fields must be equal.
local dialect = require "btfl.policy.support.dialect"

local essential = dialect.essential_first

local ERROR_WHEN_MISSING = { target_type_id = true, type_size = true }

local function names_differ(want, have)
  want, have = dialect.elements(want, have)
  local kind = want.kind
  if (kind == "enum" or kind == "enum64" or kind == "fwd") and dialect.same_kind(want, have) then
    return essential(want.name or "") ~= essential(have.name or "")
  end
  return false
end

return btfl.policy {
  name = "aya",

  when = {
    candidates = "disputed",
    member = "flavored",
    compatible = { "type", "matches", "enum", "enum64", "fwd" },
    value = { "type_matches", "enumval_value" },
    missing = { "target_type_id", "type_size" },
    patch = { "resized", "insn-mismatch" },
  },

  candidates = function(relo, target, default)
    default()
    local want, list = relo.type, {}
    for t in target.btf:candidates(want.name, want.kind, "first") do list[#list + 1] = t end
    return list, "vmlinux only, equal kinds, the name up to the first ___"
  end,

  member = function(m, target, default)
    if not default.relo.kind:find "^enumval" then return default() end
    return dialect.enumerator(m, target, default, essential)
  end,

  compatible = function(want, have, default)
    if default.what == "type" then
      return dialect.settle(default,
        dialect.compatible(want, have, default, { roots = true, float = true }))
    end
    local ok, reason = default()
    if ok and names_differ(want, have) then return false, "the names must be equal" end
    if not ok and want.essential and have.essential then
      -- By libbpf's rule the names may differ where by this one they do not.
      local l, t = dialect.elements(want, have)
      local flavored = (l.kind == "enum" or l.kind == "enum64" or l.kind == "fwd") and dialect.same_kind(l, t)
      if flavored and l.name and t.name and essential(l.name) == essential(t.name) then return true end
    end
    return ok, reason
  end,

  value = function(relo, accessor, default)
    if relo.kind == "type_matches" then return nil, "unsupported", "aya has no type_matches" end
    local value, reason = default()
    if relo.kind == "enumval_value" then value = dialect.zero_extended(accessor, value) end
    return value, reason
  end,

  missing = function(relo, _, default)
    if ERROR_WHEN_MISSING[relo.kind] then return "error" end
    return default()
  end,

  patch = function(relo, change, default)
    if not (change.poison or change.resizable) and btfl.insn(change.insn, relo.object.endian).size then
      return nil, "size-mismatch", "it cannot be resized, and aya does not poison"
    end
    local after, reason = default()
    if after == nil and reason == "insn-mismatch" and change.check then
      change.check = false
      return default(relo, change)
    end
    return after, reason
  end,
}
