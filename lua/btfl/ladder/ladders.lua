--- The branches of an object that a kernel's answers decide, and how these go over a set of kernels: see
--- object:ladders in meta.lua.
local findings = require "btfl.ladder.findings"
local guards = require "btfl.ladder.guards"
local questions = require "btfl.ladder.questions"
local series = require "btfl.kernels.series"

local ladders = {}

-- Adds what decides a branch, each question once.
local function add_questions(ladder, relos, is_asked)
  for _, relo in ipairs(relos) do
    local text = questions.text(relo)
    if is_asked(relo) and not ladder.asks[text] then
      ladder.asks[text] = true
      table.insert(ladder.relos, relo)
    end
  end
end

local function by_insn(a, b) return a.insn < b.insn end

local function by_index(a, b) return a.index < b.index end

-- The branches there, by instruction. Kernels that answer alike take the same ways.
local function branches_of(program, target, kernels, relos, known)
  local key = questions.key(relos, target, kernels)
  known[key] = known[key] or kernels:branches(target, program, key)
  return known[key]
end

-- One for each branch that is decided on some kernel; `there` is by target what the branches are.
local function collect(program, targets, kernels, is_asked)
  local relos, known, there, at, list = questions.asked(program, is_asked), {}, {}, {}, {}
  for _, target in ipairs(targets) do
    local like = kernels:like(target)
    there[target] = there[like] or branches_of(program, like, kernels, relos, known)
  end
  for _, branches in pairs(known) do
    for insn, branch in pairs(branches.at) do
      at[insn] = at[insn] or { program = program, insn = insn, relos = {}, asks = {}, there = there }
      add_questions(at[insn], branch.relos, is_asked)
    end
  end
  for _, ladder in pairs(at) do
    table.sort(ladder.relos, by_index)
    if #ladder.relos > 0 then list[#list + 1] = ladder end
  end
  table.sort(list, by_insn)
  return list
end

-- The answers to all that decides the branch: "1", or "0,1".
local function answer_of(ladder, target, kernels)
  local answers = {}
  for i, relo in ipairs(ladder.relos) do answers[i] = kernels:answer(target, relo) end
  return table.concat(answers, ",")
end

-- Where the ladder starts that a branch belongs to: the first branch that leads there by itself.
local function head_of(ladder, targets)
  local head = ladder.insn
  for _, target in ipairs(targets) do
    local branch = ladder.there[target].at[ladder.insn]
    if branch and branch.asked and branch.head < head then head = branch.head end
  end
  return head
end

-- What of a ladder runs there; nil where it is not asked.
local function arm_of(ladder, target)
  local branch = ladder.there[target].at[ladder.head]
  return branch and branch.arm
end

