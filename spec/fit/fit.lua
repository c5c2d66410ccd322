--- How good `why` is, by known renames: first answers that are right, silence where nothing came, and how
--- many of the suggestions that are sure are right. Then the same with weights of SCALE_FIELD fitted anew, from
--- those in src/successor/weights.c, on the even rows; the odd ones tell what came of it.
---   make fit    or    btfl spec/fit/fit.lua [--wrong]

local renames = require "spec.fit.renames"

if not renames.have_kernels() then error("needs a corpus, in $BTFL_CORPUS or ../shared/corpus", 0) end

-- How far the fit may go: rounds over all rows, length of a step, and how strongly each weight is held to
-- what it was, because a hundred rows know little.
local ROUNDS, STEP, HOLD = 200, 0.02, 0.05

local function print_figures(title, answer)
  print(title)
  for _, half in ipairs { "even", "odd" } do
    local t = renames.judge(renames.rows(half), answer)
    print(("  %-4s  first right %d of %d, gone and silent %d of %d, sure and right %d of %d"):format(half,
      t.right, t.named, t.silent, t.gone, t.sure_right, t.sure))
    for _, line in ipairs(arg[1] == "--wrong" and t.wrong or {}) do print("    " .. line) end
  end
end

--- The weights of fields as they are, by signal.
local function weights_now()
  local file <close> = assert(io.open("src/successor/weights.c"))
  local row = assert(file:read("a"):match("%[SCALE_FIELD%] = (%b{})"))
  local weights = {}
  for signal, weight in row:gmatch("%[SIGNAL_(%u+)%] = (%-?[%d.]+)f") do weights[signal:lower()] = tonumber(weight) end
  return weights
end

local function logistic(x) return 1 / (1 + math.exp(-x)) end

local function odds_of(weights, signals)
  local odds = 0
  for signal, value in pairs(signals) do odds = odds + (weights[signal] or 0) * value end
  return odds
end

--- All that comes into question for each row of fields, with what weights do not explain of its odds.
local function gather(rows, weights)
  local asked = {}
  for _, row in ipairs(rows) do
    local list = {}
    for s in renames.kernel(row.to):successors(row.path, { from = renames.kernel(row.from), least = 0.01 }) do
      local score = math.min(math.max(s.score, 1e-6), 1 - 1e-6)
      list[#list + 1] = { successor = s.successor, signals = s.signals, right = renames.is_right(row, s.successor),
        rest = math.log(score / (1 - score)) - odds_of(weights, s.signals) }
    end
    asked[row.path .. row.from .. row.to] = list
  end
  return asked
end

--- Logistic regression by gradient: what is right more likely, what is wrong less.
local function fit(asked, weights)
  local now = {}
  for signal, weight in pairs(weights) do now[signal] = weight end
  for _ = 1, ROUNDS do
    local slope = {}
    for _, list in pairs(asked) do
      for _, s in ipairs(list) do
        local off = (s.right and 1 or 0) - logistic(s.rest + odds_of(now, s.signals))
        for signal, value in pairs(s.signals) do slope[signal] = (slope[signal] or 0) + off * value end
      end
    end
    for signal, was in pairs(weights) do
      now[signal] = now[signal] + STEP * ((slope[signal] or 0) - HOLD * (now[signal] - was))
    end
  end
  return now
end

local function of_fields(rows)
  local fields = {}
  for _, row in ipairs(rows) do if row.kind ~= "enumval" and row.kind ~= "type" then fields[#fields + 1] = row end end
  return fields
end

local before = weights_now()
print_figures "as it is"

local after = fit(gather(of_fields(renames.rows "even"), before), before)
local all = gather(of_fields(renames.rows()), before)
local names = {}
for signal in pairs(before) do names[#names + 1] = signal end
table.sort(names)
print "weights of fields"
for _, signal in ipairs(names) do print(("  %-7s %5.1f -> %5.1f"):format(signal, before[signal], after[signal])) end

print_figures("with these", function(row)
  local list = all[row.path .. row.from .. row.to]
  if not list then
    local first = renames.kernel(row.to):successors(row.path, { from = renames.kernel(row.from) })()
    return first
  end
  local best
  for _, s in ipairs(list) do
    local score = logistic(s.rest + odds_of(after, s.signals))
    if score >= 0.5 and (not best or score > best.score) then best = { successor = s.successor, score = score } end
  end
  return best
end)
