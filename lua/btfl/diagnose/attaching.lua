--- Programs that load and cannot be attached, as a warning.
local reasons = require "btfl.diagnose.reasons"

local attaching = {}

local function filled(text, program)
  return (text:gsub("{(%w+)}", { program = program.name, section = program.section }))
end

--- The warning when the verdict says that its program loads and does not attach, else nil.
---@param verdict btfl.verdict
---@return btfl.finding?
function attaching.finding(verdict)
  if verdict.attaches ~= false or not verdict.ok then return nil end
  local doc, program = reasons["no-attach"], verdict.program
  return {
    rule = "no-attach", message = filled(doc.messages[verdict.detached], program),
    object = program.object.path, program = program.name, target = verdict.target.name,
    subject = verdict.detached,
    details = { order = { "section", "cause", "compat" }, section = program.section, cause = verdict.detached,
      compat = doc.compat },
    notes = {}, help = { filled(doc.help, program) },
  }
end

return attaching
