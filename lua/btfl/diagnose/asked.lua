--- Whether a rule is among those that are asked about.
---@param only string[]? names of rules; all of them without
---@param rule string
---@return boolean
return function(only, rule)
  if not only then return true end
  for _, name in ipairs(only) do
    if name == rule then return true end
  end
  return false
end
