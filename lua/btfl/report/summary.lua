--- The lines of a summary, for people.
local names = require "btfl.report.names"
local terminal = require "btfl.report.terminal"

-- "ok 12, error 3", in the order of `order`, then by name; facts.text says it better when there.
local function line_of(facts)
  if facts.text then return terminal.escape(tostring(facts.text)) end
  local list, seen = {}, { order = true }
  for _, name in ipairs(facts.order or {}) do
    if facts[name] ~= nil then list[#list + 1], seen[name] = name, true end
  end
  local rest = {}
  for name in pairs(facts) do
    if not seen[name] then rest[#rest + 1] = name end
  end
  table.sort(rest)
  table.move(rest, 1, #rest, #list + 1, list)
  for i, name in ipairs(list) do
    list[i] = terminal.escape(("%s %s"):format(name, facts[name]))
  end
  return table.concat(list, ", ")
end

-- What one says of an object on a kernel, without their names; nil of what says anything else.
local function said_of_pair(facts)
  local head = ("%s on %s: "):format(facts.object, facts.target)
  local text = tostring(facts.text)
  return facts.object and facts.target and text:sub(1, #head) == head and text:sub(#head + 1) or nil
end

--- One for all kernels on which an object is the same. Escaped.
---@param summaries table[]
---@return string[]
return function(summaries)
  local out, known = {}, {}
  for _, facts in ipairs(summaries) do
    local said = said_of_pair(facts)
    local key = said and ("%s\n%s"):format(facts.object, said)
    local line = key and known[key]
    if line then
      table.insert(line.targets, facts.target)
      out[line.at] = terminal.escape(("%s on %s: %s"):format(facts.object, names.some(line.targets), said))
    else
      out[#out + 1] = line_of(facts)
      if key then known[key] = { at = #out, targets = { facts.target } } end
    end
  end
  return out
end
