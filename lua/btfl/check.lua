--- What fails when an object meets a target, as a report: see object:check in meta.lua.
local core = require "btfl.core"
local report = require "btfl.report"

local DETAILS = { "access", "kind", "insn", "section", "offset" }

-- The word of the source line that the relocation accesses: its last named step.
local function mark_of(relo)
  local name
  if relo.spec then
    for _, _, element in relo.spec:steps() do
      if element then name = element.name end
    end
  end
  return name or relo.type.essential
end

local function details_of(relo)
  local details = { order = DETAILS, access = relo.path, kind = relo.kind, insn = relo.insn }
  if not relo.program then details.section, details.offset = relo.section, relo.insn_off end
  return details
end

local function finding_of(result, rule, message)
  local relo = result.relo
  return {
    rule = rule, message = message, at = relo.line, mark = mark_of(relo),
    object = relo.object.path, program = relo.program and relo.program.name or nil,
    target = result.target.name, details = details_of(relo),
  }
end

local function add_result(out, result)
  if not result.ok then
    out:error(finding_of(result, result.reason, result:why()))
  elseif result.sign_extended then
    out:note(finding_of(result, "sign-extended",
      ("the unsigned enumerator becomes %s: sign-extended, as libbpf does"):format(core.u64(result.value))))
  end
end

local check = {}

--- The finding for a pair of different byte orders, nil when they agree.
---@param object btfl.object
---@param target btfl.target
---@return btfl.finding?
function check.byte_order(object, target)
  if object.endian == target.endian then return nil end
  return {
    rule = "byte-order", object = object.path, target = target.name,
    message = ("the object is %s-endian and the target %s-endian"):format(object.endian, target.endian),
  }
end

---@param object btfl.object
---@param target btfl.target
---@return btfl.report
function check.run(object, target)
  local out = report.new "check"
  local clash = check.byte_order(object, target)
  if clash then
    out:error(clash)
    return out
  end
  if not object.btf then
    out:note { rule = "no-btf", object = object.path, message = "the object has no BTF, so no relocations" }
  end
  local count = { ok = 0, poison = 0, error = 0 }
  for result in object:results(target) do
    count[result.status] = count[result.status] + 1
    add_result(out, result)
  end
  out:summary {
    order = { "object", "target", "ok", "poison", "error" },
    object = object.path, target = target.name,
    ok = count.ok, poison = count.poison, error = count.error,
    text = ("%s on %s: %d ok, %d poison, %d error"):format(object.path, target.name,
      count.ok, count.poison, count.error),
  }
  return out
end

return check
