--- A part of a matrix, as --shard writes it, in lines of JSON: its run; each kernel with its cells, and
--- before it the cases that are new in them; what could not be read; the count and digest of all that.
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local fields = require "btfl.project.fields"
local report = require "btfl.report.report"
local states = require "btfl.matrix.states"

local part = {}

-- Of the form of parts: another one cannot be read.
local FORM = 1

--- The first and the last of so many kernels that shard i of n has: the last is before the first where there
--- are more shards than kernels.
---@param shard { i: integer, n: integer }
---@param count integer
---@return integer first
---@return integer last
function part.block(shard, count)
  return (shard.i - 1) * count // shard.n + 1, shard.i * count // shard.n
end

-- The number of the case of a cell, which is written where it is new.
local function case_of(put, cases, cell)
  local number = cases[cell.findings]
  if not number then
    number = cases.count + 1
    cases.count, cases[cell.findings] = number, number
    put { case = { state = cell.state, programs = cell.programs, findings = cell.findings,
      failures = cell.failures, unread = cell.unread } }
  end
  return number
end

---@class btfl.runs.run what a part says of its run
---@field btfl string
---@field shard { i: integer, n: integer }
---@field objects { path: string, digest: string }[]
---@field programs { name: string }[] of the objects, where there is a project file
---@field kernels string[] the paths of all that the run has, in order
---@field options table<string, any>

