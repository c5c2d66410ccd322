--- What stands in the target where a member that is missing there used to be.
local engine = require "btfl.engine"
local kept = require "btfl.kept"

local instead = {}

---@class btfl.instead.struct a struct as plain values, which outlive its kernel; lists of its members have
--- anonymous ones inline
---@field size integer bytes
---@field names string[]
---@field firsts integer[] where each begins, in bits
---@field sizes integer[] in bits
---@field text string? what it is called
---@field texts string[]? how each member is declared

local struct_of = kept.of_kernel(function(t)
  local names, firsts, sizes = engine.members_inline(t)
  return { size = t.size or 0, names = names, firsts = firsts, sizes = sizes }
end)

--- A struct that may have a member which others lack.
---@param t btfl.type
---@return btfl.instead.struct
function instead.having(t)
  return struct_of(t:resolve(), "members")
end

local declared_of = kept.of_kernel(function(t)
  local names, firsts, sizes, types, bitfields = engine.members_inline(t, true)
  local texts = {}
  for i, name in ipairs(names) do
    texts[i] = types[i]:decl(name) .. (bitfields[i] and (" : %d"):format(sizes[i]) or "")
  end
  return { size = t.size or 0, text = t.name and t.kind .. " " .. t.name or "the anonymous " .. t.kind,
    names = names, firsts = firsts, sizes = sizes, texts = texts }
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
  for i, name in ipairs(struct.names) do at[name] = at[name] or i end
  return at
end)

-- Where a struct is declared in part only, offsets mean nothing.
local function is_whole(from, there)
  return from.size * 2 >= there.size and #from.names * 2 >= #there.names
end

-- Where the member would stand in the target, told by the nearest one before it that survived.
local function expected(from, index, there, at)
  for i = index - 1, 1, -1 do
    local same = at[from.names[i]]
    if same then
      local gap = from.firsts[index] - (from.firsts[i] + from.sizes[i])
      return gap >= 0 and there.firsts[same] + there.sizes[same] + gap or nil
    end
  end
  return from.firsts[index]
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
  for i, first in ipairs(there.firsts) do
    if first == at and not old[there.names[i]] then
      return ("%s there has `%s` at %s, where `%s` was"):format(there.text, there.texts[i],
        at % 8 == 0 and at // 8 or ("bit %d"):format(at), name)
    end
  end
  return nil
end

return instead
