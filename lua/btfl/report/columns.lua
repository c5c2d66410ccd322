--- The columns of a report's table: those it was made with, else the fields of its rows by name; nil
--- when it has no table.
---@param report btfl.report
---@return string[]?
return function(report)
  if report.columns then return report.columns end
  if #report.rows == 0 then return nil end
  local columns, seen = {}, {}
  for _, row in ipairs(report.rows) do
    for name in pairs(row) do
      if not seen[name] then
        seen[name] = true
        columns[#columns + 1] = name
      end
    end
  end
  table.sort(columns, function(a, b) return tostring(a) < tostring(b) end)
  return columns
end
