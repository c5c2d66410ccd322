--- Something of an owner and a key, made once for as long as the owner lives: make(owner, key, ...).
local engine = require "btfl.engine"

local kept = {}

-- Something of each owner, by key.
local function by_owner()
  local owners = setmetatable({}, { __mode = "k" })
  return function(owner)
    local known = owners[owner]
    if not known then
      known = {}
      owners[owner] = known
    end
    return known
  end
end

-- What of(owner) has of a key, made where it has nothing.
local function once(of, make)
  return function(owner, key, ...)
    local known = of(owner)
    local value = known[key]
    if value == nil then
      value = make(owner, key, ...)
      known[key] = value
    end
    return value
  end
end

---@generic T
---@param make fun(owner: any, key: any, ...): T
---@return fun(owner: any, key: any, ...): T
function kept.by(make) return once(by_owner(), make) end

-- Of objects: a list of what is made for each, by the function that made it, while they are looked at; bytes
-- while they rest, with what is no part of these where there is any.
local awake, resting = setmetatable({}, { __mode = "k" }), setmetatable({}, { __mode = "k" })

-- What several objects have, by number, and the number of each; the last number at 0.
local shared = setmetatable({ [0] = 0 }, { __mode = "kv" })

--- A table that is one for several objects, and stays for longer than any of them is looked at: `t`.
---@generic T: table
---@param t T
---@return T
function kept.shared(t)
  if not shared[t] then
    local number = shared[0] + 1
    shared[0], shared[number], shared[t] = number, t, number
  end
  return t
end

local function lists_of(object)
  local lists = awake[object]
  if not lists then
    local bytes, aside = resting[object], nil
    if type(bytes) == "table" then bytes, aside = bytes.bytes, bytes end
    lists = bytes and engine.unpack_resting(bytes, object, shared, aside) or {}
    awake[object], resting[object] = lists, nil
  end
  return lists
end

local makers = 0

--- The same as kept.by() where the owner is an object, and what is made of it, all of which rests when it
--- does: kept.rest(). Nobody may have any of that for longer, or go by which table it is.
---@generic T
---@param make fun(owner: btfl.object, key: any, ...): T
---@return fun(owner: btfl.object, key: any, ...): T
---@return fun(owner: btfl.object, key: any, value: T) put another in the place of it, nil for none
function kept.of_object(make)
  makers = makers + 1
  local number = makers
  local function known_of(object)
    local lists = lists_of(object)
    lists[number] = lists[number] or {}
    return lists[number]
  end
  return once(known_of, make), function(object, key, value) known_of(object)[key] = value end
end

--- An object is not looked at for a while: where many are open, it rests. What is kept of it then takes a
--- fifth of what its tables took, and nothing that the collector goes through.
---@param object btfl.object
function kept.rest(object)
  if engine.rest(object) and awake[object] then
    local bytes, aside = engine.pack_resting(awake[object], object, shared)
    if aside then aside.bytes = bytes end
    awake[object], resting[object] = nil, aside or bytes
  end
end

--- The same where the owner is a kernel, or a type of one: who listens to what it is asked hears that each
--- time.
---@generic T
---@param make fun(owner: any, key: any, ...): T
---@return fun(owner: any, key: any, ...): T
function kept.of_kernel(make)
  local of, asked_of = by_owner(), by_owner()
  return function(owner, key, ...)
    local known, asked = of(owner), asked_of(owner)
    local value = known[key]
    if value == nil or not engine.recall_again(asked[key]) then
      value, asked[key] = engine.recall_part(make, owner, key, ...)
      known[key] = value
    end
    return value
  end
end

return kept
