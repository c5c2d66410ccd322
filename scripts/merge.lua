--- merge: the parts of a run that --shard wrote, as the report that they are parts of.
local cli = btfl.cli {
  about = "The parts that --shard of check, matrix or verdicts wrote, as the report that they are parts of.",
  usage = "PART...", objects = false, targets = false, baseline = true,
  options = function(parser)
    parser:option("--by", "Of a matrix, what stands across: object, or program, as of one object.")
      :argname("WHAT"):choices { "object", "program" }
    parser:option("--policy", "The policy that the parts were made with, where it is a file."):argname("FILE")
  end,
}
return cli:merge(cli.args.part, { by = cli.args.by })
