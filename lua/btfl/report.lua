--- A report: what a script found. Scripts fill it and return it; btfl.output prints it.
local core = require "btfl.core"
local formats = require "btfl.formats"

local FINDING = {
  level = true, rule = true, message = true, at = true, mark = true, object = true, program = true,
  target = true, details = true, notes = true, help = true, insn = true, count = true,
  programs = true, targets = true, fine = true,
}

local FIELDS = {
  name = true, status = true, findings = true, rows = true, columns = true, title = true,
  text_columns = true, group = true, summaries = true, blocks = true, failures = true,
}

local SPEC = { columns = true, text = true, group = true, title = true }

local methods = {}
local metatable = { __name = "btfl.report" }

local function names_of(...)
  local names = {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function unknown(what, name, known, level)
  local near = core.nearest(tostring(name), known)[1]
  error(("%s `%s`%s"):format(what, tostring(name),
    near and (" (did you mean `%s`?)"):format(near) or ""), level + 1)
end

function metatable.__index(_, name)
  local method = methods[name]
  if method then return method end
  if FIELDS[name] then return nil end
  unknown("a report has no field", name, names_of(methods, FIELDS), 2)
end

function metatable.__newindex(self, name, value)
  if not FIELDS[name] then unknown("a report has no field", name, names_of(FIELDS), 2) end
  rawset(self, name, value)
end

local function check_text(value, field, level)
  if type(value) ~= "string" then
    error(("a finding's %s is a string, not %s"):format(field, type(value)), level + 1)
  end
end

local function check_finding(finding, level)
  if type(finding) ~= "table" then error("a finding is a table", level + 1) end
  for key in pairs(finding) do
    if not FINDING[key] then
      unknown("a finding has no field", key, names_of(FINDING), level + 1)
    end
  end
  check_text(finding.rule, "rule", level + 1)
  check_text(finding.message, "message", level + 1)
end

-- Kept as a copy, so that a script may go on using its table.
local function add(self, level, finding)
  check_finding(finding, 3)
  local kept = {}
  for key, value in pairs(finding) do kept[key] = value end
  kept.level = level
  table.insert(self.findings, kept)
  if level == "error" and self.status == 0 then rawset(self, "status", 1) end
end

function methods:error(finding) add(self, "error", finding) end

function methods:warning(finding) add(self, "warning", finding) end

function methods:note(finding) add(self, "note", finding) end

-- The fields that the rows of a report may have; none for one without fixed columns.
local row_fields = setmetatable({}, { __mode = "k" })

function methods:row(row)
  if type(row) ~= "table" then error("a row is a table", 2) end
  local known = row_fields[self]
  if known then
    for key in next, row do
      if not known[key] then unknown("the report has no column", key, names_of(known), 2) end
    end
  end
  local rows = self.rows
  rows[#rows + 1] = row
end

function methods:summary(facts)
  if type(facts) ~= "table" then error("a summary is a table", 2) end
  table.insert(self.summaries, facts)
end

function methods:text(block)
  if type(block) == "string" then
    local lines = {}
    for line in (block:gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
    block = lines
  end
  table.insert(self.blocks, block)
end

function methods:failure(message)
  table.insert(self.failures, tostring(message))
  rawset(self, "status", 2)
end

function methods:append(other)
  for _, field in ipairs { "findings", "rows", "summaries", "blocks", "failures" } do
    table.move(other[field], 1, #other[field], #self[field] + 1, self[field])
  end
  rawset(self, "status", math.max(self.status, other.status))
  return self
end

function methods:merge()
  rawset(self, "findings", require "btfl.merge"(self))
  return self
end

function methods:render(format, options)
  local render = type(format) == "string" and formats.find(format)
  if not render then unknown("there is no format", format, formats, 2) end
  local text = render(self, options or {})
  if type(text) ~= "string" then
    error(("format `%s` gave a %s value, not a string"):format(format, type(text)), 2)
  end
  return text
end

local module = { methods = methods, fields = FIELDS }

--- Whether a value is a report.
---@param value any
---@return boolean
function module.is(value)
  return getmetatable(value) == metatable
end

-- Checks a list of columns and notes its names in known.
local function column_list(spec, field, known)
  local list = spec[field]
  if list == nil then return nil end
  if type(list) ~= "table" then error(field .. " of a report is a list of names", 3) end
  for _, column in ipairs(list) do
    if type(column) ~= "string" then error(field .. " of a report is a list of names", 3) end
    known[column] = true
  end
  return list
end

--- See btfl.report in meta.lua.
function module.new(name, spec)
  if type(name) ~= "string" then error("a report needs a name", 2) end
  spec = spec or {}
  for key in pairs(spec) do
    if not SPEC[key] then unknown("a report's spec has no field", key, names_of(SPEC), 2) end
  end
  local known = {}
  local self = setmetatable({
    name = name, status = 0, title = spec.title,
    columns = column_list(spec, "columns", known),
    text_columns = column_list(spec, "text", known),
    group = column_list(spec, "group", known),
    findings = {}, rows = {}, summaries = {}, blocks = {}, failures = {},
  }, metatable)
  if spec.columns then row_fields[self] = known end
  return self
end

return module
