--- The rows, findings and summary of a report, each as the text of a JSON object.
local columns_of = require "btfl.report.columns"
local fingerprint = require "btfl.report.fingerprint"
local json = require "btfl.report.json"
local memo = require "btfl.memo"
local repeated = require "btfl.report.repeated"

local entries = {}

-- What no text of JSON has in it.
local MARK = "\0"

--- Iterates over the rows. Every column is there, null where the row has no value.
---@param report btfl.report
---@return fun(): string?
function entries.rows(report)
  local columns, next_part, n, nth = columns_of(report) or {}, repeated.parts(report.rows), 0, 0
  local encoded = memo(function(value) return json.encode(json.value(value)) end)
  local fields, keys, known = {}, {}, {}
  for i, column in ipairs(columns) do keys[i] = encoded[tostring(column)] .. ":" end
  local function text_of(row, field)
    for i = 1, #columns do
      local value = row[columns[i]]
      fields[i] = columns[i] == field and keys[i] .. MARK
        or keys[i] .. (value == nil and "null" or encoded[value])
    end
    return "{" .. table.concat(fields, ",") .. "}"
  end
  local rows, field, values, first, last = next_part()
  -- What stands before and behind the value of the field, which is not known.
  local function around(row)
    local text = text_of(row, field)
    local at = text:find(MARK, 1, true)
    known[row] = at and { text:sub(1, at - 1), text:sub(at + 1) } or { text }
    return known[row]
  end
  return function()
    n = n + 1
    local row = rows and rows[n]
    while rows and row == nil do
      nth = nth + 1
      if not (field and first + nth <= last) then
        nth, rows, field, values, first, last = 0, next_part()
      end
      n, row = 1, rows and rows[1]
    end
    if not rows then return nil end
    if not field then return text_of(row) end
    local parts = known[row] or around(row)
    return parts[2] and parts[1] .. encoded[values[first + nth]] .. parts[2] or parts[1]
  end
end

local FINDING = { "level", "rule", "message", "at", "mark", "object", "program", "programs", "target",
  "targets", "programs_on", "shape", "shapes", "fine", "history", "count", "insn", "subject", "details",
  "notes", "help", "fingerprint" }

--- Iterates over the findings.
---@param report btfl.report
---@return fun(): string?
function entries.findings(report)
  local n, prints = 0, fingerprint.list(report.findings)
  return function()
    n = n + 1
    local finding = report.findings[n]
    if finding == nil then return nil end
    local out = { order = FINDING }
    for _, name in ipairs(FINDING) do
      local value = finding[name]
      -- An empty table does not tell whether it is a list.
      if type(value) ~= "table" or next(value) ~= nil then out[name] = value end
    end
    out.fingerprint = prints[n]
    return json.encode(json.object(out))
  end
end

--- Iterates over the lines of the summary.
---@param report btfl.report
---@return fun(): string?
function entries.summaries(report)
  local n = 0
  return function()
    n = n + 1
    local facts = report.summaries[n]
    return facts ~= nil and json.encode(json.object(facts)) or nil
  end
end

return entries
