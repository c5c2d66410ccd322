--- What a finding says below the source line: the facts, what lies behind it, what stands there instead,
--- what to do.
local became = require "btfl.diagnose.became"
local cause = require "btfl.diagnose.cause"
local engine = require "btfl.engine"
local disasm = require "btfl.code.disasm"
local why_command = require "btfl.diagnose.why_command"
local instead = require "btfl.diagnose.instead"
local reasons = require "btfl.diagnose.reasons"
local series = require "btfl.kernels.series"

local notes = {}

local DETAILS = { "access", "kind", "insn", "section", "offset", "cause", "rule", "note" }

--- The word of the source line that the relocation accesses: its last named step.
---@param relo btfl.relo
---@return string?
function notes.mark(relo)
  local name
  if relo.accessor then
    for _, _, element in relo.accessor:steps() do
      if element then name = element.name end
    end
  end
  return name or relo.type.name
end

--- The line of facts: the access, and with a policy also who decided.
---@param result btfl.result
---@return table
function notes.details(result)
  local relo = result.relo
  local details = { order = DETAILS, access = relo.path, kind = relo.kind, insn = relo.insn }
  if not relo.program then details.section, details.offset = relo.section, relo.insn_off end
  if result.decider ~= "libbpf" then details.rule, details.note = result.decider, result.note end
  return details
end

-- The struct that still has the member: in another kernel of the run, else in the object.
local function witness_of(relo, step, kernels)
  local seen = {}
  for like in kernels:cases(kernels:compared()) do
    local struct, name
    if not seen[like] then struct, name = kernels:member(like, relo, step) end
    if struct and name then return struct, name end
    seen[like] = true
  end
  return kernels.step_at(relo.accessor, step)
end

local function stands_instead(relo, failed, kernels)
  if not failed.have then return nil end
  local struct, name = witness_of(relo, failed.step, kernels)
  return struct and name and instead.words(struct, name, failed.have)
end

-- What a macro of bpf_core_read.h takes for this access: "struct task_struct, state".
local function arguments(relo)
  local root = relo.type:decl()
  local rest = relo.path:match("^[%w_]+%.(.*)$") or relo.path:match("::(.*)$")
  return rest and ("%s, %s"):format(root, rest) or root
end

-- What the kernel calls a type: without the flavor, unless what is left would be read as having one.
local function asked_as(name)
  local essential = engine.essential(name)
  return engine.essential(essential) == essential and essential or name
end

local function help_of(doc, relo, words)
  if not (doc and doc.help) then return nil end
  words.args, words.type = arguments(relo), (relo.type:decl())
  return (doc.help:gsub("{(%w+)}", words))
end

-- What to do about a reason of libbpf's is no answer to a hook that gives it.
local function help_by(decider, relo, reason)
  local doc = reasons[reason]
  return help_of(doc and doc.policies and doc or reasons["by-policy"], relo, { decider = decider })
end

-- The kernels that tell of what is missing: those named, else the others of the run that still have it, the
-- nearest in release first, and then those between that one and the target, on which it may have a name of
-- its own.
local function witnesses(relo, kernel, kernels, options)
  if options.from and #options.from > 0 then return options.from end
  local having, lacking = {}, {}
  for other in kernels:comparable() do
    if other ~= kernel then
      table.insert(kernels:outcome(other, relo).candidate and having or lacking, other)
    end
  end
  local list = series.nearest_first(kernel, having)
  local between = list[1] and series.between(list[1], kernel, lacking) or {}
  table.move(between, 1, #between, #list + 1, list)
  for i, witness in ipairs(list) do list[i] = kernels:open(witness) end
  return list
end

-- What it has become there, when that is asked for.
local function successor(relo, kernel, kernels, options)
  if not options.why then return nil end
  local from = witnesses(relo, kernel, kernels, options)
  return became.words(kernels:open(kernel), relo, relo.path, from)
end

-- What other kernels are to be asked of a result that failed.
local function question_of(result)
  local failed, have = { relo = result.relo.index, reason = result.reason }, nil
  failed.at_last = cause.at_last(result)
  for attempt in result:trail() do
    local btf = attempt.candidate.btf
    if btf ~= result.target.btf then failed.module = failed.module or btf.path end
    if not have and attempt.reason == "no-field" and attempt.step and attempt.have then
      failed.step, have = attempt.step, attempt.have
    end
  end
  local is_field = result.reason == "no-field" and result.relo.accessor
  failed.have = have and is_field and instead.lacking(have) or nil
  return failed
end

---@class btfl.notes
---@field notes string[]
---@field help string[]
---@field cause string?
---@field failed table? what there is to say is for the other kernels to tell: see notes.complete()

--- Notes, help and the cause of a result that failed, as far as its kernel tells by itself.
---@param result btfl.result
---@param options? btfl.check.options
---@return btfl.notes
function notes.of(result, options)
  local out, decider = { notes = {}, help = {} }, result:refusal()
  local found = not decider and cause.of(result, options)
  if decider then
    out.help[1] = help_by(decider, result.relo, result.reason)
  elseif found then
    out.cause, out.notes[1], out.help[1] = found.kind, found.note, found.help
  elseif cause.asks(result.reason) then
    out.failed = question_of(result)
  else
    out.help[1] = help_of(reasons[result.reason], result.relo, {})
  end
  return out
end

--- What notes.of() has left to the other kernels.
---@param relo btfl.relo
---@param failed table
---@param kernel btfl.target
---@param kernels btfl.facts
---@param options btfl.check.options
---@return btfl.notes
function notes.complete(relo, failed, kernel, kernels, options)
  local out = { notes = {}, help = {} }
  local found = cause.by_others(relo, failed, kernel, kernels)
  if found then
    out.cause, out.notes[1], out.help[1] = found.kind, found.note, found.help
    return out
  end
  out.notes[#out.notes + 1] = stands_instead(relo, failed, kernels)
  out.notes[#out.notes + 1] = successor(relo, kernel, kernels, options)
  local path = relo.path:gsub("^[%w_]+", asked_as, 1)
  local why = why_command(relo, failed, path, kernel, kernels, options)
  out.help[1] = help_of(reasons[failed.reason], relo, { why = why })
  return out
end

--- The instruction of a relocation, for a finding that has no source line.
---@param relo btfl.relo
---@return { index: integer, bytes: string, text: string }
function notes.instruction(relo)
  return {
    order = { "index", "bytes", "text" },
    index = relo.insn or relo.insn_off // 8, bytes = relo.bytes,
    text = disasm(relo.bytes, relo.object.endian),
  }
end

--- Any instruction, likewise.
---@param program btfl.program
---@param insn integer
---@return { index: integer, bytes: string, text: string }
function notes.instruction_at(program, insn)
  local bytes = program:insn(insn)
  return {
    order = { "index", "bytes", "text" }, index = insn, bytes = bytes,
    text = disasm(bytes, program.object.endian),
  }
end

return notes
