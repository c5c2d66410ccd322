--- What objects are called whatever folder they are in: by the last part of their paths, and by as many more
--- as tell those of one run apart.

local function parts_of(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part ~= "." then table.insert(parts, 1, part) end
  end
  return parts
end

local function last(parts, count)
  local list = {}
  for i = math.min(count, #parts), 1, -1 do list[#list + 1] = parts[i] end
  return table.concat(list, "/")
end

-- How many last parts tell the paths of each run apart.
local function depth_of(runs, parts)
  local depth, most = 1, 1
  for _, paths in ipairs(runs) do
    for _, path in ipairs(paths) do most = math.max(most, #parts[path]) end
  end
  local function are_apart()
    for _, paths in ipairs(runs) do
      local seen = {}
      for _, path in ipairs(paths) do
        local name = last(parts[path], depth)
        if seen[name] then return false end
        seen[name] = true
      end
    end
    return true
  end
  while depth < most and not are_apart() do depth = depth + 1 end
  return depth
end

--- The names of the objects of some runs, by path: those that one name stands for in different runs are one.
---@param ... string[] the different paths of a run
---@return table<string, string>
return function(...)
  local names, parts, alike = {}, {}, {}
  for run, paths in ipairs { ... } do
    for _, path in ipairs(paths) do
      parts[path] = parts[path] or parts_of(path)
      local name = parts[path][1] or path
      alike[name] = alike[name] or {}
      for n = #alike[name] + 1, run do alike[name][n] = {} end
      table.insert(alike[name][run], path)
    end
  end
  for _, runs in pairs(alike) do
    local depth = depth_of(runs, parts)
    for _, paths in ipairs(runs) do
      for _, path in ipairs(paths) do names[path] = #parts[path] > 0 and last(parts[path], depth) or path end
    end
  end
  return names
end
