--- What a script does of each pair or each kernel, in this process or in those of --jobs: see cli:each_pair
--- and kernel_by_kernel in meta.lua. What comes of it is put together in the order of the inputs.
local argument = require "btfl.argument"
local carried = require "btfl.report.carried"
local disk = require "btfl.recall.disk"
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local inputs = require "btfl.command.inputs"
local new_objects = require("btfl.command.objects").new
local once = require "btfl.command.once"
local packed = require "btfl.runs.packed"
local pacing = require "btfl.pacing"
local pair = require "btfl.diagnose.pair"
local parts = require "btfl.runs.part"
local pieces = require "btfl.runs.pieces"
local progress = require "btfl.command.progress"
local recall = require "btfl.recall.recall"
local rest = require("btfl.kept").rest
local same_lists = require "btfl.report.same_lists"
local stretches = require "btfl.stretches"
local told = require "btfl.command.told"
local workers = require "btfl.command.workers"

local work = {}

-- Methods of btfl.cli; see there.
local methods = {}
work.methods = methods

-- What is left of the pairs has so many blocks for each process or more: they become smaller, so that all end
-- at about the same time, whichever object takes long.
local BLOCKS = 8

-- Does load.work(i) of each piece in the processes of --jobs, in blocks that begin at load.starts; gives
-- load.take(i, ...) what it found when its turn has come, and what was to be told is told. False where there
-- are no processes to be had.
local function in_workers(cli, load, watched)
  local settings = rawget(cli, "settings")
  return workers.each({
    jobs = cli.args.jobs or 1, starts = load.starts, count = load.count,
    work = function(i)
      local kept, found = told.keeping(cli, load.work, i)
      return { kept = kept, found = found, notes = settings and settings:notes() or nil }
    end,
    take = function(done, i)
      if load.turn then load.turn(i) end
      told.settle(cli, done.kept)
      if done.notes then settings:add_notes(done.notes) end
      load.take(i, done.found)
    end,
  }, watched)
end

-- The same of pieces that add to a report.
local function reported_in_workers(cli, out, load, watched)
  local work_on = load.work
  function load.work(i)
    carried.take(out)
    work_on(i)
    return carried.take(out)
  end
  function load.take(_, found) carried.put(out, found) end
  return in_workers(cli, load, watched)
end

