--- Where the project file is: btfl.lua in the current folder or one above it, up to the root of the
--- repository, the folder with `.git`. Outside a repository there is none, so that what lies about in a
--- folder that others write to, such as /tmp, is not met by accident.
local engine = require "btfl.engine"

local find = {}

find.name = "btfl.lua"

local MOST_LEVELS = 256

--- The current folder and those above it up to the root of the repository, as "", "../" and so on; nil where
--- no repository is.
---@return string[]?
function find.folders()
  local folders, folder = {}, ""
  while #folders < MOST_LEVELS do
    folders[#folders + 1] = folder
    if engine.file_kind(folder .. ".git") then return folders end
    local _, here = engine.file_kind(folder == "" and "." or folder)
    folder = folder .. "../"
    local _, above = engine.file_kind(folder)
    if above == nil or above == here then return nil end
  end
  return nil
end

--- Where files about the whole repository go: its root, or the current folder where none is.
---@return string folder ends in `/`, or is the current one, ""
---@return boolean in_repository
function find.root()
  local folders = find.folders()
  return folders and folders[#folders] or "", folders ~= nil
end

--- Whether a folder has anything of a name, be it a link that leads nowhere.
---@param folder string ends in `/`, or is the current one, ""
---@param name string
---@return boolean
function find.has(folder, name)
  for _, there in ipairs(engine.folder(folder == "" and "." or folder) or {}) do
    if there == name then return true end
  end
  return false
end

--- The project file of the current folder. A folder of that name is none. A link is refused: it may lead out
--- of the repository, to what its author cannot read and a message would show.
---@return string? path nil where there is none, or it is refused
---@return string? why it is refused
function find.file()
  for _, folder in ipairs(find.folders() or {}) do
    local path = folder .. find.name
    local kind, _, link = engine.file_kind(path)
    if kind and kind ~= "folder" then
      if not link then return path end
      return nil, ("%s: is a link, which is not followed: --project %s reads it"):format(path, path)
    end
  end
  return nil
end

return find