--- The text of a part.
---@param run btfl.runs.run
---@param cells fun(): btfl.matrix.cell?
---@param rest fun(): string[], btfl.finding[] what could not be read, and remarks, when all cells are taken
---@return string
function part.text(run, cells, rest)
  local lines, cases, kernel = { exact.encode { part = FORM, run = run } }, { count = 0 }, nil
  local function put(value) lines[#lines + 1] = exact.encode(value) end
  local function put_kernel()
    if kernel then put(kernel) end
  end
  local unread = {}
  for cell, why in cells do
    if not cell then
      unread[#unread + 1] = tostring(why)
    elseif not kernel or kernel.kernel ~= cell.kernel then
      put_kernel()
      kernel = { kernel = cell.kernel, cells = {} }
    end
    if cell then table.insert(kernel.cells, { cell.object, cell.shape, case_of(put, cases, cell) }) end
  end
  put_kernel()
  local failures, remarks = rest()
  put { failures = table.move(unread, 1, #unread, #failures + 1, table.move(failures, 1, #failures, 1, {})),
    remarks = remarks }
  local text = table.concat(lines, "\n") .. "\n"
  return ("%s%s\n"):format(text, exact.encode { lines = #lines, digest = engine.digest(text) })
end

local Reader = {}
Reader.__index = Reader

function Reader:refuse(message, ...)
  engine.input_error(self.path, message:format(...))
end

local function is_list(value, fits)
  if type(value) ~= "table" then return false end
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  for _, item in ipairs(value) do
    if not fits(item) then return false end
  end
  return count == #value
end

local function is_text(value) return type(value) == "string" end

local function is_table(value) return type(value) == "table" end

-- What is known of a kernel besides its name.
local FACTS = { "path", "release", "version", "arch", "distro", "flavour" }

local function is_kernel(value)
  if not is_table(value) then return false end
  for _, name in ipairs(FACTS) do
    if value[name] ~= nil and not is_text(value[name]) then return false end
  end
  return is_text(value.name)
end

local function is_object(value) return is_table(value) and is_text(value.path) and is_text(value.digest) end

local function is_named(value) return is_table(value) and is_text(value.name) end

local function is_shard(value)
  return is_table(value) and math.type(value.i) == "integer" and math.type(value.n) == "integer"
    and value.i >= 1 and value.i <= value.n
end

local function is_run(run)
  return is_table(run) and is_text(run.btfl) and is_shard(run.shard) and is_list(run.objects, is_object)
    and is_list(run.programs, is_named) and is_list(run.kernels, is_text) and is_table(run.options)
end

local function without_place(ignore)
  local out = {}
  for name, value in pairs(ignore) do
    if name ~= "place" then out[name] = value end
  end
  return out
end

-- What of the project file and the command line says what fails, read again as the file is.
function Reader:judging(options)
  local given = is_table(options.project) and options.project or {}
  local data = { optional = given.optional, ignore = given.ignore,
    fail_on = options.fail_on or given.fail_on }
  if is_table(given.ignore) then
    data.ignore = {}
    for i, one in ipairs(given.ignore) do data.ignore[i] = is_table(one) and without_place(one) or one end
  end
  local project, wrong = fields.read(is_text(given.path) and given.path or self.path, data)
  if not project then self:refuse("%s", wrong[1]) end
  return project
end

-- Findings as a report takes them, and nothing that a format would stumble over; nil and what is wrong.
local function findings_of(list)
  local out = report.new "part"
  if not is_list(list, is_table) then return nil, "no findings" end
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
  return is_table(row) and is_text(row.program) and states.of(row.state) ~= nil
end

--- A case that was read, as a cell has it; nil and what is wrong with any other value.
---@param case any
---@return table?
---@return string? wrong
function part.case(case)
  if not (is_table(case) and states.of(case.state) and is_list(case.programs, is_program)
    and (case.failures == nil or is_list(case.failures, is_text))) then
    return nil, "no case"
  end
  local findings, wrong = findings_of(case.findings)
  return findings and { state = case.state, programs = case.programs, failures = case.failures,
    unread = case.unread == true or nil, findings = findings }, wrong
end

function Reader:made(number, value, wrong)
  return value or self:refuse("line %d: %s", number, wrong)
end

function Reader:kernel(kernel, number)
  local function is_cell(cell)
    return is_table(cell) and is_text(cell[1]) and is_text(cell[2]) and self.cases[cell[3]]
  end
  if not (is_kernel(kernel.kernel) and is_list(kernel.cells, is_cell)) then
    self:refuse("line %d is no kernel", number)
  end
  for _, cell in ipairs(kernel.cells) do cell[3] = self.cases[cell[3]] end
  table.insert(self.kernels, kernel)
end

function Reader:line(value, number)
  if value.case then
    table.insert(self.cases, self:made(number, part.case(value.case)))
    return
  end
  if value.cells then return self:kernel(value, number) end
  if not is_list(value.failures, is_text) then self:refuse("line %d is of no part", number) end
  self.failures, self.remarks = value.failures, self:made(number, findings_of(value.remarks))
end

-- What stands before the last line, which is of all that: a text without it is cut off.
function Reader:checked(text)
  local before, last = text:match "^(.*\n)([^\n]*)\n$"
  local ending = last and exact.decode(last)
  local _, count = (before or text):gsub("\n", "")
  if not (is_table(ending) and math.type(ending.lines) == "integer" and is_text(ending.digest)) then
    self:refuse("it is cut off: its last line is not the count and digest of what stands before it")
  elseif ending.lines ~= count or ending.digest ~= engine.digest(before) then
    self:refuse "it was changed after it was written: its digest is of another text"
  end
  return before
end

---@class btfl.runs.part
---@field path string
---@field run btfl.runs.run
---@field kernels { kernel: btfl.matrix.kernel, cells: any[][] }[] by object, shape, case
---@field failures string[]
---@field remarks btfl.finding[]
---@field project btfl.project says what fails: `optional`, `ignore` and `fail_on` (or --fail-on)

--- The part of a text. Raises an error of the input for what is none, is cut off or was changed.
---@param text string
---@param path string of its file
---@return btfl.runs.part
function part.parse(text, path)
  local self = setmetatable({ path = path, cases = {}, kernels = {}, failures = nil }, Reader)
  local first = exact.decode(text:match "^[^\n]*")
  if not (is_table(first) and first.part) then self:refuse "no part of a matrix that --shard wrote" end
  if first.part ~= FORM then self:refuse "a part in the form of another btfl" end
  local number = 0
  for line in self:checked(text):gmatch "([^\n]*)\n" do
    number = number + 1
    local value, wrong = exact.decode(line)
    if not is_table(value) then self:refuse("line %d: %s", number, wrong or "no object") end
    if number > 1 then self:line(value, number) end
  end
  if not is_run(first.run) or not self.failures then self:refuse "it does not say of which run it is" end
  return { path = path, run = first.run, kernels = self.kernels, failures = self.failures,
    remarks = self.remarks, project = self:judging(first.run.options) }
end

return part
