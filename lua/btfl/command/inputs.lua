--- The inputs of a command line, opened as they are needed: objects, targets, and their pairs. What cannot be
--- opened is a failure of the cli, and costs no other.
local class = require "btfl.class"
local engine = require "btfl.engine"
local find = require "btfl.kernels.find"
local named = require "btfl.command.named"
local naming = require "btfl.kernels.naming"
local pair = require "btfl.diagnose.pair"
local progress = require "btfl.command.progress"
local protect = require "btfl.command.protect"
local series = require "btfl.kernels.series"
local text_file = require "btfl.runs.text_file"
local told = require "btfl.command.told"

local inputs = {}

-- Methods of btfl.cli; see there.
local methods = {}
inputs.methods = methods

--- What a cli holds of its inputs.
---@param definition btfl.cli.definition
---@return table
function inputs.new(definition)
  return { opened = {}, takes_objects = definition.objects ~= false, clashes = {}, plain = {}, found = {},
    looked_at = { objects = {}, kernels = {}, programs = {} } }
end

local function object_paths(self)
  local given = rawget(self, "given")
  if given then return given end
  if not rawget(self, "takes_objects") then error("this script takes no objects", 3) end
  local value = self.args.obj
  if type(value) == "table" then return value end
  return { value }
end

-- What a run has looked at, each once.
local function look_at(self, what, key, one)
  local list = rawget(self, "looked_at")[what]
  if list[key] then return end
  list[key] = true
  list[#list + 1] = one
end

--- The objects, kernels and programs that a run has looked at, or, of parts, that their run has.
---@param self btfl.cli
---@param of_parts? table<"objects"|"kernels"|"programs", table[]>
---@return table<"objects"|"kernels"|"programs", table[]>
function inputs.looked_at(self, of_parts)
  if of_parts then rawset(self, "looked_at", of_parts) end
  return rawget(self, "looked_at")
end

-- Where the run is held against another. The digest of a kernel is of all of it.
local function digest_of(self, one)
  local args = self.args
  local is_held = args.baseline or args.write_baseline or args.shard or rawget(self, "merging")
  return is_held and one.digest or nil
end

local function names_of_programs(object)
  local names = {}
  for program in object:programs() do names[#names + 1] = program.name end
  return names
end

-- What there is to note of an object, plain, and whether there is something to relocate in it. Whether it
-- loads is asked of any.
local function met_of(self, object)
  local judges = rawget(self, "settings")
  if not (object.btf or judges) then return { path = object.path }, false end
  if judges and not self:try(object.validate, object) then return nil, false end
  return { path = object.path, digest = digest_of(self, object), relocatable = true,
    programs = self.project and names_of_programs(object) or nil }, true
end

--- Does work() with these objects in place of those of OBJ. Pairs that cannot be compared are errors in the
--- report, which may be one of several.
---@param self btfl.cli
---@param paths string[]
---@param out btfl.report
---@param work fun()
function inputs.with_objects(self, paths, out, work)
  local clashes = rawget(self, "clashes")
  rawset(self, "given", paths)
  rawset(self, "relocatable", nil)
  rawset(self, "clashes", {})
  work()
  for _, clash in ipairs(rawget(self, "clashes")) do out:error(clash) end
  rawset(self, "clashes", clashes)
  rawset(self, "given", nil)
end

--- How many objects the command line names.
---@param self btfl.cli
---@return integer
function inputs.count_objects(self)
  return #object_paths(self)
end

---@param self btfl.cli
---@param n integer
---@return string
function inputs.object_path(self, n)
  return object_paths(self)[n]
end

--- Notes what was met of an object, of which this is asked in their order.
---@param self btfl.cli
---@param met table of open_object()
function inputs.note_object(self, met)
  if not met.relocatable then return table.insert(rawget(self, "plain"), pair.no_btf(met)) end
  look_at(self, "objects", met.path, { path = met.path, digest = met.digest })
  for _, name in ipairs(met.programs or {}) do look_at(self, "programs", name, { name = name }) end
  rawset(self, "relocatable", true)
end

--- Behind the last object. Some objects of a tool need no BTF; but a run that had nothing to do has not done
--- what was asked.
---@param self btfl.cli
function inputs.end_objects(self)
  if rawget(self, "relocatable") then return end
  for _, note in ipairs(rawget(self, "plain")) do
    self:failure(note.object .. ": has no .BTF section, so there is nothing to relocate")
  end
end

-- What a batch has opened, when its turn has come, so that failures stand in the same order without one;
-- else what open(...) opens.
local function opened(self, outcomes, n, want, open, ...)
  local batch = rawget(self, "batch")
  if not batch then return self:try(open, ...) end
  local outcome = batch[outcomes][n]
  if class(outcome) == want then return outcome end
  self:failure(outcome)
  return nil
end

--- Opens an object of the command line. Gives what there is to note of it, a plain value, and, where there is
--- something to relocate in it, the object; nothing where it cannot be opened.
---@param self btfl.cli
---@param n integer
---@return table? met
---@return btfl.object?
function inputs.open_object(self, n)
  local object = opened(self, "objects", n, "btfl.object", engine.object, object_paths(self)[n])
  if not object then return nil end
  local met, is_relocatable = met_of(self, object)
  return met, is_relocatable and object or nil
end

function methods:objects()
  local count, n = #object_paths(self), 0
  return function()
    while n < count do
      n = n + 1
      local met, object = inputs.open_object(self, n)
      if met then inputs.note_object(self, met) end
      if object then return object end
    end
    inputs.end_objects(self)
    return nil
  end
end

-- A module that -m names was asked for; one of a folder may be broken without harm.
local function tell_skipped(self, line)
  for _, path in ipairs(self.args.module) do
    if line:sub(1, #path + 1) == path .. ":" then return self:failure(line) end
  end
  told.say(self, "skipped", line)
end

local function note_kernel(self, kernel)
  look_at(self, "kernels", kernel.path, kernel)
end

local function meet(self, target)
  note_kernel(self, { name = target.name, path = target.path, digest = digest_of(self, target) })
  for line in target:skipped() do tell_skipped(self, tostring(line)) end
end

-- What the command line tells of a kernel, and, where nobody asks for these, that its configuration and
-- symbols are not wanted.
local function facts_of(self, found)
  local settings = rawget(self, "settings")
  local facts = settings and settings:facts(found.options.name) or { kconfig = false, kallsyms = false }
  for name, value in pairs(found.facts or {}) do
    if facts[name] == nil then facts[name] = value end
  end
  return facts
end

-- The n-th kernel of -t, which is looked for when it is asked for; nil when there are fewer. Without -t
-- it is the running one.
local function found_target(self, n)
  local found = rawget(self, "found")
  if not found.next then
    local words = self.args.target
    found.next = #words > 0 and find.each(words, function(why) self:failure(why) end) or function() end
    if #words == 0 then found[1] = { options = {} } end
  end
  while not found[n] and not found.ended do
    local one = found.next()
    found[#found + 1] = one
    found.ended = one == nil
    -- One whose turn has not come is not written over either.
    if one and one.path then engine.note_input((naming.split(one.path))) end
  end
  return found[n]
end

-- All of them.
local function found_targets(self)
  local n = 1
  while found_target(self, n) do n = n + 1 end
  return rawget(self, "found")
end

-- What a kernel is to be opened with.
local function options_of(self, found)
  return find.options(found, facts_of(self, found), function(why) self:failure(why) end)
end

-- With --jobs all files are opened at the first need of one; what is to be told of a kernel has its turn.
local function open_all(self)
  local args, targets, facts, kept = self.args, {}, {}, {}
  local paths = rawget(self, "takes_objects") and object_paths(self) or {}
  for i, found in ipairs(found_targets(self)) do
    if not found.path then return end
    targets[i] = found.path
    kept[i], facts[i] = told.keeping(self, options_of, self, found)
  end
  if #targets < 2 then return end
  local function batch()
    return table.pack(engine.batch(targets, args.module, paths, args.jobs, facts,
      rawget(self, "settings") ~= nil))
  end
  -- What is wrong with all of them is told as it is without threads: of each.
  local lists = self:try(batch)
  if lists then rawset(self, "batch", { targets = lists[1], objects = lists[2], kept = kept }) end
end

-- Opens a kernel when its turn has come.
local function open_one(self, found)
  local options = options_of(self, found)
  options.modules = self.args.module
  return engine.target(found.path, options)
end

-- Each target is opened once, whether it can be read or not: false is one that cannot.
local function open_target(self, n, found)
  local known = rawget(self, "opened")
  if known[n] == nil then
    if self.args.jobs > 1 and not rawget(self, "batch") then open_all(self) end
    local batch = rawget(self, "batch")
    if batch then told.settle(self, batch.kept[n]) end
    local target = opened(self, "targets", n, "btfl.target", open_one, self, found)
    known[n] = target or false
    if target then meet(self, target) end
  end
  return known[n]
end

-- Of a target that is closed behind its turn: false, why and what is known of it where it cannot be opened.
local function open_for_a_turn(self, _, found)
  local ok, target = protect.call(open_one, self, found)
  if not ok then
    self:failure(target)
    return false, target, find.unread(found)
  end
  meet(self, target)
  return target
end

local function check_takes_targets(self)
  if self.args.target == nil then error("this script takes no targets", 3) end
end

-- Iterates over the kernels of -t that open(self, n, found) gives a target for, or says why not, from one to
-- another.
local function each_opened(self, open, from, to)
  local n = (from or 1) - 1
  return function()
    local found, target, why, kernel
    repeat
      n = n + 1
      found = (not to or n <= to) and found_target(self, n) or nil
      if found then target, why, kernel = open(self, n, found) end
    until target or why or not found
    return found and target, why, kernel
  end
end

-- How many kernels there are, once all are found.
local function count_targets(self)
  local found = rawget(self, "found")
  return found.ended and #found or nil
end

local function over_targets(self, next_target)
  return progress.over(self.name, next_target, function() return count_targets(self) end)
end

function methods:targets()
  check_takes_targets(self)
  return over_targets(self, each_opened(self, open_target))
end

-- The kernels of each_target(): those that were found, from one to another.
local function block_of(self)
  check_takes_targets(self)
  -- All are looked for before the first is opened: what is not found is told in the same order in each shard.
  local from, to = 1, #found_targets(self)
  if self.args.shard then from, to = require("btfl.runs.part").block(self.args.shard, to) end
  return from, to
end

--- The same, each closed when the next is asked for; of one that cannot be opened false, why, and what is
--- known of it.
---@param self btfl.cli
---@return fun(): (btfl.target|false)?, any, btfl.matrix.kernel?
function inputs.each_turn(self)
  local from, to = block_of(self)
  local next_target, last = each_opened(self, open_for_a_turn, from, to), nil
  return over_targets(self, function()
    if last then last:close() end
    local why, kernel
    last, why, kernel = next_target()
    return last, why, kernel
  end)
end

--- Those of them that can be opened.
---@return fun(): btfl.target?
function methods:each_target()
  local next_target = inputs.each_turn(self)
  return function()
    local target
    repeat target = next_target() until target ~= false
    return target
  end
end

-- What was done of a kernel, when its turn has come.
local function take_piece(self, piece, tell)
  told.settle(self, piece.kept)
  if piece.notes then rawget(self, "settings"):add_notes(piece.notes) end
  if piece.done.unread then
    if tell then tell(false, table.unpack(piece.done.unread)) end
    return nil
  end
  note_kernel(self, piece.done.kernel)
  return piece.done.value
end

local function over_pieces(self, count, next_piece)
  return progress.over(self.name, next_piece, function() return count end, engine.seconds, true)
end

-- Those of parts that are put together: what was done of each is known.
local function numbered_in_parts(self, merging)
  local pieces, settings = merging:pieces(), rawget(self, "settings")
  for _, failure in ipairs(merging.failures) do self:failure(failure) end
  told.settle(self, merging.run.told)
  for _, notes in ipairs(settings and merging:notes() or {}) do settings:add_notes(notes) end
  return {
    count = #pieces, work = function(i) return pieces[i] end,
    take = function(piece) return take_piece(self, piece) end,
    over = function(next_piece) return over_pieces(self, #pieces, next_piece) end,
  }
end

-- A file of so many bytes has a kernel in it; one of fewer that part of one.
local WHOLE = 1 << 20

local function part_of_kernel(found)
  local _, _, _, _, bytes = engine.file_kind(found.path and (naming.split(found.path)) or "")
  return math.min(1, (bytes or 0) / WHOLE)
end

--- The kernels of cli:each_target() by number, for who looks at each in a process that may be another.
---@param self btfl.cli
---@return btfl.matrix.numbered
function inputs.numbered(self)
  local merging = rawget(self, "merging")
  if merging then return numbered_in_parts(self, merging) end
  local from, to = block_of(self)
  local settings = rawget(self, "settings")
  local function one(n, look)
    local target <close>, why, kernel = open_for_a_turn(self, n, found_target(self, n))
    if not target then return { unread = { why, kernel } } end
    return { value = look(target, n),
      kernel = { name = target.name, path = target.path, digest = digest_of(self, target) } }
  end
  local count = math.max(0, to - from + 1)
  return {
    count = count,
    whole = function()
      local sum = 0
      for i = from, to do sum = sum + part_of_kernel(found_target(self, i)) end
      return sum
    end,
    order = function()
      local list = {}
      for i = from, to do list[#list + 1] = found_target(self, i).options end
      return series.alike_in_order(list)
    end,
    work = function(i, look)
      local kept, done = told.keeping(self, one, from + i - 1, look)
      return { kept = kept, done = done, notes = settings and settings:notes() or nil }
    end,
    value = function(piece) return piece.done.value end,
    take = function(piece, tell) return take_piece(self, piece, tell) end,
    over = function(next_piece) return over_pieces(self, count, next_piece) end,
  }
end

-- Opens a kernel again. Of parts that are put together it may be on another machine.
local function open_again(self, number)
  local merging, found = rawget(self, "merging"), found_target(self, number)
  if not merging then return open_one(self, found) end
  local path = merging.run.kernels[number]
  local ok, target = protect.call(function()
    return found and found.path == path and open_one(self, found)
  end)
  local why = not ok and tostring(target) or not target and "it is not found"
    or target.digest ~= merging:digest(number) and "it is another file now"
  if why then
    engine.input_error(path, "has to be looked into again to put the parts together: " .. why)
  end
  return target
end

--- A kernel of cli:each_target() again, by its number: so many are open at a time, and of more the one is
--- closed that was asked for longest ago.
---@param self btfl.cli
---@param number integer
---@param most integer
---@return btfl.target
function inputs.again(self, number, most)
  local again = rawget(self, "again")
  if not again then
    again = {}
    rawset(self, "again", again)
  end
  for i, one in ipairs(again) do
    if one.number == number then
      table.insert(again, table.remove(again, i))
      return one.target
    end
  end
  if #again >= most then
    table.remove(again, 1).target:close()
    -- What is free by now lies in pieces: without this check of 71 kernels takes 62 MB instead of 51.
    engine.give_back_memory()
  end
  local target = open_again(self, number)
  again[#again + 1] = { number = number, target = target }
  return target
end

--- Whether -t names more than one kernel, of which the second need not be one that can be opened.
---@return boolean
function methods:several()
  check_takes_targets(self)
  return found_target(self, 2) ~= nil
end

-- A script meets only pairs that it can relocate: what is open is sound, but may be of another byte order.
local function comparable(self, object, target)
  local clash = pair.clash(object, target)
  if clash then table.insert(rawget(self, "clashes"), clash) end
  return not clash
end

--- Iterates as cli:pairs() does, and is told of by nobody. Gives how many there will be, too, where that is
--- known.
---@param self btfl.cli
---@return fun(): btfl.object?, btfl.target?
---@return fun(): integer?
function inputs.pairs(self)
  local jobs = self.args.jobs or 1
  if jobs > 1 and self.args.target and not rawget(self, "batch") then open_all(self) end
  check_takes_targets(self)
  local next_object = self:objects()
  local next_target, object
  local function next_pair()
    while true do
      local target = next_target and next_target()
      while target and not comparable(self, object, target) do target = next_target() end
      if target then return object, target end
      object = next_object()
      if object == nil then return nil end
      next_target = each_opened(self, open_target)
    end
  end
  return next_pair, function()
    local targets = count_targets(self)
    return targets and targets * #object_paths(self)
  end
end

function methods:pairs()
  return progress.over(self.name, inputs.pairs(self))
end

-- What answers do not depend on, or what is told otherwise.
local NOT_OF_ANSWERS = {
  obj = true, target = true, shard = true, output = true, format = true, files = true, color = true,
  jobs = true, quiet = true, no_memo = true, cache = true,
}

-- The digest of the file that is the policy; nil where none is.
local function policy_of(self)
  local word = self.args.policy or self.project and self.project.policy
  local place = word and not named.is_file(word) and select(2, named.module("btfl.policy." .. word)) or word
  return place and named.is_file(place) and engine.digest(text_file(place)) or nil
end

--- Adds to what run() gave what the run has looked at since.
---@param self btfl.cli
---@param run btfl.runs.run
---@return btfl.runs.run
function inputs.complete_run(self, run)
  local looked_at = rawget(self, "looked_at")
  for _, what in ipairs { "objects", "programs" } do
    run[what] = table.move(looked_at[what], 1, #looked_at[what], 1, {})
  end
  return run
end

--- What a part of a run has to have in common with the others.
---@param self btfl.cli
---@return btfl.runs.run
function inputs.run(self)
  local kernels, options = {}, {}
  local kept = told.keeping(self, found_targets, self)
  told.settle(self, kept)
  for i, found in ipairs(found_targets(self)) do kernels[i] = found.path or "the running one" end
  for name, value in pairs(self.args) do
    if not NOT_OF_ANSWERS[name] then options[name] = value end
  end
  options.project = self.project
  return inputs.complete_run(self, { btfl = engine.version, command = self.name:match "%S*$",
    shard = self.args.shard, kernels = kernels, told = kept,
    inputs = { obj = object_paths(self), target = self.args.target }, policy = policy_of(self),
    options = options })
end

--- What is to be said of inputs besides what the script found: pairs that cannot be compared, objects that
--- have nothing to relocate beside others that have, and names of the command line that none has.
---@param self btfl.cli
---@return btfl.report
function inputs.remarks(self)
  local out = require("btfl.report.report").new "inputs"
  for _, clash in ipairs(rawget(self, "clashes")) do out:error(clash) end
  if rawget(self, "relocatable") then
    for _, note in ipairs(rawget(self, "plain")) do out:note(note) end
  end
  local settings = rawget(self, "settings")
  if settings then settings:remark(out) end
  return out:merge()
end

return inputs
