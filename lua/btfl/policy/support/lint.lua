--- What of a table of renames can never take effect on the kernels at hand, as findings.

-- How far a path leads: "found", "missing", "pointer" or "array", and the name of the member that it
-- would have to cross. An access crosses arrays; what a member has become stands in an element that is
-- named, if in any.
local function follow(t, path, through_arrays)
  local before
  local function resolve()
    t = t:resolve()
    while through_arrays and t.kind == "array" do t = t.type:resolve() end
  end
  for name in path:gmatch "[^.]+" do
    resolve()
    if t.kind == "ptr" then return "pointer", before end
    if t.kind == "array" then return "array", before end
    local m = t:member(name)
    if not m then return "missing" end
    t, before = m.type, name
    for _ in name:gmatch "%[" do t = t:resolve().type end
  end
  resolve()
  return "found", nil, t
end

-- Of the outcomes on several kernels and types of a name the one that says most.
local RANK = { "found", "pointer", "array", "missing", "no type" }
for i, outcome in ipairs(RANK) do RANK[outcome] = i end

local function each_type(targets, name)
  return coroutine.wrap(function()
    for _, target in ipairs(targets) do
      for t in target.btf:candidates(name) do coroutine.yield(t) end
      for _, btf in target:modules() do
        for t in btf:candidates(name) do coroutine.yield(t) end
      end
    end
  end)
end

-- Where "root.a.b" leads on the kernels, and then the path `more` from there.
local function look(targets, key, more)
  local root, path = key:match "^([^.]+)%.?(.*)$"
  local best, crossed = "no type", nil
  for t in each_type(targets, root) do
    local outcome, member, there = follow(t, path, true)
    if outcome == "found" and more then
      outcome, member = follow(there, more, false)
      member = member or path:match "[^.]+$"
    end
    if t:value(more and path == "" and more or path) then outcome = "found" end
    if RANK[outcome] < RANK[best] then best, crossed = outcome, member end
  end
  return best, crossed
end

local WORDS = {
  pointer = "leads through a pointer (`%s`), and a relocation is one offset",
  array = "leads through an array (`%s`), and does not say to which element",
  missing = "is on no target",
  ["no type"] = "is on no target",
}

local function words(name, outcome, crossed)
  return ("`%s` "):format(name) .. WORDS[outcome]:format(crossed)
end

-- What is inert of an old name: nothing, or a level and words. Objects still ask for a name that is gone
-- from all kernels, but not within a type that none has.
local function key_fault(targets, key)
  local outcome, crossed = look(targets, key)
  if outcome == "found" then return nil end
  local root = key:match "^([^.]+)%."
  if root and outcome == "no type" then return "error", words(root, outcome) end
  return outcome == "pointer" and "error" or "warning", words(key, outcome, crossed)
end

local function name_fault(targets, parent, name)
  local outcome, crossed = look(targets, parent or name, parent and name)
  if outcome == "found" then return nil end
  return words(parent and parent .. "." .. name or name, outcome, crossed)
end

--- Adds to a report what is inert.
---@param keys string[] in the order to tell
---@param entries table<string, { name: string }[]> new names by key
---@param where string? the file and line of the table
---@param targets btfl.target[]
---@param out btfl.report
return function(keys, entries, where, targets, out)
  local function tell(level, key, fault)
    local message = ("the entry of `%s`: %s"):format(key, fault)
    out[level](out, { rule = "inert-rename", at = where, message = message })
  end
  for _, key in ipairs(keys) do
    local level, fault = key_fault(targets, key)
    if level then tell(level, key, fault) end
    -- What the entry as a whole comes to needs no word on its parts.
    for _, to in ipairs(level == "error" and {} or entries[key]) do
      fault = name_fault(targets, key:match "^(.+)%.[^.]+$", to.name)
      if fault then tell("error", key, "its new name " .. fault) end
    end
  end
end
