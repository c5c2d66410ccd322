--- Rows as an aligned table, columns of numbers to the right.
local terminal = require "btfl.terminal"

local GAP = "  "

-- Columns in the making. The width of a text is asked once, and so is the text as it stands in its
-- column: most cells of a column are alike.
local Column = {}
Column.__index = Column

local function new_column(name)
  return setmetatable({ wide = terminal.width(name), numeric = true, widths = {} }, Column)
end

function Column:measure(text)
  local width = terminal.width(text)
  self.widths[text] = width
  self.wide = math.max(self.wide, width)
  self.numeric = self.numeric and (text == "-" or text:find("^%-?%d+$") ~= nil)
end

-- A table that gives each text as it stands in the column, with the gap to the next one.
function Column:aligned(is_last)
  local right = self.numeric and next(self.widths) ~= nil
  return setmetatable({}, { __index = function(known, text)
    local pad = (" "):rep(self.wide - (self.widths[text] or terminal.width(text)))
    local cell = right and pad .. text or is_last and text or text .. pad
    if not is_last then cell = cell .. GAP end
    known[text] = cell
    return cell
  end })
end

-- The texts of all cells, row by row, and the columns.
local function measured(rows, names, shown)
  local columns, widths, cells = {}, {}, {}
  for i, name in ipairs(names) do
    columns[i] = new_column(name)
    widths[i] = columns[i].widths
  end
  for n, row in ipairs(rows) do
    local texts = {}
    for i = 1, #names do
      local value = row[names[i]]
      local text = value ~= nil and shown[value] or "-"
      texts[i] = text
      if not widths[i][text] then columns[i]:measure(text) end
    end
    cells[n] = texts
  end
  return cells, columns
end

-- Without spaces at the end; a pattern would look at each of the others, too.
local function trimmed(text)
  local n = #text
  while text:byte(n) == 32 do n = n - 1 end
  return text:sub(1, n)
end

-- The line of a row; its cells are replaced.
local function line_of(texts, aligned)
  for i = 1, #aligned do texts[i] = aligned[i][texts[i]] end
  return trimmed(table.concat(texts))
end

local function heading(row, group, shown)
  local parts = {}
  for _, name in ipairs(group) do
    if row[name] ~= nil then parts[#parts + 1] = shown[row[name]] end
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
  local shown = terminal.cells()
  local cells, columns = measured(rows, names, shown)
  local aligned, texts = {}, {}
  for i, column in ipairs(columns) do
    aligned[i] = column:aligned(i == #columns)
    texts[i] = shown[names[i]]
  end
  local head, title = paint("head", line_of(texts, aligned)), nil
  if #group == 0 then out[#out + 1] = head end
  for n, row in ipairs(rows) do
    if #group > 0 and not (n > 1 and is_alike(row, rows[n - 1], group)) then
      local before = title
      title = heading(row, group, shown)
      if title ~= before then
        if before then out[#out + 1] = "" end
        out[#out + 1] = paint("head", title)
        out[#out + 1] = head
      end
    end
    out[#out + 1] = line_of(cells[n], aligned)
  end
end
