--- The entries of a table of renames, checked: what btfl.renames takes, in full. See there in meta.lua.
local caller = require "btfl.policy.support.caller"

caller.mark_own()

local entries = {}

-- What may stand beside a name, or beside several.
local OPTIONS = {
  since = "string", commit = "string", of = "string", reverse = "boolean", follow = "boolean",
}

--- A new name.
---@class btfl.renames.to
---@field name string
---@field since string?
---@field commit string?
---@field of string? the type, or the path from one, that it is in; without, what the old one is in
---@field reverse boolean it leads back, too
---@field replaces boolean its type or meaning has changed, too
---@field follow boolean a relocation can take the one for the other

local function fail(key, message)
  error(("%srenames: `%s`: %s"):format(caller.place(), tostring(key), message), 0)
end

-- A table of names: what is no name there is an option.
local function check_options(key, entry)
  for name, option in pairs(entry) do
    if math.type(name) ~= "integer" and OPTIONS[name] ~= type(option) then
      fail(key, ("there is no option `%s` of that type"):format(tostring(name)))
    end
  end
end

local function is_key(key)
  if type(key) ~= "string" then return false end
  return key:find "^func/[%w_]+$" or key:find "^tracepoint/[%w_]+$"
    or key:gsub("%[%d+%]%f[.[\0]", ""):find "^[%a_][%w_]*[%w_.]*$"
end

-- A value of the table as a list in the order to try; what stands beside several names is said of each that
-- does not say otherwise.
local function names_of(key, value)
  if not is_key(key) then
    fail(key, "a key is a type, or a type and its member: \"task_struct.state\"")
  end
  if key:find "%]$" then fail(key, "an element of an array has no name that could have changed") end
  local entry = type(value) == "string" and { value } or value
  if type(entry) ~= "table" or #entry == 0 then
    fail(key, ("a name or a table of names is needed, not a %s value"):format(type(value)))
  end
  check_options(key, entry)
  local list = {}
  for i = 1, #entry do
    local one = type(entry[i]) == "table" and entry[i] or { entry[i] }
    if type(one[1]) ~= "string" or #one ~= 1 then
      fail(key, "a new name is a string, or a table of one and its options")
    end
    check_options(key, one)
    local to = { name = one[1] }
    for option in pairs(OPTIONS) do
      to[option] = one[option]
      if to[option] == nil then to[option] = entry[option] end
    end
    to.reverse = to.reverse ~= false
    to.replaces = to.follow == false
    to.follow = not to.replaces and not (to.of or to.name:find("->", 1, true) or key:find("/", 1, true))
    list[i] = to
  end
  return list
end

--- Goes through a table: each key with its list of new names. Of keys that lead to one new name, the same is
--- always the first.
---@param source table
---@return fun(): string?, btfl.renames.to[]
function entries.each(source)
  local lists, keys = {}, {}
  for key, value in pairs(source) do
    lists[key] = names_of(key, value)
    keys[#keys + 1] = key
  end
  table.sort(keys)
  local n = 0
  return function()
    n = n + 1
    return keys[n], lists[keys[n]]
  end
end

--- `since` in words: "in 5.14"; "between 5.10 and 6.1" of "5.10..6.1".
---@param since string
---@return string
function entries.when(since)
  local before, by = since:match "^(.+)%.%.(.+)$"
  return before and ("between %s and %s"):format(before, by) or "in " .. since
end

return entries
