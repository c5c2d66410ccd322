--- Lists of names in a sentence, cut where they grow long.
local terminal = require "btfl.report.terminal"

local names = {}

-- Of a list, so many are shown.
local SHOWN = 4

--- "a, b, c, d and 3 more", or fewer where there is room for so many characters, but one.
---@param list string[]
---@param room? integer
---@return string
function names.some(list, room)
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

--- "6.1.192, 6.12.117; fine on 12 others; in the shape rss"; nil for a finding of no kernel.
---@param finding btfl.finding
---@return string?
function names.kernels(finding)
  local text = names.some(names.targets(finding))
  if text == "" then return nil end
  local fine, shapes = finding.fine or {}, finding.shapes or { finding.shape }
  if #fine > 2 then
    text = ("%s; fine on %d others"):format(text, #fine)
  elseif #fine > 0 then
    text = ("%s; fine on %s"):format(text, table.concat(fine, ", "))
  end
  if #shapes == 0 then return text end
  return ("%s; in the shape%s %s"):format(text, #shapes > 1 and "s" or "", names.some(shapes))
end

return names
