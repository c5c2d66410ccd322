--- What an editor with lua-language-server needs to know the API: `.luarc.json` for the repository, which
--- names a folder of the user's with meta.lua in it, so that it works where the program alone was copied to.
local dkjson = require "dkjson"
local engine = require "btfl.engine"
local find = require "btfl.project.find"
local host = require "btfl.command.host"

local NAME = ".luarc.json"

-- Keys with a dot, as the server's documentation has them.
local ORDER = {
  keyorder = { "runtime.version", "workspace.library", "workspace.checkThirdParty" }, indent = true,
}

local editor = {}

--- Writes both. A `.luarc.json` that is there is not written over; meta.lua is this program's from then on.
---@return string? path nil where it is not written
---@return string found the folder that it names, or why it is not written
function editor.write()
  local data = host.data()
  if not data then return nil, "neither XDG_DATA_HOME nor HOME says where meta.lua may go" end
  local library = data .. "/library"
  engine.make_folders(library .. "/")
  engine.write_file(library .. "/btfl.lua", host.text "lua/btfl/meta.lua")
  local folder = find.root()
  local path = folder .. NAME
  if find.has(folder, NAME) then
    return nil, ('%s: is there, and is not written over; "workspace.library" in it has to name "%s"')
      :format(path, library)
  end
  engine.write_file(path, dkjson.encode({
    ["runtime.version"] = "Lua 5.4", ["workspace.library"] = { library },
    ["workspace.checkThirdParty"] = false,
  }, ORDER) .. "\n")
  return path, library
end

return editor
