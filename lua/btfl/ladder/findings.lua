--- What is to be said of ladders over a set of kernels: that the newest are back at what older ones take, and
--- that all answer alike.
local drifting = require "btfl.ladder.drifting"
local notes = require "btfl.diagnose.notes"
local questions = require "btfl.ladder.questions"
local reasons = require "btfl.diagnose.reasons"
local series = require "btfl.kernels.series"

local findings = {}

local DETAILS = { "access", "kind", "insn" }

-- The different values of a field of some relocations, in order.
local function each_once(relos, field)
  local list, seen = {}, {}
  for _, relo in ipairs(relos) do
    local value = relo[field]
    if not seen[value] then list[#list + 1], seen[value] = value, true end
  end
  return table.concat(list, ", ")
end

--- A note at a branch that some relocations decide.
---@param ladder btfl.object.ladder
---@param relos btfl.relo[]
---@param said { rule: string, message: string }
---@return btfl.finding
function findings.of(ladder, relos, said)
  local program, line = ladder.program, ladder.line
  return {
    level = "note", rule = said.rule, message = said.message, object = program.object.path,
    program = program.name, at = line, mark = #relos == 1 and notes.mark(relos[1]) or nil,
    insn = (not line or line.text == "") and notes.instruction_at(program, ladder.insn) or nil,
    details = { order = DETAILS, access = each_once(relos, "path"), kind = each_once(relos, "kind"),
      insn = ladder.insn },
    help = { reasons[said.rule].help }, notes = {},
  }
end

-- "7.3.4 takes the branch of 5.10.262, and not that of 6.1.192 .. 6.12.117"
local function gap_words(gap)
  return ("%s %s the branch of %s, and not that of %s"):format(series.span(gap.newest),
    #gap.newest > 1 and "take" or "takes", series.span(gap.like), series.span(gap.between))
end

-- Adds how each question is answered, and where the answers decide again.
local function tell_answers(finding, group)
  local told, again, first = {}, {}, group[1].line and group[1].line.line
  for i, ladder in ipairs(group) do
    if #ladder.relos == 1 and not told[ladder.question] then
      table.insert(finding.notes, ("%s: %s"):format(ladder.question, ladder.vector))
      told[ladder.question] = true
    end
    local line = ladder.line
    if i > 1 and line and line.line ~= first and not again[line.line] then
      again[#again + 1], again[line.line] = tostring(line.line), true
    end
  end
  if #again > 0 then
    table.insert(finding.notes, ("decided by the same: line%s %s"):format(#again > 1 and "s" or "",
      table.concat(again, ", ")))
  end
end

-- "filelife.bpf.c:102: `int BPF_KPROBE(vfs_unlink, void *arg0)`"
local function place(line)
  local text = line.text:gsub("^%s+", "")
  return ("%s:%d%s"):format(line.name, line.line, text ~= "" and (": `%s`"):format(text) or "")
end

-- Those of a list that are in a set, by release.
local function on_kernels(set)
  local list = {}
  for target in pairs(set) do list[#list + 1] = target end
  return series.span(series.in_order(list))
end

-- An argument for which the newest kernels have something else makes it a warning, which shows both lines.
-- What there is to say of the argument itself, its own finding does.
local function add_drift(finding, ladder, found)
  local row = found.row
  local told, read = row.told, row.line
  if finding.level ~= "warning" then
    finding.level, finding.message = "warning", ("%s: %s"):format(finding.message, told.message)
  else
    table.insert(finding.notes, told.message)
  end
  local asked = ladder.line and ("asked at %s:%d; "):format(ladder.line.name, ladder.line.line) or ""
  table.insert(finding.notes, ("%son %s %s is read%s"):format(asked, on_kernels(found.on), told.what,
    read and " at " .. place(read) or ""))
  table.insert(finding.notes, ("%s (see %s)"):format(told.taken or "declared otherwise", told.rule))
end

local function add_gap(group)
  local ladder, relos = group[1], group.relos
  local gaps = ladder.gaps
  local message = gap_words(gaps[1])
  if #gaps > 1 and gaps[1].series ~= "" then message = ("%s: %s"):format(gaps[1].series, message) end
  local finding = findings.of(ladder, relos, { rule = "ladder-gap", message = message })
  finding.targets = {}
  for _, found in ipairs(group.found) do add_drift(finding, ladder, found) end
  for i, gap in ipairs(gaps) do
    for _, target in ipairs(gap.newest) do table.insert(finding.targets, target.name) end
    if i > 1 then table.insert(finding.notes, ("%s: %s"):format(gap.series, gap_words(gap))) end
  end
  tell_answers(finding, group)
  table.insert(ladder.findings, finding)
end

-- The questions of a whole ladder: of all branches that start where this one does.
local function asked_from(list, head)
  local relos, seen = {}, {}
  for _, ladder in ipairs(list) do
    for _, relo in ipairs(ladder.head == head and ladder.relos or {}) do
      local text = questions.text(relo)
      if not seen[text] then relos[#relos + 1], seen[text] = relo, true end
    end
  end
  return relos, seen
end

local function all_within(ladder, seen)
  for _, relo in ipairs(ladder.relos) do
    if not seen[questions.text(relo)] then return false end
  end
  return true
end

-- The arguments that drift for the sake of each group: of those whose evidence stands behind no branch the
-- first group tells.
local function find_drifting(groups, kernels, options)
  local context, told = drifting.context(groups[1][1].program, kernels, options), {}
  local function is_new(found)
    local key = ("%s %s"):format(found.row.program, found.row.argument)
    if told[key] and not found.behind then return false end
    told[key] = true
    return true
  end
  for _, group in ipairs(groups) do group.found = context:of(group) end
  for _, behind in ipairs { true, false } do
    for _, group in ipairs(groups) do
      group.kept = group.kept or {}
      for _, found in ipairs(group.found) do
        if found.behind == behind and is_new(found) then table.insert(group.kept, found) end
      end
    end
  end
  for _, group in ipairs(groups) do group.found = group.kept end
end

-- A ladder that asks further down for nothing else is told with the first.
local function groups_of(list)
  local groups = {}
  for _, ladder in ipairs(list) do
    local found
    for _, group in ipairs(groups) do
      if not found and ladder.verdict == "gap" and all_within(ladder, group.seen) then found = group end
    end
    if found then
      table.insert(found, ladder)
    elseif ladder.verdict == "gap" then
      local relos, seen = asked_from(list, ladder.head)
      groups[#groups + 1] = { relos = relos, seen = seen, ladder }
    end
  end
  return groups
end

local CLEANUP = {
  always = { rule = "ladder-always", words = "%s: true on each of the %d kernels" },
  never = { rule = "ladder-never", words = "%s: true on none of the %d kernels" },
}

local function cleanup_of(ladder, targets)
  local doc = CLEANUP[ladder.verdict]
  if not doc or #targets < 2 then return nil end
  local finding = findings.of(ladder, ladder.relos,
    { rule = doc.rule, message = doc.words:format(ladder.question, #targets) })
  finding.targets = {}
  for i, target in ipairs(targets) do finding.targets[i] = target.name end
  return finding
end

--- Adds to the ladders of one program what is to be said of them.
---@param list btfl.object.ladder[]
---@param targets btfl.target[]
---@param kernels btfl.facts
---@param options btfl.check.options
function findings.add(list, targets, kernels, options)
  local groups = groups_of(list)
  if #groups > 0 then find_drifting(groups, kernels, options) end
  for _, group in ipairs(groups) do add_gap(group) end
  for _, ladder in ipairs(list) do ladder.cleanup = cleanup_of(ladder, targets) end
end

return findings
