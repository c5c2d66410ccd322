--- The words of a command line: the options that every command takes, and those of its own.
local argparse = require "argparse"
local engine = require "btfl.engine"
local outputs = require "btfl.command.outputs"
local rules = require "btfl.command.rules"
local shipped = require "btfl.policy.support.shipped"
local terminal = require "btfl.report.terminal"

local options = {}

-- How many words each form of a positional argument takes.
local FORMS = {
  { "^%[([%w_]+)%.%.%.%]$", "*" }, { "^%[([%w_]+)%]$", "?" },
  { "^([%w_]+)%.%.%.$", "+" }, { "^([%w_]+)$", 1 },
}

local function as_jobs(word)
  if word == "auto" then return (engine.limits()) end
  local n = math.tointeger(tonumber(word))
  if n and n >= 1 and n <= 1024 then return n end
  return nil, ("--jobs takes a number from 1 to 1024, or auto, not '%s'"):format(word)
end

-- "OLD... -- NEW..." takes words of two sides. Options may follow the second: instead of `--` the parser gets
-- a word that none given can be.
local SIDES, BETWEEN = "^(%w+)%.%.%. %-%- (%w+)%.%.%.$", "\0"

local function between(words, usage)
  if not usage:find(SIDES) then return words end
  local out = {}
  for i, word in ipairs(words) do out[i] = word == "--" and BETWEEN or word end
  return out
end

-- Makes of the words of both sides those of each; gives what is wrong. Two words alone are one of each.
local function part_sides(args, usage)
  local first, second = usage:match(SIDES)
  if not first then return nil end
  local sides, count = { {}, {} }, 1
  for _, word in ipairs(args.sides) do
    if word == BETWEEN then count = count + 1 else table.insert(sides[math.min(count, 2)], word) end
  end
  if count == 1 and #args.sides == 2 then sides, count = { { args.sides[1] }, { args.sides[2] } }, 2 end
  args.sides, args[first:lower()], args[second:lower()] = nil, sides[1], sides[2]
  if count ~= 2 or #sides[1] == 0 or #sides[2] == 0 then return ("it takes %s"):format(usage) end
end

-- Declares the positional arguments that `usage` names.
local function add_arguments(parser, usage)
  if usage:find(SIDES) then
    parser:argument(usage):target "sides":args "+"
    return
  end
  for word in usage:gmatch("%S+") do
    local name, count
    for _, form in ipairs(FORMS) do
      name = word:match(form[1])
      if name then count = form[2] break end
    end
    if not name then error(("usage: `%s` is no argument such as OBJ..."):format(word), 6) end
    parser:argument(name):target(name:lower()):args(count)
  end
end

local function as_shard(word)
  local i, n = word:match "^(%d+)/(%d+)$"
  i, n = math.tointeger(tonumber(i)), math.tointeger(tonumber(n))
  if i and n and 1 <= i and i <= n then return { i = i, n = n } end
  return nil, ("--shard takes I/N, such as 3/16, not `%s`"):format(word)
end

-- What a shard cannot tell by itself, and why not.
local WHOLE = {
  { "baseline", "it is an option of btfl merge" }, { "write_baseline", "it is an option of btfl merge" },
  { "by", "it is an option of btfl merge" }, { "why", "it takes kernels of other shards" },
}

