--- What the script of a page reads: a matrix as JSON, findings once and cells by their numbers.
local frame = require "btfl.report.frame"
local json = require "btfl.report.json"
local layout = require "btfl.matrix.layout"
local states = require "btfl.matrix.states"
local terminal = require "btfl.report.terminal"

local shown = terminal.escape

local ARRAY = { __jsontype = "array" }

-- As json.value() has it, but lists that are marked as such stay lists when they are empty.
local function stored(value)
  if type(value) ~= "table" then return json.value(value) end
  local out, keys = {}, {}
  for key, item in pairs(value) do out[key], keys[#keys + 1] = stored(item), key end
  if value[1] ~= nil or getmetatable(value) then return setmetatable(out, ARRAY) end
  table.sort(keys)
  return setmetatable(out, { __jsonorder = keys, __jsontype = "object" })
end

local function list(values)
  return setmetatable(values, ARRAY)
end

-- Names that unfold to more stand between control characters.
local function folded(_, text, whole)
  return whole and ("\1%s\2%s\3"):format(text, whole) or text
end

-- Findings, each once, however many cases have it; add() gives its number, from 0.
local function findings_table()
  local out, seen = {}, {}
  local function add(finding)
    local text = frame(finding, folded)
    local key = finding.level .. text
    if not seen[key] then
      out[#out + 1] = { finding.level, text }
      seen[key] = #out
    end
    return seen[key] - 1
  end
  return out, add
end

local function programs_of(case, number_of)
  local out = {}
  for i, row in ipairs(case.programs) do
    local why = row.rule and (row.name and row.rule .. " " .. row.name or row.rule) or row.name or ""
    out[i] = { shown(row.program), number_of[states.of_program(row)], shown(why) }
  end
  return list(out)
end

local function case_of(case, number_of, add)
  local found, failures = {}, case.failures and {}
  for i, finding in ipairs(case.findings) do found[i] = add(finding) end
  for i, failure in ipairs(case.failures or {}) do failures[i] = shown(failure) end
  return { s = number_of[case.state], why = case.reason and shown(case.reason), f = list(found),
    p = programs_of(case, number_of), x = failures and list(failures), u = case.unread }
end

-- Cases are numbered from 0 in their column; -1 is no cell.
local function column_of(column, rows, number_of, add)
  local cases, at, index = {}, {}, {}
  for i, case in ipairs(column.cases) do
    cases[i], index[case] = case_of(case, number_of, add), i - 1
  end
  for row = 1, rows do at[row] = index[column.at[row]] or -1 end
  return { o = shown(column.object), l = shown(column.label), c = list(cases), at = list(at) }
end

local function target_of(matrix, row)
  local kernel = matrix.targets[row]
  return { n = shown(matrix.labels[row]), r = matrix.rank[row], a = kernel.arch,
    d = kernel.distro and shown(kernel.distro), f = kernel.flavour and shown(kernel.flavour) }
end

--- JSON that ends no element of a page and starts none.
---@param matrix btfl.matrix.layout
---@return string
return function(matrix)
  local found, add = findings_table()
  local out = { by = matrix.by, states = {}, targets = {}, columns = {}, tests = {}, findings = found }
  local number_of = {}
  for i, state in ipairs(states.list) do
    out.states[i] = { state.letter, state.about, state.tone, states.is_fine(state.word) }
    number_of[state.word] = i - 1
  end
  for row in ipairs(matrix.targets) do out.targets[row] = target_of(matrix, row) end
  for i, column in ipairs(matrix.columns) do
    out.columns[i] = column_of(column, #matrix.targets, number_of, add)
  end
  for i, row in ipairs(layout.tests(matrix)) do out.tests[i] = row - 1 end
  for _, name in ipairs { "targets", "columns", "tests", "findings" } do list(out[name]) end
  return (json.encode(stored(out)):gsub("[<>&]", { ["<"] = "\\u003c", [">"] = "\\u003e", ["&"] = "\\u0026" }))
end
