--- Programs of which the analysis came to an end before all of their paths were followed, as a warning.
local undecided = {}

--- The finding when nobody knows whether the program loads and no obstacle is in doubt; else nil.
---@param verdict btfl.verdict
---@return btfl.finding?
function undecided.finding(verdict)
  if verdict.verdict ~= "unknown" or verdict.first then return nil end
  local program = verdict.program
  return {
    rule = "unknown", message = ("whether it loads is not known: %s"):format(verdict.why),
    object = program.object.path, program = program.name, target = verdict.target.name, notes = {},
  }
end

return undecided
