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

-- An ELF file for the BPF machine, 247, in its own byte order.
local function is_object(path)
  local file <close> = io.open(path, "rb")
  local head = file and file:read(20) or ""
  if #head < 20 or head:sub(1, 4) ~= "\127ELF" then return false end
  return string.unpack(head:byte(6) == 2 and ">I2" or "<I2", head, 19) == 247
end

local function examine(path, base)
  if is_object(path) then
    local object = btfl.object(path):validate()
    local btf = object.btf
    return { file = path, kind = "object", endian = object.endian, ptr_size = btf and btf.ptr_size,
      types = btf and #btf, programs = count(object:programs()), relocations = count(object:relos()) }
  end
  local btf = btfl.btf(path, base)
  return { file = path, kind = btf.base and "split btf" or "btf", endian = btf.endian,
    ptr_size = btf.ptr_size, types = #btf }
end

local base = cli.args.base and cli:try(btfl.btf, cli.args.base)
if cli.args.base and not base then return 2 end
for _, path in ipairs(cli.args.file) do
  local row = cli:try(examine, path, base)
  if row then out:row(row) end
end
return out
