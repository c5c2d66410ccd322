--- Compiles Lua files for later starts (see src/host/bytecode.c): `make` calls it.
local core = require "btfl.core"

--- Compiles the Lua files of a folder, and modules from elsewhere, into one file. Those lose what only
--- a debugger shows, which is a third of what is loaded.
---@param out string the file, replaced when all is done
---@param from string the folder, with a slash at its end
---@param to string where it will be: errors name the files there
---@param files string[] paths inside the folder
---@param modules string[] names of modules on package.path
return function(out, from, to, files, modules)
  local index, chunks, size = { string.pack("s4", to) }, {}, 0
  local function compile(file, path, name, strip)
    local source <close> = assert(io.open(file, "rb"))
    local chunk = string.dump(assert(load(source:read "a", "@" .. path, "t")), strip)
    index[#index + 1] = { name = name, at = size, size = #chunk }
    chunks[#chunks + 1] = chunk
    size = size + #chunk
  end
  for _, name in ipairs(files) do compile(from .. name, to .. name, name, false) end
  for _, module in ipairs(modules) do
    local path = assert(package.searchpath(module, package.path))
    compile(path, path, path, true)
  end
  -- Offsets count from the start of the file, before which the length of the index must be known.
  local behind = 4 + #index[1]
  for i = 2, #index do behind = behind + #string.pack("s4I4I4", index[i].name, 0, 0) end
  for i = 2, #index do index[i] = string.pack("s4I4I4", index[i].name, behind + index[i].at, index[i].size) end
  core.write_file(out, string.pack("s4", table.concat(index)) .. table.concat(chunks))
end
