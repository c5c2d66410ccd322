--- matrix: every object on every kernel: which kernels are one case, and what each case is.
local cli = btfl.cli {
  about = "Every object on every kernel: which kernels are one case, and what becomes of the objects there.",
  verdicts = true, baseline = true, memo = true, shards = true,
  options = function(parser)
    parser:option("--by", "What stands across: object, or program, as of one object."):argname("WHAT")
      :choices { "object", "program" }
  end,
}

-- What is asked of an object is noted, be there a kernel or not.
local matrix = btfl.matrix(cli:objects(), cli, {
  shapes = function(object) return cli:shapes(object) end, jobs = cli.args.jobs,
  memo = not cli.args.no_memo,
})
if cli.args.shard then
  local part = matrix:part(cli)
  if not cli:interrupted() then cli:write(part) end
  return true
end
return matrix:report { by = cli.args.by }
