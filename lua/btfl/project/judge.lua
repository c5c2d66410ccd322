--- What fails, as a command line and a project file decide it of a report that is complete: what may fail,
--- what is known, and which rules fail at all.
local ignore = require "btfl.project.ignore"
local narrow = require "btfl.report.narrow"

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

-- What of a finding is no failure, and what is left of it, which is nil where nothing is.
local function part_optional(list, finding)
  if finding.object and any(list, ignore.matches_path, finding.object) then return finding, nil end
  if not is_of_programs(finding) then return nil, finding end
  local function is_optional(_, program) return program and any(list, ignore.matches, program) end
  return narrow(finding, is_optional), narrow(finding, function(...) return not is_optional(...) end)
end

local function excuse(report, list, path)
  local findings = {}
  for _, finding in ipairs(report.findings) do
    local part, rest = nil, finding
    if finding.level == "error" then part, rest = part_optional(list, finding) end
    findings[#findings + 1] = rest
    if part then findings[#findings + 1] = ignore.as_note(part, "may fail: optional in " .. path) end
  end
  report.findings = findings
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
