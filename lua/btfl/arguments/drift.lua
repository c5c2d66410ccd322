--- What stands on a kernel where a program reads an argument, and whether that is what it is taken for.
local alike = require "btfl.arguments.alike"
local class = require "btfl.class"
local evidence = require "btfl.arguments.evidence"
local fits = require "btfl.arguments.fits"
local kept = require "btfl.kept"
local key_of = require "btfl.report.key"
local signature = require "btfl.arguments.signature"

local drift = {}

-- What a program calls a result.
local RESULT_NAMES = { ret = true, retval = true, rc = true, res = true, result = true,
  retv = true, ret_val = true, ["return"] = true, rv = true, err = true }

--- By the form of what they attach to, programs that the verifier gives typed arguments.
drift.TYPED = { func = true, lsm = true, iter = true, tp_btf = true, struct_ops = true }

-- What is asked of a target: its structs may have told something, too.
---@class btfl.drift.asked
---@field target btfl.target
---@field by_structs boolean

local function pointer(asked, t, name, read)
  local ok, own = fits.pointer(asked.target, t, name, read)
  asked.by_structs = asked.by_structs or own
  return ok
end

local function any_fits(asked, t, types)
  for _, one in ipairs(types) do
    if one.by == "access" then
      -- All that is read must be there.
      for _, read in ipairs(one.reads) do
        if pointer(asked, t, one.name, read.use ~= "container" and read or nil) then return true end
      end
    elseif pointer(asked, t, one.name) then
      return true
    end
  end
  return #types == 0
end

-- Whether the verifier refuses a load by the argument, or by what was loaded from there; with `plain`,
-- whether it does because the argument itself is no pointer.
local function refuses_loads(argument, plain)
  for _, read in ipairs(argument.reads) do
    local counts = read.use == "load" and not read.setting and read.refused
    if counts and (not plain or counts == "argument") then return true end
  end
  return false
end

-- The declared name of another slot: the number of the parameter that has it.
local function moved_to(sig, argument, param)
  local name = argument.declared and argument.declared.name
  if not name or not param.name or param.name == name then return nil end
  local found
  for i, other in ipairs(sig.params) do
    if other.name == name then
      if found then return nil end
      found = i
    end
  end
  return found
end

-- By the declaration alone: a result on one kernel, a parameter on another.
local function changes_role(sig, argument, slot)
  local param = argument.declared
  if not sig.sees_result or not param or not param.name then return false end
  if slot == "return" then return argument.last == false and not RESULT_NAMES[param.name] end
  return argument.last and RESULT_NAMES[param.name] and slot.name ~= param.name
end

--- What is told by the names in the source and in a signature: "role", "moved", or nil.
---@param sig btfl.signature
---@param argument table of evidence.lua
---@param slot btfl.param|"return"
---@return string?
function drift.by_names(sig, argument, slot)
  if changes_role(sig, argument, slot) then return "role" end
  return slot ~= "return" and moved_to(sig, argument, slot) and "moved" or nil
end

local function other(asked, sig, argument, slot)
  local t = slot == "return" and sig.ret or slot.type
  if #argument.types > 0 and not any_fits(asked, t, argument.types) then
    if sig.sees_result then
      local candidates = slot == "return" and sig.params or { { type = sig.ret } }
      for _, one in ipairs(candidates) do
        if one.type and fits.pointee(one.type) and any_fits(asked, one.type, argument.types) then
          return "role"
        end
      end
    end
    return "other-type"
  end
  return drift.by_names(sig, argument, slot) or "same"
end

-- How surely it comes to that: the load itself, and one of what tells what it is taken for.
local function sureness(argument, verdict)
  local sure, told = argument.loaded, #argument.types == 0 and evidence.SURE or evidence.SETTING
  -- The verifier stops where it is read, used or not.
  if argument.refused and (verdict == "missing" or verdict == "unreadable") then return sure end
  for _, one in ipairs(argument.types) do told = math.max(told, one.sure or evidence.SURE) end
  return math.min(sure, told, argument.used or evidence.SURE)
end

-- What decides a branch before one of its reads.
local function variable_of(argument)
  for _, read in ipairs(argument.reads) do
    if read.variable then return read.variable end
  end
  return nil
end

