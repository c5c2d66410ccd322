--- The rows, findings and summary of a report as JSON objects.
local columns_of = require "btfl.columns"
local json = require "btfl.json"

local entries = {}

--- Iterates over the rows. Every column is there, null where the row has no value.
---@param report btfl.report
---@return fun(): table?
function entries.rows(report)
  local columns, rows, n = columns_of(report) or {}, report.rows, 0
  local order = { __jsonorder = columns, __jsontype = "object" }
  return function()
    n = n + 1
    local row = rows[n]
    if row == nil then return nil end
    local out = setmetatable({}, order)
    for i = 1, #columns do out[columns[i]] = json.value(row[columns[i]]) end
    return out
  end
end

local FINDING = { "level", "rule", "message", "at", "object", "program", "programs", "target", "targets",
  "fine", "count", "insn", "details", "notes", "help" }

--- Iterates over the findings.
---@param report btfl.report
---@return fun(): table?
function entries.findings(report)
  local n = 0
  return function()
    n = n + 1
    local finding = report.findings[n]
    if finding == nil then return nil end
    local out = { order = FINDING }
    for _, name in ipairs(FINDING) do out[name] = finding[name] end
    return json.object(out)
  end
end

--- Iterates over the lines of the summary, without the wording that is for people.
---@param report btfl.report
---@return fun(): table?
function entries.summaries(report)
  local n = 0
  return function()
    n = n + 1
    local facts = report.summaries[n]
    if facts == nil then return nil end
    local out = {}
    for name, value in pairs(facts) do
      if name ~= "text" then out[name] = value end
    end
    return json.object(out)
  end
end

return entries
