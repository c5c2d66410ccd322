--- The API as lua/btfl/meta.lua describes it, taken apart: what each class, field, method and function is
--- called, takes and gives, in the words that stand there.

local M = {}

---@class btfl.described
---@field name string "btfl.btf", "btfl.type.decl"
---@field kind "class"|"field"|"method"|"function"|"alias"
---@field class string? of a field or a method, and of a function of a part such as btfl.log: "btfl.type"
---@field head string how it is written: "type:decl(name?, options?) -> string", "type.size: integer"
---@field type string? of a field
---@field about string[] the lines that stand above it
---@field params { name: string, type: string, about: string }[]
---@field returns { type: string, about: string }[]

-- "string|nil the rest" is a type and what is said of it; a type may have spaces within brackets and behind a
-- comma or a colon.
local function type_and_words(text)
  local depth, at = 0, 1
  while at <= #text do
    local c = text:sub(at, at)
    if c:find "[%(%[{<]" then
      depth = depth + 1
    elseif c:find "[%)%]}>]" then
      depth = depth - 1
    elseif c == " " and depth == 0 and not text:sub(1, at - 1):find "[:,|]$" then
      break
    end
    at = at + 1
  end
  return text:sub(1, at - 1), text:sub(at + 1)
end

local function head_of(called, params, returns)
  local names, types = {}, {}
  for i, param in ipairs(params) do names[i] = param.name end
  for i, value in ipairs(returns) do types[i] = value.type end
  return called .. "(" .. table.concat(names, ", ") .. ")"
    .. (#types > 0 and " -> " .. table.concat(types, ", ") or "")
end

---@class btfl.described.reader what stands above the line that is read
local reader = {}
reader.__index = reader

function reader:forget()
  self.about, self.params, self.returns = {}, {}, {}
end

function reader:add(entry)
  entry.about, entry.params, entry.returns = entry.about or self.about, self.params, self.returns
  self.entries[#self.entries + 1] = entry
  self:forget()
end

-- What a tag says, by its name.
local TAGS = {}

function TAGS.class(self, text)
  local name = text:match "^[%w_.]+"
  self.class, self.short = name, name:match "[^.]+$"
  self:add { name = name, kind = "class", head = text }
end

function TAGS.field(self, text)
  local name, rest = text:match "^([%w_]+%??)%s+(.*)$"
  if not name then return end -- ---@field [integer]: what a list holds
  local is, words = type_and_words(rest)
  self:add {
    name = self.class .. "." .. name:gsub("%?$", ""), kind = "field", class = self.class, type = is,
    head = ("%s.%s: %s"):format(self.short, name, is), about = { words ~= "" and words or nil },
  }
end

function TAGS.alias(self, text)
  local name, rest = text:match "^(%S+)%s+(.*)$"
  self:add { name = name, kind = "alias", head = name .. " = " .. rest }
end

function TAGS.param(self, text)
  local name, rest = text:match "^(%S+)%s+(.*)$"
  local is, words = type_and_words(rest)
  table.insert(self.params, { name = name, type = is, about = words })
end

TAGS["return"] = function(self, text)
  local is, words = type_and_words(text)
  table.insert(self.returns, { type = is, about = words })
end

local function read_function(self, of, mark, name)
  local class = self.owners[of] or "btfl"
  local called = class == "btfl" and of or class:match "[^.]+$"
  self:add {
    name = (class == "btfl" and of or class) .. "." .. name, class = class,
    kind = mark == ":" and "method" or "function",
    head = head_of(called .. mark .. name, self.params, self.returns),
  }
end

local function read(self, line)
  local tag, text = line:match "^%-%-%-@(%l+)%s*(.*)$"
  local variable = line:match "^local ([%w_]+) = {}" or line:match "^([%w_]+) = {}"
  local of, mark, name = line:match "^function ([%w_.]+)([.:])([%w_]+)%("
  if tag then
    if TAGS[tag] then TAGS[tag](self, text) end
  elseif line:find "^%-%-%-" then
    self.about[#self.about + 1] = line:match "^%-%-%- ?(.*)$"
  elseif variable then
    self.owners[variable] = self.class
  elseif name then
    read_function(self, of, mark, name)
  elseif line == "" then
    self:forget()
  end
end

--- The entries in the order of the text. A class whose values are made by a function of its name is there
--- twice under it: as the one and as the other.
---@param text string of meta.lua
---@return btfl.described[]
function M.read(text)
  local self = setmetatable({ entries = {}, owners = {}, class = "btfl" }, reader)
  self:forget()
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do read(self, line) end
  return self.entries
end

local entries

--- Those of this btfl's own meta.lua.
---@return btfl.described[]
function M.entries()
  entries = entries or M.read(require("btfl.command.host").text "lua/btfl/meta.lua")
  return entries
end

return M
