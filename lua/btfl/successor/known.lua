--- What has become of a name by the table of renames, or that it was removed by that of removals: nothing is
--- compared, the release is the evidence.
local engine = require "btfl.engine"
local entries = require "btfl.policy.support.entries"
local question = require "btfl.successor.question"

local known = {}

--- One change: where what had the key is now.
---@class btfl.known_change
---@field root string the type, the function or the tracepoint
---@field path string from there, "" of none; with `->` it goes through a pointer
---@field to btfl.renames.to

local function split(path)
  return path:match "^([^.]+)%.?(.*)$"
end

-- Where the new name stands, from its root on.
local function place_of(key, to)
  local root, path = split(key)
  if to.of then return split(to.of .. "." .. to.name) end
  if path == "" then return to.name, "" end
  local parent = path:match "^(.+)%.[^.]+$"
  return root, parent and parent .. "." .. to.name or to.name
end

local function add(changes, key, root, path, to)
  changes[key] = changes[key] or {}
  table.insert(changes[key], { root = root, path = path, to = to })
end

local function joined(...)
  local out = {}
  for _, part in ipairs { ... } do if part ~= "" then out[#out + 1] = part end end
  return table.concat(out, ".")
end

-- All changes by what they are of, in both directions: "task_struct.state", "func/do_unlinkat".
local function compile(source)
  local changes, back = {}, {}
  for key, list in entries.each(source) do
    local about, name = key:match "^(%a+)/(.*)$"
    for _, to in ipairs(list) do
      if about then
        add(changes, key, to.name, "", to)
        if to.reverse then add(back, about .. "/" .. to.name, name, "", to) end
      else
        local root, path = place_of(key, to)
        add(changes, key, root, path, to)
        if to.reverse and not path:find("->", 1, true) then
          local old_root, old_path = split(key)
          add(back, joined(root, path), old_root, old_path, to)
        end
      end
    end
  end
  for key, list in pairs(back) do
    changes[key] = changes[key] or {}
    table.move(list, 1, #list, #changes[key] + 1, changes[key])
  end
  return changes
end

local changes_of_kernel

local function changes()
  changes_of_kernel = changes_of_kernel or compile(require "btfl.policy.renames_table")
  return changes_of_kernel
end

-- The name of the struct or union at the end of these names; nil where there is none.
local function struct_at(btfs, names)
  local found = question.find(btfs, question.parse(table.concat(names, ".")))
  local t = found and found.type:resolve()
  while t and t.kind == "array" do t = t.type:resolve() end
  return t and t.name
end

-- What a pointer member of the target leads to.
local function pointee(btfs, path)
  local found = question.find(btfs, question.parse(path))
  local t = found and found.type:resolve()
  t = t and t.kind == "ptr" and t.type:resolve()
  return t and t.name
end

-- The path, and how to get there, that a change of names[from..to] makes of the whole; nil when the target
-- has no such pointer.
local function changed(names, from, to, struct, change, own)
  local base = change.root == struct and to > from and table.concat(names, ".", 1, from) or change.root
  local rest = table.concat(names, ".", to + 1)
  local before, after = change.path:match "^(.-)%->(.+)$"
  if not before then return joined(base, change.path, rest) end
  local pointer = joined(base, before)
  local struct_there = pointee(own, pointer)
  if not struct_there then return nil end
  after = joined(after, rest)
  return joined(struct_there, after), pointer .. "->" .. after
end

-- Calls `visit` with what `by_key` has of a part of the path, the longest part first, from the root inwards,
-- until it returns true.
local function each_known(by_key, names, btfs, visit)
  for from = 1, #names do
    local struct = from == 1 and engine.essential(names[1])
      or struct_at(btfs, table.move(names, 1, from, 1, {}))
    for to = struct and #names or 0, from == 1 and 1 or from + 1, -1 do
      local key = joined(struct, table.concat(names, ".", from + 1, to))
      local value = by_key[key]
      if value and visit(value, from, to, struct) then return end
    end
  end
end

-- Whether the last name alone is another.
local function stays(names, path)
  local now = question.parse(path).names
  return table.concat(names, ".", 1, #names - 1) == table.concat(now, ".", 1, #now - 1)
end

local function change_of(names, path, via, found)
  local now = question.parse(path).names
  if #now == 1 then return "type" end
  local kind = found.type:resolve().kind
  if (kind == "enum" or kind == "enum64") and #now == 2 and found.type.name == now[1] then
    return "enumval"
  end
  return stays(names, path) and not via and "renamed" or "moved"
end

-- "renamed in 5.14 (2f064a59a11f)", behind what came before. What keeps its place with another meaning was
-- replaced.
local function evidence_of(earlier, to, moved, renamed)
  local verb = moved and "moved" or renamed and "renamed" or "replaced"
  return ("%s%s %s%s"):format(earlier and earlier .. ", then " or "", verb, entries.when(to.since),
    to.commit and (" (%s)"):format(to.commit) or "")
end

local function suggestion(successor, via, change, evidence, t)
  return { successor = successor, via = via, change = change, score = 1, type = t, signals = {}, told = true,
    evidence = via and evidence .. "; via " .. via or evidence }
end

-- The suggestions for a path. seen: the paths before; asked and earlier: the first of them, and the evidence
-- of the changes from there.
local function follow(names, btfs, own, seen, asked, earlier)
  local out = {}
  asked = asked or names
  seen[table.concat(names, ".")] = true
  each_known(changes(), names, btfs, function(list, from, to, struct)
    local onward
    for _, change in ipairs(list) do
      local path, via = changed(names, from, to, struct, change, own)
      local moved = path and (via or not stays(names, path))
      local evidence = path and evidence_of(earlier, change.to, moved, not change.to.replaces)
      local found = path and question.find(own, question.parse(path))
      if found then
        local s = suggestion(path, via, change_of(asked, path, via, found), evidence, found.type)
        if change.to.replaces then s.doubt = "its type or its meaning has changed" end
        out[#out + 1] = s
      elseif path and not via and not seen[path] then
        onward = onward or { question.parse(path).names, evidence }
      end
    end
    if #out == 0 and onward then out = follow(onward[1], btfs, own, seen, asked, onward[2]) end
    return #out > 0
  end)
  return out
end

local function essential_names(q)
  local names = table.move(q.names, 1, #q.names, 1, {})
  names[1] = engine.essential(names[1])
  return names
end

--- What the table says has become of a path that a kernel lacks, as suggestions with a score of 1; nothing
--- where it says nothing, or the kernel has none of that. A member that became several is split.
---@param q btfl.question
---@param btfs btfl.btf[] of all who may know the types on the way
---@param own btfl.btf[] of the kernel
---@return btfl.suggestion[]
function known.successors(q, btfs, own)
  local list = follow(essential_names(q), btfs, own, {})
  local split_up = #list > 1
  for _, s in ipairs(list) do split_up = split_up and s.change == "renamed" end
  for _, s in ipairs(split_up and list or {}) do s.change = "split" end
  return list
end

-- The first release that may lack what went "in 6.1", or "between 5.10 and 6.1".
local function first_without(since)
  local major, minor = since:match "^(%d+)%.(%d+)%.%."
  return major and ("%d.%d"):format(major, minor + 1) or since
end

-- "removed in 6.1: ..."; nil for a kernel that is older, which may have to wait for it.
local function removal(entry, target)
  if target.version and target.version < first_without(entry.since) then return nil end
  return ("removed %s: %s"):format(entries.when(entry.since), entry.now)
end

-- The rows of the table of removals, by key.
local removals
local function removals_by_key()
  if removals then return removals end
  removals = {}
  for _, row in ipairs(require "btfl.successor.removals") do
    for _, key in ipairs(row) do removals[key] = row end
  end
  return removals
end

--- That a path is no more in a kernel that lacks it, and what can be done; nil where the table of removals
--- has nothing of it, or the kernel is older.
---@param q btfl.question
---@param btfs btfl.btf[] of all who may know the types on the way
---@param target btfl.target
---@return string?
function known.removed(q, btfs, target)
  local said
  each_known(removals_by_key(), essential_names(q), btfs, function(entry)
    said = removal(entry, target)
    return true
  end)
  return said
end

--- The same of a function or a tracepoint.
---@param about "func"|"tracepoint"
---@param name string
---@param target btfl.target
---@return string?
function known.removed_routine(about, name, target)
  local entry = removals_by_key()[about .. "/" .. name]
  return entry and removal(entry, target)
end

-- What a BTF says of a function or a tracepoint.
local function routine_in(btfs, about, name)
  for _, btf in ipairs(btfs) do
    local t = about == "func" and btf:find(name, "func")
      or about == "tracepoint" and btf:find("btf_trace_" .. name, "typedef")
    if t then return t end
  end
end

--- The same of a function or a tracepoint.
---@param about "func"|"tracepoint"
---@param name string
---@param own btfl.btf[] of the kernel
---@return btfl.suggestion[]
function known.routines(about, name, own)
  local evidence, seen = nil, {}
  while name and not seen[name] and not routine_in(own, about, name) do
    seen[name] = true
    local onward, said
    for _, change in ipairs(changes()[about .. "/" .. name] or {}) do
      said = evidence_of(evidence, change.to, false, true)
      local t = routine_in(own, about, change.root)
      if t then return { suggestion(change.root, nil, about, said, t) } end
      onward = onward or change.root
    end
    name, evidence = onward, said
  end
  return {}
end

--- Whether a table knows of a function or a tracepoint of that name.
---@param name string
---@return "func"|"tracepoint"|nil
function known.routine(name)
  for _, about in ipairs { "func", "tracepoint" } do
    local key = about .. "/" .. name
    if changes()[key] or removals_by_key()[key] then return about end
  end
end

return known
