--- relocate: a BPF object as a loader makes of it on a kernel, as a file: patched, without relocations.
local cli = btfl.cli {
  about = "A BPF object with its relocations applied for one kernel: what a loader has in memory, as an\n"
    .. "object to sign, to compare, or to load where the kernel has no BTF.",
  usage = "OBJ", writes = "an object",
  options = function(parser)
    parser:flag("--keep-relocations", "Keep the records, for who reads them: to relocate it again changes "
      .. "nothing, but loaders refuse it where a value has changed.")
    parser:flag("--poison", "Write it whatever is in error: its instructions are poisoned.")
    parser:option("--json", "Write what was changed, where and by which rule: --format json=FILE.")
      :argname("FILE"):target("format"):count("*"):convert(function(file)
        return { format = "json", file = file }
      end)
  end,
}
if cli:several() then cli:error "one target at a time: an object is relocated for one kernel" end

local out = btfl.report "relocate"
local target, object = cli:targets()(), cli:objects()()
if not (target and object) then return out end
local bytes
cli:try(function()
  bytes, out = object:relocate(target, { keep = cli.args.keep_relocations, poison = cli.args.poison })
end)
if bytes then cli:write(bytes) end
return out
