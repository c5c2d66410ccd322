--- What is kept of a kernel for an object, in one shape of a tool: plain values that answer, when the kernel
--- is closed, what closed.lua is asked of it. What is asked is known before: it is about names that the
--- object has.
local argued = require "btfl.ladder.argued"
local drift = require "btfl.arguments.drift"
local engine = require "btfl.engine"
local fixed = require "btfl.arguments.fixed"
local instead = require "btfl.diagnose.instead"
local kept = require "btfl.kept"
local key_of = require "btfl.report.key"
local live = require "btfl.facts.live"
local modules = require "btfl.kernels.modules"
local questions = require "btfl.ladder.questions"
local reading = require "btfl.arguments.reading"
local reached = require "btfl.diagnose.reached"
local settled = require "btfl.arguments.settled"
local signature = require "btfl.arguments.signature"

local record = {}

--- By what a root is asked for.
---@param root btfl.type
---@return string
function record.root_key(root)
  return ("%s %s"):format(root.kind, root.essential)
end

--- By what an access is, wherever it stands.
---@param relo btfl.relo
---@return string
function record.access_key(relo)
  return ("%d %s %s"):format(relo.type.id, relo.access, relo.kind)
end

--- By what an attach point is.
---@param attach { form: string, name: string, module: string? }
---@return string
function record.attach_key(attach)
  return ("%s %s %s"):format(attach.form, attach.name, attach.module or "-")
end

-- Forms of attaching whose names are looked up in the kernel's BTF.
local LOOKED_UP = { func = true, lsm = true, iter = true, tp_btf = true }

-- What a program attaches to, as an obstacle names it; nil where nothing is looked up.
local function place_of(program, options)
  local attach, given = program.attach, options.attach
  local name = given and given:match "^[^:]*:(.*)" or given or attach and attach.name
  return name and attach and LOOKED_UP[attach.form] and { form = attach.form, name = name } or nil
end

