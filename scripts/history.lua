--- history: since when fields, types, functions and tracepoints exist, and what they were.
local cli = btfl.cli {
  about = "Since when fields, types, functions and tracepoints exist on kernels, and what they were.",
  usage = "NAME...", objects = false, policy = "what a kernel has is no question of rules",
  jobs = "one kernel is open at a time",
  epilog = "NAME is struct.field[1].field, a type, enum.VALUE, a function or a tracepoint. Kernels of one\n"
    .. "flavour and architecture stand together, by release: between others, configurations differ.",
}
return btfl.history(cli.args.name, cli:each_target())
