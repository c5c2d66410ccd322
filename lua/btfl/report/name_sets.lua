--- Sets of names in order, as findings have of kernels: many, and mostly the same. What is in one list, or in
--- that and the next, is one set, however many have it: each list comes behind another in a tree.
local name_sets = {}

local methods = {}
local metatable = { __index = methods }

local function behind(set, names)
  set.next = set.next or {}
  local more = set.next[names]
  if not more then
    more = { before = set, added = names }
    set.next[names] = more
  end
  return more
end

--- The set of a list of names, which is not changed any more, of one name, or of none.
---@param names string[]|string|nil
---@return table set
function methods:of(names)
  if names == nil then return self.none end
  return behind(self.none, type(names) == "table" and self.equal(names) or names)
end

-- So many of the lists that came last are compared with the next.
local COMPARED <const> = 8

--- What is in a set, nil for none, and then what is in one of of().
---@param set table?
---@param more table
---@return table set
function methods:joined(set, more)
  if not set or more == self.none then return set or more end
  local last = set
  for _ = 1, COMPARED do
    if last == self.none then break end
    if last.added == more.added then return set end
    last = last.before
  end
  return behind(set, more.added)
end

--- The names in a set, each once; nobody changes that list.
---@param set table
---@return string[]
function methods:names(set)
  if set.names then return set.names end
  local path, list, seen = {}, {}, {}
  local one = set
  while one ~= self.none do path[#path + 1], one = one.added, one.before end
  for i = #path, 1, -1 do
    local added = type(path[i]) == "table" and path[i] or { path[i] }
    for _, name in ipairs(added) do
      if not seen[name] then list[#list + 1], seen[name] = name, true end
    end
  end
  set.names = self.equal(list)
  return set.names
end

--- `equal` is a function of same_lists.lua.
---@param equal fun(list: string[]): string[]
---@return table
function name_sets.new(equal)
  return setmetatable({ equal = equal, none = { names = {} } }, metatable)
end

return name_sets
