--- Whether no argument of a program drifts on a target, as far as that is told without following the
--- program there. What it reads along all of its ways is found once, and what it may be taken for on any
--- kernel, all of it, must fit. That follows for all kernels whose signatures are alike, but where it takes
--- their structs to tell.
local drift = require "btfl.arguments.drift"
local evidence = require "btfl.arguments.evidence"
local fits = require "btfl.arguments.fits"
local kept = require "btfl.kept"
local signature = require "btfl.arguments.signature"

local settled = {}

-- What one type is told by, of which fits.pointer() is asked: each access once, and whether there is anything
-- else, which is not.
local function told_by(one)
  local out, known = { name = one.name, reads = {} }, {}
  for _, read in ipairs(one.reads) do
    if one.by ~= "access" or read.use == "container" then
      out.otherwise = true
    else
      local path = read.relo and read.relo.path
      if not known[path or false] then table.insert(out.reads, { relo = path and { path = path } }) end
      known[path or false] = true
    end
  end
  return out
end

-- Of an argument what is asked for each kernel: all programs of a run are kept so.
local function in_short(argument)
  local out = { number = argument.number, declared = argument.declared, last = argument.last, every = {},
    sinks = evidence.sinks(argument) }
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

-- What is found once of a program: `open` when its reads differ by kernel, `none` when there are none.
local function look_at(program, arch)
  local record = { fine = {}, sinking = {} }
  local attach = drift.attach_of(program)
  if not attach then
    record.none = true
    return record
  end
  local list, whole, located, reads = evidence.of(program, arch)
  if evidence.has_arguments(program) then record.fixed = fixed_in(reads) end
  record.open, record.none, record.located = not whole, whole and #list == 0, located
  record.list, record.attach, record.text = {}, attach, tostring(attach)
  record.typed = drift.TYPED[program.attach.form]
  for i, argument in ipairs(list) do
    record.list[i] = in_short(argument)
    if #record.list[i].sinks > 0 then table.insert(record.sinking, record.list[i]) end
  end
  return record
end

-- By architecture, where the object does not tell its own. Handles of programs go and come.
local records_of = kept.by(function() return {} end)

local function record_of(program, target)
  local records, arch = records_of(program.object, program), nil
  if target and program.attach and HAS_REGISTERS[program.attach.form] and not program.object.arch then
    arch = target.arch
  end
  local key = arch or ""
  records[key] = records[key] or look_at(program, arch)
  return records[key]
end

-- Whether arguments stand in the context where the object was compiled to find them. A kernel of another byte
-- order tells nothing else.
local function is_located(record, target, options)
  local located = record.located
  if #located == 0 or located[1].object:clash(target) then return true end
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
  local function fit(name, read)
    local ok, own = fits.pointer(target, t, name, read)
    by_structs = by_structs or own
    return ok
  end
  for _, one in ipairs(argument.every) do
    local ok = fit(one.name)
    if not ok and one.otherwise then return false end
    for _, read in ipairs(ok and {} or one.reads) do
      if not fit(one.name, read) then return false end
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
local function structs_at(record, target)
  local sig, at = signature.of(target, record.attach), {}
  for _, argument in ipairs(record.sinking) do
    local name = struct_at(argument, sig)
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
local function sinks_agree(record, others)
  local there, all = {}, {}
  for _, target in ipairs(others) do
    local key = signature.key(target, record.attach, record.text)
    if key and not there[key] then
      there[key] = true
      if not settled.agree(all, structs_at(record, target)) then return {} end
    end
  end
  return there
end

-- Whether the sinks of the other kernels, drift.sinks(), can tell nothing of a signature.
local function are_sinks_settled(record, key, others)
  if #record.sinking == 0 or #others < drift.MOST_OF then return true end
  if record.others ~= others then record.others, record.agreed = others, sinks_agree(record, others) end
  return record.agreed[key] or false
end

-- Whether all arguments are what they are taken for, but for what sinks tell.
local function is_fine(record, key, target)
  if record.fine[key] then return true end
  local sig, by_structs = signature.of(target, record.attach), false
  for _, argument in ipairs(record.list) do
    local ok, own = holds(argument, target, sig, record.typed)
    if not ok then return false end
    by_structs = by_structs or own
  end
  if not by_structs then record.fine[key] = true end
  return true
end

-- What is known of a program on a target without a walk: nil for nothing, false for that it has no arguments
-- there, else its record; and the key of its signature.
local function known_of(program, target, options)
  if options and (options.attach or options.type) then return nil end
  local record = record_of(program, target)
  if record.none then return false end
  local key = signature.key(target, record.attach, record.text)
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
  return are_sinks_settled(record, key, others) and is_fine(record, key, target)
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
  local record = records_of(program.object, program)[""]
  local fixed = record and record.fixed
  if not fixed then return program:reads(nil, nil, true) end
  record.fixed = nil
  return fixed
end

local at_of = kept.by(function(record, _, target) return structs_at(record, target) end)

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
  return is_fine(record, key, target), #record.sinking > 0 and at_of(record, key, target) or nil
end

return settled
