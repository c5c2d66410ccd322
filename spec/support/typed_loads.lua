--- Programs that load by the arguments of tracepoints, of the running kernel or of any: at random places of
--- what they point to, and on from there, the pointer taken as it is, moved, put aside on the stack or handed
--- to a function.

local object = require "spec.support.object"

local typed = {}

local ldx, stx, mov, add, exit = object.ldx, object.stx, object.mov, object.add, object.exit
local SIZES = { 1, 2, 4, 8 }

-- mov dst, src
local function copy(dst, src) return object.insn(0xbf, dst, src) end

local function composite(t)
  t = t and t:resolve()
  return t and (t.kind == "struct" or t.kind == "union") and t or nil
end

local function pointee(t)
  t = t and t:resolve()
  return t and t.kind == "ptr" and composite(t.type) or nil
end

local function pick(list) return list[math.random(#list)] end

-- A place where a member of the struct starts, or of what it embeds, and the type there.
local function member_of(t)
  local at = 0
  for _ = 1, 4 do
    local list = {}
    for member in t:members() do list[#list + 1] = member end
    if #list == 0 then return at, nil end
    local member = pick(list)
    at = at + member.offset
    local inner = composite(member.type)
    if not inner then return at, member.type end
    t = inner
  end
  return at, nil
end

-- Where the elements start that stand behind the end of a struct, and how large one is; nil where none do.
local function tail_of(t)
  local last
  for member in t:members() do last = member end
  local array = last and last.type:resolve()
  local elem = array and array.kind == "array" and array.nelems == 0 and composite(array.type)
  if not elem then return nil end
  return last.offset, elem.size
end

--- The names of the tracepoints that programs of BTF attach to, in order.
---@param target btfl.target
---@return string[]
function typed.tracepoints(target)
  local list = {}
  for t in target.btf:types "typedef" do
    local name = t.name:match "^btf_trace_(.+)$"
    if name then list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local function structs_of(target)
  local list = {}
  for t in target.btf:types "struct" do
    if t.name and t.name ~= "" and (t.size or 0) >= 8 then list[#list + 1] = t end
  end
  return list
end

local HOW = {}

function HOW.plain(list) list[#list + 1] = copy(2, 6) end

function HOW.spilled(list)
  list[#list + 1] = stx(8, 10, 6, -8)
  list[#list + 1] = mov(6, 0)
  list[#list + 1] = ldx(8, 2, 10, -8)
end

-- Moved, and what is loaded is nearer by that.
function HOW.moved(list)
  local by = pick { 4, 8, 16, 64 }
  list[#list + 1] = copy(2, 6)
  list[#list + 1] = add(2, by)
  return by
end

function HOW.moved_by_register(list)
  local by = pick { 4, 8, 40 }
  list[#list + 1] = mov(3, by)
  list[#list + 1] = copy(2, 6)
  list[#list + 1] = object.insn(0x0f, 2, 3)
  return by
end

-- Behind a check that it is not null.
function HOW.checked(list)
  list[#list + 1] = object.insn(0x55, 6, 0, 2, 0)
  list[#list + 1] = mov(0, 0)
  list[#list + 1] = exit()
  list[#list + 1] = copy(2, 6)
end

local NAMES = {}
for name in pairs(HOW) do NAMES[#NAMES + 1] = name end
table.sort(NAMES)

-- A load of r6 by what it holds, which points to t: where, how wide, and what is there then.
local function load_on(list, t, structs)
  local how = pick(NAMES)
  local by = HOW[how](list) or 0
  local dice = math.random(10)
  local at, inner
  if t and dice <= 6 then
    at, inner = member_of(t)
  elseif dice <= 9 then
    at, inner = member_of(pick(structs))
  else
    at = math.random(0, 600)
  end
  local size = inner and inner.size or 8
  if size ~= 1 and size ~= 2 and size ~= 4 and size ~= 8 or math.random(8) == 1 then size = pick(SIZES) end
  if at - by > 32000 or at - by < -32000 then at = by end
  list[#list + 1] = ldx(size, 6, 2, at - by)
  return t and dice <= 6 and pointee(inner) or nil
end

-- The bytes of an object whose one program `p` does that.
local function program_of(name, list)
  list[#list + 1] = mov(0, 0)
  list[#list + 1] = exit()
  local o = object.new(nil)
  o:program { name = "p", section = "tp_btf/" .. name, insns = list }
  return o:bytes()
end

--- Objects whose one program `p` loads a byte, or more, of what stands behind the end of a struct that a
--- tracepoint hands over: every place in two elements and 96 bytes at most, of one tracepoint a struct.
---@param target btfl.target
---@param names string[] those of typed.tracepoints()
---@return string[]
function typed.tails(target, names)
  local programs, seen = {}, {}
  for _, name in ipairs(names) do
    for slot, param in ipairs(target:signature("tp_btf", name).params) do
      local t = pointee(param.type)
      local start, length
      if t and not seen[t.name] then start, length = tail_of(t) end
      if start then
        seen[t.name] = true
        for at = start, start + math.min(2 * length, 96) - 1 do
          for _, size in ipairs(SIZES) do
            if at % size == 0 then
              programs[#programs + 1] = program_of(name, { ldx(8, 6, 1, (slot - 1) * 8), ldx(size, 2, 6, at) })
            end
          end
        end
      end
    end
  end
  return programs
end

--- The bytes of an object whose one program `p` does such a thing at a tracepoint of the target, and what
--- it is told by.
---@param target btfl.target
---@param names string[] those of typed.tracepoints()
---@return string
---@return string
function typed.program(target, names)
  typed.structs = typed.structs or structs_of(target)
  local name = pick(names)
  local sig = target:signature("tp_btf", name)
  local slot = math.random(0, #sig.params)
  local param = sig.params[slot + 1]
  local list = { ldx(8, 6, 1, slot * 8) }
  local t, depth = param and pointee(param.type), math.random(1, 3)
  for _ = 1, depth do t = load_on(list, t, typed.structs) end
  return program_of(name, list), ("tp_btf/%s slot %d"):format(name, slot)
end

return typed
