--- text: for people: findings as diagnostics, rows as a table, then the summary.
local blocks_of = require "btfl.report.blocks"
local columns_of = require "btfl.report.columns"
local grid = require "btfl.report.grid"
local names = require "btfl.report.names"
local terminal = require "btfl.report.terminal"

-- "ok 12, error 3", in the order of `order`, then by name; facts.text says it better when there.
local function summary_line(facts)
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

-- What a summary says of one object on one kernel, without their names; nil of what says anything else.
local function said_of_pair(facts)
  local head = ("%s on %s: "):format(facts.object, facts.target)
  local text = tostring(facts.text)
  return facts.object and facts.target and text:sub(1, #head) == head and text:sub(#head + 1) or nil
end

-- The lines of the summary: one for all kernels on which an object is the same.
local function put_summaries(out, summaries)
  local known = {}
  for _, facts in ipairs(summaries) do
    local said = said_of_pair(facts)
    local key = said and ("%s\n%s"):format(facts.object, said)
    local line = key and known[key]
    if line then
      table.insert(line.targets, facts.target)
      out[line.at] = terminal.escape(("%s on %s: %s"):format(facts.object, names.some(line.targets), said))
    else
      out[#out + 1] = summary_line(facts)
      if key then known[key] = { at = #out, targets = { facts.target } } end
    end
  end
end

-- A block keeps its lines and tabs; everything else in it is escaped.
local function put_block(out, lines)
  for _, line in ipairs(lines) do
    out[#out + 1] = (line:gsub("[^\t]+", terminal.escape))
  end
end

---@param report btfl.report
---@param options btfl.render.options
---@return string
return function(report, options)
  local paint = terminal.painter(options.color)
  local out = {}
  local function part()
    if #out > 0 then out[#out + 1] = "" end
  end
  if report.title then out[1] = paint("head", terminal.escape(report.title)) end
  for _, finding in ipairs(report.frames and report.findings or {}) do
    part()
    -- Loaded for the first one: a table alone would pay 2 % for it.
    out[#out + 1] = require "btfl.report.frame"(finding, paint, options.width)
  end
  local blocks = blocks_of(report, options.width)
  for _, block in ipairs(blocks) do
    part()
    put_block(out, block)
  end
  local columns = report.text_columns or columns_of(report)
  if columns and #report.rows > 0 and #blocks == 0 then
    part()
    grid(out, report.rows, columns, report.group or {}, paint)
  end
  if #report.summaries > 0 then
    part()
    put_summaries(out, report.summaries)
  end
  return #out > 0 and table.concat(out, "\n") .. "\n" or ""
end
