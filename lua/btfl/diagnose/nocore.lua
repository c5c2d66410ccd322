--- Memory of the kernel that an object reads without CO-RE, as findings: what lies there is another member on
--- other kernels. See object:fixed_reads in meta.lua.
local fixed = require "btfl.arguments.fixed"
local layout = require "btfl.arguments.layout"
local names = require "btfl.report.names"
local series = require "btfl.kernels.series"

local nocore = {}

-- Most objects have nothing to say of.
local function help_of(name)
  return require("btfl.diagnose.reasons")["no-core"][name]
end

-- Classes in a sentence, runs of kernels of one, and reads of an object that has no records.
local CLASSES_SHOWN, RUNS_SHOWN, READS_SHOWN = 3, 2, 3

local function called(t)
  return ("%s %s"):format(t.kind, t.name)
end

-- What lies there, as a class of kernels has it.
local function place_words(row, class, at)
  local place = layout.at(class.struct, at)
  if place.state == "padding" then return "padding" end
  if place.state == "beyond" then return "beyond the end" end
  local path = layout.exact(class.struct, at, row.bytes) or place.path
  return ("`%s%s`"):format(row.mixed and class.struct.name .. "." or "", path)
end

-- Whether what is read is one member on some kernel; else it is a copy.
local function is_one(row)
  for _, class in ipairs(row.classes) do
    local place = layout.at(class.struct, row.offset)
    if place.state == "member" and place.start + place.size >= row.offset + row.bytes then return true end
  end
  return false
end

-- How kernels are called: by their versions, where these tell those of different classes apart.
local function names_of(row)
  local seen, twice = {}, {}
  for _, class in ipairs(row.classes) do
    for _, target in ipairs(class.targets) do
      local short = series.short(target)
      twice[short] = twice[short] or seen[short] ~= nil and seen[short] ~= class
      seen[short] = class
    end
  end
  return function(target)
    local short = series.short(target)
    return twice[short] and target.name or short
  end
end

