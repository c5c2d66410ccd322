--- What the kernels of a run tell of an object when they are closed: what live.lua does, by what record.lua
--- kept of each.
local argued = require "btfl.ladder.argued"
local class = require "btfl.class"
local drift = require "btfl.arguments.drift"
local drifts = require "btfl.diagnose.drifts"
local engine = require "btfl.engine"
local key_of = require "btfl.report.key"
local live = require "btfl.facts.live"
local record = require "btfl.facts.record"
local settled = require "btfl.arguments.settled"

---@class btfl.facts.kernel what is known of a kernel that is closed
---@field name string
---@field path string
---@field endian "little"|"big"
---@field release string?
---@field version string?
---@field arch string?
---@field flavour string?

local methods = setmetatable({}, { __index = live.methods })
local metatable = { __index = methods }

-- What there is once of a list of kernels: objects mostly have the same one, one after the other.
local last = {}

local function known_of(list)
  if last.list ~= list then
    local places = {}
    for n, kernel in ipairs(list) do places[kernel] = n end
    last = { list = list, places = places, compared = {}, order = {}, became = {} }
  end
  return last
end

function methods:compared()
  local known = known_of(self.list).compared
  known[self.endian] = known[self.endian] or live.methods.compared(self)
  return known[self.endian]
end

function methods:in_order()
  local known = known_of(self.list).order
  known[self.endian] = known[self.endian] or live.methods.in_order(self)
  return known[self.endian]
end

local function record_of(self, kernel)
  return self.records[known_of(self.list).places[kernel]]
end

function methods:like(kernel)
  return self.first[record_of(self, kernel)]
end

