--- What the btfl command says: which script a name means, help and pages, what a script returned, what stands
--- at the prompt, and errors.
---
--- The C side (src/host) loads this first, sets the fields that are nil here, and calls the functions by
--- name. Everything that few runs need is loaded on first use.

local M = {
  modules = nil, ---@type string? the folder that stands in for btfl's own modules
  scripts = nil, ---@type string? the folder that stands in for btfl's own scripts
  --- The function of a module, or of "scripts/" and the name of a script, that is part of the program.
  embedded = nil, ---@type fun(name: string): function?
  embedded_scripts = nil, ---@type fun(): table<string, string> what each is about, by its name
  verbose = false, --- tracebacks are printed in full
  list = nil, ---@type fun(folder: string): string[]? the names in a folder
  --- Raises when a Lua module has a file that cannot be opened.
  tell_unreadable = package.searchers[#package.searchers], ---@type fun(module: string)
}

--- An error that is the user's to mend: it is told in one line.
---@param message string
---@param ... any for string.format
function M.usage(message, ...)
  error(setmetatable({ kind = "usage", message = message:format(...) }, {
    __tostring = function(self) return self.message end,
  }), 0)
end

--- The folder of the user's own files for btfl; nil where nobody says who the user is.
---@return string?
function M.data()
  local data, home = os.getenv("XDG_DATA_HOME"), os.getenv("HOME")
  if not data or data == "" then
    data = home and home .. "/.local/share"
  end
  return data and data .. "/btfl"
end

--- The folders in which a bare script name is looked up, in order; then come the program's own.
---@return string[]
function M.folders()
  local folders = {}
  for folder in (os.getenv("BTFL_PATH") or ""):gmatch("[^:]+") do
    folders[#folders + 1] = folder
  end
  local data = M.data()
  if data then
    folders[#folders + 1] = data .. "/scripts"
  end
  folders[#folders + 1] = M.scripts
  return folders
end

-- What says that no file at all can be opened: ENOMEM, ENFILE, EMFILE.
local EXHAUSTED = { [12] = true, [23] = true, [24] = true }

local function is_file(path)
  local file <close>, why, code = io.open(path)
  if not file then
    if EXHAUSTED[code] then M.usage("%s", why) end
    return false
  end
  local _, failed = file:read(0) -- a folder opens, but does not read
  return not failed
end

--- The first `---` line of a script, without the script's own name.
---@param path string
---@param name string
---@return string
function M.about(path, name)
  for line in io.lines(path) do
    local text = line:match("^%-%-%-%s*([^@%s].*)$")
    if text then
      local start = name .. ":"
      return text:sub(1, #start) == start and text:sub(#start + 1):match("^%s*(.*)$") or text
    end
  end
  return ""
end

local function add_scripts(found, folder)
  for _, file in ipairs(M.list(folder) or {}) do
    local name, path = file:match("^([^.].*)%.lua$"), folder .. "/" .. file
    if name and is_file(path) then found[name] = M.about(path, name) end
  end
end

--- The program's own scripts, or those of the tree that stand in for them: what each is about, by its name.
---@return table<string, string>
function M.own_scripts()
  local found = M.embedded_scripts()
  if M.scripts then add_scripts(found, M.scripts) end
  return found
end

--- The function of one of them.
---@param name string
---@return function
function M.own_script(name)
  return M.embedded("scripts/" .. name) or assert(loadfile(("%s/%s.lua"):format(M.scripts, name)))
end

--- A text of btfl's tree that is part of the program, too, as "README.md". Of a policy's file that is at
--- least what it opens with.
---@param path string
---@return string
function M.text(path)
  local file <close> = M.modules and io.open(("%s/../%s"):format(M.modules, path)) or nil
  return file and file:read "a" or M.embedded(path)()
end

--- Every script that a bare name finds: what it is about, by its name.
---@return table<string, string>
---@return string[] names sorted
local function scripts()
  local found, names = M.embedded_scripts(), {}
  local folders = M.folders()
  for i = #folders, 1, -1 do add_scripts(found, folders[i]) end
  for name in pairs(found) do names[#names + 1] = name end
  table.sort(names)
  return found, names
end

--- The path of the script that a name on the command line means: a path when it has a slash or is a
--- file that ends in .lua, else a bare name.
---@param name string
---@return string path the name, where there is a function
---@return function? chunk of a script that is part of the program
function M.find(name)
  if name:find("/", 1, true) or name:find("%.lua$") and is_file(name) then
    return name
  end
  local stem = name:gsub("%.lua$", "")
  for _, folder in ipairs(M.folders()) do
    local path = ("%s/%s.lua"):format(folder, stem)
    if is_file(path) then
      return path
    end
  end
  local chunk = M.embedded("scripts/" .. stem)
  if chunk then return stem, chunk end
  local _, names = scripts()
  local near = require("btfl").nearest(stem, names)
  local hint = "`btfl help` lists them"
  if #near > 0 then
    hint = "did you mean " .. table.concat(near, ", ") .. "?"
  elseif is_file(name) then
    hint = ("the file of that name runs as ./%s"):format(name)
  end
  M.usage("no script is called '%s'; %s", name, hint)
end

--- How the program is called.
M.USAGE = [[
usage: btfl [OPTION]... SCRIPT [ARGUMENT]...
       btfl [OPTION]... -e CODE [ARGUMENT]...
Lua 5.4 with a CO-RE engine in it, the global `btfl`.

SCRIPT is a path, `-` for standard input, or a name below.
`btfl SCRIPT --help` tells what a script takes, `btfl help
SCRIPT` shows its page; others are btfl, script and policy.

  -e CODE     run CODE; of an expression, print the values
  -i          read from the terminal after the script
  -l MODULE   require MODULE first (NAME=MODULE: as NAME)
  -v          show the full traceback of an error
  --max-steps N
              end a run after that many steps of Lua
  --max-memory N[K|M|G]
              end a run that needs more bytes of memory
  -E          ignore LUA_INIT, LUA_PATH, LUA_CPATH, BTFL_LUA
  --completion SHELL
              print completions for bash, zsh or fish
  --version   print the versions of btfl and Lua
  --help      print this
]]

--- Prints how to call btfl and every script that can be named.
function M.help()
  io.write(M.USAGE)
  local found, names = scripts()
  local width = 0
  for _, name in ipairs(names) do
    width = math.max(width, #name)
  end
  if #names > 0 then
    io.write("\nScripts:\n")
  end
  local terminal = require "btfl.report.terminal"
  local window, margin = terminal.window(), "\n" .. (" "):rep(width + 4)
  for _, name in ipairs(names) do
    local lines = terminal.lines(found[name], window and window - width - 4)
    io.write((("  %-" .. width .. "s  %s"):format(name, table.concat(lines, margin)):gsub("%s+$", "")), "\n")
  end
end

--- Shows a page of the manual that is no command's, or sees to it that a script shows its own when it asks
--- for its command line.
---@param name string
---@return boolean shown
function M.help_of(name)
  local page = require("btfl.manual.pages").topic(name)
  if page then
    require "btfl.manual.show"(page)
    return true
  end
  require("btfl.command.cli").declared = function(command, definition)
    require "btfl.manual.show"(require("btfl.manual.command").page(command, definition, scripts()[name]))
    os.exit(0, true)
  end
  return false
end

--- Prints what a shell completes by.
---@param shell string
function M.completion(shell)
  local completions = require "btfl.manual.completions"
  if not completions.files[shell] then M.usage("--completion takes bash, zsh or fish, not '%s'", shell) end
  io.write(completions.of(shell))
end

function M.version()
  io.write(("btfl %s (%s)\n"):format(require("btfl").version, _VERSION))
end

-- What an option takes that was given something else.
local TAKES = { ["--max-steps"] = "a number of steps, such as 100000000",
  ["--max-memory"] = "a number of bytes, such as 500M" }

---@param option string
function M.bad_option(option)
  if TAKES[option] then M.usage("%s takes %s", option, TAKES[option]) end
  if option == "-e" or option == "-l" or option == "--completion" then
    M.usage("option '%s' needs a value", option)
  end
  M.usage("unknown option '%s'; `btfl --help` lists them", option)
end

-- Results

local INTERRUPTED = 130

local function is_report(value)
  return require "btfl.class"(value) == "btfl.report"
end

local function emit(report)
  require("btfl.command.output").emit(report)
  return report.status
end

--- An input that could not be read makes the status 2, whatever the script returned.
local function with_inputs(status)
  if package.loaded["btfl.command.cli"] then
    return require("btfl.command.output").status(status)
  end
  return status
end

local function status_of(result)
  if result == nil or result == true then
    return with_inputs(0)
  elseif result == false then
    return with_inputs(1)
  elseif math.type(result) == "integer" and result >= 0 and result <= 255 then
    return with_inputs(result)
  elseif is_report(result) then
    return emit(result)
  end
  M.usage("%s returned %s; a script returns a report, a boolean, or an exit status from 0 to 255",
    arg[0], type(result) == "number" and result or "a " .. type(result))
end

--- Hands on what a script returned, and gives the exit status for it: of one that SIGINT ended, what the
--- signal's is.
---@param result any its first value
---@return integer
function M.finish(result)
  local status = status_of(result)
  if not require("btfl.engine").interrupted(true) then return status end
  io.stderr:write "btfl: interrupted: this is what was done until then\n"
  return INTERRUPTED
end

--- Prints what code given to -e or typed at the prompt returned; a report is rendered.
---@return integer status
function M.show(...)
  if is_report((...)) then
    return emit((...))
  elseif select("#", ...) > 0 then
    print(...)
  end
  return 0
end

-- The prompt

--- What is said when somebody sits at the prompt.
function M.welcome()
  print(("btfl %s, which is %s with BPF CO-RE: the global `btfl`. Tab completes; help() lists\n"
    .. "what there is, help(x) tells of x; Ctrl-D ends it."):format(require("btfl").version, _VERSION))
end

--- Makes `help` a global, as it is only at the prompt.
function M.prompt()
  function _G.help(...) print((require "btfl.prompt.help"(...))) end
end

--- What Tab may make of a word.
---@param before string the line in front of it
---@param word string
---@return string[]
function M.complete(before, word) return require "btfl.prompt.complete"(before, word) end

-- Errors

--- A line of a file, its control characters made harmless; nil when it cannot be had.
local function source_line(path, number)
  if path:find("^/dev/") or not is_file(path) then -- a terminal or pipe would be read on
    return nil
  end
  local n = 0
  for line in io.lines(path) do
    n = n + 1
    if n == number then
      return (line:gsub("\t", "  "):gsub("%c", "?"))
    end
  end
end

local function frame_name(info)
  if info.what == "main" then
    return "main chunk"
  elseif info.name then
    return ("function '%s'"):format(info.name)
  end
  return ("function at line %d"):format(info.linedefined)
end

local MOST_LEVELS, MOST_FRAMES = 200, 10 -- a stack overflow has more than anybody reads

-- Whether it is of btfl's own modules, or has no lines to show ("=?").
local function is_own(source)
  local folder = "@" .. (M.modules or "") .. "/"
  return source == "=?" or source:find("^=%[btfl%]/lua/") or M.modules and source:sub(1, #folder) == folder
end

--- The frames of the user's own files, innermost first: neither C nor btfl's.
---@param level integer where to start, as the caller counts
local function user_frames(level)
  local frames = {}
  for at = level + 1, MOST_LEVELS do
    local info = debug.getinfo(at, "Sln")
    if not info or #frames == MOST_FRAMES then
      frames.more = info ~= nil
      break
    end
    if info.what ~= "C" and not is_own(info.source) then
      frames[#frames + 1] = {
        path = info.source:match("^@(.*)"),
        short = info.short_src,
        line = info.currentline,
        name = frame_name(info),
      }
    end
  end
  return frames
end

--- The message, the line of the user's file that it comes from, and who called it.
local function script_error(message, frames)
  local path, line = message:match("^([^\n]-):(%d+): ")
  if #frames == 0 and path then -- a syntax error: nothing of the file ran
    frames[1] = { path = path, short = path, line = math.tointeger(line) }
  end
  local out = { "btfl: " .. message }
  for i, frame in ipairs(frames) do
    out[#out + 1] = ("  --> %s:%d%s"):format(frame.short, frame.line,
      frame.name and " in " .. frame.name or "")
    local text = i == 1 and frame.path and source_line(frame.path, frame.line)
    if text then
      out[#out + 1] = ("%4d | %s"):format(frame.line, text)
    end
  end
  if frames.more then
    out[#out + 1] = "  ... and more (btfl -v shows them)"
  end
  return table.concat(out, "\n")
end

--- Is this error told in one line? An input's (raised by the engine), and one of kind "usage".
local function is_plain(err)
  local meta = debug.getmetatable(err)
  if type(err) == "userdata" then
    return meta and meta.__name == "btfl.error"
  end
  return type(err) == "table" and rawget(err, "kind") == "usage"
end

-- What Lua says of memory, wherever the error went through.
local NO_MEMORY = "not enough memory"

local function worded(err)
  local message = tostring(err)
  if type(err) == "string" and err:sub(-#NO_MEMORY) == NO_MEMORY then return "btfl: " .. NO_MEMORY end
  if type(err) == "table" and not (debug.getmetatable(err) or {}).__tostring then
    message = "(the error is a table without a message)"
  end
  if M.verbose then
    -- A handler may have been called through one in C, of which nothing is known.
    return (debug.traceback("btfl: " .. message, 4):gsub("(\nstack traceback:\n)\t%[C%]: in %?\n", "%1", 1))
  elseif is_plain(err) then
    return "btfl: " .. message
  end
  return script_error(message, user_frames(3))
end

local kept -- an error that will be raised again from elsewhere, and its words

--- Words an error where it was raised, for one that catches it to raise it again.
---@param err any
---@param words? string what caught() made of it where it was raised, in another process
function M.keep(err, words)
  kept = { err = err, text = words or worded(err) }
end

--- The message handler: words an error while the stack it came from still stands.
---@param err any
---@return string
function M.caught(err)
  if kept and rawequal(kept.err, err) then return kept.text end
  local text = worded(err) -- no tail call, for worded() counts levels
  return text
end

return M
