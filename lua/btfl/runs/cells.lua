--- What a part of a matrix holds: each kernel with its cells, and before it the cases that are new in them;
--- what could not be read, and remarks.
local is = require "btfl.runs.is"
local report = require "btfl.report.report"
local states = require "btfl.matrix.states"

local cells = {}

-- The number of the case of a cell, which is written where it is new.
local function case_of(lines, cases, cell)
  local number = cases[cell.findings]
  if not number then
    number = cases.count + 1
    cases.count, cases[cell.findings] = number, number
    lines[#lines + 1] = { case = { state = cell.state, programs = cell.programs, findings = cell.findings,
      failures = cell.failures, unread = cell.unread } }
  end
  return number
end

--- The lines of a part.
---@param next_cell fun(): btfl.matrix.cell?, any
---@param rest fun(): string[], btfl.finding[], table[] when all cells are taken: what could not be read,
--- remarks, and the kernels that could be read, as they are in `opened` below
---@return table[]
function cells.lines(next_cell, rest)
  local lines, cases, kernel, unread = {}, { count = 0 }, nil, {}
  for cell, why in next_cell do
    if not cell then
      unread[#unread + 1] = tostring(why)
    elseif not kernel or kernel.kernel ~= cell.kernel then
      lines[#lines + 1] = kernel
      kernel = { kernel = cell.kernel, cells = {} }
    end
    if cell then table.insert(kernel.cells, { cell.object, cell.shape, case_of(lines, cases, cell) }) end
  end
  lines[#lines + 1] = kernel
  local failures, remarks, opened = rest()
  failures = table.move(failures, 1, #failures, 1, {})
  table.move(unread, 1, #unread, #failures + 1, failures)
  lines[#lines + 1] = { failures = failures, remarks = remarks,
    opened = table.move(opened, 1, #opened, 1, {}) }
  return lines
end

-- What is known of a kernel besides its name.
local FACTS = { "path", "release", "version", "arch", "distro", "flavour" }

local function is_kernel(value)
  if not is.table(value) then return false end
  for _, name in ipairs(FACTS) do
    if value[name] ~= nil and not is.text(value[name]) then return false end
  end
  return is.text(value.name)
end

-- Findings as a report takes them, and nothing that a format would stumble over; nil and what is wrong.
local function findings_of(list)
  local out = report.new "part"
  if not is.list(list, is.table) then return nil, "no findings" end
  for _, finding in ipairs(list) do
    local level = finding.level
    finding.level = nil
    local add = (level == "error" or level == "warning" or level == "note") and out[level]
    local ok, wrong = pcall(add or error, out, finding)
    if not ok then return nil, add and tostring(wrong) or "a finding of no level" end
  end
  return out.findings
end

local function is_program(row)
  return is.table(row) and is.text(row.program) and states.of(row.state) ~= nil
end

--- A case that was read, as a cell has it; nil and what is wrong with any other value.
---@param case any
---@return table?
---@return string? wrong
function cells.case(case)
  if not (is.table(case) and states.of(case.state) and is.list(case.programs, is_program)
    and (case.failures == nil or is.list(case.failures, is.text))) then
    return nil, "no case"
  end
  local findings, wrong = findings_of(case.findings)
  return findings and { state = case.state, programs = case.programs, failures = case.failures,
    unread = case.unread == true or nil, findings = findings }, wrong
end

-- A kernel, of whose cells each has its case; nil for no such thing.
local function kernel_of(value, cases)
  local function is_cell(cell)
    return is.table(cell) and is.text(cell[1]) and is.text(cell[2]) and cases[cell[3]]
  end
  if not (is_kernel(value.kernel) and is.list(value.cells, is_cell)) then return nil, "no kernel" end
  for _, cell in ipairs(value.cells) do cell[3] = cases[cell[3]] end
  return value
end

local function is_opened(kernel)
  return is.table(kernel) and is.text(kernel.name) and is.text(kernel.path) and is.text(kernel.digest)
end

---@class btfl.runs.cells
---@field kernels { kernel: btfl.matrix.kernel, cells: any[][] }[] by object, shape, case
---@field failures string[]
---@field remarks btfl.finding[]
---@field opened { name: string, path: string, digest: string }[] the kernels that could be read

--- What a part says. Raises an error of the input for anything else.
---@param part btfl.runs.part
---@return btfl.runs.cells
function cells.read(part)
  local out, cases = { kernels = {} }, {}
  for number, line in ipairs(part.lines) do
    if line.case then
      cases[#cases + 1] = part:made(number, cells.case(line.case))
    elseif line.cells then
      table.insert(out.kernels, part:made(number, kernel_of(line, cases)))
    else
      out.failures = part:made(number, is.list(line.failures, is.text) and line.failures or nil)
      out.remarks = part:made(number, findings_of(line.remarks))
      out.opened = part:made(number, is.list(line.opened, is_opened) and line.opened or nil)
    end
  end
  if not out.failures then part:refuse "it does not say how it ended" end
  return out
end

return cells
