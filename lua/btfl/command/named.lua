--- What a word of the command line names: a file, or a Lua module by its name.
local engine = require "btfl.engine"

local named = {}

--- Whether it names a file, and so may run what is in the current folder.
---@param word string
---@return boolean
function named.is_file(word)
  return word:find("/", 1, true) ~= nil or word:find("%.lua$") ~= nil
end

--- The file of a Lua module that is not part of the program. The folders of package.path that are
--- relative are left out: whoever has a file in the current folder would otherwise run it under any name
--- that is asked for. Raises when it is there and cannot be opened.
---@param module string
---@return string? path nil when there is none
function named.find(module)
  local absolute = {}
  for template in package.path:gmatch "[^;]+" do
    if template:sub(1, 1) == "/" then absolute[#absolute + 1] = template end
  end
  local path = package.searchpath(module, table.concat(absolute, ";"))
  if not path then require("btfl.command.host").tell_unreadable(module) end
  return path
end

--- loadfile() of a file of the user's, which is then an input that is not written over.
---@param path string
---@return function? chunk
---@return string? message
function named.load(path)
  engine.note_input(path)
  return loadfile(path)
end

--- The chunk of a Lua module: of the program, or of a file as find() gives it.
---@param module string
---@return function? chunk nil when there is none
---@return string? place what tells it from others
function named.module(module)
  local chunk = require("btfl.command.host").embedded(module)
  if chunk then return chunk, module end
  local path = named.find(module)
  if path then return assert(named.load(path)), path end
end

return named
