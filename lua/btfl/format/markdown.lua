--- markdown: a comment for a pull request: counts, a table of findings, each in full when unfolded.
---
--- Names are hostile. In the tables every value is code whose punctuation is written as entities, so
--- that it neither ends the cell nor names a user; a fence is longer than any run of backticks in it.
local class = require "btfl.class"
local columns_of = require "btfl.report.columns"
local frame = require "btfl.report.frame"
local names = require "btfl.report.names"
local source_path = require "btfl.report.source_path"
local terminal = require "btfl.report.terminal"

-- GitHub takes comments of up to 65,536 characters: so many for each part, the rest is only counted.
local ROOM = { findings = 20000, details = 28000, rows = 8000, summaries = 6000 }

local SIGNS = { error = "&#10060;", warning = "&#9888;&#65039;", note = "&#8505;&#65039;" }

local function code(value)
  if value == nil or value == "" then return "" end
  local text = terminal.escape(tostring(value)):gsub("[^%w%s/\128-\255-]", function(char)
    return ("&#%d;"):format(char:byte())
  end)
  return "<code>" .. text .. "</code>"
end

local function put_row(out, cells)
  out[#out + 1] = "| " .. table.concat(cells, " | ") .. " |"
end

-- A table of cells that cells_of makes of each item, as far as there is room.
local function put_rows(out, columns, items, room, cells_of)
  out[#out + 1] = ""
  put_row(out, columns)
  out[#out + 1] = "|" .. ("---|"):rep(#columns)
  for i, item in ipairs(items) do
    put_row(out, cells_of(item))
    room = room - #out[#out]
    if room < 0 then
      out[#out] = ""
      out[#out + 1] = ("and %d more"):format(#items - i + 1)
      return
    end
  end
end

local function place_of(finding)
  local at = finding.at
  if class(at) == "btfl.line" then return ("%s:%d"):format(source_path.relative(at.file), at.line) end
  return at and tostring(at) or names.some(names.programs(finding))
end

local function put_findings(out, findings)
  if #findings == 0 then return end
  put_rows(out, { "", "reason", "where", "what", "kernels" }, findings, ROOM.findings, function(finding)
    return { SIGNS[finding.level] or "", code(finding.rule), code(place_of(finding)),
      code(finding.message), code(names.kernels(finding)) }
  end)
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
        if facts[name] ~= nil and not seen[name] then
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
  put_rows(out, heads, rows, room, cells_of)
end

local function fence_for(text)
  local longest = 2
  for run in text:gmatch("`+") do longest = math.max(longest, #run) end
  return ("`"):rep(longest + 1)
end

local function put_details(out, findings)
  local used = 0
  for i, finding in ipairs(findings) do
    local text = frame(finding, terminal.painter(false))
    used = used + #text + 160 -- and what stands around it
    if used > ROOM.details then
      out[#out + 1] = ""
      out[#out + 1] = ("%d more are not shown in full."):format(#findings - i + 1)
      return
    end
    local fence = fence_for(text)
    out[#out + 1] = ""
    out[#out + 1] = ("<details><summary>%s %s</summary>"):format(code(finding.rule), code(finding.message))
    out[#out + 1] = ""
    out[#out + 1] = fence .. "text"
    out[#out + 1] = text
    out[#out + 1] = fence
    out[#out + 1] = ""
    out[#out + 1] = "</details>"
  end
end

local function counted(findings)
  local counts, parts = { error = 0, warning = 0, note = 0 }, {}
  for _, finding in ipairs(findings) do counts[finding.level] = counts[finding.level] + 1 end
  for _, level in ipairs { "error", "warning", "note" } do
    local n = counts[level]
    if n > 0 then parts[#parts + 1] = ("%d %s%s"):format(n, level, n == 1 and "" or "s") end
  end
  return #parts > 0 and table.concat(parts, ", ") or "nothing found"
end

---@param report btfl.report
---@return string
return function(report)
  local out = { ("### %s: %s"):format(code("btfl " .. report.name), counted(report.findings)) }
  if #report.failures > 0 then out[#out + 1] = "" end
  for _, failure in ipairs(report.failures) do
    out[#out + 1] = ("* could not be done: %s"):format(code(failure))
  end
  put_findings(out, report.findings)
  put_details(out, report.findings)
  put_table(out, report.rows, report.text_columns or columns_of(report) or {}, ROOM.rows)
  put_table(out, report.summaries, fact_columns(report.summaries), ROOM.summaries)
  return table.concat(out, "\n") .. "\n"
end
