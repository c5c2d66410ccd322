--- html: a page in one file, which fetches nothing: findings, tables and texts as markup; of a matrix its
--- cases and a heat map, which the page's script makes of JSON in it.
local columns_of = require "btfl.report.columns"
local counted = require "btfl.report.counts"
local frame = require "btfl.report.frame"
local names = require "btfl.report.names"
local summary_lines = require "btfl.report.summary"
local terminal = require "btfl.report.terminal"

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function entities(text) return (text:gsub("[&<>\"']", ENTITIES)) end

local function escaped(text) return entities(terminal.escape(tostring(text))) end

-- What a frame marks stands between control characters, which nothing in it has.
local function marked(style, text, whole)
  if whole then return ("\4%s\5%s\6"):format(text, whole) end
  return ("\1%s\2%s\3"):format(style, text)
end

local function unfolding(text, whole)
  return ('<details class="more"><summary>%s</summary>%s</details>'):format(text, whole)
end

local function put_finding(out, finding)
  local text = entities(frame(finding, marked)):gsub("\1(%l+)\2", '<b class="%1">'):gsub("\3", "</b>")
    :gsub("\4([^\5]*)\5([^\6]*)\6", unfolding)
  out[#out + 1] = ('<div class="finding mono %s">%s</div>'):format(finding.level, text)
end

local function put_failures(out, report)
  for _, failure in ipairs(report.failures) do
    out[#out + 1] = ('<div class="finding mono error"><b class="error">%s</b></div>'):format(escaped(failure))
  end
end

local function put_blocks(out, blocks)
  for _, lines in ipairs(blocks) do
    out[#out + 1] = "<pre>"
    for _, line in ipairs(lines) do out[#out + 1] = (line:gsub("[^\t]+", escaped)) end
    out[#out + 1] = "</pre>"
  end
end

local function put_cells(out, tag, row, columns)
  local cells = {}
  for i, name in ipairs(columns) do
    local value = row[name]
    cells[i] = ("<%s>%s</%s>"):format(tag, value == nil and "" or escaped(value), tag)
  end
  out[#out + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
end

local function put_table(out, report)
  local columns = report.text_columns or columns_of(report) or {}
  if #columns == 0 or #report.rows == 0 then return end
  local heads = {}
  for _, name in ipairs(columns) do heads[name] = name end
  out[#out + 1] = '<div class="wrap"><table class="rows mono"><thead>'
  put_cells(out, "th", heads, columns)
  out[#out + 1] = "</thead><tbody>"
  for _, row in ipairs(report.rows) do put_cells(out, "td", row, columns) end
  out[#out + 1] = "</tbody></table></div>"
end

local function put_summaries(out, report)
  if #report.summaries == 0 then return end
  out[#out + 1] = '<ul class="summary">'
  local whole = names.in_full(summary_lines, report.summaries)
  for i, line in ipairs(summary_lines(report.summaries)) do
    line = entities(line)
    out[#out + 1] = ("<li>%s</li>"):format(line == entities(whole[i]) and line
      or unfolding(line, entities(whole[i])))
  end
  out[#out + 1] = "</ul>"
end

-- What there is to say of a matrix: its script makes that of the data; where none runs, the picture.
local function put_matrix(out, matrix)
  out[#out + 1] = "<noscript>"
  put_blocks(out, require "btfl.matrix.picture".blocks(matrix))
  out[#out + 1] = "</noscript>"
  out[#out + 1] = '<div id="matrix"></div>'
end

local function put_script(out, matrix)
  local data = require "btfl.report.page.data"
  out[#out + 1] = ('<script type="application/json" id="data">%s</script>'):format(data(matrix))
  out[#out + 1] = ('<script nonce="btfl">%s</script>'):format(require "btfl.report.page.script")
end

local function plural(n, one) return ("%d %s%s"):format(n, one, n == 1 and "" or "s") end

local function counts(report, matrix)
  if not matrix then return counted(report) end
  return ("%s, %s: %s"):format(plural(#matrix.targets, "kernel"), plural(#matrix.columns, matrix.by),
    counted(report))
end

local function put_findings(out, report, matrix)
  if #report.findings == 0 then return end
  if matrix then out[#out + 1] = "<details><summary>All findings</summary>" end
  for _, finding in ipairs(report.findings) do put_finding(out, finding) end
  if matrix then out[#out + 1] = "</details>" end
end

-- What has no nonce does not run, and nothing is fetched.
local POLICY = "default-src 'none'; style-src 'nonce-btfl'; script-src 'nonce-btfl'; base-uri 'none'; "
  .. "form-action 'none'"

---@param report btfl.report
---@return string
return function(report)
  local title = escaped("btfl " .. report.name)
  local matrix = report.matrix and require "btfl.matrix.layout".of(report.matrix)
  local blocks, count = report.blocks, counts(report, matrix)
  local out = {
    "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
    ('<meta http-equiv="Content-Security-Policy" content="%s">'):format(POLICY),
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">', ("<title>%s</title>"):format(title),
    '<style nonce="btfl">' .. require "btfl.report.page.style" .. "</style>", "</head>", "<body>",
    ("<header><h1>%s</h1>%s</header>"):format(title, count and ("<p>%s</p>"):format(count) or ""), "<main>",
  }
  put_failures(out, report)
  if matrix then put_matrix(out, matrix) end
  put_findings(out, report, matrix)
  put_blocks(out, blocks)
  if not matrix and #blocks == 0 then put_table(out, report) end
  put_summaries(out, report)
  out[#out + 1] = "</main>"
  if matrix then put_script(out, matrix) end
  table.move({ "</body>", "</html>", "" }, 1, 3, #out + 1, out)
  return table.concat(out, "\n")
end
