--- A finding as a diagnostic: what, where, the source line with the access underlined, and facts.
--- Without a source line the instruction takes its place.
local class = require "btfl.class"
local names = require "btfl.report.names"
local path_shown = require("btfl.report.source_path").shown
local underline = require "btfl.report.underline"
local terminal = require "btfl.report.terminal"

local escape, width_of = terminal.escape, terminal.width

local TAB = 8

-- Columns of a report that goes to no terminal, and the fewest that a source line is given.
local WIDTH, LEAST = 140, 24

-- Text from a source line that starts at screen column `at`, its tabs expanded.
local function expand(text, at)
  local out = {}
  for run, tab in text:gmatch("([^\t]*)(\t?)") do
    local shown = escape(run)
    at = at + width_of(shown)
    if tab ~= "" then
      local spaces = TAB - at % TAB
      shown, at = shown .. (" "):rep(spaces), at + spaces
    end
    out[#out + 1] = shown
  end
  return table.concat(out), at
end

-- Screen columns first to last, counted from 0, of a text.
local function columns(text, first, last)
  if not utf8.len(text) then return text:sub(first + 1, last + 1) end
  local from = utf8.offset(text, first + 1) or #text + 1
  local to = utf8.offset(text, last + 2) or #text + 1
  return text:sub(from, to - 1)
end

-- The part of a text that fits, around its columns from..to (to excluded); the marker's new place.
local function window(text, from, to, room)
  local all = width_of(text)
  if all <= room then return text, from, to end
  local dots = "..."
  local start = 0
  if to > room - #dots then
    start = math.max(0, math.min(from - room // 3, all - room + #dots))
  end
  local left, right = start > 0 and dots or "", ""
  local stop = start + room - #left - 1
  if stop < all - 1 then
    right = dots
    stop = stop - #right
  end
  local shift = start - #left
  return left .. columns(text, start, stop) .. right, from - shift, math.min(to, stop + 1) - shift
end

local function framed(out, number, text, under, paint)
  local bar = paint("frame", (" "):rep(#number) .. " |")
  out[#out + 1] = bar
  out[#out + 1] = (paint("frame", number .. " |") .. " " .. text):gsub("%s+$", "")
  if under then out[#out + 1] = bar .. " " .. under end
end

local function source(out, finding, line, paint, width)
  local text = line.text
  local number = tostring(line.line)
  local room = math.max(LEAST, width - #number - 3)
  local first, last, exact = underline(finding)
  if not first then
    return framed(out, number, (window(expand(text, 0), 0, 0, room)), nil, paint)
  end
  local before, from = expand(text:sub(1, first - 1), 0)
  local at, to = expand(text:sub(first, last), from)
  local shown = before .. at .. expand(text:sub(last + 1), to)
  shown, from, to = window(shown, from, to, room)
  local carets = ("^"):rep(exact and math.max(1, to - from) or 1)
  framed(out, number, shown, (" "):rep(from) .. paint(finding.level, carets), paint)
end

local function instruction(out, insn, paint)
  local bytes = tostring(insn.bytes or ""):gsub("%x%x", "%0 ")
  framed(out, tostring(insn.index), escape(("%s  %s"):format(bytes, insn.text or "")), nil, paint)
end

local function value_text(value)
  if type(value) ~= "table" then return escape(tostring(value)) end
  local items = {}
  for i, item in ipairs(value) do items[i] = tostring(item) end
  return escape(table.concat(items, ", "))
end

-- What only programs read: another tool's code.
local HIDDEN = { order = true, compat = true, whole_object = true }

-- "access: task_struct.state, kind: byte_off", in the order of `order`, then by name.
local function detail_line(finding)
  local details = finding.details or {}
  local parts, seen, rest = {}, {}, {}
  for name in pairs(HIDDEN) do seen[name] = true end
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
  if finding.count then parts[#parts + 1] = ("in %d places"):format(finding.count) end
  return table.concat(parts, ", ")
end

-- What text_of() says of names, which may be unfolded where it cuts them.
local function some(paint, text_of, of)
  local text, whole = text_of(of), names.in_full(text_of, of)
  if not text or text == whole then return text and escape(text) end
  return paint("more", escape(text), escape(whole))
end

local function where(finding, paint)
  local parts = {}
  if finding.object then parts[1] = escape(path_shown(tostring(finding.object))) end
  local programs = names.programs(finding)
  if #programs > 0 then
    parts[#parts + 1] = (#programs > 1 and "programs " or "program ") .. some(paint, names.some, programs)
  end
  return table.concat(parts, ", ")
end

-- The number in the margin: of the source line, or of the instruction that takes the place of its text.
local function number_of(finding, line)
  if finding.insn and not line then return tostring(finding.insn.index) end
  return class(finding.at) == "btfl.line" and tostring(finding.at.line) or "  "
end

--- The lines of a finding, without a final newline.
---@param finding btfl.finding
---@param paint fun(style: string, text: string, whole: string?): string as terminal.painter() has it
---@param width? integer columns of the terminal: a line that is longer goes on in the next one
---@return string
return function(finding, paint, width)
  local at, line = finding.at, class(finding.at) == "btfl.line"
  local kind = ("%s[%s]"):format(finding.level, escape(finding.rule))
  local out = terminal.lines(escape(finding.message), width, #kind + 2)
  for i, text in ipairs(out) do out[i] = paint("head", text) end
  out[1] = paint(finding.level, kind) .. ": " .. out[1]
  local margin = (" "):rep(#number_of(finding, line and at.text ~= ""))
  local place, context = at and escape(path_shown(tostring(at))) or "", where(finding, paint)
  if place ~= "" or context ~= "" then
    local gap = place ~= "" and context ~= "" and "   " or ""
    for i, text in ipairs(terminal.lines(place .. gap .. context, width and width - #margin - 4)) do
      out[#out + 1] = margin .. (i == 1 and paint("frame", "-->") or "   ") .. " " .. text
    end
  end
  if line and at.text ~= "" then
    source(out, finding, at, paint, width or WIDTH)
  elseif finding.insn then
    instruction(out, finding.insn, paint)
  end
  local function fact(text)
    if text == "" then return end
    for i, part in ipairs(terminal.lines(text, width and width - #margin - 3)) do
      out[#out + 1] = margin .. " " .. (i == 1 and paint("frame", "=") or " ") .. " " .. part
    end
  end
  fact(detail_line(finding))
  local kernels = some(paint, names.kernels, finding)
  if kernels then fact((#names.targets(finding) > 1 and "targets: " or "target: ") .. kernels) end
  for _, note in ipairs(finding.notes or {}) do fact(value_text(note)) end
  for _, help in ipairs(finding.help or {}) do fact("help: " .. value_text(help)) end
  return table.concat(out, "\n")
end
