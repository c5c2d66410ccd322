--- Changes to a program of an object, one thing at a time, that a kernel or libbpf may answer to.

local helpers = require "spec.support.helpers"

local changes = {}

local random = math.random

local function pick(list)
  return #list > 0 and list[random(#list)] or nil
end

---@class spec.Changes.Context
---@field file table spec.support.rewrite
---@field program table one of file:programs()
---@field names table<string, string[]> names that the kernel has, see changes.names()

local PREFIXES = { btf_trace_ = "tracepoint", bpf_lsm_ = "hook", bpf_iter_ = "iter" }

--- Names of a kernel by what they are: tracepoint, hook, iter, func, kfunc, struct_ops.
---@param target btfl.target
---@return table<string, string[]>
function changes.names(target)
  local names = { tracepoint = {}, hook = {}, iter = {}, func = {}, kfunc = {}, type = {} }
  for t in target.btf:types() do
    if t.name and (t.kind == "func" or t.kind == "typedef") then
      local prefix = t.name:match("^%l+_%l+_") or ""
      local what = PREFIXES[prefix]
      if what and (what == "tracepoint") == (t.kind == "typedef") then
        table.insert(names[what], t.name:sub(#prefix + 1))
      elseif t.kind == "func" then
        table.insert(names.func, t.name)
        if t.name:find("^bpf_[%l_]+$") then table.insert(names.kfunc, t.name) end
      end
    elseif t.kind == "struct" and t.name and not t.name:find("bpf") then
      table.insert(names.type, t.name)
    end
  end
  return names
end

-- Instructions of the program that `wanted` takes.
local function insns(c, wanted)
  local list, i = {}, 0
  while i < c.program.insns do
    local insn = c.file:insn(c.program, i)
    insn.index = i
    if wanted(insn) then list[#list + 1] = insn end
    i = i + (insn.code == 0x18 and 2 or 1)
  end
  return list
end

local function put(c, insn, at, format, value)
  c.file:put(c.file:insn_at(c.program, insn.index) + at, (format):pack(value))
end

-- Helpers that take and give the like, so that the one stands where the other did.
local ALIKE = {
  { 5, 7, 8, 14, 15, 35, 42, 80, 118, 125, 158, 160, 173, 174, 208 },
  { 4, 45, 112, 113, 114, 115 }, { 1, 89 }, { 1, 195 }, { 27, 67, 47 }, { 25, 111, 130 }, { 16, 126 },
  { 46, 47, 50, 174, 183, 24, 31, 34, 79 }, { 44, 54, 65, 139 }, { 131, 209 }, { 156, 157, 107, 210 },
}

-- Whether a program gets these is decided by lockdown, and by what it attaches to.
local DECIDED_ELSEWHERE = { [36] = true, [58] = true } -- probe_write_user, override_return

function changes.helper(c)
  local insn = pick(insns(c, function(i) return i.code == 0x85 and i.src == 0 and not i.symbol end))
  local id = random(1, 230)
  if not insn then return nil end
  if random(4) > 1 then
    for _, group in ipairs(ALIKE) do
      for _, member in ipairs(group) do
        if member == insn.imm then id = pick(group) end
      end
    end
  end
  if id == insn.imm or DECIDED_ELSEWHERE[id] then return nil end
  put(c, insn, 4, "<i4", id)
  return ("call %d -> %d at %d"):format(insn.imm, id, insn.index)
end

-- Which loads are of the context: it comes in r1, and is moved about before the first branch.
local function ctx_loads(c)
  local ctx = { [1] = true }
  local list, ended = {}, false
  for _, insn in ipairs(insns(c, function() return true end)) do
    local class = insn.code & 7
    if insn.code & 0xf0 ~= 0x80 and (class == 5 or class == 6) then ended = true end
    if not ended then
      if class == 1 and insn.code & 0xe0 == 0x60 and ctx[insn.src] then list[#list + 1] = insn end
      if insn.code == 0xbf then
        ctx[insn.dst] = ctx[insn.src]
      elseif class == 7 or class == 4 or class == 1 or class == 0 then
        ctx[insn.dst] = nil
      elseif insn.code == 0x85 then
        ctx[1] = nil
      end
    end
  end
  return list
end

local function relocated(c, insn)
  for _, r in ipairs(c.file.relos) do
    if r.section == c.program.in_section.name and r.insn_off == c.program.value + insn.index * 8 then return true end
  end
  return false
end

function changes.context(c)
  local insn = pick(ctx_loads(c))
  if not insn or relocated(c, insn) then return nil end
  if random(5) == 1 then
    local code = insn.code ~ (random(3) << 3)
    put(c, insn, 0, "<I1", code)
    return ("code %02x -> %02x at %d"):format(insn.code, code, insn.index)
  end
  local off = random(3) > 1 and random(0, 24) * 8 or insn.off + pick { 1, 2, 4, 8, -8, -4, 16, 64, 128 }
  if off == insn.off then return nil end
  put(c, insn, 2, "<i2", off)
  return ("ctx+%d -> ctx+%d at %d"):format(insn.off, off, insn.index)
end

local TURNED = { [0x10] = 0x50, [0x50] = 0x10, [0x20] = 0xb0, [0xb0] = 0x20, [0x30] = 0xa0, [0xa0] = 0x30,
  [0x60] = 0xd0, [0xd0] = 0x60, [0x70] = 0xc0, [0xc0] = 0x70 }

function changes.branch(c)
  local insn = pick(insns(c, function(i)
    return (i.code & 7 == 5 or i.code & 7 == 6) and TURNED[i.code & 0xf0] ~= nil
  end))
  if not insn then return nil end
  put(c, insn, 0, "<I1", TURNED[insn.code & 0xf0] | insn.code & 15)
  return ("turned branch at %d"):format(insn.index)
end

local ATOMICS = { 0, 1, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1 }

function changes.atomic(c)
  local insn = pick(insns(c, function(i) return i.code == 0xdb or i.code == 0xc3 end))
  if not insn then return nil end
  local imm = pick(ATOMICS)
  put(c, insn, 4, "<i4", imm)
  return ("atomic %x -> %x at %d"):format(insn.imm, imm, insn.index)
end

local SECTIONS = {}
for name in ([[
  kprobe/do_unlinkat kretprobe/do_unlinkat kprobe.multi/tcp_* ksyscall/unlinkat uprobe usdt kprobe
  tracepoint/syscalls/sys_enter_openat tp/sched/sched_switch raw_tp/sched_switch raw_tp.w/sched_switch perf_event socket
  xdp xdp.frags xdp/devmap tc classifier action sockops sk_skb sk_skb/stream_parser sk_msg sk_lookup sk_reuseport
  lwt_in lwt_xmit lwt_seg6local flow_dissector cgroup_skb/ingress cgroup/skb cgroup/sock_create cgroup/connect4
  cgroup/sendmsg6 cgroup/getsockopt cgroup/sysctl cgroup/dev syscall lirc_mode2 struct_ops/x freplace/x
  iter/task iter.s/task iter/bpf_map iter/tcp iter tp_btf/sched_switch tp_btf/sys_enter tp_btf.s/sched_switch tp_btf
  filter foo/bar ?raw_tp/sched_switch ?tp_btf/nosuch fentry/nosuch fexit.s/nosuch fmod_ret/nosuch lsm/nosuch
  lsm_cgroup/nosuch ]]):gmatch("%S+") do SECTIONS[#SECTIONS + 1] = name end

local PLACES = { ["tp_btf/"] = "tracepoint", ["raw_tp/"] = "tracepoint", ["tracepoint/sched/"] = "tracepoint",
  ["iter/"] = "iter", ["iter.s/"] = "iter", ["kprobe/"] = "func", ["kretprobe/"] = "func",
  ["tp_btf/nosuch_"] = "tracepoint" }
local PREFIXES_OF_PLACES = { "tp_btf/", "tp_btf/", "raw_tp/", "tracepoint/sched/", "iter/", "iter.s/", "kprobe/",
  "tp_btf/nosuch_" }

-- Another section, or another place in one of the same kind.
local function new_section(c, old)
  local way = random(3)
  if way == 1 then return pick(SECTIONS) end
  local prefix = old:match("^[^/]+/")
  if way == 2 or not PLACES[prefix] then prefix = pick(PREFIXES_OF_PLACES) end
  return prefix .. pick(c.names[PLACES[prefix]])
end

function changes.section(c)
  local old = c.program.in_section.name
  local new = new_section(c, old)
  -- Of two sections of one name nobody could tell which .BTF.ext means.
  if c.file.sections[new] then return nil end
  c.file:rename_section(c.program.in_section, new)
  return ("%s -> %s"):format(old, new)
end

local PTR, ARRAY, STRUCT, ENUM, FUNC, VAR, DATASEC, ENUM64 = 2, 3, 4, 6, 12, 14, 15, 19

-- The types of maps as variables of .maps: name and struct.
local function maps(c)
  local list = {}
  for _, t in ipairs(c.file.btf and c.file.btf.types or {}) do
    if t.kind == DATASEC and t.name == ".maps" then
      for _, v in ipairs(c.file:members(t)) do
        local id = ("<I4"):unpack(c.file.btf.types_bytes, v.at + 1)
        local var = c.file.btf.types[id]
        local def = c.file.btf.types[var.size]
        while def and def.kind ~= STRUCT and (def.kind == 8 or def.kind == 10) do def = c.file.btf.types[def.size] end
        if def and def.kind == STRUCT then list[#list + 1] = { name = var.name, def = def } end
      end
    end
  end
  return list
end

local MAP_VALUES = {
  -- 26 is struct_ops, which libbpf takes for its own.
  type = function() return (random(0, 33) + 27) % 35 end,
  key_size = function() return pick { 0, 1, 4, 8, 12, 16, 64, 513 } end,
  value_size = function() return pick { 0, 1, 3, 4, 8, 12, 16, 64, 128, 1000 } end,
  max_entries = function() return pick { 0, 1, 2, 3, 1000, 4096, 65536 } end,
  map_flags = function() return pick { 0, 1, 2, 4, 8, 64, 128, 512, 1024, 2048, 4096 } end,
}

local function intern_array(c, nelems)
  local int
  for _, t in ipairs(c.file.btf.types) do
    if t.kind == 1 and t.size == 4 then int = t.id end
  end
  local array = c.file:type(("<I4I4I4I4I4I4"):pack(0, ARRAY << 24, 0, int, int, nelems))
  return c.file:type(("<I4I4I4"):pack(0, PTR << 24, array))
end

local function change_map(c, wanted)
  local map = pick(maps(c))
  if not map then return nil end
  local member
  for _, m in ipairs(c.file:members(map.def)) do
    if wanted[m.name] and (not member or random(2) == 1) then member = m end
  end
  if not member then return nil end
  local value = MAP_VALUES[member.name]()
  c.file:put_type(member.at + 4, ("<I4"):pack(intern_array(c, value)))
  return ("map %s: %s = %d"):format(map.name, member.name, value)
end

function changes.map_type(c) return change_map(c, { type = true }) end

function changes.map_size(c)
  return change_map(c, { key_size = true, value_size = true, max_entries = true, map_flags = true })
end

-- Helpers by the number of the argument that is a map.
local MAP_HELPERS = {}
for _, row in ipairs(helpers.rows()) do
  local at = row.args:find("M", 1, true)
  if at then
    MAP_HELPERS[at] = MAP_HELPERS[at] or {}
    table.insert(MAP_HELPERS[at], row.number)
    MAP_HELPERS[-row.number] = at
  end
end

-- Another helper that takes a map, or another map for one.
function changes.map_use(c)
  if random(2) == 1 then
    local insn = pick(insns(c, function(i)
      return i.code == 0x85 and i.src == 0 and not i.symbol and MAP_HELPERS[-i.imm] ~= nil
    end))
    local id = insn and pick(MAP_HELPERS[MAP_HELPERS[-insn.imm]])
    if not insn or id == insn.imm then return nil end
    put(c, insn, 4, "<i4", id)
    return ("call %d -> %d at %d"):format(insn.imm, id, insn.index)
  end
  local section = c.file.sections[".maps"]
  local others = {}
  for i = 1, #c.file.symbols do
    if section and c.file.symbols[i].section == section.index then others[#others + 1] = i end
  end
  local insn = pick(insns(c, function(i)
    return i.code == 0x18 and i.symbol ~= nil and section ~= nil and i.symbol.section == section.index
  end))
  local other = pick(others)
  if not insn or c.file.symbols[other] == insn.symbol then return nil end
  c.file:refer(c.program, insn.index, other)
  return ("map %s -> %s at %d"):format(insn.symbol.name, c.file.symbols[other].name, insn.index)
end

-- Symbols that are defined elsewhere, with what the BTF has of them.
local function externs(c)
  local list = {}
  for i = 1, #c.file.symbols do
    local s = c.file.symbols[i]
    if s.section == 0 and s.name ~= "" and c.file.btf then
      for _, t in ipairs(c.file.btf.types) do
        if (t.kind == FUNC or t.kind == VAR) and t.name == s.name then list[#list + 1] = { symbol = s, type = t } end
      end
    end
  end
  return list
end

local CONFIGS = { "CONFIG_NOSUCH", "CONFIG_HZ", "CONFIG_BPF", "CONFIG_DEFAULT_HOSTNAME", "LINUX_KERNEL_VERSION",
  "LINUX_HAS_SYSCALL_WRAPPER", "LINUX_HAS_BPF_COOKIE", "LINUX_NOSUCH" }
local SYMBOLS = { "init_net", "runqueues", "bpf_prog_fops", "jiffies", "init_task", "_text", "vfs_read", "nosuch" }

function changes.extern(c)
  local e = pick(externs(c))
  if not e then return nil end
  if random(3) == 1 then
    local info = e.symbol.info ~ 0x30 -- GLOBAL is 1, WEAK is 2
    c.file:put(e.symbol.at + 4, ("<I1"):pack(info))
    return ("%s is %s"):format(e.symbol.name, info >> 4 == 2 and "weak" or "strong")
  end
  local name = "nosuch_" .. e.symbol.name
  if random(3) > 1 then name = pick(e.type.kind == FUNC and c.names.kfunc or e.symbol.name:find("^%u+_") and CONFIGS
    or SYMBOLS) end
  if name == e.symbol.name then return nil end
  c.file:rename_symbol(e.symbol, name)
  c.file:put_type(e.type.at, ("<I4"):pack(c.file:string(name)))
  return ("%s -> %s"):format(e.symbol.name, name)
end

-- The relocations of the program itself, or of another function.
local function relos(c, of)
  local list, p = {}, of or c.program
  for _, r in ipairs(c.file.relos) do
    if r.section == p.in_section.name and r.insn_off >= p.value and r.insn_off < p.value + p.size then
      list[#list + 1] = r
    end
  end
  return list
end

-- A name that the kernel lacks: of the type, or of the member or enumerator that the access starts with.
function changes.relocation(c)
  local r = pick(relos(c))
  if not r then return nil end
  local t = c.file.btf.types[r.type]
  local index = tonumber(r.access:match(r.kind >= 10 and r.kind <= 11 and "^(%d+)" or "^%d+:(%d+)"))
  if t and index and random(4) > 1 and (t.kind == STRUCT or t.kind == 5 or t.kind == ENUM or t.kind == ENUM64) then
    local m = c.file:members(t)[index + 1]
    if m and m.name ~= "" then
      c.file:put_type(m.at, ("<I4"):pack(c.file:string("nosuch_" .. m.name)))
      return ("%s.%s is renamed"):format(t.name, m.name)
    end
  end
  if not t or t.name == "" then return nil end
  local name = random(4) == 1 and pick(c.names.type) or "nosuch_" .. t.name
  c.file:put_type(t.at, ("<I4"):pack(c.file:string(name)))
  return ("%s -> %s"):format(t.name, name)
end

-- Instructions of a function that a relocation may be added to: what refers to something is relocated for that.
local function free_insns(c, f)
  local list, taken, i = {}, {}, 0
  for _, r in ipairs(relos(c, f)) do taken[(r.insn_off - f.value) // 8] = true end
  while i < f.insns do
    local insn = c.file:insn(f, i)
    local refers = insn.symbol or insn.code == 0x85 and insn.src == 1 or insn.code == 0x18 and insn.src ~= 0
    if not refers and not taken[i] then list[#list + 1] = i end
    i = i + (insn.code == 0x18 and 2 or 1)
  end
  return list
end

local BYTE_OFF = 0

-- A relocation that fails, of any instruction of the program and of what it calls, reached or not.
function changes.poison(c)
  local linked = c.file:linked(c.program)
  local f = random(3) > 1 and c.program or pick(linked).f
  local index = pick(free_insns(c, f))
  if not index or #relos(c, f) == 0 then return nil end
  local int = c.file:type(("<I4I4I4I4"):pack(c.file:string("nosuch_int"), 1 << 24, 4, 32))
  local struct = c.file:type(("<I4I4I4I4I4I4"):pack(c.file:string("nosuch_struct"), STRUCT << 24 | 1, 4,
    c.file:string("member"), int, 0))
  c.file:add_relo(f.in_section, { insn_off = f.value + index * 8, type = struct, access = "0:0", kind = BYTE_OFF })
  return ("poisoned %s+%d"):format(f.in_section.name, f.value + index * 8)
end

-- Some of the relocations of one type are of another one, alike but for its name, which the kernel lacks.
function changes.retype(c)
  local of_type, types, linked = {}, {}, c.file:linked(c.program)
  for _, p in ipairs(linked) do
    for _, r in ipairs(relos(c, p.f)) do
      if not of_type[r.type] then
        of_type[r.type] = {}
        types[#types + 1] = r.type
      end
      table.insert(of_type[r.type], r)
    end
  end
  local t = c.file.btf and c.file.btf.types[pick(types) or 0]
  if not t or t.name == "" then return nil end
  local behind = c.file.btf.types[t.id + 1]
  local record = c.file.btf.types_bytes:sub(t.at + 5, behind and behind.at or -1)
  local id = c.file:type(("<I4"):pack(c.file:string("nosuch_" .. t.name)) .. record)
  local list, count = of_type[t.id], 0
  local always = random(#list)
  for i, r in ipairs(list) do
    if i == always or random(3) == 1 then
      c.file:retype(r, id)
      count = count + 1
    end
  end
  return ("%d of %d relocations of %s"):format(count, #list, t.name)
end

local LICENSES = { "MIT", "BSD", "GPL", "Proprietary", "GPL v2", "Dual MIT/GPL" }

function changes.license(c)
  local s = c.file.sections.license
  if not s then return nil end
  -- No longer than it is, for the BTF has its length.
  local license = pick(LICENSES)
  if #license >= s.size then return nil end
  c.file:replace(s, license .. ("\0"):rep(s.size - #license))
  return "license " .. license
end

-- Constants decide which code is dead.
function changes.constant(c)
  local s = c.file.sections[".rodata"]
  if not s or s.size == 0 then return nil end
  local at = random(0, s.size - 1)
  local value = pick { 0, 1, 2, 0xff }
  c.file:put(s.offset + at, string.char(value))
  return (".rodata+%d = %d"):format(at, value)
end

--- How often each is tried in a round.
changes.WEIGHTS = {
  { "helper", 5 }, { "context", 4 }, { "section", 5 }, { "map_type", 2 }, { "map_size", 2 }, { "map_use", 2 },
  { "extern", 3 }, { "relocation", 4 }, { "branch", 2 }, { "atomic", 1 }, { "license", 1 }, { "constant", 1 },
  { "poison", 6 }, { "retype", 4 },
}

--- Those after which a relocation fails that did not.
changes.OF_RELOCATIONS = { "poison", "poison", "retype", "relocation" }

local ROUND = {}
for _, w in ipairs(changes.WEIGHTS) do
  for _ = 1, w[2] do ROUND[#ROUND + 1] = w[1] end
end

--- Makes one change, of a kind that the program has room for.
---@param c spec.Changes.Context
---@param kinds string[]? one of these; all without
---@return string kind
---@return string? what nil when there was nothing to change
function changes.make(c, kinds)
  local kind = pick(kinds or ROUND)
  c.file:reset()
  return kind, changes[kind](c)
end

return changes
