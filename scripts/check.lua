--- check: what fails when BPF objects are relocated against kernels, and whether it matters.
local cli = btfl.cli {
  about = "What fails when BPF objects are relocated against kernels, and is reached by a program there.",
  verdicts = true,
  options = function(parser)
    parser:flag("--all", "Show what is guarded too, and what guards it.")
    parser:flag("--why", "Say what a missing field, type or enumerator has become (see btfl why).")
    parser:option("--from", "A kernel that still has it, for --why; the others of the run without.")
      :argname("BTF"):count("*")
  end,
}
local out = btfl.report "check"

-- What one kernel lacks, another of the run may explain.
local options = { others = {}, why = cli.args.why, all = cli.args.all, from = {} }
for target in cli:targets() do table.insert(options.others, target) end
for _, path in ipairs(cli.args.from) do table.insert(options.from, cli:try(btfl.target, path)) end

for object, target in cli:pairs() do
  options.verdict = cli:verdict_options(object)
  out:append(object:check(target, options))
end
for _, name in ipairs(cli:unmet()) do
  out:warning { rule = "no-constant", message = ("no object has a constant %s"):format(name) }
end
return out:merge()
