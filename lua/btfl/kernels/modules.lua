--- Which module of a kernel has a type: of those that were given, and of those that lie beside its file.
local engine = require "btfl.engine"

local modules = {}

--- Whether a BTF has a type of the name and kind of another.
---@param btf btfl.btf
---@param root btfl.type
---@return boolean
function modules.has(btf, root)
  for t in btf:candidates(root.name) do
    if t.kind == root.kind then return true end
  end
  return false
end

--- The name of the first module of a target that has such a type.
---@param target btfl.target
---@param root btfl.type
---@return string?
function modules.with(target, root)
  for module, btf in target:modules() do
    if modules.has(btf, root) then return module end
  end
  return nil
end

-- Where the modules of a kernel may stand whose BTF is a file.
local function folders_of(target)
  local folder, file = target.path:match("^(.*)/([^/]*)$")
  if not folder then folder, file = ".", target.path end
  local name = target.name
  local list = { ("%s/modules/%s"):format(folder, name), ("%s/../modules/%s"):format(folder, name),
    ("%s/%s"):format(folder, name), folder .. "/modules" }
  if file == "vmlinux" then table.remove(list) end
  return list
end

local function exists(path)
  local file <close> = io.open(path)
  return file ~= nil
end

--- Whether a folder may hold modules that were not given with a kernel.
---@param target btfl.target
---@return boolean
function modules.may_lie_beside(target)
  if not target:modules()() then
    for _, folder in ipairs(folders_of(target)) do
      if exists(folder) then return true end
    end
  end
  return false
end

local at_hand = setmetatable({}, { __mode = "k" })

--- The target with the modules that stand beside it, for one that was given without any.
---@param target btfl.target
---@return { target: btfl.target, folder: string }|false
function modules.beside(target)
  if modules.may_lie_beside(target) then engine.recall_nothing() end
  if at_hand[target] ~= nil then return at_hand[target] end
  at_hand[target] = false
  if not target:modules()() then
    for _, folder in ipairs(folders_of(target)) do
      local ok, other = false, nil
      if exists(folder) then ok, other = pcall(engine.target, target.path, { folder }) end
      if ok and other:modules()() then
        at_hand[target] = { target = other, folder = folder }
        break
      end
    end
  end
  return at_hand[target]
end

return modules
