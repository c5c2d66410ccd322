--- What a field is called on the kernels between the one that has it and the target, and in which order its
--- names are to be tried, so that each kernel is read where it is right there.
local question = require "btfl.successor.question"

local steps = {}

---@class btfl.step
---@field paths string[] what must be there: the field and, before it, the pointer that leads to it
---@field suggestion btfl.suggestion? nil: the name that was asked for
---@field suffix string of its flavors

local function has(btfs, step)
  for _, path in ipairs(step.paths) do
    local q = question.parse(path)
    if not (q and question.find(btfs, q)) then return false end
  end
  return true
end

local function paths_of(s)
  return { s.successor, (s.via or ""):match "^([^%s>]+)%->" }
end

local function same_paths(a, b)
  return table.concat(a.paths, ">") == table.concat(b.paths, ">")
end

--- Whether a reader that is handed what the old name's struct was gets to the successor.
---@param s btfl.suggestion
---@return boolean
function steps.reachable(s)
  if paths_of(s)[2] then return true end
  local essential = s.query:match "^[^.]*"
  return s.successor:match "^[^.]*" == essential:gsub("___.*$", "") and not s.via
end

-- The step that a witness without the name stands for: one of the list, a new one, or nil for not known.
local function step_on(s, witness, list)
  if not witness.target then return nil end
  local t = s.ask(witness.target)
  if not t or t.doubt or t.change == "same" or not steps.reachable(t) then return nil end
  local step = { paths = paths_of(t), suggestion = t }
  for _, other in ipairs(list) do
    if same_paths(other, step) then
      local had = other.suggestion and other.suggestion.type:resolve() or nil
      local fits = had and had.kind == t.type:resolve().kind and had.size == t.type:resolve().size
      return fits and other or nil
    end
  end
  table.insert(list, 2, step)
  return step
end

-- Whether `step`, tried before those that remain, would be taken on a kernel where another is right.
local function misleads(step, remaining, kernels)
  for _, kernel in ipairs(kernels) do
    if kernel.right and kernel.right ~= step and has(kernel.btfs, step) then
      for _, other in ipairs(remaining) do
        if other == kernel.right then return true end
      end
    end
  end
  return false
end

--- The names in the order in which they are to be tried, the newest first where nothing speaks against it;
--- and the names of the kernels on which none of them is known to be right. Raises when there is no order
--- in which each kernel is read where it is right.
---@param s btfl.suggestion of a field
---@return btfl.step[], string[] unknown
function steps.of(s)
  local old = { paths = { s.query }, suffix = "old" }
  local new = { paths = paths_of(s), suggestion = s, suffix = "new" }
  local list, unknown = { new }, {}
  local kernels = { { btfs = question.btfs { { btfs = s.own } }, right = new } }
  for _, witness in ipairs(s.witnesses) do
    local right = has(witness.btfs, old) and old or step_on(s, witness, list)
    kernels[#kernels + 1] = { btfs = witness.btfs, right = right }
    if not right then unknown[#unknown + 1] = witness.name end
  end
  for i = 2, #list do list[i].suffix = ("step%d"):format(#list - i + 1) end
  list[#list + 1] = old
  local order = {}
  while #list > 0 do
    local at = 1
    while at <= #list and misleads(list[at], list, kernels) do at = at + 1 end
    if at > #list then error("each of its names is something else on another of the kernels", 0) end
    order[#order + 1] = table.remove(list, at)
  end
  return order, unknown
end

return steps
