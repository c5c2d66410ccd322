--- The formats of a report. Each is a function of a report and options (color, width) that returns
--- the text to print. It is a module btfl.format.NAME, btfl's own or one on package.path, or a Lua
--- file that returns it, or what a script has defined.
local named = require "btfl.command.named"

local formats = { "text", "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown", "html", "yaml" }

local OWN = {}
for _, name in ipairs(formats) do OWN[name] = true end

local defined = {}

--- See btfl.format in meta.lua.
---@param name string
---@param render fun(report: btfl.report, options: btfl.render.options): string
function formats.define(name, render)
  if type(name) ~= "string" or not name:find("^[%w_-]+$") then
    error("a format is named with letters, digits, _ and -", 2)
  end
  if type(render) ~= "function" then error("a format is a function of a report", 2) end
  if not formats.find(name) then formats[#formats + 1] = name end
  defined[name] = render
end

local function loaded(path)
  local chunk, message = named.load(path)
  if not chunk then error(message, 0) end
  local render = chunk(path)
  if type(render) ~= "function" then
    error(("%s: a format's file returns a function, not a %s value"):format(path, type(render)), 0)
  end
  return render
end

-- The file of a format, nil when there is none.
local function path_of(name)
  if named.is_file(name) then return name end
  if not name:find("^[%w_-]+$") then return nil end
  return named.find("btfl.format." .. name)
end

--- Whether --format takes a name: it is a format's, or that of a file.
---@param name string
---@return boolean
function formats.exists(name)
  if OWN[name] then return true end
  local path = defined[name] == nil and path_of(name)
  local file <close> = path and io.open(path) or nil
  return defined[name] ~= nil or file ~= nil
end

--- The function of a format, nil when there is none of that name. Raises when its file is broken.
---@param name string
---@return (fun(report: btfl.report, options: btfl.render.options): string)?
function formats.find(name)
  if not defined[name] and OWN[name] then
    defined[name] = require("btfl.format." .. name)
  elseif not defined[name] then
    local path = path_of(name)
    defined[name] = path and loaded(path)
  end
  return defined[name]
end

return formats
