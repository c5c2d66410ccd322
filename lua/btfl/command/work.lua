--- What a script does of each pair, each object or each kernel, in this process or in those of --jobs: see
--- cli:each_pair, each_object and kernel_by_kernel in meta.lua. What comes of it is put together in the order
--- of the inputs.
local argument = require "btfl.argument"
local carried = require "btfl.report.carried"
local engine = require "btfl.engine"
local inputs = require "btfl.command.inputs"
local pair = require "btfl.diagnose.pair"
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

-- All objects, what is to be told before each, and behind the last, and room for what is said of it.
local function list_objects(cli)
  local list, next_object = {}, cli:objects()
  repeat
    local kept, object = told.keeping(cli, next_object)
    list[#list + 1] = { object = object, kept = kept, said = {} }
  until not object or engine.interrupted()
  return list
end

-- What look() says of each object on a kernel, until SIGINT comes.
local function said_on(cli, list, target, look)
  local said = {}
  for i, one in ipairs(list) do
    if not one.object or engine.interrupted() then break end
    said[i] = { clash = pair.clash(one.object, target) }
    if not said[i].clash then said[i].kept, said[i].value = told.keeping(cli, look, one.object, target) end
  end
  return said
end

-- Does load.work(i) of each kernel, and load.take() of what it gives, in order.
local function each_kernel(load, over)
  local a_block = math.max(1, load.count // (load.jobs * BLOCKS))
  for first = 1, load.count, a_block do table.insert(load.starts, first) end
  if workers.each(load, over) then return end
  local i = 0
  local function next_piece()
    i = i + 1
    if i <= load.count then return load.work(i) end
  end
  for piece in over(next_piece) do load.take(piece) end
end

-- Tells of an object and its pairs what was kept; gives the values of those that were looked at.
local function settled(cli, one)
  local values = {}
  told.settle(cli, one.kept)
  for _, said in ipairs(one.said) do
    if said.clash then table.insert(rawget(cli, "clashes"), said.clash) end
    told.settle(cli, said.kept)
    values[#values + 1] = said.value
  end
  return values
end

function methods:kernel_by_kernel(look, take)
  argument.check(1, look, "function", "kernel_by_kernel")
  argument.check(2, take, "function", "kernel_by_kernel")
  local list, kernels, met = list_objects(self), inputs.numbered(self), 0
  local function look_at(target) return said_on(self, list, target, look) end
  each_kernel({
    jobs = self.args.jobs or 1, starts = {}, count = kernels.count,
    work = function(i) return kernels.work(i, look_at) end,
    take = function(piece)
      local said = kernels.take(piece)
      met = met + (said and 1 or 0)
      for i, one in ipairs(said or {}) do table.insert(list[i].said, one) end
    end,
  }, kernels.over)
  for i, one in ipairs(list) do
    list[i] = false
    local values = settled(self, one)
    if #values > 0 then take(one.object, values, met) end
  end
end

return work
