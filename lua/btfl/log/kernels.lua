--- On which kernels a program of a log fails, by its verdicts there.
local engine = require "btfl.engine"
local names = require "btfl.report.names"
local protect = require "btfl.command.protect"

local kernels = {}

-- What no verdict speaks of: whether memory is accessed safely, and what a log does not say.
local UNJUDGED = { rejected = true, unknown = true }

-- Whether a verdict tells of all that a rule is about. What fails does so whatever the rule.
local function is_judged(rule)
  if UNJUDGED[rule] then return false end
  return rule == "relocation" or engine.class("verdict").methods.obstacles ~= nil
end

local function verdict_on(program, target, options, out)
  local ok, verdict = protect.call(program.verdict, program, target, options)
  if ok then return verdict.verdict, verdict.why, verdict.ok end
  out:failure(verdict)
end

--- What becomes of a program on each kernel: lists of the names of those on which it fails, and on which it
--- loads, and notes on the others.
---@param program btfl.program
---@param rule string of the finding
---@param targets btfl.target[]
---@param options btfl.verdict.options?
---@param out btfl.report takes what could not be read
---@return string[] fails, string[] fine, string[] notes
function kernels.of(program, rule, targets, options, out)
  local fails, fine, notes, others = {}, {}, {}, {}
  for _, target in ipairs(targets) do
    if target.endian == program.object.endian then
      local word, why, ok = verdict_on(program, target, options, out)
      if word == "unknown" then
        why = why or "the analysis gave up"
      notes[#notes + 1] = ("on %s it is not known: %s"):format(target.name, why)
      elseif word and not ok then
        fails[#fails + 1] = target.name
      elseif word and is_judged(rule) then
        fine[#fine + 1] = target.name
      elseif word then
        others[#others + 1] = target.name
      end
    end
  end
  if #others > 0 then
    local on = names.some(others)
    notes[#notes + 1] = ("on %s nothing else stops it; whether this does is not known"):format(on)
  end
  return fails, fine, notes
end

--- Why the relocation fails on those of the kernels on which it does.
---@param relo btfl.relo
---@param targets btfl.target[]
---@return string[]
function kernels.why(relo, targets)
  local notes, on, order = {}, {}, {}
  for _, target in ipairs(targets) do
    local result = target.endian == relo.object.endian and relo:resolve(target)
    if result and not result.ok then
      local why = result:why()
      if not on[why] then order[#order + 1], on[why] = why, {} end
      table.insert(on[why], target.name)
    end
  end
  for i, why in ipairs(order) do
    notes[i] = ("on %s: %s"):format(names.some(on[why]), why)
  end
  return notes
end

return kernels