-- What is wrong with --shard among other options.
local function check_shard(args)
  for _, one in ipairs(args.shard and WHOLE or {}) do
    if args[one[1]] then
      return ("--shard writes a part, and not --%s: %s"):format(one[1]:gsub("_", "-"), one[2])
    end
  end
  if args.shard and (#args.files > 0 or args.format ~= "text" and args.format ~= "jsonl") then
    return "--shard writes a part, which is jsonl"
  end
  return nil
end

-- Whether a project file has something for the command.
local function takes_project(definition, usage)
  return definition.targets ~= false or usage:find("OBJ...", 1, true) ~= nil
end

local function add_project(parser)
  parser:mutex(
    parser:option("--project", "The project file; else btfl.lua of this folder or one above it, up to the "
      .. "root of the repository. Objects, kernels and options that are not given are those in it.")
      :argname("FILE"),
    parser:flag("--no-project", "Read no project file."))
end

local function add_options(parser, definition)
  if definition.options then definition.options(parser) end
  if definition.verdicts then require("btfl.command.verdict_options").add(parser) end
  if definition.facts then require("btfl.command.verdict_options").add_facts(parser) end
  if definition.targets ~= false then
    parser:option("-t --target", "A kernel: BTF, vmlinux, vmlinuz, a package or an archive; a folder that is "
      .. "searched, a quoted pattern, @LIST; the running one without."):argname("KERNEL"):count("*")
    parser:option("-m --module", "The BTF of a module of the target, or a folder of them.")
      :argname("BTF"):count("*")
    local policy = parser:option("--policy", ("The rules to relocate by: %s or a file.")
      :format(table.concat(shipped.names(), ", "))):argname("NAME|FILE")
    if definition.policy then policy:hidden(true) end
    local jobs = parser:option("-j --jobs", "Processes that share the work; 1 without, auto for as many as "
      .. "there are processors to be had."):argname("N"):convert(as_jobs):default("1"):show_default(false)
    if definition.jobs then jobs:hidden(true) end
  end
  if definition.memo then
    parser:mutex(
      parser:flag("--no-memo", "Look into each pair, also where another kernel answers all of it alike."),
      parser:option("--cache", "A folder to keep what is found in, for other runs: see --no-memo.")
        :argname("FOLDER"))
  end
  if definition.shards then
    parser:option("--shard", "Write part I of N, a block of the kernels, for btfl merge."):argname("I/N")
      :convert(as_shard)
  end
  if definition.baseline then
    parser:option("--baseline", "What an earlier run found: that is known, and no error."):argname("FILE")
    parser:option("--write-baseline", "Write what is found, to be known from then on."):argname("FILE")
  end
  local formats = table.concat(outputs.names(definition.formats), ", ")
  parser:option("--format", ("How to print what was found: %s, or a module or file of your own. With =FILE "
    .. "it is written there, and others may be given."):format(formats))
    :argname("FORMAT[=FILE]"):convert(outputs.reader(definition.formats)):count("*")
  parser:option("--fail-on", "Rules that fail, and no others do; error and warning are all of that level.")
    :argname("RULE,..."):convert(rules.converter("--fail-on", rules.failing))
  parser:flag("-q --quiet", "In text, print only what fails.")
  parser:flag("--full", "Cut no list of names and notes, where else it says `and 6 more`.")
  parser:option("-o --output", "Write to a file, which is replaced when all is done."):argname("FILE")
  parser:option("--color", "Colour: auto is on a terminal, unless NO_COLOR is set.")
    :choices { "auto", "always", "never" }:default("auto"):show_default(false)
end

--- A message in one line. argparse folds a hint into a second; its hints for a short option are all other
--- short options.
---@param message string
---@return string
function options.one_line(message)
  message = message:gsub("^(unknown option '%-[^-]').*$", "%1")
  message = message:gsub("\nDid you mean (.-)%?$", " (did you mean %1?)")
  return (message:gsub("%s*\n%s*", " "))
end

-- Moves what cannot be an object to the targets: the shell makes of `-t *.btf` one target and objects.
local function sort_kernels(args, name)
  local objects, kernels = {}, {}
  for _, path in ipairs(args[name]) do
    local kind, _, _, kernel = engine.file_kind(path)
    table.insert((kernel and kind ~= "other" or kind == "archive") and kernels or objects, path)
  end
  if #kernels == 0 then return nil end
  args[name] = objects
  table.move(kernels, 1, #kernels, #args.target + 1, args.target)
  return #objects == 0 and kernels[1] or nil
end

-- What is wrong where a command has no object to look at.
local function no_object(kernel, args)
  if kernel then return ("%s is a kernel, and no object is given"):format(kernel) end
  local why = "missing argument 'OBJ'"
  local kind = engine.file_kind "btfl.lua"
  if args.no_project or not kind or kind == "folder" then return why end
  return why .. " (btfl.lua is read in a repository only, where .git is, or as --project btfl.lua)"
end

-- Sorts the inputs, and takes those of a project file that are not given: the project, or nil and what is
-- wrong.
local function complete(args, wants_objects, wants_project)
  local kernel
  for _, list in ipairs(args.target and { "old", "new", "obj" } or {}) do
    kernel = type(args[list]) == "table" and sort_kernels(args, list) or nil
    if kernel and list ~= "obj" then return nil, { no_object(kernel, args) } end
  end
  local project
  if wants_project then
    local wrong
    project, wrong = require("btfl.project.load").into(args)
    if wrong then return nil, wrong end
  end
  if wants_objects and #args.obj == 0 then
    if project then
      return nil, { ("missing argument 'OBJ': %s has no `objects`"):format(project.path) }, true
    end
    return nil, { no_object(kernel, args) }, not kernel
  end
  return project
end

-- What stands on the line besides options, and whether the command takes a project's objects and the rest
-- of it.
local function words_of(definition)
  local usage = definition.usage or (definition.objects ~= false and "OBJ..." or "")
  local wants_project = takes_project(definition, usage)
  return usage, wants_project and usage:find("OBJ...", 1, true) ~= nil, wants_project
end

--- Declares to a parser of argparse, or to a command of one, what a script takes.
---@param parser table
---@param definition btfl.cli.definition
---@return table help the flag
function options.declare(parser, definition)
  local help = parser:flag("-h --help", "Show this and exit.")
  local usage, wants_objects, wants_project = words_of(definition)
  -- Those of a project are not on the line.
  add_arguments(parser, wants_objects and usage:gsub("OBJ%.%.%.", "[OBJ...]") or usage)
  add_options(parser, definition)
  if wants_project then add_project(parser) end
  return help
end

--- The line that says how a command is called.
---@param name string
---@param definition btfl.cli.definition
---@return string
function options.usage(name, definition)
  return (("%s [options] %s"):format(name, (words_of(definition))):gsub("%s+$", ""))
end

--- Parses the words: what argparse makes of them, or nil and what is wrong, or nil and the help that was
--- asked for. `--policy` is not looked at.
---@param name string of the command
---@param definition btfl.cli.definition
---@param words string[]
---@return table?, string? message, boolean? is_help
---@return btfl.project? project what was not given is of it
function options.parse(name, definition, words)
  local parser = argparse(name, definition.about, definition.epilog):add_help(false)
  local window = terminal.window()
  if window then parser:help_max_width(window):usage_max_width(math.min(window, 70)) end
  local help
  options.declare(parser, definition):action(function() help = parser:get_help() end)
  local usage, wants_objects, wants_project = words_of(definition)
  local ok, args = parser:pparse(between(words, usage))
  -- Help is an answer whatever else is missing from the line.
  if help then return nil, help, true end
  local hint = ("\nusage: %s   (--help lists the options)"):format(options.usage(name, definition))
  local unparsed = not ok and options.one_line(args) or part_sides(args, usage)
  if unparsed then return nil, unparsed .. hint end
  local project, wrong, misused = complete(args, wants_objects, wants_project)
  if wrong then return nil, table.concat(wrong, ("\n%s: "):format(name)) .. (misused and hint or "") end
  local lost = outputs.settle(args) or check_shard(args)
  if lost then return nil, lost end
  if definition.writes then
    if not args.output then return nil, ("-o FILE is needed: %s is no text"):format(definition.writes) end
    -- What is found goes to standard output.
    args.written, args.output = args.output, nil
  end
  return args, nil, false, project
end

return options
