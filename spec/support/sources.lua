--- Files of a tree of sources, for what makes tables of them.
local sources = {}

---@param path string
---@return string
function sources.read(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

--- What a command of the shell prints, by line.
---@param command string
---@return string[]
function sources.lines(command)
  local list = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do list[#list + 1] = line end
  return list
end

return sources
