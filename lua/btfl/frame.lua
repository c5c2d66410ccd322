--- A finding as a diagnostic: what, where, the source line with the access underlined, and facts.
local class = require "btfl.class"
local terminal = require "btfl.terminal"

local escape, width = terminal.escape, terminal.width

local TAB = 8

-- Text from a source line that starts at screen column `at`, its tabs expanded.
local function expand(text, at)
  local out = {}
  for run, tab in text:gmatch("([^\t]*)(\t?)") do
    local shown = escape(run)
    at = at + width(shown)
    if tab ~= "" then
      local spaces = TAB - at % TAB
      shown, at = shown .. (" "):rep(spaces), at + spaces
    end
    out[#out + 1] = shown
  end
  return table.concat(out), at
end

-- First and last byte of what the marker points at: the word `mark` at or after the column, as a
-- member if there is one (`x = p->x`), else the character there; nil when the column lies outside.
local function marked(text, column, mark)
  if column < 1 or column > #text then return nil end
  if mark and mark:find("^[%w_]+$") then
    local word = "()%f[%w_]" .. mark .. "()%f[^%w_]"
    local first, after = text:match("[.>]%s*" .. word, math.max(1, column - 1))
    if not first then first, after = text:match(word, column) end
    if first then return first, after - 1 end
  end
  return column, column, true
end

local function source(out, finding, line, paint)
  local text = line.text
  if text == "" then return end
  local number = tostring(line.line)
  local bar = paint("frame", (" "):rep(#number) .. " |")
  local first, last, caret = marked(text, line.column, finding.mark)
  local shown, under
  if first then
    local before, from = expand(text:sub(1, first - 1), 0)
    local at, to = expand(text:sub(first, last), from)
    shown = before .. at .. expand(text:sub(last + 1), to)
    under = (" "):rep(from) .. paint(finding.level, ("^"):rep(caret and 1 or math.max(1, to - from)))
  else
    shown = expand(text, 0)
  end
  out[#out + 1] = bar
  out[#out + 1] = (paint("frame", number .. " |") .. " " .. shown):gsub("%s+$", "")
  if under then out[#out + 1] = bar .. " " .. under end
end

local function value_text(value)
  return escape(tostring(value))
end

-- "access: task_struct.state, kind: byte_off", in the order of `order`, then by name.
local function detail_line(details)
  local parts, seen, rest = {}, { order = true }, {}
  local function put(name)
    if details[name] ~= nil and not seen[name] then
      seen[name] = true
      parts[#parts + 1] = ("%s: %s"):format(escape(name), value_text(details[name]))
    end
  end
  for _, name in ipairs(details.order or {}) do put(name) end
  for name in pairs(details) do
    if not seen[name] then rest[#rest + 1] = tostring(name) end
  end
  table.sort(rest)
  for _, name in ipairs(rest) do put(name) end
  return table.concat(parts, ", ")
end

local function where(finding)
  local parts = {}
  if finding.object then parts[1] = value_text(finding.object) end
  if finding.program then parts[#parts + 1] = "program " .. value_text(finding.program) end
  return table.concat(parts, ", ")
end

--- The lines of a finding, without a final newline.
---@param finding btfl.finding
---@param paint fun(style: string, text: string): string
---@return string
return function(finding, paint)
  local at, line = finding.at, class(finding.at) == "btfl.line"
  local out = { ("%s: %s"):format(
    paint(finding.level, ("%s[%s]"):format(finding.level, escape(finding.rule))),
    paint("head", escape(finding.message))) }
  local margin = (" "):rep(line and #tostring(at.line) or 2)
  local place, context = at and value_text(at) or "", where(finding)
  if place ~= "" or context ~= "" then
    local gap = place ~= "" and context ~= "" and "   " or ""
    out[#out + 1] = margin .. paint("frame", "-->") .. " " .. place .. gap .. context
  end
  if line then source(out, finding, at, paint) end
  local function fact(text)
    if text ~= "" then out[#out + 1] = margin .. " " .. paint("frame", "=") .. " " .. text end
  end
  fact(finding.details and detail_line(finding.details) or "")
  fact(finding.target and "target: " .. value_text(finding.target) or "")
  for _, note in ipairs(finding.notes or {}) do fact(value_text(note)) end
  return table.concat(out, "\n")
end
