--- markdown: a comment for a pull request, or the summary of a job: counts; of a matrix its cases and a
--- table; a table of findings, each in full when unfolded.
---
--- Names are hostile: in the tables every value is code, and a fence is longer than any run of backticks in
--- it.
local class = require "btfl.class"
local columns_of = require "btfl.report.columns"
local counted = require "btfl.report.counts"
local frame = require "btfl.report.frame"
local markup = require "btfl.report.markup"
local names = require "btfl.report.names"
local source_path = require "btfl.report.source_path"
local terminal = require "btfl.report.terminal"

local code = markup.code

-- GitHub takes comments of so many characters.
local ROOM = 65536

-- How much of it each part has, in hundredths, where not all of them fit.
local SHARES = { failures = 4, matrix = 20, findings = 20, details = 30, rows = 10, summaries = 8 }

local SIGNS = { error = "&#10060;", warning = "&#9888;&#65039;", note = "&#8505;&#65039;" }

local function place_of(finding)
  local at = finding.at
  if class(at) == "btfl.line" then return ("%s:%d"):format(source_path.relative(at.file), at.line) end
  return at and tostring(at) or names.some(names.programs(finding))
end

local function put_findings(out, findings, room)
  if #findings == 0 then return end
  markup.put_table(out, { "", "reason", "where", "what", "kernels" }, findings, room, function(finding)
    return { SIGNS[finding.level] or "", code(finding.rule), code(place_of(finding)),
      code(finding.message), markup.folded(names.kernels, finding) }
  end, "%d more findings are cut.")
end

-- Whether a fact is one word; others are for who reads JSON.
local function is_word(value)
  local metatable = type(value) == "table" and getmetatable(value)
  return type(value) ~= "table" or metatable and metatable.__tostring ~= nil
end

-- The columns that tables of facts share, in the order of their `order`.
local function fact_columns(list)
  local columns, seen = {}, { text = true, order = true }
  for _, facts in ipairs(list) do
    local rest = {}
    for name in pairs(facts) do rest[#rest + 1] = tostring(name) end
    table.sort(rest)
    for _, source_list in ipairs { facts.order or {}, rest } do
      for _, name in ipairs(source_list) do
        if facts[name] ~= nil and not seen[name] and is_word(facts[name]) then
          seen[name] = true
          columns[#columns + 1] = name
        end
      end
    end
  end
  return columns
end

local function put_table(out, rows, columns, room)
  if #rows == 0 or #columns == 0 then return end
  local function cells_of(row)
    local cells = {}
    for i, name in ipairs(columns) do cells[i] = code(row[name]) end
    return cells
  end
  local heads = {}
  for i, name in ipairs(columns) do heads[i] = code(name) end
  markup.put_table(out, heads, rows, room, cells_of, "%d more rows are cut.")
end

local function fence_for(text)
  local longest = 2
  for run in text:gmatch("`+") do longest = math.max(longest, #run) end
  return ("`"):rep(longest + 1)
end

local function put_details(out, findings, room)
  markup.put_all(out, findings, room, function(finding)
    local text = names.in_full(frame, finding, terminal.painter(false))
    local fence = fence_for(text)
    return table.concat({ "", ("<details><summary>%s %s</summary>"):format(code(finding.rule),
      code(finding.message)), "", fence .. "text", text, fence, "", "</details>" }, "\n")
  end, "%d more findings are not shown in full.")
end

local function put_failures(out, failures, room)
  if #failures > 0 then out[#out + 1] = "" end
  markup.put_all(out, failures, room, function(failure)
    return ("* could not be done: %s"):format(code(failure))
  end, "%d more could not be done.")
end

-- The text, of which each part takes at most its share of so many bytes.
local function text_within(report, bytes)
  local function room(part) return bytes // 100 * SHARES[part] end
  local count = counted(report)
  local out = { ("### %s%s"):format(code("btfl " .. report.name), count and ": " .. count or "") }
  put_failures(out, report.failures, room "failures")
  if report.matrix then
    local matrix = require "btfl.matrix.layout".of(report.matrix)
    require "btfl.matrix.markdown".put(out, matrix, room "matrix")
  end
  put_findings(out, report.findings, room "findings")
  put_details(out, report.findings, room "details")
  if not report.matrix then
    put_table(out, report.rows, report.text_columns or columns_of(report) or {}, room "rows")
    put_table(out, report.summaries, fact_columns(report.summaries), room "summaries")
  end
  return table.concat(out, "\n") .. "\n"
end

---@param report btfl.report
---@param options btfl.render.options
---@return string
return function(report, options)
  local room = options.room or ROOM
  local whole = text_within(report, math.maxinteger)
  return #whole <= room and whole or text_within(report, room)
end
