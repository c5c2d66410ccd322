--- What was found of an object on a kernel, said again of another that answers alike all that was asked.
local engine = require "btfl.engine"
local kept = require "btfl.arguments.kept"
local modules = require "btfl.kernels.modules"

local methods = {}
local metatable = { __index = methods }

--- The kernel that is looked at from now on, which stays open until the next.
---@param target btfl.target
function methods:meet(target)
  self.target = target
  engine.recall_meet(self.heard, target, modules.may_lie_beside(target))
end

-- What was found where the same was asked and answered as the kernel of now does.
local function known_of(self, list)
  for i = #list, 1, -1 do
    local answers = engine.recall_answers(self.heard, list[i].questions)
    local value = answers and list[i].values[answers]
    if value ~= nil then return value end
  end
  return nil
end

-- Those of a list with the same questions, a new one where there is none.
local function asking_of(list, questions)
  for _, asking in ipairs(list) do
    if asking.questions == questions then return asking end
  end
  list[#list + 1] = { questions = questions, values = {} }
  return list[#list]
end

--- What find() finds of an object on the kernel of now, and whether it was known. Of each object the same is
--- to be found. It is kept where find() says so, which then depends on nothing but the two.
---@generic T
---@param object btfl.object
---@param find fun(): T, boolean?
---@return T
---@return boolean
function methods:of(object, find)
  local list = self.askings[object] or {}
  self.askings[object] = list
  local known = known_of(self, list)
  if known ~= nil then return known, true end
  local value, keep
  kept.forget()
  local questions = engine.recall_listen(self.heard, object, self.target, function()
    value, keep = find()
    return keep
  end)
  local answers = questions and engine.recall_answers(self.heard, questions)
  if answers then asking_of(list, questions).values[answers] = value end
  return value, false
end

---@class btfl.recall of one run
local recall = {}

---@return btfl.recall
function recall.new()
  return setmetatable({ heard = engine.recall_new(), askings = {} }, metatable)
end

return recall
