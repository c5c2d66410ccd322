--- What fails, as a command line and a project file decide it of a report that is complete: what may fail,
--- what is known, and which rules fail at all.
local ignore = require "btfl.project.ignore"
local names = require "btfl.report.names"

local judge = {}

local function any(list, matches, name)
  for _, glob in ipairs(list) do
    if matches(glob, name) then return true end
  end
  return false
end

-- What a loader refuses the whole object for is no matter of one program.
local function is_of_programs(finding)
  local details = finding.details or {}
  return not (details.whole_object or details.scope == "object")
end

local function are_optional(list, finding)
  local programs = names.programs(finding)
  for _, program in ipairs(programs) do
    if not any(list, ignore.matches, program) then return false end
  end
  return #programs > 0 and is_of_programs(finding)
end

local function excuse(report, list, path)
  for _, finding in ipairs(report.findings) do
    if finding.level == "error" and (finding.object and any(list, ignore.matches_path, finding.object)
      or are_optional(list, finding)) then
      ignore.as_note(finding, "may fail: optional in " .. path)
    end
  end
end

-- Findings of these rules fail, and no others; notes never do.
local function choose(report, rules)
  local fails = {}
  for _, rule in ipairs(rules) do fails[rule] = true end
  for _, finding in ipairs(report.findings) do
    if finding.level ~= "note" then
      finding.level = (fails[finding.rule] or fails[finding.level]) and "error" or "warning"
    end
  end
end

--- Changes the findings of a report, and with them its status.
---@param report btfl.report
---@param current btfl.cli
function judge.settle(report, current)
  local project, rules = current.project, current.args.fail_on
  if project then
    if project.optional then excuse(report, project.optional, project.path) end
    ignore.settle(report, current)
    rules = rules or project.fail_on
  end
  if rules then choose(report, rules) end
end

return judge
