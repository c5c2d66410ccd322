--- A matrix as formats show it: kernels, columns, and the cases of each. See btfl.matrix.layout in meta.lua.
local cells = require "btfl.matrix.cells"
local held = require "btfl.matrix.held"
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"
local series = require "btfl.kernels.series"
local states = require "btfl.matrix.states"

local layout = {}

-- What a cell says of one of its programs; where none was looked at, what it says of the object.
local function part_of(cell, program, row)
  local findings = {}
  for _, finding in ipairs(cell.findings) do
    local about = names.programs(finding)
    local concerns = #about == 0
    for _, name in ipairs(about) do concerns = concerns or name == program end
    if concerns then findings[#findings + 1] = finding end
  end
  return {
    program = program, state = row and states.of_program(row) or cell.state,
    programs = { row }, findings = findings, failures = cell.failures, unread = cell.unread,
  }
end

-- The programs of each object in each shape, by the first kernel on which they were looked at.
local function programs_of(list)
  local out = {}
  for _, column in ipairs(held.columns(list)) do
    for i = #column.said, 1, -1 do
      local programs = column.said[i].programs
      if #programs > 0 then out[key_of(column.object, column.shape)] = programs end
    end
  end
  return out
end

-- What a cell says in each of its columns; an object of which no program is known has one of its own.
local function split(cell, known)
  local parts, looked_at = {}, #cell.programs > 0
  for i, row in ipairs(looked_at and cell.programs or known) do
    parts[i] = part_of(cell, row.program, looked_at and row or nil)
  end
  return #parts > 0 and parts or { part_of(cell) }
end

-- A function that gives the parts of a cell, once for all cells of a case, each with a `key` of all that it
-- says.
local function splitter(list, by)
  local known, seen = by == "program" and programs_of(list), {}
  return function(column, cell)
    local parts = seen[cell.findings]
    if not parts then
      local of_column = known and (known[key_of(column.object, column.shape)] or {})
      parts = of_column and split(cell, of_column) or { { state = cell.state, programs = cell.programs,
        findings = cell.findings, failures = cell.failures, unread = cell.unread } }
      for _, part in ipairs(parts) do part.key = cells.text_of(part) end
      seen[cell.findings] = parts
    end
    return parts
  end
end

-- "no-field request.rq_disk in block_rq_issue": what is worst of the case.
local function reason_of(part)
  for _, row in ipairs(part.programs) do
    if states.of_program(row) == part.state and not row.excused and (row.rule or row.state == "drift") then
      return ("%s%s%s"):format(row.rule or "an argument", row.name and " " .. row.name or "",
        part.program and "" or " in " .. row.program)
    end
  end
  return part.failures and part.failures[1] or nil
end

-- The last n parts of a path.
local function tail(path, n)
  local at = #path + 1
  for _ = 1, n do
    at = path:sub(1, at - 1):match "^.*()/" or 0
    if at == 0 then return path end
  end
  return path:sub(at + 1)
end

-- The paths as short as they are told apart.
local function short_names(paths)
  local out, n = {}, 0
  local left = paths
  while #left > 0 do
    n = n + 1
    local of, again = {}, {}
    for _, path in ipairs(left) do
      local name = tail(path, n)
      of[name] = of[name] or {}
      table.insert(of[name], path)
    end
    for name, same in pairs(of) do
      if #same == 1 or name == same[1] then
        for _, path in ipairs(same) do out[path] = name end
      else
        table.move(same, 1, #same, #again + 1, again)
      end
    end
    left = again
  end
  return out
end

local function label_columns(columns)
  local paths, seen, shape, several = {}, {}, {}, {}
  for _, column in ipairs(columns) do
    if not seen[column.object] then paths[#paths + 1], seen[column.object] = column.object, true end
    shape[column.object] = shape[column.object] or column.shape
    several[column.object] = several[column.object] or shape[column.object] ~= column.shape
  end
  local short = short_names(paths)
  for _, column in ipairs(columns) do
    local label = short[column.object]
    if column.program then label = #paths > 1 and label .. ":" .. column.program or column.program end
    column.label = label .. (several[column.object] and " (" .. column.shape .. ")" or "")
  end
end

-- Kernels of one name are told apart by their paths.
local function label_targets(out)
  local count = {}
  for _, kernel in ipairs(out.targets) do count[kernel.name] = (count[kernel.name] or 0) + 1 end
  for i, kernel in ipairs(out.targets) do
    out.labels[i] = count[kernel.name] > 1 and kernel.path or kernel.name
  end
end

-- How new each kernel is, by its release; one whose release nobody knows is older than any other.
local function rank_targets(out)
  local _, known, others = series.of(out.targets)
  local rank = {}
  for i, kernel in ipairs(table.move(known, 1, #known, #others + 1, others)) do rank[kernel] = i end
  for i, kernel in ipairs(out.targets) do out.rank[i] = rank[kernel] end
end

local function case_in(column, part)
  local case = column.by_key[part.key]
  if not case then
    case = { number = #column.cases + 1, state = part.state, reason = reason_of(part), targets = {},
      programs = part.programs, findings = part.findings, failures = part.failures,
      unread = part.unread }
    column.by_key[part.key] = case
    table.insert(column.cases, case)
  end
  return case
end

-- Of one object its programs are shown.
local function across(list)
  local columns = held.columns(list)
  for _, column in ipairs(columns) do
    if column.object ~= columns[1].object then return "object" end
  end
  return "program"
end

-- Where what is said in a column of cells stands: the columns of `out`, each with its case.
local function places_of(out, columns, of, parts)
  local places = {}
  for _, part in ipairs(parts) do
    local at = key_of(of.object, of.shape, part.program)
    local column = columns[at]
    if not column then
      column = { object = of.object, program = part.program, shape = of.shape, cases = {}, at = {},
        by_key = {} }
      columns[at], out.columns[#out.columns + 1] = column, column
    end
    places[#places + 1] = { column = column, case = case_in(column, part) }
  end
  return places
end

-- The columns, with the cases in each, and the kernels, in the order in which they first came.
local function fill(out, list)
  local rows, columns, parts_of, places = {}, {}, splitter(list, out.by), {}
  local row, before
  for i, kernel, of, number in held.each(list) do
    if i ~= before then
      local at = key_of(kernel.name, kernel.path)
      row, before = rows[at], i
      if not row then
        row = #out.targets + 1
        rows[at], out.targets[row] = row, kernel
      end
    end
    local said = of.said[number]
    places[said] = places[said] or places_of(out, columns, of, parts_of(of, said))
    for _, place in ipairs(places[said]) do
      place.column.at[row] = place.case
      table.insert(place.case.targets, row)
    end
  end
end

--- How many parts of the cells of a report, as formats show them, are in which state.
---@param matrix btfl.report.matrix
---@return table<btfl.matrix.state, integer>
function layout.counts(matrix)
  local list, count = held.of(matrix.cells), {}
  local parts_of = splitter(list, matrix.by or across(list))
  for _, column in ipairs(held.columns(list)) do
    for number, said in ipairs(column.said) do
      for _, part in ipairs(parts_of(column, said)) do
        count[part.state] = (count[part.state] or 0) + column.times[number]
      end
    end
  end
  return count
end

--- What formats show of the cells of a report.
---@param matrix btfl.report.matrix
---@return btfl.matrix.layout
function layout.of(matrix)
  local list = held.of(matrix.cells)
  local out = { by = matrix.by or across(list), targets = {}, labels = {}, rank = {}, columns = {},
    count = layout.counts(matrix) }
  fill(out, list)
  for _, column in ipairs(out.columns) do column.by_key = nil end
  label_columns(out.columns)
  label_targets(out)
  rank_targets(out)
  return out
end

--- The cases of a column that say something of it: not those of other machines and of kernels that cannot
--- be opened.
---@param column btfl.matrix.column
---@return btfl.matrix.case[]
function layout.cases(column)
  local out = {}
  for _, case in ipairs(column.cases) do
    if case.state ~= "not-applicable" and not case.unread then out[#out + 1] = case end
  end
  return out
end

--- What the kernels of a case are called.
---@param matrix btfl.matrix.layout
---@param case btfl.matrix.case
---@return string[]
function layout.names(matrix, case)
  local out = {}
  for i, row in ipairs(case.targets) do out[i] = matrix.labels[row] end
  return out
end

--- Whether nothing is to be said of a column: it is one case, in which all loads.
---@param column btfl.matrix.column
---@return boolean
function layout.is_plain(column)
  local cases_in = layout.cases(column)
  return #cases_in == 1 and states.is_fine(cases_in[1].state)
end

--- What is said of so many plain columns.
---@param matrix btfl.matrix.layout
---@param count integer
---@return string
function layout.plain_line(matrix, count)
  return ("%d%s %s%s: one case, which loads"):format(count, count < #matrix.columns and " other" or "",
    matrix.by, count == 1 and "" or "s")
end

--- What is to be tested of a case: its newest kernel.
---@param matrix btfl.matrix.layout
---@param case btfl.matrix.case
---@return integer row
function layout.newest(matrix, case)
  local best = case.targets[1]
  for _, row in ipairs(case.targets) do
    if matrix.rank[row] > matrix.rank[best] then best = row end
  end
  return best
end

-- The kernel on which most cases are that are left, the newest of these.
local function next_test(matrix, left)
  local best, most = nil, 0
  for row in ipairs(matrix.targets) do
    local n = 0
    for _, column in ipairs(matrix.columns) do
      if left[column.at[row]] then n = n + 1 end
    end
    if n > most or n == most and best and matrix.rank[row] > matrix.rank[best] then best, most = row, n end
  end
  return best
end

--- Kernels on which, taken together, each case of each column is: those to test. Few, though perhaps not the
--- fewest, in the order of the matrix.
---@param matrix btfl.matrix.layout
---@return integer[] rows
function layout.tests(matrix)
  local left, out = {}, {}
  for _, column in ipairs(matrix.columns) do
    for _, case in ipairs(layout.cases(column)) do left[case] = true end
  end
  while next(left) do
    local row = next_test(matrix, left)
    out[#out + 1] = row
    for _, column in ipairs(matrix.columns) do
      if column.at[row] then left[column.at[row]] = nil end
    end
  end
  table.sort(out)
  return out
end

return layout
