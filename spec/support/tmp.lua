--- Temporary files of one spec file: all in one folder, which goes when the spec ends.

local run = require "spec.support.run"

local tmp = {}

local dir

local function folder()
  if not dir then
    local p <close> = assert(io.popen("mktemp -d"))
    dir = assert(p:read("l"), "mktemp -d failed")
  end
  return dir
end

--- A path of that name in the folder; nothing is created there.
---@param name string
---@return string
function tmp.path(name)
  return folder() .. "/" .. name
end

--- Writes bytes to a file of that name in the folder and returns its path.
---@param name string
---@param bytes string
---@return string
function tmp.write(name, bytes)
  local path = tmp.path(name)
  local f <close> = assert(io.open(path, "wb"))
  assert(f:write(bytes))
  return path
end

--- Makes a folder of that name in the folder.
---@param name string
---@return string
function tmp.mkdir(name)
  local path = tmp.path(name)
  assert(os.execute(("mkdir -p '%s'"):format(path)))
  return path
end

--- The whole of a file.
---@param path string
---@return string
function tmp.read(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

--- Runs a command line; returns what it wrote to stdout and to stderr, and its exit status (128 and
--- the signal when one ended it).
---@param command string
---@return string out
---@return string err
---@return integer status
function tmp.run(command)
  local r = run.program { "sh", "-c", command }
  return r.out, r.err, r.status
end

--- Removes the folder: for teardown().
function tmp.clean()
  if dir then
    os.execute(("rm -rf '%s'"):format(dir))
    dir = nil
  end
end

return tmp
