--- doctor: whether BTF files and BPF objects are sound, all of them and not only what is used.
local cli = btfl.cli {
  about = "Whether files are sound: every type of a BTF, every record and reference of a BPF object.",
  usage = "FILE...", objects = false, targets = false,
  epilog = "A file that is not is one line that says where, and the status is 2.",
  options = function(parser)
    parser:option("--base", "The BTF that a split one, such as a module's, stands on."):argname("BTF")
  end,
}
local out = btfl.report("doctor", {
  columns = { "file", "kind", "endian", "ptr_size", "types", "programs", "relocations" },
})

local function count(iterator)
  local n = 0
  for _ in iterator do n = n + 1 end
  return n
end

local function examine(path, base)
  local file, kind = btfl.open(path, base)
  if kind == "btf" then
    return { file = path, kind = file.base and "split btf" or "btf", endian = file.endian,
      ptr_size = file.ptr_size, types = #file }
  end
  local btf = file:validate().btf
  return { file = path, kind = kind, endian = file.endian, ptr_size = btf and btf.ptr_size,
    types = btf and #btf, programs = count(file:programs()), relocations = count(file:relos()) }
end

local base = cli.args.base and cli:try(btfl.btf, cli.args.base)
if cli.args.base and not base then return 2 end
for _, path in ipairs(cli.args.file) do
  local row = cli:try(examine, path, base)
  if row then out:row(row) end
end
return out
