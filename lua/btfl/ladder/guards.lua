--- Guards that ask for another thing than what they guard accesses.
local class = require "btfl.class"
local findings = require "btfl.ladder.findings"
local kept = require "btfl.kept"
local questions = require "btfl.ladder.questions"

local guards = {}

-- Of the accesses that a finding is about, so many are named.
local SHOWN = 3

-- Enums and structs that only tell whether the kernel has a helper, a type of map or of program.
local function is_probe(relo)
  return (relo.type.essential or ""):find "^bpf_" ~= nil
end

local function without_flavours(path)
  return (path:gsub("___[%w_]+", ""))
end

local function starts(text, with)
  return text == with or text:sub(1, #with) == with and text:sub(#with + 1, #with + 1):find "[.%[]" ~= nil
end

-- Whether an access steps into the type that a relocation is about.
local function steps_into(relo, essential)
  if relo.type.essential == essential then return true end
  for type in relo.accessor and relo.accessor:steps() or function() end do
    if class(type) == "btfl.type" and type.essential == essential then return true end
  end
  return false
end

-- Whether an access is of what a question is about: the type, or the field, something in it or around it.
local function is_of(access, question)
  if question.kind ~= "field_exists" then return steps_into(access, question.type.essential) end
  local there, asked = without_flavours(access.path), without_flavours(question.path)
  return starts(there, asked) or starts(asked, there)
end

-- The relocations of a program, and its calls of functions, each with its instruction.
local parts_of = kept.by(function(program)
  local parts = { relos = {}, calls = {} }
  for relo in program:relos() do parts.relos[#parts.relos + 1] = { insn = relo.insn, relo = relo } end
  for call in program:calls() do
    local callee = call.callee
    if callee then parts.calls[#parts.calls + 1] = { insn = call.insn, callee = callee } end
  end
  return parts
end)

-- The relocations behind one side of a branch, and those of the functions that are called there.
local function behind(program, side, places)
  local list, seen = {}, {}
  if not side then return list end
  local function add_all(callee)
    if seen[callee] then return end
    seen[callee] = true
    local parts = parts_of(callee, "parts")
    for _, one in ipairs(parts.relos) do list[#list + 1] = one.relo end
    for _, call in ipairs(parts.calls) do add_all(call.callee) end
  end
  local parts, from, to = parts_of(program, "parts"), side.from, side.to
  for _, one in ipairs(parts.relos) do
    local place = places[one.insn]
    if place and place >= from and place <= to then list[#list + 1] = one.relo end
  end
  for _, call in ipairs(parts.calls) do
    local place = places[call.insn]
    if place and place >= from and place <= to then add_all(call.callee) end
  end
  return list
end

-- The branches on the first kernel that answers so.
local function answered(ladder, targets, answer)
  for _, target in ipairs(targets) do
    local branch = ladder.there[target].at[ladder.insn]
    if ladder.answers[target] == answer and branch and branch.taken then return branch, target end
  end
  return nil
end

local OTHER = { falls = "jumps", jumps = "falls" }

-- What is behind the branch where there is such a thing, and where there is none.
local function sides_of(ladder, targets)
  local branch, target = answered(ladder, targets, "1")
  local yes = branch and branch.taken
  if not branch then
    branch, target = answered(ladder, targets, "0")
    yes = branch and OTHER[branch.taken]
  end
  if not branch then return nil end
  local places = ladder.there[target].places
  return behind(ladder.program, branch[yes], places), behind(ladder.program, branch[OTHER[yes]], places)
end

local function is_missing(relo, targets, kernels)
  for _, target in ipairs(targets) do
    if not kernels:outcome(target, relo).ok then return true end
  end
  return false
end

-- Of the same struct a field that all kernels have needs no guard, and is read along with that asked for.
local function is_strange(access, question, targets, kernels)
  if access.kind == "local_type_id" or questions.exists(access) or is_probe(access) then return false end
  return access.type.essential ~= question.type.essential or is_missing(access, targets, kernels)
end

-- The accesses that a question guards, when none is of what it asks for.
local function strangers(guard, targets, kernels)
  local list, seen = {}, {}
  for _, side in ipairs { guard.yes, guard.no } do
    for _, access in ipairs(side) do
      if is_of(access, guard.question) then return {} end
    end
  end
  for _, access in ipairs(guard.yes) do
    if not seen[access.path] and is_strange(access, guard.question, targets, kernels) then
      list[#list + 1], seen[access.path] = access.path, true
    end
  end
  return list
end

-- By question: all that its branches guard, wherever they stand.
local function collect(shown, list, targets)
  local found, order = {}, {}
  for i, ladder in ipairs(list) do
    local question = ladder.relos[1]
    if #ladder.relos == 1 and questions.exists(question) and not is_probe(question) then
      local yes, no = sides_of(ladder, targets)
      local text = questions.text(question)
      local guard = found[text]
      if yes and not guard then
        guard = { question = question, ladder = shown[i], yes = {}, no = {} }
        found[text], order[#order + 1] = guard, guard
      end
      if yes then
        table.move(yes, 1, #yes, #guard.yes + 1, guard.yes)
        table.move(no, 1, #no, #guard.no + 1, guard.no)
      end
    end
  end
  return order
end

--- Adds the findings of the guards of a program, where there are several kernels: shown are its ladders, list
--- is what ladders.lua knows of them.
---@param shown btfl.object.ladder[]
---@param list table[]
---@param targets btfl.target[]
---@param distinct btfl.target[] one of each kind of those that answer alike, in order
---@param kernels btfl.facts
function guards.add(shown, list, targets, distinct, kernels)
  if #targets < 2 then return end
  for _, guard in ipairs(collect(shown, list, distinct)) do
    local others = strangers(guard, distinct, kernels)
    if #others > 0 then
      local finding = findings.of(guard.ladder, { guard.question }, {
        rule = "guard-other",
        message = ("asks for `%s`, and guards accesses of other things: `%s`"):format(guard.question.path,
          table.concat(others, "`, `", 1, math.min(#others, SHOWN))),
      })
      finding.targets = {}
      for i, target in ipairs(targets) do finding.targets[i] = target.name end
      table.insert(guard.ladder.findings, finding)
    end
  end
end

return guards
