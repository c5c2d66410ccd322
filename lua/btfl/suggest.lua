--- What a missing name has become, as an iterator over suggestions: see target:why in meta.lua.
local class = require "btfl.class"
local core = require "btfl.core"
local decl = require "btfl.decl"

local OPTIONS = { from = true, least = true }

local methods = {}
local metatable = { __name = "btfl.suggestion", __index = methods }

--- C that reads the field (or asks for the type or enumerator) under either name.
function methods:code()
  return require("btfl.guard")(self)
end

-- Appends the BTFs of a target or a btf, or of a list of them.
local function add_btfs(list, value)
  local kind = class(value)
  if kind == "btfl.btf" then
    list[#list + 1] = value
  elseif kind == "btfl.target" then
    list[#list + 1] = value.btf
    for _, btf in value:modules() do list[#list + 1] = btf end
  elseif type(value) == "table" and not kind then
    for _, one in ipairs(value) do add_btfs(list, one) end
  else
    error("from is a target, a btf, or a list of them", 4)
  end
end

-- What a reference says the name is: its type, and whether it is a bitfield of so many bits.
local function known_as(btfs, path)
  local root, rest = path:match("^([^.]*)%.?(.*)$")
  for _, btf in ipairs(btfs) do
    for candidate in btf:candidates(root) do
      if rest == "" or candidate:value(rest) then return candidate end
      local member = candidate:resolve():member(rest)
      if member then return member.type, member.bitfield and member.bit_size or nil end
    end
  end
end

-- The type in C, with the width of a bitfield.
local function declared(t, bits)
  return decl.of(t) .. (bits and (":%d"):format(bits) or "")
end

local function check_options(options)
  for name in pairs(options) do
    if not OPTIONS[name] then
      local near = core.nearest(tostring(name), { "from", "least" })[1]
      error(("why has no option `%s`%s"):format(tostring(name),
        near and (" (did you mean `%s`?)"):format(near) or ""), 3)
    end
  end
end

--- See target:why in meta.lua.
---@param target btfl.target
---@param what string|btfl.relo
---@param options? { from?: any, least?: number }
return function(target, what, options)
  options = options or {}
  check_options(options)
  local path, excerpt = what, nil
  if class(what) == "btfl.relo" then
    path, excerpt = what.path, what.object.btf
  elseif type(what) ~= "string" then
    error("a path such as \"task_struct.state\", or a relo, expected", 2)
  end
  -- Elements are of one type, whichever it is.
  path = path:gsub("%[%d+%]", "")
  local btfs = {}
  if options.from ~= nil then add_btfs(btfs, options.from) end
  local list = core.suggest(target, path, btfs, excerpt, options.least)
  if excerpt then btfs[#btfs + 1] = excerpt end
  local old, bits = known_as(btfs, path)
  for rank, suggestion in ipairs(list) do
    suggestion.query, suggestion.rank, suggestion.target = path, rank, target
    suggestion.old, suggestion.old_bits = old, bits
    if suggestion.successor:find(".", 1, true) then
      suggestion.bits = select(2, known_as({ suggestion.type.btf }, suggestion.successor))
    end
    local was, is = old and declared(old, bits), declared(suggestion.type, suggestion.bits)
    if was and was ~= is and suggestion.change ~= "type" and suggestion.change ~= "enumval" then
      suggestion.evidence = ("%s; was `%s`, is `%s`"):format(suggestion.evidence, was, is)
    end
    setmetatable(suggestion, metatable)
  end
  local n = 0
  return function()
    n = n + 1
    return list[n]
  end
end
