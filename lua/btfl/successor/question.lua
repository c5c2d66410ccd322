--- What is asked of `why`: the path taken apart, whether a BTF has it, and what to say when none has.
local names = require "btfl.report.names"

local question = {}

local KEYWORDS = { struct = true, union = true, enum = true }

-- Kinds that a path may begin with.
local ROOTS = {
  struct = "struct", union = "union", enum = "enum", enum64 = "enum", typedef = "typedef", int = "int",
  float = "float",
}

local ARTICLE = setmetatable({ enum = "an enum", int = "an int" }, {
  __index = function(_, kind) return "a " .. kind end,
})

--- A path: its names from the root on, and the indices after each.
---@class btfl.question
---@field keyword "struct"|"union"|"enum"|nil that stood before it
---@field names string[]
---@field indices integer[][] by name
---@field path string without indices: "mm_struct.rss_stat.count"
---@field shown string with them

local function shown(names_, indices)
  local out = {}
  for i, name in ipairs(names_) do
    out[i] = name
    for _, index in ipairs(indices[i] or {}) do out[i] = ("%s[%d]"):format(out[i], index) end
  end
  return table.concat(out, ".")
end

--- A path with these names and indices.
---@param list string[]
---@param indices integer[][]
---@return btfl.question
function question.new(list, indices)
  return { names = list, indices = indices, path = table.concat(list, "."), shown = shown(list, indices) }
end

