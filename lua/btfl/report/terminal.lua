--- What reaches a terminal: names of a hostile file with their control characters made visible, and
--- colours.
local engine = require "btfl.engine"

local terminal = {}

local ESCAPES = { ["\t"] = "\\t", ["\n"] = "\\n", ["\r"] = "\\r" }

local function escape_byte(char)
  return ESCAPES[char] or ("\\x%02x"):format(char:byte())
end

local function escape_char(char)
  return (char:gsub(".", escape_byte))
end

-- What turns the direction of the text around it, so that a line reads as other than it is.
local function is_bidi(code)
  return code >= 0x202a and code <= 0x202e or code >= 0x2066 and code <= 0x2069
end

--- Text that prints as one line and moves nothing on the screen: control characters, bytes that are
--- no UTF-8 and marks that reorder text become \n, \xNN.
---@param text string
---@return string
function terminal.escape(text)
  if engine.is_printable(text) then return text end
  text = text:gsub("%c", escape_byte)
  if not utf8.len(text) then return (text:gsub("[\128-\255]", escape_byte)) end
  return (text:gsub("[\xc2\xe2][\128-\191]+", function(char)
    local code = utf8.codepoint(char)
    if code < 0xa0 or is_bidi(code) then return escape_char(char) end
    return nil
  end))
end

--- Columns of the window: what COLUMNS says, else the terminal; nil where standard output is none.
---@return integer?
function terminal.window()
  local columns = math.tointeger(tonumber(os.getenv "COLUMNS" or ""))
  return columns and columns > 0 and columns or engine.columns(1)
end

--- Columns that text takes: its characters. Wide ones count as one.
---@param text string
---@return integer
function terminal.width(text)
  return utf8.len(text) or #text
end

--- Text in lines of so many columns, broken at spaces; a word that is longer is left whole. The spaces before
--- its first word begin every line.
---@param text string
---@param width? integer without, it stays one line
---@param used? integer columns that are taken before its first line, and before no other
---@return string[]
function terminal.lines(text, width, used)
  used = used or 0
  if not width or used + terminal.width(text) <= width then return { text } end
  local margin = text:match "^ *"
  local lines, line, at = {}, margin, used + #margin
  for gap, word in text:sub(#margin + 1):gmatch "( *)([^ ]+)" do
    local size = terminal.width(word)
    if line ~= margin and at + #gap + size > width then
      lines[#lines + 1] = line
      line, at = margin .. word, #margin + size
    else
      line, at = line .. gap .. word, at + #gap + size
    end
  end
  lines[#lines + 1] = line
  return lines
end

local CODES = {
  error = "1;31", warning = "1;33", note = "1;36", frame = "1;34", head = "1", dim = "2",
  ok = "32", poison = "33",
}

local function plain(_, text)
  return text
end

local function painted(style, text)
  if not CODES[style] then return text end
  return ("\27[%sm%s\27[0m"):format(CODES[style], text)
end

--- A function paint(style, text, whole) that colours, or returns the text as it is: `more` is a text that
--- names some, and `whole` the one that names all, for who can unfold it.
---@param color boolean?
---@return fun(style: string, text: string, whole: string?): string
function terminal.painter(color)
  return color and painted or plain
end

return terminal
