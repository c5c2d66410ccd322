--- What commands take, as they declare it. argparse hands that out as help and as completions only, so that
--- the fields of its elements are read here, and nowhere else.
local argparse = require "argparse"
local cli = require "btfl.command.cli"
local host = require "btfl.command.host"
local options = require "btfl.command.options"

local declared = {}

--- What a script declares: it is run until it asks for its command line.
---@param chunk function
---@return btfl.cli.definition
local function definition_of(chunk)
  local thread = coroutine.create(chunk)
  local before = cli.declared
  cli.declared = function(_, definition) coroutine.yield(definition) end
  local ok, definition = coroutine.resume(thread, "--help")
  cli.declared = before
  if not ok then error(definition, 0) end
  coroutine.close(thread)
  return definition
end

---@class btfl.manual.command
---@field name string "check"
---@field about string what `btfl help` says of it
---@field definition btfl.cli.definition

--- The program's own commands, by name.
---@return btfl.manual.command[]
function declared.commands()
  local list = {}
  for name, about in pairs(host.own_scripts()) do
    list[#list + 1] = { name = name, about = about, definition = definition_of(host.own_script(name)) }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- The items of a page about the options that a definition has.
---@param name string
---@param definition btfl.cli.definition
---@return btfl.manual.block[]
function declared.items(name, definition)
  local parser = argparse(name):add_help(false)
  options.declare(parser, definition)
  local items = {}
  for _, option in ipairs(parser._options) do
    local argument = table.concat(option:_get_argument_list(), " ")
    if not option._hidden then
      items[#items + 1] = { kind = "item", names = option._public_aliases, text = option._description or "",
        argument = argument ~= "" and argument or nil }
    end
  end
  return items
end

--- Declares a command to a parser, without what its help does not show, and with words that an option may be
--- completed to.
---@param command table of argparse
---@param definition btfl.cli.definition
---@param choices table<string, string[]> by the name of the option
function declared.complete(command, definition, choices)
  options.declare(command, definition)
  local shown = {}
  for _, option in ipairs(command._options) do
    for _, name in ipairs(option._aliases) do
      if choices[name] then option:choices(choices[name]) end
    end
    if not option._hidden then shown[#shown + 1] = option end
  end
  command._options = shown
end

--- What the program itself is called with, of what `btfl --help` says: the calls, and what it is.
---@return string calls a line each
---@return string about
function declared.synopsis()
  local calls, about = host.USAGE:match "^usage: (.-)\n(%u.-)\n\n"
  return calls:gsub("\n +", "\n"), about
end

--- The items of a page about its own options.
---@return btfl.manual.block[]
function declared.own_items()
  local items = {}
  for name, argument, about in host.USAGE:gmatch "\n  (%-+%w+) ?(%u*)%s+([^\n]+)" do
    items[#items + 1] = { kind = "item", names = { name }, argument = argument ~= "" and argument or nil,
      text = about:gsub("^%l", string.upper) .. "." }
  end
  return items
end

return declared
