--- A report: what a script found. Scripts fill it and return it; output.lua prints it.
local argument = require "btfl.argument"
local class = require "btfl.class"
local engine = require "btfl.engine"
local formats = require "btfl.report.formats"
local repeated = require "btfl.report.repeated"
local spells = require "btfl.report.spells"

-- The type of each field of a finding. `level` is what the method says.
local FINDING = { level = "any", at = "place", count = "integer", details = "table", insn = "table",
  programs_on = "table", history = "spells" }
for _, name in ipairs { "rule", "message", "mark", "object", "program", "target", "shape", "subject",
  "fingerprint" } do
  FINDING[name] = "string"
end
for _, name in ipairs { "notes", "help", "programs", "targets", "shapes", "fine" } do
  FINDING[name] = "list"
end

local FIELDS = {
  name = true, status = true, findings = true, rows = true, columns = true, title = true,
  text_columns = true, group = true, summaries = true, blocks = true, failures = true,
  frames = true, matrix = true,
}

local LAYOUT = { columns = true, text = true, group = true, title = true, frames = true }

local LEVELS = { error = true, warning = true, note = true }

local methods = {}
local metatable = { __name = "btfl.report" }

local function unknown(what, name, known, level)
  error(("%s `%s`%s"):format(what, tostring(name), require "btfl.meant"(name, known)), level + 1)
end

-- Of what is in it now: a script may take findings out again, or change their level.
local function status_of(self)
  if #self.failures > 0 then return 2 end
  for _, finding in ipairs(self.findings) do
    if finding.level == "error" then return 1 end
  end
  return 0
end

function metatable.__index(self, name)
  local method = methods[name]
  if method then return method end
  if name == "status" then return status_of(self) end
  if FIELDS[name] then return nil end
  local known = {}
  for _, names in ipairs { methods, FIELDS } do
    for key in pairs(names) do known[key] = true end
  end
  unknown("a report has no field", name, known, 2)
end

function metatable.__newindex(self, name, value)
  if not FIELDS[name] then unknown("a report has no field", name, FIELDS, 2) end
  if name == "status" then error("a report's status follows from its findings and failures", 2) end
  rawset(self, name, value)
end

-- What a type is called; a list is one of strings.
local WORDS = {
  spells = "a list of spells",
  list = "a list of strings", integer = "an integer", place = "a line or a string",
}

local function is_list(value)
  if type(value) ~= "table" or class(value) then return false end
  for _, item in ipairs(value) do
    if type(item) ~= "string" then return false end
  end
  return true
end

local IS = {
  any = function() return true end,
  integer = function(value) return math.type(value) == "integer" end,
  place = function(value) return type(value) == "string" or class(value) == "btfl.line" end,
  spells = spells.are_these, list = is_list,
}

local function is_a(want, value)
  if IS[want] then return IS[want](value) end
  return (class(value) or type(value)) == want
end

local function check_field(finding, key, level)
  local want, value = FINDING[key], finding[key]
  local closed = want == "place" and engine.closed(value)
  if closed then error(closed, level + 1) end
  if is_a(want, value) then return end
  local is = class(value) or type(value)
  if want == "list" and is == "table" then is = "one of other values" end
  error(("a finding's %s is %s, not %s"):format(key, WORDS[want] or "a " .. want, is), level + 1)
end

local function check_finding(finding, level)
  if type(finding) ~= "table" then error("a finding is a table", level + 1) end
  for key in pairs(finding) do
    if not FINDING[key] then
      unknown("a finding has no field", key, FINDING, level + 1)
    end
    check_field(finding, key, level + 1)
  end
  check_field(finding, "rule", level + 1)
  check_field(finding, "message", level + 1)
end

local kept_line = {
  __name = "btfl.line",
  __tostring = function(self) return ("%s:%d:%d"):format(self.file, self.line, self.column) end,
}

-- A line without its object, which may be closed before the report is printed.
local function line_of(at)
  return setmetatable({ file = at.file, name = at.file:match "[^/]*$", line = at.line, column = at.column,
    text = at.text, nth = at.nth }, kept_line)
end

-- Kept as a copy, so that a script may go on using its table.
local function add(self, level, finding)
  check_finding(finding, 3)
  local kept = {}
  for key, value in pairs(finding) do kept[key] = value end
  kept.level = level
  if type(kept.at) == "userdata" then kept.at = line_of(kept.at) end
  table.insert(self.findings, kept)
end

function methods:error(finding) add(self, "error", finding) end

function methods:warning(finding) add(self, "warning", finding) end

function methods:note(finding) add(self, "note", finding) end

-- The fields that the rows of a report may have; none for one without fixed columns.
local row_fields = setmetatable({}, { __mode = "k" })

