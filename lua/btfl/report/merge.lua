--- Findings of one cause as one finding: the same source line, field and reason, in whatever programs,
--- unrolled copies and kinds of relocation, on whatever kernels and in whatever shapes of a tool.
local class = require "btfl.class"
local fingerprint = require "btfl.report.fingerprint"
local key_of = require "btfl.report.key"
local name_sets = require "btfl.report.name_sets"
local names = require "btfl.report.names"
local pacing = require "btfl.pacing"
local repeated = require "btfl.report.repeated"
local same_lists = require "btfl.report.same_lists"
local sequences = require "btfl.report.sequences"
local series = require "btfl.kernels.series"
local spells = require "btfl.report.spells"

-- Notes that hold on all of the kernels, and on some only; more of them, as of many programs, tell no more.
local COMMON, SHOWN = 6, 4

-- A set that keeps its order: list of keys, and what each maps to.
local function ordered()
  return { list = {}, at = {} }
end

local function put(set, key, value)
  if key ~= nil and set.at[key] == nil then
    set.list[#set.list + 1] = key
    set.at[key] = value == nil and true or value
  end
  return key ~= nil and set.at[key] or nil
end

-- Where a finding is and what it is about, without the reason; and the same, whatever is the matter with it.
local function subject(finding)
  local topic = fingerprint.topic(finding)
  if fingerprint.is_placeless(finding) then
    return key_of(finding.object, finding.subject), key_of(finding.object, topic)
  end
  local at, details = finding.at, finding.details or {}
  local place
  if class(at) == "btfl.line" then
    place = ("%s:%d"):format(at.file, at.line)
  else
    place = tostring(at or finding.program)
  end
  return key_of(finding.object, place, finding.subject, details.access or finding.message),
    key_of(finding.object, place, topic)
end

-- The relocation (or other place) itself, to count it once for all kernels.
local function occurrence(finding)
  local details = finding.details or {}
  return key_of(finding.program, details.section, details.offset, details.insn, details.kind,
    class(finding.at) == "btfl.line" and finding.at.column or nil)
end

-- The kernels that each object was held against, in order.
local function examined(report)
  local of_objects = sequences.new()
  repeated.each_about(report.summaries, function(object, target, kernel)
    if object ~= nil and target ~= nil then of_objects:add(object, target, kernel) end
  end)
  return of_objects
end

-- Gives for rows, which are said again and again, the objects that they are of.
local function objects_of_rows()
  local known = {}
  return function(rows)
    local list = known[rows]
    if not list then
      list = {}
      for _, row in ipairs(rows) do
        if row.object ~= list[#list] then list[#list + 1] = row.object end
      end
      known[rows] = list
    end
    return list
  end
end

-- The places of kernels in the order in which rows of any object have them; what adds one, and what adds
-- those of a list from one to another, of which most are there.
local function places_of_any()
  local places, count, known = {}, 0, {}
  local function add(name)
    if name ~= nil and not places[name] then
      count = count + 1
      places[name] = count
    end
  end
  return places, add, function(list, first, last)
    local span = first << 32 | last
    known[list] = known[list] or {}
    for i = first, known[list][span] and 0 or last do add(list[i]) end
    known[list][span] = true
  end
end

-- Gives names of kernels in the order in which the rows of an object have them, else its summaries, else rows
-- of any, and then of their versions: a finding that holds on several stands where the first of them does.
local function in_order_of(report, kernels, equal)
  local objects, objects_of, has_rows = sequences.new(), objects_of_rows(), false
  local places, add_place, add_places = places_of_any()
  local function put_place(object, target)
    if object ~= nil and target ~= nil then objects:add(object, target) end
    add_place(target)
  end
  for rows, field, values, first, last in repeated.parts(report.rows) do
    local about = not field and repeated.about(rows)
    has_rows = has_rows or #rows > 0
    for i = 1, about and #rows or 0 do put_place(about(rows, i)) end
    if field == "target" then
      for _, object in ipairs(objects_of(rows)) do objects:add_all(object, values, first, last) end
      if #rows > 0 then add_places(values, first, last) end
    else
      for _, row in ipairs(about and {} or rows) do put_place(row.object, row.target) end
    end
  end
  if not has_rows then objects = kernels end
  local function ordered_by(place, names_of)
    local list = table.move(names_of, 1, #names_of, 1, {})
    for _, name in ipairs(list) do
      if not place[name] then return series.names_in_order(list) end
    end
    table.sort(list, function(a, b) return place[a] < place[b] end)
    return series.names_in_order(list)
  end
  -- Findings have lists in common, and objects have kernels.
  local known = {}
  return function(object, list)
    local names_of = equal(list)
    local found = object ~= nil and objects:of(object)
    local place = found and found.places or places
    known[place] = known[place] or {}
    known[place][names_of] = known[place][names_of] or ordered_by(place, names_of)
    return known[place][names_of]
  end
end

local function each(value, visit)
  if type(value) ~= "table" then value = { value } end
  for _, item in ipairs(value) do visit(item) end
end

-- Gives for a finding all shapes in which the same is said of the same programs on the same kernels, none
-- where it has no shape: what is said in other shapes is another finding.
local function shapes_of(report)
  local all = {}
  local function of(finding)
    local key = key_of(finding.level, finding.rule, (subject(finding)),
      table.concat(names.programs(finding), "\n"), table.concat(names.targets(finding), "\n"))
    all[key] = all[key] or ordered()
    return all[key]
  end
  for _, finding in ipairs(report.findings) do
    each(finding.shapes or finding.shape, function(name) put(of(finding), name) end)
  end
  return function(finding) return (finding.shapes or finding.shape) and of(finding).list or {} end
end

-- Collects a finding, which may be a merged one itself.
local function collect(group, finding, sets)
  local targets = sets:of(finding.targets or finding.target)
  group.targets = sets:joined(group.targets, targets)
  each(finding.programs or finding.program, function(name) put(group.programs, name) end)
  local function said(sayings, line)
    if line == nil then return end
    sayings.at[line] = sets:joined(put(sayings, line, targets), targets)
  end
  said(group.messages, finding.message)
  each(finding.notes, function(note) said(group.notes, note) end)
  each(finding.help, function(help) put(group.help, help) end)
  local details = finding.details or {}
  for kind in tostring(details.kind or ""):gmatch("[^/]+") do put(group.kinds, kind) end
  for cause in tostring(details.cause or ""):gmatch("[^/]+") do put(group.causes, cause) end
  local place = occurrence(finding)
  if not group.places.at[place] then
    put(group.places, place)
    group.count = group.count + (finding.count or 1)
  end
  if finding.programs_on or targets ~= group.targets then group.is_even = false end
end

-- What findings of one cause have, each thing once.
local function collected(cause, sets)
  local group = {
    first = cause.findings[1], findings = cause.findings, shapes = cause.shapes, count = 0, is_even = true,
    programs = ordered(), kinds = ordered(), causes = ordered(), places = ordered(), messages = ordered(),
    notes = ordered(), help = ordered(),
  }
  for _, finding in ipairs(cause.findings) do collect(group, finding, sets) end
  group.on = sets:names(group.targets)
  return group
end

-- The notes, each with its kernels when it does not hold on all of them.
local function notes_of(group, sets, in_order)
  local notes, common, partial = {}, 0, 0
  local function add(sayings, first)
    for i = first, #sayings.list do
      local line = sayings.list[i]
      local on = sets:names(sayings.at[line])
      if #on == #group.on then
        common = common + 1
        if common <= names.most(COMMON) then notes[#notes + 1] = line end
      else
        partial = partial + 1
        if partial <= names.most(SHOWN) then
          notes[#notes + 1] = ("on %s: %s"):format(names.some(in_order(group.first.object, on)), line)
        end
      end
    end
  end
  add(group.messages, 2)
  add(group.notes, 1)
  if common > names.most(COMMON) then notes[#notes + 1] = ("and %d more such"):format(common - COMMON) end
  if partial > names.most(SHOWN) then
    notes[#notes + 1] = ("and %d more on other kernels"):format(partial - SHOWN)
  end
  return #notes > 0 and notes or nil
end

-- The programs on each target, where not all are on all.
local function programs_on(group)
  local programs, out, all, set = group.programs.list, {}, true, {}
  if group.is_even or #programs < 2 or #group.on < 2 then return nil end
  for _, finding in ipairs(group.findings) do
    for target, program in names.pairs(finding) do
      set[target] = set[target] or ordered()
      put(set[target], program)
    end
  end
  for _, target in ipairs(group.on) do
    local on = set[target]
    out[target] = on.list
    all = all and #on.list == #programs
  end
  return not all and out or nil
end

local function details_of(group)
  local old = group.first.details
  if not old then return nil end
  local details = {}
  for name, value in pairs(old) do details[name] = value end
  if #group.kinds.list > 1 then details.kind = table.concat(group.kinds.list, "/") end
  if #group.causes.list > 0 then details.cause = table.concat(group.causes.list, "/") end
  if #group.places.list > 1 then details.insn, details.offset = nil, nil end
  return details
end

-- Gives what is made of two values, once: findings are about the same few lists of kernels.
local function once(make)
  local known = {}
  return function(a, b)
    local of_a = known[a] or {}
    known[a] = of_a
    if of_a[b] == nil then of_a[b] = make(a, b) or false end
    return of_a[b] or nil
  end
end

-- Gives, of the kernels that an object was held against, those that are not among some, in order, nil for
-- none; and the spells of what fails on some and is fine on others.
local function splits_of(equal)
  local others = once(function(kernels, failing)
    local fails, fine = {}, {}
    for _, name in ipairs(failing) do fails[name] = true end
    for _, name in ipairs(kernels.list) do
      if not fails[name] then fine[#fine + 1] = name end
    end
    return #fine > 0 and equal(series.names_in_order(fine))
  end)
  local histories = {}
  return others, function(kernels, failing, fine)
    histories[kernels] = histories[kernels]
      or once(function(on, off) return spells.of(on, off, kernels.at) end)
    return histories[kernels](failing, fine)
  end
end

-- The finding of a group, of an object that was held against `kernels`; `failing` are those on which anything
-- is said of the same.
local function finding_of(group, kernels, failing, splits)
  local out, first, on = {}, group.first, group.on
  for name, value in pairs(first) do out[name] = value end
  out.details = details_of(group)
  out.notes = notes_of(group, splits.sets, splits.in_order)
  out.help = #group.help.list > 0 and group.help.list or nil
  -- Kernels on which nothing is said of the same subject, not even that it is not known.
  local told = first.fine and #first.fine == 0 or first.at == nil and first.details == nil
  out.fine = kernels and #on > 0 and not told and splits.others(kernels, failing) or nil
  local has_history = out.fine and not spells.are_none(group.causes.at)
  out.history = has_history and splits.history(kernels, on, out.fine) or nil
  if #on > 1 then out.target, out.targets = nil, splits.equal(splits.in_order(out.object, on)) end
  if #group.programs.list > 1 then out.program, out.programs = nil, group.programs.list end
  if #group.shapes > 1 then out.shape, out.shapes = nil, group.shapes end
  out.programs_on = programs_on(group)
  if group.count > 1 then out.count = group.count end
  return out
end

local function adjust(report)
  if pacing.is_for(report.findings) then pacing.adjust() end
end

-- The findings of each cause, in the order in which it first appears: { findings =, shapes =, topic = };
-- and by topic, the kernels on which there is any.
local function causes_of(report, sets)
  local order, by_key, failing, shapes = {}, {}, {}, shapes_of(report)
  for _, finding in ipairs(report.findings) do
    local about, topic = subject(finding)
    local own = shapes(finding)
    local key = key_of(finding.level, finding.rule, about, table.unpack(own))
    local cause = by_key[key]
    if not cause then
      cause = { findings = {}, shapes = own, topic = topic }
      by_key[key], order[#order + 1] = cause, cause
    end
    table.insert(cause.findings, finding)
    failing[topic] = sets:joined(failing[topic], sets:of(finding.targets or finding.target))
    adjust(report)
  end
  return order, failing
end

--- The findings of a report, merged; in the order in which each cause first appears. What merging has
--- merged can be merged again.
---@param report btfl.report
---@return btfl.finding[]
return function(report)
  local equal = same_lists()
  local sets = name_sets.new(equal)
  local causes, failing = causes_of(report, sets)
  local kernels, out, splits = examined(report), {}, { equal = equal, sets = sets }
  splits.in_order = in_order_of(report, kernels, equal)
  splits.others, splits.history = splits_of(equal)
  for i, cause in ipairs(causes) do
    local group = collected(cause, sets)
    out[i] = finding_of(group, kernels:of(group.first.object), sets:names(failing[cause.topic]), splits)
    causes[i] = false
    adjust(report)
  end
  if pacing.is_for(report.findings) then pacing.stop() end
  return out
end
