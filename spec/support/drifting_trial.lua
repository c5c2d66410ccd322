--- Holds what btfl says of the programs of spec.support.drifting against what is to be said of them.
local btfl = require "btfl"
local drifting = require "spec.support.drifting"
local tmp = require "spec.support.tmp"
local two = require "spec.support.two_kernels"

local trial = {}

local n, read = 0, {}

local function btf_of(path)
  read[path] = read[path] or two.read(path)
  return read[path]
end

local function said_of(program, target, slot)
  for _, row in ipairs(program:arguments(target)) do
    if row.argument == (slot == 0 and "return" or slot) then
      local drifts = row.consequence ~= nil
      return ("%s %s"):format(drifts and "drift" or "same", row.consequence or "-"), row.verdict
    end
  end
  return "none -"
end

--- Tries `count` of the programs, chosen by seed. A case says "drift" for every way in which an argument is
--- not what it was.
---@return { all: integer, right: integer, wrong: string[], by: table<string, integer> }
function trial.run(old, new, count, seed)
  local cases = drifting.cases(btf_of(old), btf_of(new))
  local target = btfl.target(new)
  local tally = { all = #cases, right = 0, wrong = {}, by = {} }
  math.randomseed(seed)
  for i = 1, math.min(count, #cases) do
    local k = math.random(i, #cases)
    cases[i], cases[k] = cases[k], cases[i]
    local case = cases[i]
    n = n + 1
    local path = tmp.write(("drifting%d.o"):format(n), drifting.object(case))
    local object <close> = btfl.object(path)
    local said, verdict = said_of(object:program "p", target, case.slot)
    tally.by[case.expected] = (tally.by[case.expected] or 0) + 1
    if said == case.expected then
      tally.right = tally.right + 1
    else
      local what = case.struct and ("struct %s * (%s)"):format(case.struct, case.member.name) or case.name
      table.insert(tally.wrong, ("%s argument %d as %s, %s: %s (%s), not %s"):format(case.section, case.slot, what,
        case.way, said, verdict or "-", case.expected))
    end
  end
  return tally
end

return trial
