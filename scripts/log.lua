--- log: what a loader's or verifier's log tells: source line, relocation or call, and where else it fails.
local cli = btfl.cli {
  about = "Where in BPF objects a log of libbpf, bpftool, cilium/ebpf or aya failed, and why.",
  usage = "OBJ...", objects = false, verdicts = true,
  epilog = "The log is read from standard input. With -t, the kernels on which the same program fails, too.",
  options = function(parser)
    parser:option("--log", "The log, instead of standard input."):argname("FILE")
  end,
}

local path = cli.args.log
local file, why ---@type file*?, string?
if not path then file = io.stdin end
if path then file, why = io.open(path, "rb") end
if not file then return cli:error(why) end
local text, broken = file:read "a"
if not text then cli:error(("%s: %s"):format(path or "standard input", broken)) end

local objects, targets = {}, {}
for _, name in ipairs(cli.args.obj) do table.insert(objects, cli:try(btfl.object, name)) end
if #cli.args.target > 0 then
  for target in cli:targets() do table.insert(targets, target) end
end

-- One that a tool would skip has failed all the same.
local function verdict_options(program)
  for other, options in cli:programs(program.object) do
    if other == program then return options end
  end
  return cli:verdict_options(program.object)
end

return btfl.log.explain(text, objects, { targets = targets, verdict = verdict_options })
