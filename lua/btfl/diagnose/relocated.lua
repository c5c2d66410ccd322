--- An object as a loader makes of it on a target, and what that changes: see object:relocate in meta.lua.
local engine = require "btfl.engine"
local failure = require "btfl.diagnose.failure"
local report = require "btfl.report.report"

local COLUMNS = { "object", "target", "section", "program", "insn", "insn_off", "source", "kind", "path",
  "status", "reason", "from", "to", "changed", "insn_before", "insn_after", "rule", "note" }

-- Of a failure, by whether it keeps the object from being written.
local REFUSED = "nothing is written: a loader refuses the whole object for it, reached or not"
local POISONED = "it is poisoned: the verifier refuses the program where it is reached"

local function row_of(result)
  local relo = result.relo
  local program, line = relo.program, relo.line
  return {
    object = relo.object.path, target = result.target.name, section = relo.section,
    program = program and program.name, insn = relo.insn, insn_off = relo.insn_off,
    source = line and ("%s:%d:%d"):format(line.name, line.line, line.column), kind = relo.kind,
    path = relo.path, status = result.status, reason = result.reason,
    from = result.old and engine.u64(result.old), to = result.ok and engine.u64(result.value) or nil,
    changed = result.before ~= result.after, insn_before = result.before, insn_after = result.after,
    rule = result.decider, note = result.note,
  }
end

local function is_refused(result) return result.status == "error" and not result.relocated end

local relocated = {}

local function add_summary(out, object, target, count)
  out:summary {
    order = { "object", "target", "relocations", "changed", "poisoned" },
    object = object.path, target = target.name, relocations = count.relocations, changed = count.changed,
    poisoned = count.poisoned,
    text = ("%s on %s: %d of %d instructions changed, %d poisoned"):format(object.path, target.name,
      count.changed, count.relocations, count.poisoned),
  }
end

---@param object btfl.object
---@param target btfl.target
---@param options? btfl.relocate.options
---@return string? bytes
---@return btfl.report
function relocated.of(object, target, options)
  options = options or {}
  local out = report.new("relocate", { columns = COLUMNS, text = {}, group = { "object", "target" } })
  local usual, known = object:results(target, { policy = options.policy }), {}
  local bytes, results = engine.relocate(object, target, options, options.keep, options.poison)
  local count = { relocations = 0, changed = 0, poisoned = 0 }
  for result in results do
    local was = usual()
    count.relocations = count.relocations + 1
    if result.status == "poison" then count.poisoned = count.poisoned + 1 end
    if result.after ~= result.before then count.changed = count.changed + 1 end
    if bytes then out:row(row_of(result)) end
    if is_refused(was) then
      local finding = failure.alone(was, options, known)
      table.insert(finding.notes, 1, bytes and POISONED or REFUSED)
      out[bytes and "warning" or "error"](out, finding)
    end
  end
  if bytes then add_summary(out, object, target, count) end
  return bytes, out:merge()
end

return relocated
