--- The pages of the manual, each made of the one text that says it: what commands declare, README.md,
--- meta.lua, and the policies' README and what each of them opens with.
local api = require "btfl.manual.api"
local command = require "btfl.manual.command"
local declared = require "btfl.manual.declared"
local host = require "btfl.command.host"
local markdown = require "btfl.manual.markdown"
local shipped = require "btfl.policy.support.shipped"

---@class btfl.manual.page
---@field name string "btfl-check"
---@field section integer
---@field about string in a line
---@field see { name: string, section: integer }[] other pages, by section and name
---@field [integer] btfl.manual.block

local pages = {}

local function new(name, section, about, see)
  return { name = name, section = section, about = about, see = see }
end

local function put(page, block) page[#page + 1] = block end
local function put_all(page, blocks) table.move(blocks, 1, #blocks, #page + 1, page) end

-- What of the README is not for who has the program.
local ELSEWHERE = { ["Try it"] = true, Speed = true, Development = true }

local ENVIRONMENT = {
  { "BTFL_PATH", "Folders, with `:` between them, in which a script is looked for by its name." },
  { "XDG_DATA_HOME", "The folder in which `btfl/scripts` is looked in next; `~/.local/share` without." },
  { "BTFL_LUA", "A folder whose Lua modules stand in for the program's own." },
  { "LUA_INIT, LUA_PATH, LUA_CPATH", "As in lua(1)." },
  { "NO_COLOR, TERM", "There is no colour where the first is set, or the second is `dumb`." },
  { "COLUMNS", "How wide text is, where the terminal does not tell." },
  { "SOURCE_DATE_EPOCH", "The time that is written into reports that have one." },
}

local function of_commands(list)
  local see = {}
  for i, one in ipairs(list) do see[i] = { name = "btfl-" .. one.name, section = 1 } end
  see[#see + 1] = { name = "btfl-policy", section = 7 }
  see[#see + 1] = { name = "btfl-script", section = 7 }
  return see
end

local function put_readme(page)
  local skipped, begun = {}, false
  for _, block in ipairs(markdown.read(host.text "README.md")) do
    local title = block.kind == "section" and block.text
    if title then begun, skipped[title] = not ELSEWHERE[title], true end
    if begun then put(page, block) end
  end
  for title in pairs(ELSEWHERE) do assert(skipped[title], title) end
end

--- btfl(1).
---@param commands btfl.manual.command[]
---@return btfl.manual.page
function pages.btfl(commands)
  local page = new("btfl", 1, "the workbench for BPF CO-RE", of_commands(commands))
  local calls, about = declared.synopsis()
  put(page, { kind = "section", text = "Synopsis" })
  put(page, { kind = "usage", text = calls })
  put(page, { kind = "section", text = "Description" })
  put(page, { kind = "text", text = about })
  put_all(page, declared.own_items())
  put_readme(page)
  put(page, { kind = "section", text = "Environment" })
  for _, row in ipairs(ENVIRONMENT) do put(page, { kind = "item", tag = row[1], text = row[2] }) end
  command.put_statuses(page)
  return page
end

--- btfl-script(7).
---@return btfl.manual.page
function pages.script()
  local page = new("btfl-script", 7, "the Lua API of btfl", { { name = "btfl", section = 1 },
    { name = "btfl-policy", section = 7 } })
  put_all(page, api.blocks())
  return page
end

-- What a policy's file opens with, behind its name.
local function opening(name)
  local lines = {}
  for line in host.text("lua/btfl/policy/" .. name .. ".lua"):gmatch "([^\n]*)\n" do
    local said = line:match "^%-%-%- ?(.*)$"
    if not said then break end
    lines[#lines + 1] = said:gsub("^%l+: ", ""):gsub("^  %* ", "* ")
  end
  return markdown.read(table.concat(lines, "\n"))
end

--- btfl-policy(7).
---@return btfl.manual.page
function pages.policy()
  local blocks = markdown.read(host.text "lua/btfl/policy/README.md")
  local page = new("btfl-policy", 7, "your own rules of relocation", { { name = "btfl", section = 1 },
    { name = "btfl-script", section = 7 } })
  put(page, { kind = "section", text = "Description" })
  local is_contents = true
  for _, block in ipairs(blocks) do
    if block.kind == "section" then is_contents = false end
    if block.kind ~= "title" and not (is_contents and block.kind == "item") then put(page, block) end
  end
  put(page, { kind = "section", text = "Policies, one by one" })
  for _, name in ipairs(shipped.names()) do
    put(page, { kind = "part", text = name })
    put_all(page, opening(name))
  end
  return page
end

--- A page that is of no command, by what it is called: "btfl", "script", "policy"; nil for none.
---@param name string
---@return btfl.manual.page?
function pages.topic(name)
  if name == "btfl" then return pages.btfl(declared.commands()) end
  if name == "script" or name == "policy" then return pages[name]() end
  return nil
end

--- All pages.
---@return btfl.manual.page[]
function pages.all()
  local commands = declared.commands()
  local list = { pages.btfl(commands), pages.script(), pages.policy() }
  for _, one in ipairs(commands) do
    list[#list + 1] = command.page("btfl " .. one.name, one.definition, one.about)
  end
  return list
end

return pages
