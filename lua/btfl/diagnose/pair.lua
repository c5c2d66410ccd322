--- What is to be said of an object, and of an object and a kernel, before anything is relocated.
local pair = {}

--- What there is to say of an object without BTF.
---@param object { path: string }
---@return btfl.finding
function pair.no_btf(object)
  return { rule = "no-btf", object = object.path, subject = "BTF",
    message = "the object has no BTF, so no relocations" }
end

--- What there is to say of an object on a kernel of the other byte order.
---@param object { path: string, endian: "little"|"big" }
---@param name string of the kernel
---@return btfl.finding
function pair.of_other(object, name)
  return {
    rule = "byte-order", object = object.path, target = name, subject = object.endian,
    message = ("the object is %s-endian and the target %s-endian"):format(object.endian,
      object.endian == "little" and "big" or "little"),
  }
end

--- A finding when the two cannot be compared, else nil: see object:clash in meta.lua.
---@param object btfl.object
---@param target btfl.target
---@return btfl.finding?
function pair.clash(object, target)
  return object.endian ~= target.endian and pair.of_other(object, target.name) or nil
end

--- Those of the kernels that the object can be compared with.
---@param object btfl.object
---@param targets btfl.target[]
---@return btfl.target[]
function pair.comparable(object, targets)
  local list = {}
  for _, target in ipairs(targets) do
    if not pair.clash(object, target) then list[#list + 1] = target end
  end
  return list
end

return pair
