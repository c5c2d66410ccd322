--- matrix: every object on every kernel: which kernels are one case, and what each case is.
local cli = btfl.cli {
  about = "Every object on every kernel: which kernels are one case, and what becomes of the objects there.",
  verdicts = true, baseline = true, jobs = "each kernel is open only for its turn",
  options = function(parser)
    parser:option("--by", "What stands across: object, or program, as of one object."):argname("WHAT")
      :choices { "object", "program" }
  end,
}

local objects = {}
for object in cli:objects() do objects[#objects + 1] = object end

return btfl.matrix(objects, cli:each_target(), {
  shapes = function(object) return cli:shapes(object) end,
}):report { by = cli.args.by }
