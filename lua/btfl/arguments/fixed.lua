--- Memory of the kernel that a program reads at places that no relocation gives: which struct it is of, by
--- what the program attaches to, and what lies there on each kernel.
local drift = require "btfl.arguments.drift"
local fits = require "btfl.arguments.fits"
local layout = require "btfl.arguments.layout"
local pair = require "btfl.diagnose.pair"
local reached = require "btfl.diagnose.reached"
local series = require "btfl.kernels.series"
local signature = require "btfl.arguments.signature"

local fixed = {}

-- The structs that hold the registers of a process.
local REGISTERS = { pt_regs = true, user_pt_regs = true, user_regs_struct = true }

local HAS_REGISTERS = { kprobe = true, kprobe_multi = true }

-- A struct of which a BTF has only the name may be described elsewhere on the kernel.
local function described(target, t)
  if not t or t.kind ~= "fwd" then return t end
  local kind = t.fwd_kind
  local found = target.btf:find(t.name, kind)
  for _, module in target:modules() do found = found or module:find(t.name, kind) end
  return found
end

-- The struct behind a pointer; nil when it points to none.
local function struct_behind(target, t)
  local to = described(target, fits.pointee(t) or nil)
  return fits.is_composite(to) and to.name and to or nil
end

-- The struct that the argument points to.
local function root_of(read, target, attach)
  if read.argument == "task" then return target.btf:find("task_struct", "struct") end
  local sig = attach and signature.of(target, attach)
  if not sig then return nil end
  local slot = read.argument
  if slot ~= "return" then slot = sig:slot(slot) end
  if not slot then return nil end
  return struct_behind(target, slot == "return" and sig.ret or slot.type)
end

-- The struct that a pointer leads to which was loaded from a struct.
local function step_from(t, step, target, policy)
  if step.nested then return nil end
  local place = step.offset
  if step.relo then
    local result = step.relo:resolve(target, { policy = policy })
    if not result.ok or not result.candidate then return nil end
    t = result.candidate:resolve()
    if not fits.is_composite(t) then return nil end
    local path = step.relo.path:match "^[^.%[]+%.(.+)$"
    local member = step.offset == 0 and path and t:member(path)
    if member then return struct_behind(target, member.type) end
    place = place + result.value
  end
  local path, leaf, rest = t:at(place)
  return path and rest == 0 and struct_behind(target, leaf) or nil
end

