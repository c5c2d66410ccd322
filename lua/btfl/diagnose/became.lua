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
  if asked.removed then return ("%s was %s"):format(name, asked.removed) end
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

-- What a program attaches to; nil for a pattern.
local function attach_of(program)
  local attach = program.attach
  return attach and attach.name and not attach.pattern and attach or nil
end

--- What is to be asked of what a program attaches to; nil for nothing.
---@param program btfl.program
---@return { program: string }?
function became.of_attach(program)
  return attach_of(program) and { program = program.name } or nil
end

--- The same of what an obstacle misses.
---@param x btfl.obstacle
---@return { program: string }|{ kfunc: string }|nil
function became.of_obstacle(x)
  if x.cause ~= "missing" then return nil end
  if x.rule == "attach-target" then return became.of_attach(x.verdict.program) end
  return x.rule == "kfunc" and { kfunc = x.name } or nil
end

--- A sentence on what became of that. Of the kernels of a run that have it the nearest in release is the
--- witness.
---@param object btfl.object
---@param lost { program: string }|{ kfunc: string }
---@param kernel btfl.target
---@param kernels btfl.facts
---@param options btfl.check.options
---@return string?
function became.note(object, lost, kernel, kernels, options)
  local attach, from = lost.program and attach_of(object:program(lost.program)), options.from
  local function has(other)
    if attach then return kernels:found(other, attach) end
    return kernels:open(other):kfunc(lost.kfunc)
  end
  if not from or #from == 0 then
    local list = {}
    for other in kernels:comparable() do
      if other ~= kernel and has(other) then list[#list + 1] = other end
    end
    local nearest = series.nearest_first(kernel, list)[1]
    from = { nearest and kernels:open(nearest) }
  end
  return became.words(kernels:open(kernel), attach or "kfunc/" .. lost.kfunc,
    attach and attach.name or lost.kfunc, from)
end

return became
