--- What Tab makes of a word at the prompt: globals and keywords, and behind a dot or a colon what the value
--- there has. Nothing is called for it: of `f(x).` nothing is known.
local described = require "btfl.manual.described"
local class_of = require "btfl.class"

local KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local",
  "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

local function add_keys(names, table)
  for name in next, table do
    if type(name) == "string" then names[name] = true end
  end
end

-- The names that may stand behind a value and a dot or, of methods alone, a colon.
local function names_of(value, mark)
  local names, class = {}, value == btfl and "btfl" or class_of(value)
  for _, entry in ipairs(class and described.entries() or {}) do
    if entry.class == class and (mark == "." or entry.kind == "method") then
      names[entry.name:match "[^.]+$"] = true
    end
  end
  if type(value) == "string" then add_keys(names, string) end
  if type(value) == "table" then add_keys(names, value) end
  return names
end

-- What stands at "a.b" of the globals, and whether it is there at all.
local function value_at(path)
  local value = _G
  for name in path:gmatch "[^.]+" do
    local ok, field = pcall(function() return value[name] end)
    if not ok or field == nil then return nil, false end
    value = field
  end
  return value, true
end

local function beginning_with(prefix, head, names)
  local list = {}
  for name in pairs(names) do
    if name:sub(1, #prefix) == prefix and name:find "^[%a_][%w_]*$" then list[#list + 1] = head .. name end
  end
  table.sort(list)
  return list
end

--- The words that the one at the end of a line may become, in order.
---@param before string the line in front of the word
---@param word string "obj:re"
---@return string[]
return function(before, word)
  local path, mark, prefix = word:match "^([%a_][%w_.]*)([.:])([%w_]*)$"
  if path then
    local value, there = value_at(path)
    return there and beginning_with(prefix, path .. mark, names_of(value, mark)) or {}
  end
  if not word:find "^[%w_]*$" or before:find "[.:]%s*$" then return {} end
  local names = names_of(_G, ".")
  for _, keyword in ipairs(KEYWORDS) do names[keyword] = true end
  return beginning_with(word, "", names)
end
