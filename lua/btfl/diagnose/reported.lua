--- What was found of an object on all kernels, put into a report: findings with the kernels of which they are
--- said, and a summary of each pair. Most is said of kernel after kernel, and is put so.
local carried = require "btfl.report.carried"
local check = require "btfl.diagnose.check"
local repeated = require "btfl.report.repeated"
local stretches = require "btfl.stretches"

local reported = {}

-- A list that mostly says the same again: each value once, and up to which place.
local function add_run(runs, value, count)
  local n, last = #runs, count + (runs[#runs] or 0)
  if runs[n - 1] == value then runs[n] = last else runs[n + 1], runs[n + 2] = value, last end
end

local function in_runs(runs, place)
  local low, high = 1, #runs // 2
  while low < high do
    local middle = (low + high) // 2
    if runs[2 * middle] < place then low = middle + 1 else high = middle end
  end
  return runs[2 * low - 1]
end

-- The summaries of pairs: of the object at `path`, runs of what is counted on each of its kernels.
local SUMMARIES = {
  count = function(own) return #own.kernels end,
  make = function(own, n) return check.summary(in_runs(own.runs, n), own.path, own.kernels[n]) end,
  about = function(own, n)
    local kernel = own.kernels[n]
    return own.path, kernel.name, check.known_of(kernel), in_runs(own.runs, n)
  end,
}

-- The names of kernels of a list, by where these are.
local known_names = {}

-- Those from one place to another, in pairs; equal lists are one, by `same`.
local function names_in(kernels, places, same)
  if known_names.kernels ~= kernels then known_names = { kernels = kernels } end
  local key = table.concat(places, " ")
  if not known_names[key] then
    local names = {}
    for i = 1, #places, 2 do
      for n = places[i], places[i + 1] do names[#names + 1] = kernels[n].name end
    end
    known_names[key] = same(names)
  end
  return known_names[key]
end

-- What is told of kernels, in order, and where these are. By kernel findings of several shapes are known to
-- be one.
local function told_in(found)
  local told, of_tells = {}, {}
  local function add(tells, first, last, is_joined)
    local one = is_joined and of_tells[tells]
    if not one then
      one = { findings = tells.findings, at = {}, is_joined = is_joined }
      told[#told + 1], of_tells[tells] = one, one
    end
    local n = #one.at
    if one.at[n] == first - 1 then one.at[n] = last else one.at[n + 1], one.at[n + 2] = first, last end
  end
  for own, first, last in stretches.each(found.at) do
    local count = #own == 1 and last - first + 1 or 1
    for n = first, last, count do
      for _, number in ipairs(own) do
        if number then add(found.tells[number], n, n + count - 1, #own == 1) end
      end
    end
  end
  return told
end

-- Adds the summaries of pairs of which anything is told.
local function add_summaries(out, object, kernels, found)
  local counted, on, is_whole = {}, {}, true
  for own in stretches.each(found.at) do is_whole = is_whole and #own == 1 and own[1] ~= false end
  for own, first, last in stretches.each(found.at) do
    local count = #own == 1 and last - first + 1 or 1
    for n = first, last, count do
      for _, number in ipairs(own) do
        if number then
          add_run(counted, found.tells[number].counted, count)
          if not is_whole then table.move(kernels, n, n + count - 1, #on + 1, on) end
        end
      end
    end
  end
  out.summaries = repeated.from(out.summaries)
  repeated.add(out.summaries, repeated.made({ path = object.path, runs = counted,
    kernels = is_whole and kernels or on }, SUMMARIES))
end

-- The places of several lists, in pairs as each has them.
local function joined(lists)
  if #lists == 1 then return lists[1] end
  local places, out = {}, {}
  for _, list in ipairs(lists) do
    for i = 1, #list, 2 do places[#places + 1] = { list[i], list[i + 1] } end
  end
  table.sort(places, function(a, b) return a[1] < b[1] end)
  for _, place in ipairs(places) do
    local n = #out
    if out[n] == place[1] - 1 then out[n] = place[2] else out[n + 1], out[n + 2] = place[1], place[2] end
  end
  return out
end

-- The numbers of findings in the order in which they are told, each with what it is told in, `of`: once, but
-- by kernel where there are several shapes.
local function findings_in(told)
  local list, known = {}, {}
  for n, one in ipairs(told) do
    for _, number in ipairs(one.findings) do
      local finding = one.is_joined and known[number]
      if not finding then
        finding = { number = number, of = {} }
        list[#list + 1] = finding
        if one.is_joined then known[number] = finding end
      end
      table.insert(finding.of, n)
    end
  end
  return list
end

-- Gives the names of the kernels of which any of these is told; many findings have the same.
local function names_of_told(told, kernels, same)
  local known = {}
  return function(numbers)
    local key = table.concat(numbers, " ")
    if not known[key] then
      local lists = {}
      for i, n in ipairs(numbers) do lists[i] = told[n].at end
      known[key] = names_in(kernels, joined(lists), same)
    end
    return known[key]
  end
end

-- A finding on the kernels of which it is said.
local function add_finding(out, finding, names)
  local own = {}
  for name, value in pairs(finding) do own[name] = value end
  own.targets = own.target and #names > 1 and names or nil
  own.target = own.target and #names == 1 and names[1] or nil
  table.insert(out.findings, own)
end

--- Adds what run.lua has found of an object.
---@param out btfl.report
---@param later btfl.report takes what is told of all kernels together
---@param object btfl.object
---@param list table[] what was said of it on each kernel, in each shape
---@param kernels btfl.facts.kernel[]
---@param found { findings: btfl.finding[], tells: table[], at: table, later: table } of Run:find()
---@param same fun(names: string[]): string[] of same_lists.lua
function reported.put(out, later, object, list, kernels, found, same)
  for own, first, last in stretches.each(found.at) do
    local fails = false
    for _, number in ipairs(own) do fails = fails or not number end
    for n = first, fails and last or 0 do
      for _, one in ipairs(list[n]) do
        if one.failure then out:failure(one.failure) end
      end
    end
  end
  add_summaries(out, object, kernels, found)
  local told = told_in(found)
  local names_of = names_of_told(told, kernels, same)
  for _, one in ipairs(findings_in(told)) do
    add_finding(out, found.findings[one.number], names_of(one.of))
  end
  carried.put(later, found.later)
end

return reported
