--- What there is to say of an object without a program: no verdict tells of it.
local asked = require "btfl.diagnose.asked"
local obstacle = require "btfl.diagnose.obstacle"

local programless = {}

-- Functions that only others call are no programs.
local function has_programs(object)
  for program in object:programs() do
    if program.entry then return true end
  end
  return false
end

--- A finding and its level: why libbpf does not open the object, else that there is nothing to load. nil for
--- an object with programs, whether a tool loads them or not.
---@param object btfl.object
---@param only string[]? the rules that are asked about; all without
---@return btfl.finding?
---@return "error"|"note"|nil
function programless.finding(object, only)
  if has_programs(object) then return nil end
  local opening = object:opening()
  if opening then
    if not asked(only, "open") then return nil end
    return obstacle.unopened(object, opening), "error"
  end
  return { rule = "no-programs", object = object.path, subject = "programs",
    message = "the object has no program, so a loader has nothing to load" }, "note"
end

return programless
