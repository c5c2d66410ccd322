--- A matrix for people: which kernels are one case, then kernels down and objects across.
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"
local series = require "btfl.kernels.series"
local states = require "btfl.matrix.states"
local terminal = require "btfl.report.terminal"

local picture = {}

-- Characters of a line where nobody says how many there are.
local WIDTH = 100

local function last_part(path) return path:match "[^/]*$" end

-- Kernels of one name are told apart by their paths.
local function name_rows(rows)
  local count = {}
  for _, row in ipairs(rows) do count[row.name] = (count[row.name] or 0) + 1 end
  for _, row in ipairs(rows) do
    row.label = terminal.escape(count[row.name] > 1 and row.path or row.name)
    row.width = terminal.width(row.label)
  end
end

-- The rows and columns of a matrix, in the order in which they first came. A row is a kernel, as series.of()
-- takes it, and has its cells by the numbers of their columns.
local function axes(cells)
  local out = { rows = {}, columns = {} }
  local columns, rows, shape, several = {}, {}, {}, {}
  for _, cell in ipairs(cells) do
    shape[cell.object] = shape[cell.object] or cell.shape
    several[cell.object] = several[cell.object] or shape[cell.object] ~= cell.shape
  end
  for _, cell in ipairs(cells) do
    local at = key_of(cell.object, cell.shape)
    local column = columns[at]
    if not column then
      column = { number = #out.columns + 1,
        label = last_part(cell.object) .. (several[cell.object] and " (" .. cell.shape .. ")" or "") }
      columns[at], out.columns[column.number] = column, column
    end
    at = key_of(cell.target, cell.path)
    local row = rows[at]
    if not row then
      row = { name = cell.target, path = cell.path, release = cell.release }
      rows[at], out.rows[#out.rows + 1] = row, row
    end
    row[column.number] = cell
  end
  name_rows(out.rows)
  return out
end

-- The cases of one column, in order of their numbers: each with its kernels.
local function cases_of(matrix, n)
  local list, by_number = {}, {}
  for _, row in ipairs(matrix.rows) do
    local cell = row[n]
    if cell and cell.state ~= "not-applicable" then
      local case = by_number[cell.case]
      if not case then
        case = { cell = cell, rows = {}, labels = {} }
        by_number[cell.case], list[#list + 1] = case, case
      end
      table.insert(case.rows, row)
      table.insert(case.labels, row.label)
    end
  end
  return list
end

-- "no-field request.rq_disk in block_rq_issue": what is worst of the case.
local function reason_of(cell)
  for _, row in ipairs(cell.programs) do
    if row.state == cell.state and not row.excused and (row.rule or row.state == "drift") then
      local what = row.rule or "an argument"
      return ("%s%s%s"):format(what, row.name and " " .. row.name or "",
        row.program ~= cell.object and " in " .. row.program or "")
    end
  end
  local failure = cell.failures and cell.failures[1]
  return failure or ""
end

local function case_line(case)
  local reason = reason_of(case.cell)
  if reason ~= "" then reason = reason .. ": " end
  return ("  %-12s %s%s"):format(case.cell.state, reason, names.some(case.labels))
end

-- By release, where that is known; else the last that was given.
local function newest_of(case)
  local _, known, others = series.of(case.rows)
  return (known[#known] or others[#others]).label
end

-- What is to be tested: the newest of each case.
local function add_cases(block, matrix, n, column)
  local cases = cases_of(matrix, n)
  if #cases == 1 and states.is_fine(cases[1].cell.state) then return false end
  local newest = {}
  for i, case in ipairs(cases) do newest[i] = newest_of(case) end
  block[#block + 1] = #cases == 0 and ("%s: on no kernel"):format(column.label)
    or #cases == 1 and ("%s: one case"):format(column.label)
    or ("%s: %d cases; to test them: %s"):format(column.label, #cases, table.concat(newest, ", "))
  for _, case in ipairs(cases) do block[#block + 1] = case_line(case) end
  return true
end

local function cases_block(matrix, what)
  local block, plain = {}, 0
  for n, column in ipairs(matrix.columns) do
    if not add_cases(block, matrix, n, column) then plain = plain + 1 end
  end
  if plain > 0 then
    local rest = plain < #matrix.columns and " other" or ""
    local many = plain == 1 and "" or "s"
    block[#block + 1] = ("%d%s %s%s: one case, which loads"):format(plain, rest, what, many)
  end
  return block
end

-- Characters that text lacks to be as wide as that.
local function padding(text, width) return (" "):rep(width - #text) end

local function trimmed(parts) return (table.concat(parts):gsub("%s+$", "")) end

local function heads(columns, from, to, indent, wide)
  local line = { (" "):rep(indent) }
  for n = from, to do
    local number = tostring(columns[n].number)
    line[#line + 1] = number .. padding(number, wide)
  end
  return trimmed(line)
end

local function grid_line(row, from, to, indent, wide)
  local line = { row.label, (" "):rep(indent - row.width) }
  for n = from, to do
    local state = row[n] and states.of(row[n].state)
    local shown = state and state.mark .. state.letter or ""
    line[#line + 1] = shown .. padding(shown, wide)
  end
  return trimmed(line)
end

-- How wide a column is: its number, a state, and what stands between them and the next.
local function column_width(matrix)
  return math.max(2, #tostring(#matrix.columns)) + 1
end

-- The kernels down, as many objects across as fit.
local function grid_blocks(matrix, width)
  local indent, wide, blocks = 0, column_width(matrix), {}
  for _, row in ipairs(matrix.rows) do indent = math.max(indent, row.width + 1) end
  local most = math.max(1, (width - indent) // wide)
  for from = 1, #matrix.columns, most do
    local to = math.min(from + most - 1, #matrix.columns)
    local block = { heads(matrix.columns, from, to, indent, wide) }
    for _, row in ipairs(matrix.rows) do block[#block + 1] = grid_line(row, from, to, indent, wide) end
    blocks[#blocks + 1] = block
  end
  return blocks
end

-- The numbers at the heads of the columns.
local function names_block(matrix)
  local block, wide = {}, math.max(3, column_width(matrix) - 1)
  for n, column in ipairs(matrix.columns) do
    block[n] = ("%s%d  %s"):format(padding(tostring(n), wide), n, column.label)
  end
  return block
end

local function legend_block(count)
  local block = {}
  for _, state in ipairs(states.list) do
    if count[state.word] then
      block[#block + 1] = ("%s%s   %d  %s"):format(state.mark, state.letter, count[state.word], state.about)
    end
  end
  return block
end

-- The programs of each object in each shape, by a kernel on which they were looked at.
local function programs_of(cells)
  local out = {}
  for _, cell in ipairs(cells) do
    local at = key_of(cell.object, cell.shape)
    if not out[at] and #cell.programs > 0 then out[at] = cell.programs end
  end
  return out
end

-- What a cell says of one of its programs; where none was looked at, of each what it says of the object.
local function program_cell(cell, name, row)
  return {
    object = name, shape = cell.shape, target = cell.target, path = cell.path, release = cell.release,
    state = row and (row.excused and "excused" or row.state) or cell.state,
    case = row and key_of(row.state, row.rule, row.name) or cell.case,
    programs = { row }, failures = cell.failures,
  }
end

-- A cell for each program of each.
local function by_program(cells)
  local out, several, known = {}, false, programs_of(cells)
  for _, cell in ipairs(cells) do several = several or cell.object ~= cells[1].object end
  for _, cell in ipairs(cells) do
    local looked_at = #cell.programs > 0
    local programs = looked_at and cell.programs or known[key_of(cell.object, cell.shape)] or {}
    for _, row in ipairs(programs) do
      local name = several and ("%s:%s"):format(cell.object, row.program) or row.program
      out[#out + 1] = program_cell(cell, name, looked_at and row or nil)
    end
    if #programs == 0 then out[#out + 1] = program_cell(cell, cell.object) end
  end
  return out
end

--- The blocks of a report that show these cells, and how many there are by state.
---@param cells btfl.matrix.cell[]
---@param by "object"|"program" what stands across
---@param width? integer characters of a line
---@return string[][]
---@return table<string, integer>
function picture.blocks(cells, by, width)
  if by == "program" then cells = by_program(cells) end
  local matrix, count = axes(cells), {}
  for _, cell in ipairs(cells) do count[cell.state] = (count[cell.state] or 0) + 1 end
  local blocks = { cases_block(matrix, by) }
  blocks[#blocks + 1] = names_block(matrix)
  for _, block in ipairs(grid_blocks(matrix, width or WIDTH)) do blocks[#blocks + 1] = block end
  blocks[#blocks + 1] = legend_block(count)
  return blocks, count
end

return picture
