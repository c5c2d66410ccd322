--- What stands in the target where a member that is missing there used to be.

local kept = require "btfl.kept"

-- Members looked at, and how deep: a hostile struct may contain the same one over and over.
local MOST, DEEPEST = 8192, 16

-- The members of a struct with those of anonymous structs inline, visited(member, bits from its start).
local function each_member(t, visit, base, depth, count)
  for member in t:members() do
    count = count + 1
    if count > MOST then break end
    local inner = not member.name and depth < DEEPEST and member.type:resolve()
    local at = base + member.bit_offset
    if inner and (inner.kind == "struct" or inner.kind == "union") then
      count = each_member(inner, visit, at, depth + 1, count)
    elseif member.name then
      visit(member, at)
    end
  end
  return count
end

local instead = {}

---@class btfl.instead.struct a struct as plain values, which outlive its kernel
---@field size integer bytes
---@field text string? what it is called
---@field [integer] { name: string, first: integer, size: integer, text: string? } members, in bits, with how
--- each is declared; anonymous ones are inline

local struct_of = kept.of_kernel(function(t)
  local out = { size = t.size or 0 }
  each_member(t, function(member, at)
    out[#out + 1] = { name = member.name, first = at, size = member.bit_size or 0 }
  end, 0, 0, 0)
  return out
end)

--- A struct that may have a member which others lack.
---@param t btfl.type
---@return btfl.instead.struct
function instead.having(t)
  return struct_of(t:resolve(), "members")
end

local declared_of = kept.of_kernel(function(t)
  local out = { size = t.size or 0, text = t.name and t.kind .. " " .. t.name or "the anonymous " .. t.kind }
  each_member(t, function(member, at)
    local size = member.bit_size or 0
    local bits = member.bitfield and (" : %d"):format(size) or ""
    out[#out + 1] = { name = member.name, first = at, size = size,
      text = member.type:decl(member.name) .. bits }
  end, 0, 0, 0)
  return out
end)

--- A struct that lacks a member, of which more is told.
---@param t btfl.type
---@return btfl.instead.struct
function instead.lacking(t)
  return declared_of(t:resolve(), "declared")
end

-- The first member of each name.
local places_of = kept.by(function(struct)
  local at = {}
  for i, member in ipairs(struct) do at[member.name] = at[member.name] or i end
  return at
end)

-- Where a struct is declared in part only, offsets mean nothing.
local function is_whole(from, there)
  return from.size * 2 >= there.size and #from * 2 >= #there
end

-- Where the member would stand in the target, told by the nearest one before it that survived.
local function expected(from, index, there, at)
  local member = from[index]
  for i = index - 1, 1, -1 do
    local before, same = from[i], at[from[i].name]
    if same then
      local gap = member.first - (before.first + before.size)
      return gap >= 0 and there[same].first + there[same].size + gap or nil
    end
  end
  return member.first
end

--- A sentence on what stands where the member was, nil when nothing new does.
---@param from btfl.instead.struct that has the member
---@param name string of the member
---@param there btfl.instead.struct the target's, which has no such member
---@return string?
function instead.words(from, name, there)
  local old, new = places_of(from, "places"), places_of(there, "places")
  local index = old[name]
  if not index or not is_whole(from, there) then return nil end
  local at = expected(from, index, there, new)
  for _, member in ipairs(there) do
    if member.first == at and not old[member.name] then
      return ("%s there has `%s` at %s, where `%s` was"):format(there.text, member.text,
        at % 8 == 0 and at // 8 or ("bit %d"):format(at), name)
    end
  end
  return nil
end

return instead
