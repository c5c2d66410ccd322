--- What a script does of each pair, each object or each kernel, in this process or in those of --jobs: see
--- cli:each_pair, each_object and kernel_by_kernel in meta.lua. What comes of it is put together in the order
--- of the inputs.
local argument = require "btfl.argument"
local carried = require "btfl.report.carried"
local disk = require "btfl.recall.disk"
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local inputs = require "btfl.command.inputs"
local once = require "btfl.command.once"
local pair = require "btfl.diagnose.pair"
local parts = require "btfl.runs.part"
local pieces = require "btfl.runs.pieces"
local progress = require "btfl.command.progress"
local recall = require "btfl.recall.recall"
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

--- Gives put() what find(i) gives of each number up to `count`, plain values, in order: found in the
--- processes of --jobs, of which there may be none but this one.
---@generic T
---@param cli btfl.cli
---@param count integer
---@param find fun(i: integer): T
---@param put fun(i: integer, found: T)
function work.share(cli, count, find, put)
  local settings, jobs = rawget(cli, "settings"), cli.args.jobs or 1
  local starts, taken = {}, 0
  for first = 1, count, math.max(1, count // (jobs * BLOCKS)) do starts[#starts + 1] = first end
  if jobs > 1 and count > jobs and not engine.interrupted() then
    workers.each({
      jobs = jobs, starts = starts, count = count,
      work = function(i)
        local kept, found = told.keeping(cli, find, i)
        return { kept = kept, found = found, notes = settings and settings:notes() or nil }
      end,
      take = function(done, i)
        told.settle(cli, done.kept)
        if done.notes then settings:add_notes(done.notes) end
        put(i, done.found)
        taken = i
      end,
    })
  end
  for i = taken + 1, count do put(i, find(i)) end
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
    list[#list + 1] = { object = object, endian = object and object.endian, kept = kept, said = {} }
    if object then engine.rest(object) end
  until not object or engine.interrupted()
  return list
end

--- What a run remembers; nil with --no-memo. With --cache it goes to files.
---@param cli btfl.cli
---@param cache { about: string, encode: function, decode: function } of btfl.recall.cache
---@return table?
function work.memory(cli, cache)
  if cli.args.no_memo then return nil end
  if not cli.args.cache then return recall.new() end
  local refused = {}
  cache.disk = cli:try(disk.open, cli.args.cache, function(path)
    if not refused[path] then told.say(cli, "refused", path) end
    refused[path] = true
  end)
  if not cache.disk then return recall.new() end
  cache.about = exact.encode { cache.about, inputs.run(cli).options }
  return recall.new(cache)
end

-- The file of a function, to the byte; that of one of the program says the build of it.
local function source_of(fun)
  local path = debug.getinfo(fun, "S").source:match "^@(.*)"
  local file <close> = path and io.open(path, "rb")
  return file and file:read "a" or ""
end

-- What load.look() says of each object on a kernel, until SIGINT comes. What it tells besides may name the
-- kernel.
local function said_on(cli, list, target, number, load)
  local said, memory, endian = {}, load.memory, target.endian
  if memory then memory:meet(target) end
  for i, one in ipairs(list) do
    local object = one.object
    if not object or engine.interrupted() then break end
    local function find()
      local kept, value, alone = told.keeping(cli, load.look, object, target, number)
      engine.rest(object)
      return { kept = kept, value = value }, #kept == 0 and not alone
    end
    -- One that rests is read again, and may have changed.
    local why
    local function wake()
      local awake
      why, awake = told.keeping(cli, cli.try, cli, engine.wake, object)
      return awake
    end
    if one.endian ~= endian then
      said[i] = load.clashing and wake() and find() or { kept = why }
      said[i].clash = true
    elseif memory then
      said[i] = memory:of(object, find, load.by and load.by(object), wake) or { kept = why }
    else
      said[i] = wake() and find() or { kept = why }
    end
  end
  return said
end

-- Does look_at() of each kernel, and gives take() the list of what it said, what about() says of the kernel,
-- and its name, in order. A part is given all of it before.
local function each_kernel(cli, look_at, about, memory, part, take)
  local kernels, starts, i = inputs.numbered(cli), {}, 0
  local jobs = cli.args.jobs or 1
  local send, receive = memory and once.sender(), memory and once.receiver()
  local function of_worker(n)
    return kernels.work(n, function(target, number)
      local list = look_at(target, number)
      if send then list = send(list, n) end
      return { target = target.name, about = about(target, number), list = list,
        learned = memory and memory:take() }
    end)
  end
  local function next_piece()
    i = i + 1
    if i > kernels.count then return nil end
    return kernels.work(i, function(target, number)
      return { target = target.name, about = about(target, number), list = look_at(target, number) }
    end)
  end
  local function taken(piece, list_of)
    local said = piece.done.value
    if said and list_of then said.list = list_of(said.list) end
    if part then part:add(piece) end
    said = kernels.take(piece)
    if not said then return end
    if said.learned then memory:add(said.learned) end
    take(said.list, said.about, said.target)
  end
  local a_block = math.max(1, kernels.count // (jobs * BLOCKS))
  for first = 1, kernels.count, a_block do starts[#starts + 1] = first end
  if workers.each({
    jobs = jobs, starts = starts, count = kernels.count, work = of_worker,
    take = function(piece) taken(piece, receive) end,
  }, kernels.over) then return end
  for piece in kernels.over(next_piece) do taken(piece) end
end

-- Adds what was said of an object on the next kernel, often the same as on the one before: the list has each
-- value once, and on how many kernels it was said.
local function add_said(list, said)
  if list[#list - 1] == said then
    list[#list] = list[#list] + 1
  else
    list[#list + 1] = said
    list[#list + 1] = 1
  end
end

-- Tells of an object and its pairs what was kept; gives the values of those that were looked at, and what was
-- said of their kernels: `on` and `names` of each.
local function settled(cli, one, on, names)
  local values, kernels, at, clashes = {}, {}, 0, rawget(cli, "clashes")
  told.settle(cli, one.kept)
  for i = 1, #one.said, 2 do
    local said = one.said[i]
    for n = at + 1, at + one.said[i + 1] do
      if said then told.settle(cli, said.kept) end
      if said and said.clash then table.insert(clashes, pair.of_other(one.object, names[n])) end
      if said and said.value ~= nil then values[#values + 1], kernels[#kernels + 1] = said.value, on[n] end
    end
    at = at + one.said[i + 1]
  end
  return values, kernels
end

local function name_of(target)
  return target.name
end

-- Writes the part of a shard, in place of a report. One that SIGINT came upon is not whole.
local function write_part(cli, run, part)
  local settings = rawget(cli, "settings")
  rawset(cli, "is_part", true)
  if engine.interrupted() then return end
  cli:write(parts.text(run, part:all(settings and settings:notes() or {})))
end

function methods:kernel_by_kernel(look, take, options)
  argument.check(1, look, "function", "kernel_by_kernel")
  argument.check(2, take, "function", "kernel_by_kernel")
  argument.options(3, options, { about = "function", by = "function", keep = "function", clashing = "any",
    encode = "function", decode = "function" }, "kernel_by_kernel")
  options = options or {}
  local list, met, is_kept = list_objects(self), 0, setmetatable({}, { __mode = "k" })
  local on, names = {}, {}
  local memory = work.memory(self, {
    about = source_of(look),
    encode = function(said) return (options.encode or exact.encode)(said.value) end,
    decode = function(text)
      local value = (options.decode or exact.decode)(text)
      return value ~= nil and { kept = {}, value = value } or nil
    end,
  })
  local load = { look = look, by = options.by, clashing = options.clashing, memory = memory }
  local function look_at(target, number) return said_on(self, list, target, number, load) end
  local merging, run = rawget(self, "merging"), self.args.shard and inputs.run(self)
  local part = run and pieces.new()
  if merging then merging:check(list, rawget(self, "looked_at").objects) end
  each_kernel(self, look_at, options.about or name_of, memory, part, function(said, kernel, name)
    met = met + 1
    on[met], names[met] = kernel, name
    for i, of in ipairs(list) do
      local one = said[i]
      if one and part then
        one = { kept = one.kept }
      elseif one and options.keep and one.value ~= nil and not is_kept[one] then
        one.value, is_kept[one] = options.keep(one.value), true
      end
      add_said(of.said, one or false)
    end
  end)
  if memory and memory.cache then self:try(memory.save, memory) end
  if part then write_part(self, run, part) end
  for i, one in ipairs(list) do
    list[i] = false
    local values, kernels = settled(self, one, on, names)
    if #values > 0 and not part and self:try(engine.wake, one.object) then
      take(one.object, values, kernels, met)
      engine.rest(one.object)
    end
  end
end

return work
