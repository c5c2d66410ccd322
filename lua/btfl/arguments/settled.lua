--- Whether no argument of a program drifts on a target, as far as that is told without following the
--- program there. What it reads along all of its ways is found once, and what it may be taken for on any
--- kernel, all of it, must fit. That follows for all kernels whose signatures are alike, but where it takes
--- their structs to tell.
local drift = require "btfl.arguments.drift"
local engine = require "btfl.engine"
local evidence = require "btfl.arguments.evidence"
local fits = require "btfl.arguments.fits"
local kept = require "btfl.kept"
local signature = require "btfl.arguments.signature"

local settled = {}

-- What one type is told by, of which fits.pointer() is asked: the path of each access once, false for what is
-- none, and whether there is anything else, which is not.
local function told_by(one)
  local out, known = { name = one.name, paths = {} }, {}
  for _, read in ipairs(one.reads) do
    if one.by ~= "access" or read.use == "container" then
      out.otherwise = true
    else
      local path = read.relo and read.relo.path or false
      if not known[path] then table.insert(out.paths, path) end
      known[path] = true
    end
  end
  return out
end

-- Of an argument what is asked for each kernel.
local function in_short(argument)
  local declared = argument.declared
  local out = { number = argument.number, last = argument.last, every = {}, sinks = evidence.sinks(argument),
    declared = declared and { struct = declared.struct, name = declared.name } }
  for i, one in ipairs(argument.every) do out.every[i] = told_by(one) end
  for _, read in ipairs(argument.reads) do
    out.loaded = out.loaded or read.use == "load" and not read.from
  end
  return out
end

-- Programs that find arguments in registers of an architecture.
local HAS_REGISTERS = { kprobe = true, kprobe_multi = true }

