--- Whether a parameter may be what a program takes it for.
local engine = require "btfl.engine"

local fits = {}

local POINTER = 8

--- Whether it is a struct or union.
---@param t btfl.type?
---@return boolean
local function is_composite(t) return t ~= nil and (t.kind == "struct" or t.kind == "union") end

-- Whether all members stand in the other struct at the same place by the same name: it was renamed.
local function is_renamed(t, other)
  local count = 0
  for member in t:members() do
    if not member.name or other:offsetof(member.name) ~= member.offset then return false end
    count = count + 1
  end
  return count > 0
end

fits.is_composite = is_composite

local function find(target, name)
  return target.btf:find(name, "struct") or target.btf:find(name, "union")
end

-- Whether what is read by that access stands at the same place of the other struct by the same name.
local function same_place(target, read, name, other)
  local path = read.relo and read.relo.path:match("^[^.%[]+%.(.+)$")
  local t = path and find(target, name)
  local place = t and t:offsetof(path)
  return place ~= nil and other:offsetof(path) == place
end

--- What stands behind a pointer, without modifiers; nil for what is no pointer, false for void.
---@param t btfl.type?
---@return btfl.type|false|nil
function fits.pointee(t)
  t = t and t:resolve()
  if not t or t.kind ~= "ptr" then return nil end
  local to = t.type and t.type:resolve()
  return to and to.kind ~= "void" and to or false
end

--- Whether a value of the target's type t may be a pointer to the struct of that name. `read`, if any, is an
--- access that takes it for one. True besides when it takes the target's structs to tell.
---@param target btfl.target
---@param t btfl.type
---@param name string
---@param read? btfl.program.read
---@return boolean
---@return true?
function fits.pointer(target, t, name, read)
  local plain, to = t:resolve(), fits.pointee(t)
  -- A number that is as wide as a pointer may be one.
  if to == nil then return plain.kind == "int" and plain.size == POINTER or is_composite(plain) end
  if not to or to.kind == "int" and to.size == 1 or to.essential == name then return true end
  if to.kind == "fwd" then return false end
  if not is_composite(to) then return false end
  if not to.name then return true end
  local mine = find(target, name)
  -- What this kernel does not have went by another name.
  if not mine then return true, true end
  -- A pointer to a struct points to its first member as well, and to each of a union.
  return engine.starts_with(to, name) or engine.starts_with(mine, to.essential) or is_renamed(mine, to) or
    read ~= nil and same_place(target, read, name, to), true
end

return fits
