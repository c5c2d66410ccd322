--- What a project file says is known and may be: findings that an `ignore` matches become notes that say why,
--- and an `ignore` that is of no use any more is told.
local names = require "btfl.report.names"

local ignore = {}

-- Whether a name is what a pattern says, in which `*` is any text and `?` any character. Only the last `*` is
-- tried again: a pattern of Lua with many takes as long as its author likes.
local function fits(glob, text)
  local g, t, star, from = 1, 1, nil, 1
  while t <= #text do
    local c = glob:sub(g, g)
    if c == "*" then
      star, from, g = g, t, g + 1
    elseif c == "?" or c ~= "" and c == text:sub(t, t) then
      g, t = g + 1, t + 1
    elseif star then
      from = from + 1
      g, t = star + 1, from
    else
      return false
    end
  end
  return not glob:find("[^*]", g)
end

--- Whether a pattern matches a name; without one, any is matched.
---@param glob string?
---@param name string|false|nil
---@return boolean
function ignore.matches(glob, name)
  if not glob then return true end
  return name and fits(glob, name) or false
end

--- The same of a path: one of its last parts does, as `x.bpf.o` and `out/x.bpf.o` match `../out/x.bpf.o`.
---@param glob string?
---@param path string?
---@return boolean
function ignore.matches_path(glob, path)
  if not glob then return true end
  glob = glob:gsub("^%./", "")
  while path do
    if fits(glob, path) then return true end
    path = path:match "^[^/]*/(.*)$"
  end
  return false
end

--- Makes a finding a note that says why.
---@param finding btfl.finding
---@param words string
---@return btfl.finding
function ignore.as_note(finding, words)
  finding.level, finding.help = "note", nil
  finding.notes = table.move(finding.notes or {}, 1, #(finding.notes or {}), 2, { words })
  return finding
end

-- Which programs a merged finding has on which kernels is not known: all on all. A cell is what is left of
-- that, by program and kernel, false where a finding names none.
local function all_cells(finding)
  local left = {}
  local programs, targets = names.programs(finding), names.targets(finding)
  for _, program in ipairs(#programs > 0 and programs or { false }) do
    left[program] = {}
    for _, target in ipairs(#targets > 0 and targets or { false }) do left[program][target] = true end
  end
  return left
end

-- Takes out what an ignore matches; whether there was any.
local function take(one, finding, left)
  if one.rule and one.rule ~= finding.rule then return false end
  if not ignore.matches_path(one.object, finding.object) then return false end
  local any = false
  for program, targets in pairs(left) do
    for target in pairs(ignore.matches(one.program, program) and targets or {}) do
      if ignore.matches(one.target, target) then targets[target], any = nil, true end
    end
    if not next(targets) then left[program] = nil end
  end
  return any
end

-- The names of a finding that keep() takes, as its field of one or of many.
local function narrow(out, finding, one, many, keep)
  local list = {}
  for _, name in ipairs(finding[many] or { finding[one] }) do
    if keep(name) then list[#list + 1] = name end
  end
  out[one], out[many] = #list == 1 and list[1] or nil, #list > 1 and list or nil
end

-- A finding as it stands without what was taken out, and what was, where whole kernels or whole programs
-- were: else what is left is told of all.
local function split(finding, left)
  local rest, taken = {}, {}
  for name, value in pairs(finding) do rest[name], taken[name] = value, value end
  local targets = {}
  for _, on in pairs(left) do
    for target in pairs(on) do targets[target] = true end
  end
  narrow(rest, finding, "program", "programs", function(name) return left[name] ~= nil end)
  narrow(rest, finding, "target", "targets", function(name) return targets[name] ~= nil end)
  if #names.targets(rest) < #names.targets(finding) then
    narrow(taken, finding, "target", "targets", function(name) return not targets[name] end)
  elseif #names.programs(rest) < #names.programs(finding) then
    narrow(taken, finding, "program", "programs", function(name) return not left[name] end)
  else
    taken = nil
  end
  if taken then rest.count, taken.count = nil, nil end
  return rest, taken
end

-- Adds a finding as its ignores leave it.
local function sift(list, finding, ignores, used)
  if finding.level == "note" then return table.insert(list, finding) end
  local left, because = all_cells(finding), nil
  for _, one in ipairs(ignores) do
    if take(one, finding, left) then used[one], because = true, because or one end
  end
  if not because then return table.insert(list, finding) end
  local words = ("ignored: %s (%s)"):format(because.because, because.place)
  if not next(left) then return table.insert(list, ignore.as_note(finding, words)) end
  local rest, taken = split(finding, left)
  table.insert(list, rest)
  if taken then table.insert(list, ignore.as_note(taken, words)) end
end

local function describe(one)
  local words = {}
  for _, name in ipairs { "rule", "object", "program", "target" } do
    if one[name] then words[#words + 1] = ("%s %s"):format(name, one[name]) end
  end
  return table.concat(words, ", ")
end

-- What makes of a run another than the file says.
local OTHER = { "only", "policy", "set", "unset", "attach", "type", "skip", "one_of", "map", "release",
  "version", "kconfig", "kallsyms" }

local function is_other(args)
  for _, option in ipairs(OTHER) do
    local given = args[option]
    if given and (type(given) ~= "table" or #given > 0) then return true end
  end
  return false
end

-- Whether the run has looked at what it is about: else it says nothing of it. What is met nowhere in a run of
-- the whole project is misspelt.
local function could_match(one, current)
  local args, met = current.args, rawget(current, "met")
  if is_other(args) or #current.failures > 0 then return false end
  local function is_met(set, matches, glob, whole)
    if whole or not glob then return whole or false end
    for name in pairs(set) do
      if matches(glob, name) then return true end
    end
    return false
  end
  return is_met(met.objects, ignore.matches_path, one.object, args.project_objects)
    and is_met(met.targets, ignore.matches, one.target, args.project_targets)
    and (not one.program or is_met(met.programs, ignore.matches, one.program, args.project_objects))
end

-- Reports that tell of all that there is to find in objects.
local WHOLE = { check = true, matrix = true }

local function remark(report, current, one, used, today)
  if one.until_ and one.until_ < today then
    report:warning { rule = "ignore-expired",
      message = ("%s (%s) has expired on %s: %s"):format(one.place, describe(one), one.until_, one.because) }
  elseif not used[one] and could_match(one, current) then
    report:warning { rule = "ignore-unused",
      message = ("%s (%s) matches nothing: %s"):format(one.place, describe(one), one.because) }
  end
end

--- Makes notes of what is ignored, and adds what is to be said of ignores themselves.
---@param report btfl.report
---@param current btfl.cli
function ignore.settle(report, current)
  local ignores, valid, used, list = current.project.ignore or {}, {}, {}, {}
  local today = os.date "!%Y-%m-%d"
  for _, one in ipairs(ignores) do
    if not one.until_ or one.until_ >= today then valid[#valid + 1] = one end
  end
  for _, finding in ipairs(report.findings) do sift(list, finding, valid, used) end
  report.findings = list
  if not WHOLE[report.name] then return end
  for _, one in ipairs(ignores) do remark(report, current, one, used, today) end
end

return ignore
