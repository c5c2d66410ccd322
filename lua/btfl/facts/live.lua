--- What the kernels of a run tell of an object, asked by those who hold one against the others: here of
--- kernels that are open.
local kept = require "btfl.arguments.kept"
local modules = require "btfl.kernels.modules"
local signatures = require "btfl.arguments.signatures"

---@class btfl.facts
---@field list btfl.target[] the kernels of the run, in order, of whatever byte order
---@field endian "little"|"big" the object's
---@field policy btfl.policy|string|nil by whose rules
local methods = {}
local metatable = { __index = methods }

--- Those that the object can be held against, in order.
---@return fun(): btfl.target?
function methods:comparable()
  local n = 0
  return function()
    repeat n = n + 1 until not self.list[n] or self.list[n].endian == self.endian
    return self.list[n]
  end
end

--- What a relocation becomes there: `ok`, `reason` and `candidate`, which may be true for one.
---@param kernel btfl.target
---@param relo btfl.relo
---@return { ok: boolean, reason: string?, candidate: any }
function methods:outcome(kernel, relo)
  return relo:resolve(kernel, { policy = self.policy })
end

--- The module that has such a type, given or beside the kernel; nil where vmlinux has it, or none.
---@param kernel btfl.target
---@param root btfl.type
---@return string?
function methods:module_of(kernel, root)
  if modules.has(kernel.btf, root) then return nil end
  local beside = modules.beside(kernel)
  return modules.with(beside and beside.target or kernel, root)
end

--- The struct that a relocation that is ok steps into there, and its member's name; nil for none.
---@param kernel btfl.target
---@param relo btfl.relo
---@param step integer from 0
---@return btfl.type?
---@return string?
function methods:member(kernel, relo, step)
  local result = self:outcome(kernel, relo)
  if result.ok and result.accessor then return methods.step_at(result.accessor, step) end
  return nil
end

--- The struct and the name of the member at a step of an accessor; nil for none.
---@param accessor btfl.accessor
---@param step integer from 0
---@return btfl.type?
---@return string?
function methods.step_at(accessor, step)
  local n = 0
  for t, _, element in accessor:steps() do
    if n == step then return t, element and element.name end
    n = n + 1
  end
  return nil
end

--- Whether there is what a program attaches to; nil when nobody can tell.
---@param kernel btfl.target
---@param attach btfl.attach|{ form: string, name: string }
---@return boolean?
function methods:found(kernel, attach)
  return kernel:attach(attach).found
end

local line_of = kept.by(function(list, attach) return signatures.line(signatures.of(list, attach)) end)

--- The signatures of an attach point on all of them, in a line.
---@param attach string
---@return string
function methods:signatures(attach)
  return line_of(self.list, attach)
end

--- The kernel itself, open.
---@param kernel btfl.target
---@return btfl.target
function methods:open(kernel)
  return kernel
end

local live = {}

--- Of these kernels.
---@param object btfl.object
---@param targets btfl.target[]
---@param policy? btfl.policy|string
---@return btfl.facts
function live.of(object, targets, policy)
  return setmetatable({ list = targets, endian = object.endian, policy = policy }, metatable)
end

return live
