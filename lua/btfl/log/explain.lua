--- A log as findings: what failed, at which source line of the objects, and on which kernels it does as well.
local kernels = require "btfl.log.kernels"
local locate = require "btfl.log.locate"
local names = require "btfl.report.names"
local notes = require "btfl.diagnose.notes"
local parse = require "btfl.log.parse"
local phrases = require "btfl.log.phrases"
local report = require "btfl.report.report"

local explain = {}

local DETAILS = { "access", "kind", "insn", "function", "log_line" }

-- The helper's name by its number: the program's own call has it, or a kernel.
local function helper_name(number, found, targets)
  if found.call and found.call.what == "helper" and found.call.id == number then return found.call.name end
  for _, target in ipairs(targets) do
    local known, name = target:helper(number)
    if known then return "bpf_" .. name end
  end
end

-- What a message may name, from the log and from what was found in the object.
local function words_of(event, found, targets)
  local words = {}
  for name, value in pairs(event.fields) do words[name] = tostring(value) end
  if found.relo then words.path, words.kind = found.relo.path, found.relo.kind end
  if event.phrase.rule:find "^helper" and not words.helper and words.number then
    words.helper = helper_name(tonumber(words.number), found, targets)
  end
  words.enumerator = words.helper and words.helper:gsub("^bpf_", "BPF_FUNC_") or nil
  words.helper = words.helper or words.number and "number " .. words.number
  return words
end

-- Maps of these types have neither keys nor values, or a number of entries that the loader sets.
local NO_SIZES = {
  ringbuf = true, user_ringbuf = true, arena = true, perf_event_array = true, struct_ops = true,
  queue = true, stack = true, bloom_filter = true, sk_storage = true, inode_storage = true,
  task_storage = true, cgrp_storage = true, cgroup_storage = true, percpu_cgroup_storage = true,
}

