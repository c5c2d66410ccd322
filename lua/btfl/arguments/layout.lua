--- What lies at the bytes of a struct, and whether the same does in the struct of another kernel.
local kept = require "btfl.kept"

local layout = {}

-- Bytes of a copy that are compared.
local COMPARED_MOST = 4096

-- What two names of one thing are likely at least.
local thresholds = require "btfl.successor.thresholds"

--- What is read at a byte of a struct.
---@class btfl.layout.place
---@field struct btfl.type
---@field state "member"|"padding"|"beyond"
---@field path string? the member, arrays as a whole: "comm"
---@field start integer? where that starts, bytes
---@field size integer? of it, bytes

local function is_first_member(t)
  local wanted = t.id
  for _, index, _, id in t.btf:scan_members() do
    if index == 0 and id == wanted then return true end
  end
  return false
end

local starting = kept.of_kernel(is_first_member)

--- Whether structs of its BTF start with that one: what is read beyond its end may be theirs.
---@param t btfl.type
---@return boolean
function layout.starts_others(t)
  return starting(t, "first")
end

local function array_of(path)
  local whole = path
  repeat
    local n
    whole, n = whole:gsub("%[%d+%]$", "")
  until n == 0
  return whole
end

local function look(t, byte)
  if byte < 0 or byte >= (t.size or 0) then return { struct = t, state = "beyond" } end
  local path, leaf, rest = t:at(byte)
  if not path then return { struct = t, state = "padding" } end
  local whole = array_of(path)
  if whole == "" then whole = path end
  local member, bits = t:member(whole)
  if whole == path or not member then
    return { struct = t, state = "member", path = path, start = byte - rest, size = leaf.size or 1 }
  end
  local size = whole:find "%]$" and leaf.size or member.type.size
  return { struct = t, state = "member", path = whole, start = bits // 8, size = size or 1 }
end

-- Many reads are of few places, and each is asked about once for every other kernel.
local places = kept.of_kernel(look)

--- What lies at that byte.
---@param t btfl.type a struct or union
---@param byte integer
---@return btfl.layout.place
function layout.at(t, byte)
  return places(t, byte)
end

local EXACT_DEPTH = 16

local function exact_in(t, byte, size, prefix, depth)
  for member in t:members() do
    local inner, start = member.type:resolve(), member.offset
    local path = member.name and prefix .. member.name or prefix
    local bytes = inner.size or 0
    if member.name and not member.bitfield and start == byte and bytes == size then return path end
    local is_composite = inner.kind == "struct" or inner.kind == "union"
    if is_composite and byte >= start and byte < start + bytes and depth > 0 then
      local found = exact_in(inner, byte - start, size, member.name and path .. "." or prefix, depth - 1)
      if found then return found end
    end
  end
  return nil
end

--- The member that is exactly those bytes, of several in a union the first; nil when there is none.
---@param t btfl.type
---@param byte integer
---@param size integer
---@return string? path
function layout.exact(t, byte, size)
  return exact_in(t, byte, size, "", EXACT_DEPTH)
end

-- Where two differ in name at the same place: one of them stands elsewhere in the other, or has come or gone.
local function is_renamed(a, b, successor)
  local there, here = b.struct:offsetof(a.path), a.struct:offsetof(b.path)
  if there == a.start or here == b.start then return true end
  if there or here or a.size ~= b.size or not a.struct.name then return false end
  local best = successor(("%s.%s"):format(a.struct.name, a.path:gsub("%[%d+%]", "")))
  return best and best.score >= thresholds.suggested and
    best.successor == ("%s.%s"):format(b.struct.name, b.path) or false
end

local function same_place(a, b, successor)
  if a.state ~= b.state then return false end
  if a.state ~= "member" then return true end
  if a.start ~= b.start then return false end
  return a.path == b.path or is_renamed(a, b, successor)
end

local function ends(place, byte)
  return place.state == "member" and place.start + place.size or byte + 1
end

--- Whether `size` bytes from there on are of the same members: else the first byte that is not.
---@param a btfl.type
---@param b btfl.type
---@param byte integer
---@param size integer
---@param successor fun(name: string): btfl.suggestion? what became of a member of a where b is
---@return boolean
---@return integer? byte
function layout.same(a, b, byte, size, successor)
  if a == b then return true end
  local last = byte + math.min(size, COMPARED_MOST)
  local at = byte
  while at < last do
    local one, other = layout.at(a, at), layout.at(b, at)
    if not same_place(one, other, successor) then return false, at end
    local to, to_other = ends(one, at), ends(other, at)
    -- What is read ends within both, or both end.
    if to ~= to_other and math.min(to, to_other) < last then return false, math.min(to, to_other) end
    at = math.min(to, to_other)
  end
  return true
end

return layout
