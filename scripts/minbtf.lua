--- minbtf: the part of a kernel's BTF that BPF objects need, as a file to ship.
local cli = btfl.cli {
  about = "The part of a kernel's BTF that BPF objects need, as a BTF file.",
  epilog = "It takes one kernel, and any number of objects. A loader that is given the file relocates\n"
    .. "these objects as against the whole.",
}
if not cli.args.output then cli:error "-o FILE is needed: BTF is no text" end
if #cli.args.target > 1 then cli:error "one target at a time: a BTF is of one kernel" end

local target = cli:targets()()
if not target then return 2 end
local subset = btfl.subset(target)
for object in cli:objects() do subset:add(object) end
if #cli.failures > 0 then return 2 end
cli:write((subset:bytes()))
return 0
