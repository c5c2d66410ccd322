--- What follows from the cells of a matrix in its report: a row of each, and how many are in which state.
local key_of = require "btfl.report.key"
local layout = require "btfl.matrix.layout"
local states = require "btfl.matrix.states"

local tally = {}

--- The row of a cell.
---@param cell btfl.matrix.cell
---@return table
function tally.row(cell)
  return { object = cell.object, target = cell.target, shape = cell.shape, state = cell.state,
    case = cell.case, findings = #cell.findings }
end

--- Makes the totals of a matrix anew.
---@param matrix btfl.report.matrix
function tally.count(matrix)
  local facts, count, words = matrix.totals, layout.of(matrix).count, {}
  facts.order = {}
  for _, state in ipairs(states.list) do
    local n = count[state.word]
    facts[state.word] = n
    if n then
      table.insert(facts.order, state.word)
      words[#words + 1] = ("%d %s"):format(n, state.word)
    end
  end
  facts.text = table.concat(words, ", ")
end

--- Changes the cells of a report, and what follows from them.
---@param report btfl.report of which the rows are those of its matrix
---@param change fun(cell: btfl.matrix.cell): btfl.matrix.cell of the same object, kernel and shape
function tally.change(report, change)
  local rows = {}
  local function at(one) return key_of(one.object, one.target, one.shape) end
  for i, cell in ipairs(report.matrix.cells) do
    local now = change(cell)
    report.matrix.cells[i] = now
    if now ~= cell then rows[at(cell)] = now end
  end
  for _, row in ipairs(report.rows) do
    local cell = rows[at(row)]
    if cell then row.state, row.findings = cell.state, #cell.findings end
  end
  tally.count(report.matrix)
end

return tally
