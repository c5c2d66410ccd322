--- What follows from the cells of a matrix in its report: a row of each, and how many are in which state.
local held = require "btfl.matrix.held"
local key_of = require "btfl.report.key"
local layout = require "btfl.matrix.layout"
local repeated = require "btfl.report.repeated"
local states = require "btfl.matrix.states"

local tally = {}

local function row_of(kernel, column, said)
  return { object = column.object, target = kernel.name, shape = column.shape, state = said.state,
    case = said.case, findings = #said.findings }
end

-- Lists of rows that follow from cells.
local following = setmetatable({}, { __mode = "k" })

local OF_CELLS = {
  count = function(own) return own.cells end,
  make = function(own, n) return row_of(own.parts_at(n)) end,
  about = function(own, n)
    local kernel, column = own.parts_at(n)
    return column.object, kernel.name, kernel
  end,
}

--- The rows of cells, each of which is made when it is asked for.
---@param list btfl.matrix.cell[] of held.new()
---@return table[]
function tally.rows(list)
  local rows = repeated.from {}
  repeated.add(rows, repeated.made({ cells = #list, parts_at = held.reader(list) }, OF_CELLS))
  following[rows] = #list
  return rows
end

--- Makes the totals of a matrix anew.
---@param matrix btfl.report.matrix
function tally.count(matrix)
  local facts, count, words = matrix.totals, layout.counts(matrix), {}
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
  local cells, rows = held.new(), {}
  local function at(one) return key_of(one.object, one.target, one.shape) end
  local is_following = getmetatable(report.rows) and following[report.rows] == #report.rows
  for _, cell in ipairs(report.matrix.cells) do
    local now = change(cell)
    held.add(cells, now)
    if now ~= cell and not is_following then rows[at(cell)] = now end
  end
  report.matrix.cells = cells
  if is_following then report.rows = tally.rows(cells) end
  for _, row in ipairs(is_following and {} or report.rows) do
    local cell = rows[at(row)]
    if cell then row.state, row.findings = cell.state, #cell.findings end
  end
  tally.count(report.matrix)
end

return tally