local function judge(row, argument, asked, sig, typed)
  local slot
  if argument.number == "return" then
    slot = "return"
    local ret = sig.ret:resolve()
    if ret.kind == "void" then slot = nil end
  else
    slot = sig:slot(argument.number)
  end
  local used = argument.used or typed
  if slot == false then return "same" end
  if argument.number == "return" then
    row.has = sig.ret:decl()
  elseif slot then
    row.is_result = slot == "return"
    row.has = row.is_result and sig.ret:decl() or signature.param_text(slot)
  end
  if argument.refused == "unreadable" then return "unreadable", "rejected" end
  if not slot then
    local saved = argument.saved and not argument.refused and #argument.types == 0
    if not used or saved then return "same" end
    -- Programs read the result of what returns nothing, too, and do nothing with it but print it.
    if argument.number == "return" and #argument.types == 0 then return "same" end
    return "missing", typed and argument.refused and "rejected" or "silent"
  end
  if not argument.used then return "same" end
  local given = slot == "return" and sig.ret or slot.type
  local taken = typed and #argument.types > 0 and given:resolve().kind ~= "struct"
  if taken and refuses_loads(argument, true) then
    return "other-type", "rejected"
  end
  local verdict = other(asked, sig, argument, slot)
  if verdict == "same" then return verdict end
  return verdict, typed and refuses_loads(argument) and "rejected" or "silent"
end

-- Whether it is not known which ways a program goes: whether it may attach there says nothing of them.
local function is_astray(verdict)
  if verdict.verdict ~= "unknown" then return false end
  if not verdict.first then return true end
  for x in verdict:obstacles() do
    if x.stage == "walk" and x.reached == nil then return true end
  end
  return false
end

-- What comes of a row that drifts: its consequence, and the rest.
local function set_consequence(row, sure, argument, options)
  if sure == evidence.SETTING then
    row.consequence, row.variable = "setting", variable_of(argument)
  elseif row.consequence == "rejected" then
    -- Where a walk cannot know which way it goes, it goes both: the verdict tells.
    local verdict = row.program:verdict(row.target, options)
    if is_astray(verdict) then row.consequence, row.doubt = "unknown", verdict.why end
  elseif sure == evidence.UNSURE then
    row.consequence, row.variable = "unknown", variable_of(argument)
    row.doubt = row.variable and ("nobody knows `%s` there"):format(row.variable)
  end
end

local function taken_for(argument)
  local names, by = {}, nil
  for i, one in ipairs(argument.types) do
    names[i], by = ("struct %s *"):format(one.name), by or one.by
  end
  if #names > 0 then return table.concat(names, "|"), by end
  if argument.declared then return argument.declared.text, "declaration" end
  return nil, nil
end

-- The member of a struct that a program of struct_ops is for, which no section says.
local function member_of(program)
  for ops in program.object:struct_ops() do
    for member, one in pairs(ops:programs()) do
      if one == program then return ("struct_ops/%s.%s"):format(ops.type.essential, member) end
    end
  end
  return nil
end

--- What a program attaches to; nil when nobody knows, or it is many.
---@param program btfl.program
---@param options? btfl.verdict.options
---@return btfl.attach|string|nil
function drift.attach_of(program, options)
  local attach = program.attach
  if not attach then return nil end
  if attach.form == "struct_ops" then return member_of(program) end
  if options and type(options.attach) == "string" then
    return ("%s/%s"):format(tostring(attach):match("^[^/]+"), options.attach)
  end
  return attach.name and not attach.pattern and attach or nil
end

-- An argument with what the sinks tell of its type.
local function with_sink(argument, sinks)
  for _, sink in ipairs(evidence.sinks(argument)) do
    if sinks[sink] then
      local types = { { name = sinks[sink], by = "sink", reads = { argument.first } } }
      return setmetatable({ types = types }, { __index = argument })
    end
  end
  return argument
end

-- What an argument is on a target by its signature; nil for none.
local function row_of(program, asked, options, argument, sig, attach)
  local row = { program = program, target = asked.target, argument = argument.number, reads = argument.reads,
    types = argument.types, first = argument.first, signature = sig, declared = argument.declared,
    attach = attach }
  row.taken_for, row.by = taken_for(argument)
  if sig then
    local typed = drift.TYPED[program.attach.form]
    row.verdict, row.consequence = judge(row, argument, asked, sig, typed)
    if row.consequence then set_consequence(row, sureness(argument, row.verdict), argument, options) end
  else
    row.verdict = asked.target:attach(attach).found == false and "target-absent" or "unknown"
  end
  return row
end

-- By what is taken for arguments, what sinks tell, and signature: rows that nothing else of a target tells.
local known_rows = kept.by(function() return {} end)

-- Where such rows are kept, and by which key; nil for nowhere.
local function place_of(list, target, attach, sinks)
  local text = tostring(attach)
  local key, whole = signature.key(target, attach, text)
  if not whole or sinks and (type(sinks) ~= "table" or getmetatable(sinks)) then return nil end
  return known_rows(list, sinks or ""), key_of(text, key)
end

-- The same on another target.
local function on_target(rows, target, sig)
  local out = {}
  for i, row in ipairs(rows) do
    local own = {}
    for name, value in pairs(row) do own[name] = value end
    own.target, own.signature = target, sig
    out[i] = own
  end
  return out
end

