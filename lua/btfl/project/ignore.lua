--- What a project file says is known and may be: findings that an `ignore` matches become notes that say why,
--- and an `ignore` that is of no use any more is told.
local narrow = require "btfl.report.narrow"

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

-- Whether an ignore is of findings of such a rule in such an object.
local function concerns(one, finding)
  return (not one.rule or one.rule == finding.rule) and ignore.matches_path(one.object, finding.object)
end

-- Adds a finding as its ignores leave it: what they match of its kernels and programs is a note, the rest
-- stands before that as it was.
local function sift(list, finding, ignores, used)
  local rest, notes = finding, {}
  for _, one in ipairs(finding.level ~= "note" and ignores or {}) do
    local function matches(target, program)
      return ignore.matches(one.program, program) and ignore.matches(one.target, target)
    end
    local taken = rest and concerns(one, rest) and narrow(rest, matches)
    if taken then
      used[one] = true
      notes[#notes + 1] = ignore.as_note(taken, ("ignored: %s (%s)"):format(one.because, one.place))
      rest = narrow(rest, function(...) return not matches(...) end)
    end
  end
  list[#list + 1] = rest
  table.move(notes, 1, #notes, #list + 1, list)
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
  local args, looked_at = current.args, rawget(current, "looked_at")
  if is_other(args) or #current.failures > 0 then return false end
  local function is_met(what, field, matches, glob, whole)
    if whole or not glob then return whole or false end
    for _, item in ipairs(looked_at[what]) do
      if matches(glob, item[field]) then return true end
    end
    return false
  end
  return is_met("objects", "path", ignore.matches_path, one.object, args.project_objects)
    and is_met("kernels", "name", ignore.matches, one.target, args.project_targets)
    and (not one.program or is_met("programs", "name", ignore.matches, one.program, args.project_objects))
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