-- The first of each of so many blocks for each process, or more.
local function blocks_of(count, jobs)
  local starts = {}
  for first = 1, count, math.max(1, count // (jobs * BLOCKS)) do starts[#starts + 1] = first end
  return starts
end

--- Gives put() what find(i) gives of each number up to `count`, plain values, in order: found in the
--- processes of --jobs, of which there may be none but this one.
---@generic T
---@param cli btfl.cli
---@param count integer
---@param find fun(i: integer): T
---@param put fun(i: integer, found: T)
function work.share(cli, count, find, put)
  local jobs, taken = cli.args.jobs or 1, 0
  if jobs > 1 and count > jobs and not engine.interrupted() then
    in_workers(cli, {
      starts = blocks_of(count, jobs), count = count, work = find,
      take = function(i, found)
        put(i, found)
        taken = i
      end,
    })
  end
  for i = taken + 1, count do put(i, find(i)) end
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
  end
  local done = reported_in_workers(cli, out, {
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
  for object, target in self:pairs() do do_pair(object, target) end
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

-- The file of a function, to the byte, and where in it that stands; of one of the program the build says it.
local function source_of(fun)
  local info = debug.getinfo(fun, "S")
  local path = info.source:match "^@(.*)"
  local file <close> = path and io.open(path, "rb")
  return ("%d %s"):format(info.linedefined, file and file:read "a" or "")
end

-- So many values of an object are compared with the next, each so deep.
local COMPARED <const>, DEEPEST <const> = 8, 24

local function are_equal(a, b, depth)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" or depth > DEEPEST then return false end
  if getmetatable(a) ~= getmetatable(b) then return false end
  for key, value in next, a do
    if not are_equal(value, rawget(b, key), depth + 1) then return false end
  end
  for key in next, b do
    if rawget(a, key) == nil then return false end
  end
  return true
end

-- What was said of an object before, where the same is said again: what is kept of it does not grow with
-- kernels.
local function first_of(found, before)
  for i = #before, math.max(1, #before - COMPARED + 1), -1 do
    if before[i].clash == found.clash and are_equal(before[i].value, found.value, 0) then return before[i] end
  end
  before[#before + 1] = found
  return found
end

-- What is said of a pair that cannot be compared, where the script is not asked.
local CLASH <const> = { clash = true }

-- What load.look() says of an object on a kernel, where it is not known.
local function said_of(cli, one, target, number, load)
  local object, memory, clash = one.object, load.memory, one.endian ~= target.endian or nil
  if clash and not load.clashing then return CLASH end
  local function find()
    local kept, value, alone = told.keeping(cli, load.look, object, target, number)
    rest(object)
    pacing.adjust()
    local found = { kept = kept, value = value, clash = clash }
    if memory and #kept == 0 and not load.keeps then
      one.found = one.found or {}
      found = first_of(found, one.found)
    end
    return found, #kept == 0 and not alone
  end
  -- One that rests is read again, and may have changed.
  local why
  local function wake()
    local awake
    why, awake = told.keeping(cli, cli.try, cli, engine.wake, object)
    return awake
  end
  local said
  if memory then
    said = memory:of(object, find, load.by and load.by(object), wake)
  elseif wake() then
    said = find()
  end
  said = said or { kept = why }
  -- What another run has said does not tell.
  said.clash = clash
  return said
end

-- What load.look() says of objects on a kernel, until SIGINT comes. What it tells besides may name that.
local function said_on(cli, next_object, target, number, load)
  local said, memory = {}, load.memory
  if memory then memory:meet(target) end
  for one in next_object do
    if engine.interrupted() then break end
    said[#said + 1] = memory and memory:still(one.object) or said_of(cli, one, target, number, load)
  end
  -- Where all of it is known, too: to compare makes garbage.
  pacing.adjust()
  return said
end

-- The objects of a list.
local function over(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

-- The values of the pairs of an object that were looked at, and what was said of their kernels, as `on` has
-- it. Where these are all of them, the list is `on`.
local function looked_at(one, on)
  local values, kernels, count = {}, on, 0
  local function apart()
    if kernels == on then kernels = table.move(on, 1, count, 1, {}) end
  end
  for said, first, last in stretches.each(one.said) do
    local value = said and said.value
    if said and value ~= nil then
      if first > count + 1 then apart() end
      if kernels ~= on then table.move(on, first, last, count + 1, kernels) end
      for _ = first, last do
        count = count + 1
        values[count] = value
      end
    end
  end
  if count < #on then apart() end
  return values, kernels
end

-- What load.find() finds of an object by what was said of it, and what was to be told meanwhile.
local function find_of(cli, one, on, load)
  return told.keeping(cli, function()
    local values, kernels = looked_at(one, on)
    if #values == 0 or not cli:try(engine.wake, one.object) then return nil end
    local found = load.find(one.object, values, kernels)
    rest(one.object)
    pacing.adjust()
    return found
  end)
end

-- All kernels, on each of which all objects are looked at: in this process, or shared between several.
local Turns = {}
Turns.__index = Turns

-- What is said of some of the objects on a kernel; in another process, with what it has learned there.
function Turns:look_at(i, next_object, memory)
  return self.kernels.work(i, function(target, number)
    local list = said_on(self.cli, next_object, target, number, self.load)
    return { target = target.name, about = self.about(target, number), list = list,
      learned = memory and memory:take() }
  end)
end

-- Gives take() what was said of a kernel when its turn has come. A part is given all of it before.
function Turns:taken(piece)
  if self.part then self.part:add(piece) end
  local said = self.kernels.take(piece)
  if not said then return end
  if said.learned then self.load.memory:add(said.learned) end
  self.met = self.met + 1
  self.take(said.list, said.about, said.target)
end

-- What is said of all objects on a kernel. Those that were not opened are, and looked at before they rest.
function Turns:look_at_all(i, memory)
  local objects = self.objects
  return self:look_at(i, objects.list and over(objects.list) or objects:opening(), memory)
end

function Turns:all()
  local i = 0
  for piece in self.kernels.over(function()
    i = i + 1
    return i <= self.kernels.count and not engine.interrupted() and self:look_at_all(i) or nil
  end) do self:taken(piece) end
end

-- Each process takes kernels that are alike: what was found on one of them holds for the next.
function Turns:in_kernels()
  local memory, kernels = self.load.memory, self.kernels
  local send, receiver = once.sender(), once.receiver()
  -- All of them look at all objects.
  self.objects:all()
  local load = workers.apart(kernels.order(), function(n)
    local piece = self:look_at_all(n, memory)
    local said = kernels.value(piece)
    if said and memory then said.list = send(said.list, n) end
    return piece
  end)
  function load.arrive(piece)
    local said = kernels.value(piece)
    if said and memory then receiver.arrive(said.list) end
  end
  function load.take(piece)
    local said = kernels.value(piece)
    if said and memory then said.list = receiver.list(said.list) end
    self:taken(piece)
  end
  return load
end

-- A process takes so much of its share of all sizes, and no more: one that has a processor to itself for as
-- long as the first kernel takes would have the others wait for it on all that follow.
local MOST_OF_SHARE = 1.1

-- The objects that a process takes on the first kernel as it comes to them, large ones first, so that all
-- take as long as one another; they are its own from then on.
function Turns:drawing(draw, own)
  local objects, sizes = self.objects, self.objects.sizes
  if not self.by_size then
    self.by_size, self.size = {}, 0
    for number, size in ipairs(sizes) do self.by_size[number], self.size = number, self.size + size end
    table.sort(self.by_size, function(a, b)
      if sizes[a] ~= sizes[b] then return sizes[a] > sizes[b] end
      return a < b
    end)
  end
  local left = MOST_OF_SHARE * self.size / self.jobs
  return objects:opening(function()
    local number = left > 0 and self.by_size[draw()] or nil
    left = left - (sizes[number] or 0)
    return number
  end, own)
end

-- Puts together what the processes say of a kernel. One that any of them could not read was not looked at.
function Turns:join(shares)
  local settings, first, list = rawget(self.cli, "settings"), nil, {}
  for _, piece in ipairs(shares) do
    if piece.done.unread then return piece end
  end
  -- Each has opened its own by now.
  self.objects:all()
  for _, piece in ipairs(shares) do
    local said = piece.done.value
    if said then
      for n, number in ipairs(said.own) do list[self.objects.at[number].index] = said.list[n] end
      if first and settings then settings:add_notes(piece.notes) end
      if first and said.learned then self.load.memory:add(said.learned) end
      first = first or piece
    end
  end
  first.done.value.list = list
  return first
end

-- What there is to find of the objects of a process that has looked at all kernels. What raises an error is
-- left to the first process, which then meets it in order.
function Turns:find_of_own(own, on)
  local found, kept = {}, {}
  for n, one in ipairs(own) do
    for said in stretches.values(one.said) do
      if said and said.value ~= nil and not kept[said] then
        said.value, kept[said] = self.load.keep(said.value), true
      end
    end
    local ok, told_so, value = pcall(find_of, self.cli, one, on, self.load)
    if not ok then rawset(self.cli, "kept", nil) end
    found[n] = ok and { kept = told_so, value = value }
    one.said = nil
  end
  local settings = rawget(self.cli, "settings")
  return { found = found, kernels = #on, notes = settings and settings:notes() or nil }
end

-- Takes that. A process that could read a kernel which another could not has found something else.
function Turns:take_found(shares, owned)
  local settings = rawget(self.cli, "settings")
  self.found = {}
  for share, said in ipairs(shares) do
    if settings and said.notes then settings:add_notes(said.notes) end
    for n, one in ipairs(said.kernels == self.met and said.found or {}) do
      self.found[self.objects.at[owned[share][n]].index] = one or nil
    end
  end
end

local function numbers_of(ones)
  local numbers = {}
  for i, one in ipairs(ones) do numbers[i] = one.number end
  return numbers
end

-- Each process has objects of its own, on all kernels: what is found of one once is found by one process. So
-- is what is found by what was said on all, which is the last turn.
function Turns:in_objects()
  local kernels, jobs = self.kernels, self.jobs
  local turns = kernels.count + (self.load.find and not self.part and 1 or 0)
  local own, on, is_drawn, send
  local owned, receive, starts = {}, {}, {}
  for share = 1, jobs do
    starts[share], receive[share] = (share - 1) * turns + 1, once.receiver()
  end
  local function piece_of(i, n, draw)
    if n == 1 then own, on, is_drawn, send = {}, {}, false, once.sender() end
    if n > kernels.count then return self:find_of_own(own, on) end
    -- The others were faster.
    if is_drawn and #own == 0 then return { done = {} } end
    local piece = self:look_at(n, is_drawn and over(own) or self:drawing(draw, own), self.load.memory)
    local said = piece.done.value
    if said then
      on[#on + 1] = said.about
      for k, one in ipairs(turns > kernels.count and said.list or {}) do
        own[k].said = stretches.add(own[k].said, one, #on, #on)
      end
      said.list = send(said.list, i)
      if not is_drawn then said.own, said.opened = numbers_of(own), self.objects:told() end
      is_drawn = true
    end
    return piece
  end
  return {
    starts = starts, count = turns * jobs,
    work = function(i, draw) return piece_of(i, (i - 1) % turns + 1, draw) end,
    shares = jobs,
    take = function(taken, turn)
      if turn > kernels.count then return self:take_found(taken, owned) end
      for share, piece in ipairs(taken) do
        local said = piece.done.value
        if said then
          owned[share] = said.own or owned[share]
          if said.opened then self.objects:take(said.opened) end
          receive[share].arrive(said.list)
          said.list, said.own = receive[share].list(said.list), owned[share]
        end
      end
      self:taken(self:join(taken))
    end,
  }
end

-- Whether it costs less to open each kernel in each process than to find in each what is found of an object
-- once: to open a kernel takes as long as to look into so many programs, fewer where more is found of them
-- than whether they load. CPU of 139 objects on 40 kernels of a series, by kernel: verdicts 0.35 instead of
-- 0.58 s, check 0.77 instead of 0.82; on 17 kernels that differ check takes 1.39 by kernel, 1.26 by object.
local PROGRAMS_A_KERNEL, WHERE_MORE_IS_FOUND = 80, 25

function Turns:is_by_object()
  local objects = self.objects
  if self.kernels.count < self.jobs then return objects.count > 1 end
  local of_kernel = self.load.find and WHERE_MORE_IS_FOUND or PROGRAMS_A_KERNEL
  return self.load.memory ~= nil and objects.count >= 4 * self.jobs
    and objects.programs >= of_kernel * self.kernels.whole()
end

-- Does load.look() of each object on each kernel, and gives take() the list of what it said, what about()
-- says of the kernel, and its name, in order of the kernels. Gives what load.find() has found by object,
-- where the processes did that, too.
local function each_kernel(cli, objects, load, about, part, take)
  local self = setmetatable({ cli = cli, objects = objects, load = load, about = about, part = part,
    take = take, jobs = workers.count(cli.args.jobs or 1), kernels = inputs.numbered(cli), met = 0 }, Turns)
  -- Of one kernel nothing is said again, and to listen takes 4 % of check.
  if self.kernels.count < 2 and load.memory and not load.memory.cache then load.memory = nil end
  -- Of parts that are put together all of it is done.
  if self.jobs > 1 and self.kernels.order then
    objects:measure()
    local shared = self:is_by_object() and self:in_objects() or self:in_kernels()
    shared.jobs = self.jobs
    if workers.each(shared, self.kernels.over) then return self.found end
  end
  self:all()
end

-- Finds what there is of each object by what was said of it on all kernels, where the processes that looked
-- at it have not, and gives take() that.
local function find_each(cli, objects, load, on, found, take)
  local list = objects.list
  local function find(i)
    local kept, value = find_of(cli, list[i], on, load)
    return { kept = kept, value = value }
  end
  local function put(i, came)
    local one = list[i]
    objects:drop(one)
    told.settle(cli, came.kept)
    if came.value ~= nil then take(one.object, came.value, looked_at(one, on)) end
  end
  if not found then return work.share(cli, #list, find, put) end
  for i = 1, #list do put(i, found[i] or find(i)) end
end

-- Tells of an object and its pairs what was kept; `names` has those of the kernels. Objects that cannot be
-- compared with the same ones have one list of them, by `same`.
local function settle(cli, one, names, same)
  local clashing, seen = {}, {}
  told.settle(cli, one.kept)
  for said, first, last in stretches.each(one.said) do
    local is_told = said and (said.clash or #(said.kept or {}) > 0)
    for n = first, is_told and last or 0 do
      local name = names[n]
      told.settle(cli, said.kept)
      if said.clash and not seen[name] then clashing[#clashing + 1], seen[name] = name, true end
    end
  end
  if #clashing > 0 then
    -- The object may rest, and is not woken for this.
    local finding = pair.of_other({ path = one.object.path, endian = one.endian }, clashing[1])
    if #clashing > 1 then finding.target, finding.targets = nil, same(clashing) end
    table.insert(rawget(cli, "clashes"), finding)
  end
end

local function name_of(target)
  return target.name
end

-- Writes the part of a shard, in place of a report. One that SIGINT came upon is not whole.
local function write_part(cli, run, part)
  inputs.complete_run(cli, run)
  local settings = rawget(cli, "settings")
  rawset(cli, "is_part", true)
  if engine.interrupted() then return end
  cli:write(parts.text(run, part:all(settings and settings:notes() or {})))
end

function methods:kernel_by_kernel(look, take, options)
  argument.check(1, look, "function", "kernel_by_kernel")
  argument.check(2, take, "function", "kernel_by_kernel")
  argument.options(3, options, { about = "function", by = "function", keep = "function", clashing = "any",
    encode = "function", decode = "function", find = "function", rests = "any" }, "kernel_by_kernel")
  options = options or {}
  local objects = new_objects(self)
  local met, is_kept, on, names = 0, setmetatable({}, { __mode = "k" }), {}, {}
  local merging = rawget(self, "merging")
  if merging then merging:check(objects:all(), inputs.looked_at(self).objects) end
  local load = { look = look, by = options.by, clashing = options.clashing, find = options.find,
    keeps = options.keep ~= nil,
    keep = options.keep or function(value) return value end }
  load.memory = work.memory(self, {
    about = source_of(look),
    encode = function(said) return (options.encode or packed.pack)(said.value) end,
    decode = function(text)
      local ok, value = pcall(options.decode or packed.unpack, text)
      return ok and value ~= nil and { kept = {}, value = value } or nil
    end,
  })
  local run = self.args.shard and inputs.run(self)
  local part = run and pieces.new()
  local function take_said(said, kernel, name)
    met = met + 1
    on[met], names[met] = kernel, name
    for i, of in ipairs(objects:all()) do
      local one = said[i]
      if one and part then
        one = { kept = one.kept }
      elseif one and one.value ~= nil and not is_kept[one] then
        one.value, is_kept[one] = load.keep(one.value), true
      end
      of.said = stretches.add(of.said, one or false, met, met)
    end
  end
  local same = same_lists()
  local found = each_kernel(self, objects, load, options.about or name_of, part, take_said)
  objects:all()
  if load.memory and load.memory.cache then self:try(load.memory.save, load.memory) end
  load.memory = nil
  pacing.collect()
  if part then write_part(self, run, part) end
  if options.find then
    for one in objects:each() do
      settle(self, one, names, same)
      pacing.adjust()
    end
    told.settle(self, objects.ending)
    if not part then find_each(self, objects, load, on, found, take) end
    return pacing.stop()
  end
  for one in objects:each() do
    objects:drop(one)
    settle(self, one, names, same)
    local values, kernels = looked_at(one, on)
    local is_asked = #values > 0 and not part
    if is_asked and (options.rests or self:try(engine.wake, one.object)) then
      take(one.object, values, kernels, met)
      rest(one.object)
      pacing.adjust()
    end
  end
  told.settle(self, objects.ending)
  pacing.stop()
end

return work
