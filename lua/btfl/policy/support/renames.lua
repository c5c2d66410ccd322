--- Renames: makes a policy of a table that says what members, enumerators and types have become. See
--- btfl.renames in meta.lua.
local caller = require "btfl.policy.support.caller"
local dialect = require "btfl.policy.support.dialect"
local entries_of = require "btfl.policy.support.entries"
local policy = require "btfl.policy.support.make"

caller.mark_own()

-- Adds that `key` may be called `to`.
local function add(renamed, key, to, note)
  renamed[key] = renamed[key] or {}
  table.insert(renamed[key], { name = to, note = note })
end

local function note_of(old, new, since)
  if since and since:find("..", 1, true) then
    return ("%s is %s, renamed %s"):format(old, new, entries_of.when(since))
  end
  return ("%s is %s%s"):format(old, new, since and " since " .. since or "")
end

-- The names that something may have, by old names, and by new ones for objects that are newer than the
-- kernel: lists of { name =, note = }. Only of what a relocation can follow.
local function compile(source)
  local renamed, entries, keys = {}, {}, {}
  for key, list in entries_of.each(source) do
    local followed = {}
    for _, to in ipairs(list) do if to.follow then followed[#followed + 1] = to end end
    if #followed > 0 then keys[#keys + 1], entries[key] = key, followed end
  end
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

    when = { candidates = "no-type", member = "refused" },

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
