--- Programs that load and cannot be attached, as a warning.
local became = require "btfl.diagnose.became"
local reasons = require "btfl.diagnose.reasons"

local attaching = {}

local function filled(text, program)
  return (text:gsub("{(%w+)}", { program = program.name, section = program.section }))
end

--- Adds the warning when the verdict says that its program loads and does not attach.
---@param out btfl.report
---@param verdict btfl.verdict
---@param options? btfl.check.options with `why`, it says what has become of the target
function attaching.add(out, verdict, options)
  if verdict.attaches ~= false or not verdict.ok then return end
  local doc, program = reasons["no-attach"], verdict.program
  out:warning {
    rule = "no-attach", message = filled(doc.messages[verdict.detached], program),
    object = program.object.path, program = program.name, target = verdict.target.name,
    subject = verdict.detached,
    details = { order = { "section", "cause", "compat" }, section = program.section, cause = verdict.detached,
      compat = doc.compat },
    notes = { options and verdict.detached == "missing" and became.attach_target(verdict, options) or nil },
    help = { filled(doc.help, program) },
  }
end

return attaching
