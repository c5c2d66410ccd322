--- json: the report as one object; each row and finding stands on a line of its own.
local entries = require "btfl.entries"
local json = require "btfl.json"

local function list(out, name, texts)
  local lines = {}
  for text in texts do lines[#lines + 1] = text end
  local body = #lines > 0 and "\n" .. table.concat(lines, ",\n") .. "\n" or ""
  out[#out + 1] = ("%s:[%s]"):format(json.encode(name), body)
end

local function each(messages)
  local n = 0
  return function()
    n = n + 1
    return messages[n] ~= nil and json.encode(json.value(messages[n])) or nil
  end
end

---@param report btfl.report
---@return string
return function(report)
  local out = {
    '"report":' .. json.encode(json.value(report.name)),
    '"status":' .. json.encode(report.status),
  }
  if report.title then out[#out + 1] = '"title":' .. json.encode(json.value(report.title)) end
  if report.columns or #report.rows > 0 then list(out, "rows", entries.rows(report)) end
  list(out, "findings", entries.findings(report))
  list(out, "summary", entries.summaries(report))
  list(out, "failures", each(report.failures))
  return "{" .. table.concat(out, ",\n") .. "}\n"
end
