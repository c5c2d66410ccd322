--- How good `why` is, by known renames and by changes made on purpose: first answers that are right, silence where
--- nothing came, how many of the suggestions that are sure are right, and how often a score is right; without the
--- table of renames, and with it. With --weights, too, the same (without) with weights of SCALE_FIELD fitted anew, from
--- those in src/successor/weights.c, on the rows that are tuned on; the others tell what came of it.
---   make fit    or    btfl spec/fit/fit.lua [--wrong] [--tuned] [--made N] [--weights]
--- --wrong lists what is not right of the half that is tuned on, --tuned leaves the other one alone; --made asks N
--- questions of each kind of change.

local made = require "spec.fit.made"
local renames = require "spec.fit.renames"
local routines = require "spec.fit.routines"

if not renames.have_kernels() then error("needs a corpus, in $BTFL_CORPUS or ../shared/corpus", 0) end

local options = { made = 60 }
for i, word in ipairs(arg) do
  if word == "--made" then options.made = assert(math.tointeger(arg[i + 1]), "--made takes a number")
  elseif word:find "^%-%-" then options[word:sub(3)] = true end
end

-- How far the fit may go: rounds over all rows, length of a step, and how strongly each weight is held to
-- what it was, because a hundred rows know little.
local ROUNDS, STEP, HOLD = 200, 0.02, 0.05

local function print_tenths(t)
  local parts = {}
  for tenth = 0, 9 do
    local bin = t.tenths[tenth]
    parts[#parts + 1] = bin and ("%.1f: %d/%d"):format(tenth / 10, bin.right, bin.all)
  end
  print("                  score: right of all   " .. table.concat(parts, "   "))
end

local function print_rows(list, half, answer)
  local rows, start = renames.rows(half, list), os.clock()
  local t = renames.judge(rows, answer)
  local ms = (os.clock() - start) * 1000 / #rows
  print(("  %-7s %-6s  first right %d of %d, in three %d, no answer %d; gone and silent %d of %d; sure and right "
    .. "%d of %d; %.1f ms a question"):format(list, half, t.right, t.named, t.three, t.unanswered, t.silent, t.gone,
    t.sure_right, t.sure, ms))
  print_tenths(t)
  for _, line in ipairs(options.wrong and half == "tuned" and t.wrong or {}) do print("    " .. line) end
end

local function print_figures(title, answer)
  print(title)
  for _, list in ipairs { "renames", "more", "drawn", "near", "others" } do
    print_rows(list, "tuned", answer)
    if not options.tuned then print_rows(list, "quoted", answer) end
  end
  print_rows("seen", "tuned", answer)
end

-- Changes made on purpose, by kind of change and over all pairs of kernels.
local function print_made(most)
  print "made on purpose"
  local sums = { sure = 0, sure_right = 0 }
  for _, model in ipairs(made.MODELS) do
    local right, all, wrong, ms = 0, 0, 0, 0
    for _, pair in ipairs(made.PAIRS) do
      local old, new, cases = made.questions(pair, model, most)
      local start = os.clock()
      for _, case in ipairs(cases) do
        local first = new:successors(case.path, { from = old, table = false })()
        local ok = (first and first.successor or "-") == case.successor
        local sure = first and first.score >= 0.8
        all, right, wrong = all + 1, right + (ok and 1 or 0), wrong + (first and not ok and 1 or 0)
        sums.sure, sums.sure_right = sums.sure + (sure and 1 or 0), sums.sure_right + (sure and ok and 1 or 0)
      end
      ms = ms + (os.clock() - start) * 1000
    end
    print(("  %-7s  right %d of %d, wrong %d; %.1f ms a question"):format(model, right, all, wrong, ms / all))
  end
  print(("  sure and right %d of %d"):format(sums.sure_right, sums.sure))
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
    for s in renames.kernel(row.to):successors(row.path, { from = renames.kernel(row.from), least = 0.01,
      table = false }) do
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

local function print_routine_list(list, by_table, wrong)
  local t = assert(routines.judge(list, { table = by_table }))
  print(("  %-12s  first right %d of %d, in three %d; gone and silent %d of %d; sure and right %d of %d; %.1f ms a "
    .. "question"):format(list, t.right, t.named, t.three, t.silent, t.gone, t.sure_right, t.sure,
      t.seconds * 1000 / (t.named + t.gone)))
  for _, line in ipairs(wrong and t.wrong or {}) do print("    " .. line) end
end

local function print_routines(title, by_table)
  print(("%s: functions, tracepoints and kfuncs"):format(title))
  for _, list in ipairs { "corpus", "tuned", "quoted", "more tuned", "more quoted", "drawn tuned",
    "drawn quoted", "far tuned", "far quoted" } do
    local quoted = list:find "quoted" ~= nil
    if not (quoted and options.tuned) then print_routine_list(list, by_table, options.wrong and not quoted) end
  end
end

print_figures "as it is"
print_routines("as it is", false)
print_figures("with the table of renames", renames.by_table)
print_routines("with the table of renames", true)
if options.made > 0 then print_made(options.made) end
if not options.weights then return end

local before = weights_now()

local after = fit(gather(of_fields(renames.rows "tuned"), before), before)
local all = gather(of_fields(renames.rows()), before)
local names = {}
for signal in pairs(before) do names[#names + 1] = signal end
table.sort(names)
print "weights of fields"
for _, signal in ipairs(names) do print(("  %-7s %5.1f -> %5.1f"):format(signal, before[signal], after[signal])) end

print_figures("with these", function(row)
  local asked = all[row.path .. row.from .. row.to]
  local list = {}
  for _, s in ipairs(asked or {}) do
    local score = logistic(s.rest + odds_of(after, s.signals))
    if score >= 0.5 then list[#list + 1] = { successor = s.successor, score = score } end
  end
  if not asked then
    for s in renames.kernel(row.to):successors(row.path, { from = renames.kernel(row.from), table = false }) do
      list[#list + 1] = s
    end
  end
  table.sort(list, function(a, b) return a.score > b.score end)
  return list
end)
