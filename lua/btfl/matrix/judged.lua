--- The cells of a matrix as a command line, a project file and a baseline judge them: what is ignored or
--- optional counts as no failure, neither of a cell nor of its programs, and is shown as ignored; what an
--- earlier run has found is shown as known.
local ignore = require "btfl.project.ignore"
local names = require "btfl.report.names"
local settle = require("btfl.project.judge").settle
local states = require "btfl.matrix.states"

local judged = {}

-- Which ignores may be of a kernel, as one text: on all that are alike in this a case is judged alike.
local function ignores_on(ignores, target)
  local numbers = {}
  for i, one in ipairs(ignores) do
    if ignore.matches(one.target, target) then numbers[#numbers + 1] = i end
  end
  return table.concat(numbers, ",")
end

local function copy_of(value)
  local out = {}
  for name, field in pairs(value) do out[name] = field end
  return out
end

-- The findings of a cell, none of which is changed, as settle(part) leaves those of a report.
local function findings_of(cell, settle_part)
  local part = { name = "cell", findings = {} }
  for i, finding in ipairs(cell.findings) do
    part.findings[i] = copy_of(finding)
    part.findings[i].target = cell.target
  end
  settle_part(part)
  for _, finding in ipairs(part.findings) do finding.target = nil end
  return part.findings
end

-- Programs about which more is said than notes; `all` where it is said of the object.
local function accused(findings)
  local out = {}
  for _, finding in ipairs(findings) do
    local programs = finding.level ~= "note" and names.programs(finding) or nil
    for _, name in ipairs(programs or {}) do out[name] = true end
    if programs and #programs == 0 then out.all = true end
  end
  return function(program) return out.all or out[program] or false end
end

-- The programs, of which those have that mark that do not load and of which nothing but notes is left; and
-- whether there are some.
local function programs_of(cell, findings, mark)
  local before, now, out, some = accused(cell.findings), accused(findings), {}, false
  for i, row in ipairs(cell.programs) do
    out[i] = row
    if not states.is_fine(row.state) and before(row.program) and not now(row.program) then
      out[i], some = copy_of(row), true
      out[i][mark] = true
    end
  end
  return out, some
end

-- What is said of a cell then, in place of what it said.
local function case_of(cell, mark, settle_part)
  local findings = findings_of(cell, settle_part)
  local programs, some = programs_of(cell, findings, mark)
  return { findings = findings, programs = programs,
    state = some and states.of_programs(programs) or cell.state }
end

local function replaced(cell, case)
  local out = copy_of(cell)
  for name, value in pairs(case) do out[name] = value end
  return out
end

--- A function that gives a cell as the run judges it; nil where that is as it is.
---@param current { project: btfl.project?, args: table } btfl.cli, or what stands for one
---@return (fun(cell: btfl.matrix.cell): btfl.matrix.cell)?
function judged.by(current)
  if not (current.project or current.args.fail_on) then return nil end
  local ignores, seen, on = current.project and current.project.ignore or {}, {}, {}
  return function(cell)
    if #cell.findings == 0 then return cell end
    on[cell.target] = on[cell.target] or ignores_on(ignores, cell.target)
    local cases = seen[on[cell.target]] or {}
    seen[on[cell.target]] = cases
    local case = cases[cell.findings]
    if not case then
      case = case_of(cell, "ignored", function(part) settle(part, current) end)
      cases[cell.findings] = case
    end
    return replaced(cell, case)
  end
end

-- Which findings of a cell are known in which programs, as one text; nil where none is.
local function known_of(cell, is_known)
  local parts, some = {}, false
  for _, finding in ipairs(cell.findings) do
    for _, program in names.pairs(finding) do
      local known = is_known(finding, cell.target, program)
      parts[#parts + 1], some = known and "1" or "0", some or known
    end
  end
  return some and table.concat(parts) or nil
end

--- A function that gives a cell as a baseline judges it. Those of a case of which the same is known are one.
---@param is_known fun(finding: btfl.finding, target: string, program: string|false): boolean
---@param settle_part fun(part: { findings: btfl.finding[] }) makes notes of what is known
---@return fun(cell: btfl.matrix.cell): btfl.matrix.cell
function judged.by_known(is_known, settle_part)
  local seen = {}
  return function(cell)
    local known = known_of(cell, is_known)
    if not known then return cell end
    local cases = seen[cell.findings] or {}
    seen[cell.findings] = cases
    cases[known] = cases[known] or case_of(cell, "known", settle_part)
    return replaced(cell, cases[known])
  end
end

return judged
