--- What is said of one program: the obstacle that decides, or that it loads and does not attach.
local attaching = require "btfl.diagnose.attaching"
local foreign = require "btfl.diagnose.foreign"
local live = require "btfl.facts.live"
local obstacle = require "btfl.diagnose.obstacle"
local reached = require "btfl.diagnose.reached"
local report = require "btfl.report.report"
local undecided = require "btfl.diagnose.undecided"

-- What all of its programs fail for when the object is for another architecture is one thing.
local function finding_of(x)
  return x.result and foreign.finding(x.result) or obstacle.finding(x)
end

-- What stopped the analysis tells more than what it could not decide.
local function doubt_of(verdict)
  if not verdict.first then return undecided.finding(verdict) end
  local finding = obstacle.finding(verdict.first)
  finding.rule = "unknown"
  finding.message = ("whether it loads is not known: %s"):format(verdict.why or finding.message)
  if verdict.why and not verdict.first.relo then finding.notes = { verdict.first:message() } end
  return finding
end

--- See verdict:report in meta.lua.
---@param verdict btfl.verdict
---@param options? btfl.verdict.report.options
---@return btfl.report
return function(verdict, options)
  options = options or {}
  local out, first = report.new "verdict", verdict.first
  if verdict.verdict == "unknown" then
    out:warning(doubt_of(verdict))
  elseif not verdict.ok then
    local level, finding, lost = obstacle.level(first), finding_of(first), obstacle.placeholder(first)
    local kernels = live.of(verdict.program.object, options.others or {})
    if level == "error" and lost and (options.nowhere or obstacle.is_nowhere(lost, kernels)) then
      level, finding.help = "warning", { obstacle.question(lost) }
    end
    local excused = reached.excused(options.verdicts or {}, options.one_of)[verdict.program.name]
    if excused and first.scope == "program" then
      level, finding.help = "note", nil
      finding.notes = { "another program loads in its place" }
    end
    out[level](out, finding)
  end
  local detached = attaching.finding(verdict)
  if detached then out:warning(detached) end
  for _, finding in ipairs(out.findings) do finding.shape = options.shape end
  return out
end