-- What the object leaves to its tool of a map that the kernel refuses; nil when it says all.
local function unset_of(map)
  if (map.type == "array_of_maps" or map.type == "hash_of_maps") and not map.inner then
    return "inner map"
  elseif not map.type or NO_SIZES[map.type] then
    return nil
  end
  local unset = {}
  for _, name in ipairs { "key_size", "value_size", "max_entries" } do
    if map[name] == 0 then unset[#unset + 1] = name end
  end
  return unset[1] and table.concat(unset, ", ")
end

-- The rule of a finding, and what the object tells of a map.
local function rule_of(event, found)
  if event.rule ~= "map-attr" or not found.map then return event.rule, nil end
  local map = found.map
  local note = ("in the object it is %s, key %d bytes, value %d bytes, %d entries, flags 0x%x"):format(
    map.type or "type " .. map.number, map.key_size, map.value_size, map.max_entries, map.flags)
  local unset = unset_of(map)
  if unset then return "map-unset", ("%s: the tool sets its %s before it loads"):format(note, unset) end
  return "map-attr", note
end

-- A place of a message that nothing is known for.
local UNSAID = { path = "a field", kind = "CO-RE", errno = "no reason given", enumerator = "BPF_FUNC_..." }

local function filled(text, words)
  return (text:gsub("{([%w_]+)}", function(name) return words[name] or UNSAID[name] or "?" end))
end

local function mark_of(found, words)
  if found.relo then return notes.mark(found.relo) end
  return words.helper or words.symbol or words.map or words.attach or words["function"]
end

local function details_of(event, found)
  local details = { order = DETAILS, log_line = event.line }
  if found.relo then details.access, details.kind = found.relo.path, found.relo.kind end
  details.insn = found.linked or found.insn
  if found.func and found.func ~= found.program then details["function"] = found.func.name end
  return details
end

-- What is not as it should be between log and object.
local function doubt(event, found)
  if found.missing then
    return ("no object given here has a program `%s`"):format(found.missing)
  elseif found.differs then
    local logged = event.block.insns[found.differs.at]
    return ("the log is of another build: instruction %d is `%s` there, and not so in %s"):format(
      found.differs.at, logged.text, found.differs.program.name)
  end
end

local function said(event)
  local list = { ("log: %s"):format(event.text) }
  for _, more in ipairs(event.more or {}) do
    if #list < 4 and more.text ~= event.text then list[#list + 1] = "log: " .. more.text end
  end
  local told = (event.phrase.outcome or event.phrase.errors) and event.fields.errno
  local err = told and phrases.error_of(told)
  if err then list[#list + 1] = ("%s: %s"):format(err.name, err.says) end
  return list
end

-- One that is loaded: what fails all of the object, fails it.
local function first_program(object)
  for program in object and object:programs() or function() end do
    if program.entry then return program end
  end
end

local function add_kernels(finding, event, found, options, out)
  local targets = options.targets or {}
  if #targets == 0 then return end
  local list = finding.notes
  if found.relo and event.rule == "relocation" then
    table.move(kernels.why(found.relo, targets), 1, #targets, #list + 1, list)
  end
  local whole = event.phrase.object or false
  local program = whole and first_program(found.object) or found.program
  if not program or not program.entry then return end
  local verdict = options.verdict and options.verdict(program)
  local fails, fine, more = kernels.of(program, finding.rule, whole, targets, verdict, out)
  if #fails > 0 then finding.targets, finding.fine = fails, #fine > 0 and fine or nil end
  if #fails == 0 and #fine > 0 then
    list[#list + 1] = "loads on " .. names.some(fine)
  end
  table.move(more, 1, #more, #list + 1, list)
end

local function finding_of(event, objects, uses, options, out)
  local found = locate.find(event, objects, uses)
  local words = words_of(event, found, options.targets or {})
  local help = event.phrase.help and filled(event.phrase.help, words)
  local rule, about_map = rule_of(event, found)
  local finding = {
    rule = rule, message = filled(event.phrase.says, words),
    at = found.line, mark = mark_of(found, words), object = found.object and found.object.path,
    program = found.program and found.program.name or event.program,
    details = details_of(event, found), notes = said(event), help = help and { help } or nil,
  }
  if found.func and (not found.line or found.line.text == "") then
    finding.insn = notes.instruction_at(found.func, found.insn)
  end
  if found.unclear then
    local fit = names.some(found.unclear)
    table.insert(finding.notes, ("the log names no program; %s fit alike"):format(fit))
  end
  table.insert(finding.notes, about_map)
  add_kernels(finding, event, found, options, out)
  return finding, doubt(event, found)
end

-- Kernels of the other byte order, on which nothing is judged.
local function add_clashes(out, objects, targets)
  for _, object in ipairs(objects) do
    for _, target in ipairs(targets) do
      local clash = object:clash(target)
      if clash then out:error(clash) end
    end
  end
end

--- See btfl.log.explain in meta.lua.
---@param text string
---@param objects btfl.object[]
---@param options? btfl.log.options
---@return btfl.report
function explain.run(text, objects, options)
  local out, parsed = report.new "log", parse.read(text)
  if not parsed.known then
    out:failure("the log has nothing of a loader or a verifier in it")
    return out
  end
  if #parsed.events == 0 then out:summary { failures = 0, text = "the log tells of no failure" } end
  add_clashes(out, objects, options and options.targets or {})
  local doubts = {}
  for _, event in ipairs(parsed.events) do
    local finding, wrong = finding_of(event, objects, parsed.uses, options or {}, out)
    out:error(finding)
    if wrong and not doubts[wrong] then
      doubts[wrong] = true
      out:warning {
        rule = "log-mismatch", message = wrong, object = finding.object, program = finding.program,
        help = { "give the object that was loaded there: btfl log OBJ... --log FILE" },
      }
    end
  end
  return out
end

--- See btfl.log.events in meta.lua.
---@param text string
---@return btfl.log.event[]
function explain.events(text)
  local list = {}
  for i, event in ipairs(parse.read(text).events) do
    list[i] = { line = event.line, text = event.text, rule = event.rule, program = event.program,
      section = event.section, insn = event.at, fields = event.fields }
  end
  return list
end

return explain
