--- On which kernels a program of a log fails, by its verdicts there.
local names = require "btfl.report.names"
local protect = require "btfl.command.protect"

local kernels = {}

-- What no verdict speaks of: whether memory is accessed safely, what a log does not say, and attaching.
local UNJUDGED = { rejected = true, unknown = true, ["no-attach"] = true }

-- "on a, b: what"
local function on(list, what)
  return ("on %s %s"):format(names.some(list), what)
end

-- Lists by key, in the order in which the keys came.
local function put(lists, key, name)
  if not lists[key] then
    lists[#lists + 1], lists[key] = key, {}
  end
  table.insert(lists[key], name)
end

-- The rule of what keeps the whole object from loading, nil for none; else whether something may.
local function object_stopped(verdict)
  local may = false
  for obstacle in verdict:obstacles() do
    if obstacle.scope == "object" then
      if obstacle.reached then return obstacle.rule end
      may = may or obstacle.reached == nil
    end
  end
  return nil, may
end

-- Sorts a verdict in: fails and fine are names; others are lists by what is said of them.
local function sort_in(out, verdict, rule, whole)
  local name, stopped = verdict.target.name, verdict.rule
  local unknown = verdict.verdict == "unknown"
  local fails = not verdict.ok and not unknown
  if whole then
    stopped, unknown = object_stopped(verdict)
    fails = stopped ~= nil
  end
  if fails then
    table.insert(out.fails, name)
    if stopped and stopped ~= rule then
      put(out.others, ("something else stops it first: %s"):format(stopped), name)
    end
  elseif unknown then
    put(out.others, "it is not known" .. (verdict.why and ": " .. verdict.why or ""), name)
  elseif UNJUDGED[rule] then
    put(out.others, "nothing else stops it; whether this does is not known", name)
  else
    table.insert(out.fine, name)
  end
end

--- What becomes of a program on each kernel: lists of the names of those on which it fails, and on which it
--- loads, and notes on others.
---@param program btfl.program
---@param rule string of the finding
---@param whole boolean it is about the whole object, of which this is a program
---@param targets btfl.target[]
---@param options btfl.verdict.options?
---@param report btfl.report takes what could not be read
---@return string[] fails, string[] fine, string[] notes
function kernels.of(program, rule, whole, targets, options, report)
  local out, notes = { fails = {}, fine = {}, others = {} }, {}
  for _, target in ipairs(targets) do
    if target.endian == program.object.endian then
      local ok, verdict = protect.call(program.verdict, program, target, options)
      if ok then sort_in(out, verdict, rule, whole) else report:failure(verdict) end
    end
  end
  for i, what in ipairs(out.others) do notes[i] = on(out.others[what], what) end
  return out.fails, out.fine, notes
end

--- Why the relocation fails on those of the kernels on which it does.
---@param relo btfl.relo
---@param targets btfl.target[]
---@return string[]
function kernels.why(relo, targets)
  local reasons, notes = {}, {}
  for _, target in ipairs(targets) do
    local result = target.endian == relo.object.endian and relo:resolve(target)
    if result and not result.ok then put(reasons, result:why(), target.name) end
  end
  for i, why in ipairs(reasons) do notes[i] = ("on %s: %s"):format(names.some(reasons[why]), why) end
  return notes
end

return kernels
