--- types: types of a BTF in C: with offsets, laid out, or as a header that compiles.
local cli = btfl.cli {
  about = "Types of a BTF in C: with offsets and sizes in bytes (and bits, after a colon), or as source.",
  usage = "BTF [NAME...]", objects = false, targets = false, formats = { "json", "raw" },
  epilog = "BTF is a file that holds one, or `vmlinux` or `-` for the running kernel's.\n"
    .. "NAME is foo, struct foo, foo.bar for the type of a member, or a pattern such as task_*.\n"
    .. "--format json and raw show types as they are stored, as `bpftool btf dump` does.",
  options = function(parser)
    parser:option("--base", "The BTF that a split one, such as a module's, stands on."):argname("BTF")
    parser:flag("--all", "All types, in an order in which C takes them.")
    parser:flag("--deps", "With all that the types need: it compiles.")
    parser:flag("--layout", "With holes, padding and cachelines, as pahole tells of them.")
    parser:flag("--header", "As a vmlinux.h for BPF programs; of all types where none is named.")
  end,
}
local args = cli.args
local BODY = { struct = true, union = true, enum = true, enum64 = true }
local LIMIT = { depth = 32, rows = 65535 } -- of the rows of a type: a broken BTF may have no end of them

if args.all and #args.name > 0 then cli:error "--all is all types: no NAME goes with it" end
if #args.name == 0 and not (args.all or args.header) then cli:error "a NAME is needed, --all or --header" end
if args.layout and (args.deps or args.header) then
  cli:error(("--layout is for people, and --%s for compilers"):format(args.deps and "deps" or "header"))
end

local function open(path, base)
  if path == "-" or path == "vmlinux" then return btfl.target().btf end
  return btfl.btf(path, base)
end

local btf = open(args.btf, args.base and open(args.base))

local function get(name, kind)
  local ok, t = pcall(btf.get, btf, name, kind)
  return ok and t or cli:error(t)
end

