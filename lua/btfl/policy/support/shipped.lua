--- The policies that come with btfl: those of loaders, which are compared with one another, and others. See
--- btfl.loaders in meta.lua.
local shipped = {}

shipped.loaders = {
  { policy = "libbpf", name = "libbpf", of = "libbpf" },
  { policy = "kernel", name = "a light skeleton", of = "the kernel's own relocator (light skeletons)" },
  { policy = "cilium", name = "cilium/ebpf", of = "cilium/ebpf" },
  { policy = "aya", name = "aya", of = "aya" },
}

shipped.others = { "strict", "lenient", "renames" }

--- All names that --policy takes without a file.
---@return string[]
function shipped.names()
  local names = {}
  for i, loader in ipairs(shipped.loaders) do names[i] = loader.policy end
  return table.move(shipped.others, 1, #shipped.others, #names + 1, names)
end

return shipped
