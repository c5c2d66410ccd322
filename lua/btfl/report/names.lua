--- Lists of names in a sentence, cut where they grow long.
local spells = require "btfl.report.spells"
local terminal = require "btfl.report.terminal"

local names = {}

-- Of a list, so many are shown.
local SHOWN = 4

-- Whether nothing is cut.
local full = false

--- Cuts no list from now on (--full).
function names.show_all() full = true end

--- How many of a list are shown that is cut behind so many.
---@param count integer
---@return number
function names.most(count) return full and math.huge or count end

--- What text_of(...) gives where it cuts no list.
---@generic T
---@param text_of fun(...): T
---@return T
function names.in_full(text_of, ...)
  local before = full
  full = true
  local given = text_of(...)
  full = before
  return given
end

--- "a, b, c, d and 3 more", or fewer where there is room for so many characters, but one.
---@param list string[]
---@param room? integer
---@return string
function names.some(list, room)
  if full then return table.concat(list, ", ") end
  local n = #list <= SHOWN + 1 and #list or SHOWN
  while true do
    local text = table.concat(list, ", ", 1, n)
    if n < #list then text = ("%s and %d more"):format(text, #list - n) end
    if n <= 1 or not room or terminal.width(text) <= room then return text end
    n = n - 1
  end
end

--- The kernels that a finding is about: its targets, or its target.
---@param finding btfl.finding
---@return string[]
function names.targets(finding)
  return finding.targets or { finding.target }
end

--- The programs that a finding is about.
---@param finding btfl.finding
---@return string[]
function names.programs(finding)
  return finding.programs or { finding.program }
end

local function all_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

--- The programs of a finding on each of its kernels; false stands for a kernel or a program where it names
--- none.
---@param finding btfl.finding
---@return fun(): (string|false)?, (string|false)?
function names.pairs(finding)
  local on, programs, targets = finding.programs_on or {}, names.programs(finding), names.targets(finding)
  if #programs == 0 then programs = { false } end
  if #targets == 0 then targets = { false } end
  local t, p, is_on = 1, 0, on[targets[1]] and all_of(on[targets[1]])
  return function()
    repeat
      p = p + 1
      if p > #programs then
        t, p = t + 1, 1
        is_on = on[targets[t]] and all_of(on[targets[t]])
      end
    until not is_on or is_on[programs[p]]
    return targets[t], programs[p]
  end
end

--- "6.1.192, 6.12.117; fine on 12 others; since 6.1.192 in generic-amd64 (fine until 5.10.262); in the shape
--- rss"; nil for a finding of no kernel.
---@param finding btfl.finding
---@return string?
function names.kernels(finding)
  local text = names.some(names.targets(finding))
  if text == "" then return nil end
  local fine, shapes = finding.fine or {}, finding.shapes or { finding.shape }
  if #fine > names.most(2) then
    text = ("%s; fine on %d others"):format(text, #fine)
  elseif #fine > 0 then
    text = ("%s; fine on %s"):format(text, table.concat(fine, ", "))
  end
  -- Of two kernels that has been said.
  if finding.history and #fine + #names.targets(finding) > 2 then
    local words = {}
    for i, spell in ipairs(finding.history) do words[i] = spells.words(spell) end
    text = ("%s; %s"):format(text, names.some(words))
  end
  if #shapes == 0 then return text end
  return ("%s; in the shape%s %s"):format(text, #shapes > 1 and "s" or "", names.some(shapes))
end

return names
