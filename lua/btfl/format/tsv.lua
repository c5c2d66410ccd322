--- tsv: tab-separated lines under a header. Rows when the report has columns, else its findings.
local terminal = require "btfl.terminal"
local columns_of = require "btfl.columns"

local FINDING = { "level", "rule", "object", "program", "target", "at", "message" }

-- A merged finding has several programs and targets.
local LISTS = { program = "programs", target = "targets" }

local function field(value, escape)
  if value == nil then return "-" end
  if math.type(value) == "integer" then return value end
  return escape(tostring(value))
end

local function value_of(row, column)
  local value = row[column]
  local list = value == nil and row[LISTS[column]]
  return list and table.concat(list, ",") or value
end

---@param report btfl.report
---@return string
return function(report)
  local columns, rows = columns_of(report), report.rows
  if not columns then columns, rows = FINDING, report.findings end
  local lines, cells, escape = {}, {}, terminal.escaper()
  for i, column in ipairs(columns) do cells[i] = escape(column) end
  lines[1] = table.concat(cells, "\t", 1, #columns)
  for _, row in ipairs(rows) do
    for i = 1, #columns do cells[i] = field(value_of(row, columns[i]), escape) end
    lines[#lines + 1] = table.concat(cells, "\t", 1, #columns)
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end
