--- Writes a page as text, for where no man(1) shows it.
local terminal = require "btfl.report.terminal"

local text = {}

local INDENT = 4

-- Adds text in lines of so many columns, each indented; before the first stands a mark.
local function put_text(out, words, indent, width, mark)
  if words == "" then return end
  local first = #out + 1
  local lines = terminal.lines((" "):rep(indent) .. words, width)
  table.move(lines, 1, #lines, first, out)
  if mark then out[first] = out[first]:gsub("^( *)  ", "%1" .. mark .. " ") end
end

local function tag_of(item)
  if not item.names then return item.tag end
  return table.concat(item.names, ", ") .. (item.argument and " " .. item.argument or "")
end

local WRITE = {}

function WRITE.section(out, block) out[#out + 1] = block.text:upper() end
function WRITE.part(out, block) out[#out + 1] = "  " .. block.text end
function WRITE.text(out, block, width) put_text(out, block.text, INDENT, width) end

function WRITE.code(out, block)
  for line in (block.text .. "\n"):gmatch "([^\n]*)\n" do
    out[#out + 1] = (("%s%s"):format((" "):rep(2 * INDENT), line):gsub("%s+$", ""))
  end
end

function WRITE.usage(out, block, width)
  for line in block.text:gmatch "[^\n]+" do put_text(out, line, INDENT, width) end
end

function WRITE.item(out, block, width)
  local tag = tag_of(block)
  if tag then put_text(out, tag, INDENT, width) end
  put_text(out, block.text, tag and 2 * INDENT or INDENT + 2, width, not tag and "*" or nil)
end

local HEADS = { section = true, part = true }

-- Whether an empty line stands between two blocks: not below a heading, and not between what is listed.
local function are_apart(last, block)
  if HEADS[last.kind] then return HEADS[block.kind] end
  return not (last.kind == "item" and block.kind == "item" and (block.names or not block.tag))
end

--- The page as text.
---@param page btfl.manual.page
---@param width integer columns
---@return string
function text.of(page, width)
  local out = { "NAME" }
  put_text(out, ("%s - %s"):format(page.name, page.about), INDENT, width)
  local last = { kind = "text" }
  for _, block in ipairs(page) do
    if are_apart(last, block) then out[#out + 1] = "" end
    WRITE[block.kind](out, block, width)
    last = block
  end
  if #page.see > 0 then
    local names = {}
    for i, other in ipairs(page.see) do names[i] = ("%s(%d)"):format(other.name, other.section) end
    out[#out + 1] = "\nSEE ALSO"
    put_text(out, table.concat(names, ", "), INDENT, width)
  end
  return table.concat(out, "\n") .. "\n"
end

return text