local function ask_of_program(asks, program, options, known)
  local place, attach = place_of(program, options), drift.attach_of(program, options)
  if place then asks.places[record.attach_key(place)] = place end
  if attach and not options.only and settled.reads(program, options) then
    table.insert(asks.programs, { program = program, options = options })
    local text = tostring(attach)
    if not known[text] then
      known[text] = true
      asks.attaches[#asks.attaches + 1] = text
      asks.attached[#asks.attaches] = #asks.programs
    end
  end
end

--- The number of an attach point among those that are asked for.
---@param asks table of record.asks()
---@param attach string
---@return integer?
function record.attach_number(asks, attach)
  for i, text in ipairs(asks.attaches) do
    if text == attach then return i end
  end
  return nil
end

local function ask_of_relo(asks, relo, known)
  if questions.exists(relo) then return end
  if relo.type.essential then asks.roots[record.root_key(relo.type)] = relo.type end
  local key = relo.path:find(".", 1, true) and record.access_key(relo)
  if key and relo.accessor and not known[key] then
    known[key] = true
    table.insert(asks.relos, { key = key, relo = relo })
  end
end

-- The programs that ask a kernel what it has, and what.
local function ask_of_ladders(asks, object, places)
  for program in object:programs() do
    local is_asked = questions.of(program)
    if is_asked then
      local relos = questions.asked(program, is_asked)
      local place = argued.place(program)
      table.insert(asks.ladders, { program = program, place = place, relos = relos, known = {} })
      places[place] = true
      for _, relo in ipairs(relos) do
        asks.questions[#asks.questions + 1] = relo
        asks.question[relo.index] = #asks.questions
      end
    end
  end
end

local function has_ladders(places, program)
  for part in program:linked() do
    if places[argued.place(part)] then return true end
  end
  return nil
end

-- What is told of all kernels together.
local function ask_together(asks, object, options)
  if options.verdict and options.verdict.only then return end
  asks.readings = fixed.asks(object, options)
  local places = {}
  ask_of_ladders(asks, object, places)
  for _, one in ipairs(#asks.ladders > 0 and asks.programs or {}) do
    one.has_ladders = has_ladders(places, one.program)
  end
end

-- What most objects do not ask for is one table.
local NOTHING <const> = kept.shared(setmetatable({}, {
  __newindex = function() error "nothing is asked here" end,
}))

local function without_empty(asks)
  for name, value in pairs(asks) do
    if type(value) == "table" and next(value) == nil then asks[name] = NOTHING end
  end
  return asks
end

--- What an object asks of each kernel. What only the first kernel is asked of that can tell is asked of no
--- later one with the same, but where each record is to be whole.
---@param object btfl.object
---@param options btfl.check.options
---@param whole boolean
---@return table
function record.asks(object, options, whole)
  -- Of all objects of a run these are kept: sixteen fields, with those that run.lua adds.
  local asks = { object = object, roots = {}, relos = {}, programs = {}, attaches = {}, attached = {},
    places = {}, readings = {}, ladders = {}, questions = {}, question = {} }
  local known = {}
  for program, own in reached.programs(object, options) do ask_of_program(asks, program, own, known) end
  for _, relo in ipairs(engine.distinct_relos(object)) do ask_of_relo(asks, relo, known) end
  ask_together(asks, object, options)
  without_empty(asks)
  asks.options, asks.whole = options, whole or nil
  return asks
end

local has_root = kept.of_kernel(function(target, _, root) return modules.has(target.btf, root) end)

local is_absent = kept.of_kernel(function(target, _, place) return target:attach(place).found == false end)

-- By attach point and key of the signature, where the key tells how it is written.
local known_words = {}

local words_of = kept.of_kernel(function(target, text, asked)
  local attach = drift.attach_of(asked.program, asked.options)
  local key, whole = engine.signature_key(target, attach)
  key = whole and key_of(text, key)
  if key and known_words[key] then return known_words[key] end
  local sig = signature.of(target, attach)
  local words = sig and signature.worded(sig) or false
  if key then known_words[key] = words end
  return words
end)

-- The structs that a relocation steps through, as far as they have names of members.
local function steps_of(relo, target, policy, store)
  local result, list = relo:resolve(target, { policy = policy }), {}
  for t, _, element in result.accessor:steps() do
    list[#list + 1] = element and element.name
      and { struct = store.value(instead.having(t)), name = element.name } or false
  end
  return list
end

local function members_of(asks, target, outcomes, store)
  local members, left = {}, {}
  for _, one in ipairs(asks.relos) do
    if engine.outcome(outcomes, one.relo.index) then
      members[one.key] = steps_of(one.relo, target, asks.options.policy, store)
    else
      left[#left + 1] = one
    end
  end
  if not asks.whole then asks.relos = left end
  return members
end

local function signatures_of(asks, target, store)
  local signatures = {}
  for i, text in ipairs(asks.attaches) do
    local words = words_of(target, text, asks.programs[asks.attached[i]])
    signatures[i] = words and store.value(words)
  end
  return signatures
end

-- Where reads that no relocation finds lead, by program and read.
local function places_of(asks, kernels, target, store)
  local out = {}
  for i, ask in ipairs(asks.readings) do
    for n, key in ipairs(#ask.order > 0 and reading.fits(ask, target) and ask.order or {}) do
      local place = kernels:place(target, ask, key)
      if place then
        local through = {}
        for step, t in pairs(place.through) do through[step] = store.type(t) end
        local read = not place.beyond and kernels:coming(target, ask, key)
        out[i] = out[i] or {}
        out[i][n] = { struct = store.type(place.struct), through = through, beyond = place.beyond,
          starts_others = place.starts_others, coming = read and { unsure = read.unsure,
            setting = read.setting, variable = read.variable } or nil }
      end
    end
  end
  return out
end

-- Which programs read anything so there, of those that tell of it by kernels alone.
local function reading_on(asks, target)
  local out = {}
  for i, ask in ipairs(asks.readings) do
    if reading.is_open(ask) and reading.reads_on(ask, target) then out[i] = true end
  end
  return out
end

-- A branch with its relocations as numbers.
local function plain_branch(branch)
  local out = {}
  for name, value in pairs(branch) do out[name] = value end
  out.relos = {}
  for i, relo in ipairs(branch.relos) do out.relos[i] = relo.index end
  return out
end

-- The ways of programs for answers that are new.
local function branches_of(asks, kernels, target)
  local out = {}
  for _, one in ipairs(asks.ladders) do
    local key = questions.key(one.relos, target, kernels)
    if not one.known[key] then
      one.known[key] = not asks.whole
      -- They go by what the key asked, and by nothing else that is asked there.
      local branches, list = engine.recall_unheard(kernels.branches, kernels, target, one.program, key), {}
      for _, branch in pairs(branches.at) do list[#list + 1] = plain_branch(branch) end
      table.sort(list, function(a, b) return a.insn < b.insn end)
      table.insert(out, { place = one.place, key = key, list = list, places = branches.places })
    end
  end
  return out
end

local function answers_of(asks, kernels, target)
  local answers = {}
  for i, relo in ipairs(asks.questions) do answers[i] = kernels:answer(target, relo) end
  return answers
end

--- What is kept of a kernel of another byte order.
---@param asks table of record.asks()
---@param target btfl.target
---@param store btfl.facts.store
---@return table
function record.of_clash(asks, target, store)
  local sinks = {}
  for i, one in ipairs(asks.programs) do
    local _, at = settled.alone(one.program, target, one.options)
    sinks[i] = at and store.value(at) or false
  end
  return { signatures = signatures_of(asks, target, store), sinks = sinks }
end

--- What is kept of a kernel.
---@param asks table of record.asks()
---@param target btfl.target
---@param store btfl.facts.store
---@param found { at: table, walks: table, counts: table } of arguments, by program, as run.lua finds them
---@return table
function record.of(asks, target, store, found)
  local options = { policy = asks.options.policy }
  local kernels = live.of(asks.object, {}, options.policy)
  local out = { signatures = signatures_of(asks, target, store), sinks = {}, modules = {}, absent = {},
    walks = found.walks, counts = found.counts, places = places_of(asks, kernels, target, store),
    answers = answers_of(asks, kernels, target),
    branches = branches_of(asks, kernels, target), reading = reading_on(asks, target),
    outcomes = engine.outcomes(asks.object, target, options) }
  out.members = #asks.relos > 0 and members_of(asks, target, out.outcomes, store) or {}
  for i, one in ipairs(asks.programs) do
    local there = found.at[one.program.name]
    out.sinks[i] = there and store.value(there) or false
  end
  for key, root in pairs(asks.roots) do
    if not has_root(target, key, root) then out.modules[key] = kernels:module_of(target, root) end
  end
  for key, place in pairs(asks.places) do
    if is_absent(target, key, place) then out.absent[key] = true end
  end
  return out
end

return record