local function check_row(self, row, level)
  if not is_a("table", row) then error("a row is a table", level + 1) end
  local known = row_fields[self]
  if known then
    for key in next, row do
      if not known[key] then unknown("the report has no column", key, known, level + 1) end
    end
  end
end

function methods:row(row)
  check_row(self, row, 2)
  local rows = self.rows
  rows[#rows + 1] = row
end

-- Lists of rows that were checked, which are said again.
local checked = setmetatable({}, { __mode = "k" })

function methods:again(rows, field, value, first, last)
  if not is_a("table", rows) then error("rows are a list", 2) end
  argument.optional(4, first, "number", "again")
  argument.optional(5, last, "number", "again")
  if first and not (last and type(value) == "table" and first >= 1 and last <= #value) then
    error("the first and the last are of a list of values", 2)
  end
  if type(field) ~= "string" then error("a field of rows is a name", 2) end
  for _, row in ipairs(checked[rows] and {} or rows) do check_row(self, row, 2) end
  checked[rows] = true
  check_row(self, { [field] = true }, 2)
  self.rows = repeated.from(self.rows)
  repeated.add(self.rows, rows, field, value, first, last)
end

function methods:summary(facts)
  if not is_a("table", facts) then error("a summary is a table", 2) end
  if facts.order ~= nil and not is_a("list", facts.order) then
    error("the order of a summary is a list of names", 2)
  end
  table.insert(self.summaries, facts)
end

function methods:text(block)
  if type(block) == "string" then
    local lines = {}
    for line in (block:gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = line end
    block = lines
  elseif not is_a("list", block) then
    error("a text is a string, or a list of lines", 2)
  end
  table.insert(self.blocks, block)
end

function methods:failure(message)
  table.insert(self.failures, tostring(message))
end

function methods:append(other)
  argument.check(1, other, "btfl.report", "append")
  for _, field in ipairs { "findings", "rows", "summaries", "blocks", "failures" } do
    table.move(other[field], 1, #other[field], #self[field] + 1, self[field])
  end
  if other.matrix then
    self.matrix = self.matrix or { by = other.matrix.by, cells = {}, totals = other.matrix.totals }
    local cells = other.matrix.cells
    table.move(cells, 1, #cells, #self.matrix.cells + 1, self.matrix.cells)
  end
  return self
end

function methods:filter(keep)
  argument.check(1, keep, "function", "filter")
  local kept = {}
  for _, finding in ipairs(self.findings) do
    if keep(finding) then
      if not LEVELS[finding.level] then
        error(("a finding's level is error, warning or note, not %s"):format(tostring(finding.level)), 2)
      end
      kept[#kept + 1] = finding
    end
  end
  rawset(self, "findings", kept)
  return self
end

function methods:merge()
  rawset(self, "findings", require "btfl.report.merge"(self))
  local prints = require("btfl.report.fingerprint").list(self.findings)
  for i, finding in ipairs(self.findings) do finding.fingerprint = prints[i] end
  return self
end

function methods:render(format, options)
  argument.options(2, options,
    { color = "any", width = "number", room = "number", quiet = "any", put = "function" }, "render")
  local render = type(format) == "string" and formats.find(format)
  if not render then unknown("there is no format", format, formats, 2) end
  local text = render(self, options or {})
  if type(text) ~= "string" then
    error(("format `%s` gave a %s value, not a string"):format(format, type(text)), 2)
  end
  return text
end

argument.of_class("btfl.report", methods)

local module = { methods = methods, fields = FIELDS, line = line_of }

-- Checks a list of columns and notes its names in known.
local function column_list(layout, field, known)
  local list = layout[field]
  if list == nil then return nil end
  if not is_a("list", list) then error(field .. " of a report is a list of names", 3) end
  for _, column in ipairs(list) do known[column] = true end
  return list
end

--- See btfl.report in meta.lua.
function module.new(name, layout)
  if type(name) ~= "string" then error("a report needs a name", 2) end
  if layout == nil then layout = {} end
  if type(layout) ~= "table" then error("a report's layout is a table", 2) end
  for key in pairs(layout) do
    if not LAYOUT[key] then unknown("a report's layout has no field", key, LAYOUT, 2) end
  end
  if layout.title ~= nil and type(layout.title) ~= "string" then error("title of a report is a string", 2) end
  local known = {}
  local self = setmetatable({
    name = name, title = layout.title,
    columns = column_list(layout, "columns", known),
    text_columns = column_list(layout, "text", known),
    group = column_list(layout, "group", known), frames = layout.frames ~= false,
    findings = {}, rows = {}, summaries = {}, blocks = {}, failures = {},
  }, metatable)
  if layout.columns then row_fields[self] = known end
  return self
end

return module
