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
local named = dialect.names(essential)

local EXISTENCE = { field_exists = true, type_exists = true, enumval_exists = true, type_matches = true }
local POISON_WHEN_MISSING = { target_type_id = true, type_size = true }
local SHIFT = { lshift_u64 = true, rshift_u64 = true }
local POISON = {
  little = "180a00001023ad0b0000000000000000", big = "18a000000bad23100000000000000000",
}

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
    local btf = accessor.root.btf
    if kind == "target_type_id" and not is_local(relo, accessor) and btf ~= default.target.btf then
      return nil, "poison", "cilium gives no id of a module's type"
    end
    local value, reason = default()
    if kind == "enumval_value" then return dialect.zero_extended(accessor, value), reason end
    if kind == "signed" and value and not has_sign(dialect.last_member(accessor)) then
      return nil, "unsupported", "it is neither an integer nor an enum"
    end
    local m = (SHIFT[kind] or kind == "byte_off" or kind == "byte_sz") and dialect.last_member(accessor)
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
    local insn = btfl.insn(change.insn, relo.object.endian)
    if change.poison then
      if #change.insn == 32 then return POISON[relo.object.endian] end
      return default(relo, change)
    end
    if insn.class == "alu" and insn.code & 0xf0 == 0xd0 then
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
    if after and dialect.ALU[insn.class] and math.ult(0x7fffffff, change.value) then
      return nil, "truncated", dialect.too_wide(change.value)
    end
    return after, reason
  end,
}

local candidates_of = setmetatable({}, { __mode = "k" }) -- by target, by object, by type id and side
local picks_of = setmetatable({}, { __mode = "k" })      -- by target, by object, by group
local groups_of = setmetatable({}, { __mode = "k" })     -- by object, by program and type

-- The table at key of a table with weak keys, made when there is none.
local function weak_at(of, key)
  of[key] = of[key] or setmetatable({}, { __mode = "k" })
  return of[key]
end

local function at(of, key)
  of[key] = of[key] or {}
  return of[key]
end

local IS_COMPOSITE = { struct = true, union = true }

-- A field is looked for only in what can have it; other kinds would fail, and some have no size.
local function may_hold(want, have)
  want, have = want:resolve(), have:resolve()
  return IS_COMPOSITE[want.kind] and IS_COMPOSITE[have.kind] or dialect.same_kind(want, have)
end

local function is_type_or_enum(relo)
  return relo.kind:find "type" ~= nil or relo.kind:find "^enumval" ~= nil
end

local function candidates(relo, target)
  local of = at(weak_at(candidates_of, target), relo.object)
  local by_name = not not is_type_or_enum(relo)
  local key = relo.type.id .. (by_name and "" or "f")
  if of[key] then return of[key] end
  local list = {}
  for _, btf in ipairs(dialect.btfs(target)) do
    for _, t in ipairs(named(btf, relo.type.name)) do
      if by_name or may_hold(relo.type, t) then list[#list + 1] = t end
    end
  end
  of[key] = list
  return list
end

local function group_key(relo)
  local program = relo.program
  return ("%s:%s:%d"):format(relo.section, program and program.offset or "-", relo.type.id)
end

-- The relocations that are scored together with this one.
local function group(relo)
  local groups = groups_of[relo.object]
  if not groups then
    groups = {}
    for r in relo.object:relos() do
      if r.kind ~= "local_type_id" then table.insert(at(groups, group_key(r)), r) end
    end
    groups_of[relo.object] = groups
  end
  return groups[group_key(relo)]
end

-- What cilium compares of two candidates, and whether the relocation fails on this one; or nil and a
-- reason that refuses the program.
local function outcome(r, target, candidate)
  if not (is_type_or_enum(r) or may_hold(r.type, candidate)) then
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

local function choice(relo, target)
  local of = at(weak_at(picks_of, target), relo.object)
  local key = group_key(relo)
  if not of[key] then
    local relos = group(relo)
    local all, seen = {}, {}
    for _, r in ipairs(relos) do
      for _, t in ipairs(candidates(r, target)) do
        if not seen[t] then
          seen[t] = true
          all[#all + 1] = t
        end
      end
    end
    of[key] = #all > 1 and pick(relos, all, target) or { type = all[1] }
  end
  return of[key]
end

return btfl.policy {
  name = "cilium",
  extends = one,

  candidates = function(relo, target, default)
    default()
    local chosen = choice(relo, target).type
    for _, t in ipairs(candidates(relo, target)) do
      if t == chosen then return { t }, "the best of its program" end
    end
    return {}, "no candidate of the program"
  end,

  value = function(relo, accessor, default)
    if is_local(relo, accessor) then
      local chosen = choice(relo, default.target)
      if chosen.reason then return nil, chosen.reason, chosen.note end
    end
    return default()
  end,
}
