--- merge: the parts of a matrix that --shard wrote, as the report that they are parts of.
local cli = btfl.cli {
  about = "The parts of a matrix that --shard wrote, as the report that they are parts of.",
  usage = "PART...", objects = false, targets = false,
  options = function(parser)
    parser:option("--by", "What stands across: object, or program, as of one object."):argname("WHAT")
      :choices { "object", "program" }
  end,
}
return btfl.parts(cli.args.part):report { by = cli.args.by }
