--- What is said of one relocation: where it stands, what became of it, and of a failure what lies behind it.
local notes = require "btfl.diagnose.notes"

local failure = {}

--- A finding about a result, which says no more than where it stands.
---@param result btfl.result
---@param rule string
---@param message string
---@return table
function failure.finding(result, rule, message)
  local relo = result.relo
  return {
    rule = rule, message = message, at = relo.line, mark = notes.mark(relo),
    object = relo.object.path, program = relo.program and relo.program.name or nil,
    target = result.target.name, details = notes.details(result),
    insn = (not relo.line or relo.line.text == "") and notes.instruction(relo) or nil,
  }
end

--- A finding about a result that is not ok, and why. The same access fails alike wherever it stands: each is
--- looked into once, and kept in `known`, a table of the caller's.
---@param result btfl.result
---@param options btfl.check.options
---@param known table
---@return table
function failure.diagnosed(result, options, known)
  local finding = failure.finding(result, result.reason, result:why())
  local relo = result.relo
  local key = ("%d %s %s %s %s"):format(relo.type.id, relo.access, relo.section, result.reason,
    result:refusal() or "")
  known[key] = known[key] or notes.of(result, options)
  local found = known[key]
  finding.details.cause = found.cause
  finding.details.compat = "CORE_RELOCATION_FAILURE"
  finding.notes = table.move(found.notes, 1, #found.notes, 1, {})
  finding.help = table.move(found.help, 1, #found.help, 1, {})
  return finding
end

return failure
