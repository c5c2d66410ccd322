--- Writes a page as mdoc(7), which man(1) and mandoc(1) show.
local mdoc = {}

local WIDTH = 78

-- Characters that roff takes for something else, or prints as typographers would.
local SPECIAL = {
  ["\\"] = "\\e", ["-"] = "\\-", ["'"] = "\\(aq", ["`"] = "\\(ga", ["^"] = "\\(ha", ["~"] = "\\(ti",
}

local function ascii(text)
  return (text:gsub("[\xc2-\xf4][\x80-\xbf]+", function(char)
    return ("\\[u%04X]"):format(utf8.codepoint(char))
  end))
end

-- A name with `()` would be a function of a manual for C; a|b may go on in the next line.
local function escaped(text)
  return ascii((text:gsub("(%w)%(%)", "%1\\&()"):gsub("|", "|\\:")))
end

local function code(text)
  return escaped((text:gsub("[\\'`^~-]", SPECIAL)))
end

-- `--` would be a dash.
local function plain(text)
  return escaped((text:gsub("\\", "\\e"):gsub("%-%-", "\\-\\-")))
end

-- Text with `code` in it.
local function marked(text)
  local out, at = {}, 1
  for before, inner, after in text:gmatch "([^`]*)`([^`]+)`()" do
    out[#out + 1] = plain(before) .. "\\fB" .. code(inner) .. "\\fR"
    at = after
  end
  out[#out + 1] = plain(text:sub(at))
  return table.concat(out)
end

-- One word of a macro's line, whatever is in it.
local function quoted(text)
  return '"' .. text:gsub('"', "\\(dq") .. '"'
end

-- A control line begins with a dot or an apostrophe.
local function harmless(line)
  return line:find "^[.']" and "\\&" .. line or line
end

local function ends_sentence(line)
  return line:gsub("\\f%u", ""):find "[%w).}][.!?][)\"']*$"
end

-- Adds text in lines, of which each begins with a sentence at the latest.
local function put_text(out, text)
  local line
  for word in text:gmatch "%S+" do
    local ended = line and ends_sentence(line) and word:gsub("\\f%u", ""):find "^%W?%u"
    if line and not ended and #line + 1 + #word <= WIDTH then
      line = line .. " " .. word
    else
      out[#out + 1] = line and harmless(line)
      line = word
    end
  end
  out[#out + 1] = line and harmless(line)
end

-- How a command is called: a word of it as mdoc's.
local function put_usage(out, text)
  for line in text:gmatch "[^\n]+" do
    local name, rest = line:match "^(%l[%l ]*%l) ?(.*)$"
    out[#out + 1] = ".Nm " .. name
    for word in rest:gmatch "%S+" do
      local inner, dots = word:match "^%[(.-)%](%.*)$"
      local argument, many = (inner or word):match "^(.-)(%.*)$"
      many = many .. (dots or "")
      local macro = argument:find "^%-" and "Fl " .. code(argument:sub(2)) or "Ar " .. argument
      out[#out + 1] = "." .. (inner and "Op " or "") .. macro .. (many ~= "" and " ..." or "")
    end
  end
end

-- The head of an item about an option.
local function option_tag(item)
  local flags = {}
  for i, name in ipairs(item.names) do flags[i] = "Fl " .. code(name:sub(2)) end
  return table.concat(flags, " , ") .. (item.argument and " Ar " .. quoted(code(item.argument)) or "")
end

local WRITE = {}

function WRITE.section(out, block) out[#out + 1] = ".Sh " .. block.text:upper() end
function WRITE.part(out, block) out[#out + 1] = ".Ss " .. quoted(marked(block.text)) end
function WRITE.usage(out, block) put_usage(out, block.text) end

function WRITE.code(out, block)
  out[#out + 1] = ".Bd -literal -offset indent"
  for line in (block.text .. "\n"):gmatch "([^\n]*)\n" do out[#out + 1] = harmless(code(line)) end
  out[#out + 1] = ".Ed"
end

function WRITE.item(out, block)
  if block.names then
    out[#out + 1] = ".It " .. option_tag(block)
  else
    out[#out + 1] = ".It" .. (block.tag and " " .. quoted(marked(block.tag)) or "")
  end
  put_text(out, marked(block.text))
end

function WRITE.text(out, block) put_text(out, marked(block.text)) end

-- What stands between two blocks: the ends of a list, and space.
local function put_between(out, last, block)
  local function list_of(one)
    return one and one.kind == "item" and ((one.tag or one.names) and "-tag -width Ds" or "-bullet")
  end
  local was, is = list_of(last), list_of(block)
  if was and was ~= is then out[#out + 1] = ".El" end
  local headed = not last or last.kind == "section" or last.kind == "part"
  if is and is ~= was then
    out[#out + 1] = ".Bl " .. is
  elseif block and block.kind == "text" and not headed or block and block.kind == "usage" and not headed then
    out[#out + 1] = ".Pp"
  end
end

--- The page in mdoc(7).
---@param page btfl.manual.page
---@param time integer when it was written
---@return string
function mdoc.of(page, time)
  local date = os.date("!*t", time)
  local out = {
    (".Dd %s %d, %d"):format(os.date("!%B", time), date.day, date.year),
    (".Dt %s %d"):format(page.name:upper(), page.section),
    ".Os",
    ".Sh NAME",
    ".Nm " .. page.name,
    ".Nd " .. quoted(marked(page.about)),
  }
  local last
  for _, block in ipairs(page) do
    put_between(out, last, block)
    WRITE[block.kind](out, block)
    last = block
  end
  put_between(out, last)
  if #page.see > 0 then
    out[#out + 1] = ".Sh SEE ALSO"
    for i, other in ipairs(page.see) do
      out[#out + 1] = (".Xr %s %d%s"):format(other.name, other.section, i < #page.see and " ," or "")
    end
  end
  return table.concat(out, "\n") .. "\n"
end

return mdoc
