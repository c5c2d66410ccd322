--- Policies: makes one from a table of hooks, finds one by name or file. See btfl.policy in meta.lua.
local caller = require "btfl.policy.support.caller"
local class = require "btfl.class"
local engine = require "btfl.engine"
local named = require "btfl.command.named"

caller.mark_own()

local KEYS = { name = "string", lint = "function", extends = "any", when = "table" }
for hook in pairs(engine.hooks) do KEYS[hook] = "function" end

-- Raises at the user's line: that of the function concerned, else that at which the policy is made.
local function fail(f, message, ...)
  local where = type(f) == "function" and caller.definition(f) or caller.place()
  error(where .. message:format(...), 0)
end

-- The words of each hook as lists: of which questions it is asked.
local function words_of(definition)
  local lists = {}
  for hook, words in pairs(definition.when or {}) do
    if not definition[hook] or not engine.hooks[hook] then
      fail(nil, "`when` of a policy tells of its hooks, and it has no `%s`%s", tostring(hook),
        require "btfl.meant"(hook, engine.hooks))
    end
    if type(words) == "string" then words = { words } end
    if type(words) ~= "table" then
      fail(nil, "when.%s of a policy is a word or a list of words, not a %s value", hook, type(words))
    end
    for _, word in ipairs(words) do
      if not engine.hooks[hook][word] then
        fail(nil, "`%s` is no word of `when.%s`%s", tostring(word), hook,
          require "btfl.meant"(word, engine.hooks[hook]))
      end
    end
    lists[hook] = words
  end
  return lists
end

local function check_definition(definition)
  for key, value in pairs(definition) do
    local want = KEYS[key]
    if not want then
      fail(value, "a policy has no hook `%s`%s", tostring(key), require "btfl.meant"(key, KEYS))
    end
    if want ~= "any" and type(value) ~= want then
      fail(value, "%s of a policy is a %s, not a %s value", key, want, type(value))
    end
  end
  if not definition.name then fail(nil, "a policy needs a name") end
end

local loading = {} -- names of the policies that are being loaded, to find one that extends itself
local loaded = {}
local by_name = {} -- the same: a script may name one for each pair of object and kernel

-- The chunk of a policy, and what identifies it.
local function find(name)
  if named.is_file(name) then
    local chunk, message = named.load(name)
    return chunk or error(message, 0), name
  end
  local chunk, place = named.module("btfl.policy." .. name)
  if not chunk then chunk, place = named.module(name) end
  if not chunk then
    local file <close> = io.open(name .. ".lua")
    error(("there is no policy `%s`%s"):format(name,
      file and (" (the file of that name is --policy ./%s.lua)"):format(name) or ""), 0)
  end
  return chunk, place
end

local function load(name)
  if by_name[name] then return by_name[name] end
  local chunk, id = find(name)
  by_name[name] = loaded[id]
  if loaded[id] then return loaded[id] end
  if loading[id] then error(("policy `%s` extends itself"):format(name), 0) end
  loading[id] = true
  local results = table.pack(pcall(caller.run, chunk, name))
  local ok, policy = results[1], results[2]
  loading[id] = nil
  if not ok then error(policy, 0) end
  if class(policy) ~= "btfl.policy" then
    error(("%s: a policy file returns a policy, %s"):format(id,
      results.n == 1 and "and this one returns nothing" or ("not a %s value"):format(type(policy))), 0)
  end
  loaded[id], by_name[name] = policy, policy
  return policy
end

-- The tiers of what a policy extends: nothing, a policy, or the name or file of one.
local function tiers_of(extends)
  if extends == nil then return {} end
  local ok, policy = true, extends
  if type(extends) == "string" then ok, policy = pcall(load, extends) end
  if not ok then fail(nil, "%s", tostring(policy)) end
  if class(policy) ~= "btfl.policy" then
    fail(nil, "extends of a policy is a policy or the name of one, not a %s value", type(policy))
  end
  return policy:tiers()
end

local function make(definition)
  check_definition(definition)
  local tiers = tiers_of(definition.extends)
  local tier = {}
  for key in pairs(KEYS) do tier[key] = definition[key] end
  tier.when = words_of(definition)
  table.insert(tiers, 1, tier)
  return engine.policy(tiers)
end

--- See btfl.policy in meta.lua.
---@param definition btfl.policy.definition|string
---@return btfl.policy
return function(definition)
  if type(definition) == "string" then return load(definition) end
  if type(definition) ~= "table" then fail(nil, "a policy is made from a table or a name") end
  return make(definition)
end
