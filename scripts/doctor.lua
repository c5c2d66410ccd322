--- doctor: whether BTF files and BPF objects are sound, all of them and not only what is used.
local cli = btfl.cli {
  about = "Whether files are sound: every type of a BTF, every record and reference of a BPF object.",
  usage = "FILE...", objects = false, targets = false,
  epilog = "A file that is not is one line that says where, and the status is 2. Of a sound\n"
    .. "BTF it tells which loaders are too old for it, and what else may surprise.",
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

-- The kinds that libbpf did not always know, the last one first: their numbers, and since when it does.
local LATE = {
  { kind = "enum64", number = 19, since = "1.0" }, { kind = "type_tag", number = 18, since = "0.7" },
  { kind = "decl_tag", number = 17, since = "0.6" }, { kind = "float", number = 16, since = "0.4" },
}

local function tell_loaders(path, btf)
  for _, late in ipairs(LATE) do
    if btf:scan(late.kind)() then
      out:note { rule = "old-loader", at = path,
        message = ("libbpf before %s cannot read it: Unsupported BTF_KIND:%d (%s)"):format(late.since,
          late.number, late.kind) }
      break
    end
  end
  if btf.header_size > 24 then
    out:note { rule = "old-loader", at = path,
      message = ("cilium/ebpf from before kernel 7.1 cannot read it: its header has %d bytes, not 24"):format(
        btf.header_size) }
  end
end

-- The verifier's own argument, which programs do not pass: see `btfl explain implicit-argument`.
local function has_implicit(proto)
  local last
  for param in proto:params() do last = param end
  local pointer = last and last.type and last.type:resolve()
  local to = pointer and pointer.kind == "ptr" and pointer.type:resolve()
  return to and to.kind == "struct" and to.name == "bpf_prog_aux"
end

local function tell_implicit(path, btf)
  local names = {}
  for name, _, proto in btf:kfuncs() do
    if has_implicit(btf:type(proto)) and not name:find "_impl$" and not btf:find(name .. "_impl", "func") then
      names[#names + 1] = name
    end
  end
  if #names == 0 then return end
  out:warning { rule = "implicit-argument", at = path, notes = { "functions: " .. table.concat(names, ", ") },
    message = ("%d kernel function%s the argument that the verifier fills in"):format(#names,
      #names == 1 and " shows" or "s show") }
end

local function tell_duplicates(path, btf)
  local first, told, notes = {}, {}, {}
  for _, kind in ipairs { "struct", "union" } do
    for id, _, name in btf:scan(kind) do
      local t = name and btf:type(id)
      if t and first[name] and not told[name] then
        local same, where, what = btfl.same(first[name], t)
        told[name] = true
        notes[#notes + 1] = name .. ": "
          .. (same and "the same twice" or ("%s %s"):format(where == "" and "as a whole" or where, what))
      end
      if t then first[name] = first[name] or t end
    end
  end
  if #notes == 0 then return end
  out:note { rule = "duplicate-type", at = path, notes = notes,
    message = ("%d name%s for several structs or unions"):format(#notes,
      #notes == 1 and " stands" or "s stand") }
end

-- What the kernel takes for a type of a module's .BTF.base, by btf_relocate(): of a declaration any struct or
-- union, else what has its kind and size.
local function is_type(t, other)
  if t.name ~= other.name then return false end
  local kind = t.kind:gsub("64$", "")
  if kind == "fwd" then return other.kind == "struct" or other.kind == "union" end
  return kind == other.kind:gsub("64$", "") and t.size == other.size
end

-- The first type of a module's .BTF.base that is not in a kernel.
local function astray(distilled, kernel)
  for t in distilled:types() do
    local found = not t.name
    for other in t.name and kernel:candidates(t.name) or function() end do
      found = found or is_type(t, other)
    end
    if not found then return t end
  end
end

-- A module that has its .BTF.base stands on no other: the kernel puts its own types in the place of that.
local function tell_base(path, btf, base)
  local missing = base and btf.base and btf.base ~= base and astray(btf.base, base)
  if missing then
    cli:failure(("%s: .BTF.base: its %s is not in %s: it was built for another vmlinux"):format(path,
      (missing:decl()), base.path))
  end
end

local function tell(path, btf, base)
  if not btf:types()() then
    out:warning { rule = "no-types", at = path, message = "has no types" }
  end
  tell_loaders(path, btf)
  tell_implicit(path, btf)
  tell_duplicates(path, btf)
  tell_base(path, btf, base)
end

local function examine(path, base)
  local file, kind = btfl.open(path, base)
  if kind == "btf" then
    tell(path, file, base)
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
