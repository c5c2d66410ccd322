--- history: since when fields, types, functions and tracepoints exist, and what they were.
local function escape(text)
  local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
  return (btfl.printable(tostring(text)):gsub("[&<>\"]", entities))
end

local STYLE = "body{font:14px sans-serif}table{border-collapse:collapse;margin:1em 0}"
  .. "td,th{border:1px solid #bbb;padding:2px 8px;text-align:left}"
  .. ".present{background:#dfd}.absent{background:#fdd}"

local COLUMNS = { "series", "target", "status", "offset", "size", "type" }

local function cells_of(row)
  local cells = {}
  for i, column in ipairs(COLUMNS) do cells[i] = ("<td>%s</td>"):format(escape(row[column] or "")) end
  return table.concat(cells)
end

local function is_same(a, b)
  for _, name in ipairs { "name", "series", "status", "offset", "size", "type" } do
    if a[name] ~= b[name] then return false end
  end
  return true
end

-- A page of its own: a table for each name; of equal neighbours only the first has all of it.
btfl.format("html", function(report)
  local out, last = {}, {}
  for _, row in ipairs(report.rows) do
    if row.name ~= last.name then
      out[#out + 1] = last.name and "</table>\n" or ""
      out[#out + 1] = ("<h2>%s</h2>\n<table>\n"):format(escape(row.name))
      out[#out + 1] = "<tr><th>" .. table.concat(COLUMNS, "</th><th>") .. "</th></tr>\n"
    end
    local shown = is_same(row, last) and { target = row.target } or row
    out[#out + 1] = ("<tr class=\"%s\">%s</tr>\n"):format(escape(row.status), cells_of(shown))
    last = row
  end
  out[#out + 1] = last.name and "</table>\n" or ""
  return ("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>History</title>"
    .. "<style>%s</style></head><body>\n%s</body></html>\n"):format(STYLE, table.concat(out))
end)

local cli = btfl.cli {
  about = "Since when fields, types, functions and tracepoints exist on kernels, and what they were.",
  usage = "NAME...", objects = false, policy = "what a kernel has is no question of rules",
  jobs = "one kernel is open at a time",
  epilog = "NAME is struct.field[1].field, a type, enum.VALUE, a function or a tracepoint. Kernels of one\n"
    .. "flavour and architecture stand together, by release: between others, configurations differ.\n"
    .. "--format html is a page of its own.",
}
return btfl.history(cli.args.name, cli:each_target())
