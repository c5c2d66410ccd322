--- json: the report as one object; each row and finding stands on a line of its own.
local blocks_of = require "btfl.report.blocks"
local entries = require "btfl.report.entries"
local json = require "btfl.report.json"
local pieces = require "btfl.report.pieces"

-- Puts a field of the object.
local function put_field(out, name, text)
  out:add(("%s%s:%s"):format(out.is_begun and ",\n" or "{", json.encode(name), text))
  out.is_begun = true
end

local function put_list(out, name, texts)
  put_field(out, name, "[")
  local between = "\n"
  for text in texts do
    out:add(between .. text)
    between = ",\n"
  end
  out:add(between == "\n" and "]" or "\n]")
end

local function each(messages)
  local n = 0
  return function()
    n = n + 1
    return messages[n] ~= nil and json.encode(json.value(messages[n])) or nil
  end
end

-- Those of some columns that are in the rows here.
local function known(names, columns)
  local is_column, out = {}, {}
  for _, column in ipairs(columns) do is_column[column] = true end
  for _, name in ipairs(names) do
    if is_column[name] then out[#out + 1] = name end
  end
  return out
end

local function put_names(out, name, names)
  put_field(out, name, json.encode(json.list(names)))
end

-- How the text format shows the rows, for who reads the report again. Columns that it alone shows are not
-- in the rows here.
local function put_layout(out, report)
  local columns, text = report.columns, report.text_columns
  local group = known(report.group or {}, columns)
  put_names(out, "columns", columns)
  if text and #known(text, columns) == #text then put_names(out, "text", text) end
  if #group > 0 then put_names(out, "group", group) end
end

local function each_block(blocks)
  local n = 0
  return function()
    n = n + 1
    return blocks[n] and json.encode(json.list(blocks[n])) or nil
  end
end

---@param report btfl.report
---@param options? btfl.render.options
---@return string
return function(report, options)
  local out = pieces(options)
  put_field(out, "report", json.encode(json.value(report.name)))
  put_field(out, "status", json.encode(report.status))
  if report.title then put_field(out, "title", json.encode(json.value(report.title))) end
  if not report.frames then put_field(out, "frames", "false") end
  if report.columns then put_layout(out, report) end
  if report.columns or #report.rows > 0 then put_list(out, "rows", entries.rows(report)) end
  put_list(out, "findings", entries.findings(report))
  put_list(out, "summary", entries.summaries(report))
  local blocks = blocks_of(report)
  if #blocks > 0 then put_list(out, "blocks", each_block(blocks)) end
  put_list(out, "failures", each(report.failures))
  out:add "}\n"
  return out:rest()
end
