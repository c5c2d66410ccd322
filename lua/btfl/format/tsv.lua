--- tsv: tab-separated lines under a header. Rows when the report has columns, else its findings.
local terminal = require "btfl.terminal"
local columns_of = require "btfl.columns"

local FINDING = { "level", "rule", "object", "program", "target", "at", "message" }

-- A merged finding has several programs and targets.
local LISTS = { program = "programs", target = "targets" }

local function missing(row, column)
  local list = LISTS[column] and row[LISTS[column]]
  return list and terminal.escape(table.concat(list, ",")) or "-"
end

-- An integer stays what it is: table.concat() writes it.
local function cell(row, column, escape)
  local value = row[column]
  if type(value) == "string" then return escape(value) end
  if value == nil then return missing(row, column) end
  return math.type(value) == "integer" and value or escape(tostring(value))
end

---@param report btfl.report
---@return string
return function(report)
  local columns, rows = columns_of(report), report.rows
  if not columns then columns, rows = FINDING, report.findings end
  local lines, cells, escape = {}, {}, terminal.escaper()
  for i, column in ipairs(columns) do cells[i] = escape(column) end
  lines[1] = table.concat(cells, "\t", 1, #columns)
  for n, row in ipairs(rows) do
    for i = 1, #columns do cells[i] = cell(row, columns[i], escape) end
    lines[n + 1] = table.concat(cells, "\t", 1, #columns)
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end
