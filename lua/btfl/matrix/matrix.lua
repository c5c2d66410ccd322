--- What btfl.matrix() gives: cells one after another, and a report of all of them. See meta.lua.
local argument = require "btfl.argument"
local cells = require "btfl.matrix.cells"
local class = require "btfl.class"
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

-- What is said of a case is said once, of all of its kernels.
local function add_findings(out, list)
  local cases, order = {}, {}
  for _, cell in ipairs(list) do
    local case = cases[cell.findings]
    if not case then
      case = { findings = cell.findings, targets = {} }
      cases[cell.findings], order[#order + 1] = case, case
    end
    table.insert(case.targets, cell.target)
  end
  for _, case in ipairs(order) do
    for _, finding in ipairs(case.findings) do
      local own = {}
      for name, value in pairs(finding) do own[name] = value end
      local level = own.level
      own.level = nil
      if #case.targets == 1 then own.target = case.targets[1] else own.targets = case.targets end
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
  local list, shown, run, told = {}, {}, self.run or { failures = {}, remarks = {} }, {}
  local as_judged = self.judged or function(cell) return cell end
  local function tell(failure)
    if not told[failure] then out:failure(failure) end
    told[failure] = true
  end
  for _, failure in ipairs(run.failures) do tell(failure) end
  for cell, why in self do
    if cell then
      list[#list + 1], shown[#list + 1] = cell, as_judged(cell)
      cell = shown[#list]
      out:row(tally.row(cell))
      for _, failure in ipairs(cell.failures or {}) do tell(failure) end
    else
      tell(tostring(why))
    end
  end
  if #list == 0 then return out end
  add_findings(out, list)
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
---@param objects (btfl.object|string)[]
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
