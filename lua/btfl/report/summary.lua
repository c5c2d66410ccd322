--- The lines of a summary, for people.
local names = require "btfl.report.names"
local repeated = require "btfl.report.repeated"
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
  local out, known, known_as = {}, {}, {}
  local function line_for(facts)
    local said = said_of_pair(facts)
    local key = said and ("%s\n%s"):format(facts.object, said)
    if key and known[key] then return known[key] end
    out[#out + 1] = line_of(facts)
    if key then known[key] = { at = #out, object = facts.object, targets = {}, said = said } end
    return known[key]
  end
  repeated.each_about(summaries, function(object, target, _, n, like)
    local of_object = like and (known_as[object] or {})
    local line = of_object and of_object[like] or line_for(summaries[n])
    if of_object then known_as[object], of_object[like] = of_object, line end
    if line then table.insert(line.targets, target) end
  end)
  for _, line in pairs(known) do
    local on = #line.targets > 1 and names.some(line.targets)
    if on then out[line.at] = terminal.escape(("%s on %s: %s"):format(line.object, on, line.said)) end
  end
  return out
end
