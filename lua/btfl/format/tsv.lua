--- tsv: tab-separated lines under a header. Rows when the report has columns, else its findings.
local columns_of = require "btfl.report.columns"
local engine = require "btfl.engine"
local terminal = require "btfl.report.terminal"

local FINDING = { "level", "rule", "object", "program", "target", "at", "message" }

-- A merged finding has several programs and targets.
local LISTS = { program = "programs", target = "targets", shape = "shapes" }

local function cell(row, column)
  local value, list = row[column], LISTS[column] and row[LISTS[column]]
  if value == nil then return list and terminal.escape(table.concat(list, ",")) or "-" end
  return terminal.escape(tostring(value))
end

---@param report btfl.report
---@return string
return function(report)
  local columns, rows = columns_of(report), report.rows
  if not columns then columns, rows = FINDING, report.findings end
  local names = {}
  for i, column in ipairs(columns) do names[i] = terminal.escape(column) end
  return engine.tsv(rows, columns, LISTS, cell, table.concat(names, "\t") .. "\n")
end
