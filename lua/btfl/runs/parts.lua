--- The parts of one run: which there are, whether they are of one, and which are missing.
local cells = require "btfl.runs.cells"
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local names = require "btfl.report.names"
local part = require "btfl.runs.part"
local pieces = require "btfl.runs.pieces"
local protect = require "btfl.command.protect"
local text_file = require "btfl.runs.text_file"

local parts = {}

-- What is the same in all parts of a run, and what a part is where it is not.
local SAME = {
  { "of another btfl", function(run) return run.btfl end },
  { "of another command", function(run) return run.command end },
  { "of another number of shards", function(run) return run.shard.n end },
  { "of other objects", function(run) return exact.encode(run.objects) end },
  { "of other kernels, or of another order of them", function(run) return exact.encode(run.kernels) end },
  { "made with other options", function(run) return exact.encode(run.options) end },
  { "made with another text of the policy", function(run) return run.policy end },
}

local function check_same(first, other)
  for _, field in ipairs(SAME) do
    if field[2](first.run) ~= field[2](other.run) then
      engine.input_error(other.path, ("%s than %s"):format(field[1], first.path))
    end
  end
end

-- By number of shard. Raises where parts are not of one run, or two are one.
local function by_shard(list)
  local shards = {}
  for _, one in ipairs(list) do
    check_same(list[1], one)
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

-- One, and what it says.
local function read_one(path)
  local one = part.parse(text_file(path), path)
  local of = one.run.command == "matrix" and cells or pieces
  one.said = of.read(one)
  return one
end

--- The parts in these files, in the order of their numbers, and what is wrong: those that cannot be read, are
--- cut off or were changed, and those that are missing, a line each. Raises an error of the input where they
--- are not of one run, or two are one.
---@param paths string[]
---@return btfl.runs.part[]
---@return string[] failures
function parts.read(paths)
  local read, failures, list = {}, {}, {}
  for _, path in ipairs(paths) do
    local ok, one = protect.call(read_one, path)
    if ok then read[#read + 1] = one else failures[#failures + 1] = tostring(one) end
  end
  if #read == 0 then return list, failures end
  local run, shards = read[1].run, by_shard(read)
  local gaps = gaps_of(run, shards)
  table.move(gaps, 1, #gaps, #failures + 1, failures)
  for i = 1, run.shard.n do list[#list + 1] = shards[i] end
  return list, failures
end

return parts
