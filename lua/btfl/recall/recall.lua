--- What was found of an object on a kernel, said again of another that answers alike all that was asked.
local engine = require "btfl.engine"
local exact = require "btfl.runs.exact"
local kept = require "btfl.kept"
local modules = require "btfl.kernels.modules"

local methods = {}
local metatable = { __index = methods }

--- The kernel that is looked at from now on, which stays open until the next.
---@param target btfl.target
function methods:meet(target)
  self.target = target
  self.now = engine.recall_meet(self.heard, target, modules.may_lie_beside(target))
end

-- Of all objects of a run that is kept, so it is flat: a list has questions, and behind them what was found,
-- by answers.

-- What was found by these questions, so far nothing where they are new.
local function found_by(list, questions)
  local n = #list
  for i = 1, n, 2 do
    if list[i] == questions then return list[i + 1] end
  end
  local found = {}
  list[n + 1], list[n + 2] = questions, found
  return found
end

-- What was found by another run, before it is read.
local UNREAD <const> = {}

-- Answers to questions, and to those that are asked besides relocations, with what these became.
local ANSWERS <const>, BESIDES <const> = 16, 32

-- What other runs have found of an object; values are read when they are needed.
local function read(self, object, own)
  local cache = self.cache
  local key = engine.digest(exact.encode { self.about, object.path, object.digest })
  self.keys[object] = key
  for _, record in ipairs(cache.disk:load(key)) do
    local questions = engine.recall_read(self.heard, record.questions)
    local list = own[#record.answers]
    if not (questions and list) then
      cache.disk:refuse_key(key)
    else
      found_by(list, questions)[record.answers] = setmetatable({ text = record.value }, UNREAD)
    end
  end
end

-- What is known of an object, by how long the answers are; and what still() says of it.
local function none_asked()
  return { [ANSWERS] = {}, [BESIDES] = {} }
end

local function askings_of(self, object)
  local own = self.askings[object]
  if not own then
    own = none_asked()
    self.askings[object] = own
    if self.cache then read(self, object, own) end
  end
  return own
end

-- The value that was found, which may have been written by another run; nil where that is none.
local function value_of(self, object, found, answers)
  local value = found[answers]
  if getmetatable(value) ~= UNREAD then return value end
  local text = value.text
  value = self.cache.decode(text, object, self.target)
  if value == false then return nil end
  found[answers] = value
  if value ~= nil then self.texts[value] = text else self.cache.disk:refuse_key(self.keys[object]) end
  return value
end

-- What was found where the same was asked and answered as the kernel of now does, and the questions; where
-- relocations became the same, of those that were asked besides.
local function known_of(self, object, own, became)
  local list = own[became and BESIDES or ANSWERS]
  for i = #list - 1, 1, -2 do
    local answers = engine.recall_answers(self.heard, list[i], became)
    local value = answers and value_of(self, object, list[i + 1], answers .. (became or ""))
    if value ~= nil then return value, list[i] end
  end
  return nil
end

-- The value for another run, as long as it is kept itself; nil where it is of this kernel alone.
local function text_of(self, object, value)
  if self.texts[value] == nil then
    self.texts[value] = self.cache.encode(value, object, self.target) or false
  end
  return self.texts[value] or nil
end

local function keep(self, object, own, questions, became, value)
  local answers = engine.recall_answers(self.heard, questions, became)
  if not answers then return end
  answers = answers .. (became or "")
  found_by(own[#answers], questions)[answers] = value
  local text = self.cache and text_of(self, object, value)
  if not text then return end
  table.insert(self.learned, { key = self.keys[object],
    questions = engine.recall_spell(self.heard, questions), answers = answers, value = text })
end

-- The answers to these questions are those of the kernel of now.
local function remember(self, own, questions, value)
  own.questions, own.value, own.since = questions, value, self.now
end

--- What was found of an object before, where it was known then, and all answers are as they were. What it was
--- found by has not changed since, either: see of().
---@param object btfl.object
---@return any nil where it is to be asked of of()
function methods:still(object)
  local own = self.askings[object]
  local questions = own and own.questions
  if not (questions and engine.recall_unchanged(self.heard, questions, own.since)) then return nil end
  own.since = self.now
  return own.value
end

--- What find() finds of an object on the kernel of now, and whether it was known. Of each object the same is
--- to be found. It is kept where find() says so, which then depends on nothing but the two, and on `by`: what
--- was found by another one is not known any more. Nothing but find() changes it.
---@generic T
---@param object btfl.object
---@param find fun(): T, boolean?
---@param by? any
---@param wake? fun(): boolean? whether the object can be looked into; asked where it has to be
---@return T nil where it cannot
---@return boolean
function methods:of(object, find, by, wake)
  if self.by[object] ~= by then
    if self.by[object] ~= nil then self.askings[object] = none_asked() end
    self.by[object] = by
  end
  local own, relocating, became, besides, whole = askings_of(self, object), nil, nil, nil, nil
  local value, asked = known_of(self, object, own)
  if value ~= nil then
    remember(self, own, asked, value)
    return value, true
  end
  own.questions, own.value = nil, nil
  if wake and not wake() then return nil, false end
  if not own.untold and not object:clash(self.target) then
    relocating, became = engine.recall_relocate(self.heard, object, self.target)
  end
  if became then value, besides = known_of(self, object, own, became) end
  local known = value ~= nil
  if known then
    kept.rest(object)
  else
    besides = engine.recall_listen(self.heard, object, self.target, function()
      value, whole = find()
      return whole
    end, became)
    if besides and became then keep(self, object, own, besides, became, value) end
    own.untold = not besides or nil
  end
  if besides then
    local questions = became and engine.recall_join(self.heard, relocating, besides) or besides
    keep(self, object, own, questions, nil, value)
  end
  return value, known
end

--- What is to be written, as plain values for another process; it is not here any more.
---@return table[]
function methods:take()
  local learned = self.learned
  self.learned = {}
  return learned
end

--- Adds what take() gave there.
---@param learned table[]
function methods:add(learned)
  table.move(learned, 1, #learned, #self.learned + 1, self.learned)
end

--- Writes what was found, for other runs.
function methods:save()
  local by_key = {}
  for _, record in ipairs(self:take()) do
    by_key[record.key] = by_key[record.key] or {}
    table.insert(by_key[record.key], record)
  end
  for key, records in pairs(by_key) do self.cache.disk:save(key, records) end
end

local recall = {}

-- encode() gives a text for another run, nil for what is not written; decode() the value of that on a kernel,
-- nil where it is none, false where it cannot be told of that kernel.
---@class btfl.recall.cache
---@field disk table of disk.lua
---@field about string what is found depends on it, besides the object and the kernel
---@field encode fun(value: any, object: btfl.object, target: btfl.target): string?
---@field decode fun(text: string, object: btfl.object, target: btfl.target): any

---@param cache? btfl.recall.cache
---@return table
function recall.new(cache)
  return setmetatable({ heard = engine.recall_new(), askings = {}, by = {}, keys = {}, learned = {},
    cache = cache, about = cache and engine.digest(cache.about),
    texts = setmetatable({}, { __mode = "k" }) }, metatable)
end

return recall
