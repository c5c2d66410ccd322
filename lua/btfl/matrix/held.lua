--- Cells of a matrix, held by what they have in common: of each object in each shape what is said of it,
--- once, and of each kernel a number for each cell, mostly of one byte. A list as any other, in which a cell
--- is made when it is asked for. Of 60 objects on 220 kernels a cell takes 26 bytes, with what a kernel
--- takes; as a table of its own, with its row, 750.
local key_of = require "btfl.report.key"

local held = {}

-- What several cells of a column say alike.
local SAID <const> = { "state", "case", "programs", "findings", "failures", "unread", "seen" }

-- How a number is written, by its bytes.
local FORMATS <const> = { "<I1", "<I2", [4] = "<I4" }

-- So many are packed at a time: they go over the stack.
local AT_ONCE <const> = 128

local function state_of(list)
  local behind = getmetatable(list)
  return behind and rawget(behind, "cells")
end

local function packed(numbers)
  local most, parts = 0, {}
  for _, number in ipairs(numbers) do most = math.max(most, number) end
  local size = most < 1 << 8 and 1 or most < 1 << 16 and 2 or 4
  for first = 1, #numbers, AT_ONCE do
    local last = math.min(first + AT_ONCE - 1, #numbers)
    parts[#parts + 1] = string.pack("<" .. FORMATS[size]:sub(2):rep(last - first + 1),
      table.unpack(numbers, first, last))
  end
  return table.concat(parts), size
end

-- A block has the cells of a kernel that come one after another: `order` is the column of each, which blocks
-- share, and the numbers are a list as long as cells are added to it. Kernels that are alike share the text.
local function close(self, block)
  local text, size = packed(block.numbers)
  self.texts[text] = self.texts[text] or text
  block.text, block.size, block.numbers = self.texts[text], size, nil
end

local function number_at(block, place)
  if block.numbers then return block.numbers[place] end
  return (string.unpack(FORMATS[block.size], block.text, (place - 1) * block.size + 1))
end

local function next_block(self, kernel)
  local last = self.blocks[#self.blocks]
  if last then close(self, last) end
  local block = { kernel = kernel, before = self.count, order = last and last.order or {}, numbers = {} }
  self.blocks[#self.blocks + 1] = block
  return block
end

-- The column of the cell at that place of a block, which is mostly that of the block before.
local function column_at(self, block, place, cell)
  local column = self.columns[block.order[place]]
  if column and column.object == cell.object and column.shape == cell.shape then return column end
  local key = key_of(cell.object, cell.shape)
  local number = self.by_key[key]
  if not number then
    number = #self.columns + 1
    self.columns[number] = { object = cell.object, shape = cell.shape, said = {}, by = {}, times = {} }
    self.by_key[key] = number
  end
  if #self.blocks > 1 and not block.own then
    block.order, block.own = table.move(block.order, 1, place - 1, 1, {}), true
  end
  block.order[place] = number
  return self.columns[number]
end

local function says_so(said, cell)
  for _, name in ipairs(SAID) do
    if said[name] ~= cell[name] then return false end
  end
  return true
end

-- The number of what a cell says, of those of its column.
local function number_of(column, cell)
  local known = column.by[cell.findings] or {}
  for _, number in ipairs(known) do
    if says_so(column.said[number], cell) then return number end
  end
  local number, said = #column.said + 1, {}
  for _, name in ipairs(SAID) do said[name] = cell[name] end
  column.said[number], column.times[number] = said, 0
  known[#known + 1] = number
  column.by[cell.findings] = known
  return number
end

local function cell_of(kernel, column, said)
  return {
    object = column.object, target = kernel.name, kernel = kernel, shape = column.shape,
    state = said.state, case = said.case, programs = said.programs, findings = said.findings,
    failures = said.failures, unread = said.unread, seen = said.seen,
  }
end

-- The block of cell n: mostly that of the one before, or the next.
local function block_of(self, n)
  local function has(i)
    local block, behind = self.blocks[i], self.blocks[i + 1]
    return block and block.before < n and n <= (behind and behind.before or self.count)
  end
  if has(self.at) then return self.blocks[self.at] end
  local low, high = 1, #self.blocks
  while low < high do
    local middle = (low + high + 1) // 2
    if self.blocks[middle].before < n then low = middle else high = middle - 1 end
  end
  self.at = low
  return self.blocks[low]
end

-- Of cell n the kernel, the column, and what is said there.
local function parts_at(self, n)
  local block = block_of(self, n)
  local place = n - block.before
  local column = self.columns[block.order[place]]
  return block.kernel, column, column.said[number_at(block, place)]
end

local function cell_at(self, n)
  if math.type(n) ~= "integer" or n < 1 or n > self.count then return nil end
  return cell_of(parts_at(self, n))
end

local events = {}

function events:__len() return state_of(self).count end

function events:__index(n) return cell_at(state_of(self), n) end

-- All of them as they are from now on: who changes some has them all.
function events:__newindex(n, cell)
  local list = table.move(self, 1, #self, 1, {})
  list[n] = cell
  setmetatable(self, nil)
  table.move(list, 1, #list, 1, self)
end

--- A list to which held.add() adds.
---@return btfl.matrix.cell[]
function held.new()
  return setmetatable({}, {
    __len = events.__len, __index = events.__index, __newindex = events.__newindex,
    cells = { columns = {}, by_key = {}, blocks = {}, texts = {}, count = 0, at = 1 },
  })
end

---@param list btfl.matrix.cell[] of held.new()
---@param cell btfl.matrix.cell
function held.add(list, cell)
  local self = state_of(list)
  local block = self.blocks[#self.blocks]
  if not block or block.kernel ~= cell.kernel then block = next_block(self, cell.kernel) end
  local place = #block.numbers + 1
  local column = column_at(self, block, place, cell)
  local number = number_of(column, cell)
  block.numbers[place] = number
  column.times[number] = column.times[number] + 1
  self.count = self.count + 1
end

--- Any list of cells as one of held.new().
---@param cells btfl.matrix.cell[]
---@return btfl.matrix.cell[]
function held.of(cells)
  if state_of(cells) then return cells end
  local list = held.new()
  for _, cell in ipairs(cells) do held.add(list, cell) end
  return list
end

--- A function that gives the kernel, the column, and what is said, of cell n of those that are in the list by
--- now, whatever becomes of it.
---@param list btfl.matrix.cell[] of held.new()
---@return fun(n: integer): btfl.matrix.kernel, btfl.matrix.held.column, table
function held.reader(list)
  local self = state_of(list)
  return function(n) return parts_at(self, n) end
end

---@class btfl.matrix.held.column
---@field object string
---@field shape string
---@field said table[] what its cells say, in the order in which it was first said
---@field times integer[] by how many cells each is said

--- The objects in their shapes, in the order in which they came.
---@param list btfl.matrix.cell[] of held.new()
---@return btfl.matrix.held.column[]
function held.columns(list)
  return state_of(list).columns
end

--- Iterates over the cells, and makes none: the number of the kernel as it came, the kernel, the column, and
--- the number of what is said there.
---@param list btfl.matrix.cell[] of held.new()
---@return fun(): integer?, btfl.matrix.kernel, btfl.matrix.held.column, integer
function held.each(list)
  local self = state_of(list)
  local i, n, place, block, last = 0, 0, 0, nil, 0
  return function()
    while n == last do
      i = i + 1
      block, place = self.blocks[i], 0
      if not block then return nil end
      last = self.blocks[i + 1] and self.blocks[i + 1].before or self.count
    end
    n, place = n + 1, place + 1
    return i, block.kernel, self.columns[block.order[place]], number_at(block, place)
  end
end

return held
