--- tsv: tab-separated lines under a header. Rows when the report has columns, else its findings.
local columns_of = require "btfl.report.columns"
local memo = require "btfl.memo"
local terminal = require "btfl.report.terminal"

local FINDING = { "level", "rule", "object", "program", "target", "at", "message" }

-- A merged finding has several programs and targets.
local LISTS = { program = "programs", target = "targets", shape = "shapes" }

local function missing(row, column)
  local list = LISTS[column] and row[LISTS[column]]
  return list and terminal.escape(table.concat(list, ",")) or "-"
end

---@param report btfl.report
---@return string
return function(report)
  local columns, rows = columns_of(report), report.rows
  if not columns then columns, rows = FINDING, report.findings end
  local lines, cells, count = {}, {}, #columns
  local shown = memo(function(value) return terminal.escape(tostring(value)) end)
  for i, column in ipairs(columns) do cells[i] = shown[column] end
  lines[1] = table.concat(cells, "\t", 1, count)
  for n, row in ipairs(rows) do
    for i = 1, count do
      local value = row[columns[i]]
      cells[i] = value ~= nil and shown[value] or missing(row, columns[i])
    end
    lines[n + 1] = table.concat(cells, "\t", 1, count)
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end
