--- list: what there is in a kernel: types and functions, who has a member, what programs may use.
local cli = btfl.cli {
  about = "What there is in a kernel and its modules: types, functions, and what BPF programs may use.",
  usage = "KERNEL [PATTERN]", objects = false, targets = false,
  epilog = "KERNEL is one as -t of other commands takes it, or `-` for the running one. PATTERN is a name,\n"
    .. "or one such as task_*. Offsets and sizes are in bytes, those of bits behind a colon.",
  options = function(parser)
    parser:option("--kind", "Types of that kind: struct, union, enum, typedef, func, var, ...")
    parser:option("--member", "Structs and unions that have a member of that name."):argname("NAME")
    parser:option("--of-type", "Structs and unions that hold one by value."):argname("TYPE")
    parser:flag("--kfuncs", "Functions that programs may call, where its BTF or its file tells.")
    parser:flag("--tracepoints", "Tracepoints, with what programs of them see.")
    parser:flag("--hooks", "LSM hooks, iterators and struct_ops.")
    parser:flag("--helpers", "Helpers, by number.")
    parser:flag("--maps", "Types of maps, by number.")
    parser:flag("--programs", "Types of programs, by number.")
  end,
}
local args = cli.args
local WAYS = { "kind", "member", "of_type", "kfuncs", "tracepoints", "hooks", "helpers", "maps", "programs" }
local way
for _, name in ipairs(WAYS) do
  if args[name] and way then
    cli:error(("--%s and --%s are two questions"):format((way:gsub("_", "-")), (name:gsub("_", "-"))))
  end
  if args[name] then way = name end
end

local TEXT = {
  member = { "kind", "name", "offset", "size", "type" },
  of_type = { "kind", "name", "member", "offset", "type" },
  helpers = { "number", "name" }, hooks = { "kind", "name", "type" }, kfuncs = { "name", "type" },
  tracepoints = { "name", "type" }, types = { "kind", "name", "size", "type" },
}
TEXT.maps, TEXT.programs, TEXT.kind = TEXT.helpers, TEXT.helpers, TEXT.types

local target = cli:try(btfl.target, args.kernel ~= "-" and args.kernel or nil)
if not target then return 2 end
local text = TEXT[way or "types"]
if target:modules()() then text = table.move(text, 1, #text, 2, { "module" }) end
local out = btfl.report("list", {
  columns = { "module", "kind", "name", "member", "offset", "size", "type", "number" }, text = text,
})

local pattern = args.pattern and btfl.pattern(args.pattern)

local function is_asked(name)
  return not pattern or name and name:find(pattern) ~= nil
end

local function decl(btf, id)
  return (btf:type(id):decl())
end

local CALLED = { func = true, var = true, typedef = true }

local function add_types(add, btf)
  local ok, next_type = pcall(btf.scan, btf, args.kind)
  if not ok then cli:error(("--kind: %s"):format(next_type:match "%((.*)%)$" or next_type)) end
  for id, kind, name in next_type do
    if name and is_asked(name) then
      local t = btf:type(id)
      add { kind = kind, name = name, size = t.size, type = CALLED[kind] and (t.type:decl()) or nil }
    end
  end
end

-- btf:places(), asked for when the first struct without a name is met.
local function places_of(btf)
  local owners, bits
  return function(id)
    if not owners then owners, bits = btf:places() end
    return owners[id], bits[id]
  end
end

-- The innermost struct with a name around a member, or the typedef that names it, and the member's bit there.
local function owner_of(btf, places, id, bits)
  local t = btf:type(id)
  for _ = 1, 32 do
    if t.name then break end
    local owner, at = places(t.id)
    if not owner then break end
    t, bits = btf:type(owner), bits + at
  end
  return t, bits
end

local function place_text(bits, width)
  return width > 0 and ("%d:%d"):format(bits // 8, bits % 8) or bits // 8
end

local function add_member(add, btf, places, id, name, type, bits, width)
  local owner, at = owner_of(btf, places, id, bits)
  if not is_asked(owner.name) then return end
  local t = btf:type(type)
  add { kind = owner.kind, name = owner.name, member = name, offset = place_text(at, width),
    size = width > 0 and (":%d"):format(width) or t.size, type = (t:decl()) }
end

local function add_members(add, btf)
  local places = places_of(btf)
  for id, _, name, type, bits, width in btf:scan_members(args.member) do
    add_member(add, btf, places, id, name, type, bits, width)
  end
end

-- What stands behind arrays, typedefs and qualifiers.
local function innermost(t)
  repeat
    t = t:resolve()
    local array = t.kind == "array"
    if array then t = t.type end
  until not array
  return t
end

local KINDS = { struct = true, union = true, enum = true, enum64 = true, typedef = true }

local function add_holders(add, btf)
  local kind, name = args.of_type:match "^(%l+) (.+)$"
  if not KINDS[kind] then kind, name = nil, args.of_type end
  local wanted = btf:find(name, kind)
  if not wanted then return end
  wanted = innermost(wanted)
  local places, holds = places_of(btf), {}
  for id, _, member, type, bits, width in btf:scan_members() do
    if holds[type] == nil then holds[type] = innermost(btf:type(type)) == wanted end
    if holds[type] then add_member(add, btf, places, id, member, type, bits, width) end
  end
end

local function add_kfuncs(add, btf, module)
  local next_kfunc, known = btf:kfuncs()
  if not known and module == "vmlinux" then
    cli:failure(target.path
      .. ": neither tags of its BTF nor sets in its file tell which functions programs may call")
  end
  for name, _, proto in next_kfunc do
    if is_asked(name) then add { kind = "func", name = name, type = decl(btf, proto) } end
  end
end

local function add_tracepoints(add, btf)
  for name, proto, event in btf:tracepoints() do
    if is_asked(name) then
      add { kind = "tracepoint", name = name, size = event and btf:type(event).size or nil,
        type = decl(btf, proto or event) }
    end
  end
end

local function add_hooks(add, btf)
  for name, form, id in btf:hooks() do
    local t = btf:type(id)
    if is_asked(name) then
      add { kind = form, name = name, size = t.size, type = (t.kind == "func" and t.type or t):decl() }
    end
  end
end

local function add_numbers(method)
  return function(add, btf)
    for name, number in method(btf) do
      if is_asked(name) then add { name = name, number = number } end
    end
  end
end

local ADD = {
  types = add_types, kind = add_types, member = add_members, of_type = add_holders, kfuncs = add_kfuncs,
  tracepoints = add_tracepoints, hooks = add_hooks, helpers = add_numbers(target.btf.helpers),
  maps = add_numbers(target.btf.map_types), programs = add_numbers(target.btf.program_types),
}

local function add_all(btf, module)
  ADD[way or "types"](function(row)
    row.module = module
    out:row(row)
  end, btf, module)
end

add_all(target.btf, "vmlinux")
for name, btf in target:modules() do add_all(btf, name) end
return out
