--- Rows as an aligned table, columns of numbers to the right.
local engine = require "btfl.engine"
local key_of = require "btfl.report.key"
local memo = require "btfl.memo"
local names = require "btfl.report.names"
local repeated = require "btfl.report.repeated"
local terminal = require "btfl.report.terminal"

local GAP = "  " -- between columns
local MARGIN = "    " -- before what is left of a row
local LEAST = 24 -- characters that a text is broken into lines of

-- A column in the making: what it shows of each value, and what is known of all of them so far.
local Column = {}
Column.__index = Column

local function new_column(name)
  local self = setmetatable({ wide = terminal.width(name), word = 0, numeric = nil }, Column)
  self.texts = memo(function(value) return self:measured(terminal.escape(tostring(value))) end)
  return self
end

local function longest_word(text)
  local most = 0
  for word in text:gmatch "%S+" do most = math.max(most, terminal.width(word)) end
  return most
end

function Column:measured(text)
  local wide = terminal.width(text)
  self.wide = math.max(self.wide, wide)
  self.word = math.max(self.word, wide > self.word and text:find(" ", 1, true) and longest_word(text) or wide)
  if self.numeric ~= false then self.numeric = text == "-" or text:find("^%-?%d+$") ~= nil end
  return text
end

-- Of the last column of a line: each text, broken where there is no room for it behind so many characters.
local function broken(used, width)
  local room = width and width - used
  if not room or room < LEAST then return memo(function(text) return text end) end
  local margin = "\n" .. (" "):rep(used)
  return memo(function(text) return table.concat(terminal.lines(text, room), margin) end)
end

-- Of the others: each text as wide as the widest, with the gap to the next one.
function Column:aligned(gap)
  local function pad(text) return (" "):rep(self.wide - terminal.width(text)) end
  if self.numeric then return memo(function(text) return pad(text) .. text .. gap end) end
  return memo(function(text) return text .. pad(text) .. gap end)
end

-- A list of functions, one a column, that give its texts as they stand in a line; `starts` says which columns
-- begin the next line, since they do not fit in the window.
local function align(columns, width)
  local aligned, starts, used = {}, {}, 0
  for i, column in ipairs(columns) do
    local is_last = i == #columns
    local least = is_last and not column.numeric and math.max(column.word, math.min(column.wide, LEAST))
      or column.wide
    if width and i > 1 and used + least > width then
      starts[i], used = true, #MARGIN
    end
    local ends = is_last or width and used + column.wide > width
    aligned[i] = ends and not column.numeric and broken(used, width) or column:aligned(is_last and "" or GAP)
    used = used + column.wide + #GAP
  end
  return aligned, starts
end

