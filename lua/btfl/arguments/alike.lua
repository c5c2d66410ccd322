--- What a program takes its arguments for on a kernel, found once for all kernels on which it goes the same
--- ways: by all that decides which it goes (alike.h of the engine), and by what verifiers can tell. What one
--- that can tell less and one that can tell more say, all between them do.
local engine = require "btfl.engine"
local evidence = require "btfl.arguments.evidence"
local kept = require "btfl.kept"

local alike = {}

local state_of = kept.of_object(function(_, program)
  return { alike = engine.alike(program), by_key = {} }
end)

-- What there is of a key: what was found on kernels that have it; and the ways by the verifiers that can tell
-- the least, and the most.
local function of_key(state, key)
  state.by_key[key] = state.by_key[key] or { entries = {}, least = {}, most = {} }
  return state.by_key[key]
end

-- Whether `a` can tell all that `b` can.
local function tells(a, b) return a & b == b end

-- Whether the ways of an entry are those by the verifier that can tell the least, or the most.
local function reaches(state, known, entry, bound, program, target, options)
  local there = known[bound]
  if not there.asked then
    there.asked = true
    there.ways, there.able = engine.alike_ways(program, target, options, state.alike, bound == "most")
  end
  if there.ways ~= entry.ways then return false end
  entry[bound] = there.able
  return true
end

local function holds_for(state, known, entry, able, program, target, options)
  local above, below = tells(able, entry.least), tells(entry.most, able)
  return (above or below and reaches(state, known, entry, "least", program, target, options)) and
    (below or above and reaches(state, known, entry, "most", program, target, options)) and
    (not entry.kept or engine.alike_refused(program, target, options, entry.kept))
end

local function known_of(state, key, able, program, target, options)
  local known = key and of_key(state, key)
  for _, entry in ipairs(known and known.entries or {}) do
    if holds_for(state, known, entry, able, program, target, options) then return entry end
  end
  return nil
end

-- Whether all verifiers go those ways. That is found out for who listens alone.
local function is_of_any(state, key, entry, program, target, options)
  if not key then return false end
  if entry.any == nil then
    local known = of_key(state, key)
    entry.any = reaches(state, known, entry, "least", program, target, options)
      and reaches(state, known, entry, "most", program, target, options)
  end
  return entry.any
end

-- What there is of a target; its `reads` are program:reads().
local function entry_of(program, target, options)
  local state = state_of(program.object, program)
  local key, able = engine.alike_key(program, target, options, state.alike)
  local entry = known_of(state, key, able, program, target, options)
  if not entry then
    entry = { least = able, most = able }
    entry.reads, key, entry.ways, entry.kept = engine.alike_reads(program, target, options, state.alike)
    if key then table.insert(of_key(state, key).entries, entry) end
  end
  if engine.recall_is_heard() and not is_of_any(state, key, entry, program, target, options) then
    engine.alike_ask(program, target, options)
  end
  return entry
end

-- By entry.
local lists = setmetatable({}, { __mode = "k" })

--- evidence.of() on a target. What it gives belongs to other kernels, too: nobody may change it.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@return table[]
function alike.evidence(program, target, options)
  if not evidence.has_arguments(program) then return {} end
  local entry = entry_of(program, target, options)
  lists[entry] = lists[entry] or evidence.made(program, entry.reads)
  return lists[entry]
end

--- program:reads(), likewise.
---@param program btfl.program
---@param target btfl.target
---@param options? btfl.verdict.options
---@return btfl.program.read[]
function alike.reads(program, target, options)
  return entry_of(program, target, options).reads
end

return alike
