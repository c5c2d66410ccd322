--- Memory of the kernel that a program reads at places that no relocation gives: which struct it is of, by
--- what the program attaches to, and what lies there on each kernel.
local layout = require "btfl.arguments.layout"
local reached = require "btfl.diagnose.reached"
local reading = require "btfl.arguments.reading"

local fixed = {}

-- The structs that hold the registers of a process.
local REGISTERS = { pt_regs = true, user_pt_regs = true, user_regs_struct = true }

-- Whether each pointer on the way that no relocation finds is the same on both; and whether the kernel itself
-- had to be asked.
local function same_way(read, a, b, kernels)
  local asked
  local function successor(name)
    asked = true
    return kernels:successor(a.target, b.target, name)
  end
  for i, step in ipairs(read.from or {}) do
    if not step.relo and not layout.same(a.through[i], b.through[i], step.offset, 1, successor) then
      return false, asked
    end
  end
  return true, asked
end

-- Bytes that are read, as far as it is known: a string may be short.
local function bytes_of(read)
  if read.callee and read.callee:find "_str$" then return 1 end
  return read.size or 1
end

-- The struct of that name that the object was compiled with: a whole one, and not the few members that CO-RE
-- programs declare, of which exactly one member or all is read.
local function compiled_with(row, t)
  local btf = row.program.object.btf
  local mine = btf and (btf:find(t.name, "struct") or btf:find(t.name, "union"))
  if not mine or #mine * 2 <= #t then return nil end
  local place = layout.at(mine, row.offset)
  if place.state ~= "member" then return nil end
  local exact = place.start == row.offset and place.size == row.bytes
  return (exact or row.offset == 0 and row.bytes == mine.size) and mine or nil
end

-- The first class on which the same is read as on a kernel; else what differs there first, of all of them.
-- And whether the kernel itself had to be asked, so that the struct alone does not tell.
local function class_of(row, classes, struct, target, kernels)
  local differs_at, asked
  for _, class in ipairs(classes) do
    local same, at = layout.same(class.struct, struct, row.offset, row.bytes, function(name)
      asked = true
      return kernels:successor(class.witness, target, name)
    end)
    if same then return class, differs_at, asked end
    differs_at = math.min(differs_at or at, at)
  end
  return nil, differs_at, asked
end