-- Rows as they are to be shown, one list after another: { rows =, values =, first =, last = }. Those that are
-- said again with values of the last column of `group` alone have them, and are there once for all of these:
-- text of verdicts takes a fifth of the time for 139 objects x 17 kernels, and less of more. Others are made.
local function stated(rows, columns, group)
  local list, n, heads = {}, 0, { [group[#group] or false] = true }
  for _, name in ipairs(columns) do heads[name] = nil end
  for own, field, values, first, last in repeated.parts(rows) do
    local count = field and #own * (last - first + 1) or #own
    local one = { rows = own }
    if field and heads[field] and values[first] ~= nil then
      one.values, one.first, one.last = values, first, last
    elseif field then
      one.rows = table.move(rows, n + 1, n + count, 1, {})
    end
    list[#list + 1] = one
    n = n + count
  end
  return list
end

-- What a row shows in a column.
local function cell_of(row, name)
  local value = row[name]
  if value == nil then return "-" end
  return value
end

-- The columns, as wide as what the rows have in them.
local function measured(names_of, list)
  local columns, seen = {}, {}
  for i, name in ipairs(names_of) do columns[i] = new_column(name) end
  for _, one in ipairs(list) do
    for _, row in ipairs(seen[one.rows] and {} or one.rows) do
      -- Looking it up measures it.
      for i, column in ipairs(columns) do local _ = column.texts[cell_of(row, names_of[i])] end
    end
    seen[one.rows] = true
  end
  return columns
end

-- Without spaces at the end; a pattern would look at each of the others, too.
local function trimmed(text)
  local n = #text
  while text:byte(n) == 32 do n = n - 1 end
  return n == #text and text or text:sub(1, n)
end

-- The line of such texts, or the lines; they are replaced.
local function line_of(texts, aligned, starts)
  for i = 1, #aligned do
    texts[i] = aligned[i][texts[i]]
    if starts[i] then texts[i - 1], texts[i] = trimmed(texts[i - 1]), "\n" .. MARGIN .. texts[i] end
  end
  return trimmed(table.concat(texts))
end

-- Of a list of rows their lines, made once.
local function lines_by_rows(columns, names_of, aligned, starts)
  return memo(function(rows)
    local lines, texts = {}, {}
    for n, row in ipairs(rows) do
      for i, column in ipairs(columns) do texts[i] = column.texts[cell_of(row, names_of[i])] end
      lines[n] = line_of(texts, aligned, starts)
    end
    return lines
  end)
end

local function shown(value) return value ~= nil and tostring(value) or nil end

local function is_alike(row, other, group, count)
  for i = 1, count do
    if shown(row[group[i]]) ~= shown(other[group[i]]) then return false end
  end
  return true
end

-- What stands above some rows: of the last of those columns, all that they are of.
local function heading(section, group)
  local parts = {}
  for i, name in ipairs(group) do
    local value = section.row[name]
    if i == #group then value = #section.of > 1 and names.some(section.of) or section.of[1] end
    if value ~= nil then parts[#parts + 1] = terminal.escape(value) end
  end
  return table.concat(parts, ", ")
end

-- Lines of rows that follow one another and share so many columns of `group`: { row =, lines... }.
local function runs_of(rows, lines, group, count)
  local list = {}
  for n, row in ipairs(rows) do
    if not (n > 1 and is_alike(row, rows[n - 1], group, count)) then list[#list + 1] = { row = row } end
    table.insert(list[#list], lines[n])
  end
  return list
end

-- Of lists as stated() gives them, and their lines, rows that follow one another and share the columns of
-- `group`: put() gets each, { row =, of =, lines = }, when it is whole, for they may be as many as pairs of
-- objects and kernels.
local function each_section(list, lines, group, put)
  local before, known, others, last = nil, {}, #group - 1, group[#group]
  local function add(run, value)
    if before and before.of[1] == value and is_alike(before.row, run.row, group, others) then
      if not before.is_own then
        before.lines, before.is_own = table.move(before.lines, 1, #before.lines, 1, {}), true
      end
      table.move(run, 1, #run, #before.lines + 1, before.lines)
    else
      if before then put(before) end
      before = { row = run.row, of = { value }, lines = run }
    end
  end
  for _, one in ipairs(list) do
    local rows, values = one.rows, one.values
    local runs = values and known[rows] or runs_of(rows, lines[rows], group, values and others or #group)
    if values then known[rows] = runs end
    for i = one.first or 1, one.last or 1 do
      for _, run in ipairs(runs) do
        if values then add(run, shown(values[i])) else add(run, shown(run.row[last])) end
      end
    end
  end
  if before then put(before) end
end

local function are_same(lines, others)
  for i = 1, math.max(#lines, #others) do
    if lines[i] ~= others[i] then return false end
  end
  return true
end

-- Of those that say the same, and differ in the last column of `group` alone, one.
local function joined_sections(list, lines, group)
  local out, known, of_lines = {}, {}, {}
  local function first_of(section)
    local parts = { #section.of }
    for i = 1, #group - 1 do parts[i + 1] = shown(section.row[group[i]]) or false end
    -- What the lines are takes as much as they do.
    local key = key_of(engine.digest(table.concat(section.lines, "\n")), table.unpack(parts))
    known[key] = known[key] or {}
    for _, one in ipairs(known[key]) do
      if are_same(one.lines, section.lines) then return one end
    end
    table.insert(known[key], section)
    return section
  end
  each_section(list, lines, group, function(section)
    -- One of nothing is joined with such only.
    local first = #section.of > 0 and of_lines[section.lines] or first_of(section)
    if #section.of > 0 then of_lines[section.lines] = first end
    if first == section then
      out[#out + 1] = section
    else
      table.move(section.of, 1, #section.of, #first.of + 1, first.of)
    end
  end)
  return out
end

--- Puts the table's lines. Rows that share the columns of `group` stand under one heading; where those of
--- several values of its last column are the same, they stand there once.
---@param put fun(line: string)
---@param rows table[]
---@param columns string[]
---@param group string[]
---@param paint fun(style: string, text: string): string
---@param width? integer columns of the terminal: what does not fit in a line goes on in the next one
return function(put, rows, columns, group, paint, width)
  local list = stated(rows, columns, group)
  local made = measured(columns, list)
  local head, aligned, starts = {}, align(made, width)
  for i, name in ipairs(columns) do head[i] = terminal.escape(name) end
  head = paint("head", line_of(head, aligned, starts))
  local lines = lines_by_rows(made, columns, aligned, starts)
  if #group == 0 then
    put(head)
    for _, one in ipairs(list) do
      for _, line in ipairs(lines[one.rows]) do put(line) end
    end
    return
  end
  for i, section in ipairs(joined_sections(list, lines, group)) do
    if i > 1 then put "" end
    for _, line in ipairs(terminal.lines(heading(section, group), width)) do put(paint("head", line)) end
    put(head)
    for _, line in ipairs(section.lines) do put(line) end
  end
end
