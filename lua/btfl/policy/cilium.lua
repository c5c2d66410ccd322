--- cilium: what cilium/ebpf's relocator does. It differs from libbpf's in these points:
---   * a flavor starts at the last `___`, whatever stands beside it: `foo___` is `foo`, `foo____bar`
---     is `foo_`;
---   * candidates are the types of that name of any kind, in vmlinux and in all modules;
---   * one candidate is taken for all relocations of a program that have the same root type: the one
---     on which the fewest fail. Candidates that tie must agree on all, else all are an error;
---   * a missing target_type_id or type_size is poisoned, and so is the id of a module's type;
---   * a poisoned ldimm64 becomes `ld_imm64 r10, 0xbad2310`;
---   * loads and stores are not resized;
---   * target_type_id's old value is checked, those of the shifts are not, a value that an ALU
---     instruction cannot hold is an error, and so is one in a byte swap;
---   * an unsigned 32-bit enumerator of 2^31 or more is extended with zeros;
---   * a bitfield wider than its unit is loaded by its unit;
---   * `signed` of neither int nor enum is an error, and so is a float in type relocations;
---   * type_matches looks behind pointers; each pair of types is looked at once, at any depth;
---   * elements of an array are compared when the access reaches them.
--- Programs are the functions of the object: those that a program calls are scored by themselves.
local dialect = require "btfl.policy.support.dialect"

local essential = dialect.essential_last

local EXISTENCE = { field_exists = true, type_exists = true, enumval_exists = true, type_matches = true }
local POISON_WHEN_MISSING = { target_type_id = true, type_size = true }
local SHIFT = { lshift_u64 = true, rshift_u64 = true }
local POISON = {
  little = "180a00001023ad0b0000000000000000", big = "18a000000bad23100000000000000000",
}

-- Opcodes of byte swaps, but for the bit that says to which order; and classes that hold a value of 32 bits.
local BYTE_SWAP, ALU = 0xd4, { [4] = true, [7] = true }

local function is_local(relo, accessor) return accessor.root.btf == relo.object.btf end

-- Where a bitfield is when the unit that is loaded is its declared type.
local function unit_value(relo, accessor, m)
  local size, bits = m.type.size, accessor.bit_offset
  if not size or size == 0 then return nil end
  local start = bits // 8 // size * size
  local skipped = bits - start * 8
  if relo.kind == "byte_off" then return start end
  if relo.kind == "byte_sz" then return size end
  if relo.kind == "rshift_u64" then return 64 - m.bit_size end
  if relo.kind ~= "lshift_u64" then return nil end
  if relo.object.endian == "big" then return 64 - size * 8 + skipped end
  return 64 - skipped - m.bit_size & 0xffffffff
end

local function has_sign(m)
  local kind = m and m.type:resolve().kind
  return kind == "int" or kind == "enum" or kind == "enum64"
end

-- An array stands for its elements only when the access goes on to one.
local function both_arrays(want, have)
  return want:resolve().kind == "array" and have:resolve().kind == "array"
end

-- The rules for one relocation and one candidate.
local one = btfl.policy {
  name = "cilium",

  when = {
    member = "flavored",
    compatible = { "type", "matches", "refused" },
    value = { "target_type_id", "enumval_value", "signed", "bitfield" },
    missing = { "target_type_id", "type_size" },
    patch = { "poison", "swap", "resized", "wide", "insn-mismatch", "target_type_id" },
  },

  member = function(m, target, default)
    if not default.relo.kind:find "^enumval" then return default() end
    return dialect.enumerator(m, target, default, essential)
  end,

  compatible = function(want, have, default)
    if default.what == "field" then
      local ok, reason = default()
      if not ok and both_arrays(want, have) then return true end
      return ok, reason
    end
    if default.what == "matches" then
      return dialect.settle(default, dialect.cilium_match(want, have, essential))
    end
    return dialect.settle(default, dialect.compatible(want, have, default, { float = "unsupported" }))
  end,

  value = function(relo, accessor, default)
    local kind = relo.kind
    if kind == "target_type_id" and not is_local(relo, accessor)
      and accessor.root.btf ~= default.target.btf then
      return nil, "poison", "cilium gives no id of a module's type"
    end
    local value, reason = default()
    if kind == "enumval_value" then return dialect.zero_extended(accessor, value), reason end
    if kind == "signed" and value and not has_sign(accessor.last) then
      return nil, "unsupported", "it is neither an integer nor an enum"
    end
    local m = (SHIFT[kind] or kind == "byte_off" or kind == "byte_sz") and accessor.last
    if m and m.bitfield then
      local unit = unit_value(relo, accessor, m)
      if unit then return unit end
    end
    return value, reason
  end,

  missing = function(relo, _, default)
    if POISON_WHEN_MISSING[relo.kind] then return "poison" end
    return default()
  end,

  patch = function(relo, change, default)
    if change.poison then
      if #change.insn == 32 then return POISON[relo.object.endian] end
      return default(relo, change)
    end
    local opcode = tonumber(change.insn:sub(1, 2), 16)
    if opcode & 0xf7 == BYTE_SWAP then
      return nil, "insn-unsupported", "it is a byte swap"
    end
    change.size, change.resizable = change.old_size, true
    local after, reason = default()
    if not after and reason == "insn-mismatch" and SHIFT[relo.kind] and change.check then
      change.check = false
      after, reason = default(relo, change)
    elseif after and relo.kind == "target_type_id" then
      local checked = {}
      for name, value in pairs(change) do checked[name] = value end
      checked.check = true
      if not default(relo, checked) then
        return nil, "insn-mismatch", "cilium wants the local type's id in the instruction"
      end
    end
    if after and ALU[opcode & 7] and math.ult(0x7fffffff, change.value) then
      return nil, "truncated", dialect.too_wide(change.value)
    end
    return after, reason
  end,
}