-- "5.10.262 .. 6.1.192", "from 6.12.107": of kernels that follow one another among all that are read on.
local function kernels_words(row, class, name)
  local of = {}
  for _, target in ipairs(class.targets) do of[target] = true end
  local runs = series.runs(row.targets, function(target) return of[target] or false end)
  local words, count = {}, 0
  for i, run in ipairs(runs) do
    if run.value then
      count = count + 1
      local first, last = name(run[1]), name(run[#run])
      local text = first == last and first or ("%s .. %s"):format(first, last)
      if i == #runs and i > 1 and count == 1 and first ~= last then
        return "from " .. first
      elseif count <= RUNS_SHOWN then
        words[#words + 1] = text
      end
    end
  end
  if count > RUNS_SHOWN then words[#words + 1] = ("%d more"):format(count - RUNS_SHOWN) end
  return "on " .. table.concat(words, ", ")
end

-- "`name` on 5.10.262 .. 6.1.192", one for each class of kernels.
local function classes_words(row, at)
  local list, name = {}, names_of(row)
  for _, class in ipairs(row.classes) do
    local words = place_words(row, class, at)
    local where = {}
    if class.own then where[1] = "where it was compiled" end
    if #class.targets > 0 then where[#where + 1] = kernels_words(row, class, name) end
    list[#list + 1] = ("%s %s"):format(words, table.concat(where, " and "))
  end
  return list
end

local function what(row)
  if row.mixed then
    return row.argument == "return" and "the return value" or ("argument %s"):format(row.argument)
  end
  return called(row.struct)
end

-- What is read, and on which kernels that is what.
local function message_of(row)
  local at, head = row.offset, ("reads byte %d of %s without CO-RE"):format(row.offset, what(row))
  if not is_one(row) then
    local from = row.offset > 0 and (" from byte %d on"):format(row.offset) or ""
    head = ("copies %d bytes of %s%s without CO-RE"):format(row.bytes, what(row), from)
    if row.differs and row.differs_at ~= row.offset then
      at = row.differs_at
      head = ("%s, of which byte %d is"):format(head, at)
    end
  end
  local list = classes_words(row, at)
  local text = table.concat(list, ", ", 1, math.min(#list, CLASSES_SHOWN))
  local more = #list - CLASSES_SHOWN
  if more > 0 then text = ("%s, and %d other%s"):format(text, more, more == 1 and "" or "s") end
  local separator = at == row.offset and ": " or " "
  return head .. separator .. text, #list > CLASSES_SHOWN and list or {}
end

local function names_in(targets)
  local list = {}
  for i, target in ipairs(targets) do list[i] = target.name end
  return list
end

-- Kernels that are not those that the object was compiled for, where it tells; all without.
local function targets_of(row)
  local first = row.classes[1]
  if not (row.differs and first.own) then return names_in(row.targets) end
  local of, list = {}, {}
  for _, target in ipairs(first.targets) do of[target] = true end
  for _, target in ipairs(row.targets) do
    if not of[target] then list[#list + 1] = target.name end
  end
  return list
end

local function level_of(row)
  return row.differs and not row.setting and "warning" or "note"
end

local function access_of(row)
  return ("byte %d of %s"):format(row.offset, what(row))
end

local function finding_of(row)
  local message, more = message_of(row)
  local notes = table.move(more, CLASSES_SHOWN + 1, #more, 1, {})
  if row.setting then
    notes[#notes + 1] = ("only under another value of %s"):format(row.variable or "a constant")
  elseif row.differs then
    notes[#notes + 1] = "nothing fails: the program gets what lies there"
  end
  return {
    level = level_of(row), rule = "no-core", message = message, object = row.program.object.path,
    program = row.program.name, at = row.line, targets = targets_of(row), notes = notes,
    fine = {}, details = { order = { "access", "size" }, access = access_of(row), size = row.bytes },
    help = row.differs and { help_of "help" } or {},
  }
end

-- The line that reads, or the instruction where none is known.
local function place_of(row)
  if row.line then return ("%s:%d"):format(row.line.file, row.line.line) end
  local func = row.read.program
  return ("%s %d %d"):format(func.section, func.offset, row.read.insn)
end

-- Each place once, whichever programs it was compiled into: those that differ first.
local function each_once(rows)
  local list, seen = {}, {}
  for _, differs in ipairs { true, false } do
    for _, row in ipairs(rows) do
      local key = ("%s %s"):format(place_of(row), access_of(row))
      if (level_of(row) == "warning") == differs and not seen[key] then
        seen[key] = true
        list[#list + 1] = row
      end
    end
  end
  return list
end

-- Of an object without any record of CO-RE there is one thing to say.
local function bare_finding(object, rows)
  local list, differing, targets, seen, notes = each_once(rows), 0, {}, {}, {}
  for _, row in ipairs(list) do
    if level_of(row) == "warning" then differing = differing + 1 end
  end
  for _, row in ipairs(differing > 0 and table.move(list, 1, differing, 1, {}) or list) do
    for _, name in ipairs(targets_of(row)) do
      if not seen[name] then targets[#targets + 1], seen[name] = name, true end
    end
  end
  local shown = differing > 0 and differing or #list
  local most = names.most(READS_SHOWN)
  for i = 1, math.min(shown, most) do
    local row = list[i]
    local line = row.line
    local place = line and ("%s:%d"):format(line.name, line.line) or row.program.name
    notes[i] = ("%s %s"):format(place, (message_of(row):gsub(" without CO%-RE", "")))
  end
  if shown > most then notes[#notes + 1] = ("and %d more such"):format(shown - READS_SHOWN) end
  local places = #list == 1 and "one place" or ("%d places"):format(#list)
  local what_differs = differing == #list and "where other kernels have something else"
    or ("at %d of which other kernels have something else"):format(differing)
  return {
    level = differing > 0 and "warning" or "note", rule = "no-core", object = object.path, at = list[1].line,
    subject = "the kernel's memory",
    message = ("has no CO-RE record, and reads the kernel's memory at %s%s"):format(places,
      differing > 0 and ", " .. what_differs or ""),
    targets = targets, fine = {}, notes = notes,
    details = { order = { "access", "scope" }, access = "the kernel's memory", scope = "object" },
    help = differing > 0 and { help_of "bare_help" } or {},
  }
end

--- See object:fixed_reads in meta.lua.
---@param object btfl.object
---@param asks btfl.reading[] of fixed.asks()
---@param kernels btfl.facts
---@param shape? string
---@return btfl.object.fixed_read[]
function nocore.of(object, asks, kernels, shape)
  local rows, findings, is_bare = fixed.of(asks, kernels), {}, object:relos()() == nil
  if is_bare and #rows > 0 then
    findings[1] = bare_finding(object, rows)
  else
    for i, row in ipairs(rows) do findings[i] = finding_of(row) end
  end
  for _, finding in ipairs(findings) do finding.shape = shape end
  rows.findings = findings
  return rows
end

return nocore
