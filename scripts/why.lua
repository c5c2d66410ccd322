--- why: what a field, type or enumerator has become on a kernel that lacks it.
local cli = btfl.cli {
  about = "What a field, type or enumerator has become on a kernel that lacks it.",
  usage = "NAME...", objects = false, policy = "what became of a name is asked of kernels and not of rules",
  options = function(parser)
    parser:option("--from", "A kernel's BTF that still has it: what stood around it there is the evidence.")
      :argname("BTF"):count("*")
    parser:option("--object", "A BPF object that uses it, whose own types say what it was.")
      :argname("OBJ")
    parser:flag("--code", "Print C that works with either name, for the first suggestion.")
  end,
  epilog = "NAME is struct.field.field, a type, or enum.VALUE, as in task_struct.state.",
}
local columns = { "query", "rank", "successor", "change", "score", "evidence" }
if #cli.args.target > 1 then table.insert(columns, 1, "target") end
local out = btfl.report("why", { columns = columns, group = #cli.args.target > 1 and { "target" } or nil })

-- A name has no slash: what has one, or is a file, is a further reference, as in --from A B.
local function is_path(word)
  local file <close> = io.open(word)
  return word:find("/", 1, true) or file ~= nil
end

local names, from = {}, {}
for _, path in ipairs(cli.args.from) do from[#from + 1] = btfl.target(path) end
for _, word in ipairs(cli.args.name) do
  if #from > 0 and is_path(word) then
    from[#from + 1] = btfl.target(word)
  else
    names[#names + 1] = word
  end
end
if #names == 0 then cli:error("no NAME is given, such as task_struct.state") end

-- A relocation of the object that accesses it by that path, with or without the flavor.
local function used(object, path)
  for relo in object:relos() do
    local plain = relo.path:gsub("%[%d+%]", "")
    local root, rest = plain:match("^([^.]*)(.*)$")
    if plain == path or (relo.type.essential or root) .. rest == path then return relo end
  end
  cli:error(("%s has no relocation of %s"):format(object.path, path))
end

local object = cli.args.object and btfl.object(cli.args.object)
local several = #cli.args.target > 1

local function row(target, fields)
  fields.target = several and target.name or nil
  out:row(fields)
end

for target in cli:targets() do
  for _, path in ipairs(names) do
    local found
    for s in target:why(object and used(object, path) or path, { from = from }) do
      if cli.args.code and s.rank == 1 then out:text(s:code()) end
      row(target, { query = path, rank = s.rank, successor = s.successor, change = s.change,
        score = ("%.3f"):format(s.score), evidence = s.evidence })
      found = true
    end
    if not found then
      row(target, { query = path, rank = 1, successor = "-", change = "removed", score = "0.000",
        evidence = "nothing there is like it" })
      if cli.args.code then
        out:text(("/* %s has no successor on %s. */"):format(path, target.name))
      end
    end
  end
end
return out
