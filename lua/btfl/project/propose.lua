--- A project file for what lies in a repository: objects by the names that builds give them, and kernels.
local engine = require "btfl.engine"
local find = require "btfl.project.find"
local load = require "btfl.project.load"

local propose = {}

local MOST_LEVELS, MOST_FILES = 12, 200000

-- What begins with a dot is not looked into, but where Makefiles of libbpf put objects.
local HIDDEN = { [".output"] = true }
local LEFT_OUT = { node_modules = true }

-- "little" of what bpf2go writes for machines of most kind, "big", or "any"; nil of what no build calls an
-- object.
local function order_of(name)
  if name:find "%.bpf%.o$" or name:find "_bpf%.o$" or name:find "_bpfe%.o$" then return "any" end
  return name:find "_bpfel%.o$" and "little" or name:find "_bpfeb%.o$" and "big" or nil
end

-- The folder that cargo builds a package in has a digest in its name, which changes; the pattern and an
-- order.
local function pattern_of(path)
  return (path:gsub("(build/[%w_-]+%-)" .. ("%x"):rep(16) .. "/", "%1*/"))
end

local function add_object(found, path, order)
  local pattern = pattern_of(path)
  local list = order == "big" and found.big or found.objects
  if not found.seen[pattern] then
    list[#list + 1], found.seen[pattern] = pattern, true
  end
end

local function look(found, folder, path, level)
  local here = folder .. path
  local names = level <= MOST_LEVELS and engine.folder(here == "" and "." or here) or {}
  found.files = found.files + #names
  if found.files > MOST_FILES then return end
  local kernels, inner = false, {}
  for _, name in ipairs(names) do
    local full = path .. name
    local kind, _, link, kernel = engine.file_kind(folder .. full)
    if kind == "folder" then
      local hidden = name:sub(1, 1) == "." and not HIDDEN[name]
      if not (hidden or link or LEFT_OUT[name]) then inner[#inner + 1] = full .. "/" end
    elseif order_of(name) and (kind == "object" or kind == "relocatable") then
      add_object(found, full, order_of(name))
    elseif kernel then
      kernels = true
    end
  end
  -- Kernels are searched for in a folder, however deep: what is below needs no word of its own.
  if kernels then found.targets[#found.targets + 1] = path == "" and "./" or path end
  local kept = #found.targets
  for _, one in ipairs(inner) do look(found, folder, one, level + 1) end
  if kernels then
    for i = #found.targets, kept + 1, -1 do found.targets[i] = nil end
  end
end

-- As a string of Lua, which any name can be.
local function quoted(text)
  return '"' .. text:gsub('[%c"\\\x7f-\xff]', function(c)
    return c:byte() < 0x80 and ("\\%03d"):format(c:byte()) or c
  end) .. '"'
end

local function list_of(name, words, without)
  if #words == 0 then return without end
  local lines = { ("  %s = {"):format(name) }
  for _, word in ipairs(words) do lines[#lines + 1] = ("    %s,"):format(quoted(word)) end
  lines[#lines + 1] = "  },"
  return table.concat(lines, "\n")
end

-- What is in a comment stays in its line.
local function big_twins(found)
  if #found.big == 0 then return nil end
  return ("  -- Left out, for they load on big-endian machines only: %d such as %s."):format(#found.big,
    quoted(found.big[1]))
end

local function text_of(found)
  local parts = {
    "-- What btfl looks at in this repository, where the command line says nothing else. It is data: see",
    "-- `Projects` in btfl's README for all fields.",
    "return {",
    list_of("objects", found.objects, '  -- objects = { "*.bpf.o" },'),
  }
  parts[#parts + 1] = big_twins(found)
  parts[#parts + 1] = list_of("targets", found.targets,
    '  -- targets = { "kernels/" }, -- the running one without')
  parts[#parts + 1] = '  -- ignore = { { rule = "no-field", object = "x.bpf.o", because = "..." } },'
  parts[#parts + 1] = "}\n"
  return table.concat(parts, "\n")
end

--- The text of a project file for what is in a folder, and how much that is.
---@param folder string ends in `/`, or is the current one, ""
---@return string text
---@return { objects: string[], targets: string[], cut: boolean } found cut: not all files were looked at
function propose.text(folder)
  local found = { objects = {}, big = {}, targets = {}, seen = {}, files = 0 }
  look(found, folder, "", 1)
  -- Who builds for big-endian machines alone has no others.
  if #found.objects == 0 then found.objects, found.big = found.big, {} end
  table.sort(found.objects)
  local text = text_of(found)
  local project, wrong = load.text(find.name, text)
  if not project then error("what was proposed does not load: " .. wrong[1]) end
  return text, { objects = found.objects, targets = found.targets, cut = found.files > MOST_FILES }
end

--- Writes one at the root of the repository, else in the current folder; never over anything of that name.
--- None is written where there is nothing to stand in it.
---@return string? path nil where there is one, or nothing is found
---@return table|string found what stands in it, or would; why none is written where there is one
function propose.write()
  local folder, in_repository = find.root()
  local path = folder .. find.name
  if find.has(folder, find.name) then return nil, path .. ": is there, and is not written over" end
  local text, found = propose.text(folder)
  found.folder, found.in_repository = folder == "" and "." or folder, in_repository
  if #found.objects + #found.targets == 0 then return nil, found end
  engine.write_file(path, text)
  return path, found
end

return propose
