--- What a script does of each pair or each object, in this process or in those of --jobs: see cli:each_pair
--- and cli:each_object in meta.lua. What comes of it is put together in the order of the inputs.
local argument = require "btfl.argument"
local carried = require "btfl.report.carried"
local engine = require "btfl.engine"
local inputs = require "btfl.command.inputs"
local progress = require "btfl.command.progress"
local told = require "btfl.command.told"
local workers = require "btfl.command.workers"

local work = {}

-- Methods of btfl.cli; see there.
local methods = {}
work.methods = methods

-- What is left of the pairs has so many blocks for each process or more: they become smaller, so that all end
-- at about the same time, whichever object takes long.
local BLOCKS = 8

-- Does load.work(i) of each piece in the processes of --jobs: what it adds to `out`, and what is to be told.
-- load.turn(i) is called when the turn of a piece has come.
local function in_workers(cli, out, load, watched)
  local settings = rawget(cli, "settings")
  return workers.each({
    jobs = cli.args.jobs, starts = load.starts, count = load.count,
    work = function(i)
      carried.take(out)
      local kept = told.keeping(cli, load.work, i)
      return { kept = kept, out = carried.take(out), notes = settings and settings:notes() or nil }
    end,
    take = function(done, i)
      load.turn(i)
      told.settle(cli, done.kept)
      carried.put(out, done.out)
      if done.notes then settings:add_notes(done.notes) end
    end,
  }, watched)
end

-- The objects of pairs that were looked at, each with its kernels, for what is said of all of them.
local function note_pair(cli, object, target)
  local runs = rawget(cli, "runs")
  if not runs then
    runs = {}
    rawset(cli, "runs", runs)
  end
  local run = runs[#runs]
  if not run or run.object ~= object then
    run = { object = object, kernels = {} }
    runs[#runs + 1] = run
  end
  table.insert(run.kernels, target)
end

-- All pairs, in lists, and what is to be told before each, and behind the last.
local function list_pairs(cli)
  local objects, targets, before = {}, {}, {}
  local next_pair = inputs.pairs(cli)
  while not engine.interrupted() do
    local kept, object, target = told.keeping(cli, next_pair)
    before[#objects + 1] = kept
    if not object then break end
    objects[#objects + 1], targets[#targets + 1] = object, target
  end
  return { objects = objects, targets = targets, before = before }
end

-- A block has one object: what is found once for all of its kernels is found by one process, or few.
local function starts_of(objects, jobs)
  local starts, most = {}, 0
  for i, object in ipairs(objects) do
    local first = starts[#starts]
    if not (object == objects[first] and i - first < most) then
      starts[#starts + 1], most = i, (#objects - i) // (jobs * BLOCKS)
    end
  end
  return starts
end

local function each_pair_in_workers(cli, out, do_pair)
  local list = list_pairs(cli)
  local count, turns = #list.objects, 0
  local function turn(i)
    turns = i
    told.settle(cli, list.before[i])
    note_pair(cli, list.objects[i], list.targets[i])
  end
  local done = in_workers(cli, out, {
    starts = starts_of(list.objects, cli.args.jobs), count = count, turn = turn,
    work = function(i) do_pair(list.objects[i], list.targets[i]) end,
  }, function(next_piece)
    return progress.over(cli.name, next_piece, function() return count end, engine.seconds)
  end)
  for i = 1, done and 0 or count do
    if engine.interrupted() then break end
    turn(i)
    do_pair(list.objects[i], list.targets[i])
  end
  engine.interrupted(true)
  if turns == count then told.settle(cli, list.before[count + 1]) end
end

function methods:each_pair(out, do_pair)
  argument.check(1, out, "btfl.report", "each_pair")
  argument.check(2, do_pair, "function", "each_pair")
  if (self.args.jobs or 1) > 1 then return each_pair_in_workers(self, out, do_pair) end
  for object, target in self:pairs() do
    note_pair(self, object, target)
    do_pair(object, target)
  end
end

function methods:each_object(out, do_object)
  argument.check(1, out, "btfl.report", "each_object")
  argument.check(2, do_object, "function", "each_object")
  if not rawget(self, "runs") then
    for object, target in self:pairs() do note_pair(self, object, target) end
  end
  local runs, starts = rawget(self, "runs") or {}, {}
  for i in ipairs(runs) do starts[i] = i end
  local function one(i) do_object(runs[i].object, runs[i].kernels) end
  local load = { starts = starts, count = #runs, work = one, turn = function() end }
  if (self.args.jobs or 1) > 1 and in_workers(self, out, load) then return end
  for i in ipairs(runs) do one(i) end
end

return work
