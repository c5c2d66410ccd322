--- What programs of a section are to the kernel, of what the corpus has.

local callers = {}

-- Program type and attach type, as libbpf takes them from the section.
local SECTIONS = {
  { "^kprobe", 2, 0 }, { "^kretprobe", 2, 0 }, { "^uprobe", 2, 0 }, { "^uretprobe", 2, 0 }, { "^ksyscall", 2, 0 },
  { "^kretsyscall", 2, 0 }, { "^usdt", 2, 0 }, { "^tracepoint/", 5, 0 }, { "^tp/", 5, 0 }, { "^raw_tp", 17, 0 },
  { "^raw_tracepoint", 17, 0 }, { "^tp_btf", 26, 23 }, { "^fentry/", 26, 24 }, { "^fexit/", 26, 25 },
  { "^fmod_ret/", 26, 26 }, { "^iter/", 26, 28 }, { "^lsm/", 29, 27 }, { "^xdp[/_.%a]*devmap", 6, 33 },
  { "^xdp[/_.%a]*cpumap", 6, 35 }, { "^xdp", 6, 37 }, { "^tc", 3, 0 }, { "^classifier", 3, 0 },
  { "^perf_event", 7, 0 }, { "^socket", 1, 0 }, { "^sockops", 13, 3 }, { "^cgroup/sysctl", 23, 18 },
  { "^cgroup/skb", 8, 0 }, { "^cgroup_skb/ingress", 8, 0 }, { "^cgroup_skb/egress", 8, 1 },
  { "^cgroup/bind4", 18, 8 }, { "^cgroup/bind6", 18, 9 }, { "^cgroup/dev", 15, 6 }, { "^sk_msg", 16, 7 },
}

--- The numbers of a section's program type and attach type; nil for one that is not known here.
---@param section string
---@return integer? type
---@return integer? attach
function callers.of_section(section)
  for _, row in ipairs(SECTIONS) do
    if section:find(row[1]) then return row[2], row[3] end
  end
  return nil
end

return callers
