--- Arguments that are on a kernel not what a program takes them for, as findings of object:check().
local drift = require "btfl.arguments.drift"
local reached = require "btfl.diagnose.reached"
local reasons = require "btfl.diagnose.reasons"
local settled = require "btfl.arguments.settled"

local drifts = {}

-- By what drift.lua calls it.
local KIND = {
  missing = { rule = "arg-missing" }, role = { rule = "arg-role" }, ["other-type"] = { rule = "arg-type" },
  unreadable = { rule = "arg-unreadable" }, moved = { rule = "arg-moved" },
}

local LEVEL = { rejected = "error", silent = "warning", setting = "note", unknown = "warning" }

local CONSEQUENCE = {
  rejected = "the verifier rejects {program}",
  silent = "the verifier accepts it: the data is wrong, nothing fails",
  setting = "only under another value of {variable}",
}

local function filled(text, words)
  return (text:gsub("{(%w+)}", words))
end

local function at_line(read)
  local line = read and read.program:line(read.insn)
  return line and (" at %s:%d"):format(line.name, line.line) or ""
end

local WITNESS = {
  access = function(one)
    local read = one.reads[1]
    return ("%s is read%s"):format(read.relo and read.relo.path or one.name, at_line(read))
  end,
  call = function(one)
    local read = one.reads[1]
    return ("%s takes it%s"):format(read.callee or "a function", at_line(read))
  end,
  map = function(one)
    local read = one.reads[1]
    return ("it becomes part of map `%s`%s"):format(read.map.name, at_line(read))
  end,
  sink = function() return "what most kernels of the run have where it goes" end,
  declaration = function(one) return "declared so" .. at_line(one.reads[1]) end,
}

-- "argument 2", "the return value".
local function what(row)
  return row.argument == "return" and "the return value" or ("argument %d"):format(row.argument)
end

local function words_of(row)
  return {
    what = what(row), program = row.program.name, attach = tostring(row.attach), has = row.has,
    taken = row.taken_for or "something else", name = row.declared and row.declared.name or "it",
    variable = row.variable or "a constant",
    is = row.is_result and ("the return value (`%s`)"):format(row.has) or ("`%s`"):format(row.has),
    other = row.is_result and "an argument" or "the return value",
  }
end

-- What it is taken for, and what tells.
local function taken(row)
  local one = row.types[1]
  if one then return ("taken for `struct %s *`: %s"):format(one.name, WITNESS[one.by](one)) end
  return row.declared and ("declared as `%s`"):format(row.declared.text)
end

--- What a finding would say of a row that drifts, for others.
---@param row btfl.program.argument
---@return { rule: string, message: string, what: string, taken: string? }
function drifts.told(row)
  local rule, words = KIND[row.verdict].rule, words_of(row)
  return { rule = rule, message = filled(reasons[rule].message, words):gsub(" here", " there", 1),
    what = words.what, taken = taken(row) }
end

local function notes_of(row)
  local words, notes = words_of(row), {}
  notes[1] = taken(row)
  notes[#notes + 1] = row.consequence == "unknown" and reached.doubt_words(row.program, row.doubt)
    or filled(CONSEQUENCE[row.consequence], words)
  return notes
end

local function finding_of(row)
  local rule = KIND[row.verdict].rule
  local doc, words = reasons[rule], words_of(row)
  return {
    rule = rule, message = filled(doc.message, words), object = row.program.object.path,
    at = row.first.program:line(row.first.insn), program = row.program.name, target = row.target.name,
    details = { order = { "access", "has", "consequence" }, has = row.has, consequence = row.consequence,
      access = ("%s of %s"):format(words.what, words.attach) },
    notes = notes_of(row), help = { filled(doc.help, words) },
  }
end

-- That argument, and every load by it that is refused.
local function add_told(told, program, row)
  told[#told + 1] = ("%s %s"):format(program.name, row.argument)
  for _, read in ipairs(row.reads) do
    if read.use == "load" and read.refused then
      told[#told + 1] = ("%s %s %d"):format(program.name, read.program.name, read.insn)
    end
  end
end

---@class btfl.drifts what there is to say of the arguments of a program
---@field program string
---@field list { level: string, finding: btfl.finding, attach: string }[] each with its attach point
---@field told string[] what they tell of that a verifier refuses: program and argument, or function and insn
---@field asked? table<string, string|false> the sinks that were asked for, and what was said

local function drifts_of(program, rows)
  local out = { program = program.name, list = {}, told = {} }
  for _, row in ipairs(rows) do
    if row.consequence then
      table.insert(out.list, { level = LEVEL[row.consequence], finding = finding_of(row),
        attach = tostring(row.attach) })
      if row.consequence == "rejected" then add_told(out.told, program, row) end
    end
  end
  return out
end

--- Of one program, by a walk.
---@param program btfl.program
---@param target btfl.target
---@param options btfl.verdict.options
---@param sinks table<string, string> those of the others
---@param list? table[] evidence.of() of it, where that is known
---@return btfl.drifts
---@return btfl.program.argument[] rows
function drifts.walked(program, target, options, sinks, list)
  local asked = {}
  local asking = setmetatable({}, { __index = function(_, sink)
    asked[sink] = sinks[sink] or false
    return sinks[sink]
  end })
  local rows = drift.arguments(program, target, options, asking, list)
  local out = drifts_of(program, rows)
  out.asked = asked
  return out, rows
end

-- Of programs that others tell of while they are open.
local function by_others(program, target, verdict_options, options)
  local sinks = options.sinks and options.sinks(program, verdict_options)
  -- What is told of the others counts, and not which they are.
  local others = not options.sinks and options.others or { target }
  if not (sinks and next(sinks)) and settled.of(program, target, verdict_options, others) then
    return drifts_of(program, {})
  end
  return drifts_of(program, drift.arguments(program, target, verdict_options, sinks or function()
    return drift.sinks(program, others, verdict_options)
  end))
end

--- What there is to say of the programs of a pair.
---@param object btfl.object
---@param target btfl.target
---@param options btfl.check.options those of check.lua, with `verdict`
---@param alone? fun(program: btfl.program, target: btfl.target, options: table): btfl.drifts? of no others
---@return btfl.drifts[]
function drifts.of(object, target, options, alone)
  local list = {}
  if options.verdict and options.verdict.only then return list end
  for program, verdict_options in reached.programs(object, options) do
    local one = (alone or by_others)(program, target, verdict_options, options)
    if one then list[#list + 1] = one end
  end
  return list
end

return drifts