-- Splits "count[1][2]"; nil when it is no such thing.
local function split(step)
  local name, rest = step:match("^([^%[%]]+)(.*)$")
  if not name then return nil end
  local list = {}
  for index in rest:gmatch("%[(%d+)%]") do
    local n = math.tointeger(tonumber(index))
    if not n then return nil end
    list[#list + 1] = n
  end
  return rest:gsub("%[%d+%]", "") == "" and name or nil, list
end

--- Takes a path apart; nil and what is wrong with it when it is none.
---@param text string "task_struct.se.vruntime", "struct rq", "pageflags.PG_slab", "nr[1].count"
---@return btfl.question?, string? problem
function question.parse(text)
  local word, rest = text:match("^%s*(%a+)%s+(.-)%s*$")
  local keyword = KEYWORDS[word] and word or nil
  local path = keyword and rest or text:match("^%s*(.-)%s*$")
  if path:find("->", 1, true) then
    return nil, ("`%s` goes through a pointer: ask for the field of the struct that it points to"):format(
      text)
  end
  -- As relocations write enumerators.
  path = path:gsub("^([%w_]+)::([%w_]+)$", "%1.%2")
  local list, indices = {}, {}
  for step in (path .. "."):gmatch("(.-)%.") do
    local name, index = split(step)
    if not name or name:find("\0", 1, true) or (name:find("%s") and path:find(".", 1, true)) then
      return nil, ("`%s` is no name such as task_struct.state"):format(text)
    end
    list[#list + 1], indices[#indices + 1] = name, index
  end
  local q = question.new(list, indices)
  q.keyword = keyword
  return q
end

-- The type behind typedefs and const and inside arrays, at most `most` of them; and how many are left.
local function inside(t, most)
  t = t:resolve()
  while t.kind == "array" and most > 0 do
    t, most = t.type:resolve(), most - 1
  end
  return t, most
end

local DEEPEST = 16

local function member_of(t, name)
  local ok, member = pcall(t.member, t, name)
  return ok and member or nil
end

-- Follows the path from a type: what stands at its end, or nil and where it breaks off.
local function follow(root, q)
  local t, bits = root, nil
  for i = 2, #q.names do
    local inner = inside(t, DEEPEST)
    local here = { depth = i, inner = inner, name = q.names[i] }
    if inner.kind == "enum" or inner.kind == "enum64" then
      if i == 2 and #q.names == 2 and inner:value(q.names[2]) then return { type = root } end
      return nil, here
    end
    if inner.kind ~= "struct" and inner.kind ~= "union" then return nil, here end
    local member = member_of(inner, q.names[i])
    if not member then return nil, here end
    t, bits = member.type, member.bitfield and member.bit_size or nil
    if #q.indices[i] > 0 then
      local _, left = inside(t, #q.indices[i])
      if left > 0 then return nil, { depth = i, inner = t, no_array = true } end
      if i == #q.names then t = inside(t, #q.indices[i]) end
    end
  end
  return { type = t, bits = bits }
end

--- What the first of some BTFs that has it says of a path: its type, and the width of a bitfield. Else
--- nil and, where a root of that name is there, how far the path leads.
---@param btfs btfl.btf[]
---@param q btfl.question
---@return { type: btfl.type, bits: integer? }?, table? partial
function question.find(btfs, q)
  local best
  for _, btf in ipairs(btfs) do
    for root in btf:candidates(q.names[1]) do
      local kind = ROOTS[root.kind]
      if kind then
        local found, partial = follow(root, q)
        local resolved = ROOTS[root:resolve().kind]
        if q.keyword and kind ~= q.keyword then
          found, partial = nil, { depth = 1, inner = root, kind = resolved == kind and kind or "typedef" }
        end
        if found then return found end
        if not best or partial.depth > best.depth then best = partial end
      end
    end
  end
  return nil, best
end

--- The arrays on the way: for each name of a path how many elements the array at it has, dimension by
--- dimension; nil when no root of that BTF has the path.
---@param btf btfl.btf
---@param list string[]
---@return integer[][]?
function question.arrays(btf, list)
  for root in btf:candidates(list[1]) do
    local out, t = { {} }, root
    for i = 2, #list do
      local inner = inside(t, DEEPEST)
      local member = (inner.kind == "struct" or inner.kind == "union") and member_of(inner, list[i])
      if not member then break end
      t, out[i] = member.type, {}
      local array = t:resolve()
      while array.kind == "array" and #out[i] < DEEPEST do
        table.insert(out[i], array.nelems)
        array = array.type:resolve()
      end
    end
    if #out == #list then return out end
  end
  return nil
end

--- The indices of a question on a path that took its place: in the order of its arrays. With what is to
--- be said when they do not go there.
---@param q btfl.question
---@param path string
---@param btf btfl.btf that has the path
---@return btfl.question, string? note
function question.carry(q, path, btf)
  local list, given, out, note = {}, {}, {}, nil
  for name in path:gmatch("[^.]+") do
    list[#list + 1] = name
    out[#out + 1] = {}
  end
  for i = 2, #q.indices do table.move(q.indices[i], 1, #q.indices[i], #given + 1, given) end
  if #given == 0 then return question.new(list, out) end
  local arrays, n = question.arrays(btf, list) or {}, 0
  for i = 1, #list do
    for _, nelems in ipairs(arrays[i] or {}) do
      if n == #given then break end
      n = n + 1
      table.insert(out[i], given[n])
      if nelems > 0 and given[n] >= nelems then
        note = ("element %d lies outside, of %d"):format(given[n], nelems)
      end
    end
  end
  if n < #given then note = ("there is no array for [%d]"):format(given[n + 1]) end
  return question.new(list, out), note
end

--- A path as C accepts it: element 0 of the arrays in it that have no index.
---@param btf btfl.btf
---@param path string
---@return string
function question.accessed(btf, path)
  local q = question.parse(path)
  local arrays = q and question.arrays(btf, q.names)
  if not arrays then return path end
  for i = 2, #q.names do
    local wanted = (i < #q.names or #q.indices[i] > 0) and #arrays[i] or 0
    for _ = #q.indices[i] + 1, wanted do table.insert(q.indices[i], 0) end
  end
  return question.new(q.names, q.indices).shown
end

-- Told when no one has it

local function near_to(name, list)
  -- Any name is near to one of two letters.
  return #name > 2 and require "btfl.meant"(name, list) or ""
end

local function called(t)
  local kind = ROOTS[t.kind] or t.kind
  if not t.name then return ("an anonymous %s"):format(kind) end
  return (kind == "int" or kind == "float") and ("`%s`"):format(t.name) or ("%s %s"):format(kind, t.name)
end

--- The BTFs of what may have the answer, one after the other.
---@param sources { name: string, btfs: btfl.btf[] }[]
---@return btfl.btf[]
function question.btfs(sources)
  local list = {}
  for _, source in ipairs(sources) do table.move(source.btfs, 1, #source.btfs, #list + 1, list) end
  return list
end

local function labels(sources)
  local list = {}
  for i, source in ipairs(sources) do list[i] = source.name end
  return names.some(list)
end

local function elements(t)
  local list = {}
  local function add(inner, depth)
    for member in inner:members() do
      local anonymous = not member.name and depth < DEEPEST and member.type:resolve()
      if #list >= 8192 then break end
      if anonymous then add(anonymous, depth + 1) else list[#list + 1] = member.name end
    end
  end
  add(t, 0)
  for value in t:values() do list[#list + 1] = value.name end
  return list
end

-- Where a path breaks off, in words.
local function broken_off(q, at, where)
  local so_far = table.concat(q.names, ".", 1, math.max(1, at.depth - 1))
  if at.kind then
    return ("`%s` is no %s in %s, but %s"):format(q.names[1], q.keyword, where, ARTICLE[at.kind])
  end
  if at.no_array then
    return ("`%s` is no array of that many dimensions in %s"):format(
      table.concat(q.names, ".", 1, at.depth), where)
  end
  local kind = at.inner.kind
  if kind == "ptr" then
    local to = inside(at.inner.type, DEEPEST)
    local hint = to.name and (to.kind == "struct" or to.kind == "union")
      and (": ask for `%s.%s`"):format(to.name, table.concat(q.names, ".", at.depth)) or ""
    return ("`%s` is a pointer in %s%s"):format(so_far, where, hint)
  end
  if kind == "enum" or kind == "enum64" then
    return ("%s has no enumerator `%s` in %s%s"):format(called(at.inner), at.name, where,
      near_to(at.name, elements(at.inner)))
  end
  if kind ~= "struct" and kind ~= "union" then
    return ("`%s` is %s in %s, which has no members"):format(so_far, called(at.inner), where)
  end
  return ("%s has no member `%s` in %s%s"):format(called(at.inner), at.name, where,
    near_to(at.name, elements(at.inner)))
end

-- The enums that have an enumerator of that name, each once.
local function enums_with(btfs, name)
  local list, seen = {}, {}
  for _, btf in ipairs(btfs) do
    for _, kind in ipairs { "enum", "enum64" } do
      for t in btf:types(kind) do
        local key = t.name or "?"
        if not seen[key] and t:value(name) then
          seen[key] = true
          list[#list + 1] = t
        end
      end
    end
  end
  return list
end

local function type_names(btfs)
  local list = {}
  for _, btf in ipairs(btfs) do
    for _, kind, name in btf:scan() do
      if name and ROOTS[kind] then list[#list + 1] = name end
    end
  end
  return list
end

-- The structs that have a member of that name, where they are few.
local function owners(btfs, name)
  local list, seen = {}, {}
  for _, btf in ipairs(btfs) do
    for id in btf:scan_members(name) do
      local owner = btf:type(id).name
      if owner and not seen[owner] then
        seen[owner] = true
        list[#list + 1] = ("`%s`"):format(owner)
      end
    end
  end
  if #list == 0 then return nil end
  return ("%s is a member of %s"):format(("`%s`"):format(name), names.some(list))
end

--- What a lone name is that is no type: of an enumerator the question that is meant, else nil and what
--- it is, in words.
---@param q btfl.question
---@param sources { name: string, btfs: btfl.btf[] }[]
---@return btfl.question?, string? problem
function question.other(q, sources)
  local btfs, name = question.btfs(sources), q.names[1]
  for _, btf in ipairs(btfs) do
    if btf:find(name, "var") then
      return nil, ("`%s` is a variable, of which why tells nothing"):format(name)
    end
  end
  local enums = enums_with(btfs, name)
  if #enums == 1 and enums[1].name then
    return question.new({ enums[1].name, name }, { {}, {} })
  end
  if #enums == 1 then
    return nil, ("`%s` is an enumerator of an enum without a name, which CO-RE cannot ask for"):format(name)
  end
  local paths = {}
  for _, t in ipairs(enums) do
    if t.name then paths[#paths + 1] = ("%s.%s"):format(t.name, name) end
  end
  if #paths > 0 then
    return nil, ("`%s` is an enumerator of several enums: ask for %s"):format(name, names.some(paths))
  end
  return nil, nil
end

--- Why a question has no answer: nowhere is what it asks for.
---@param q btfl.question
---@param sources { name: string, btfs: btfl.btf[] }[]
---@return string
function question.problem(q, sources)
  local where = labels(sources)
  for _, source in ipairs(sources) do
    local _, partial = question.find(source.btfs, q)
    if partial then return broken_off(q, partial, source.name) end
  end
  local btfs = question.btfs(sources)
  for _, btf in ipairs(btfs) do
    local forward = btf:find(q.names[1], "fwd")
    if forward then
      return ("%s has only a forward declaration of %s `%s`"):format(where, forward.fwd_kind, forward.name)
    end
  end
  local owned = not q.keyword and owners(btfs, q.names[1])
  local more = owned and ("; %s"):format(owned) or near_to(q.names[1], type_names(btfs))
  if more == "" and #btfs == #sources then more = "; a module's type needs its BTF (-m)" end
  return ("no %s `%s` in %s%s"):format(q.keyword or "type", q.names[1], where, more)
end

return question
