--- What markdown is made of, with hostile names in it, and within the room that there is.
local names = require "btfl.report.names"
local terminal = require "btfl.report.terminal"

local markup = {}

--- A value as code whose punctuation is written as entities, so that it neither ends the cell of a table nor
--- names a user.
---@param value any
---@return string
function markup.code(value)
  if value == nil or value == "" then return "" end
  local text = terminal.escape(tostring(value)):gsub("[^%w%s/\128-\255-]", function(char)
    return ("&#%d;"):format(char:byte())
  end)
  return "<code>" .. text .. "</code>"
end

--- What text_of(...) says of names as code, which unfolds to all of them where it cuts them.
---@param text_of fun(...): string?
---@return string
function markup.folded(text_of, ...)
  local text, whole = text_of(...), names.in_full(text_of, ...)
  if text == whole then return markup.code(text) end
  return ("<details><summary>%s</summary>%s</details>"):format(markup.code(text), markup.code(whole))
end

--- Adds the text of each item as far as there is room, then how many are cut.
---@param out string[]
---@param items any[]
---@param room integer bytes
---@param text_of fun(item: any): string
---@param cut string what is said of those, such as "%d more kernels are cut."
function markup.put_all(out, items, room, text_of, cut)
  for i, item in ipairs(items) do
    local text = text_of(item)
    room = room - #text - 1
    if room < 0 then
      out[#out + 1] = ""
      out[#out + 1] = cut:format(#items - i + 1)
      return
    end
    out[#out + 1] = text
  end
end

--- Adds a table of cells that cells_of makes of each item.
---@param out string[]
---@param columns string[]
---@param items any[]
---@param room integer bytes
---@param cells_of fun(item: any): string[]
---@param cut string
function markup.put_table(out, columns, items, room, cells_of, cut)
  local function row_of(cells) return "| " .. table.concat(cells, " | ") .. " |" end
  out[#out + 1] = ""
  out[#out + 1] = row_of(columns)
  out[#out + 1] = "|" .. ("---|"):rep(#columns)
  room = room - #out[#out] - #out[#out - 1]
  markup.put_all(out, items, room, function(item) return row_of(cells_of(item)) end, cut)
end

return markup
