--- Why a relocation is not ok, in one sentence made of the facts of its trail.
local engine = require "btfl.engine"
local names = require "btfl.report.names"

-- Of a list, so many are shown.
local SHOWN = 4

local KEYWORD = { enum64 = "enum" }

local function quoted(text)
  return "`" .. text .. "`"
end

local function c(t)
  return quoted((t:decl()))
end

-- "struct foo", "an anonymous union", "`int *`".
local function called(t)
  local kind = KEYWORD[t.kind] or t.kind
  if kind == "struct" or kind == "union" or kind == "enum" then
    return t.name and kind .. " " .. t.name or "an anonymous " .. kind
  end
  if kind == "typedef" then return t.name and "typedef " .. t.name or "an anonymous typedef" end
  return c(t)
end

local function bytes(n)
  return n == 1 and "1 byte" or ("%d bytes"):format(n)
end

local function steps_of(accessor)
  local steps = {}
  if accessor then
    for t, index, element in accessor:steps() do
      steps[#steps + 1] = { type = t, index = index, element = element }
    end
  end
  return steps
end

-- The type that an accessor ends at, and the element's name in quotes or nil.
local function accessed(accessor)
  local steps = steps_of(accessor)
  local last = steps[#steps]
  if not last then return accessor and accessor.root end
  if not last.element then return last.type end
  if last.element.parent.kind:match("^enum") then return last.type, quoted(last.element.name) end
  return last.element.type, quoted(last.element.name)
end

local function element(t)
  t = t:resolve()
  while t.kind == "array" do t = t.type:resolve() end
  return t
end

local function field_called(relo)
  local _, name = accessed(relo.accessor)
  return name or quoted(relo.path)
end

local function insn_of(relo)
  return engine.insn(relo.bytes, relo.object.endian)
end

-- The type in a candidate that the relocation's steps lead to, and its offset in bits.
local function locate(steps, t)
  local offset = 0
  for i, step in ipairs(steps) do
    local inner = t:resolve()
    if step.element then
      local found, at = inner:member(step.element.name)
      if not found then return nil end
      t, offset = found.type, offset + at
    else
      if i > 1 then t = inner.type end
      if not (t and t.size) then return nil end
      offset = offset + step.index * t.size * 8
    end
  end
  return { offset = offset, type = t }
end

-- One candidate

local ATTEMPT = {}

function ATTEMPT.no_field(attempt, step)
  local name, have = quoted(step and step.element and step.element.name or "?"), attempt.have:resolve()
  if have.kind == "struct" or have.kind == "union" then
    return ("%s has no member %s"):format(called(have), name)
  end
  return ("%s in the target has no members, so no %s"):format(c(attempt.have), name)
end

function ATTEMPT.no_enumval(attempt, step)
  local name = step and step.element and step.element.name or "?"
  return ("%s has no enumerator %s"):format(called(attempt.have:resolve()), quoted(name))
end

function ATTEMPT.no_element(attempt, step)
  local have = attempt.have:resolve()
  if have.kind ~= "array" then
    return ("%s in the target is no array"):format(c(attempt.have))
  end
  return ("element %d lies outside %s of the target"):format(step and step.index or 0, c(have))
end

local function meaning(t)
  return t.kind == "typedef" and c(t.type) or c(t)
end

function ATTEMPT.incompatible(attempt, step)
  local want, have = c(attempt.want), c(attempt.have)
  -- Of a typedef that changed, only what it stands for tells.
  if want == have then want, have = meaning(attempt.want), meaning(attempt.have) end
  local what = step and step.element and attempt.result.relo.kind:find("^enumval") == nil
    and "member " .. quoted(step.element.name) or called(attempt.result.relo.type)
  if want == have then return ("%s is incompatible in the target"):format(what) end
  return ("%s is %s here but %s in the target"):format(what, want, have)
end

-- The candidate may match and only the field that it leads to have no size.
function ATTEMPT.unsized(attempt, _, steps)
  local t = attempt.have
  local found = t.size and locate(steps, attempt.candidate)
  return ("%s has no size in the target"):format(c(found and found.type or t))
end

function ATTEMPT.too_deep(attempt)
  return ("%s: the access or its types are nested deeper than CO-RE follows (64 and 32)")
    :format(called(attempt.candidate))
end

function ATTEMPT.limit(attempt)
  return ("%s: the search took more steps than any real type needs"):format(called(attempt.candidate))
end

function ATTEMPT.unsupported(attempt)
  return ("%s does not apply to %s"):format(quoted(attempt.result.relo.kind), called(attempt.candidate))
end

-- Of a result or attempt whose reason a hook gave, who did, and what it says of it: the engine's facts
-- would explain another reason.
local function decided(what)
  local decider, note = what:refusal()
  if not decider then return nil end
  return ("%s says %s%s"):format(decider, what.reason, note and ": " .. note or "")
end

local function sentence(attempt, steps)
  local text = decided(attempt)
  if text then return text end
  local make = ATTEMPT[attempt.reason:gsub("-", "_")]
  if not make then return nil end
  return make(attempt, attempt.step and steps[attempt.step + 1], steps)
end

-- Whether the result has its reason, which a hook gave, from one of the candidates.
local function is_candidates(result)
  local decider, note = result:refusal()
  for attempt in result:trail() do
    local its_decider, its_note = attempt:refusal()
    if attempt.reason == result.reason and its_decider == decider and its_note == note then return true end
  end
  return false
end

-- All candidates that failed, when nothing matched (or one failed in a way that refuses the rest).
local function from_trail(result)
  local steps, failed, order = steps_of(result.relo.accessor), {}, {}
  for attempt in result:trail() do
    local text = not attempt.ok and sentence(attempt, steps)
    if text then
      if not failed[text] then order[#order + 1] = text end
      failed[text] = failed[text] or {}
      table.insert(failed[text], attempt.candidate)
    end
  end
  if #order == 0 then return nil end
  if #order == 1 then
    local n = #failed[order[1]]
    return n == 1 and order[1] or ("%s (true of all %d candidates)"):format(order[1], n)
  end
  local out = {}
  local most = names.most(SHOWN)
  for i = 1, math.min(#order, most) do
    out[i] = ("[%d] %s"):format(failed[order[i]][1].id, order[i])
  end
  if #order > most then out[#out + 1] = ("and %d more"):format(#order - SHOWN) end
  return "no candidate fits: " .. table.concat(out, "; ")
end

-- The whole relocation

local WHY = {}

function WHY.no_type(result)
  local root, target = result.relo.type, result.target
  local modules, kinds, seen = 0, {}, {}
  for _ in target:modules() do modules = modules + 1 end
  for other in target.btf:candidates(root.name) do
    local kind = KEYWORD[other.kind] or other.kind
    if not seen[kind] then kinds[#kinds + 1], seen[kind] = kind, true end
  end
  local text = ("no %s named %s"):format(KEYWORD[root.kind] or root.kind, quoted(root.essential))
  if modules > 0 then
    text = ("%s (nor in %d module%s)"):format(text, modules, modules == 1 and "" or "s")
  end
  if #kinds > 0 then text = ("%s, only a %s"):format(text, table.concat(kinds, " and a ")) end
  return text
end

local function place(bits)
  return bits % 8 == 0 and ("at %d"):format(bits // 8) or ("at bit %d"):format(bits)
end

-- What each candidate that matched would give, as text; only facts in which they differ tell.
local function offers(result)
  local relo, list = result.relo, {}
  local steps, differ = steps_of(relo.accessor), false
  for attempt in result:trail() do
    if attempt.ok then
      local t = attempt.candidate
      local offer = { name = ("[%d] %s"):format(t.id, called(t)) }
      if relo.kind:find("^enumval") and steps[1] then
        local value = t:resolve():value(steps[1].element.name)
        offer.at = value and "= " .. value.decimal
      elseif #steps == 0 then
        offer.at = relo.kind == "type_size" and t.size and "of " .. bytes(t.size) or nil
      else
        local found = locate(steps, t)
        offer.at = found and place(found.offset)
        offer.as = found and ("as %s, %s"):format(c(found.type),
          found.type.size and bytes(found.type.size) or "of no size")
      end
      differ = differ or list[1] and list[1].at ~= offer.at
      list[#list + 1] = offer
    end
  end
  return list, differ
end

function WHY.ambiguous(result)
  local list, differ = offers(result)
  local out = {}
  local most = names.most(SHOWN)
  for i = 1, math.min(#list, most) do
    local offer, parts = list[i], {}
    parts[1] = offer.name
    parts[#parts + 1] = offer.at
    if not differ then parts[#parts + 1] = offer.as end
    out[i] = table.concat(parts, " ")
  end
  if #list > most then out[#out + 1] = ("and %d more"):format(#list - SHOWN) end
  return ("%d candidates disagree: %s"):format(#list, table.concat(out, ", "))
end

function WHY.size_mismatch(result)
  local here, there = accessed(result.relo.accessor), accessed(result.accessor)
  local name = field_called(result.relo)
  if not (here and there) then
    return ("the size of %s changed and its load or store cannot follow"):format(name)
  end
  here, there = element(here), element(there)
  if result.status == "error" then
    return ("%s has %s in the target, which no load or store accesses at once"):format(
      name, bytes(there.size or 0))
  end
  return ("%s is %s (%s) here but %s (%s) in the target, and the access cannot be resized"):format(
    name, c(here), bytes(here.size or 0), c(there), bytes(there.size or 0))
end

function WHY.insn_mismatch(result)
  local relo = result.relo
  local insn = insn_of(relo)
  local holds = insn.size and insn.off or insn.imm
  local t = relo.accessor and accessed(relo.accessor)
  if insn.size and holds == relo.value and t then
    return ("the instruction accesses %s, but %s has %s here and another size in the target"):format(
      bytes(insn.size), field_called(relo), bytes(element(t).size or 0))
  end
  return ("the instruction holds %d, not the local value %s"):format(holds,
    relo.value and engine.u64(relo.value) or "-")
end

function WHY.insn_unsupported(result)
  local code = insn_of(result.relo).code
  return ("an instruction of opcode 0x%02x in this form cannot be relocated"):format(code)
end

function WHY.offset_range(result)
  local at = result.value or result.accessor and result.accessor.bit_offset // 8
  return ("offset %s of %s does not fit the instruction's 16 bits"):format(
    at and engine.u64(at) or "-", field_called(result.relo))
end

function WHY.bitfield_too_wide(result)
  return ("no load of 8 bytes covers bitfield %s%s"):format(field_called(result.relo),
    result.relo.reason and "" or " in the target")
end

function WHY.bad_access(result)
  return ("access %q means nothing on %s"):format(result.relo.access, called(result.relo.type))
end

function WHY.anonymous(result)
  return called(result.relo.type) .. " has no name to search for"
end

function WHY.unsized(result)
  local accessor = result.relo.reason and result.relo.accessor or result.accessor
  return ("%s has no size%s"):format(c(accessed(accessor) or result.relo.type),
    result.relo.reason and "" or " in the target")
end

function WHY.unsupported(result)
  local relo = result.relo
  if relo.kind == "unknown" then return "the relocation kind is unknown" end
  return ("%s applies to a member, not to an array's element or a whole type"):format(quoted(relo.kind))
end

function WHY.too_deep(result)
  if result.relo.reason then return "the access string has more than 64 numbers" end
  return "the access or its types are nested deeper than CO-RE follows (64 and 32)"
end

function WHY.limit()
  return "the search took more steps than any real type needs"
end

-- Reasons that the trail explains better, when the local side is sound.
local TRAIL = {
  ["no-field"] = true, ["no-enumval"] = true, ["no-element"] = true, incompatible = true,
  unsized = true, ["too-deep"] = true, limit = true, unsupported = true,
}

-- What a hook made of a failure that it left its reason: "error by mine.missing (guard it)".
local function outcome(result)
  local decider, note = result.decider, result.note
  if not (decider:find "%.missing$" or decider:find "%.choose$") then return "" end
  if result:refusal() == decider then return "" end
  return ("; %s by %s%s"):format(result.status, decider, note and (" (%s)"):format(note) or "")
end

local function explain(result)
  local reason = result.reason
  if result:refusal() and not is_candidates(result) then return decided(result) end
  if result.relocated then
    return "the instruction is already what it would become: it was relocated before"
  end
  local text = (result:refusal() or TRAIL[reason] and not result.relo.reason) and from_trail(result)
  if text then return text end
  local make = WHY[reason:gsub("-", "_")]
  return make and make(result) or reason
end

--- See result:why in meta.lua.
---@param result btfl.result
---@return string?
return function(result)
  if result.reason == nil then return nil end
  return explain(result) .. (result.ok and "" or outcome(result))
end
