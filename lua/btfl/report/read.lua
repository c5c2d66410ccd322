--- A report from what its json format wrote: see btfl.report.read in meta.lua. The text may come from
--- anywhere: what a format would stumble over is refused here.
local argument = require "btfl.argument"
local engine = require "btfl.engine"
local json = require "btfl.report.json"
local report = require "btfl.report.report"

-- How deep a value nests; the json format writes fewer.
local DEEPEST = 64

local SPELL = require("btfl.report.spells").FIELDS

local LEVELS = { error = true, warning = true, note = true }

-- Facts within facts, such as how many programs have which verdict: "2 guarded, 1 rejected".
local facts = {
  __tostring = function(self)
    local out = {}
    for i, name in ipairs(self.order) do out[i] = ("%s %s"):format(self[name], name) end
    return table.concat(out, ", ")
  end,
}

-- What is being read: the file for messages, and the names of each object in order.
local Reader = {}
Reader.__index = Reader

function Reader:refuse(message, ...)
  engine.input_error(self.file, "no report that btfl wrote: " .. message:format(...))
end

-- The value as scripts make them. null is nothing, in a list too.
function Reader:plain(value, depth)
  if type(value) ~= "table" then return value end
  if depth > DEEPEST then self:refuse("it is nested too deeply") end
  local out = {}
  if getmetatable(value).__jsontype == "array" then
    for _, item in ipairs(value) do
      if item ~= json.null then out[#out + 1] = self:plain(item, depth + 1) end
    end
    return out
  end
  local order = {}
  for _, name in ipairs(self.orders[value] or {}) do
    if type(name) ~= "string" then self:refuse("a name is a string, not %s", tostring(name)) end
    if value[name] ~= json.null and name ~= "order" then
      order[#order + 1], out[name] = name, self:plain(value[name], depth + 1)
    end
  end
  out.order = order
  return setmetatable(out, facts)
end

function Reader:object(value, what)
  if getmetatable(value) ~= facts then self:refuse("%s is no object", what) end
  return value
end

function Reader:list(value, what)
  if value == nil then return {} end
  if type(value) ~= "table" or getmetatable(value) == facts then self:refuse("%s is no list", what) end
  return value
end

function Reader:text(value, what)
  if value == nil or type(value) == "table" then self:refuse("%s is no text", what) end
  return tostring(value)
end

function Reader:texts(value, what)
  local out = {}
  for i, item in ipairs(self:list(value, what)) do out[i] = self:text(item, what) end
  return out
end

function Reader:integer(value, what)
  if math.type(value) ~= "integer" then self:refuse("%s is no integer", what) end
  return value
end

function Reader:place(value, what)
  if type(value) ~= "table" then return self:text(value, what) end
  self:object(value, what)
  return report.line {
    file = self:text(value.file, what), text = self:text(value.text or "", what),
    line = self:integer(value.line, what), column = self:integer(value.column, what),
  }
end

function Reader:level(value, what)
  if not LEVELS[value] then self:refuse("%s is error, warning or note", what) end
  return value
end

-- Lists by name.
function Reader:lists(value, what)
  local out = {}
  for _, name in ipairs(self:object(value, what).order) do out[name] = self:texts(value[name], what) end
  return out
end

-- See btfl.finding.spell in meta.lua.
function Reader:spells(value, what)
  local out = {}
  for i, spell in ipairs(self:list(value, what)) do
    out[i] = {}
    for _, name in ipairs(self:object(spell, what).order) do
      if not SPELL[name] then self:refuse("%s has a field `%s`", what, name) end
      out[i][name] = self:text(spell[name], what)
    end
  end
  return out
end

-- How each field of a finding is read.
local FINDING = {
  level = Reader.level, at = Reader.place, count = Reader.integer, insn = Reader.object,
  details = Reader.object, programs = Reader.texts, targets = Reader.texts, shapes = Reader.texts,
  fine = Reader.texts, notes = Reader.texts, help = Reader.texts, programs_on = Reader.lists,
  history = Reader.spells,
}
for _, name in ipairs { "rule", "message", "mark", "object", "program", "target", "shape", "subject",
  "fingerprint" } do
  FINDING[name] = Reader.text
end

function Reader:finding(value, number)
  local what = "finding " .. number
  local out = {}
  for _, name in ipairs(self:object(value, what).order) do
    local read = FINDING[name]
    if not read then self:refuse("%s has a field `%s`", what, name) end
    out[name] = read(self, value[name], ("`%s` of %s"):format(name, what))
  end
  for _, name in ipairs { "level", "rule", "message" } do
    if not out[name] then self:refuse("%s has no `%s`", what, name) end
  end
  return out
end

-- A row has no order of its own.
function Reader:row(value, number, columns)
  local what = "row " .. number
  local out = {}
  for _, name in ipairs(self:object(value, what).order) do
    if columns and not columns[name] then self:refuse("%s has `%s`, which is no column", what, name) end
    out[name] = value[name]
  end
  return out
end

function Reader:summary(value, number)
  local what = "summary " .. number
  self:object(value, what)
  if value.text ~= nil then value.text = self:text(value.text, "`text` of " .. what) end
  return setmetatable(value, nil)
end

function Reader:layout(value)
  local title = value.title ~= nil and self:text(value.title, "`title`") or nil
  local layout = { title = title, frames = value.frames }
  for _, name in ipairs { "columns", "text", "group" } do
    if value[name] ~= nil then layout[name] = self:texts(value[name], ("`%s`"):format(name)) end
  end
  return layout
end

-- Puts what read(self, item, number, more) makes of each item of a list into another.
function Reader:each(into, value, name, read, more)
  for i, item in ipairs(self:list(value[name], ("`%s`"):format(name))) do
    into[i] = read(self, item, i, more)
  end
end

function Reader:report(value)
  if getmetatable(value) ~= facts or value.report == nil then self:refuse("it has no `report`") end
  local layout = self:layout(value)
  local out = report.new(self:text(value.report, "`report`"), layout)
  local columns = layout.columns and {}
  for _, name in ipairs(layout.columns or {}) do columns[name] = true end
  self:each(out.findings, value, "findings", self.finding)
  self:each(out.rows, value, "rows", self.row, columns)
  self:each(out.summaries, value, "summary", self.summary)
  self:each(out.blocks, value, "blocks", self.texts)
  out.failures = self:texts(value.failures, "`failures`")
  return out
end

-- What the jsonl format wrote, which does not say of which report: something in it is more than a row.
function Reader:lines(text)
  local parts, number = { findings = {}, rows = {}, summary = {}, failures = {} }, 0
  for line in text:gmatch "[^\n]+" do
    number = number + 1
    local value, wrong = json.decode(line, self.orders)
    if wrong then self:refuse("line %d: %s", number, wrong) end
    value = self:object(self:plain(value, 0), "line " .. number)
    if type(value.summary) == "table" then
      table.insert(parts.summary, value.summary)
    elseif #value.order == 1 and value.failure then
      table.insert(parts.failures, value.failure)
    else
      table.insert(value.level and value.rule and value.message and parts.findings or parts.rows, value)
    end
  end
  if #parts.findings + #parts.summary + #parts.failures > 0 then parts.report = "report" end
  return setmetatable(parts, facts)
end

---@param text string
---@param file? string
---@return btfl.report
return function(text, file)
  argument.check(1, text, "string", "read")
  argument.optional(2, file, "string", "read")
  local self = setmetatable({ file = file, orders = {} }, Reader)
  -- The json format has no whole object in its first line.
  local first = json.decode(text:match "^[^\n]*", {})
  if type(first) == "table" and getmetatable(first).__jsontype == "object" and first.report == nil then
    return self:report(self:lines(text))
  end
  local value, wrong = json.decode(text, self.orders)
  if wrong then self:refuse("%s", wrong) end
  return self:report(self:plain(value, 0))
end
