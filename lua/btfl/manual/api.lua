--- The Lua API as parts of a page, of what meta.lua says.
local described = require "btfl.manual.described"
local host = require "btfl.command.host"
local markdown = require "btfl.manual.markdown"

local api = {}

local function put(blocks, kind, text, tag)
  blocks[#blocks + 1] = { kind = kind, text = text, tag = tag }
end

-- What stands above a declaration: text, in which code is indented.
local function about_of(entry)
  local text = table.concat(entry.about, "\n"):gsub("(\n?[^\n]*)", function(line)
    return line:find "^\n    " and "\n" .. line or nil
  end)
  return markdown.read(text)
end

local function words_of(entry)
  local out = {}
  for _, param in ipairs(entry.params) do
    local about = param.about ~= "" and ", " .. param.about or ""
    out[#out + 1] = ("`%s`: %s%s."):format(param.name, param.type, about)
  end
  for _, value in ipairs(entry.returns) do
    if value.about ~= "" then out[#out + 1] = ("Gives %s: %s."):format(value.type, value.about) end
  end
  return table.concat(out, " ")
end

-- A field or a function: one item, and code behind it.
local function put_entry(blocks, entry)
  local about = about_of(entry)
  local text, rest = "", 1
  if about[1] and about[1].kind == "text" then text, rest = about[1].text, 2 end
  local words = words_of(entry)
  -- A line may end between the words that a value may be.
  local head = entry.head:gsub('"|', '" | ')
  put(blocks, "item", (text .. " " .. words):gsub("^ ", ""):gsub(" $", ""), ("`%s`"):format(head))
  table.move(about, rest, #about, #blocks + 1, blocks)
end

-- The members of a class are those behind it, wherever they stand.
local function put_class(blocks, class, entries)
  put(blocks, "part", class.head)
  local about = about_of(class)
  table.move(about, 1, #about, #blocks + 1, blocks)
  for _, entry in ipairs(entries) do
    if entry.class == class.name then put_entry(blocks, entry) end
  end
end

--- The blocks that say what meta.lua does.
---@return btfl.manual.block[]
function api.blocks()
  local entries, blocks = described.entries(), {}
  local text = host.text "lua/btfl/meta.lua"
  put(blocks, "section", "Description")
  local opening = text:match "^%-%-%-@meta[^\n]*(\n.-)\n\n"
  put(blocks, "text", (opening:gsub("\n%-%-%- ?", " "):gsub("^ ", "")))
  put(blocks, "section", "Classes")
  for _, entry in ipairs(entries) do
    if entry.kind == "class" then put_class(blocks, entry, entries) end
  end
  put(blocks, "section", "Words")
  for _, entry in ipairs(entries) do
    if entry.kind == "alias" then
      local name, words = entry.head:match "^(%S+) = (.*)$"
      put(blocks, "item", (words:gsub("|", " | ")), ("`%s`"):format(name))
    end
  end
  return blocks
end

return api
