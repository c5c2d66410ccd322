--- A report held against a baseline: what is known of it becomes notes, and what is not any more is told.
local baseline = require "btfl.runs.baseline"
local cells = require "btfl.matrix.judged"
local failures = require "btfl.runs.failures"
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"
local narrow = require "btfl.report.narrow"
local object_names = require "btfl.runs.object_names"
local protect = require "btfl.command.protect"
local tally = require "btfl.matrix.tally"
local engine = require "btfl.engine"

local judge = {}

local function by_name(list)
  local out = {}
  for _, one in ipairs(list) do out[one.name] = one end
  return out
end

-- What the baseline calls each kernel of the run, by its name: one of the same contents, else one of the same
-- name. And what is to be said of the others.
local function match_kernels(known, run)
  local of, called, others, missing = by_name(known.kernels), {}, {}, {}
  local by_digest = {}
  for _, kernel in ipairs(known.kernels) do by_digest[kernel.digest] = kernel.name end
  for _, kernel in ipairs(run.kernels) do
    local name, same = kernel.name, of[kernel.name]
    local alike = same and same.digest == kernel.digest and name or by_digest[kernel.digest]
    called[name] = alike or same and name
    if same and not alike then others[#others + 1] = name end
    if not called[name] then missing[#missing + 1] = name end
  end
  return called, others, missing
end

-- What objects of both are called, by path, and whether the run has looked at each object of the baseline.
local function match_objects(known, run)
  local here, there, looked, changed = {}, {}, {}, {}
  for i, object in ipairs(run.objects) do here[i] = object.path end
  for i, object in ipairs(known.objects) do there[i] = object.name end
  local called = object_names(here, there)
  local of = {}
  for _, object in ipairs(known.objects) do of[called[object.name]] = object.digest end
  for _, object in ipairs(run.objects) do
    local name = called[object.path]
    looked[name] = true
    if of[name] and of[name] ~= object.digest then changed[#changed + 1] = name end
  end
  return called, looked, changed
end

-- What tells a failure from others in the words of the baseline.
local function keys_of(objects, kernels)
  local sums = {}
  return function(finding, target, program)
    if target and kernels then target = kernels[target] or "\0" .. target end
    sums[finding] = sums[finding] or failures.sum(finding)
    return key_of(objects[finding.object] or finding.object, sums[finding], target, program)
  end
end

-- Whether a finding of the run was as grave before, on that kernel in that program.
local function known_by(before, key)
  return function(finding, target, program)
    local rank = failures.RANK[finding.level]
    return rank ~= nil and (before[key(finding, target, program)] or 0) >= rank
  end
end

local function as_known(finding, path)
  finding.level, finding.help = "note", nil
  local notes = finding.notes or {}
  finding.notes = table.move(notes, 1, #notes, 2, { "known: it is in " .. path })
  return finding
end

-- New failures first, then what is known.
local function sift(report, known, is_known)
  local new, old = {}, {}
  for _, finding in ipairs(report.findings) do
    if failures.RANK[finding.level] then
      new[#new + 1] = narrow(finding, function(...) return not is_known(finding, ...) end)
      local part = narrow(finding, function(...) return is_known(finding, ...) end)
      if part then old[#old + 1] = as_known(part, known.path) end
    else
      old[#old + 1] = finding
    end
  end
  report.findings = table.move(old, 1, #old, #new + 1, new)
end

-- What the run has looked at and not found.
local function add_stale(report, known, now, key, was_looked_at)
  for _, finding in ipairs(known.findings) do
    local stale = narrow(finding, function(target, program)
      return was_looked_at(finding, target) and not now[key(finding, target, program)]
    end)
    if stale then
      report:warning { rule = "baseline-stale", object = stale.object, program = stale.program,
        programs = stale.programs, target = stale.target, targets = stale.targets,
        programs_on = stale.programs_on, subject = stale.fingerprint,
        message = ("%s has a failure that is no more: %s: %s"):format(known.path, stale.rule, stale.message),
        help = { "write it again: --write-baseline " .. known.path } }
    end
  end
end

local function add_differences(report, known, kernels, missing, objects)
  local notes = {}
  local function say(words, list)
    if #list > 0 then notes[#notes + 1] = words:format(names.some(list)) end
  end
  if known.btfl ~= engine.version then
    say("written by btfl %s, and this is " .. engine.version, { known.btfl })
  end
  if known.command ~= report.name then say("written by btfl %s", { known.command }) end
  say("has another kernel of that name: %s", kernels)
  say("does not have the kernel: %s", missing)
  say("has another build of: %s", objects)
  if #notes == 0 then return end
  report:note { rule = "baseline-differs", message = ("%s is of other inputs than these"):format(known.path),
    subject = known.path, notes = notes }
end

-- Where the text format shows no findings, those that are new are told in a line each.
local function tell_new(report, known)
  local lines = { ("not in %s:"):format(known.path) }
  for _, finding in ipairs(report.findings) do
    if failures.RANK[finding.level] and finding.rule ~= "baseline-stale" then
      local where, kernels = names.some(names.programs(finding)), names.kernels(finding)
      lines[#lines + 1] = ("  %s[%s]: %s%s%s%s"):format(finding.level, finding.rule, finding.message,
        finding.object and ", " .. finding.object or "", where ~= "" and ", " .. where or "",
        kernels and ": " .. kernels or "")
    end
  end
  if #lines > 1 then report:text(lines) end
end

local function apply(report, known, run, is_partial)
  local kernels, others, missing = match_kernels(known, run)
  local objects, looked, changed = match_objects(known, run)
  local here, there = keys_of(objects, kernels), keys_of(objects)
  local now = failures.of(report.findings, here)
  local looked_on = {}
  for _, name in pairs(kernels) do looked_on[name] = true end
  local is_known = known_by(failures.of(known.findings, there), here)
  sift(report, known, is_known)
  if report.matrix then
    tally.change(report, cells.by_known(is_known, function(part) sift(part, known, is_known) end))
  end
  if not is_partial then
    add_stale(report, known, now, there, function(finding, target)
      return (not finding.object or looked[objects[finding.object]]) and (not target or looked_on[target])
    end)
  end
  add_differences(report, known, others, missing, changed)
  if not report.frames then tell_new(report, known) end
end

-- What is not read is not known to be mended.
local function write(report, current, text)
  local path = current.args.write_baseline
  local why = ("%s: is not written, as not all inputs could be read"):format(path)
  if #report.failures == 0 then
    local ok
    ok, why = protect.call(engine.write_file, path, text)
    if ok then return true end
  end
  current:failure(why)
  report:failure(why)
  return false
end

--- Reads the baseline of a command line, if it has one: it, or nil and what is wrong with it.
---@param path string?
---@return btfl.baseline? known
---@return string? message
function judge.read(path)
  if not path then return nil end
  local ok, known = protect.call(baseline.read, path)
  if ok then return known end
  return nil, tostring(known)
end

--- Changes the findings of a report, and so its status. Writes the baseline that is asked for; where none
--- is given, the report is judged by that.
---@param report btfl.report
---@param current btfl.cli
function judge.settle(report, current)
  local args, known, run = current.args, rawget(current, "baseline"), rawget(current, "looked_at")
  local path = args.write_baseline
  if path then
    local text = baseline.text(report, run.kernels, run.objects)
    if write(report, current, text) and not known then known = baseline.parse(text, path) end
  end
  if known then apply(report, known, run, args.only or #report.failures > 0) end
end

return judge
