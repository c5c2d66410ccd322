--- The page of a command, of what its script declares to btfl.cli.
local declared = require "btfl.manual.declared"
local options = require "btfl.command.options"

local STATUS = {
  { "0", "Nothing was found that fails." },
  { "1", "Something was found that does: an error, or what `--fail-on` names." },
  { "2", "It could not be done, or not all of it: a line on standard error says why." },
  { "130", "SIGINT ended it: what was done until then is printed." },
}

local command = {}

--- Adds what a status says.
---@param page btfl.manual.page
function command.put_statuses(page)
  page[#page + 1] = { kind = "section", text = "Exit status" }
  for _, row in ipairs(STATUS) do page[#page + 1] = { kind = "item", tag = row[1], text = row[2] } end
end

--- The page of a command.
---@param name string "btfl check"
---@param definition btfl.cli.definition
---@param about? string a line; without one, or of "", it is that of the definition
---@return btfl.manual.page
function command.page(name, definition, about)
  about = about and about ~= "" and about or definition.about or "a script"
  local page = { name = name:gsub(" ", "-"), section = 1, about = about:gsub("%.$", ""),
    see = { { name = "btfl", section = 1 } } }
  local function put(kind, text) page[#page + 1] = { kind = kind, text = (text:gsub("\n", " ")) } end
  put("section", "Synopsis")
  put("usage", options.usage(name, definition))
  put("section", "Description")
  put("text", definition.about or about)
  if definition.epilog then put("text", definition.epilog) end
  put("section", "Options")
  for _, item in ipairs(declared.items(name, definition)) do page[#page + 1] = item end
  command.put_statuses(page)
  if definition.targets ~= false and not definition.policy then
    page.see[2] = { name = "btfl-policy", section = 7 }
  end
  return page
end

return command