-- Where a series ends with what it had before, and something else between.
local function gap_in(list, value)
  local runs = series.runs(list, value)
  local last = runs[#runs]
  local function items(from, to)
    local out = {}
    for i = from, to do table.move(runs[i], 1, #runs[i], #out + 1, out) end
    return out
  end
  for i = 1, #runs - 2 do
    if runs[i].value == last.value then
      return { series = list.name, like = items(i, i), between = items(i + 1, #runs - 1),
        newest = items(#runs, #runs) }
    end
  end
  return nil
end

-- Whether nothing comes back.
local function in_order(list, value)
  local seen = {}
  for _, run in ipairs(series.runs(list, value)) do
    if seen[run.value] then return false end
    seen[run.value] = true
  end
  return true
end

local function all_in_order(lists, value)
  for _, list in ipairs(lists) do
    if not in_order(list, value) then return false end
  end
  return true
end

-- "cloud-amd64: 5.10.223=0 6.1.192..6.16.3=1; generic-amd64: ...", and "name=0" of those without a version.
local function vector_of(order, answers)
  local out = {}
  for i, list in ipairs(order.lists) do
    local parts = {}
    for _, run in ipairs(series.runs(list, function(target) return answers[target] end)) do
      parts[#parts + 1] = series.span(run):gsub(" ", "") .. "=" .. run.value
    end
    out[i] = (list.name ~= "" and list.name .. ": " or "") .. table.concat(parts, " ")
  end
  for _, target in ipairs(order.others) do out[#out + 1] = target.name .. "=" .. answers[target] end
  return table.concat(out, "; ")
end

-- The one answer of all kernels, nil when there are several.
local function only_answer(targets, answers)
  local one = answers[targets[1]]
  for _, target in ipairs(targets) do
    if answers[target] ~= one then return nil end
  end
  return one
end

local ALL = { ["1"] = "always", ["0"] = "never" }

local function verdict_of(ladder, targets, order)
  local function answer(target) return ladder.answers[target] end
  local function arm(target) return arm_of(ladder, target) end
  local one = only_answer(targets, ladder.answers)
  if one then
    return #ladder.relos == 1 and questions.exists(ladder.relos[1]) and ALL[one] or "constant"
  end
  if #ladder.gaps > 0 then return "gap" end
  if not all_in_order(order.lists, arm) then return "mixed" end
  if in_order(order.all, answer) then return "monotone" end
  return all_in_order(order.lists, answer) and "mixed" or "covered"
end

local function judge(ladder, targets, order, kernels)
  ladder.answers, ladder.gaps = {}, {}
  for _, target in ipairs(targets) do
    local like = kernels:like(target)
    ladder.answers[target] = ladder.answers[like] or answer_of(ladder, like, kernels)
  end
  ladder.head = head_of(ladder, targets)
  for _, list in ipairs(order.lists) do
    table.insert(ladder.gaps, gap_in(list, function(target) return arm_of(ladder, target) end))
  end
  ladder.verdict = verdict_of(ladder, targets, order)
  ladder.vector = vector_of(order, ladder.answers)
end

-- What is given out of it.
local function given(ladder)
  local texts = {}
  for i, relo in ipairs(ladder.relos) do texts[i] = questions.text(relo) end
  return {
    program = ladder.program, insn = ladder.insn, head = ladder.head, relos = ladder.relos,
    line = ladder.program:line(ladder.insn), question = table.concat(texts, ", "),
    answers = ladder.answers, vector = ladder.vector, verdict = ladder.verdict, gaps = ladder.gaps,
    findings = {},
  }
end

-- Whether two lists have the same.
local function same(a, b)
  for i = 1, math.max(#a, #b) do
    if a[i] ~= b[i] then return false end
  end
  return true
end

-- Kernels in order of release. Those that are closed are mostly the same for one object after the other.
local last = { list = {} }

local function order_of(list)
  if type(list[1]) == "table" and same(last.list, list) then return last.order end
  local order = {}
  order.lists, order.all, order.others = series.of(list)
  if type(list[1]) == "table" then last = { list = list, order = order } end
  return order
end

local function add_program(out, program, is_asked, targets, order, kernels, options)
  local list, shown = collect(program, targets, kernels, is_asked), {}
  for i, ladder in ipairs(list) do
    judge(ladder, targets, order, kernels)
    shown[i] = given(ladder)
    out[#out + 1] = shown[i]
  end
  findings.add(shown, targets, kernels, options)
  guards.add(shown, list, targets, kernels)
end

-- The kernels that it is held against, and their order.
local function comparable(kernels)
  local list = {}
  for kernel in kernels:comparable() do list[#list + 1] = kernel end
  return list, order_of(list)
end

--- See object:ladders in meta.lua.
---@param object btfl.object
---@param kernels btfl.facts
---@param options btfl.check.options
---@return btfl.object.ladder[]
function ladders.of(object, kernels, options)
  local out, skip, list, order = {}, {}, nil, nil
  if not object.btf then return out end
  for _, name in ipairs(options.skip or {}) do skip[name] = true end
  for program in object:programs() do
    local is_asked = not (program.entry and skip[program.name]) and questions.of(program)
    if is_asked then
      if not list then list, order = comparable(kernels) end
      if #list > 0 then add_program(out, program, is_asked, list, order, kernels, options) end
    end
  end
  for _, ladder in ipairs(out) do
    for _, finding in ipairs(ladder.findings) do finding.shape = options.shape end
    if ladder.cleanup then ladder.cleanup.shape = options.shape end
  end
  return out
end

return ladders
