--- The objects of a run that goes kernel by kernel, by their number on the command line: each is opened by
--- the process that looks at it first, and the others are told what there is to know of it.
local engine = require "btfl.engine"
local inputs = require "btfl.command.inputs"
local protect = require "btfl.command.protect"
local rest = require("btfl.kept").rest
local told = require "btfl.command.told"

local objects = {}

---@class btfl.objects.one
---@field number integer
---@field index? integer where it stands among those that there is something to relocate in
---@field kept table what was to be told when it was opened
---@field met? table of inputs.open_object()
---@field object? btfl.object nil where there is nothing to relocate
---@field endian? "little"|"big" of that
---@field everywhere? boolean it is open in all processes

---@class btfl.objects
---@field count integer on the command line
---@field at table<integer, btfl.objects.one> those that were opened, here or elsewhere
---@field list? btfl.objects.one[] of all, once they were, those that there is something to relocate in
---@field ending? table what was to be told behind the last
---@field sizes? integer[] see measure()
---@field programs? integer of all, about
local methods = {}
local metatable = { __index = methods }

--- Opens one that was not, or gives what is known.
---@param number integer
---@return btfl.objects.one
function methods:open(number)
  local one = self.at[number]
  if not one then
    local kept, met, object = told.keeping(self.cli, inputs.open_object, self.cli, number)
    one = { number = number, kept = kept, met = met, object = object, endian = object and object.endian }
    self.at[number] = one
  end
  return one
end

--- Opens those that were not, unless SIGINT came. Then all of the list are known, and noted as met.
---@return btfl.objects.one[]
function methods:all()
  if self.list then return self.list end
  local list = {}
  for number = 1, self.count do
    if not self.at[number] and engine.interrupted() then break end
    local one = self:open(number)
    if one.met then inputs.note_object(self.cli, one.met) end
    if one.object then
      list[#list + 1], one.index = one, #list + 1
      rest(one.object)
    end
  end
  self.list, self.ending = list, (told.keeping(self.cli, inputs.end_objects, self.cli))
  return list
end

local function up_to(count)
  local n = 0
  return function()
    n = n + 1
    return n <= count and n or nil
  end
end

--- Opens those whose numbers next_number() gives, all in order without it, and gives those that there is
--- something to relocate in. Each rests when the next is asked for: who looks at it before has it open.
---@param next_number? fun(): integer?
---@param own? btfl.objects.one[] these are added to it
---@return fun(): btfl.objects.one?
function methods:opening(next_number, own)
  local next_of, last = next_number or up_to(self.count), nil
  return function()
    if last then rest(last.object) end
    repeat
      local number = next_of()
      if not number then
        if not next_number then self:all() end
        return nil
      end
      last = self:open(number)
    until last.object
    if own then own[#own + 1] = last end
    return last
  end
end

--- Those that are known, in order, each until drop() is told of it.
---@return fun(): btfl.objects.one?
function methods:each()
  local number = 0
  return function()
    repeat number = number + 1 until number > self.count or self.at[number]
    return self.at[number]
  end
end

--- No more is asked of it.
---@param one btfl.objects.one
function methods:drop(one)
  self.at[one.number] = nil
  if one.index then self.list[one.index] = false end
end

-- What it takes to look into an object, and into each of its programs, as into so many instructions.
local AN_OBJECT <const>, A_PROGRAM <const> = 800, 100

-- How many programs it has, and instructions.
local function size_of(object)
  local programs, insns = 0, 0
  -- What is wrong with it is told when it is looked into.
  protect.call(function()
    for program in object:programs() do programs, insns = programs + 1, insns + #program end
  end)
  return programs, insns
end

--- Tells before they are opened how many programs there are, and of each what it takes to look into it: by
--- the headers of the files. What is in a pipe, which can be read once, or packed is opened for it.
function methods:measure()
  local sizes, all = {}, 0
  for number = 1, self.count do
    local programs, insns = engine.code_size(inputs.object_path(self.cli, number))
    if not programs then
      local one = self:open(number)
      one.everywhere, programs, insns = true, 0, 0
      if one.object then
        programs, insns = size_of(one.object)
        rest(one.object)
      end
    end
    sizes[number], all = AN_OBJECT + A_PROGRAM * programs + insns, all + programs
  end
  self.sizes, self.programs = sizes, all
end

--- What the first process is to know of those that this one has opened: a plain value.
---@return table[]
function methods:told()
  local list = {}
  for one in self:each() do
    if not one.everywhere then
      list[#list + 1] = { number = one.number, kept = one.kept, met = one.met, endian = one.endian,
        stamp = one.object and engine.stamp(one.object) }
    end
  end
  return list
end

--- Takes what another process has told of those that it has opened, which are told again where it does the
--- work of two. One that it could not read again is opened here.
---@param records table[]
function methods:take(records)
  for _, one in ipairs(records) do
    local is_object = one.endian ~= nil
    if not self.at[one.number] and (not is_object or one.stamp) then
      one.object = is_object and engine.resting_object(one.met.path, one.stamp) or nil
      one.stamp, self.at[one.number] = nil, one
    end
  end
end

--- Those of a command line.
---@param cli btfl.cli
---@return btfl.objects
function objects.new(cli)
  return setmetatable({ cli = cli, count = inputs.count_objects(cli), at = {} }, metatable)
end

return objects
