--- Writes Lua files, compiled, and texts as a source in C (see embedded.h), for `make`:
--- embed.lua OUT FILE... -- TEXT...
local about = require "btfl.command.host".about

local out, files, texts = arg[1], {}, {}
do
  local list = files
  for i = 2, #arg do
    if arg[i] == "--" then list = texts else list[#list + 1] = arg[i] end
  end
end

-- Modules that btfl needs, and the packages of Debian and Ubuntu that have them.
local NEEDED = { argparse = "lua-argparse", dkjson = "lua-dkjson" }

local function fail(...)
  io.stderr:write(string.format(...), "\n")
  os.exit(2)
end

-- Few characters are themselves, for C has trigraphs.
local function literal(bytes)
  local text = bytes:gsub("[^%w ,.:;_]", function(c) return ("\\%03o"):format(c:byte()) end)
  return '"' .. text .. '"'
end

-- "btfl.format.json" for lua/btfl/format/json.lua, "scripts/check" for scripts/check.lua.
local function name_of(path)
  local stem = path:gsub("%.lua$", "")
  local module = stem:match "^lua/(.*)"
  return module and module:gsub("/init$", ""):gsub("/", ".") or stem
end

local function bytes_of(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

local function entry(path, name, shown, strip)
  local chunk, message = load(bytes_of(path), "=[btfl]/" .. shown, "t")
  if not chunk then fail("%s", (message:gsub("^%[btfl%]/", ""))) end
  local code = string.dump(chunk, strip)
  local script = name:match "^scripts/(.*)"
  return ("\t{%s, %s,\n\t %s, %d},\n"):format(literal(name), literal(script and about(path, script) or ""),
    literal(code), #code)
end

-- A module of others' loses what only a debugger shows: 7 % of the instructions of `btfl relos`.
local function needed_entry(module)
  local path = package.searchpath(module, package.path)
  if not path then
    fail("the Lua module `%s` is not installed (Debian and Ubuntu: %s; elsewhere: luarocks install %s)",
      module, NEEDED[module], module)
  end
  return entry(path, module, "lua/" .. module .. ".lua", true)
end

-- The lines that a Lua file opens with, which say what it is.
local function opening(text)
  local lines = {}
  for line in text:gmatch "[^\n]*\n" do
    if not line:find "^%-%-%-" then break end
    lines[#lines + 1] = line
  end
  return table.concat(lines)
end

-- A text is what a function of the name of its file gives.
local function text_entry(path)
  local text = bytes_of(path)
  if path:find "/policy/[%l_]+%.lua$" then text = opening(text) end
  local code = string.dump(assert(load(("return %q"):format(text))), true)
  return ('\t{%s, "",\n\t %s, %d},\n'):format(literal(path), literal(code), #code)
end

local parts = { '#include "host/embedded.h"\n\n#pragma GCC diagnostic ignored "-Woverlength-strings"\n\n'
  .. "const struct embedded embedded_files[] = {\n" }
for _, path in ipairs(files) do parts[#parts + 1] = entry(path, name_of(path), path, false) end
for _, module in ipairs { "argparse", "dkjson" } do parts[#parts + 1] = needed_entry(module) end
for _, path in ipairs(texts) do parts[#parts + 1] = text_entry(path) end
parts[#parts + 1] = "\t{0},\n};\n"

local file <close> = assert(io.open(out, "wb"))
assert(file:write(table.concat(parts)))
