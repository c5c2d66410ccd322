--- What a missing name has become, as an iterator over suggestions: see target:successors in meta.lua.
local argument = require "btfl.argument"
local class = require "btfl.class"
local engine = require "btfl.engine"
local known = require "btfl.successor.known"
local thresholds = require "btfl.successor.thresholds"
local question = require "btfl.successor.question"
local registers = require "btfl.successor.registers"
local routine = require "btfl.successor.routine"

-- Another suggestion with this part of the odds disputes one.
local CLOSE = 4

local metatable = { __name = "btfl.suggestion" }

metatable.__index = argument.of_class("btfl.suggestion", {
  --- C that reads the field (or asks for the type or enumerator) under either name.
  code = function(self)
    local closed = engine.closed(self.type)
    if closed then error(closed, 2) end
    return require(self.signature and "btfl.successor.routine_code" or "btfl.successor.code")(self)
  end,
})

-- Appends what a target or a btf, or each of a list of them, has: its name and its BTFs.
local function add_witnesses(list, value)
  local kind = class(value)
  if kind == "btfl.btf" then
    list[#list + 1] = { name = value.path, btfs = { value } }
  elseif kind == "btfl.target" then
    local btfs = { value.btf }
    for _, btf in value:modules() do btfs[#btfs + 1] = btf end
    list[#list + 1] = { name = value.name, btfs = btfs, target = value }
  else
    for _, one in ipairs(value) do add_witnesses(list, one) end
  end
end

-- The type in C, with the width of a bitfield.
local function declared(t, bits)
  return t:decl() .. (bits and (":%d"):format(bits) or "")
end

local NUMBER = { int = true, enum = true, enum64 = true }

-- Whether what reads the one may read the other for it.
local function alike(old, new)
  old, new = old:resolve(), new:resolve()
  if NUMBER[old.kind] and NUMBER[new.kind] then return true end
  if old.kind ~= new.kind then return false end
  if old.kind == "ptr" then
    old, new = old.type:resolve(), new.type:resolve()
    if old.kind == "func_proto" and new.kind == "func_proto" then return true end
  elseif old.kind == "array" and old.nelems == new.nelems then
    return alike(old.type, new.type)
  end
  return (old:decl()) == (new:decl())
end

-- Of names that went behind a pointer how rare one is that proves alone that it is the same object's.
local RARE = 0.5

-- What speaks against following the pointer on the way; nil for nothing.
local function led_astray(s)
  local before = (s.via or ""):match "^([^%s>]+)%->"
  if not before then return nil end
  local signals = s.signals
  if not s.told and not signals.along and ((signals.name or 0) < 1 or (signals.spread or 0) < RARE) then
    return ("nothing else went behind `%s`, which may be another object"):format(before)
  end
  local found = question.find(s.own, question.parse(before))
  local t = found and found.type
  while t and t.kind ~= "struct" and t.kind ~= "union" do
    if t.kind == "type_tag" and (t.name == "percpu" or t.name == "user") then
      return ("`%s` is a %s pointer"):format(before, t.name)
    end
    t = t.type
  end
  return nil
end

local function odds(score)
  return score / math.max(1 - score, 1e-9)
end

local IS_FIELD = {
  same = true, renamed = true, moved = true, split = true, retyped = true, register = true,
}

-- Why a suggestion is not to be taken for granted; nil when nothing is against it.
local function doubt_of(s, list)
  if s.change == "same" then return nil end
  if s.score < thresholds.suggested then return "it is more often wrong than right" end
  if s.doubt then return s.doubt end
  if s.score < thresholds.sure then return ("it is not sure (%.2f)"):format(s.score) end
  -- A bit whose mask is known can be read for what it was, others of the word's can not.
  local word = IS_FIELD[s.change] and (s.signals.flag or s.signals.bit)
  if word and not (s.mask and NUMBER[s.type:resolve().kind]) then
    return "one bit of it is what the field was"
  end
  if IS_FIELD[s.change] and s.old and not word and not alike(s.old, s.type) then
    return ("its type differs: `%s` became `%s`"):format(declared(s.old, s.old_bits),
      declared(s.type, s.bits))
  end
  local astray = led_astray(s)
  if astray then return astray end
  for _, other in ipairs(s.told and {} or list) do
    if other ~= s and other.score >= thresholds.suggested and odds(other.score) * CLOSE > odds(s.score) then
      return ("`%s` is %s (%.3f)"):format(other.via or other.successor,
        other.score > s.score and "likelier" or "nearly as likely", other.score)
    end
  end
  return nil
end

-- Fills in what Lua knows of a suggestion.
local function complete(s, q, old, by_name)
  s.query, s.old, s.old_bits = q.shown, old and old.type, old and old.bits
  local carried, note = question.parse(s.successor), nil
  if s.change ~= "register" then carried, note = question.carry(q, s.successor, s.type.btf) end
  if s.via then s.via = s.via:gsub("(%->)[%w_.]+$", "%1" .. carried.shown:gsub("^[^.]*%.?", "")) end
  s.successor = carried.shown
  if #carried.names > 1 then
    local found = question.find({ s.type.btf }, carried)
    s.bits = found and found.bits
    if found and IS_FIELD[s.change] then s.type = found.type end
  end
  local was, is = s.old and declared(s.old, s.old_bits), declared(s.type, s.bits)
  local said = { s.evidence }
  if was and was ~= is and s.change ~= "type" and s.change ~= "enumval" then
    said[#said + 1] = ("was `%s`, is `%s`"):format(was, is)
  end
  said[#said + 1], s.doubt = note, note or s.doubt
  if by_name and s.change ~= "same" then
    said[#said + 1] = "by its name alone: no kernel that has it was given"
  end
  s.evidence = table.concat(said, "; ")
  return setmetatable(s, metatable)
end

local function iterate(list)
  local n = 0
  return function()
    n = n + 1
    return list[n]
  end
end

-- What a function or a tracepoint has become.
local function routines(target, q, witnesses, own, options)
  local by_table = options.table ~= false
  local told = by_table and known.routines(q.about, q.name, own) or {}
  local list, is_known = routine.suggest(target, q, question.btfs(witnesses), options.least, told)
  for _, s in ipairs(list) do setmetatable(s, metatable) end
  for _, s in ipairs(list) do s.doubt = doubt_of(s, list) end
  local asked = { path = q.shown, known = is_known, gone = routine.gone(q) }
  if by_table and not told[1] then asked.removed = known.removed_routine(q.about, q.name, target) end
  if asked.removed then
    list, asked.known = {}, true
  elseif not is_known then asked.problem = ("no %s `%s` in any kernel that was given"):format(
    q.about == "func" and "function" or q.about, q.name) end
  return iterate(list), asked
end

-- The question about a function or a tracepoint in `what`; nil when it is about something else.
local function asked_routine(what, witnesses, by_table)
  local q = class(what) ~= "btfl.relo" and routine.parse(what)
  if q or type(what) ~= "string" or what:find "[^%w_]" then return q or nil end
  local btfs = question.btfs(witnesses)
  local parsed = question.parse(what)
  if not parsed then return nil end
  local found, partial = question.find(btfs, parsed)
  if found or partial then return nil end
  return routine.named(what, btfs, by_table and known.routine(what) or nil)
end

-- The question in `what`: parsed, a lone enumerator with its enum; nil and what is wrong with it.
local function asked_for(what, witnesses)
  local q, problem = question.parse(what)
  if not q then return nil, problem end
  if #q.names > 1 or q.keyword then return q end
  local found, partial = question.find(question.btfs(witnesses), q)
  if found or partial then return q end
  local other
  other, problem = question.other(q, witnesses)
  if problem then return nil, problem end
  return other or q
end

local suggest

--- See target:successors in meta.lua.
---@param target btfl.target
---@param what string|btfl.relo|btfl.attach
---@param options? { from?: any, least?: number, table?: boolean }
function suggest(target, what, options)
  options = options or {}
  local path, excerpt = what, nil
  if class(what) == "btfl.relo" then path, excerpt = what.path, what.object.btf end
  local witnesses, all = {}, {}
  if options.from ~= nil then add_witnesses(witnesses, options.from) end
  local btfs = question.btfs(witnesses)
  table.move(witnesses, 1, #witnesses, 1, all)
  if excerpt then all[#all + 1] = { name = what.object.path, btfs = { excerpt } } end
  local knowing = #all
  add_witnesses(all, target)
  local asked_of = asked_routine(what, all, options.table ~= false)
  if asked_of then return routines(target, asked_of, witnesses, all[#all].btfs, options) end
  local q, problem = asked_for(path, all)
  if not q then return iterate {}, { path = path, known = false, problem = problem } end
  local everyone, own = question.btfs(all), table.remove(all)
  local old, there = question.find(question.btfs(all), q), question.find(own.btfs, q)
  local list = {}
  local asked = { path = q.shown }
  if options.table ~= false and not there then
    list = known.successors(q, everyone, own.btfs)
    asked.removed = not list[1] and known.removed(q, everyone, target) or nil
  end
  asked.known = (old or there or list[1] or asked.removed) and true or false
  -- A witness that never had it makes the question a wrong one; without any, its name may tell.
  if not asked.known then
    asked.problem = question.problem(q, knowing > 0 and all or { own })
    if knowing > 0 then return iterate {}, asked end
  end
  if not list[1] and not asked.removed then
    list = registers.successors(q, question.btfs(all), own.btfs)
      or engine.suggest(target, q.path, btfs, excerpt, options.least)
  end
  for rank, s in ipairs(list) do
    s.rank, s.target, s.own, s.witnesses = rank, target, own.btfs, witnesses
    s.ask = function(other, name)
      return suggest(other, name or s.query, { from = options.from, table = options.table })()
    end
    complete(s, q, old, not asked.known)
  end
  for _, s in ipairs(list) do s.doubt = doubt_of(s, list) end
  return iterate(list), asked
end

return suggest
