--- A finding on some of its kernels and programs only.
local names = require "btfl.report.names"

-- Those of a list that are met, as the one, the many.
local function one_or_many(list, met)
  local kept = {}
  for _, name in ipairs(list) do
    if met[name] then kept[#kept + 1] = name end
  end
  return #kept == 1 and kept[1] or nil, #kept > 1 and kept or nil
end

--- A copy of a finding that is about those pairs only which keep(target, program) takes; nil without any.
---@param finding btfl.finding
---@param keep fun(target: string|false, program: string|false): boolean
---@return btfl.finding?
return function(finding, keep)
  local on, targets, programs, all = {}, {}, {}, true
  for target, program in names.pairs(finding) do
    if keep(target, program) then
      on[target] = on[target] or {}
      table.insert(on[target], program)
      targets[target], programs[program] = true, true
    else
      all = false
    end
  end
  if next(on) == nil then return nil end
  local out = {}
  for name, value in pairs(finding) do out[name] = value end
  if all then return out end
  out.target, out.targets = one_or_many(names.targets(finding), targets)
  out.program, out.programs = one_or_many(names.programs(finding), programs)
  -- How many places it has there is not known.
  out.count, out.programs_on = nil, nil
  for _, list in pairs(out.targets and out.programs and on or {}) do
    if #list < #out.programs then out.programs_on = on end
  end
  return out
end
