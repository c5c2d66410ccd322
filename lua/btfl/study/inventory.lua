--- What a kernel's BTF has for BPF programs, as plain values: functions that they may call, what they attach
--- to, helpers, and types of maps and programs. See btfl.btf in meta.lua.
local engine = require "btfl.engine"

local inventory = {}

-- Of the type of that id of a BTF: what it refers to, or nil.
local function referred(btf, id, kind)
  local t = btf:type(id).type
  return t and t.kind == kind and t or nil
end

---@param btf btfl.btf
---@return fun(): string?, integer?, integer?
---@return boolean known
function inventory.kfuncs(btf)
  local ids, told = engine.kfunc_ids(btf), {}
  local next_function = btf:functions()
  return function()
    while ids do
      local name, id, proto = next_function()
      if not name then return nil end
      if ids[id] and not told[name] then
        told[name] = true -- a function of a name that stands there twice is called once
        return name, id, proto
      end
    end
  end, ids ~= nil
end

-- The prototype of a tracepoint's function, which a typedef names through a pointer.
local function proto_of(btf, typedef)
  local pointer = referred(btf, typedef, "ptr")
  local proto = pointer and pointer.type
  return proto and proto.kind == "func_proto" and proto.id or nil
end

---@param btf btfl.btf
---@return fun(): string?, integer?, integer?
function inventory.tracepoints(btf)
  local names, protos, events = {}, {}, {}
  local function note(list, name, id)
    if name and id and not list[name] then
      if not (protos[name] or events[name]) then names[#names + 1] = name end
      list[name] = id
    end
  end
  for id, _, name in btf:scan "typedef" do
    local called = name and name:match "^btf_trace_(.+)$"
    note(protos, called, called and proto_of(btf, id))
  end
  for id, _, name in btf:scan "struct" do note(events, name and name:match "^trace_event_raw_(.+)$", id) end
  table.sort(names)
  local i = 0
  return function()
    i = i + 1
    local name = names[i]
    return name, name and protos[name], name and events[name]
  end
end

-- The struct that a struct_ops is of: the kernel wraps it in a map's value.
local function is_ops(btf, id, name)
  local data = btf:type(id):member "data"
  return data and data.type:resolve().name == name
end

---@param btf btfl.btf
---@return fun(): string?, ("lsm"|"iter"|"struct_ops")?, integer?
function inventory.hooks(btf)
  local lsm_hooks = btf:find("security_list_options", "union")
  return coroutine.wrap(function()
    for name, id in btf:functions() do
      local lsm, iter = name:match "^bpf_lsm_(.+)$", name:match "^bpf_iter_(.+)$"
      -- Others of such names serve the hooks and the iterators.
      if lsm and (not lsm_hooks or lsm_hooks:member(lsm)) then coroutine.yield(lsm, "lsm", id) end
      if iter and btf:find("bpf_iter__" .. iter, "struct") then coroutine.yield(iter, "iter", id) end
    end
    for id, _, name in btf:scan "struct" do
      local ops = name and name:match "^bpf_struct_ops_(.+)$"
      if ops and is_ops(btf, id, ops) then coroutine.yield(ops, "struct_ops", id) end
    end
  end)
end

-- The enumerators of an enum, without what they start with; without the last, which counts them, and the
-- one that says nothing.
local function enumerators(btf, enum, prefix)
  local t = btf:find(enum, "enum")
  local next_value = t and t:values() or function() end
  return function()
    for value in next_value do
      local name = value.name:match("^" .. prefix .. "(.+)$")
      if name and name:lower() ~= "unspec" then return name:lower(), value.value end
    end
  end
end

---@param btf btfl.btf
---@return fun(): string?, integer?
function inventory.helpers(btf) return enumerators(btf, "bpf_func_id", "BPF_FUNC_") end

---@param btf btfl.btf
---@return fun(): string?, integer?
function inventory.map_types(btf) return enumerators(btf, "bpf_map_type", "BPF_MAP_TYPE_") end

---@param btf btfl.btf
---@return fun(): string?, integer?
function inventory.program_types(btf) return enumerators(btf, "bpf_prog_type", "BPF_PROG_TYPE_") end

return inventory
