--- What is said of one relocation: where it stands, what became of it, and of a failure what lies behind it.
local live = require "btfl.facts.live"
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

--- A finding about a result that is not ok, and why; and what lies behind that, for failure.add(). The same
--- access fails alike wherever it stands: each is looked into once, and kept in `known`, a table of the
--- caller's.
---@param result btfl.result
---@param options btfl.check.options
---@param known table
---@return btfl.finding
---@return btfl.notes
function failure.of(result, options, known)
  local finding = failure.finding(result, result.reason, result:why())
  local relo = result.relo
  local key = ("%d %s %s %s %s"):format(relo.type.id, relo.access, relo.section, result.reason,
    result:refusal() or "")
  known[key] = known[key] or notes.of(result, options)
  finding.details.compat = "CORE_RELOCATION_FAILURE"
  return finding, known[key]
end

--- Adds to a finding what lies behind it, behind the notes that it has.
---@param finding btfl.finding
---@param found btfl.notes complete
function failure.add(finding, found)
  finding.details.cause = found.cause
  finding.notes = table.move(found.notes, 1, #found.notes, #(finding.notes or {}) + 1, finding.notes or {})
  finding.help = table.move(found.help, 1, #found.help, 1, {})
end

--- A finding about a result that is not ok, with all that its kernel tells by itself.
---@param result btfl.result
---@param options btfl.check.options
---@param known table
---@return btfl.finding
function failure.alone(result, options, known)
  local finding, found = failure.of(result, options, known)
  if found.failed then
    local object = result.relo.object
    found = notes.complete(result.relo, found.failed, result.target, live.of(object, {}, options.policy), {})
  end
  failure.add(finding, found)
  return finding
end

return failure
