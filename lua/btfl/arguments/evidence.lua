--- What a program takes each of its arguments for, and by what it tells: best first an access by a
--- relocation ("access"), a helper or kernel function that takes a struct ("call"), a map whose key or value
--- it becomes part of ("map"), and the source line ("declaration").
local declared = require "btfl.arguments.declared"
local engine = require "btfl.engine"

local evidence = {}

-- Programs that see arguments; others have the current task alone.
local HAS_ARGUMENTS = { func = true, lsm = true, iter = true, tp_btf = true, raw_tp = true, struct_ops = true,
  kprobe = true, kprobe_multi = true }

-- Uses that only hand a value on.
local MOVES = { read = true, store = true }

-- The struct that a named type of an object is; nil for what is none.
local function struct_of(t)
  t = t:resolve()
  return (t.kind == "struct" or t.kind == "union") and t.essential or nil
end

-- The struct that a member is.
local function member_struct(relo)
  local last
  for _, _, member in relo.accessor:steps() do last = member or last end
  return last and last.type and struct_of(last.type)
end

-- The struct that one use takes the argument itself for.
local function taken_by(read)
  local relo = read.relo
  if read.from then return nil end
  if read.use == "container" then return relo and relo.accessor and member_struct(relo), "access" end
  if relo then
    if relo.kind ~= "byte_off" or not relo.accessor or read.offset ~= 0 then return nil end
    return struct_of(relo.type), "access"
  end
  if not read.struct or read.offset ~= 0 then return nil end
  return engine.essential(read.struct), read.map and "map" or "call"
end

--- How surely something is done with an argument: only under other constants, nobody knows, always.
evidence.SETTING, evidence.UNSURE, evidence.SURE = 1, 2, 3

local function sureness(read)
  return read.setting and evidence.SETTING or read.unsure and evidence.UNSURE or evidence.SURE
end

-- What tells more goes before what tells less.
local RANK = { map = 1, call = 2, access = 3 }

local function add_type(argument, name, by, read)
  for _, known in ipairs(argument.types) do
    if known.name == name then
      if RANK[by] > RANK[known.by] then known.by, known.reads = by, {} end
      if by == known.by then table.insert(known.reads, read) end
      known.sure = math.max(known.sure, sureness(read))
      return
    end
  end
  table.insert(argument.types, { name = name, by = by, reads = { read }, sure = sureness(read) })
end

-- A later use is a better witness only when no access is.
local function best(argument)
  local by
  for _, one in ipairs(argument.types) do
    if one.by == "access" then by = "access" end
  end
  if not by then return end
  local kept = {}
  for _, one in ipairs(argument.types) do
    if one.by == by then kept[#kept + 1] = one end
  end
  argument.types = kept
end

local function declare(argument, list)
  local n = argument.number
  if not list then return end
  local isresult = list.kind == "result"
  if isresult ~= (n == "return") then return end
  local param = list[isresult and 1 or n]
  if not param then return end
  argument.declared = param
  argument.last = not isresult and not list.cut and n == #list
  if #argument.types == 0 and param.struct then
    argument.types = { { name = param.struct, by = "declaration", reads = { argument.first } } }
  end
end

-- Registers that hold arguments on every architecture.
local REGISTERS = 5

local function place_of(read)
  return ("%s %d %d"):format(read.program.name, read.insn, read.number or 0)
end

-- The places in memory that helpers read an argument from, and the one when nothing else is done with it.
local function kept_at(argument)
  local places, only = {}, nil
  for _, read in ipairs(argument.reads) do
    if not MOVES[read.use] then
      local place = read.use == "memory" and place_of(read)
      places[place or ""] = true
      only = (only == nil or only == place) and place
    end
  end
  return places, only or nil
end

-- Tracers keep all registers of arguments for what runs when the function returns, however many it has.
local function mark_saved(list, by_number)
  local places = {}
  for n = 1, REGISTERS do
    if not by_number[n] then return end
    places[n] = kept_at(by_number[n])
  end
  for _, argument in ipairs(list) do
    local _, at = kept_at(argument)
    argument.saved = at and not argument.declared
    for n = 1, REGISTERS do argument.saved = argument.saved and places[n][at] end
  end
end

--- Whether a program sees arguments at all.
---@param program btfl.program
---@return boolean
function evidence.has_arguments(program)
  return HAS_ARGUMENTS[program.attach and program.attach.form] or false
end

--- What program:reads() tells, as evidence.of() has it.
---@param program btfl.program
---@param reads btfl.program.read[]
---@return table[]
function evidence.made(program, reads)
  local by_number, list = {}, {}
  for _, read in ipairs(reads) do
    local n = read.argument
    local argument = by_number[n]
    if not argument and n ~= "task" then
      argument = { number = n, types = {}, reads = {}, loaded = evidence.SETTING }
      by_number[n] = argument
      list[#list + 1] = argument
    end
    if argument then
      local sure = sureness(read)
      table.insert(argument.reads, read)
      if read.use == "read" then
        if not argument.first or sure > argument.loaded then argument.first = read end
        argument.refused = argument.refused or read.refused
        argument.loaded = math.max(argument.loaded, sure)
      end
      if not MOVES[read.use] then argument.used = math.max(argument.used or 0, sure) end
      local name, by = taken_by(read)
      if name then add_type(argument, name, by, read) end
    end
  end
  local source = #list > 0 and declared.of(program) or nil
  for _, argument in ipairs(list) do
    argument.every = argument.types
    best(argument)
    declare(argument, source)
  end
  mark_saved(list, by_number)
  table.sort(list, function(a, b)
    local last = b.number == "return"
    if last or a.number == "return" then return last and a.number ~= "return" end
    return a.number < b.number
  end)
  return list
end

--- What a program takes the arguments for that it reads, as program:reads() has it. How surely each is
--- loaded, used and taken for that is SETTING, UNSURE or SURE.
---@param program btfl.program
---@param target? btfl.target|string
---@param options? btfl.verdict.options
---@return table[] arguments in order: number; types, each with sure; used (nil when it is not), loaded;
--- reads, first (the load); every (all types, those too that better evidence puts aside); saved (it is only
--- kept, undeclared, with all that registers may hold)
---@return boolean whole of no target: nothing more is read on any, as program:reads() has it
---@return btfl.relo[] located by whose value arguments were found, likewise
---@return btfl.program.read[] reads
function evidence.of(program, target, options)
  if not evidence.has_arguments(program) then return {}, true, {}, {} end
  local reads = program:reads(target, options)
  return evidence.made(program, reads), reads.whole, reads.located, reads
end

--- Whether a read is a load or a copy at a place that no relocation gives.
---@param read btfl.program.read
---@return boolean
function evidence.is_fixed(read)
  return (read.use == "load" or read.use == "probe") and not read.relo and not read.maybe
end

--- The places that an argument goes to, by which others that go there are like it: instruction and use. That
--- it is kept on the stack tells nothing: compilers keep what only some kernels' branches use.
---@param argument table
---@return string[]
function evidence.sinks(argument)
  local list = {}
  for _, read in ipairs(argument.reads) do
    if not read.from and read.offset == 0 and not read.relo and
      (read.use == "put" or read.use == "memory") then
      list[#list + 1] = ("%s %d %s %d"):format(read.program.name, read.insn, read.use, read.number or 0)
    end
  end
  return list
end

return evidence
