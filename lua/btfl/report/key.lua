--- Several values as one text, that what is said alike can be found again by it. nil is a value, too.
---@return string
return function(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  return table.concat(parts, "\0", 1, parts.n)
end
