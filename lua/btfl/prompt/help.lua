--- `help(x)` at the prompt: what meta.lua says of a value, a function or a name.
local described = require "btfl.manual.described"
local class_of = require "btfl.class"
local engine = require "btfl.engine"
local terminal = require "btfl.report.terminal"

local function called(name)
  local found = {}
  for _, entry in ipairs(described.entries()) do
    if entry.name == name then found[#found + 1] = entry end
  end
  return found
end

-- "type.decl", "btfl.type:decl": those of that name.
local function named(text)
  local name = text:gsub(":", "."):gsub("%(.*$", "")
  local found = called(name)
  return #found > 0 and found or called("btfl." .. name)
end

-- The name of a function of the module or a method of a class, by which it is.
local function name_of(value)
  for _, entry in ipairs(described.entries()) do
    local name = entry.name:match "[^.]+$"
    if entry.kind == "function" and entry.class == "btfl" and rawget(btfl, name) == value then
      return entry.name
    end
  end
  for _, class in ipairs(engine.classes) do
    for name, method in pairs(engine.class(class).methods) do
      if method == value then return "btfl." .. class .. "." .. name end
    end
  end
end

local function first_sentence(entry)
  local text = table.concat(entry.about, " ")
  return text:match "^(.-%.)%s" or text
end

local function add_values(lines, values)
  for _, value in ipairs(values) do
    if value.about ~= "" then
      lines[#lines + 1] = ("  %s: %s; %s"):format(value.name or "gives", value.type, value.about)
    end
  end
end

-- A function or a field in full.
local function add_entry(lines, entry)
  lines[#lines + 1] = entry.head
  for _, line in ipairs(entry.about) do lines[#lines + 1] = "  " .. line end
  add_values(lines, entry.params)
  add_values(lines, entry.returns)
end

-- A line that a terminal has room for; the text is ASCII.
local function fitting(line)
  local room = terminal.window()
  return room and #line > room and line:sub(1, math.max(room - 3, 1)) .. "..." or line
end

-- What a class has, a line each.
local function add_class(lines, name)
  for _, entry in ipairs(described.entries()) do
    if entry.class == name then
      local about = first_sentence(entry)
      lines[#lines + 1] = fitting("  " .. entry.head .. (about ~= "" and "  -- " .. about or ""))
    end
  end
end

local function of_entries(found)
  local lines = {}
  for i, entry in ipairs(found) do
    if i > 1 then lines[#lines + 1] = "" end
    add_entry(lines, entry)
    if entry.kind == "class" then add_class(lines, entry.name) end
  end
  return table.concat(lines, "\n")
end

-- What the module itself has, a line each.
local function overview()
  local lines = {
    "help(x) tells of a value, a function or a name: help(btfl.object), help 'type.decl'. There are:",
  }
  add_class(lines, "btfl")
  return table.concat(lines, "\n")
end

--- The text for what was given; without anything, what there is.
---@param ... any
---@return string
return function(...)
  if select("#", ...) == 0 or (...) == btfl then return overview() end
  local value = ...
  if type(value) == "string" then
    local found = named(value)
    return #found > 0 and of_entries(found) or ("nothing of btfl is called '%s'"):format(value)
  end
  local name = type(value) == "function" and name_of(value) or class_of(value)
  local found = name and called(name) or {}
  if #found > 0 then return of_entries(found) end
  return ("%s is a %s, and none of btfl's"):format(tostring(value), type(value))
end
