--- What relocations ask a kernel for, and what it answers.
local engine = require "btfl.engine"

local questions = {}

local EXISTS = { field_exists = true, type_exists = true, type_matches = true, enumval_exists = true }

-- What else a branch may ask by: sizes and values.
local VALUES = { enumval_value = true, byte_sz = true, type_size = true }

--- Whether it asks if there is such a thing.
---@param relo btfl.relo
---@return boolean
function questions.exists(relo)
  return EXISTS[relo.kind] or false
end

--- "field_exists task_struct.__state".
---@param relo btfl.relo
---@return string
function questions.text(relo)
  return relo.kind .. " " .. relo.path
end

--- "1", "0", a number, or "-" when it has none there.
---@param relo btfl.relo
---@param target btfl.target
---@param options? btfl.resolve.options
---@return string
function questions.answer(relo, target, options)
  local result = relo:resolve(target, options)
  if not result.ok or result.value == nil then return "-" end
  return engine.u64(result.value)
end

local function access_of(relo)
  return relo.type.id .. " " .. relo.access
end

-- Most programs ask for nothing.
local NOTHING = { asking = {}, shifted = {} }

local function look_in(program)
  local asking, shifted = {}, {}
  for relo in program:relos() do
    local kind = relo.kind
    if EXISTS[kind] or VALUES[kind] then
      asking[#asking + 1] = relo
    elseif kind == "lshift_u64" then
      shifted[access_of(relo)] = true
    end
  end
  return #asking > 0 and { asking = asking, shifted = shifted } or NOTHING
end

local found = setmetatable({}, { __mode = "k" })

-- Those of a program that ask for something, in order, and the fields that BPF_CORE_READ_BITFIELD reads: its
-- choice by their size is no question of the author's.
local function found_in(program)
  found[program] = found[program] or look_in(program)
  return found[program]
end

--- The relocations by which the author of a program can have asked: a function that tells of one whether it
--- is such; nil when the program asks for nothing.
---@param program btfl.program
---@return (fun(relo: btfl.relo): boolean)?
function questions.of(program)
  local there = found_in(program)
  local function is_asked(relo)
    local kind = relo.kind
    if kind == "byte_sz" and there.shifted[access_of(relo)] then return false end
    return EXISTS[kind] or VALUES[kind] or false
  end
  for _, relo in ipairs(there.asking) do
    if is_asked(relo) then return is_asked end
  end
  return nil
end

--- Those relocations of a program, in order.
---@param program btfl.program
---@param is_asked fun(relo: btfl.relo): boolean
---@return btfl.relo[]
function questions.asked(program, is_asked)
  local relos = {}
  for _, relo in ipairs(found_in(program).asking) do
    if is_asked(relo) then relos[#relos + 1] = relo end
  end
  return relos
end

--- What a kernel answers to all of them, as one text.
---@param relos btfl.relo[]
---@param kernel btfl.target
---@param kernels btfl.facts
---@return string
function questions.key(relos, kernel, kernels)
  local answers = {}
  for i, relo in ipairs(relos) do answers[i] = kernels:answer(kernel, relo) end
  return table.concat(answers, " ")
end

return questions