-- Where stretches of a list begin, and the last ends.
local function starts_of(self, list)
  local starts, places, before = {}, known_of(self.list).places, nil
  for n, kernel in ipairs(list) do
    local own = self.records[places[kernel]]
    if own ~= before then starts[#starts + 1] = n end
    before = own
  end
  starts[#starts + 1] = #list + 1
  return starts
end

function methods:cases(list)
  local starts, i = self.starts[list], 0
  if not starts then
    starts = starts_of(self, list)
    self.starts[list] = starts
  end
  return function()
    i = i + 1
    if i == #starts then return nil end
    return self:like(list[starts[i]]), starts[i], starts[i + 1] - 1
  end
end

function methods:outcome(kernel, relo)
  local ok, reason, candidate = engine.outcome(record_of(self, kernel).outcomes, relo.index)
  return { ok = ok, reason = reason, candidate = candidate or nil }
end

function methods:module_of(kernel, root)
  return record_of(self, kernel).modules[record.root_key(root)]
end

function methods:member(kernel, relo, step)
  local steps = record_of(self, kernel).members[record.access_key(relo)]
  local one = steps and steps[step + 1]
  if not one then return nil end
  return self.store:value(one.struct), one.name
end

function methods:found(kernel, attach)
  local key = self.keys[attach] or record.attach_key(attach)
  self.keys[attach] = key
  if self.asks.places[key] then return not record_of(self, kernel).absent[key] end
  return self:open(kernel):attach(attach).found
end

function methods:signature(kernel, attach)
  local number = record.attach_number(self.asks, attach)
  local digest = number and record_of(self, kernel).signatures[number]
  return digest and self.store:value(digest) or nil
end

function methods:answer(kernel, relo)
  return record_of(self, kernel).answers[self.asks.question[relo.index]]
end

-- The branches as program:branches() gives them.
local function with_relos(branches, relos)
  local at = {}
  for _, branch in ipairs(branches.list) do
    for i, index in ipairs(branch.relos) do branch.relos[i] = relos[index] end
    at[branch.insn] = branch
  end
  return { at = at, places = branches.places }
end

-- By function and answers: of the first kernel that answers so.
local function all_branches(self)
  local relos, known = {}, {}
  for relo in self.asks.object:relos() do relos[relo.index] = relo end
  for _, own in ipairs(self.distinct) do
    for _, branches in ipairs(own.branches or {}) do
      local key = key_of(branches.place, branches.key)
      known[key] = known[key] or with_relos(branches, relos)
    end
  end
  return known
end

function methods:branches(_, program, key)
  self.ways = self.ways or all_branches(self)
  return self.ways[key_of(argued.place(program), key)]
end

-- The number of a reading, and of a read in it.
local function number_of(list, one)
  for i, other in ipairs(list) do
    if other == one then return i end
  end
  return nil
end

local function place_of(self, kernel, ask, key)
  local places = record_of(self, kernel).places[number_of(self.asks.readings, ask)]
  return places and places[number_of(ask.order, key)]
end

function methods:place(kernel, ask, key)
  local place = place_of(self, kernel, ask, key)
  if not place then return nil end
  local through = {}
  for step, t in pairs(place.through) do through[step] = self.store:type(t) end
  return { struct = self.store:type(place.struct), through = through, beyond = place.beyond,
    starts_others = place.starts_others }
end

function methods:coming(kernel, ask, key)
  return place_of(self, kernel, ask, key).coming
end

function methods:reads_on(kernel, ask)
  return record_of(self, kernel).reading[number_of(self.asks.readings, ask)] or false
end

-- Arguments, of which those of other kernels tell by what stands where they go.

-- Whether kernels that have it have it otherwise.
local function differs(self, attach)
  local first, number = nil, record.attach_number(self.asks, attach)
  for _, own in ipairs(self.distinct) do
    local digest = own.signatures[number]
    first = first or digest
    if digest and digest ~= first then return true end
  end
  return false
end

local function walk_of(own, program)
  return own.walks and own.walks[program.name]
end

-- Whether what stands at the sinks of a program is the same on all kernels; and whether a walk asked for it.
local function sinks_agree(self, i, program)
  local all, agree, asked = {}, true, false
  for _, own in ipairs(self.distinct) do
    local digest, walk = own.sinks[i], walk_of(own, program)
    if digest and not settled.agree(all, self.store:value(digest)) then agree = false end
    asked = asked or walk ~= nil and next(walk.asked) ~= nil
  end
  return agree, asked
end

-- What most kernels have at the sinks of a program; and whether the sinks of all agree.
local function sinks_of(self, i)
  local known = self.sinks[i]
  if known then return known end
  local one = self.asks.programs[i]
  local agree, asked = sinks_agree(self, i, one.program)
  known = { agree = agree or #self.list < drift.MOST_OF, most = {} }
  self.sinks[i] = known
  local attach = tostring(drift.attach_of(one.program, one.options))
  if #self.list < drift.MOST_OF or agree and not asked or not differs(self, attach) then return known end
  local there = {}
  for kernel in self:comparable() do
    local counts = record_of(self, kernel).counts[one.program.name]
    there[#there + 1] = counts or drift.at_sinks(one.program, self:open(kernel), one.options)
  end
  known.most = drift.most(there)
  return known
end

-- Whether what was found of a program, of which that was kept, is what is found by the sinks of all. Where no
-- walk was needed, and what most have stands at each, none is.
local function stands(self, i, own)
  local sinks, walk = sinks_of(self, i), walk_of(own, self.asks.programs[i].program)
  for sink, name in pairs(walk and walk.asked or {}) do
    if (sinks.most[sink] or false) ~= name then return false end
  end
  if walk or sinks.agree then return true end
  local digest = own.sinks[i]
  for sink, name in pairs(digest and self.store:value(digest) or {}) do
    if sinks.most[sink] and sinks.most[sink] ~= name then return false end
  end
  return true
end

-- A walk by the sinks of all: what there is to say, and the rows.
local function walked_again(self, i, kernel)
  local key = key_of(i, kernel.number)
  if not self.again[key] then
    local one = self.asks.programs[i]
    local found, rows = drifts.walked(one.program, self:open(kernel), one.options, sinks_of(self, i).most)
    self.again[key] = { found = found, rows = argued.rows(rows) }
  end
  return self.again[key]
end

local NOTHING = {}

--- What there is to say of the arguments of programs on a kernel where that is not what was found there, by
--- the programs' names.
---@param kernel btfl.facts.kernel
---@return table<string, btfl.drifts>
function methods:found_again(kernel)
  local out, own = {}, record_of(self, kernel)
  if self.standing[own] then return NOTHING end
  for i, one in ipairs(self.asks.programs) do
    if not stands(self, i, own) then out[one.program.name] = walked_again(self, i, kernel).found end
  end
  self.standing[own] = next(out) == nil
  return out
end

function methods:arguments(kernel, program)
  for i, one in ipairs(self.asks.programs) do
    if one.program == program then
      local own = record_of(self, kernel)
      local walk = stands(self, i, own) and walk_of(own, program)
      return walk and walk.rows or walked_again(self, i, kernel).rows
    end
  end
  return {}
end

-- What became of a member takes two kernels and some 20 ms to find out, and objects read the same ones.
function methods:successor(from, kernel, name)
  if class(from) == "btfl.btf" then return live.methods.successor(self, from, kernel, name) end
  local known, key = known_of(self.list).became, key_of(from.number, kernel.number, name)
  if known[key] == nil then
    local best = live.methods.successor(self, from, kernel, name)
    known[key] = best and { successor = best.successor, score = best.score } or false
  end
  return known[key] or nil
end

function methods:open(kernel)
  return self.reopen(kernel)
end

local closed = {}

--- Of these kernels: `records` has what was kept of each by `asks`, in the same order, one table for those of
--- which that is equal; `reopen` opens a kernel again.
---@param asks table of record.asks()
---@param kernels btfl.facts.kernel[]
---@param records table[]
---@param store btfl.facts.store
---@param reopen fun(kernel: btfl.facts.kernel): btfl.target
---@return btfl.facts
function closed.of(asks, kernels, records, store, reopen)
  local first, distinct, before = {}, {}, nil
  for n, own in ipairs(records) do
    if own ~= before and not first[own] then first[own], distinct[#distinct + 1] = kernels[n], own end
    before = own
  end
  return setmetatable({ list = kernels, endian = asks.object.endian, asks = asks, records = records,
    first = first, distinct = distinct, store = store, reopen = reopen, sinks = {}, again = {},
    standing = {}, starts = {}, keys = {} }, metatable)
end

return closed
