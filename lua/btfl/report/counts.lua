--- How many findings there are: "1 error, 3 warnings", or "nothing found"; nil where a table or a text is
--- all that there is to say.
---@param report btfl.report
---@return string?
return function(report)
  local counts, parts = { error = 0, warning = 0, note = 0 }, {}
  for _, finding in ipairs(report.findings) do counts[finding.level] = counts[finding.level] + 1 end
  for _, level in ipairs { "error", "warning", "note" } do
    local n = counts[level]
    if n > 0 then parts[#parts + 1] = ("%d %s%s"):format(n, level, n == 1 and "" or "s") end
  end
  if #parts == 0 and not report.matrix and #report.rows + #report.blocks > 0 then return nil end
  return #parts > 0 and table.concat(parts, ", ") or "nothing found"
end
