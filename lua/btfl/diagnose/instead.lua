--- What stands in the target where a member that is missing there used to be.

local kept = require "btfl.arguments.kept"

-- Members looked at, and how deep: a hostile struct may contain the same one over and over.
local MOST, DEEPEST = 8192, 16

-- The members of a struct with those of anonymous structs inline: name, type, bits from its start.
local function flatten(t, base, out, depth)
  for member in t:members() do
    out.visited = out.visited + 1
    if out.visited > MOST then break end
    local inner = not member.name and depth < DEEPEST and member.type:resolve()
    local at = base + member.bit_offset
    if inner and (inner.kind == "struct" or inner.kind == "union") then
      flatten(inner, at, out, depth + 1)
    elseif member.name then
      out[#out + 1] = { name = member.name, type = member.type, first = at, size = member.bit_size or 0,
        bitfield = member.bitfield }
    end
  end
  return out
end

local lists = kept.by(function(t)
  local list = flatten(t, 0, { visited = 0 }, 0)
  list.at = {}
  for i, member in ipairs(list) do list.at[member.name] = list.at[member.name] or i end
  return list
end, true)

local function members_of(t)
  return lists(t, "members")
end

-- Where a struct is declared in part only, offsets mean nothing.
local function is_whole(t, members, there, new)
  return (t.size or 0) * 2 >= (there.size or 0) and #members * 2 >= #new
end

-- Where the member would stand in the target, told by the nearest one before it that survived.
local function expected(old, index, new)
  local member = old[index]
  for i = index - 1, 1, -1 do
    local before, same = old[i], new.at[old[i].name]
    if same then
      local gap = member.first - (before.first + before.size)
      return gap >= 0 and new[same].first + new[same].size + gap or nil
    end
  end
  return member.first
end

--- A sentence on what stands where the member was, nil when nothing new does.
---@param from btfl.type the struct that has the member
---@param name string of the member
---@param there btfl.type the target's struct, which has no such member
---@return string?
return function(from, name, there)
  from, there = from:resolve(), there:resolve()
  local old, new = members_of(from), members_of(there)
  local index = old.at[name]
  if not index or not is_whole(from, old, there, new) then return nil end
  local at = expected(old, index, new)
  for _, member in ipairs(new) do
    if member.first == at and not old.at[member.name] then
      local bits = member.bitfield and (" : %d"):format(member.size) or ""
      return ("%s there has `%s%s` at %s, where `%s` was"):format(
        there.name and there.kind .. " " .. there.name or "the anonymous " .. there.kind,
        (member.type:decl(member.name)), bits,
        at % 8 == 0 and at // 8 or ("bit %d"):format(at), name)
    end
  end
  return nil
end
