--- What a report holds as plain values, taken out of it in one process and put in in another.
local repeated = require "btfl.report.repeated"

local carried = {}

local LISTS = { "findings", "rows", "summaries", "blocks", "failures" }

-- The fields that a report may show of its rows.
local function fields_of(report)
  local list, seen = {}, {}
  for _, field in ipairs { "columns", "text_columns", "group" } do
    for _, name in ipairs(report[field] or {}) do
      if not seen[name] then list[#list + 1], seen[name] = name, true end
    end
  end
  return list
end

-- Rows may have what they share with others behind a metatable.
local function own_rows(report)
  local rows, fields = repeated.plain(report.rows), fields_of(report)
  for i, row in ipairs(rows) do
    if #fields > 0 and getmetatable(row) then
      local own = {}
      for _, name in ipairs(fields) do own[name] = row[name] end
      rows[i] = own
    end
  end
  return rows
end

--- All that it holds, which it does not hold any more.
---@param report btfl.report
---@return table<string, table[]>
function carried.take(report)
  local out = {}
  report.rows = own_rows(report)
  for _, field in ipairs(LISTS) do
    if #report[field] > 0 then out[field], report[field] = report[field], {} end
  end
  return out
end

--- Adds it to a report.
---@param report btfl.report
---@param taken table<string, table[]>
function carried.put(report, taken)
  for field, list in pairs(taken) do
    table.move(list, 1, #list, #report[field] + 1, report[field])
  end
end

return carried
