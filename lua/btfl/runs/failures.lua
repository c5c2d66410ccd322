--- The failures of a run, each by a key, so that those of two can be held against each other. A note is none.
local fingerprint = require "btfl.report.fingerprint"
local names = require "btfl.report.names"

local failures = {}

--- How grave each level is.
failures.RANK = { warning = 1, error = 2 }

--- How grave each failure is, by what `key` says of a finding on a kernel in a program; of those of one key,
--- the gravest.
---@param findings btfl.finding[]
---@param key fun(finding: btfl.finding, target: string|false, program: string|false): string
---@return table<string, integer>
function failures.of(findings, key)
  local out = {}
  for _, finding in ipairs(findings) do
    local rank = failures.RANK[finding.level]
    if rank then
      for target, program in names.pairs(finding) do
        local k = key(finding, target, program)
        out[k] = math.max(out[k] or 0, rank)
      end
    end
  end
  return out
end

--- What a finding is known by whatever its level.
---@param finding btfl.finding
---@return string
function failures.sum(finding)
  return fingerprint.sum(finding.fingerprint or fingerprint.list({ finding })[1])
end

return failures
