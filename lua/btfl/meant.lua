--- What is said of a misspelt name: the nearest one that is known.
local engine = require "btfl.engine"

--- See btfl.meant in meta.lua.
---@param name any
---@param known string[]|table<string, any>
---@param quotes? string
---@return string
return function(name, known, quotes)
  local names = known
  if known[1] == nil then
    names = {}
    for key in next, known do names[#names + 1] = tostring(key) end
    table.sort(names)
  end
  local near = engine.nearest(tostring(name), names)[1]
  quotes = quotes or "`"
  return near and (" (did you mean %s%s%s?)"):format(quotes, near, quotes) or ""
end
