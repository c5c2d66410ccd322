--- A matrix for people: which kernels are one case, then kernels down and objects across.
local layout = require "btfl.matrix.layout"
local names = require "btfl.report.names"
local states = require "btfl.matrix.states"
local terminal = require "btfl.report.terminal"

local picture = {}

-- Characters of a line where nobody says how many there are.
local WIDTH = 100

-- What stands before a line that goes on.
local INDENT = "    "

-- Adds a head and the words behind it, in as many lines as they take.
local function put_wrapped(block, head, words, width)
  local lines = terminal.lines(INDENT .. words, width, terminal.width(head) + 1 - #INDENT)
  lines[1] = head .. " " .. lines[1]:sub(#INDENT + 1)
  table.move(lines, 1, #lines, #block + 1, block)
end

-- As many kernels as fit behind the reason.
local function put_case(block, matrix, case, width)
  local head, reason = ("  %-12s"):format(case.state), case.reason and case.reason .. ": " or ""
  local room = width - terminal.width(head) - 1 - terminal.width(reason)
  put_wrapped(block, head, reason .. names.some(layout.names(matrix, case), room), width)
end

-- What is to be tested: the newest of each case.
local function put_cases(block, matrix, column, width)
  local cases = layout.cases(column)
  if #cases < 2 then
    block[#block + 1] = ("%s: %s"):format(column.label, #cases == 0 and "on no kernel" or "one case")
  else
    local newest = {}
    for i, case in ipairs(cases) do newest[i] = matrix.labels[layout.newest(matrix, case)] end
    put_wrapped(block, column.label .. ":",
      ("%d cases; to test them: %s"):format(#cases, table.concat(newest, ", ")), width)
  end
  for _, case in ipairs(cases) do put_case(block, matrix, case, width) end
end

local function cases_block(matrix, width)
  local block, plain = {}, 0
  for _, column in ipairs(matrix.columns) do
    if layout.is_plain(column) then plain = plain + 1 else put_cases(block, matrix, column, width) end
  end
  if plain > 0 then block[#block + 1] = layout.plain_line(matrix, plain) end
  return block
end

-- Characters that text lacks to be as wide as that.
local function padding(text, width) return (" "):rep(width - #text) end

local function trimmed(parts) return (table.concat(parts):gsub("%s+$", "")) end

local function heads(from, to, indent, wide)
  local line = { (" "):rep(indent) }
  for n = from, to do
    local number = tostring(n)
    line[#line + 1] = number .. padding(number, wide)
  end
  return trimmed(line)
end

local function grid_line(matrix, row, from, to, indent, wide)
  local label = terminal.escape(matrix.labels[row])
  local line = { label, (" "):rep(indent - terminal.width(label)) }
  for n = from, to do
    local case = matrix.columns[n].at[row]
    local state = case and states.of(case.state)
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
  for _, label in ipairs(matrix.labels) do
    indent = math.max(indent, terminal.width(terminal.escape(label)) + 1)
  end
  -- What stands behind the last column is trimmed.
  local most = math.max(1, (width + 1 - indent) // wide)
  for from = 1, #matrix.columns, most do
    local to = math.min(from + most - 1, #matrix.columns)
    local block = { heads(from, to, indent, wide) }
    for row in ipairs(matrix.targets) do
      block[#block + 1] = grid_line(matrix, row, from, to, indent, wide)
    end
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

--- The blocks of text that show a matrix.
---@param matrix btfl.matrix.layout
---@param width? integer characters of a line
---@return string[][]
function picture.blocks(matrix, width)
  width = width or WIDTH
  local blocks = { cases_block(matrix, width), names_block(matrix) }
  for _, block in ipairs(grid_blocks(matrix, width)) do blocks[#blocks + 1] = block end
  blocks[#blocks + 1] = legend_block(matrix.count)
  return blocks
end

return picture
