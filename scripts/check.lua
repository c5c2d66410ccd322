--- check: what keeps the programs of BPF objects from loading on kernels, and whether it matters.
local cli = btfl.cli {
  about = "What keeps the programs of BPF objects from loading on kernels, and is reached there.",
  verdicts = true, baseline = true, shards = true, memo = true,
  options = function(parser)
    parser:flag("--all", "Show what is guarded too, and what guards it.")
    parser:flag("--why", "Say what a missing field, type or enumerator has become (see btfl why).")
    parser:option("--from", "A kernel that still has it, for --why; the others of the run without.")
      :argname("BTF"):count("*")
    parser:flag("--ladders", "Show branches, too, that ask for what all kernels of the run have, or none.")
  end,
}
local out = btfl.report "check"

local from = {}
for _, path in ipairs(cli.args.from) do table.insert(from, cli:try(btfl.target, path)) end
cli:check_all(out, { from = from, why = cli.args.why, all = cli.args.all, ladders = cli.args.ladders })
return out:merge()
