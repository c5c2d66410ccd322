--- Rows as an aligned table, columns of numbers to the right.
local memo = require "btfl.memo"
local terminal = require "btfl.report.terminal"

local GAP = "  " -- between columns

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

-- A table that gives each text as it stands in the column, with the gap to the next one.
function Column:aligned(is_last)
  local gap = is_last and "" or GAP
  local function pad(text) return (" "):rep(self.wide - terminal.width(text)) end
  if self.numeric then return memo(function(text) return pad(text) .. text .. gap end) end
  return memo(function(text) return is_last and text or text .. pad(text) .. gap end)
end

-- The columns, and the texts of their cells row by row.
local function fill(names, rows)
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

local function heading(row, group)
  local parts = {}
  for _, name in ipairs(group) do
    if row[name] ~= nil then parts[#parts + 1] = terminal.escape(tostring(row[name])) end
  end
  return table.concat(parts, ", ")
end

local function is_alike(row, other, group)
  for _, name in ipairs(group) do
    if row[name] ~= other[name] then return false end
  end
  return true
end

--- Appends the table's lines to out. Rows that share the columns of `group` stand under one heading.
---@param out string[]
---@param rows table[]
---@param names string[] The columns.
---@param group string[]
---@param paint fun(style: string, text: string): string
return function(out, rows, names, group, paint)
  local columns, cells = fill(names, rows)
  local aligned, head, title = {}, {}, nil
  for i, column in ipairs(columns) do
    aligned[i] = column:aligned(i == #columns)
    head[i] = terminal.escape(names[i])
  end
  head = paint("head", line_of(head, aligned))
  if #group == 0 then out[#out + 1] = head end
  for n, row in ipairs(rows) do
    if #group > 0 and not (n > 1 and is_alike(row, rows[n - 1], group)) then
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
