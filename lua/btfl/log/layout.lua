--- Which instruction of an object one of a log is. Verifiers count in the linked program: an entry program
--- with the functions behind it that it calls, in the order of libbpf. Others append them in another order,
--- which the opcodes of the log tell; they tell as well whether the log is of this object at all.
local engine = require "btfl.engine"

local layout = {}

-- So many arrangements of functions are tried.
local TRIES = 2000

local POISON = "unknown#"

local function functions_of(program)
  local list = {}
  for func, start in program:linked() do
    list[#list + 1] = { program = func, start = start, count = #func }
  end
  return list
end

-- The relocations of a function by the number of their instruction.
local relos = setmetatable({}, { __mode = "k" })

local function relos_of(program)
  if not relos[program] then
    local by_insn = {}
    for relo in program:relos() do
      if relo.insn then by_insn[relo.insn] = relo end
    end
    relos[program] = by_insn
  end
  return relos[program]
end

local MEMORY = { ldx = true, st = true, stx = true }

-- Whether an instruction of the file can be the one in the log, which a loader may have written over.
local function is_same(program, index, logged)
  local hex = program:insn(index)
  if not hex then return false end
  local insn = engine.insn(hex, program.object.endian)
  local relo = relos_of(program)[index]
  if logged.opcode ~= insn.code then
    if logged.text:find(POISON, 1, true) then
      return relo ~= nil or relos_of(program)[index - 1] ~= nil or insn.code == 0x18 or insn.code == 0
    end
    return relo ~= nil and MEMORY[insn.class] ~= nil and logged.opcode & 7 == insn.code & 7
  end
  if logged.text:find("r10 = 0xbad2310", 1, true) then return relo ~= nil end
  local register = tonumber(logged.text:match "%f[%w][rw](%d+)")
  if register and register ~= insn.dst then return false end
  local offset = not relo and MEMORY[insn.class] and logged.text:match "%(r%d+ ([+-]%d+)%)"
  return not offset or tonumber(offset) == insn.off
end

-- The first instruction of the log that a function at `start` cannot have; nil when there is none.
local function misfit(func, start, block)
  for i = 0, func.count - 1 do
    local logged = block.insns[start + i]
    if logged and not is_same(func.program, i, logged) then return start + i end
  end
end

-- The functions behind the first in an order that fits the log; nil when none is found.
local function arranged(functions, block)
  local left, tries = {}, 0
  for i = 2, #functions do left[i - 1] = functions[i] end
  local function place(at, start)
    if at > #left then return true end
    for i = at, #left do
      tries = tries + 1
      if tries > TRIES then return false end
      table.insert(left, at, table.remove(left, i))
      if not misfit(left[at], start, block) and place(at + 1, start + left[at].count) then return true end
      table.insert(left, i, table.remove(left, at))
    end
    return false
  end
  local first = functions[1]
  if not place(1, first.count) then return nil end
  local out, start = { first }, first.count
  for _, func in ipairs(left) do
    out[#out + 1] = { program = func.program, start = start, count = func.count }
    start = start + func.count
  end
  return out
end

--- How a program's functions stand in what a log's block is of: a list of { program, start, count }; nil and
--- the number of an instruction that the program does not have, or has otherwise, when the log is of another.
---@param program btfl.program
---@param block? table see parse.lua
---@return table[]?, integer? misfit
function layout.of(program, block)
  local functions = functions_of(program)
  if not block or block.count == 0 then return functions end
  local last = functions[#functions]
  for index in pairs(block.insns) do
    if index >= last.start + last.count then return nil, index end
  end
  local wrong = misfit(functions[1], 0, block)
  if wrong then return nil, wrong end
  for _, func in ipairs(functions) do
    wrong = wrong or misfit(func, func.start, block)
  end
  if not wrong then return functions end
  functions = arranged(functions, block)
  if functions then return functions end
  return nil, wrong
end

--- The function and its instruction that stand at a place of the linked program; nil beyond its end.
---@param functions table[]
---@param at integer
---@return btfl.program?, integer?
function layout.at(functions, at)
  for _, func in ipairs(functions) do
    if at >= func.start and at < func.start + func.count then return func.program, at - func.start end
  end
end

--- The relocation of an instruction of a function; of the second half of an ldimm64, that of the first.
---@param program btfl.program
---@param insn integer
---@return btfl.relo?
function layout.relo(program, insn)
  local by_insn = relos_of(program)
  local before = by_insn[insn - 1]
  return by_insn[insn] or (before and #before.bytes > 16 and before or nil)
end

return layout