local function member_of(t, path)
  local member, bits = t:member(path)
  if member then return member, bits end
  local names = {}
  for name in t:fields() do
    names[#names + 1] = name
    if #names == LIMIT.rows then break end
  end
  cli:error(("%s has no member '%s'%s"):format(t:decl(), path, btfl.meant(path, names, "'")))
end

-- What has a name, but is found by it only when its kind is asked for; and tags.
local APART = { func = true, var = true, datasec = true, decl_tag = true, type_tag = true }

-- Adds the types whose name is of a pattern.
local function add_matching(list, glob, kind)
  local pattern, before = btfl.pattern(glob), #list
  for id, of, name in btf:scan(kind) do
    if name and (kind or not APART[of]) and name:find(pattern) then
      list[#list + 1] = { type = btf:type(id) }
    end
  end
  if #list == before then cli:error(("no %s matches '%s' in %s"):format(kind or "type", glob, btf.path)) end
end

-- Adds what a word of the command line names: { type, member, bits }, the last two of a member.
local function add(list, word)
  local kind, name = word:match("^(%l+) (.+)$")
  if not (BODY[kind] or kind == "typedef" or kind == "func" or kind == "var") then kind, name = nil, word end
  if name:find "[*?]" then return add_matching(list, name, kind) end
  local root, rest = name:match("^([^.]+)%.(.+)$")
  if not root or btf:find(name, kind) then
    list[#list + 1] = { type = get(name, kind) }
    return
  end
  local member, bits = member_of(get(root, kind), rest)
  list[#list + 1] = { type = member.type, member = member, bits = bits }
end

local wanted = {}
for _, word in ipairs(args.name) do add(wanted, word) end

-- Whether it has a definition of its own.
local function is_defined(t)
  return t.name and (BODY[t.kind] or t.kind == "typedef")
end

local function put_all(write, put)
  local first = true
  for t in btf:types() do
    if is_defined(t) then
      if not first then write "\n" end
      first = false
      put(write, t)
    end
  end
end

local function define(write, t)
  write(t:define { comments = args.layout and "layout" or "offsets" })
end

-- "    16      4" for 4 bytes at 16, "  16:3     :5" for 5 bits from bit 3 there.
local function extent(bits, m)
  if not m.bitfield then return ("%6d %6s"):format(bits // 8, m.type.size or "?") end
  return ("%6s %6s"):format(("%d:%d"):format(bits // 8, bits % 8), ":" .. m.bit_size)
end

local function put_wanted(write)
  for i, one in ipairs(wanted) do
    if i > 1 then write "\n" end
    local t = one.type
    if one.member then
      local text = btfl.printable((t:decl(one.member.name))) .. ";"
      write(("%-60s /* %s */\n"):format(text, extent(one.bits, one.member)))
      t = select(2, t:decl())
    end
    if not one.member or is_defined(t) then define(write, t) end
  end
end

local function put_source(write, format)
  local types
  if #wanted > 0 then
    types = {}
    for i, one in ipairs(wanted) do
      types[i] = one.type
      -- What the type of a member is made of: of a pointer alone there would be nothing to define.
      if one.member and format == "text" then types[i] = select(2, one.type:decl()) end
    end
  end
  btf:print { format = format ~= "text" and format or "c", header = args.header, types = types,
    write = write }
end

-- Rows

local out = btfl.report("types", {
  columns = { "type", "name", "decl", "offset", "bit_offset", "size", "bit_size", "value" },
})

local function row_maker(whole)
  local left = LIMIT.rows
  return function(row)
    left = left - 1
    if left == -1 then
      cli:failure(("%s: %s has more than %d members, the rest is not shown")
        :format(args.btf, whole, LIMIT.rows))
    end
    if left < 0 then return false end
    row.type = whole
    out:row(row)
    return true
  end
end

-- Where the anonymous type begins that a member at bit `bits` has: behind a pointer offsets start anew.
local function start_of(t, base, bits)
  while t ~= base do
    bits = t.kind == "ptr" and 0 or bits
    t = t.type
  end
  return bits
end

-- Rows of what stands in t, which begins at bit `start`; false when there is no more room.
local function rows_of(add_row, t, start, path, depth)
  for m in t:members() do
    local bits, name = start + m.bit_offset, path .. (m.name or "")
    local text, base = m.type:decl()
    if not add_row { name = name, decl = text, offset = bits // 8, bit_offset = bits, size = m.type.size,
      bit_size = m.bit_size } then return false end
    if not base.name and BODY[base.kind] and depth < LIMIT.depth and not rows_of(add_row, base,
      start_of(m.type, base, bits), m.name and name .. "." or path, depth + 1) then return false end
  end
  for v in t:values() do
    if not add_row { name = v.name, value = v.decimal } then return false end
  end
  return true
end

-- Of a type that has a name elsewhere its own row says all.
local function add_rows(t)
  local whole = t:decl()
  local add_row = row_maker(whole)
  local from = t.kind == "typedef" and t.type or t
  local _, base = from:decl()
  add_row { decl = whole, size = t.size }
  if base == t or not base.name then rows_of(add_row, base, start_of(from, base, 0), "", 1) end
end

-- What writes a format that is no report's; nil for the others.
local function writer(format)
  if format == "json" or format == "raw" or format == "text"
    and (args.header or args.deps or args.all and not args.layout) then
    return function(write) put_source(write, format) end
  end
  return format == "text" and (args.all and function(write) put_all(write, define) end or put_wanted) or nil
end

local is_report = false
for _, format in ipairs(cli:formats()) do
  local work = writer(format)
  if work then cli:stream(work, format) else is_report = true end
end
if not is_report then return 0 end
if args.all or #wanted == 0 then
  put_all(function() end, function(_, t) add_rows(t) end)
else
  for _, one in ipairs(wanted) do add_rows(one.type) end
end
return out
