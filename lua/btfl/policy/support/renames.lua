--- Renames: makes a policy of a table that says what members, enumerators and types have become. See
--- btfl.renames in meta.lua.
local caller = require "btfl.policy.support.caller"
local dialect = require "btfl.policy.support.dialect"
local policy = require "btfl.policy.support.make"

caller.mark_own()

local OPTIONS = { since = "string", reverse = "boolean" }

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

-- A value of the table as a list of { name =, since =, reverse = } in the order to try them; what stands
-- beside several names is said of each that does not say otherwise.
local function names_of(key, value)
  if type(key) ~= "string" or not key:gsub("%[%d+%]%f[.[\0]", ""):find "^[%a_][%w_]*[%w_.]*$" then
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
    local reverse = one.reverse
    if reverse == nil then reverse = entry.reverse end
    list[i] = { name = one[1], since = one.since or entry.since, reverse = reverse ~= false }
  end
  return list
end

-- Adds that `key` may be called `to`.
local function add(renamed, key, to, note)
  renamed[key] = renamed[key] or {}
  table.insert(renamed[key], { name = to, note = note })
end

local function note_of(old, new, since)
  return ("%s is %s%s"):format(old, new, since and " since " .. since or "")
end

-- The names that something may have, by old names, and by new ones for objects that are newer than the
-- kernel: lists of { name =, note = }.
local function compile(source)
  local renamed, entries, keys = {}, {}, {}
  for key, value in pairs(source) do
    entries[key] = names_of(key, value)
    keys[#keys + 1] = key
  end
  table.sort(keys) -- of entries that lead to one new name, the same is always the first
  for _, key in ipairs(keys) do
    local parent, name = key:match "^(.+)%.([^.]+)$"
    for _, to in ipairs(entries[key]) do
      local note = note_of(key, to.name, to.since)
      add(renamed, key, to.name, note)
      -- A path says where a member went, but not what leads back from there.
      if to.reverse and not to.name:find "[.%[]" then
        add(renamed, parent and parent .. "." .. to.name or to.name, name or key, note)
      end
    end
  end
  return renamed, entries, keys
end

-- The last names of keys that are whole paths, such as "nsproxy.count.counter".
local function path_ends(renamed)
  local ends = {}
  for key in pairs(renamed) do
    local name = key:match "^[^.]+%..+%.([^.]+)$"
    if name then ends[name] = true end
  end
  return ends
end

-- The access up to m: "nsproxy.count.counter", "signal.rlim[3].rlim_cur".
local function path_to(m, accessor)
  local names, first = { accessor.root.essential }, true
  for _, index, element in accessor:steps() do
    if element then
      names[#names + 1] = element.name
    elseif not first then
      names[#names] = ("%s[%d]"):format(names[#names], index)
    end
    first = false
    if element == m then break end
  end
  return table.concat(names, ".")
end

local function find(renamed, ends, m, default)
  local parent = m.parent.essential
  local names = parent and renamed[parent .. "." .. m.name]
  if names or not ends[m.name] then return names end
  local path = path_to(m, default.relo.accessor)
  return renamed[path] or renamed[path:gsub("%[%d+%]", "")]
end

local function lookup(target, name)
  local found = target:member(name)
  if found and name:find "[.%[]" then return name end
  return found
end

local function types_named(target, name, kind)
  return dialect.vmlinux_first(target, function(btf)
    local list = {}
    for t in btf:candidates(name) do
      if t.kind == kind then list[#list + 1] = t end
    end
    return list
  end)
end

--- See btfl.renames in meta.lua.
---@param source table
---@param name? string
---@return btfl.policy
return function(source, name)
  if type(source) ~= "table" then error(caller.place() .. "renames: a table is needed", 0) end
  local renamed, entries, keys = compile(source)
  local ends = path_ends(renamed)
  local where = caller.place():gsub(": $", "")
  return policy {
    name = name or "renames",

    lint = function(targets, out) require "btfl.policy.support.lint"(keys, entries, where, targets, out) end,

    candidates = function(relo, target, default)
      local list = default()
      local names = #list == 0 and renamed[relo.type.essential]
      for _, to in ipairs(names or {}) do
        local found = types_named(target, to.name, relo.type.kind)
        if #found > 0 then return found, to.note end
      end
      return list
    end,

    member = function(m, target, default)
      local found, reason = default()
      if found then return found end
      local names = find(renamed, ends, m, default)
      if not names then return nil, reason end
      local search = default.relo.kind:find "^enumval" and target.value or lookup
      for _, to in ipairs(names) do
        found = search(target, to.name)
        if found then return found, to.note end
      end
      return nil, reason
    end,
  }
end
