--- What btfl.matrix() gives: cells one after another, and a report of all of them. See meta.lua.
local argument = require "btfl.argument"
local cells = require "btfl.matrix.cells"
local class = require "btfl.class"
local held = require "btfl.matrix.held"
local judged = require "btfl.matrix.judged"
local report = require "btfl.report.report"
local tally = require "btfl.matrix.tally"

local matrix = {}

local methods = {}
local metatable = { __name = "btfl.matrix", __index = methods }

-- What has come to its end stays there.
function metatable:__call()
  local cell, why
  if not self.ended then cell, why = self.next() end
  self.ended = cell == nil
  return cell, why
end

-- The kernels of each case of which something is said, in the order in which the cases came: `runs` of them,
-- from one number to another.
local function kernels_of_cases(list)
  local cases, order, kernels = {}, {}, {}
  for i, kernel, column, number in held.each(list) do
    local findings = column.said[number].findings
    local case = cases[findings]
    kernels[i] = kernel.name
    if #findings > 0 and not case then
      case = { findings = findings, runs = {} }
      cases[findings], order[#order + 1] = case, case
    end
    local runs = case and case.runs
    if runs and runs[#runs] == i - 1 then
      runs[#runs] = i
    elseif runs then
      table.move({ i, i }, 1, 2, #runs + 1, runs)
    end
  end
  return order, kernels
end

-- What is said of a case is said once, of all of its kernels. Equal lists of them are one.
local function add_findings(out, list)
  local order, kernels = kernels_of_cases(list)
  local known = {}
  for _, case in ipairs(order) do
    local key = table.concat(case.runs, " ")
    local targets = known[key] or {}
    for i = known[key] and #case.runs + 1 or 1, #case.runs, 2 do
      for n = case.runs[i], case.runs[i + 1] do targets[#targets + 1] = kernels[n] end
    end
    known[key] = targets
    for _, finding in ipairs(case.findings) do
      local own = {}
      for name, value in pairs(finding) do own[name] = value end
      local level = own.level
      own.level = nil
      if #targets == 1 then own.target = targets[1] else own.targets = targets end
      out[level](out, own)
    end
  end
end

function methods:report(options)
  argument.options(1, options, { by = "string" }, "report")
  options = options or {}
  if options.by and options.by ~= "object" and options.by ~= "program" then
    error(("bad argument #1 to 'report' (`by` is object or program, not %s)"):format(options.by), 2)
  end
  local out = report.new("matrix", {
    columns = { "object", "target", "shape", "state", "case", "findings" }, frames = false,
  })
  local list, run, told = held.new(), self.run or { failures = {}, remarks = {} }, {}
  local shown = self.judged and held.new() or list
  local function tell(failure)
    if not told[failure] then out:failure(failure) end
    told[failure] = true
  end
  for _, failure in ipairs(run.failures) do tell(failure) end
  for cell, why in self do
    if cell then
      held.add(list, cell)
      if self.judged then held.add(shown, self.judged(cell)) end
      for _, failure in ipairs(cell.failures or {}) do tell(failure) end
    else
      tell(tostring(why))
    end
  end
  if #list == 0 then return out end
  add_findings(out, list)
  out.rows = tally.rows(shown)
  out.matrix = { cells = shown, by = options.by, totals = {} }
  tally.count(out.matrix)
  out:summary(out.matrix.totals)
  local remarks = report.new "remarks"
  remarks.findings = run.remarks
  out:merge():append(remarks:merge())
  if run.judge then run.judge(out) end
  return out
end

function methods:part(cli)
  argument.check(1, cli, "btfl.cli", "part")
  local inputs = require "btfl.command.inputs"
  local run = inputs.run(cli)
  return require("btfl.runs.part").text(run, require("btfl.runs.cells").lines(self, function()
    return cli.failures, inputs.remarks(cli).findings, inputs.looked_at(cli).kernels
  end))
end

argument.of_class("btfl.matrix", methods)

--- See btfl.matrix in meta.lua.
---@param objects (btfl.object|string)[]|fun(): btfl.object?
---@param targets string|string[]|btfl.target[]|fun(): btfl.target?
---@param options? btfl.matrix.options
---@return btfl.matrix
function matrix.new(objects, targets, options)
  return setmetatable({ next = cells.each(objects, targets, options),
    judged = class(targets) == "btfl.cli" and judged.by(targets) or nil }, metatable)
end

--- See btfl.parts in meta.lua.
---@param paths string[]
---@return btfl.matrix
function matrix.of_parts(paths)
  return matrix.merged(require("btfl.runs.merge").files(paths))
end

--- That of the cells of parts.
---@param next_cell fun(): btfl.matrix.cell?
---@param run table what runs/merge.lua tells besides
---@return btfl.matrix
function matrix.merged(next_cell, run)
  return setmetatable({ next = next_cell, run = run, judged = run.judged }, metatable)
end

return matrix
