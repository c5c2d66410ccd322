--- jsonl: one JSON object a line: rows, then findings, `summary` and `failure` objects.
local entries = require "btfl.report.entries"
local json = require "btfl.report.json"

---@param report btfl.report
---@return string
return function(report)
  local lines = {}
  local function put(text) lines[#lines + 1] = text end
  for row in entries.rows(report) do put(row) end
  for finding in entries.findings(report) do put(finding) end
  for facts in entries.summaries(report) do put('{"summary":' .. facts .. "}") end
  for _, message in ipairs(report.failures) do
    put(json.encode(json.object { failure = message }))
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end
