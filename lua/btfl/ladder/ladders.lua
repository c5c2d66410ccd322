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
  for like, first, last in kernels:cases(targets) do
    local branches = there[like] or branches_of(program, like, kernels, relos, known)
    for n = first, last do there[targets[n]] = branches end
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
local function head_of(ladder, distinct)
  local head = ladder.insn
  for _, target in ipairs(distinct) do
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
local function only_answer(distinct, answers)
  local one = answers[distinct[1]]
  for _, target in ipairs(distinct) do
    if answers[target] ~= one then return nil end
  end
  return one
end

local ALL = { ["1"] = "always", ["0"] = "never" }

local function verdict_of(ladder, set)
  local order = set.ends
  local function answer(target) return ladder.answers[target] end
  local function arm(target) return arm_of(ladder, target) end
  local one = only_answer(set.distinct, ladder.answers)
  if one then
    return #ladder.relos == 1 and questions.exists(ladder.relos[1]) and ALL[one] or "constant"
  end
  if #ladder.gaps > 0 then return "gap" end
  if not all_in_order(order.lists, arm) then return "mixed" end
  if in_order(order.all, answer) then return "monotone" end
  return all_in_order(order.lists, answer) and "mixed" or "covered"
end

local function judge(ladder, set, kernels)
  local targets, answers = set.list, {}
  ladder.answers, ladder.gaps = answers, {}
  for like, first, last in kernels:cases(targets) do
    local answer = answers[like] or answer_of(ladder, like, kernels)
    for n = first, last do answers[targets[n]] = answer end
  end
  ladder.head = head_of(ladder, set.distinct)
  local function arm(target) return arm_of(ladder, target) end
  for i, list in ipairs(set.order.lists) do
    if gap_in(set.ends.lists[i], arm) then table.insert(ladder.gaps, gap_in(list, arm)) end
  end
  ladder.verdict = verdict_of(ladder, set)
  ladder.vector = vector_of(set.ends, answers)
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

-- Kernels in order of release. Those that are closed are mostly one list for one object after the other.
local known = {}

local function order_of(list)
  if known.list == list then return known.order end
  local order = {}
  order.lists, order.all, order.others = series.of(list)
  if type(list[1]) == "table" then known = { list = list, order = order } end
  return order
end

local function add_program(out, program, is_asked, set, kernels, options)
  local list, shown = collect(program, set.list, kernels, is_asked), {}
  for i, ladder in ipairs(list) do
    judge(ladder, set, kernels)
    shown[i] = given(ladder)
    out[#out + 1] = shown[i]
  end
  findings.add(shown, set.list, kernels, options)
  guards.add(shown, list, set.list, set.distinct, kernels)
end

-- Of a list the first and the last of each stretch that answers alike.
local function ends_of(list, kernels)
  local ends = { name = list.name }
  for _, first, last in kernels:cases(list) do
    ends[#ends + 1] = list[first]
    if last > first then ends[#ends + 1] = list[last] end
  end
  return ends
end

-- One of each kind of kernels that answer alike, in order.
local function each_kind(list, kernels)
  local distinct, seen = {}, {}
  for like in kernels:cases(list) do
    if not seen[like] then distinct[#distinct + 1], seen[like] = like, true end
  end
  return distinct
end

---@class btfl.ladders.set the kernels that an object is held against
---@field list btfl.target[]
---@field distinct btfl.target[] one of each kind of those that answer alike, in order
---@field order { lists: table[], all: btfl.target[], others: btfl.target[] } of series.of()
---@field ends { lists: table[], all: btfl.target[], others: btfl.target[] } of these what ends stretches

local function comparable(kernels)
  local list = kernels:compared()
  local order = order_of(list)
  local ends = { lists = {}, all = ends_of(order.all, kernels), others = order.others }
  for i, one in ipairs(order.lists) do ends.lists[i] = ends_of(one, kernels) end
  return { list = list, distinct = each_kind(list, kernels), order = order, ends = ends }
end

--- See object:ladders in meta.lua.
---@param object btfl.object
---@param kernels btfl.facts
---@param options btfl.check.options
---@return btfl.object.ladder[]
function ladders.of(object, kernels, options)
  local out, skip, set = {}, {}, nil
  if not object.btf then return out end
  for _, name in ipairs(options.skip or {}) do skip[name] = true end
  for program in object:programs() do
    local is_asked = not (program.entry and skip[program.name]) and questions.of(program)
    if is_asked then
      set = set or comparable(kernels)
      if #set.list > 0 then add_program(out, program, is_asked, set, kernels, options) end
    end
  end
  for _, ladder in ipairs(out) do
    for _, finding in ipairs(ladder.findings) do finding.shape = options.shape end
    if ladder.cleanup then ladder.cleanup.shape = options.shape end
  end
  return out
end

return ladders
