--- Builds a small kernel's BTF that tells as much of it as a real one: the enums that number what there is,
--- functions, tracepoints.
---
---     local b = kernel.new { map_type = { "unspec", "hash", "array", "prog_array" } }
---     b:func("do_it", b.proto)
---     local target = btfl.target(tmp.write("6.1.0.btf", b:bytes()))

local btf = require "spec.support.btf"

local kernel = {}

--- Static functions that every kernel has, by which a BTF without them is told.
kernel.STATICS = {
  "environ_read", "mem_read", "mem_write", "proc_pid_cmdline_read", "pipe_poll", "pipe_release", "pipe_fasync",
  "read_null", "write_null", "null_lseek",
}

--- The types of programs of a kernel of today, as its enum numbers them.
kernel.PROG_TYPES = {
  "UNSPEC", "SOCKET_FILTER", "KPROBE", "SCHED_CLS", "SCHED_ACT", "TRACEPOINT", "XDP", "PERF_EVENT", "CGROUP_SKB",
  "CGROUP_SOCK", "LWT_IN", "LWT_OUT", "LWT_XMIT", "SOCK_OPS", "SK_SKB", "CGROUP_DEVICE", "SK_MSG",
  "RAW_TRACEPOINT", "CGROUP_SOCK_ADDR", "LWT_SEG6LOCAL", "LIRC_MODE2", "SK_REUSEPORT", "FLOW_DISSECTOR",
  "CGROUP_SYSCTL", "RAW_TRACEPOINT_WRITABLE", "CGROUP_SOCKOPT", "TRACING", "STRUCT_OPS", "EXT", "LSM",
  "SK_LOOKUP", "SYSCALL", "NETFILTER",
}

--- The types of attachments likewise, out of the table of the numbers that never change.
kernel.ATTACH_TYPES = {}
for line in io.lines "src/format/uapi.def" do
  local name = line:match "^ATTACH_TYPE%(%d+, BPF_([%w_]+)"
  if name then table.insert(kernel.ATTACH_TYPES, name) end
end

local SETS = {
  helper = { "bpf_func_id", "BPF_FUNC_%s", "__BPF_FUNC_MAX_ID",
    { "unspec", "map_lookup_elem", "map_update_elem", "map_delete_elem", "probe_read" } },
  map_type = { "bpf_map_type", "BPF_MAP_TYPE_%s", "__MAX_BPF_MAP_TYPE", { "UNSPEC", "HASH", "ARRAY", "PROG_ARRAY" } },
  prog_type = { "bpf_prog_type", "BPF_PROG_TYPE_%s", "__MAX_BPF_PROG_TYPE",
    { "UNSPEC", "SOCKET_FILTER", "KPROBE", "SCHED_CLS", "LSM" } },
  attach_type = { "bpf_attach_type", "BPF_%s", "__MAX_BPF_ATTACH_TYPE", kernel.ATTACH_TYPES },
}

--- Options: endian; by the name of a set a list of the names in its enum, counted from 0, or false for no
--- such enum; statics = false leaves the static functions out.
---@param options? table
---@return table builder of spec.support.btf, with `proto`, that of a function without parameters
function kernel.new(options)
  options = options or {}
  local b = btf.new { endian = options.endian }
  b.proto = b:func_proto(0)
  for set, row in pairs(SETS) do
    local names = options[set]
    if names == nil then names = row[4] end
    if names then
      local values = {}
      for i, name in ipairs(names) do values[i] = { row[2]:format(name), i - 1 } end
      values[#values + 1] = { row[3], #names }
      b:enum(row[1], values)
    end
  end
  for _, name in ipairs(options.statics ~= false and kernel.STATICS or {}) do b:func(name, b.proto) end
  return b
end

--- Adds a tracepoint whose programs see these parameters: { name, type } each.
function kernel.tracepoint(b, name, params)
  local all = { { "__data", b:ptr(0) } }
  table.move(params or {}, 1, #(params or {}), 2, all)
  return b:typedef("btf_trace_" .. name, b:ptr(b:func_proto(0, all)))
end

return kernel
