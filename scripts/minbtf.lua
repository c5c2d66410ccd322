--- minbtf: the part of a kernel's BTF that BPF objects need, as a file to ship.
local cli = btfl.cli {
  about = "The part of a kernel's BTF that BPF objects need, as a BTF file.",
  epilog = "It takes one kernel, and any number of objects. A loader that is given the file relocates\n"
    .. "these objects as against the whole; with --policy, a loader of these rules.",
}
if not cli.args.output then cli:error "-o FILE is needed: BTF is no text" end
if cli:several() then cli:error "one target at a time: a BTF is of one kernel" end

-- What a relocation became; ids of types are the part's own.
local function outcome(result)
  local id = result.relo.kind == "target_type_id"
  if not result.ok or id then return result.status end
  return ("ok %s %s"):format(btfl.u64(result.value), result.after)
end

-- A hook may look at what no relocation leads to, which is not in the part: then its answers differ.
local function compare(objects, target, part)
  for _, object in ipairs(objects) do
    local whole = object:results(target)
    for result in object:results(part) do
      local usual, got = outcome(whole()), outcome(result)
      if usual ~= got then
        cli:error(("%s: relocation %d (%s) is %s against the whole and %s against the part: "
          .. "policy '%s' looks at more than it finds"):format(object.path, result.relo.index, result.relo,
          usual, got, cli.policy.name))
      end
    end
  end
end

local target = cli:targets()()
if not target then return 2 end
local subset, objects = btfl.subset(target), {}
for object in cli:objects() do
  cli:try(subset.add, subset, object)
  objects[#objects + 1] = object
end
if #cli.failures > 0 then return 2 end
if cli.policy then compare(objects, target, btfl.target(subset:btf())) end
cli:write((subset:bytes()))
return 0
