--- Reads of a kernel's memory at places that no relocation gives: which they are of a program, and where they
--- lead on an open kernel.
local alike = require "btfl.arguments.alike"
local drift = require "btfl.arguments.drift"
local evidence = require "btfl.arguments.evidence"
local fits = require "btfl.arguments.fits"
local kept = require "btfl.kept"
local layout = require "btfl.arguments.layout"
local settled = require "btfl.arguments.settled"
local signature = require "btfl.arguments.signature"

local reading = {}

-- A struct of which a BTF has only the name may be described elsewhere on the kernel.
local function described(target, t)
  if not t or t.kind ~= "fwd" then return t end
  local kind = t.fwd_kind
  local found = target.btf:find(t.name, kind)
  for _, module in target:modules() do found = found or module:find(t.name, kind) end
  return found
end

-- The struct behind a pointer; nil when it points to none.
local function struct_behind(target, t)
  local to = described(target, fits.pointee(t) or nil)
  return fits.is_composite(to) and to.name and to or nil
end

-- The struct that the argument points to.
local function root_of(read, target, attach)
  if read.argument == "task" then return target.btf:find("task_struct", "struct") end
  local sig = attach and signature.of(target, attach)
  if not sig then return nil end
  local slot = read.argument
  if slot ~= "return" then slot = sig:slot(slot) end
  if not slot then return nil end
  return struct_behind(target, slot == "return" and sig.ret or slot.type)
end

-- The struct that a pointer leads to which was loaded from a struct.
local function step_from(t, step, target, policy)
  if step.nested then return nil end
  local place = step.offset
  if step.relo then
    local result = step.relo:resolve(target, { policy = policy })
    if not result.ok or not result.candidate then return nil end
    t = result.candidate:resolve()
    if not fits.is_composite(t) then return nil end
    local path = step.relo.path:match "^[^.%[]+%.(.+)$"
    local member = step.offset == 0 and path and t:member(path)
    if member then return struct_behind(target, member.type) end
    place = place + result.value
  end
  local path, leaf, rest = t:at(place)
  return path and rest == 0 and struct_behind(target, leaf) or nil
end

