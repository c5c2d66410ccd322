--- Kernels that differ from a real one in one thing that objects use, and matrices with and without a memo: what
--- is recalled must be what would be found.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local edit = require "spec.support.btf_edit"
local made = require "spec.support.object"
local tmp = require "spec.support.tmp"

local alike = {}

local function said(cell)
  local out = {}
  local function put(...)
    local list = table.pack(...)
    for i = 1, list.n do list[i] = tostring(list[i]) end
    out[#out + 1] = table.concat(list, " ")
  end
  put(cell.object, cell.shape, cell.state, cell.case)
  for _, row in ipairs(cell.programs) do
    put(row.program, row.state, row.verdict, row.rule, row.name, row.attaches, row.excused)
  end
  for _, finding in ipairs(cell.findings) do
    put(finding.level, finding.rule, finding.message, table.concat(finding.notes or {}, "; "))
  end
  return table.concat(out, "\n")
end

local function cells(objects, targets, options, memo)
  local list, seen, own = {}, 0, { memo = memo }
  for name, value in pairs(options or {}) do own[name] = value end
  for cell in btfl.matrix(objects, targets, own) do
    list[#list + 1] = said(cell)
    if cell.seen then seen = seen + 1 end
  end
  return list, seen
end

--- What a matrix with a memo says otherwise than one without; how many cells it has, and how many of them it
--- recalled.
---@param objects btfl.object[]
---@param targets btfl.target[]
---@param options? btfl.matrix.options
---@return string[] wrong
---@return integer cells
---@return integer seen
function alike.compare(objects, targets, options)
  local recalled, seen = cells(objects, targets, options, true)
  local found, none = cells(objects, targets, options, false)
  assert(none == 0 and #found == #recalled)
  local wrong = {}
  for i, text in ipairs(found) do
    if text ~= recalled[i] then wrong[#wrong + 1] = ("%s\n--- is\n%s"):format(recalled[i], text) end
  end
  return wrong, #found, seen
end

-- Names that objects ask for

local NAMED = { struct = true, union = true, enum = true, enum64 = true, typedef = true }

local function new_aims()
  local list, by_key = {}, {}
  return list, function(object, kind, name, member)
    local key = ("%s %s %s"):format(kind, name, member or "")
    local aim = by_key[key]
    if not aim then
      aim = { kind = kind, name = name, member = member, objects = {} }
      by_key[key] = aim
      list[#list + 1] = aim
    end
    if aim.objects[#aim.objects] ~= object then table.insert(aim.objects, object) end
  end
end

local function aim_at_relocations(object, add)
  local function add_type(t, member)
    if t and t.name and NAMED[t.kind] then add(object, t.kind, t.essential, member) end
  end
  for relo in object:relos() do
    add_type(relo.type)
    add_type(relo.type:resolve())
    if relo.accessor then
      for t, _, element in relo.accessor:steps() do
        if element then add_type(t, element.name) end
        if element and not relo.kind:find "^enum" then add_type(element.type:resolve()) end
      end
    end
  end
end

local function aim_at_programs(object, add)
  for p in object:programs() do
    local attach = p.entry and p.attach
    if attach and attach.name then
      add(object, "func", attach.name)
      add(object, "func", attach.in_btf or attach.name)
      add(object, "typedef", "btf_trace_" .. attach.name)
      add(object, "func", "__traceiter_" .. attach.name)
      add(object, "struct", "trace_event_raw_" .. attach.name)
      add(object, "func", "__x64_sys_" .. attach.name)
    end
    for call in p:calls() do
      local helper = call.what == "helper" and call.name
      if helper then add(object, "value", "bpf_func_id", "BPF_FUNC_" .. helper:gsub("^bpf_", "")) end
    end
  end
end

-- What all objects ask by what a kernel is told by.
local RULES = {
  enum = { "bpf_func_id", "bpf_map_type", "bpf_prog_type", "bpf_attach_type", "bpf_struct_walk_result" },
  struct = { "bpf_ctx_convert", "xdp_md", "__sk_buff", "btf_func_model", "pt_regs", "ftrace_ops" },
  func = { "bpf_jit_binary_alloc", "register_ftrace_direct", "bpf_lsm_is_sleepable_hook", "register_kprobe",
    "__x64_sys_read", "__x64_sys_bpf", "bpf_probe_read_user", "bpf_override_return", "schedule" },
}

local function aim_at_rest(object, add)
  for e in object:externs() do
    add(object, "func", e.name)
    add(object, "var", e.name)
  end
  for m in object:maps() do
    if m.type then add(object, "value", "bpf_map_type", "BPF_MAP_TYPE_" .. tostring(m.type):upper()) end
  end
  for kind, names in pairs(RULES) do
    for _, name in ipairs(names) do add(object, kind, name) end
  end
end

-- What arguments point to on a kernel.
local function aim_at_arguments(object, target, add)
  for p in object:programs() do
    local attach = p.entry and p.attach
    local found, sig = pcall(target.signature, target, attach or "none")
    for _, param in ipairs(found and sig and sig.params or {}) do
      local t = param.type and param.type:resolve()
      local to = t and t.kind == "ptr" and t.type and t.type:resolve()
      if to and to.name and NAMED[to.kind] then add(object, to.kind, to.essential) end
    end
  end
end

--- What objects ask for by name: a list of { kind, name, member, objects }; and with a target what the arguments
--- of their programs are there.
---@param objects btfl.object[]
---@param target? btfl.target
---@return table[]
function alike.aims(objects, target)
  local list, add = new_aims()
  for _, object in ipairs(objects) do
    aim_at_relocations(object, add)
    aim_at_programs(object, add)
    aim_at_rest(object, add)
    if target then aim_at_arguments(object, target, add) end
  end
  table.sort(list, function(a, b)
    if a.name ~= b.name then return a.name < b.name end
    if a.kind ~= b.kind then return a.kind < b.kind end
    return (a.member or "") < (b.member or "")
  end)
  return list
end

-- Changes

local function random_id(b, kind)
  for _ = 1, 1000 do
    local id = math.random(b.count)
    if b.kinds[id] == kind then return id end
  end
  return nil
end

local PROTO = {
  function(b, proto, i) return b:rename_element(proto, i, "other"), "a parameter is renamed" end,
  function(b, proto, i) return b:retype(proto, i, random_id(b, "ptr")), "a parameter is another pointer" end,
  function(b, proto, i) return b:retype(proto, i, random_id(b, "int")), "a parameter is a number" end,
  function(b, proto) return b:cut(proto, b.vlens[proto] - 1), "the last parameter goes" end,
  function(b, proto)
    local kinds = { "ptr", "int", "struct" }
    return b:set_word(proto, random_id(b, kinds[math.random(3)])), "the result is another"
  end,
}

local function change_function(b, id, name)
  local proto = b:strip(b:word(id))
  if b.kinds[proto] == "ptr" then proto = b:strip(b:word(proto)) end
  if b.kinds[proto] ~= "func_proto" or b.vlens[proto] == 0 or math.random(6) == 1 then
    return b:rename(id, "gone_" .. name), "it goes"
  end
  return PROTO[math.random(#PROTO)](b, proto, math.random(b.vlens[proto]))
end

local function change_enum(b, id, member)
  local i = member and b:index(id, member) or not member and b.vlens[id] > 0 and math.random(b.vlens[id])
  if not i then return nil end
  if math.random(2) == 1 then return b:rename_element(id, i, "GONE"), "an enumerator goes" end
  return b:set_value(id, i, b:u32(b:element(id, i) + 4) + 1), "an enumerator has another value"
end

local COMPOSITE = {
  function(b, id, i) return b:rename_element(id, i, "gone"), "a member is renamed" end,
  function(b, id, i) return b:move(id, i), "a member moves" end,
  function(b, id) return b:set_word(id, b:word(id) + 8), "it is larger" end,
  function(b, id, i) return b:swap_names(id, i, math.random(b.vlens[id])), "two members change places" end,
  function(b, id, i)
    local kinds = { "int", "ptr", "enum" }
    return b:retype(id, i, random_id(b, kinds[math.random(3)])), "a member is of another type"
  end,
  function(b, id) return b:rename(id, "gone"), "it goes" end,
  function(b, id) return b:rename(id, b:name(id) .. "___other"), "it has a flavor" end,
  function(b, id) return b:rename_element(id, math.random(b.vlens[id]), "gone"), "any member is renamed" end,
  function(b, id, i)
    local _, of = b:read(id, i)
    of = b:strip(of)
    local kind = of ~= 0 and b.kinds[of]
    if kind == "ptr" then return b:set_word(of, random_id(b, "struct")), "a member points to something else" end
    if kind == "int" then
      local at = b.at[of] + 12
      return b:patched { [at] = b:u32(at) ~ 1 << 24 }, "a member has the other sign"
    end
    if kind == "struct" and b.vlens[of] > 0 then
      return b:rename_element(of, math.random(b.vlens[of]), "gone"), "a member of a member is renamed"
    end
    return nil
  end,
}

--- A kernel's BTF with one change of what an aim is at: its bytes, and the change in words; nil where the kernel
--- has no such thing.
---@param b table of btf_edit
---@param aim table
---@return string?
---@return string? what
function alike.change(b, aim)
  local id = b:find(aim.name, aim.kind == "value" and "enum" or aim.kind)
  if not id then return nil end
  local kind = b.kinds[id]
  if kind == "func" or kind == "typedef" or kind == "var" then return change_function(b, id, aim.name) end
  if kind == "enum" or kind == "enum64" then return change_enum(b, id, aim.member) end
  if b.vlens[id] == 0 then return nil end
  local i = aim.member and math.random(5) > 1 and b:index(id, aim.member) or math.random(b.vlens[id])
  return COMPOSITE[math.random(#COMPOSITE)](b, id, i)
end

--- A kernel's BTF to be changed, at path, plain or gzip.
---@param path string
---@return table of btf_edit
function alike.open(path)
  local p <close> = assert(io.popen(("gzip -dcf '%s'"):format(path)))
  return edit.open(p:read("a"))
end

--- The path of an object that reads task.pid, in a program of that section.
---@param section? string "socket" by default
---@return string
function alike.reader(section)
  section = section or "socket"
  local b = btf.new()
  local task = b:struct("task", 4, { { "pid", b:int("int", 4), 0 } })
  local o = made.new(b)
  o:program { name = "reader", section = section, insns = {
    made.ldx(4, 0, 1, 0), made.mov(0, 0), made.exit(),
  }, relos = { { insn = 0, type = task, access = "0:0", kind = 0 } } }
  return tmp.write(("reader-%s.bpf.o"):format((section:gsub("/", "-"))), o:bytes())
end

return alike
