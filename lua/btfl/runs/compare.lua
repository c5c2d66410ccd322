--- What one run found held against what another did: see btfl.compare in meta.lua.
---
--- A failure is worse where it is new, or graver, on a kernel where its program did load before: of a program
--- that did not, nothing is lost. What is gone is better where the program loads now. The rest has changed.
local failures = require "btfl.runs.failures"
local fingerprint = require "btfl.report.fingerprint"
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"
local narrow = require "btfl.report.narrow"
local object_names = require "btfl.runs.object_names"
local report = require "btfl.report.report"

local ERROR = failures.RANK.error

local function put(set, value)
  if type(value) == "string" and not set[value] then set[#set + 1], set[value] = value, true end
end

-- The paths of objects and the names of kernels that a report is of.
local function looked_at(side)
  local objects, kernels = {}, {}
  for _, list in ipairs { side.summaries, side.rows, side.findings } do
    for _, one in ipairs(list) do
      put(objects, one.object)
      put(kernels, one.target)
      for _, name in ipairs(one.targets or {}) do put(kernels, name) end
    end
  end
  return { objects = objects, kernels = kernels }
end

-- Each failure by what it is about, and whether a program loads: nothing of its own stands in the way, and
-- nothing of the whole object.
local function index(side, called)
  local function object_of(finding) return called[finding.object] or finding.object end
  local self = {}
  function self.key(finding, target, program)
    return key_of(object_of(finding), finding.rule, fingerprint.subject(finding), target, program)
  end
  local function cell(finding, target, program) return key_of(object_of(finding), target, program) end
  self.failures = failures.of(side.findings, self.key)
  local gravest = failures.of(side.findings, cell)
  function self.loads(finding, target, program)
    return (gravest[cell(finding, target, program)] or 0) < ERROR
      and (gravest[cell(finding, target, false)] or 0) < ERROR
  end
  return self
end

local LEVEL = { [0] = "-" }
for level, rank in pairs(failures.RANK) do LEVEL[rank] = level end

local function list_of(many, one) return many and table.concat(many, ",") or one end

local function some(list) return list[1] and names.some(list) or nil end

local function row_of(finding, change, object, was, is)
  return {
    change = change, object = object, program = list_of(finding.programs, finding.program),
    target = list_of(finding.targets, finding.target), rule = finding.rule, message = finding.message,
    was = LEVEL[was], is = LEVEL[is], programs = some(names.programs(finding)),
    kernels = some(names.targets(finding)),
  }
end

-- What is of a run and not, or not so grave, of another: of each finding the parts that are as grave in the
-- other, where its program loads there and where not.
local function each_part(own, other, findings, shared)
  return coroutine.wrap(function()
    for _, finding in ipairs(findings) do
      local rank = failures.RANK[finding.level]
      for _, loads in ipairs { true, false } do
        for there = 0, (rank or 0) - 1 do
          local part = narrow(finding, function(target, program)
            local key = own.key(finding, target, program)
            return (not target or shared[target]) and (other.failures[key] or 0) == there
              and own.failures[key] == rank and other.loads(finding, target, program) == loads
          end)
          if part then coroutine.yield(part, rank, there, loads) end
        end
      end
    end
  end)
end

local function add_worse(out, finding, there)
  local own, notes = {}, finding.notes or {}
  for name, value in pairs(finding) do own[name] = value end
  own.level, own.fingerprint = nil, nil
  local why = there == 0 and "worse: it is new" or "worse: it was a warning"
  own.notes = table.move(notes, 1, #notes, 2, { why })
  out:error(own)
end

local function missing_in(list, set)
  local out = {}
  for _, name in ipairs(list) do
    if not set[name] then out[#out + 1] = name end
  end
  return out
end

local function called_of(paths, called)
  local out = {}
  for _, path in ipairs(paths) do put(out, called[path]) end
  return out
end

local function add_differences(out, old, new)
  local notes = {}
  local function say(words, list)
    if #list > 0 then notes[#notes + 1] = ("%s: %s"):format(words, names.some(list)) end
  end
  say("only the old one has the kernel, which is not compared", missing_in(old.kernels, new.kernels))
  say("only the new one has the kernel, which is not compared", missing_in(new.kernels, old.kernels))
  say("no more there", missing_in(old.objects, new.objects))
  say("new, and all that fails of it is worse", missing_in(new.objects, old.objects))
  if #notes == 0 then return end
  out:note { rule = "compare-differs", message = "the two runs are not of the same", notes = notes,
    subject = "runs" }
end

-- What became worse first, then better; else as they were found.
local CHANGES = { "worse", "better", "changed" }

local function add_rows(out, rows)
  for _, change in ipairs(CHANGES) do
    for _, row in ipairs(rows[change]) do out:row(row) end
  end
end

local function add_summary(out, rows, objects, kernels)
  local facts, words = { order = { "worse", "better", "changed", "objects", "kernels" } }, {}
  for i, change in ipairs(CHANGES) do
    facts[change] = #rows[change]
    words[i] = ("%d %s"):format(#rows[change], change)
  end
  facts.objects, facts.kernels = #objects, kernels
  facts.text = ("%s; %d object%s on %d kernel%s"):format(table.concat(words, ", "), #objects,
    #objects == 1 and "" or "s", kernels, kernels == 1 and "" or "s")
  out:summary(facts)
end

-- The kernels of both, and how many they are.
local function shared_of(before, after)
  local shared, count = {}, 0
  for _, name in ipairs(after.kernels) do
    shared[name] = before.kernels[name]
    if shared[name] then count = count + 1 end
  end
  return shared, count
end

---@param old btfl.report
---@param new btfl.report
---@return btfl.report
return function(old, new)
  local out = report.new("compare", {
    columns = { "change", "object", "program", "target", "rule", "message", "was", "is" },
    text = { "change", "object", "programs", "kernels", "rule", "message", "was", "is" },
  })
  local before, after = looked_at(old), looked_at(new)
  local called = object_names(before.objects, after.objects)
  local shared, kernels = shared_of(before, after)
  before.objects, after.objects = called_of(before.objects, called), called_of(after.objects, called)
  local was, is, rows = index(old, called), index(new, called), { worse = {}, better = {}, changed = {} }
  local function add(finding, change, from, to)
    table.insert(rows[change], row_of(finding, change, called[finding.object], from, to))
  end
  for finding, rank, there, loads in each_part(is, was, new.findings, shared) do
    add(finding, loads and "worse" or "changed", there, rank)
    if loads then add_worse(out, finding, there) end
  end
  for finding, rank, there, loads in each_part(was, is, old.findings, shared) do
    if not finding.object or after.objects[called[finding.object]] then
      add(finding, loads and "better" or "changed", rank, there)
    end
  end
  add_differences(out, before, after)
  add_rows(out, rows)
  add_summary(out, rows, after.objects, kernels)
  return out:merge()
end
