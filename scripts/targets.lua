--- targets: what the words of -t mean: kernels, and what is known of each.
local cli = btfl.cli {
  about = "What kernels -t names, and what is known of each.",
  usage = "[KERNEL...]", objects = false, facts = true, policy = "nothing is relocated",
  epilog = "KERNEL... are further kernels. What is empty is not known: nothing that depends on it is judged.",
}
local out = btfl.report("targets", {
  columns = { "name", "release", "version", "arch", "distro", "flavour", "kallsyms", "kconfig", "modules",
    "types", "path" },
})

local function count(iterator)
  local n = 0
  for _ in iterator do n = n + 1 end
  return n
end

table.move(cli.args.kernel, 1, #cli.args.kernel, #cli.args.target + 1, cli.args.target)
for target in cli:targets() do
  out:row { name = target.name, release = target.release, version = target.version, arch = target.arch,
    distro = target.distro, flavour = target.flavour, kallsyms = target.kallsyms, kconfig = target.kconfig,
    modules = count(target:modules()), types = #target.btf, path = target.path }
  target:close()
end
return out