-- The struct that is read, nil when nobody knows; and the structs that the way there leads through, by step.
local function struct_of(read, target, attach, policy)
  local from, through = read.from or {}, {}
  local first = from[#from]
  -- The relocation says itself what the argument is.
  local t = not (first and first.relo) and root_of(read, target, attach) or nil
  for i = #from, 1, -1 do
    if not t and not from[i].relo then return nil end
    through[i] = t
    t = step_from(t, from[i], target, policy)
    if not t then return nil end
  end
  return t, through
end

local function key_of(read)
  local parts = { read.program.section, read.program.offset, read.insn, read.argument, read.offset, read.use }
  for _, step in ipairs(read.from or {}) do
    -- Several relocations add up to another offset on each kernel.
    local offset = step.nested and 0 or step.offset
    parts[#parts + 1] = ("%d/%s"):format(offset, step.relo and step.relo.index or "-")
  end
  return table.concat(parts, " ")
end

--- Adds the reads of interest by key, in order.
---@param list btfl.program.read[]
---@param order string[]
---@param by_key table<string, btfl.program.read>
function reading.collect(list, order, by_key)
  for _, read in ipairs(list) do
    local key = key_of(read)
    if read.offset >= 0 and not by_key[key] then order[#order + 1], by_key[key] = key, read end
  end
end

local HAS_REGISTERS = { kprobe = true, kprobe_multi = true }

---@class btfl.reading what a program reads so on any kernel
---@field number integer
---@field program btfl.program
---@field options btfl.verdict.options
---@field order string[] its reads, by key
---@field by_key table<string, btfl.program.read>
---@field attach btfl.attach|string|nil
---@field bare boolean the object has no record of CO-RE
---@field registers boolean it finds arguments in registers
---@field asks boolean what it does may differ by kernel

---@class btfl.reading.place where a read leads on a kernel
---@field struct btfl.type
---@field through table<integer, btfl.type> the structs that the way there leads through, by step
---@field beyond boolean? it reads behind the end
---@field starts_others boolean? then: other structs start with that one

local numbers = 0

--- That of a program.
---@param program btfl.program
---@param options btfl.verdict.options
---@param bare boolean
---@param asks boolean
---@return btfl.reading
function reading.of(program, options, bare, asks)
  numbers = numbers + 1
  local out = { number = numbers, program = program, options = options, order = {}, by_key = {},
    bare = bare, asks = asks, registers = program.attach and HAS_REGISTERS[program.attach.form] or false }
  reading.collect(settled.fixed_reads(program), out.order, out.by_key)
  out.attach = drift.attach_of(program, options)
  return out
end

-- While an ask is held, which rests with its object.
local reads_by = kept.by(function() return setmetatable({}, { __mode = "k" }) end)

local function reads_of(owner, ask, target)
  local by_ask = reads_by(owner, "reads")
  if not by_ask[ask] then
    local known = {}
    for _, read in ipairs(alike.reads(ask.program, target, ask.options)) do
      if evidence.is_fixed(read) then known[key_of(read)] = read end
    end
    by_ask[ask] = known
  end
  return by_ask[ask]
end

--- Whether nothing tells what it was compiled for: then a kernel on which it reads anything does.
---@param ask btfl.reading
---@return boolean
function reading.is_open(ask)
  return #ask.order == 0 and ask.registers and ask.bare and not ask.program.object.arch
end

--- Whether it reads anything so on a target.
---@param ask btfl.reading
---@param target btfl.target
---@return boolean
function reading.reads_on(ask, target)
  return next(reads_of(target, ask, target)) ~= nil
end

--- Whether it cannot be read on some kernels.
---@param ask btfl.reading
---@return boolean
function reading.is_particular(ask)
  return (ask.registers or ask.bare) and ask.program.object.arch ~= nil
end

--- Whether a kernel is one that it can be read on: programs find arguments in registers of one architecture,
--- and what has no record was compiled for one.
---@param ask btfl.reading
---@param kernel btfl.target
---@return boolean
function reading.fits(ask, kernel)
  if not reading.is_particular(ask) then return true end
  local there = kernel.arch
  return not there or there == ask.program.object.arch
end

--- Where a read leads on a target; nil when nobody knows.
---@param ask btfl.reading
---@param key string
---@param target btfl.target
---@param policy? btfl.policy|string
---@return btfl.reading.place?
function reading.place(ask, key, target, policy)
  local read = ask.by_key[key]
  local t, through = struct_of(read, target, ask.attach, policy)
  if not t then return nil end
  local beyond = read.argument ~= "task" and layout.at(t, read.offset).state == "beyond"
  return { struct = t, through = through, beyond = beyond,
    starts_others = beyond and layout.starts_others(t) or nil }
end

local STOPPED = { rejected = true, refused = true, error = true }

-- What libbpf does not open has a loader of its own.
local function may_load(verdict)
  return not STOPPED[verdict.verdict] or verdict.rule == "open"
end

local loads = kept.of_kernel(function(target, _, ask)
  return may_load(ask.program:verdict(target, ask.options))
end)

-- The reads of the program that a verifier reaches, by key. An object that asks no kernel for anything is
-- walked once for all of them.
local function reached_reads(ask, target)
  return reads_of(ask.asks and target or ask, ask, target)
end

-- Whether the program is not rejected where its loads are of no member.
local function loads_on(ask, target)
  local attach = ask.program.attach
  if not (attach and drift.TYPED[attach.form]) then return true end
  return loads(target, ask.number, ask)
end

--- The read where a program loads on a target and comes there, else nil.
---@param ask btfl.reading
---@param key string
---@param target btfl.target
---@return { unsure: boolean?, setting: boolean?, variable: string? }?
function reading.coming(ask, key, target)
  return loads_on(ask, target) and reached_reads(ask, target)[key] or nil
end

return reading
