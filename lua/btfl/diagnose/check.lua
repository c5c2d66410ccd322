--- What fails when an object meets a target, as a report: see object:check in meta.lua.
local engine = require "btfl.engine"
local attaching = require "btfl.diagnose.attaching"
local became = require "btfl.diagnose.became"
local drifts = require "btfl.diagnose.drifts"
local failure = require "btfl.diagnose.failure"
local kept = require "btfl.arguments.kept"
local live = require "btfl.facts.live"
local notes = require "btfl.diagnose.notes"
local obstacle = require "btfl.diagnose.obstacle"
local pair = require "btfl.diagnose.pair"
local protect = require "btfl.command.protect"
local reached = require "btfl.diagnose.reached"
local report = require "btfl.report.report"
local series = require "btfl.kernels.series"

-- Adds a finding to a draft: an entry, with what other kernels are to be asked for it.
local function add(draft, level, finding)
  local entry = { level = level, finding = finding }
  table.insert(draft.entries, entry)
  return entry
end

-- What a policy alone has made ok is told: a loader that does not know it fails there.
local function add_decided(draft, result)
  local usual = result.relo:resolve(result.target, { policy = "libbpf" })
  if usual.ok then return end
  add(draft, "note", failure.finding(result, "by-policy",
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

local function add_failure(draft, result, options, known, fate)
  local level = level_of(result, options, fate)
  if level == "note" and not options.all and not (fate and fate.state == "excused") then return end
  local finding, behind = failure.of(result, options, known)
  finding.notes = { reached.relocation_words(result, fate, level) }
  if result.status == "error" then finding.details.whole_object = true end
  add(draft, level, finding).behind = behind
end

local function add_result(draft, result, options, known, fate)
  if result.ok and result.decider ~= "libbpf" then add_decided(draft, result) end
  if not result.ok then
    add_failure(draft, result, options, known, fate)
  elseif result.sign_extended then
    add(draft, "note", failure.finding(result, "sign-extended",
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

-- The facts and "2 programs: 1 guarded, 1 rejected".
local function count_verdicts(verdicts)
  local count, words = { order = VERDICTS }, {}
  for _, verdict in ipairs(verdicts) do count[verdict.verdict] = (count[verdict.verdict] or 0) + 1 end
  for _, name in ipairs(VERDICTS) do
    if count[name] then words[#words + 1] = ("%d %s"):format(count[name], name) end
  end
  local list = table.concat(words, ", ")
  setmetatable(count, { __tostring = function() return list end })
  return count, ("%d program%s%s%s"):format(#verdicts, #verdicts == 1 and "" or "s",
    list ~= "" and ": " or "", list)
end

-- What else stands in the way than relocations that failed.
local function add_stop(draft, fate, options)
  local x, level = fate.obstacle, LEVEL[fate.state]
  if level == "note" and fate.state ~= "excused" and not options.all then return end
  if level == "error" then level = obstacle.level(x) end
  local finding = obstacle.finding(x)
  finding.notes = { reached.words(fate) }
  if level == "note" then finding.help = nil end
  local entry = add(draft, level, finding)
  entry.placeholder = level == "error" and obstacle.placeholder(x) or nil
  entry.lost = options.why and became.of_obstacle(x) or nil
end

-- Whether a finding about the argument itself tells of it.
local function is_told(x, told)
  local program = x.verdict.program.name
  if x.rule == "struct-access" then return told[("%s %s %d"):format(program, x.program.name, x.insn)] end
  return x.rule == "ctx-arg" and told[("%s %s"):format(program, x.number)]
end

-- Those of the stages before a verifier looks at instructions, or those from then on.
local function add_stops(draft, stops, options, of_instructions, told)
  for _, fate in ipairs(stops) do
    if (fate.obstacle.insn ~= nil) == of_instructions and not is_told(fate.obstacle, told) then
      add_stop(draft, fate, options)
    end
  end
end

-- Whether that rule is asked about.
local function wants(options, rule)
  if not options.verdict.only then return true end
  for _, name in ipairs(options.verdict.only) do
    if name == rule then return true end
  end
  return false
end

-- What else is known of a kernel than its name; nil for nothing.
local function kernel_of(target)
  local facts = series.facts(target)
  facts.name = nil
  return next(facts) and facts
end

local function add_attaching(draft, verdict, options)
  local finding = attaching.finding(verdict)
  if not finding then return end
  local entry = add(draft, "warning", finding)
  if options.why and verdict.detached == "missing" then entry.lost = became.of_attach(verdict.program) end
end

local function summary_of(object, target, count, verdicts, shape)
  local programs, words = count_verdicts(verdicts)
  return {
    order = { "object", "target", "kernel", "shape", "ok", "poison", "error", "programs" },
    object = object.path, target = target.name, shape = shape, kernel = kernel_of(target),
    ok = count.ok, poison = count.poison, error = count.error, programs = programs,
    text = ("%s on %s%s: %d ok, %d poison, %d error; %s"):format(object.path, target.name,
      shape and (" (%s)"):format(shape) or "", count.ok, count.poison, count.error, words),
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

-- What there is to say of the pair, before other kernels are asked; and the verdicts.
local function drafted(object, target, options)
  local relocating, own = split(options)
  local count, known, draft = { ok = 0, poison = 0, error = 0 }, {}, { entries = {} }
  local verdicts, fates, stops = reached.of(object, target, own)
  local relocations = wants(own, "relocation")
  local drifting, told = drifts.of(object, target, own)
  add_stops(draft, stops, own, false, told)
  for result in object:results(target, relocating) do
    count[result.status] = count[result.status] + 1
    if relocations then add_result(draft, result, own, known, fates[result.relo]) end
  end
  add_stops(draft, stops, own, true, told)
  for _, one in ipairs(drifting) do add(draft, one.level, one.finding).attach = one.attach end
  for _, verdict in ipairs(verdicts) do add_attaching(draft, verdict, own) end
  draft.summary = summary_of(object, target, count, verdicts, own.shape)
  return draft, verdicts
end

-- By number.
local relos_of = kept.by(function(object)
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

-- What other kernels tell is added.
local function complete(entry, object, kernel, kernels, options, known)
  local finding = entry.finding
  if entry.behind then
    failure.add(finding, behind(entry, object, kernel, kernels, options, known))
    -- What is guarded needs no guard; a module that was not given is still to be told.
    if entry.level == "note" and not finding.details.cause then finding.help = nil end
  end
  local question = entry.placeholder and obstacle.question(entry.placeholder, kernels)
  if question then entry.level, finding.help = "warning", { question } end
  if entry.lost then
    table.insert(finding.notes, became.note(object, entry.lost, kernel, kernels, options))
  end
  -- One kernel's is in the message.
  if entry.attach and #kernels.list > 1 then
    table.insert(finding.notes, kernels:signatures(entry.attach))
  end
end

local function compare(object, target, options)
  local out = report.new "check"
  local draft, verdicts = drafted(object, target, options)
  local kernels = live.of(object, options.others or {}, options.policy)
  local known = {}
  for _, entry in ipairs(draft.entries) do
    complete(entry, object, target, kernels, options, known)
    out[entry.level](out, entry.finding)
  end
  out:summary(draft.summary)
  for _, finding in ipairs(out.findings) do finding.shape = options.shape end
  return out, verdicts
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
  if not object.btf then out:note(pair.no_btf(object)) end
  local ok, found, verdicts = protect.call(compare, object, target, options or {})
  if ok then return out:append(found), verdicts end
  out:failure(found)
  return out
end

return check
