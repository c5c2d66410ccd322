--- A matrix for people: which kernels are one case, then kernels down and objects across.
local names = require "btfl.report.names"
local states = require "btfl.matrix.states"

local picture = {}

-- Characters of a line where nobody says how many there are.
local WIDTH = 100

local function last_part(path) return path:match "[^/]*$" end

-- The rows and columns of a matrix, in the order in which they first came.
local function axes(cells)
  local out = { targets = {}, columns = {}, at = {} }
  local seen, shapes, count = {}, {}, 0
  for _, cell in ipairs(cells) do
    if not shapes[cell.shape] then shapes[cell.shape], count = true, count + 1 end
  end
  for _, cell in ipairs(cells) do
    local column = ("%s\0%s"):format(cell.object, cell.shape)
    if not seen[column] then
      seen[column] = { object = cell.object, number = #out.columns + 1,
        label = last_part(cell.object) .. (count > 1 and " (" .. cell.shape .. ")" or "") }
      table.insert(out.columns, seen[column])
    end
    local row = out.at[cell.target]
    if not row then
      row = { target = cell.target }
      out.at[cell.target] = row
      table.insert(out.targets, row)
    end
    row[seen[column].number] = cell
  end
  return out
end

-- The cases of one column, in order of their numbers: each with its kernels.
local function cases_of(matrix, n)
  local list, by_number = {}, {}
  for _, row in ipairs(matrix.targets) do
    local cell = row[n]
    if cell and cell.state ~= "not-applicable" then
      local case = by_number[cell.case]
      if not case then
        case = { cell = cell, targets = {} }
        by_number[cell.case], list[#list + 1] = case, case
      end
      table.insert(case.targets, row.target)
    end
  end
  return list
end

-- "no-field request.rq_disk (block_rq_issue)": what is worst of the case.
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
  return ("  %-12s %s%s"):format(case.cell.state, reason, names.some(case.targets))
end

-- What is to be tested: the newest of each case.
local function add_cases(block, matrix, n, column)
  local cases = cases_of(matrix, n)
  if #cases == 1 and states.is_fine(cases[1].cell.state) then return false end
  local newest = {}
  for i, case in ipairs(cases) do newest[i] = case.targets[#case.targets] end
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

local function heads(columns, from, to, indent)
  local line = { (" "):rep(indent) }
  for n = from, to do line[#line + 1] = ("%-3d"):format(columns[n].number) end
  return (table.concat(line):gsub("%s+$", ""))
end

local function grid_line(row, from, to, width)
  local line = { ("%-" .. width .. "s "):format(row.target) }
  for n = from, to do
    local state = row[n] and states.of(row[n].state)
    line[#line + 1] = state and state.mark .. state.letter .. " " or "   "
  end
  return (table.concat(line):gsub("%s+$", ""))
end

-- The kernels down, as many objects across as fit.
local function grid_blocks(matrix, width)
  local longest = 0
  for _, row in ipairs(matrix.targets) do longest = math.max(longest, utf8.len(row.target) or #row.target) end
  local most = math.max(1, (width - longest - 1) // 3)
  local blocks = {}
  for from = 1, #matrix.columns, most do
    local to = math.min(from + most - 1, #matrix.columns)
    local block = { heads(matrix.columns, from, to, longest + 1) }
    for _, row in ipairs(matrix.targets) do block[#block + 1] = grid_line(row, from, to, longest) end
    blocks[#blocks + 1] = block
  end
  return blocks
end

-- The numbers at the heads of the columns.
local function names_block(matrix)
  local block = {}
  for _, column in ipairs(matrix.columns) do
    block[#block + 1] = ("%3d  %s"):format(column.number, column.label)
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

-- A cell for each program of each; of an object that has none there, nothing.
local function by_program(cells)
  local out, several = {}, false
  for _, cell in ipairs(cells) do several = several or cell.object ~= cells[1].object end
  for _, cell in ipairs(cells) do
    for _, row in ipairs(cell.programs) do
      out[#out + 1] = {
        object = several and ("%s:%s"):format(cell.object, row.program) or row.program, shape = cell.shape,
        target = cell.target, state = row.excused and "excused" or row.state, programs = { row },
        case = ("%s %s %s"):format(row.state, row.rule, row.name),
      }
    end
  end
  return out
end

--- The blocks of a report that show these cells, and how many there are by state.
---@param cells btfl.matrix.cell[]
---@param by? "object"|"program" what stands across
---@param width? integer characters of a line
---@return string[][]
---@return table<string, integer>
function picture.blocks(cells, by, width)
  if by == "program" then cells = by_program(cells) end
  local matrix, count = axes(cells), {}
  for _, cell in ipairs(cells) do count[cell.state] = (count[cell.state] or 0) + 1 end
  local blocks = { cases_block(matrix, by or "object") }
  blocks[#blocks + 1] = names_block(matrix)
  for _, block in ipairs(grid_blocks(matrix, width or WIDTH)) do blocks[#blocks + 1] = block end
  blocks[#blocks + 1] = legend_block(count)
  return blocks, count
end

return picture
