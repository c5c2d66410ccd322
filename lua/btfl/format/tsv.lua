--- tsv: tab-separated lines under a header. Rows when the report has columns, else its findings.
local columns_of = require "btfl.report.columns"
local engine = require "btfl.engine"
local pacing = require "btfl.pacing"
local pieces = require "btfl.report.pieces"
local repeated = require "btfl.report.repeated"
local terminal = require "btfl.report.terminal"

local FINDING = { "level", "rule", "object", "program", "target", "at", "message" }

-- A merged finding has several programs and targets.
local LISTS = { program = "programs", target = "targets", shape = "shapes" }

-- Gives the text of a cell. Findings that follow one another are mostly about the same programs, and kernels.
local function cells()
  local last, text
  return function(row, column)
    local value, list = row[column], LISTS[column] and row[LISTS[column]]
    if value ~= nil then return terminal.escape(tostring(value)) end
    if not list then return "-" end
    if list ~= last then last, text = list, terminal.escape(table.concat(list, ",")) end
    return text
  end
end

-- The cells of rows in the columns from one to another, row by row.
local function cells_of(rows, columns, cell, first, last)
  local list = {}
  local text = engine.tsv(rows, table.move(columns, first, last, 1, {}), LISTS, cell)
  for line in text:gmatch "([^\n]*)\n" do list[#list + 1] = line end
  return list
end

-- What stands between the values of a column in the lines of rows, as table.concat() takes it.
local function around(rows, columns, cell, field)
  local at
  for i, column in ipairs(columns) do at = column == field and i or at end
  if not at then return { engine.tsv(rows, columns, LISTS, cell) } end
  local before = cells_of(rows, columns, cell, 1, at - 1)
  local behind = cells_of(rows, columns, cell, at + 1, #columns)
  local list = { "" }
  for i = 1, #rows do
    list[i] = list[i] .. before[i] .. (at > 1 and "\t" or "")
    list[i + 1] = (at < #columns and "\t" or "") .. behind[i] .. "\n"
  end
  return list
end

---@param report btfl.report
---@param options? btfl.render.options
---@return string
return function(report, options)
  local columns, rows = columns_of(report), report.rows
  if not columns then columns, rows = FINDING, report.findings end
  local names, known, shown = {}, {}, {}
  -- The names of a thousand kernels are 30 kB of text in each.
  local is_paced = rows == report.findings and pacing.is_for(rows)
  -- Rows are said again of the same few values.
  local function text_of(field, value)
    if value == nil then return "-" end
    shown[field] = shown[field] or {}
    shown[field][value] = shown[field][value] or terminal.escape(tostring(value))
    return shown[field][value]
  end
  for i, column in ipairs(columns) do names[i] = terminal.escape(column) end
  local lines, cell = pieces(options), cells()
  lines:add(table.concat(names, "\t") .. "\n")
  for some, field, values, first, last in repeated.parts(rows) do
    if field and first == last and known[some] == nil then
      lines:add(engine.tsv(some, columns, LISTS, cell, field, text_of(field, values[first])))
      -- What is said once more may be said of many.
      known[some] = false
    elseif field then
      known[some] = known[some] or around(some, columns, cell, field)
      for i = first, last do lines:add(table.concat(known[some], text_of(field, values[i]))) end
    else
      for piece in repeated.pieces(some) do
        lines:add(engine.tsv(piece, columns, LISTS, cell))
        if is_paced then pacing.adjust() end
      end
    end
  end
  if is_paced then pacing.stop() end
  return lines:rest()
end
