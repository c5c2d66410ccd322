--- What reaches a terminal: names of a hostile file with their control characters made visible, and
--- colours.
local is_printable = require("btfl.engine").is_printable

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
  if is_printable(text) then return text end
  text = text:gsub("%c", escape_byte)
  if not utf8.len(text) then return (text:gsub("[\128-\255]", escape_byte)) end
  return (text:gsub("[\xc2\xe2][\128-\191]+", function(char)
    local code = utf8.codepoint(char)
    if code < 0xa0 or is_bidi(code) then return escape_char(char) end
    return nil
  end))
end

--- Columns that text takes: its characters. Wide ones count as one.
---@param text string
---@return integer
function terminal.width(text)
  return utf8.len(text) or #text
end

local CODES = {
  error = "1;31", warning = "1;33", note = "1;36", frame = "1;34", head = "1", dim = "2",
  ok = "32", poison = "33",
}

local function plain(_, text)
  return text
end

local function painted(style, text)
  return ("\27[%sm%s\27[0m"):format(CODES[style], text)
end

--- A function paint(style, text) that colours, or returns the text as it is.
---@param color boolean?
---@return fun(style: string, text: string): string
function terminal.painter(color)
  return color and painted or plain
end

return terminal
