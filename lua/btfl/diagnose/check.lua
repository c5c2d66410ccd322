--- What fails when an object meets a target, as a report: see object:check in meta.lua.
local engine = require "btfl.engine"
local asked = require "btfl.diagnose.asked"
local attaching = require "btfl.diagnose.attaching"
local became = require "btfl.diagnose.became"
local drifts = require "btfl.diagnose.drifts"
local failure = require "btfl.diagnose.failure"
local foreign = require "btfl.diagnose.foreign"
local kept = require "btfl.kept"
local live = require "btfl.facts.live"
local notes = require "btfl.diagnose.notes"
local obstacle = require "btfl.diagnose.obstacle"
local pair = require "btfl.diagnose.pair"
local programless = require "btfl.diagnose.programless"
local protect = require "btfl.command.protect"
local reached = require "btfl.diagnose.reached"
local report = require "btfl.report.report"
local series = require "btfl.kernels.series"
local undecided = require "btfl.diagnose.undecided"

-- Adds a finding to a list of a draft: an entry, with what other kernels are to be asked for it.
local function add(list, level, finding)
  local entry = { level = level, finding = finding }
  list[#list + 1] = entry
  return entry
end

-- What a policy alone has made ok is told: a loader that does not know it fails there.
local function add_decided(list, result)
  local usual = result.relo:resolve(result.target, { policy = "libbpf" })
  if usual.ok then return end
  add(list, "note", failure.finding(result, "by-policy",
    ("ok by %s%s; libbpf: %s, %s"):format(result.decider, result.note and " (" .. result.note .. ")" or "",
      usual.status, usual:why())))
end

-- By whether it is reached; a note says what guards it.
local LEVEL = { reached = "error", unknown = "warning", guarded = "note", excused = "note" }

-- A relocation of a program that the tool does not load is not looked at.
local function is_skipped(relo, options)
  for _, name in ipairs(options.skip or {}) do
    if relo.program and relo.program.entry and relo.program.name == name then return true end
  end
  return false
end

local function level_of(result, options, fate)
  if fate and fate.state == "excused" or not fate and is_skipped(result.relo, options) then return "note" end
  return result.status == "error" and "error" or LEVEL[fate and fate.state or "guarded"]
end

-- What fails by the architecture is added to that list of its own.
local function add_failure(list, foreigners, result, options, known, fate)
  local level = level_of(result, options, fate)
  if level == "note" and not options.all and not (fate and fate.state == "excused") then return end
  local of_foreign, notes_of = foreign.finding(result), { reached.relocation_words(result, fate, level) }
  if of_foreign then
    of_foreign.notes = notes_of
    add(foreigners, level, of_foreign).result = result
    return
  end
  local finding, behind = failure.of(result, options, known)
  finding.notes = notes_of
  if result.status == "error" then finding.details.whole_object = true end
  add(list, level, finding).behind = behind
end

local function add_result(list, foreigners, result, options, known, fate)
  if result.ok and result.decider ~= "libbpf" then add_decided(list, result) end
  if not result.ok then
    add_failure(list, foreigners, result, options, known, fate)
  elseif result.sign_extended then
    add(list, "note", failure.finding(result, "sign-extended",
      ("the unsigned enumerator becomes %s: sign-extended, as libbpf does"):format(engine.u64(result.value))))
  end
end

local check = {}

local OWN = {
  others = true, why = true, from = true, all = true, verdict = true, attach = true, type = true, skip = true,
  maps = true, only = true, one_of = true, sinks = true, shape = true,
}

-- The options of object:results() and, with those that check was given for it, of program:verdict().
local function split(options)
  local relocating, verdict, own = {}, {}, {}
  for name, value in pairs(options) do
    if OWN[name] then own[name] = value else relocating[name] = value end
  end
  for name, value in pairs(options.verdict or {}) do verdict[name] = value end
  verdict.policy = relocating.policy
  verdict.maps, verdict.only = options.maps or verdict.maps, options.only or verdict.only
  own.verdict = verdict
  return relocating, own
end

local VERDICTS = { "loads", "guarded", "rejected", "error", "refused", "incomplete", "unknown" }

-- How many verdicts of each kind, and "2 programs: 1 guarded, 1 rejected".
local function programs_of(numbers)
  local count, words, all = { order = VERDICTS }, {}, 0
  for i, name in ipairs(VERDICTS) do
    if numbers[i] > 0 then
      count[name], words[#words + 1] = numbers[i], ("%d %s"):format(numbers[i], name)
      all = all + numbers[i]
    end
  end
  local list = table.concat(words, ", ")
  setmetatable(count, { __tostring = function() return list end })
  return count, ("%d program%s%s%s"):format(all, all == 1 and "" or "s", list ~= "" and ": " or "", list)
end

-- Relocations by status, then programs by verdict, then the shape.
local COUNTS <const> = ("I4"):rep(3 + #VERDICTS) .. "s4"

--- What a summary says of a pair besides who they are: equal ones are one text, for pairs are many.
---@param draft btfl.draft
---@param shape string?
---@return string
function check.counted(draft, shape)
  local count, by_verdict, numbers = draft.count, {}, {}
  for _, verdict in ipairs(draft.verdicts) do by_verdict[verdict] = (by_verdict[verdict] or 0) + 1 end
  for i, name in ipairs(VERDICTS) do numbers[i] = by_verdict[name] or 0 end
  table.insert(numbers, shape and "=" .. shape or "")
  return COUNTS:pack(count.ok, count.poison, count.error, table.unpack(numbers))
end

local counts = setmetatable({}, { __mode = "v" })

local function counts_of(counted)
  local one = counts[counted]
  if not one then
    local numbers = { COUNTS:unpack(counted) }
    one = { ok = numbers[1], poison = numbers[2], error = numbers[3],
      shape = numbers[4 + #VERDICTS]:match "^=(.*)" }
    one.programs, one.words = programs_of(table.move(numbers, 4, #numbers, 1, {}))
    counts[counted] = one
  end
  return one
end

-- By what a finding about the argument itself, btfl.drifts, tells of it, too.
local function told_by(x)
  local program = x.verdict.program.name
  if x.rule == "struct-access" then return ("%s %s %d"):format(program, x.program.name, x.insn) end
  return x.rule == "ctx-arg" and ("%s %s"):format(program, x.number) or nil
end

-- What else stands in the way than relocations that failed.
local function add_stop(list, fate, options)
  local x, level = fate.obstacle, LEVEL[fate.state]
  if level == "note" and fate.state ~= "excused" and not options.all then return end
  if level == "error" then level = obstacle.level(x) end
  local finding = obstacle.finding(x)
  finding.notes = { reached.words(fate) }
  if level == "note" then finding.help = nil end
  local entry = add(list, level, finding)
  entry.told_by = told_by(x)
  entry.placeholder = level == "error" and obstacle.placeholder(x) or nil
  entry.lost = options.why and became.of_obstacle(x) or nil
end

-- Those of the stages before a verifier looks at instructions, or those from then on.
local function add_stops(list, stops, options, of_instructions)
  for _, fate in ipairs(stops) do
    if (fate.obstacle.insn ~= nil) == of_instructions then add_stop(list, fate, options) end
  end
end

local kernel_of = kept.by(function(target)
  local facts = series.facts(target)
  facts.name = nil
  return next(facts) and facts or false
end)

--- What else is known of a kernel than its name; nil for nothing.
---@param target btfl.target
---@return table?
function check.known_of(target)
  return kernel_of(target, "facts") or nil
end

local function add_outcome(list, verdict, options)
  local doubt = undecided.finding(verdict)
  if doubt then add(list, "warning", doubt) end
  local finding = attaching.finding(verdict)
  if not finding then return end
  local entry = add(list, "warning", finding)
  if options.why and verdict.detached == "missing" then entry.lost = became.of_attach(verdict.program) end
end

local ORDER = { "object", "target", "kernel", "shape", "ok", "poison", "error", "programs" }

--- The summary of a pair.
---@param counted string of check.counted()
---@param path string of the object
---@param kernel btfl.target
---@return table
function check.summary(counted, path, kernel)
  local one = counts_of(counted)
  local shape = one.shape
  return {
    order = ORDER, object = path, target = kernel.name, shape = shape,
    kernel = check.known_of(kernel),
    ok = one.ok, poison = one.poison, error = one.error, programs = one.programs,
    text = ("%s on %s%s: %d ok, %d poison, %d error; %s"):format(path, kernel.name,
      shape and (" (%s)"):format(shape) or "", one.ok, one.poison, one.error, one.words),
  }
end

-- That options are about programs which the object has: another name is a mistake.
local function check_programs(object, options)
  local function check_name(option, name)
    if type(name) ~= "string" or not object:program(name) then
      error(("bad argument #2 to 'check' (`%s`: no program `%s`)"):format(option, tostring(name)), 0)
    end
  end
  for _, option in ipairs { "attach", "type" } do
    for name in pairs(options[option] or {}) do check_name(option, name) end
  end
  for _, name in ipairs(options.skip or {}) do check_name("skip", name) end
  for _, twins in ipairs(options.one_of or {}) do
    for _, name in ipairs(twins) do check_name("one_of", name) end
  end
end

---@class btfl.draft what there is to say of a pair, before other kernels are asked
---@field first table[] entries: what is told before the arguments, ...
---@field drifts btfl.drifts[]
---@field last table[] ... and behind them
---@field count { ok: integer, poison: integer, error: integer } relocations by status
---@field verdicts string[] of the programs

-- That of a pair, and the verdicts.
local function drafted(object, target, options, alone)
  local relocating, own = split(options)
  local known = {}
  local verdicts, fates, stops = reached.of(object, target, own)
  local relocations, foreigners = asked(own.verdict.only, "relocation"), {}
  local draft = { first = {}, drifts = drifts.of(object, target, own, alone), last = {} }
  if not object.btf then add(draft.first, "note", pair.no_btf(object)) end
  if #verdicts == 0 then
    local finding, level = programless.finding(object, own.verdict.only)
    if finding then add(draft.first, level, finding) end
  end
  add_stops(draft.first, stops, own, false)
  local count, notable = engine.notable_results(object, target, relocating)
  for _, result in ipairs(relocations and notable or {}) do
    add_result(draft.first, foreigners, result, own, known, fates[result.relo])
  end
  if #foreigners > 0 then table.insert(draft.first, foreign.together(foreigners, options.why)) end
  add_stops(draft.first, stops, own, true)
  for _, verdict in ipairs(verdicts) do add_outcome(draft.last, verdict, own) end
  draft.count, draft.verdicts = count, {}
  for i, verdict in ipairs(verdicts) do draft.verdicts[i] = verdict.verdict end
  return draft, verdicts
end

-- By number.
local relos_of = kept.of_object(function(object)
  local relos = {}
  for relo in object:relos() do relos[relo.index] = relo end
  return relos
end)

-- What lies behind a failure, once for all that fails alike.
local function behind(entry, object, kernel, kernels, options, known)
  local failed = entry.behind.failed
  if not failed then return entry.behind end
  if not known[entry.behind] then
    local relo = relos_of(object, "relos")[failed.relo]
    known[entry.behind] = notes.complete(relo, failed, kernel, kernels, options)
  end
  return known[entry.behind]
end

-- Adds what other kernels tell.
local function complete(entry, object, kernel, kernels, options, known)
  local finding = entry.finding
  if entry.behind then
    failure.add(finding, behind(entry, object, kernel, kernels, options, known))
    -- What is guarded needs no guard; a module that was not given is still to be told.
    if entry.level == "note" and not finding.details.cause then finding.help = nil end
  end
  if entry.placeholder and obstacle.is_nowhere(entry.placeholder, kernels) then
    entry.level, finding.help = "warning", { obstacle.question(entry.placeholder) }
  end
  if entry.lost then
    table.insert(finding.notes, became.note(object, entry.lost, kernel, kernels, options))
  end
  -- One kernel's is in the message.
  if entry.attach and #kernels.list > 1 then
    table.insert(finding.notes, kernels:signatures(entry.attach))
  end
  finding.level, finding.shape = entry.level, options.shape
end

--- The entries of a draft, in the order in which they are told.
---@param draft btfl.draft
---@return table[]
function check.entries(draft)
  local all = table.move(draft.first, 1, #draft.first, 1, {})
  for _, one in ipairs(draft.drifts) do table.move(one.list, 1, #one.list, #all + 1, all) end
  return table.move(draft.last, 1, #draft.last, #all + 1, all)
end

--- The findings of a draft, each with its level, when other kernels were asked. They are its own tables.
---@param draft btfl.draft
---@param object btfl.object
---@param kernel btfl.target
---@param kernels btfl.facts
---@param options btfl.check.options
---@return btfl.finding[]
function check.complete(draft, object, kernel, kernels, options)
  local out, known, told = {}, {}, {}
  for _, one in ipairs(draft.drifts) do
    for _, key in ipairs(one.told) do told[key] = true end
  end
  for _, entry in ipairs(check.entries(draft)) do
    if not told[entry.told_by] then
      complete(entry, object, kernel, kernels, options, known)
      out[#out + 1] = entry.finding
    end
  end
  return out
end

local function compare(object, target, options)
  local out = report.new "check"
  local draft, verdicts = drafted(object, target, options)
  local kernels = live.of(object, options.others or {}, options.policy)
  for _, finding in ipairs(check.complete(draft, object, target, kernels, options)) do
    out[finding.level](out, finding)
  end
  out:summary(check.summary(check.counted(draft, options.shape), object.path, target))
  return out, verdicts
end

--- The draft of a pair of one byte order, without what is half done when an input proves to be damaged.
---@param object btfl.object
---@param target btfl.target
---@param options btfl.check.options
---@param alone fun(program: btfl.program, target: btfl.target, options: btfl.verdict.options): btfl.drifts?
---@return btfl.draft?
---@return any why there is none
function check.draft(object, target, options, alone)
  check_programs(object, options)
  local ok, draft = protect.call(drafted, object, target, options, alone)
  if ok then return draft end
  return nil, draft
end

--- See object:check in meta.lua. What is half done when an input proves to be damaged is not told.
---@param object btfl.object
---@param target btfl.target
---@param options? btfl.check.options
---@return btfl.report
---@return btfl.verdict[]? of the programs that are loaded, in order; nil when the pair cannot be compared
function check.run(object, target, options)
  local out = report.new "check"
  local clash = object:clash(target)
  if clash then
    out:error(clash)
    return out
  end
  check_programs(object, options or {})
  local ok, found, verdicts = protect.call(compare, object, target, options or {})
  if ok then return out:append(found), verdicts end
  if not object.btf then out:note(pair.no_btf(object)) end
  out:failure(found)
  return out
end

return check
