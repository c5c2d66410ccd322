--- text: for people: findings as diagnostics, rows as a table, then the summary.
local blocks_of = require "btfl.report.blocks"
local columns_of = require "btfl.report.columns"
local grid = require "btfl.report.grid"
local pieces = require "btfl.report.pieces"
local summary_lines = require "btfl.report.summary"
local terminal = require "btfl.report.terminal"

-- Puts a text, in lines that fit.
local function put_lines(put, text, width)
  for _, line in ipairs(terminal.lines(text, width)) do put(line) end
end

-- A block keeps its lines and tabs; everything else in it is escaped.
local function put_block(put, lines, width)
  for _, line in ipairs(lines) do put_lines(put, line:gsub("[^\t]+", terminal.escape), width) end
end

-- What is no finding: texts, or else the table, and the summary.
local function put_rest(put, part, report, options, paint)
  local blocks = blocks_of(report, options.width)
  for _, block in ipairs(blocks) do
    part()
    put_block(put, block, options.width)
  end
  local columns = report.text_columns or columns_of(report)
  if columns and #columns > 0 and #report.rows > 0 and #blocks == 0 then
    part()
    grid(put, report.rows, columns, report.group or {}, paint, options.width)
  end
  if #report.summaries > 0 then
    part()
    for _, line in ipairs(summary_lines(report.summaries)) do put_lines(put, line, options.width) end
  end
end

-- The findings that are shown in full: of a report that shows none, what fails, where nothing else is shown.
local function shown(report, quiet)
  if not quiet then return report.frames and report.findings or {} end
  local failing = {}
  for _, finding in ipairs(report.findings) do
    if finding.level == "error" then failing[#failing + 1] = finding end
  end
  return failing
end

---@param report btfl.report
---@param options btfl.render.options
---@return string
return function(report, options)
  local paint, text, is_begun = terminal.painter(options.color), pieces(options), false
  local function put(line)
    is_begun = true
    text:add(line .. "\n")
  end
  local function part()
    if is_begun then put "" end
  end
  if report.title and not options.quiet then put(paint("head", terminal.escape(report.title))) end
  for _, finding in ipairs(shown(report, options.quiet)) do
    part()
    -- Loaded for the first one: a table alone would pay 2 % for it.
    put(require "btfl.report.frame"(finding, paint, options.width))
  end
  if not options.quiet then put_rest(put, part, report, options, paint) end
  return text:rest()
end
