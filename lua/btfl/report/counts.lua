--- How many findings there are: "1 error, 3 warnings", or "nothing found".
---@param findings btfl.finding[]
---@return string
return function(findings)
  local counts, parts = { error = 0, warning = 0, note = 0 }, {}
  for _, finding in ipairs(findings) do counts[finding.level] = counts[finding.level] + 1 end
  for _, level in ipairs { "error", "warning", "note" } do
    local n = counts[level]
    if n > 0 then parts[#parts + 1] = ("%d %s%s"):format(n, level, n == 1 and "" or "s") end
  end
  return #parts > 0 and table.concat(parts, ", ") or "nothing found"
end
