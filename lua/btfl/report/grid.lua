--- Rows as an aligned table, columns of numbers to the right.
local key_of = require "btfl.report.key"
local memo = require "btfl.memo"
local names = require "btfl.report.names"
local terminal = require "btfl.report.terminal"

local GAP = "  " -- between columns
local LEAST = 24 -- characters that a text is broken into lines of

-- A column in the making: what it shows of each value, and what is known of all of them so far.
local Column = {}
Column.__index = Column

local function new_column(name)
  local self = setmetatable({ wide = terminal.width(name), numeric = nil }, Column)
  self.texts = memo(function(value) return self:measured(terminal.escape(tostring(value))) end)
  return self
end

function Column:measured(text)
  self.wide = math.max(self.wide, terminal.width(text))
  if self.numeric ~= false then self.numeric = text == "-" or text:find("^%-?%d+$") ~= nil end
  return text
end

-- A table that gives each text as it stands in the last column, behind so many characters of a window's.
local function last_aligned(used, width)
  local room = width and width - used
  if not room or room < LEAST then return memo(function(text) return text end) end
  local margin = "\n" .. (" "):rep(used)
  return memo(function(text) return table.concat(terminal.lines(text, room), margin) end)
end

-- A table that gives each text as it stands in the column, with the gap to the next one.
function Column:aligned(gap)
  local function pad(text) return (" "):rep(self.wide - terminal.width(text)) end
  if self.numeric then return memo(function(text) return pad(text) .. text .. gap end) end
  return memo(function(text) return text .. pad(text) .. gap end)
end

-- The same of all columns, from the first to the last.
local function align(columns, width)
  local aligned, used = {}, 0
  for i, column in ipairs(columns) do
    local is_last = i == #columns
    aligned[i] = is_last and not column.numeric and last_aligned(used, width)
      or column:aligned(is_last and "" or GAP)
    used = used + column.wide + #GAP
  end
  return aligned
end

-- The columns, and the texts of their cells row by row.
local function fill(list, rows)
  local columns, texts, cells = {}, {}, {}
  for i, name in ipairs(list) do
    columns[i] = new_column(name)
    texts[i] = columns[i].texts
  end
  for n, row in ipairs(rows) do
    local line = {}
    for i = 1, #list do
      local value = row[list[i]]
      if value == nil then value = "-" end
      line[i] = texts[i][value]
    end
    cells[n] = line
  end
  return columns, cells
end

-- Without spaces at the end; a pattern would look at each of the others, too.
local function trimmed(text)
  local n = #text
  while text:byte(n) == 32 do n = n - 1 end
  return n == #text and text or text:sub(1, n)
end

-- The line of a row; its cells are replaced.
local function line_of(texts, aligned)
  for i = 1, #aligned do texts[i] = aligned[i][texts[i]] end
  return trimmed(table.concat(texts))
end

local function shown(value) return value ~= nil and tostring(value) or nil end

local function is_alike(row, other, group)
  for _, name in ipairs(group) do
    if shown(row[name]) ~= shown(other[name]) then return false end
  end
  return true
end

-- What stands above some rows: of the last of those columns, all that they are of.
local function heading(section, group)
  local parts = {}
  for i, name in ipairs(group) do
    local value = section.row[name]
    if i == #group and #section.of > 1 then value = names.some(section.of) end
    if value ~= nil then parts[#parts + 1] = terminal.escape(value) end
  end
  return table.concat(parts, ", ")
end

-- Rows that follow one another and share the columns of `group`: { row =, of =, lines... }.
local function sections_of(rows, lines, group)
  local list, last = {}, group[#group]
  for n, row in ipairs(rows) do
    if not (n > 1 and is_alike(row, rows[n - 1], group)) then
      list[#list + 1] = { row = row, of = { shown(row[last]) } }
    end
    table.insert(list[#list], lines[n])
  end
  return list
end

-- Those that say the same, and differ in the last column of `group` alone, are one.
local function joined(list, group)
  local out, known = {}, {}
  for _, section in ipairs(list) do
    local parts = { #section.of }
    for i = 1, #group - 1 do parts[i + 1] = shown(section.row[group[i]]) or false end
    local key = key_of(table.concat(section, "\n"), table.unpack(parts))
    if known[key] then
      table.move(section.of, 1, #section.of, #known[key].of + 1, known[key].of)
    else
      out[#out + 1], known[key] = section, section
    end
  end
  return out
end

--- Appends the table's lines to out. Rows that share the columns of `group` stand under one heading; where
--- those of several values of its last column are the same, they stand there once.
---@param out string[]
---@param rows table[]
---@param columns string[]
---@param group string[]
---@param paint fun(style: string, text: string): string
---@param width? integer columns of the terminal, for what stands in the last column
return function(out, rows, columns, group, paint, width)
  local made, cells = fill(columns, rows)
  local aligned, head = align(made, width), {}
  for i, name in ipairs(columns) do head[i] = terminal.escape(name) end
  head = paint("head", line_of(head, aligned))
  for n, texts in ipairs(cells) do cells[n] = line_of(texts, aligned) end
  if #group == 0 then
    out[#out + 1] = head
    table.move(cells, 1, #cells, #out + 1, out)
    return
  end
  for i, section in ipairs(joined(sections_of(rows, cells, group), group)) do
    if i > 1 then out[#out + 1] = "" end
    out[#out + 1] = paint("head", heading(section, group))
    out[#out + 1] = head
    table.move(section, 1, #section, #out + 1, out)
  end
end
