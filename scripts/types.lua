--- types: types of a BTF in C, with offsets and sizes.
local cli = btfl.cli {
  about = "Types of a BTF in C, with offsets and sizes in bytes (and bits, after a colon).",
  usage = "BTF NAME...", objects = false, targets = false,
  epilog = "BTF is a file that holds one, or `vmlinux` or `-` for the running kernel's.\n"
    .. "NAME is foo, struct foo, or foo.bar for the type of a member.",
  options = function(parser)
    parser:option("--base", "The BTF that a split one, such as a module's, stands on."):argname("BTF")
  end,
}
local out = btfl.report("types", {
  columns = { "type", "name", "decl", "offset", "bit_offset", "size", "bit_size", "value" },
})
local BODY = { struct = true, union = true, enum = true, enum64 = true }
-- Anonymous types of a broken BTF may have no end, and since 7.1 there is room for 2^24 members; no compiler
-- makes more of them than there was room for before.
local LIMIT = { depth = 32, lines = 20000, members = 65535 }
local lines, whole, left -- of the type that is shown; left: members that may be

local function put(depth, text, note)
  local line = ("    "):rep(depth) .. text
  lines[#lines + 1] = note and ("%-60s /* %s */"):format(line, note) or line
end

-- "16 4" for 4 bytes at 16, "16:3 :5" for 5 bits from bit 3 there.
local function extent(bits, m)
  if not m.bitfield then return ("%6d %6s"):format(bits // 8, m.type.size or "?") end
  return ("%6s %6s"):format(("%d:%d"):format(bits // 8, bits % 8), ":" .. m.bit_size)
end

local declare

-- Whether one more member or enumerator is shown; the first that is not is told.
local function take()
  left = left - 1
  if left == -1 then
    cli:failure(("%s: %s has more than %d members, the rest is not shown")
      :format(cli.args.btf, whole, LIMIT.members))
  end
  return left >= 0
end

local function body(t, depth, start, path)
  for m in t:members() do
    if not take() then return put(depth, "...") end
    local bits, name = start + m.bit_offset, path .. (m.name or "")
    out:row { type = whole, name = name, decl = m.type:decl(), offset = bits // 8, bit_offset = bits,
      size = m.type.size, bit_size = m.bit_size }
    local width = m.bitfield and (" : %d"):format(m.bit_size) or ""
    declare(m.type, m.type:decl(m.name), width, extent(bits, m), depth, bits, m.name and name .. "." or path)
  end
  for v in t:values() do
    if not take() then return put(depth, "...") end
    out:row { type = whole, name = v.name, value = v.decimal }
    put(depth, ("%s = %s,"):format(v.name, v.decimal))
  end
end

-- Prints text, a declaration of t, with a body for the anonymous type in it (at depth 0 a named one).
function declare(t, text, width, note, depth, bits, path)
  local _, base = t:decl()
  local head, tail = text:match("^(.-){%.%.%.}(.*)$")
  if depth == 0 and base == t and text == base:decl() then
    head, tail = head or text .. " ", tail or ""
  end
  if not (head and BODY[base.kind]) or #lines > LIMIT.lines or depth > LIMIT.depth then
    return put(depth, text .. width .. ";", note)
  end
  while t ~= base do -- offsets behind a pointer start anew
    bits = t.kind == "ptr" and 0 or bits
    t = t.type
  end
  put(depth, head .. "{")
  body(base, depth + 1, bits, path)
  put(depth, "}" .. tail .. ";", note)
end

local function define(t)
  out:row { type = whole, decl = t:decl(), size = t.size }
  local note = t.size and "size " .. t.size
  if t.kind ~= "typedef" then return declare(t, t:decl(), "", note, 0, 0, "") end
  declare(t.type, "typedef " .. t.type:decl(t.name), "", note, 0, 0, "")
end

local function open(path, base)
  if path == "-" or path == "vmlinux" then return btfl.target().btf end
  return btfl.btf(path, base)
end

local btf = open(cli.args.btf, cli.args.base and open(cli.args.base))

local function get(name, kind)
  local ok, t = pcall(btf.get, btf, name, kind)
  return ok and t or cli:error(t)
end

-- The type that a word of the command line names; of a member also that member and its offset.
local function find(word)
  local kind, name = word:match("^(%l+) (.+)$")
  if not (BODY[kind] or kind == "typedef") then kind, name = nil, word end
  local root, rest = name:match("^([^.]+)%.(.+)$")
  if not root or btf:find(name, kind) then return get(name, kind) end
  local t = get(root, kind)
  local member, bits = t:member(rest)
  if member then return member.type, member, bits end
  local names = {}
  for m in t:resolve():members() do
    names[#names + 1] = m.name
    if #names == LIMIT.members then break end
  end
  cli:error(("%s has no member '%s'%s"):format(t:decl(), rest, btfl.meant(rest, names, "'")))
end

for _, word in ipairs(cli.args.name) do
  local t, member, bits = find(word)
  lines, whole, left = {}, t:decl(), LIMIT.members
  if member then
    put(0, t:decl(member.name) .. ";", extent(bits, member))
    t = select(2, t:decl())
  end
  if not member or t.name and (BODY[t.kind] or t.kind == "typedef") then define(t) end
  out:text(lines)
end
return out
