--- What a finding says below the source line: the facts, what lies behind it, what stands there instead,
--- what to do.
local became = require "btfl.diagnose.became"
local cause = require "btfl.diagnose.cause"
local engine = require "btfl.engine"
local disasm = require "btfl.code.disasm"
local why_command = require "btfl.diagnose.why_command"
local others = require "btfl.diagnose.others"
local instead_of = require "btfl.diagnose.instead"
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

-- The struct and the name of the member at a step of an accessor.
local function step_at(accessor, index)
  local n = 0
  for t, _, element in accessor:steps() do
    if n == index then return t, element and element.name end
    n = n + 1
  end
  return nil
end

-- The struct that still has the member: in another kernel of the run, else in the object.
local function witness_of(result, index, options)
  for _, there in others(result, options) do
    local t, name
    if there.ok and there.accessor then t, name = step_at(there.accessor, index) end
    if t and name then return t, name end
  end
  return step_at(result.relo.accessor, index)
end

local function instead(result, options)
  if result.reason ~= "no-field" or not result.relo.accessor then return nil end
  for attempt in result:trail() do
    if attempt.reason == "no-field" and attempt.step and attempt.have then
      local t, name = witness_of(result, attempt.step, options)
      return t and name and instead_of(t, name, attempt.have)
    end
  end
  return nil
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

local function help_for(result, options)
  local decider, doc = result:refusal(), reasons[result.reason]
  -- What to do about a reason of libbpf's is no answer to a hook that gives it.
  if decider and not (doc and doc.policies) then doc = reasons["by-policy"] end
  if not (doc and doc.help) then return nil end
  local relo = result.relo
  local words = { args = arguments(relo), type = (relo.type:decl()), decider = decider }
  if doc.help:find("{why}", 1, true) then
    words.why = why_command(result, (relo.path:gsub("^[%w_]+", asked_as, 1)), options)
  end
  return (doc.help:gsub("{(%w+)}", words))
end

local ASKED = { ["no-type"] = true, ["no-field"] = true, ["no-enumval"] = true }

-- The kernels that tell of what is missing: those named, else the others of the run that still have it, the
-- nearest in release first, and then those between that one and the target, on which it may have a name of
-- its own.
local function witnesses(result, options)
  if options.from and #options.from > 0 then return options.from end
  local having, lacking = {}, {}
  for other, there in others(result, options) do
    table.insert(there.candidate and having or lacking, other)
  end
  local list = series.nearest_first(result.target, having)
  local between = list[1] and series.between(list[1], result.target, lacking) or {}
  return table.move(between, 1, #between, #list + 1, list)
end

-- What it has become there, when that is asked for.
local function successor(result, options)
  if not (options.why and ASKED[result.reason]) then return nil end
  return became.words(result.target, result.relo, result.relo.path, witnesses(result, options))
end

--- Notes, help and the cause of a result that failed.
---@param result btfl.result
---@param options? btfl.check.options
---@return { notes: string[], help: string[], cause: string? }
function notes.of(result, options)
  local out = { notes = {}, help = {} }
  if result:refusal() then
    out.help[1] = help_for(result)
    return out
  end
  local found = cause.of(result, options)
  if found then
    out.cause, out.notes[1], out.help[1] = found.kind, found.note, found.help
    return out
  end
  options = options or {}
  out.notes[#out.notes + 1] = instead(result, options)
  out.notes[#out.notes + 1] = successor(result, options)
  out.help[1] = help_for(result, options)
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
