--- jsonl: one JSON object a line: rows, then findings, `summary` and `failure` objects.
local entries = require "btfl.report.entries"
local json = require "btfl.report.json"
local pieces = require "btfl.report.pieces"

---@param report btfl.report
---@param options? btfl.render.options
---@return string
return function(report, options)
  local lines = pieces(options)
  local function put(text) lines:add(text .. "\n") end
  for row in entries.rows(report) do put(row) end
  for finding in entries.findings(report) do put(finding) end
  for facts in entries.summaries(report) do put('{"summary":' .. facts .. "}") end
  for _, message in ipairs(report.failures) do
    put(json.encode(json.object { failure = message }))
  end
  return lines:rest()
end
