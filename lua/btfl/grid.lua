--- Rows as an aligned table, columns of numbers to the right.
local terminal = require "btfl.terminal"

local function cell(value, escape)
  if value == nil then return "-" end
  return escape(tostring(value))
end

local function is_number(text)
  return text == "-" or text:find("^%-?%d+$") ~= nil
end

-- One function for each column that pads a cell to its width.
local function aligners(columns, cells)
  local aligned = {}
  for i, column in ipairs(columns) do
    local wide, numeric = terminal.width(column), true
    for _, row in ipairs(cells) do
      wide = math.max(wide, terminal.width(row[i]))
      numeric = numeric and is_number(row[i])
    end
    local last = i == #columns
    aligned[i] = function(text)
      local gap = (" "):rep(wide - terminal.width(text))
      if numeric and #cells > 0 then return gap .. text end
      return last and text or text .. gap
    end
  end
  return aligned
end

-- Without spaces at the end; a pattern would look at each of the others, too.
local function trimmed(text)
  local n = #text
  while text:byte(n) == 32 do n = n - 1 end
  return text:sub(1, n)
end

local function join(row, aligned)
  local out = {}
  for i, align in ipairs(aligned) do out[i] = align(row[i]) end
  return trimmed(table.concat(out, "  "))
end

local function heading(row, group)
  local parts = {}
  for _, column in ipairs(group) do
    if row[column] ~= nil then parts[#parts + 1] = terminal.escape(tostring(row[column])) end
  end
  return table.concat(parts, ", ")
end

--- Appends the table's lines to out. Rows that share the columns of `group` stand under one heading.
---@param out string[]
---@param rows table[]
---@param columns string[]
---@param group string[]
---@param paint fun(style: string, text: string): string
return function(out, rows, columns, group, paint)
  local cells, escape = {}, terminal.escaper()
  for n, row in ipairs(rows) do
    local texts = {}
    for i, column in ipairs(columns) do texts[i] = cell(row[column], escape) end
    cells[n] = texts
  end
  local aligned = aligners(columns, cells)
  local names = {}
  for i, column in ipairs(columns) do names[i] = terminal.escape(column) end
  local head, current = paint("head", join(names, aligned)), nil
  if #group == 0 then out[#out + 1] = head end
  for n, row in ipairs(rows) do
    local title = heading(row, group)
    if #group > 0 and title ~= current then
      if current then out[#out + 1] = "" end
      out[#out + 1] = paint("head", title)
      out[#out + 1] = head
    end
    current = title
    out[#out + 1] = join(cells[n], aligned)
  end
end