local group_of = setmetatable({}, { __mode = "k" }) -- by relocation
local known_of = setmetatable({}, { __mode = "k" }) -- by target, by group: its candidates and choice

local IS_COMPOSITE = { struct = true, union = true }

-- A field is looked for only in what can have it; other kinds would fail, and some have no size.
local function may_hold(want, have)
  want, have = want:resolve(), have:resolve()
  return IS_COMPOSITE[want.kind] and IS_COMPOSITE[have.kind] or dialect.same_kind(want, have)
end

-- What asks for a name; the others ask for a field.
local BY_NAME = { local_type_id = true, target_type_id = true, type_exists = true, type_size = true,
  type_matches = true, enumval_exists = true, enumval_value = true }

-- Which relocations are scored together: those of a program that have the same root type.
local function add_groups(object)
  local groups = {}
  for r in object:relos() do
    local program, type = r.program, r.type
    local key = ("%s:%s:%d"):format(r.section, program and program.offset or "-", type.id)
    local group = groups[key] or { type = type }
    groups[key], group_of[r] = group, group
    if r.kind ~= "local_type_id" then
      group[#group + 1] = r
    end
  end
end

-- What is known of the relocation's group on a target, and whether its candidates are found by name alone.
local function known(relo, target)
  local group = group_of[relo]
  if not group then
    add_groups(relo.object)
    group = group_of[relo]
  end
  local of = known_of[target]
  if not of then
    of = setmetatable({}, { __mode = "k" })
    known_of[target] = of
  end
  if not of[group] then of[group] = { group = group } end
  return of[group], BY_NAME[relo.kind] or false
end

-- The candidates of a group: for those of its relocations that ask for a name, or a field.
local function candidates(of, target, by_name)
  local which = by_name and "names" or "fields"
  if of[which] then return of[which] end
  local list, want = {}, of.group.type
  for _, btf in ipairs(dialect.btfs(target)) do
    for t in btf:candidates(want.name, nil, "last") do
      if by_name or may_hold(want, t) then list[#list + 1] = t end
    end
  end
  of[which] = list
  return list
end

-- What cilium compares of two candidates, and whether the relocation fails on this one; or nil and a
-- reason that refuses the program.
local function outcome(r, target, candidate)
  if not (BY_NAME[r.kind] or may_hold(r.type, candidate)) then
    return { EXISTENCE[r.kind] and 1 or 0, 0, fails = true }
  end
  local result = r:try(target, candidate, { policy = one })
  local matched = false
  for attempt in result:trail() do matched = attempt.ok end
  if matched and result.value then
    local old = not SHIFT[r.kind] and result.old or 0
    return { old, result.value, fails = EXISTENCE[r.kind] and result.value == 0 }
  end
  if result.status == "error" and not matched then return nil, result.reason end
  return { EXISTENCE[r.kind] and 1 or 0, 0, fails = true }
end

local function outcomes(relos, target, candidate)
  local list, score = {}, 0
  for i, r in ipairs(relos) do
    local o, reason = outcome(r, target, candidate)
    if not o then return nil, reason end
    list[i] = o
    if o.fails then score = score + 1 end
  end
  return list, score
end

local function agree(a, b)
  for i = 1, #a do
    if a[i][1] ~= b[i][1] or a[i][2] ~= b[i][2] then return false end
  end
  return true
end

-- The candidate that all relocations of a group take: { type = } or { reason =, note = }, empty for none.
local function pick(relos, list, target)
  local best, best_score, found = nil, #relos, {}
  for _, candidate in ipairs(list) do
    local these, score = outcomes(relos, target, candidate)
    if not these then return { reason = score } end
    if score < best_score then
      best, best_score, found = these, score, { type = candidate }
    elseif score == best_score and best and not agree(best, these) then
      return { reason = "ambiguous", note = "candidates that fit the program equally well disagree" }
    end
  end
  return found
end

-- Those of all relocations of the group, in the order of these.
local function all_candidates(of, target)
  local all, seen, done = {}, {}, {}
  for _, r in ipairs(of.group) do
    local by_name = BY_NAME[r.kind] or false
    for _, t in ipairs(not done[by_name] and candidates(of, target, by_name) or {}) do
      if not seen[t] then
        seen[t] = true
        all[#all + 1] = t
      end
    end
    done[by_name] = true
    if done[true] and done[false] then break end
  end
  return all
end

local function choice(of, target)
  if not of.choice then
    local all = all_candidates(of, target)
    of.choice = #all > 1 and pick(of.group, all, target) or { type = all[1] }
  end
  return of.choice
end

return btfl.policy {
  name = "cilium",
  extends = one,

  when = { candidates = "disputed", value = "disputed" },

  candidates = function(relo, target, default)
    default()
    local of, by_name = known(relo, target)
    local chosen = choice(of, target).type
    for _, t in ipairs(candidates(of, target, by_name)) do
      if t == chosen then return { t }, "the best of its program" end
    end
    return {}, "no candidate of the program"
  end,

  value = function(relo, accessor, default)
    local target = default.target
    local chosen = choice(known(relo, target), target)
    if chosen.reason and is_local(relo, accessor) then return nil, chosen.reason, chosen.note end
    return default()
  end,
}
