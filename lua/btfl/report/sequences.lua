--- Kernels in order, of each of many objects: those that have the same ones in the same order share what they
--- have, so that memory does not grow with all of them. Each kernel comes behind another in a tree.
local key_of = require "btfl.report.key"
local spells = require "btfl.report.spells"

local sequences = {}

local methods = {}
local metatable = { __index = methods }

-- What comes behind a place: by name, and by what is known of the kernel.
local function behind(place, name, facts)
  local of_name, known = place.next[name] or {}, type(facts) == "table" and facts or false
  place.next[name] = of_name
  local next_place = of_name[known]
  if not next_place then
    local kernel = spells.kernel(name, facts)
    local key = key_of(kernel.release, kernel.version, kernel.arch, kernel.flavour)
    next_place = of_name[key] or { name = name, kernel = kernel, before = place, next = {} }
    of_name[key], of_name[known] = next_place, next_place
  end
  return next_place
end

--- Adds the name of a kernel to what a key has. One that it has had before changes nothing.
---@param key any
---@param name any
---@param facts any what is known of the kernel, as a summary has it
function methods:add(key, name, facts)
  local place = self.last[key] or self.root
  if place.name ~= name then self.last[key] = behind(place, name, facts) end
end

--- The same of each of a list of names, from one to another, which many keys have.
---@param key any
---@param names any[] which is not changed any more
---@param first integer
---@param last integer
function methods:add_all(key, names, first, last)
  local place, span = self.last[key] or self.root, first << 32 | last
  place.spans = place.spans or {}
  local spans = place.spans[names] or {}
  place.spans[names] = spans
  if not spans[span] then
    for i = first, last do self:add(key, names[i]) end
    spans[span] = self.last[key]
  end
  self.last[key] = spans[span]
end

--- The kernels of a key, by name, in order: `list` of names, `at` the kernel of each, as spells.kernel() has
--- it, and `places` the number of each; nil of one that has none. They are those of others, too.
---@param key any
---@return { list: any[], at: table, places: table<any, integer> }?
function methods:of(key)
  local last = self.last[key]
  if not last or last.all then return last and last.all end
  local all, path, place = { list = {}, at = {}, places = {} }, {}, last
  while place ~= self.root do path[#path + 1], place = place, place.before end
  for i = #path, 1, -1 do
    local one = path[i]
    if not all.at[one.name] then
      all.list[#all.list + 1] = one.name
      all.at[one.name], all.places[one.name] = one.kernel, #all.list
    end
  end
  last.all = all
  return all
end

---@return table
function sequences.new()
  return setmetatable({ root = { next = {} }, last = {} }, metatable)
end

return sequences