-- Those at places that no relocation gives.
local function fixed_in(reads)
  local fixed = {}
  for _, read in ipairs(reads) do
    if evidence.is_fixed(read) then fixed[#fixed + 1] = read end
  end
  return fixed
end

-- Of programs that nothing can be said of there is one.
local NONE <const> = kept.shared { none = true }

-- Arguments of a record until they are collected: it has them as bytes, for all programs of a run are kept.
local opened = setmetatable({}, { __mode = "kv" })

local function arguments_of(record)
  local list = opened[record]
  if not list then
    list = engine.unpack(record.packed, error)
    opened[record] = list
  end
  return list
end

local function is_sinking(argument)
  return #argument.sinks > 0
end

-- What is found once of a program: `open` when its reads differ by kernel, `none` when there are none. What
-- is not so is left out.
local function look_at(program, arch)
  local attach = drift.attach_of(program)
  if not attach then return NONE end
  local args, whole, located, reads = evidence.of(program, arch)
  local fixed = not arch and evidence.has_arguments(program) and fixed_in(reads) or nil
  if whole and #args == 0 then return fixed and { none = true, fixed = fixed } or NONE end
  local list, sinks = {}, nil
  for i, argument in ipairs(args) do
    list[i] = in_short(argument)
    sinks = sinks or is_sinking(list[i]) or nil
  end
  local record = { packed = engine.pack(list, error), text = tostring(attach) }
  record.open, record.sinks, record.fixed = not whole or nil, sinks, fixed
  record.located = #located > 0 and located or nil
  record.member = type(attach) == "string" or nil
  opened[record] = list
  return record
end

-- By architecture, where the object does not tell its own. Handles of programs go and come.
local records_of = kept.of_object(function() return {} end)

local function record_of(program, target)
  local object, arch = program.object, nil
  if target and program.attach and HAS_REGISTERS[program.attach.form] and not object.arch then
    arch = target.arch
  end
  local records = records_of(object, arch or "")
  records[program] = records[program] or look_at(program, arch)
  return records[program]
end

local function attach_of(record, program)
  return record.member and record.text or program.attach
end

-- Whether arguments stand in the context where the object was compiled to find them. A kernel of another byte
-- order tells nothing else.
local function is_located(record, target, options)
  local located = record.located
  if not located or located[1].object:clash(target) then return true end
  for _, relo in ipairs(located) do
    local result = relo:resolve(target, { policy = options and options.policy })
    if not result.ok or result.value ~= relo.value then return false end
  end
  return true
end

local READABLE = { struct = true, union = true, fwd = true }

-- Whether all verifiers let a program read an argument of that type, as verify/context.c has it.
local function is_readable(t)
  local to = fits.pointee(t)
  if to == nil then return t:resolve().kind ~= "array" end
  if not to then return t:resolve().type == nil or t:resolve().type.kind == "void" end
  return READABLE[to.kind] or to.kind == "int" and to.name == "char"
end

-- Whether a type of the target may be all that an argument may be taken for; and whether it takes the
-- target's structs to tell.
local function fits_all(argument, target, t)
  local by_structs
  local function fit(name, path)
    local ok, own = fits.pointer(target, t, name, path and { relo = { path = path } })
    by_structs = by_structs or own
    return ok
  end
  for _, one in ipairs(argument.every) do
    local ok = fit(one.name)
    if not ok and one.otherwise then return false end
    for _, path in ipairs(ok and {} or one.paths) do
      if not fit(one.name, path) then return false end
    end
  end
  local declared = argument.declared and argument.declared.struct
  return not declared or fit(declared), by_structs
end

-- Whether nothing tells what it is.
local function tells_nothing(argument)
  local declared = argument.declared
  return #argument.every == 0 and #argument.sinks == 0 and not (declared and declared.struct)
end

-- Whether loads go by what is no pointer to a struct, which the verifier refuses whatever it is taken for.
local function loads_by_number(argument, t)
  local to = fits.pointee(t)
  return argument.loaded and not (to and fits.is_composite(to))
end

local function holds(argument, target, sig, typed)
  local is_result = argument.number == "return"
  if is_result and sig.ret:resolve().kind == "void" then return tells_nothing(argument) end
  local slot = is_result and "return" or not is_result and sig:slot(argument.number)
  if slot == false then return true end
  if not slot then return false end
  if typed and slot ~= "return" and not is_readable(slot.type) then return false end
  local t = slot == "return" and sig.ret or slot.type
  if typed and loads_by_number(argument, t) then return false end
  local ok, by_structs = fits_all(argument, target, t)
  return ok and not drift.by_names(sig, argument, slot), by_structs
end

-- What the slot of an argument points to by the signature of a target; false for nothing with a name.
local function struct_at(argument, sig)
  local slot = argument.number ~= "return" and sig:slot(argument.number)
  local to = slot and slot ~= "return" and fits.pointee(slot.type)
  return to and to.essential or false
end

-- What stands by a signature of a target where sinking arguments go; true for several at one place.
local function structs_at(record, program, target)
  local sig, at = signature.of(target, attach_of(record, program)), {}
  for _, argument in ipairs(arguments_of(record)) do
    local name = is_sinking(argument) and struct_at(argument, sig)
    for _, sink in ipairs(argument.sinks) do
      if at[sink] == nil then at[sink] = name elseif at[sink] ~= name then at[sink] = true end
    end
  end
  return at
end

--- Adds what stands at the sinks of a program by one more signature to what does by others; false where these
--- do not agree, so that sinks may tell another type.
---@param all table<string, string|boolean>
---@param at table<string, string|boolean> as settled.at() gives it
---@return boolean
function settled.agree(all, at)
  for sink, name in pairs(at) do
    if all[sink] == nil then all[sink] = name end
    if name == true or all[sink] ~= name then return false end
  end
  return true
end

-- Whether what goes to one place is the same on all of those kernels, so that no place tells another type:
-- the keys of their signatures.
local function sinks_agree(record, program, others)
  local there, all, attach = {}, {}, attach_of(record, program)
  for _, target in ipairs(others) do
    local key = signature.key(target, attach, record.text)
    if key and not there[key] then
      there[key] = true
      if not settled.agree(all, structs_at(record, program, target)) then return {} end
    end
  end
  return there
end

-- Whether the sinks of the other kernels, drift.sinks(), can tell nothing of a signature.
local function are_sinks_settled(record, program, key, others)
  if not record.sinks or #others < drift.MOST_OF then return true end
  if record.others ~= others then
    record.others, record.agreed = others, sinks_agree(record, program, others)
  end
  return record.agreed[key] or false
end

-- The key of a signature that arguments fit is kept as it is, several as a table.
local function is_known_fine(record, key)
  local fine = record.fine
  return fine == key or type(fine) == "table" and fine[key] ~= nil
end

local function note_fine(record, key)
  if type(record.fine) == "string" then record.fine = { [record.fine] = true } end
  if record.fine then record.fine[key] = true else record.fine = key end
end

-- Whether all arguments are what they are taken for, but for what sinks tell.
local function is_fine(record, program, key, target)
  if is_known_fine(record, key) then return true end
  local attach, by_structs = attach_of(record, program), false
  local sig, typed = signature.of(target, attach), drift.TYPED[program.attach.form]
  for _, argument in ipairs(arguments_of(record)) do
    local ok, own = holds(argument, target, sig, typed)
    if not ok then return false end
    by_structs = by_structs or own
  end
  if not by_structs then note_fine(record, key) end
  return true
end

-- What is known of a program on a target without a walk: nil for nothing, false for that it has no arguments
-- there, else its record; and the key of its signature.
local function known_of(program, target, options)
  if options and (options.attach or options.type) then return nil end
  local record = record_of(program, target)
  if record.none then return false end
  local key = signature.key(target, attach_of(record, program), record.text)
  if not key then return false end
  if record.open or not is_located(record, target, options) then return nil end
  return record, key
end

--- Whether drift.drifting() gives nothing, with the sinks of the others; false when it takes a walk to tell.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@param others btfl.target[]
---@return boolean
function settled.of(program, target, options, others)
  local record, key = known_of(program, target, options)
  if not record then return record == false end
  return are_sinks_settled(record, program, key, others) and is_fine(record, program, key, target)
end

--- Whether a program may read an argument.
---@param program btfl.program
---@param options? btfl.verdict.options
---@return boolean
function settled.reads(program, options)
  return options and (options.attach or options.type) and true or not record_of(program).none
end

--- program:reads(nil, nil, true). Where the program was looked at before, it is not followed again, once.
---@param program btfl.program
---@return btfl.program.read[]
function settled.fixed_reads(program)
  local records = records_of(program.object, "")
  local record = records[program]
  local fixed = record and record.fixed
  if not fixed then return program:reads(nil, nil, true) end
  record.fixed = nil
  if record.none then records[program] = NONE end
  return fixed
end

local at_of = kept.by(function(record, _, program, target) return structs_at(record, program, target) end)

--- The same where the others are not known yet: whether that is so where the sinks of all agree; and what
--- stands at the sinks by the target's signature: a struct, false for none, true for several. nil where sinks
--- do not matter.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@return boolean
---@return table<string, string|boolean>? at
function settled.alone(program, target, options)
  local record, key = known_of(program, target, options)
  if not record then return record == false end
  return is_fine(record, program, key, target), record.sinks and at_of(record, key, program, target) or nil
end

return settled
