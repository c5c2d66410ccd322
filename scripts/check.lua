--- check: what keeps the programs of BPF objects from loading on kernels, and whether it matters.
local cli = btfl.cli {
  about = "What keeps the programs of BPF objects from loading on kernels, and is reached there.",
  verdicts = true, baseline = true,
  options = function(parser)
    parser:flag("--all", "Show what is guarded too, and what guards it.")
    parser:flag("--why", "Say what a missing field, type or enumerator has become (see btfl why).")
    parser:option("--from", "A kernel that still has it, for --why; the others of the run without.")
      :argname("BTF"):count("*")
    parser:flag("--ladders", "Show branches, too, that ask for what all kernels of the run have, or none.")
  end,
}
local out = btfl.report "check"

-- What one kernel lacks, another of the run may explain.
local others, from = {}, {}
for target in cli:targets() do table.insert(others, target) end
for _, path in ipairs(cli.args.from) do table.insert(from, cli:try(btfl.target, path)) end

local function complete(options)
  local sinks = {}
  options.others, options.from, options.why, options.all = others, from, cli.args.why, cli.args.all
  -- Found once for all kernels.
  function options.sinks(program, verdict_options)
    sinks[program] = sinks[program] or program:sinks(others, verdict_options)
    return sinks[program]
  end
end

-- What a tool sets at its start may lead other ways.
local shapes = {}
local function shapes_of(object)
  local list = shapes[object]
  if not list then
    list = cli:shapes(object)
    for _, options in ipairs(list) do complete(options) end
    shapes[object] = list
  end
  return list
end

cli:each_pair(out, function(object, target)
  for _, options in ipairs(shapes_of(object)) do out:append(object:check(target, options)) end
end)

-- How the branches go that a kernel's answers decide, and what is read without asking, is told of all kernels
-- together.
local function add_fixed_reads(object, kernels)
  for _, options in ipairs(shapes_of(object)) do
    local reads = cli:try(object.fixed_reads, object, kernels, options)
    for _, finding in ipairs(reads and reads.findings or {}) do
      if finding.level ~= "note" or cli.args.all then out[finding.level](out, finding) end
    end
  end
end
local function add_ladders(object, kernels)
  for _, options in ipairs(shapes_of(object)) do
    for _, ladder in ipairs(cli:try(object.ladders, object, kernels, options) or {}) do
      for _, finding in ipairs(ladder.findings) do out[finding.level](out, finding) end
      if cli.args.ladders and ladder.cleanup then out:note(ladder.cleanup) end
    end
  end
end

if not cli.args.only then
  cli:each_object(out, function(object, kernels)
    add_fixed_reads(object, kernels)
    if #kernels > 1 then add_ladders(object, kernels) end
  end)
end
return out:merge()
