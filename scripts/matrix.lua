--- matrix: every object on every kernel: which kernels are one case, and what each case is.
local function as_shard(word)
  local i, n = word:match "^(%d+)/(%d+)$"
  i, n = math.tointeger(tonumber(i)), math.tointeger(tonumber(n))
  if i and n and 1 <= i and i <= n then return { i = i, n = n } end
  return nil, ("--shard takes I/N, such as 3/16, not `%s`"):format(word)
end

local cli = btfl.cli {
  about = "Every object on every kernel: which kernels are one case, and what becomes of the objects there.",
  verdicts = true, baseline = true, memo = true,
  options = function(parser)
    parser:option("--by", "What stands across: object, or program, as of one object."):argname("WHAT")
      :choices { "object", "program" }
    parser:option("--shard", "Write part I of N, a block of the kernels, for btfl merge."):argname("I/N")
      :convert(as_shard)
  end,
}

local shard, whole = cli.args.shard, { "baseline", "write_baseline", "by" }
for _, name in ipairs(shard and whole or {}) do
  if cli.args[name] then cli:error(("--shard writes a part, and not --%s"):format((name:gsub("_", "-")))) end
end
if shard and cli.args.format ~= "text" and cli.args.format ~= "jsonl" then
  cli:error "--shard writes a part, which is jsonl"
end

-- What is asked of an object is noted, be there a kernel or not.
local objects, shapes = {}, {}
for object in cli:objects() do
  objects[#objects + 1], shapes[object] = object, cli:shapes(object)
end

local matrix = btfl.matrix(objects, cli, {
  shapes = function(object) return shapes[object] end, jobs = cli.args.jobs,
  memo = not cli.args.no_memo,
})
if shard then
  cli:write(matrix:part(cli))
  return true
end
return matrix:report { by = cli.args.by }
