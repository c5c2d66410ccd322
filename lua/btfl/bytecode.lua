--- Compiles Lua modules for later starts (see src/host/bytecode.c): `make` calls it.

--- Compiles each file into the folder. A file will be found by its path with `from` replaced by `to`,
--- which errors in it name, too. `modules` are names of modules on package.path.
---@param folder string
---@param from string
---@param to string
---@param files string[]
---@param modules string[]
return function(folder, from, to, files, modules)
  local function compile(file, path)
    local source <close> = assert(io.open(file, "rb"))
    local chunk = assert(load(source:read "a", "@" .. path, "t"))
    local out <close> = assert(io.open(("%s/%s.luac"):format(folder, (path:gsub("/", "%%"))), "wb"))
    assert(out:write(string.dump(chunk)))
  end
  for _, file in ipairs(files) do
    assert(file:sub(1, #from) == from, file)
    compile(file, to .. file:sub(#from + 1))
  end
  for _, name in ipairs(modules) do
    local path = assert(package.searchpath(name, package.path))
    compile(path, path)
  end
end
