--- What the kernels of a run tell of an object, asked by those who hold one against the others: here of
--- kernels that are open.
local kept = require "btfl.kept"
local argued = require "btfl.ladder.argued"
local class = require "btfl.class"
local drift = require "btfl.arguments.drift"
local instead = require "btfl.diagnose.instead"
local modules = require "btfl.kernels.modules"
local questions = require "btfl.ladder.questions"
local reading = require "btfl.arguments.reading"
local series = require "btfl.kernels.series"
local signature = require "btfl.arguments.signature"
local signatures = require "btfl.arguments.signatures"

---@class btfl.facts
---@field list btfl.target[] the kernels of the run, in order, of whatever byte order
---@field endian "little"|"big" the object's
---@field policy btfl.policy|string|nil by whose rules
local methods = {}
local metatable = { __index = methods }

--- Those that the object can be held against, in order. Nobody may change the list.
---@return btfl.target[]
function methods:compared()
  local all = {}
  for _, kernel in ipairs(self.list) do
    if kernel.endian == self.endian then all[#all + 1] = kernel end
  end
  return all
end

--- The same, one after the other.
---@return fun(): btfl.target?
function methods:comparable()
  local list, n = self:compared(), 0
  return function()
    n = n + 1
    return list[n]
  end
end

--- The same from the oldest to the newest. Nobody may change the list.
---@return btfl.target[]
function methods:in_order()
  return series.in_order(self:compared())
end

--- One of them for all that answer alike to all that is asked here, always the same.
---@param kernel btfl.target
---@return btfl.target
function methods:like(kernel)
  return kernel
end

--- Stretches of a list of them that answer alike: what like() gives of them, the first place and the last.
---@param list btfl.target[] that is not changed any more
---@return fun(): btfl.target?, integer?, integer?
function methods:cases(list) -- luacheck: ignore 212
  local n = 0
  return function()
    n = n + 1
    return list[n], n, n
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
---@return btfl.instead.struct?
---@return string?
function methods:member(kernel, relo, step)
  local result = self:outcome(kernel, relo)
  if result.ok and result.accessor then return methods.step_at(result.accessor, step) end
  return nil
end

--- The struct and the name of the member at a step of an accessor; nil for none.
---@param accessor btfl.accessor
---@param step integer from 0
---@return btfl.instead.struct?
---@return string?
function methods.step_at(accessor, step)
  local n = 0
  for t, _, element in accessor:steps() do
    if n == step then return instead.having(t), element and element.name end
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

--- The signature of an attach point there, in words; nil for none.
---@param kernel btfl.target
---@param attach string
---@return { params: string[], ret: string, text: string }?
function methods:signature(kernel, attach)
  local sig = signature.of(kernel, attach)
  return sig and signature.worded(sig)
end

local line_of = kept.by(function(list, attach, self)
  return signatures.line(list, function(kernel) return self:signature(kernel, attach) end)
end)

--- The signatures of an attach point on all of them, in a line.
---@param attach string
---@return string
function methods:signatures(attach)
  return line_of(self.list, attach, self)
end

--- What it answers to the question of a relocation: "1", "0", a number, or "-" when it has none.
---@param kernel btfl.target
---@param relo btfl.relo
---@return string
function methods:answer(kernel, relo)
  return questions.answer(relo, kernel, { policy = self.policy })
end

--- The branches of a program there, by instruction, and where instructions stand.
---@param kernel btfl.target
---@param program btfl.program
---@param key string what the kernel answers, questions.key(): those that answer alike take the same ways
---@return { at: table<integer, btfl.program.branch>, places: table<integer, integer> }
function methods:branches(kernel, program, key)
  local _ = key
  local list, places = program:branches(kernel, { policy = self.policy })
  local at = {}
  for _, branch in ipairs(list) do at[branch.insn] = branch end
  return { at = at, places = places }
end

--- The arguments of a program there.
---@param kernel btfl.target
---@param program btfl.program
---@param options btfl.verdict.options
---@return btfl.argued[]
function methods:arguments(kernel, program, options)
  self.rows = self.rows or {}
  local rows = self.rows[program] or { sinks = false }
  self.rows[program] = rows
  rows[kernel] = rows[kernel] or argued.rows(drift.arguments(program, kernel, options, function()
    rows.sinks = rows.sinks or drift.sinks(program, self.list, options)
    return rows.sinks
  end))
  return rows[kernel]
end

--- Where a read that no relocation finds leads there; nil when nobody knows.
---@param kernel btfl.target
---@param ask btfl.reading
---@param key string
---@return btfl.reading.place?
function methods:place(kernel, ask, key)
  return reading.place(ask, key, kernel, self.policy)
end

--- Whether a program reads anything so there.
---@param kernel btfl.target
---@param ask btfl.reading
---@return boolean
function methods:reads_on(kernel, ask)
  return reading.reads_on(ask, kernel)
end

--- That read where the program loads there and comes to it, else nil.
---@param kernel btfl.target
---@param ask btfl.reading
---@param key string
---@return { unsure: boolean?, setting: boolean?, variable: string? }?
function methods:coming(kernel, ask, key)
  return reading.coming(ask, key, kernel)
end

--- What became on a kernel of a member that another one has, or the object; nil for nothing.
---@param from btfl.target|btfl.btf
---@param kernel btfl.target
---@param name string
---@return { successor: string, score: number }?
function methods:successor(from, kernel, name)
  local witness = class(from) == "btfl.btf" and from or self:open(from)
  local target = self:open(kernel)
  local ok, next_one = pcall(target.successors, target, name, { from = witness })
  return ok and next_one() or nil
end

--- The kernel itself, open.
---@param kernel btfl.target
---@return btfl.target
function methods:open(kernel)
  return kernel
end

local live = { methods = methods }

--- Of these kernels.
---@param object btfl.object
---@param targets btfl.target[]
---@param policy? btfl.policy|string
---@return btfl.facts
function live.of(object, targets, policy)
  return setmetatable({ list = targets, endian = object.endian, policy = policy }, metatable)
end

return live
