--- Compiles Lua files for later starts (see src/host/bytecode.c): `make` calls it.
local core = require "btfl.core"
local named = require "btfl.named"

--- Compiles the Lua files of a folder, and modules from elsewhere, into one file. Those lose what only
--- a debugger shows, which is a third of what is loaded.
---@param out string the file, replaced when all is done
---@param from string the folder, with a slash at its end
---@param to string where it will be: errors name the files there
---@param files string[] paths inside the folder
---@param modules string[] names of modules on package.path
return function(out, from, to, files, modules)
  local chunks, places, size = {}, {}, 0
  local function compile(file, path, name, strip)
    local source <close> = assert(io.open(file, "rb"))
    local chunk = string.dump(assert(load(source:read "a", "@" .. path, "t")), strip)
    chunks[#chunks + 1], places[#places + 1] = chunk, { name, size, #chunk }
    size = size + #chunk
  end
  for _, name in ipairs(files) do compile(from .. name, to .. name, name, false) end
  for _, module in ipairs(modules) do
    require(module) -- says what to install where it is missing
    local path = assert(named.find(module))
    compile(path, path, path, true)
  end
  -- The index when the chunks start at that byte of the file.
  local function index(start)
    local parts = { string.pack("s4", to) }
    for _, place in ipairs(places) do
      parts[#parts + 1] = string.pack("s4I4I4", place[1], start + place[2], place[3])
    end
    return string.pack("s4", table.concat(parts))
  end
  core.write_file(out, index(#index(0)) .. table.concat(chunks))
end
