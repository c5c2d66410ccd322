--- The parts of a matrix as the matrix that they are parts of: what the run without shards gives.
local cells = require "btfl.matrix.cells"
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local judged = require "btfl.matrix.judged"
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"
local part = require "btfl.runs.part"
local protect = require "btfl.command.protect"
local settle = require("btfl.project.judge").settle
local text_file = require "btfl.runs.text_file"

local merge = {}

-- What is the same in all parts of a run, and what a part is where it is not.
local SAME = {
  { "of another btfl", function(run) return run.btfl end },
  { "of another number of shards", function(run) return run.shard.n end },
  { "of other objects", function(run) return exact.encode(run.objects) end },
  { "of other kernels, or of another order of them", function(run) return exact.encode(run.kernels) end },
  { "made with other options", function(run) return exact.encode(run.options) end },
}

local function check_same(first, other)
  for _, field in ipairs(SAME) do
    if field[2](first.run) ~= field[2](other.run) then
      engine.input_error(other.path, ("%s than %s"):format(field[1], first.path))
    end
  end
end

-- By number of shard. Raises where parts are not of one run, or two are one.
local function by_shard(parts)
  local shards = {}
  for _, one in ipairs(parts) do
    check_same(parts[1], one)
    local shard = one.run.shard
    local twin = shards[shard.i]
    if twin then
      engine.input_error(one.path, ("shard %d/%d, as %s is"):format(shard.i, shard.n, twin.path))
    end
    shards[shard.i] = one
  end
  return shards
end

-- What is missing, in a line each.
local function gaps_of(run, shards)
  local gaps, count = {}, #run.kernels
  for i = 1, run.shard.n do
    if not shards[i] then
      local first, last = part.block({ i = i, n = run.shard.n }, count)
      local list = table.move(run.kernels, first, last, 1, {})
      gaps[#gaps + 1] = ("shard %d/%d is missing: %s"):format(i, run.shard.n,
        #list > 0 and names.some(list) or "of no kernels")
    end
  end
  return gaps
end

-- That no kernel has a name is said of each part that lacks it: what is said of all parts is of the run.
local function remarks_of(list)
  local count, out = {}, {}
  local function key(finding) return key_of(finding.rule, finding.message) end
  for _, one in ipairs(list) do
    for _, finding in ipairs(one.remarks) do count[key(finding)] = (count[key(finding)] or 0) + 1 end
  end
  for _, finding in ipairs(list[1].remarks) do
    if count[key(finding)] == #list then out[#out + 1] = finding end
  end
  return out
end

-- The cells of all parts in the order of the run; their cases are numbered as they come.
local function each_cell(list)
  return coroutine.wrap(function()
    local known = {}
    for _, one in ipairs(list) do
      for _, kernel in ipairs(one.kernels) do
        for _, cell in ipairs(kernel.cells) do
          local of = key_of(cell[1], cell[2])
          known[of] = known[of] or cells.cases()
          coroutine.yield(cells.cell(cell[1], kernel.kernel, cell[2], cells.numbered(known[of], cell[3])))
        end
      end
    end
  end)
end

-- What makes of a report what the run without shards would by its project file and its command line.
local function judge_of(list)
  local run, kernels = list[1].run, {}
  for _, one in ipairs(list) do
    for _, kernel in ipairs(one.kernels) do kernels[#kernels + 1] = kernel.kernel end
  end
  return function(report)
    settle(report, { project = list[1].project, args = run.options, failures = report.failures,
      looked_at = { objects = run.objects, kernels = kernels, programs = run.programs } })
  end
end

-- Those that can be read, and what is wrong with the others.
local function read_all(paths)
  local parts, failures = {}, {}
  for _, path in ipairs(paths) do
    local ok, one = protect.call(function() return part.parse(text_file(path), path) end)
    if ok then parts[#parts + 1] = one else failures[#failures + 1] = tostring(one) end
  end
  return parts, failures
end

--- The cells of the parts in these files, and what else their report has. Raises an error of the input where
--- they are not of one run, or two are one; what is missing, cut off or was changed is a failure.
---@param paths string[]
---@return fun(): btfl.matrix.cell?
---@return { failures: string[], remarks: btfl.finding[], judge: fun(report: btfl.report)?,
--- judged: fun(cell: btfl.matrix.cell)? }
function merge.cells(paths)
  local parts, failures = read_all(paths)
  if #parts == 0 then return function() end, { failures = failures, remarks = {} } end
  local shards, list = by_shard(parts), {}
  for i = 1, parts[1].run.shard.n do list[#list + 1] = shards[i] end
  table.move(gaps_of(parts[1].run, shards), 1, parts[1].run.shard.n, #failures + 1, failures)
  for _, one in ipairs(list) do table.move(one.failures, 1, #one.failures, #failures + 1, failures) end
  return each_cell(list), { failures = failures, remarks = remarks_of(list), judge = judge_of(list),
    judged = judged.by { project = list[1].project, args = list[1].run.options } }
end

return merge
