--- What something that a kernel lacks has become there, as a note of a finding.
local series = require "btfl.kernels.series"
local thresholds = require "btfl.successor.thresholds"

local became = {}

local function quoted(name)
  return "`" .. name .. "`"
end

--- A sentence on the first suggestion.
---@param target btfl.target
---@param what string|btfl.relo|btfl.attach
---@param called string what it is called
---@param from btfl.target[] kernels that may have it
---@return string? nil when nobody has it
function became.words(target, what, called, from)
  local suggestions, asked = target:successors(what, { from = from, least = thresholds.perhaps })
  local first, name = suggestions(), quoted(called)
  if not first and asked.gone then return asked.known and ("%s is %s"):format(name, asked.gone) or nil end
  if not first then return ("%s is gone: nothing there is like it"):format(name) end
  local now = quoted(first.via or first.successor)
  if first.score < thresholds.suggested then
    return ("%s is gone: no more than perhaps %s (likeness %.2f)"):format(name, now, first.score)
  end
  local change = first.signature and "renamed" or first.change
  if first.told then return ("%s: now %s (%s)"):format(change, now, first.evidence) end
  return ("%s%s: now %s (likeness %.2f: %s)"):format(first.score < thresholds.sure and "perhaps " or "",
    change, now, first.score, first.evidence)
end

-- Of the kernels of a run that have it the nearest in release is the witness.
local function routine(target, what, name, options, has)
  local from = options.from
  if not from or #from == 0 then
    local list = {}
    for _, other in ipairs(options.others or {}) do
      if other ~= target and other.endian == target.endian and has(other) then list[#list + 1] = other end
    end
    from = { series.nearest_first(target, list)[1] }
  end
  return became.words(target, what, name, from)
end

--- The same of what a program attaches to, where options ask for it.
---@param verdict btfl.verdict
---@param options btfl.check.options
---@return string?
function became.attach_target(verdict, options)
  local attach = verdict.program.attach
  if not (options.why and attach and attach.name) or attach.pattern then return nil end
  return routine(verdict.target, attach, attach.name, options,
    function(other) return other:attach(attach).found end)
end

--- The same of what an obstacle misses.
---@param x btfl.obstacle
---@param options btfl.check.options
---@return string?
function became.missing(x, options)
  if x.cause ~= "missing" or not options.why then return nil end
  if x.rule == "attach-target" then return became.attach_target(x.verdict, options) end
  if x.rule ~= "kfunc" then return nil end
  return routine(x.verdict.target, "kfunc/" .. x.name, x.name, options,
    function(other) return other:kfunc(x.name) end)
end

return became