-- Puts kernels on which the same is read into one class. The first class of an object that tells what it was
-- compiled with has that.
local function classify(row, list, kernels)
  local classes = {}
  local mine = compiled_with(row, list[1].struct)
  if mine then
    classes[1] = { struct = mine, witness = row.program.object.btf, own = true, targets = {} }
  end
  local of_struct = {}
  -- Puts those from the first on into a class, as many as are known to belong there: up to which.
  local function put(struct, targets, first, last)
    local found, target = of_struct[struct], targets[first]
    if not found then
      local class, differs_at, asked = class_of(row, classes, struct, target, kernels)
      if differs_at then row.differs_at = math.min(row.differs_at or differs_at, differs_at) end
      found = class or { struct = struct, witness = target, targets = {} }
      if not class then classes[#classes + 1] = found end
      if asked then last = first else of_struct[struct] = found end
    end
    table.move(targets, first, last, #found.targets + 1, found.targets)
    return last
  end
  for _, one in ipairs(list) do
    local n = one.first
    while n <= one.last do n = put(one.struct, one.targets, n, one.last) + 1 end
  end
  row.classes = classes
  row.differs = #classes > 1
end

-- Kernels on which the program loads and comes there.
local function coming(row, key, list, ask, kernels)
  local kept, setting = {}, true
  for _, one in ipairs(list) do
    local read = kernels:coming(one.target, ask, key)
    if read and not read.unsure then
      kept[#kept + 1] = one
      setting = setting and read.setting or false
      row.variable = row.variable or read.variable
    end
  end
  row.setting = #kept > 0 and setting
  return kept
end

-- The registers of a process are laid out by architecture, which the object, or the first kernel, has.
local function is_foreign(row, t, target, first)
  if not REGISTERS[t.essential] then return false end
  local mine = row.program.object.arch or first and first.target.arch
  return mine ~= nil and target.arch ~= mine
end

-- Adds those from one to another that are the same place, but for foreign ones. False where the way there is
-- another than before: what is loaded from another place leads anywhere; that place is told of for itself.
local function add_place(list, row, place, targets, first, last, kernels)
  local n = first
  while n <= last do
    local target, upto = targets[n], last
    local one = { target = target, struct = place.struct, through = place.through, targets = targets,
      first = n }
    if REGISTERS[place.struct.essential] then upto = n end
    if not is_foreign(row, place.struct, target, list[1]) then
      local same, asked = true, nil
      if list[1] then same, asked = same_way(row.read, list[1], one, kernels) end
      if not same then return false end
      if asked then upto = n end
      one.last = upto
      list[#list + 1] = one
    end
    n = upto + 1
  end
  return true
end

-- Where it is known where a read leads: that, with the kernels from one to another of `targets`, of which
-- `target` is the first; nil where it cannot be told of.
local function places_of(row, key, targets, ask, kernels)
  local list, beyond, known = {}, nil, {}
  for like, first, last in kernels:cases(targets) do
    local place = known[like]
    if place == nil then
      place = kernels:place(like, ask, key) or false
      known[like] = place
    end
    if place and place.beyond then
      beyond = place
    elseif place and not add_place(list, row, place, targets, first, last, kernels) then
      return nil
    end
  end
  -- What is behind its end on some kernel may be of a larger struct that starts with this one.
  if #list == 0 or beyond and beyond.starts_others then return nil end
  return list
end

local function add_row(rows, key, targets, ask, kernels)
  local read = ask.by_key[key]
  local row = { program = ask.program, read = read, argument = read.argument, attach = ask.attach,
    offset = read.offset, bytes = bytes_of(read), line = read.program:line(read.insn) }
  local list = places_of(row, key, targets, ask, kernels)
  if not list then return end
  classify(row, list, kernels)
  if row.differs then
    list = coming(row, key, list, ask, kernels)
    if #list == 0 then return end
    row.differs_at = nil
    classify(row, list, kernels)
  end
  row.struct = list[1].struct
  for _, one in ipairs(list) do
    row.mixed = row.mixed or one.struct ~= row.struct and one.struct.essential ~= row.struct.essential
  end
  row.targets = {}
  for _, one in ipairs(list) do
    table.move(one.targets, one.first, one.last, #row.targets + 1, row.targets)
  end
  rows[#rows + 1] = row
end

-- The kernels that a program can be read on.
local function kernels_of(ask, targets, kernels)
  local list, is_open = {}, reading.is_open(ask)
  if #ask.order > 0 and not reading.is_particular(ask) then return targets end
  for _, target in ipairs(#ask.order > 0 and targets or {}) do
    if reading.fits(ask, target) then list[#list + 1] = target end
  end
  for _, target in ipairs(is_open and targets or {}) do
    if kernels:reads_on(target, ask) then
      reading.collect(ask.program:reads(kernels:open(target), ask.options, true), ask.order, ask.by_key)
    end
    if #ask.order > 0 then list[#list + 1] = target end
  end
  return list
end

--- What the programs of an object read so on any kernel: of those that may.
---@param object btfl.object
---@param options btfl.check.options
---@return btfl.reading[]
function fixed.asks(object, options)
  local list, bare = {}, object:relos()() == nil
  local asks = not bare or object:externs()() ~= nil
  for program, own in reached.programs(object, options) do
    local one = reading.of(program, own, bare, asks)
    if #one.order > 0 or reading.is_open(one) then list[#list + 1] = one end
  end
  return list
end

--- See object:fixed_reads in meta.lua.
---@param asks btfl.reading[]
---@param kernels btfl.facts
---@return btfl.object.fixed_read[]
function fixed.of(asks, kernels)
  local rows, targets = {}, kernels:in_order()
  for _, ask in ipairs(asks) do
    local list = kernels_of(ask, targets, kernels)
    for _, key in ipairs(ask.order) do add_row(rows, key, list, ask, kernels) end
  end
  return rows
end

return fixed
