--- Rows as an aligned table, columns of numbers to the right.
local memo = require "btfl.memo"
local terminal = require "btfl.terminal"

local GAP = 2 -- spaces between columns

-- A column in the making. What it shows of a value is made once, and so is a text as it stands in the
-- column: most cells of a column are alike.
local Column = {}
Column.__index = Column

local function new_column(name)
  local self = setmetatable({ wide = terminal.width(name), numeric = true, widths = {} }, Column)
  self.texts = memo(function(value) return self:measured(terminal.escape(tostring(value))) end)
  return self
end

function Column:measured(text)
  local width = terminal.width(text)
  self.widths[text] = width
  if width > self.wide then self.wide = width end
  if self.numeric then self.numeric = text == "-" or text:find("^%-?%d+$") ~= nil end
  return text
end

-- A table that gives each text as it stands in the column, with the gap to the next one.
function Column:aligned(is_last, spaces)
  local wide, widths, gap = self.wide, self.widths, is_last and "" or spaces[GAP]
  local function left(text) return wide - (widths[text] or terminal.width(text)) end
  if self.numeric and next(widths) then
    return memo(function(text) return spaces[left(text)] .. text .. gap end)
  elseif is_last then
    return memo(function(text) return text end)
  end
  return memo(function(text) return text .. spaces[left(text) + GAP] end)
end

-- The texts of all cells, row by row, and the columns.
local function measured(rows, names)
  local columns, texts, cells = {}, {}, {}
  for i, name in ipairs(names) do
    columns[i] = new_column(name)
    texts[i] = columns[i].texts
  end
  for n, row in ipairs(rows) do
    local line = {}
    for i = 1, #names do
      local value = row[names[i]]
      if value == nil then value = "-" end
      line[i] = texts[i][value]
    end
    cells[n] = line
  end
  return cells, columns
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

local function heading(row, group)
  local parts = {}
  for _, name in ipairs(group) do
    if row[name] ~= nil then parts[#parts + 1] = terminal.escape(tostring(row[name])) end
  end
  return table.concat(parts, ", ")
end

-- Whether the row is of the group whose values are in `last`, where its own are then.
local function is_next_of(last, row, group)
  local alike = last.filled
  for i = 1, #group do
    local value = row[group[i]]
    alike = alike and value == last[i]
    last[i] = value
  end
  last.filled = true
  return alike
end

--- Appends the table's lines to out. Rows that share the columns of `group` stand under one heading.
---@param out string[]
---@param rows table[]
---@param names string[] The columns.
---@param group string[]
---@param paint fun(style: string, text: string): string
return function(out, rows, names, group, paint)
  local cells, columns = measured(rows, names)
  local aligned, head, last, title = {}, {}, {}, nil
  local spaces = memo(function(count) return (" "):rep(count) end)
  for i, column in ipairs(columns) do
    aligned[i] = column:aligned(i == #columns, spaces)
    head[i] = terminal.escape(names[i])
  end
  head = paint("head", line_of(head, aligned))
  if #group == 0 then out[#out + 1] = head end
  for n, row in ipairs(rows) do
    if #group > 0 and not is_next_of(last, row, group) then
      local before = title
      title = heading(row, group)
      if title ~= before then
        if before then out[#out + 1] = "" end
        out[#out + 1] = paint("head", title)
        out[#out + 1] = head
      end
    end
    out[#out + 1] = line_of(cells[n], aligned)
  end
end
