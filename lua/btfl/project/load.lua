--- Reads a project file: data, which its author wrote and nobody has to trust. See btfl.project in meta.lua.
local engine = require "btfl.engine"
local fields = require "btfl.project.fields"
local find = require "btfl.project.find"
local terminal = require "btfl.report.terminal"

local load = {}

local MOST_BYTES = 1 << 20

-- What is wrong is told so far.
local MOST_LINES, MOST_WIDTH = 10, 300

local BOM = "\xef\xbb\xbf"

-- The text of a file; nil and why not.
local function text_of(path)
  local kind = engine.file_kind(path)
  if kind == "folder" or kind == "special" then return nil, path .. ": is no regular file" end
  local file <close>, why = io.open(path, "rb")
  if not file then return nil, why end
  engine.note_input(path)
  local text, broken = file:read(MOST_BYTES + 1)
  if not text and broken then return nil, ("%s: %s"):format(path, broken) end
  text = text or ""
  if #text > MOST_BYTES then return nil, path .. ": is more than 1 MiB, which nobody writes" end
  return text:sub(1, 3) == BOM and text:sub(4) or text
end

-- As lines that a terminal can be given.
local function shown(wrong)
  local out = {}
  for i = 1, math.min(#wrong, MOST_LINES) do
    local line = terminal.escape(wrong[i]:sub(1, MOST_WIDTH))
    out[i] = #wrong[i] > MOST_WIDTH and line .. "..." or line
  end
  if #wrong > MOST_LINES then out[#out + 1] = ("and %d more"):format(#wrong - MOST_LINES) end
  return out
end

--- The project of a text, or nil and what is wrong with it, a line each.
---@param path string what the text is called; what it names is relative to the folder of that
---@param text string
---@return btfl.project?, string[]?
function load.text(path, text)
  local data, why = engine.data(path, text)
  if why then return nil, shown { why } end
  local project, wrong = fields.read(path, data)
  return project, wrong and shown(wrong)
end

--- The project in a file.
---@param path string
---@return btfl.project?, string[]?
function load.file(path)
  local text, why = text_of(path)
  if not text then return nil, { why } end
  return load.text(path, text)
end

-- The files that a word names, in order: a pattern may name none, which opening it tells.
local function files_of(word)
  if not word:find "[*?%[]" or engine.file_kind(word) then return { word } end
  local list = engine.glob(word)
  return #list > 0 and list or { word }
end

-- Gives a command line what it gives none of. `project_objects` and `project_targets` say what is of the
-- project.
local function complete(project, args)
  if project.objects and type(args.obj) == "table" and #args.obj == 0 then
    local seen = {}
    for _, word in ipairs(project.objects) do
      for _, path in ipairs(files_of(word)) do
        if not seen[path] then args.obj[#args.obj + 1], seen[path] = path, true end
      end
    end
    args.project_objects = true
  end
  -- A command may take kernels as arguments, too.
  local given = args.target and #args.target + (type(args.kernel) == "table" and #args.kernel or 0)
  if given == 0 then
    for i, target in ipairs(project.targets or {}) do args.target[i] = target end
    args.project_targets = true
  end
end

--- The project of a command line, which is given what it leaves out.
---@param args table what argparse made of it
---@return btfl.project? nil where there is none, or something is wrong
---@return string[]? wrong
function load.into(args)
  if args.no_project then return nil end
  local path, why = args.project, nil
  if not path then path, why = find.file() end
  if not path then return nil, why and { why } end
  local project, wrong = load.file(path)
  if project then complete(project, args) end
  return project, wrong
end

return load