--- What each argument that a program reads on a target is there. `sinks`, by what evidence.sinks() gives,
--- are the structs that other kernels have at those places, or give them.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@param sinks? table<string, string>|fun(): table<string, string>
---@param list? table[] evidence.of() of it, where that is known
---@return btfl.program.argument[]
function drift.arguments(program, target, options, sinks, list)
  local attach, rows = drift.attach_of(program, options), {}
  if not attach then return rows end
  list = list or alike.evidence(program, target, options)
  if #list == 0 then return rows end
  local sig = signature.kept(target, attach, tostring(attach)) or nil
  local known, key = place_of(list, target, attach, sinks)
  if known and known[key] then return on_target(known[key], target, sig) end
  local of_target, asked = false, { target = target, by_structs = false }
  for i, argument in ipairs(list) do
    if #argument.types == 0 or argument.types[1].by == "declaration" then
      if type(sinks) == "function" and #evidence.sinks(argument) > 0 then sinks = sinks() end
      argument = type(sinks) == "table" and with_sink(argument, sinks) or argument
    end
    rows[i] = row_of(program, asked, options, argument, sig, attach)
    of_target = of_target or rows[i].consequence ~= nil
  end
  if known and sig and not (of_target or asked.by_structs) then known[key] = on_target(rows) end
  return rows
end

--- Those of drift.arguments() that are not what the program takes them for.
---@return btfl.program.argument[]
function drift.drifting(program, target, options, sinks)
  local list = {}
  for _, row in ipairs(drift.arguments(program, target, options, sinks)) do
    if row.consequence then list[#list + 1] = row end
  end
  return list
end

--- Kernels of which most can be told.
local MOST_OF = 3
drift.MOST_OF = MOST_OF

local worded = kept.of_kernel(function(target, text, attach)
  local sig = signature.kept(target, attach, text)
  return sig and tostring(sig)
end)

-- Where all kernels have the same parameters nothing drifts.
local function differs(texts)
  local first
  for _, text in ipairs(texts) do
    first = first or text
    if text and text ~= first then return true end
  end
  return false
end

--- What a target has where the arguments of a program go.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@param list? table[] evidence.of() of it, where that is known
---@return { sinks: string[], name: string|false }[] of each argument, with the struct that it is
function drift.at_sinks(program, target, options, list)
  local attach, out = drift.attach_of(program, options), {}
  list = list or alike.evidence(program, target, options)
  local sig = #list > 0 and signature.kept(target, attach, tostring(attach)) or nil
  for i, argument in ipairs(sig and list or {}) do
    local slot = argument.number ~= "return" and sig:slot(argument.number)
    local to = slot and slot ~= "return" and fits.pointee(slot.type)
    local name = to and fits.is_composite(to) and to.essential or false
    out[i] = { sinks = evidence.sinks(argument), name = name }
  end
  return out
end

local function count(seen, argument)
  for _, sink in ipairs(argument.sinks) do
    local counts = seen[sink] or { all = 0, by_name = {} }
    seen[sink] = counts
    counts.all = counts.all + 1
    local name = argument.name
    if name then counts.by_name[name] = (counts.by_name[name] or 0) + 1 end
  end
end

--- The structs that most kernels have at sinks.
---@param there { sinks: string[], name: string|false }[][] by kernel, as drift.at_sinks() gives them
---@return table<string, string> by what evidence.sinks() gives
function drift.most(there)
  local seen, out = {}, {}
  for _, arguments in ipairs(there) do
    for _, argument in ipairs(arguments) do count(seen, argument) end
  end
  for sink, counts in pairs(seen) do
    for name, number in pairs(counts.by_name) do
      if number * 2 > counts.all and counts.all >= MOST_OF then out[sink] = name end
    end
  end
  return out
end

--- What drift.sinks() needs of a target: a plain value.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@return { text: string|false, there: table[]|false } the parameters there, and drift.at_sinks()
function drift.told(program, target, options)
  local attach = drift.attach_of(program, options)
  if not attach then return { text = false, there = false } end
  return { text = worded(target, tostring(attach), attach) or false,
    there = not program.object:clash(target) and drift.at_sinks(program, target, options) }
end

--- The structs that most of the targets have where arguments go of which the program itself does not tell
--- what they are.
---@param program btfl.program
---@param list (btfl.target|table)[] or what drift.told() told of them
---@param options? btfl.verdict.options
---@return table<string, string> by what evidence.sinks() gives
function drift.sinks(program, list, options)
  local attach, texts, there = drift.attach_of(program, options), {}, {}
  if not attach or #list < MOST_OF then return {} end
  for i, one in ipairs(list) do
    if class(one) == "btfl.target" then
      texts[i] = worded(one, tostring(attach), attach) or false
    else
      texts[i] = one.text
    end
  end
  if not differs(texts) then return {} end
  for _, one in ipairs(list) do
    if class(one) ~= "btfl.target" then
      there[#there + 1] = one.there or nil
    elseif not program.object:clash(one) then
      there[#there + 1] = drift.at_sinks(program, one, options)
    end
  end
  return drift.most(there)
end

return drift
