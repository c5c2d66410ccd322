--- The cases of an object on a kernel as they are written for another run, in which the kernel is another: a
--- hint names it by its path.
local cells = require "btfl.runs.cells"

local written = {}

-- What stands for the path of the kernel.
local MARK = "\0"

-- Paths that a shell takes as they are. What has others is not written.
local PLAIN = "^[%w_./][%w_./:@%%+=,-]*$"

-- A hint with another path of the kernel; nil where it names a module, too.
local function with_path(text, from, to)
  local option = (" -t %s "):format(from)
  local first, last = text:find(option, 1, true)
  if not (first and text:find "btfl why ") then return text end
  if text:find(" -m ", last, true) then return nil end
  return ("%s -t %s %s"):format(text:sub(1, first - 1), to, text:sub(last + 1))
end

-- The findings with another path in their hints; nil where one names a module.
local function with_hints(findings, from, to)
  local out = {}
  for i, finding in ipairs(findings) do
    local copy, help = {}, {}
    for name, value in pairs(finding) do copy[name] = value end
    for k, text in ipairs(finding.help or {}) do
      help[k] = with_path(text, from, to)
      if not help[k] then return nil end
    end
    copy.help = finding.help and help
    out[i] = copy
  end
  return out
end

--- The cases as a plain value; nil where they hold for that kernel only. Each is of the first kernel that it
--- was met on, at `path`.
---@param cases table[]
---@return table[]?
function written.encode(cases)
  local out = {}
  for i, case in ipairs(cases) do
    local findings = case.path:find(PLAIN) and with_hints(case.findings, case.path, MARK)
    if not findings then return nil end
    out[i] = { state = case.state, programs = case.programs, findings = findings }
  end
  return out
end

--- The cases of such a value on a kernel; false for a kernel of which they cannot be told, nil for any other
--- value.
---@param list any
---@param target btfl.target
---@return table[]|false|nil
function written.decode(list, target)
  if type(list) ~= "table" then return nil end
  if not target.path:find(PLAIN) then return false end
  for i, value in ipairs(list) do
    local case = cells.case(value)
    local findings = case and with_hints(case.findings, MARK, target.path)
    if not findings then return nil end
    case.findings, case.path, list[i] = findings, target.path, case
  end
  return list
end

return written
