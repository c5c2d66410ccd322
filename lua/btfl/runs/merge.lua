--- The parts of a matrix as the matrix that they are parts of: what the run without shards gives.
local cells = require "btfl.matrix.cells"
local engine = require "btfl.engine"
local judged = require "btfl.matrix.judged"
local key_of = require "btfl.report.key"
local parts = require "btfl.runs.parts"
local settle = require("btfl.project.judge").settle

local merge = {}

-- That no kernel has a name is said of each part that lacks it: what is said of all parts is of the run.
local function remarks_of(list)
  local count, out = {}, {}
  local function key(finding) return key_of(finding.rule, finding.message) end
  for _, one in ipairs(list) do
    for _, finding in ipairs(one.said.remarks) do count[key(finding)] = (count[key(finding)] or 0) + 1 end
  end
  for _, finding in ipairs(list[1].said.remarks) do
    if count[key(finding)] == #list then out[#out + 1] = finding end
  end
  return out
end

-- The cells of all parts in the order of the run; their cases are numbered as they come.
local function each_cell(list)
  return coroutine.wrap(function()
    local known = {}
    for _, one in ipairs(list) do
      for _, kernel in ipairs(one.said.kernels) do
        for _, cell in ipairs(kernel.cells) do
          local of = key_of(cell[1], cell[2])
          known[of] = known[of] or cells.cases()
          coroutine.yield(cells.cell(cell[1], kernel.kernel, cell[2], cells.numbered(known[of], cell[3])))
        end
      end
    end
  end)
end

--- What the run of these parts has looked at.
---@param list btfl.runs.part[]
---@return table<"objects"|"kernels"|"programs", table[]>
function merge.looked_at(list)
  local run, kernels = list[1].run, {}
  for _, one in ipairs(list) do
    table.move(one.said.opened, 1, #one.said.opened, #kernels + 1, kernels)
  end
  return { objects = run.objects, kernels = kernels, programs = run.programs }
end

-- What makes of a report what the run without shards would by its project file and its command line.
local function judge_of(list)
  return function(report)
    settle(report, { project = list[1].project, args = list[1].run.options, failures = report.failures,
      looked_at = merge.looked_at(list) })
  end
end

--- The cells of parts, and what else their report has.
---@param list btfl.runs.part[] of a matrix, in order
---@param failures string[] what is wrong with others
---@return fun(): btfl.matrix.cell?
---@return { failures: string[], remarks: btfl.finding[], judge: fun(report: btfl.report)?,
--- judged: fun(cell: btfl.matrix.cell)? }
function merge.cells(list, failures)
  if #list == 0 then return function() end, { failures = failures, remarks = {} } end
  for _, one in ipairs(list) do
    table.move(one.said.failures, 1, #one.said.failures, #failures + 1, failures)
  end
  return each_cell(list), { failures = failures, remarks = remarks_of(list), judge = judge_of(list),
    judged = judged.by { project = list[1].project, args = list[1].run.options } }
end

--- Those of the parts in these files. Raises an error of the input where they are not of one run, or two are
--- one, or of another command; what is missing, cut off or was changed is a failure.
---@param paths string[]
---@return fun(): btfl.matrix.cell?
---@return table
function merge.files(paths)
  local list, failures = parts.read(paths)
  if list[1] and list[1].run.command ~= "matrix" then
    engine.input_error(list[1].path, ("a part of `btfl %s`, and of no matrix"):format(list[1].run.command))
  end
  return merge.cells(list, failures)
end

return merge
