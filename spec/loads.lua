--- loads: where verdicts and real kernels disagree.
---
---     ./btfl spec/loads.lua [--half a|b] [--all] [--running | --composed COUNT [--seed N] |
---         --mutants COUNT [--relocations] [--seed N] [--save FILE]] [TSV...]
---
--- TSV is a table as the corpus has one in loads/loads.tsv, which is taken without; files of its kernels
--- (KERNEL.btf, .kallsyms, .config, each may end in .gz) stand beside it or in the corpus. With --running,
--- the corpus' objects are loaded into the running kernel instead (as root), and the rows come first.
--- With --mutants, programs are changed first, one thing in each; --relocations: so that a relocation
--- fails which did not; --save keeps all rows of that. With --composed, programs are put together by chance.
--- Half of the objects is for learning, the other for telling what came of it.
local judge = require "spec.support.judge"
local loads = require "spec.support.loads"

local CORPUS = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local cli = btfl.cli {
  about = "Where verdicts and real kernels disagree.", usage = "[TSV...]", objects = false, targets = false,
  options = function(parser)
    parser:option("--half", "Only half of the objects."):choices { "a", "b" }
    parser:flag("--all", "Every row, and not one of each kind.")
    parser:option("--mutants", "Change so many programs and load them into the running kernel."):convert(tonumber)
    parser:option("--composed", "Put so many programs together and load them into the running kernel.")
      :convert(tonumber)
    parser:flag("--relocations", "Only changes by which relocations fail.")
    parser:option("--seed", "Of the changes, or of the programs."):convert(tonumber):default "1"
    parser:option("--save", "A file for all rows of --mutants.")
    parser:flag("--running", "What the running kernel makes of the corpus' objects; prints that, too.")
  end,
}
local out = btfl.report "loads"

local function tell(title, tally)
  out:text(("%s: %s"):format(title, judge.counts(tally)))
  for kernel in pairs(tally.missing) do out:failure(("there is no BTF of %s"):format(kernel)) end
  if #tally.wrong > 0 then out:text(judge.table(tally, cli.args.all)) end
end

local function add(title, rows, folder)
  tell(title, judge.rows(rows, { half = cli.args.half, folder = folder }))
end

if cli.args.running or cli.args.mutants or cli.args.composed then
  local peer, why = loads.peer()
  if not peer then cli:error(why) end
end
if cli.args.mutants then
  tell("mutants", judge.mutants(cli.args.mutants, { seed = cli.args.seed, save = cli.args.save,
    relocations = cli.args.relocations }))
elseif cli.args.composed then
  tell("composed", judge.composed(cli.args.composed, cli.args.seed))
elseif cli.args.running then
  local rows = loads.run(loads.objects(CORPUS .. "/objects"), { jobs = 2, attach = true })
  local lines = { loads.line() }
  for _, row in ipairs(rows) do lines[#lines + 1] = loads.line(row) end
  out:text(lines)
  add("the running kernel", rows)
else
  local paths = cli.args.tsv or {}
  if #paths == 0 then paths = { CORPUS .. "/loads/loads.tsv" } end
  for _, path in ipairs(paths) do add(path, loads.read(path), path:match("^(.*)/[^/]*$")) end
end
return out
