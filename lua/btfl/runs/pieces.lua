--- What a part holds of a command that goes kernel by kernel, cli:kernel_by_kernel(): each kernel with what
--- is said of each object on it, and before it what is new of that; what its options met.
local block = require("btfl.runs.part").block
local is = require "btfl.runs.is"
local told = require "btfl.command.told"

local pieces = {}

local methods = {}

-- The number of what is said of an object on a kernel, which is written where it is new. That both are of one
-- byte order is told by their names when these are known.
local function number_of(self, said)
  local number = self.numbers[said]
  if not number then
    number = self.count + 1
    self.count, self.numbers[said] = number, number
    table.insert(self.lines, { said = { kept = said.kept, value = said.value, clash = said.clash and true } })
  end
  return number
end

--- Adds a kernel: a piece of inputs.numbered() whose value has `list`, what is said of each object, and
--- `about`, what is said of itself.
---@param piece table
function methods:add(piece)
  local done, of = piece.done, {}
  for i, said in ipairs(done.value and done.value.list or {}) do of[i] = number_of(self, said) end
  table.insert(self.lines, { kernel = done.kernel or {}, about = done.value and done.value.about, of = of,
    told = piece.kept })
end

--- All lines.
---@param notes table of the cli's settings, when all kernels are there
---@return table[]
function methods:all(notes)
  return table.move({ { notes = notes } }, 1, 1, #self.lines + 1, self.lines)
end

--- The lines of a part, to which kernels are added.
---@return table with add(piece) and all(notes)
function pieces.new()
  return setmetatable({ lines = {}, numbers = {}, count = 0 }, { __index = methods })
end

local function said_of(said)
  local fits = is.table(said) and (said.kept == nil or told.fits(said.kept))
  return fits and { kept = said.kept, value = said.value, clash = said.clash == true } or nil
end

local function piece_of(line, known)
  local kernel, list = line.kernel, {}
  local function is_known(number) return known[number] end
  if not (is.list(line.of, is_known) and told.fits(line.told)) then return nil end
  if next(kernel) == nil then return { kept = line.told, done = { unread = {} } } end
  if not (is.text(kernel.name) and is.text(kernel.path) and is.text(kernel.digest)) then return nil end
  if not (is.text(line.about) or is.table(line.about)) then return nil end
  for i, number in ipairs(line.of) do list[i] = known[number] end
  local value = { target = kernel.name, about = line.about, list = list }
  return { kept = line.told, done = { kernel = kernel, value = value } }
end

---@class btfl.runs.pieces
---@field list table[] pieces as inputs.numbered() makes them, of the kernels of its block in order
---@field notes table

--- What a part says. Raises an error of the input for anything else.
---@param part btfl.runs.part
---@return btfl.runs.pieces
function pieces.read(part)
  local out, known = { list = {} }, {}
  for number, line in ipairs(part.lines) do
    if line.said then
      known[#known + 1] = part:made(number, said_of(line.said))
    elseif is.table(line.kernel) then
      table.insert(out.list, part:made(number, piece_of(line, known)))
    else
      out.notes = part:made(number, is.table(line.notes) and line.notes or nil)
    end
  end
  local first, last = block(part.run.shard, #part.run.kernels)
  if not out.notes or #out.list ~= last - first + 1 then
    part:refuse "it does not have the kernels of its shard"
  end
  return out
end

return pieces
