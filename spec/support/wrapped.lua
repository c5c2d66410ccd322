--- A row of a table in C over as many lines as it needs, of up to 100 characters; broken before no `|`.
---@param line string
---@return string
return function(line)
  local lines = {}
  while #line > 100 do
    local at = line:sub(1, 100):match("^.*[^ ]() [^|]")
    lines[#lines + 1] = line:sub(1, at - 1)
    line = "      " .. line:sub(at + 1)
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n")
end
