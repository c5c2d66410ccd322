--- A BTF as a list of its records, to be put together again otherwise: in another order, with more in it, in
--- two parts, in the other byte order. Strings stay where they are.
---
---     local g = graph.read(bytes)
---     local bytes, new_id = g:ordered(graph.shuffled(g))

local graph = {}
graph.__index = graph

local INT, ARRAY, STRUCT, UNION, ENUM, FWD, FUNC_PROTO, VAR, DATASEC, DECL_TAG, ENUM64 =
  1, 3, 4, 5, 6, 7, 13, 14, 15, 17, 19

-- Words behind struct btf_type: of the kind, or of each element; and which of these are ids of types.
local FIXED = { [INT] = 1, [ARRAY] = 3, [VAR] = 1, [DECL_TAG] = 1 }
local EACH = { [STRUCT] = 3, [UNION] = 3, [ENUM] = 2, [FUNC_PROTO] = 2, [DATASEC] = 3, [ENUM64] = 3 }
local ID_AT = { [STRUCT] = 2, [UNION] = 2, [FUNC_PROTO] = 2, [DATASEC] = 1 }
-- What has a size there, or nothing, and not an id.
local NO_ID = { [INT] = true, [ARRAY] = true, [STRUCT] = true, [UNION] = true, [ENUM] = true, [FWD] = true,
  [DATASEC] = true, [16] = true, [ENUM64] = true }

---@class spec.Graph.Type
---@field kind integer
---@field name string
---@field [integer] integer its words: name, info, size or type, and what follows

---@class spec.Graph
---@field types spec.Graph.Type[] by id
---@field strings string

--- The parts of raw BTF, of either byte order.
---@return spec.Graph
function graph.read(bytes)
  local order = bytes:byte(1) == 0x9f and "<" or ">"
  local I4 = order .. "I4"
  local header, type_off, type_len, str_off, str_len = (order .. "I4I4I4I4I4"):unpack(bytes, 5)
  local strings = bytes:sub(header + str_off + 1, header + str_off + str_len)
  local types, at, stop = {}, header + type_off + 1, header + type_off + type_len
  while at < stop do
    local t = {}
    t[1], t[2], t[3] = (order .. "I4I4I4"):unpack(bytes, at)
    local kind = t[2] >> 24 & 0x1f
    local more = (FIXED[kind] or 0) + (EACH[kind] or 0) * (t[2] & 0xffff)
    for i = 1, more do t[3 + i] = I4:unpack(bytes, at + 8 + i * 4) end
    t.kind, t.name = kind, strings:match("^[^\0]*", t[1] + 1)
    types[#types + 1] = t
    at = at + 12 + more * 4
  end
  return setmetatable({ types = types, strings = strings }, graph)
end

-- Where ids of other types stand among the words of a type.
local function id_places(t)
  local list = {}
  if not NO_ID[t.kind] then list[1] = 3 end
  if t.kind == ARRAY then list = { 4, 5 } end
  local at, each = ID_AT[t.kind], EACH[t.kind]
  for i = 0, at and #t // each - 2 or -1 do list[#list + 1] = 3 + i * each + at end
  for i = #list, 1, -1 do
    if at and list[i] > #t then table.remove(list, i) end
  end
  return list
end

--- The ids of the types that a type refers to.
function graph.refers(t)
  local list = {}
  for _, at in ipairs(id_places(t)) do
    if t[at] ~= 0 then list[#list + 1] = t[at] end
  end
  return list
end

local function bytes_of(order, types, strings)
  local body = table.concat(types)
  return (order .. "I2I1I1I4I4I4I4I4"):pack(0xeb9f, 1, 0, 24, 0, #body, #body, #strings) .. body .. strings
end

local function record(order, t, new_id)
  local words = table.move(t, 1, #t, 1, {})
  for _, at in ipairs(id_places(t)) do words[at] = new_id[words[at]] or words[at] end
  return (order .. ("I4"):rep(#words)):pack(table.unpack(words))
end

--- The BTF with its types in that order, and their new ids by the old ones.
---@param ids integer[] all ids, in the order that they are to have
---@param options? { endian: string?, first: integer?, strings: string?, known: table<integer, integer>? } of what
--- is split: its first id, its strings, and the new ids of the base
---@return string
---@return table<integer, integer>
function graph:ordered(ids, options)
  options = options or {}
  local order, types = options.endian == "big" and ">" or "<", {}
  local new_id = setmetatable({}, { __index = options.known })
  for i, id in ipairs(ids) do new_id[id] = (options.first or 1) + i - 1 end
  for i, id in ipairs(ids) do types[i] = record(order, self.types[id], new_id) end
  return bytes_of(order, types, options.strings or self.strings), new_id
end

--- All ids as they are.
function graph:ids()
  local ids = {}
  for i = 1, #self.types do ids[i] = i end
  return ids
end

--- Adds a string: its offset.
function graph:string(text)
  self.strings = self.strings .. text .. "\0"
  return #self.strings - #text - 1
end

--- Adds a type of these words: its id.
function graph:add(kind, name, vlen, ...)
  local t = { name and self:string(name) or 0, kind << 24 | vlen, ... }
  t.kind, t.name = kind, name or ""
  self.types[#self.types + 1] = t
  return #self.types
end

--- The name without its flavor, by which candidates are found.
function graph.essential(name)
  local at = name:match("^.*[^_]()___[^_]")
  return at and name:sub(1, at - 1) or name
end

--- The ids in an order by chance. With `stable`, types of one name stay in their order: which of several is
--- the first is for the order to say.
---@param stable boolean?
---@return integer[]
function graph:shuffled(stable)
  local ids = self:ids()
  for i = #ids, 2, -1 do
    local j = math.random(i)
    ids[i], ids[j] = ids[j], ids[i]
  end
  if not stable then return ids end
  local of_name = {}
  for i, id in ipairs(ids) do
    local name = graph.essential(self.types[id].name)
    of_name[name] = of_name[name] or { at = {}, ids = {} }
    table.insert(of_name[name].at, i)
    table.insert(of_name[name].ids, id)
  end
  of_name[""] = nil
  for _, same in pairs(of_name) do
    table.sort(same.ids)
    for n, at in ipairs(same.at) do ids[at] = same.ids[n] end
  end
  return ids
end

return graph