-- The struct that is read, nil when nobody knows; and the structs that the way there leads through, by step.
local function struct_of(read, target, attach, policy)
  local from, through = read.from or {}, {}
  local first = from[#from]
  -- The relocation says itself what the argument is.
  local t = not (first and first.relo) and root_of(read, target, attach) or nil
  for i = #from, 1, -1 do
    if not t and not from[i].relo then return nil end
    through[i] = t
    t = step_from(t, from[i], target, policy)
    if not t then return nil end
  end
  return t, through
end

-- Whether each pointer on the way that no relocation finds is the same on both.
local function same_way(read, a, b)
  for i, step in ipairs(read.from or {}) do
    if not step.relo and
      not layout.same(a.through[i], b.through[i], step.offset, 1, a.target, b.target) then return false end
  end
  return true
end

-- Bytes that are read, as far as it is known: a string may be short.
local function bytes_of(read)
  if read.callee and read.callee:find "_str$" then return 1 end
  return read.size or 1
end

local function key_of(read)
  local parts = { read.program.section, read.program.offset, read.insn, read.argument, read.offset, read.use }
  for _, step in ipairs(read.from or {}) do
    -- Several relocations add up to another offset on each kernel.
    local offset = step.nested and 0 or step.offset
    parts[#parts + 1] = ("%d/%s"):format(offset, step.relo and step.relo.index or "-")
  end
  return table.concat(parts, " ")
end

-- The reads of interest by key, in order.
local function collect(list, order, by_key)
  for _, read in ipairs(list) do
    local key = key_of(read)
    if read.offset >= 0 and not by_key[key] then order[#order + 1], by_key[key] = key, read end
  end
end

-- Programs find arguments in registers of one architecture, and what has no record was compiled for one.
-- Where the object does not tell which, a kernel of it does.
local function reads_of(program, targets, options, bare)
  local order, by_key = {}, {}
  collect(program:reads(nil, nil, true), order, by_key)
  local registers = program.attach and HAS_REGISTERS[program.attach.form]
  if not registers and not bare then return order, by_key, targets end
  if #order == 0 and not bare then return order, by_key, {} end
  local arch, list = program.object.arch, {}
  for _, target in ipairs(#order > 0 and targets or {}) do
    local there = target.arch
    if not arch or not there or arch == there then list[#list + 1] = target end
  end
  if #order == 0 and registers and bare and not arch then
    for _, target in ipairs(targets) do
      collect(program:reads(target, options, true), order, by_key)
      if #order > 0 then list[#list + 1] = target end
    end
  end
  return order, by_key, list
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

-- Puts kernels on which the same is read into one class. The first class of an object that tells what it was
-- compiled with has that.
local function classify(row, list)
  local classes = {}
  local mine = compiled_with(row, list[1].struct)
  if mine then
    classes[1] = { struct = mine, witness = row.program.object.btf, own = true, targets = {} }
  end
  for _, one in ipairs(list) do
    local found
    for _, class in ipairs(classes) do
      local same, at = layout.same(class.struct, one.struct, row.offset, row.bytes, class.witness, one.target)
      if same then
        found = class
        break
      end
      row.differs_at = math.min(row.differs_at or at, at)
    end
    if not found then
      found = { struct = one.struct, witness = one.target, targets = {} }
      classes[#classes + 1] = found
    end
    table.insert(found.targets, one.target)
  end
  row.classes = classes
  row.differs = #classes > 1
end

local STOPPED = { rejected = true, refused = true, error = true }

-- What libbpf does not open has a loader of its own.
local function may_load(verdict)
  return not STOPPED[verdict.verdict] or verdict.rule == "open"
end

-- The reads of the program that a verifier reaches, by key. An object that asks no kernel for anything is
-- walked once for all of them.
local function reached_reads(ask, target)
  local place = ask.asks and target or ask
  local known = ask.memo[place]
  if not known then
    known = {}
    ask.memo[place] = known
    for _, read in ipairs(ask.program:reads(target, ask.options, true)) do known[key_of(read)] = read end
  end
  return known
end

-- Whether the program is not rejected where its loads are of no member.
local function loads_on(ask, target)
  local attach = ask.program.attach
  if not (attach and drift.TYPED[attach.form]) then return true end
  if ask.loads[target] == nil then ask.loads[target] = may_load(ask.program:verdict(target, ask.options)) end
  return ask.loads[target]
end

-- Kernels on which the program loads and comes there.
local function coming(row, key, list, ask)
  local kept, setting = {}, true
  for _, one in ipairs(list) do
    local read = loads_on(ask, one.target) and reached_reads(ask, one.target)[key]
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

local function add_row(rows, read, key, ask)
  local row = { program = ask.program, read = read, argument = read.argument, attach = ask.attach,
    offset = read.offset, bytes = bytes_of(read), line = read.program:line(read.insn) }
  local list, beyond = {}, nil
  for _, target in ipairs(ask.targets) do
    local t, through = struct_of(read, target, ask.attach, ask.options.policy)
    if t and read.argument ~= "task" and layout.at(t, row.offset).state == "beyond" then
      beyond = t
    elseif t and not is_foreign(row, t, target, list[1]) then
      local one = { target = target, struct = t, through = through }
      -- What is loaded from another place leads anywhere; that place is told of for itself.
      if list[1] and not same_way(read, list[1], one) then return end
      list[#list + 1] = one
    end
  end
  -- What is behind its end on some kernel may be of a larger struct that starts with this one.
  if #list == 0 or beyond and layout.starts_others(beyond) then return end
  classify(row, list)
  if row.differs then
    list = coming(row, key, list, ask)
    if #list == 0 then return end
    row.differs_at = nil
    classify(row, list)
  end
  row.struct = list[1].struct
  for _, one in ipairs(list) do row.mixed = row.mixed or one.struct.essential ~= row.struct.essential end
  row.targets = {}
  for i, one in ipairs(list) do row.targets[i] = one.target end
  rows[#rows + 1] = row
end

--- See object:fixed_reads in meta.lua.
---@param object btfl.object
---@param targets btfl.target[]
---@param options btfl.check.options
---@return btfl.object.fixed_read[]
function fixed.of(object, targets, options)
  local rows, bare = {}, object:relos()() == nil
  local asks = not bare or object:externs()() ~= nil
  targets = series.in_order(pair.comparable(object, targets))
  if #targets == 0 then return rows end
  for program, own in reached.programs(object, options) do
    local order, by_key, list = reads_of(program, targets, own, bare)
    local ask = { program = program, targets = list, options = own, memo = {}, loads = {}, asks = asks,
      attach = #order > 0 and drift.attach_of(program, own) or nil }
    for _, key in ipairs(order) do add_row(rows, by_key[key], key, ask) end
  end
  return rows
end

return fixed
