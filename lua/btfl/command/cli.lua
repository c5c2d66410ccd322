--- The command line of a script: the options that every script has, its inputs opened as they are
--- needed, and the inputs that could not be opened.
local argparse = require "argparse"
local argument = require "btfl.argument"
local class = require "btfl.class"
local core = require "btfl.core"
local formats = require "btfl.report.formats"
local host = require "btfl.command.host"
local named = require "btfl.command.named"
local pair = require "btfl.diagnose.pair"
local protect = require "btfl.command.protect"
local shipped = require "btfl.policy.support.shipped"

local SPEC = {
  about = true, usage = true, objects = true, targets = true, options = true, epilog = true, verdicts = true,
  policy = true,
}

local FIELDS = { args = true, name = true, failures = true, policy = true }

local methods = {}
local metatable = {
  __name = "btfl.cli",
  __index = function(_, name)
    if methods[name] then return methods[name] end
    if not FIELDS[name] then error(("cli has no field `%s`"):format(tostring(name)), 2) end
    return nil
  end,
}

local module = { methods = methods, fields = FIELDS }

-- "btfl check" for scripts/check.lua.
local function program_name()
  local name = (arg and arg[0] or ""):match("([^/]+)$")
  if not name or name:find("^%-") then return "btfl" end
  return "btfl " .. name:gsub("%.lua$", "")
end

-- How many words each form of a positional argument takes.
local FORMS = {
  { "^%[([%w_]+)%.%.%.%]$", "*" }, { "^%[([%w_]+)%]$", "?" },
  { "^([%w_]+)%.%.%.$", "+" }, { "^([%w_]+)$", 1 },
}

local function as_jobs(word)
  local n = math.tointeger(tonumber(word))
  if n and n >= 1 and n <= 1024 then return n end
  return nil, ("--jobs takes a number from 1 to 1024, not '%s'"):format(word)
end

-- Declares the positional arguments that `usage` names.
local function add_arguments(parser, usage)
  for word in usage:gmatch("%S+") do
    local name, count
    for _, form in ipairs(FORMS) do
      name = word:match(form[1])
      if name then count = form[2] break end
    end
    if not name then error(("usage: `%s` is no argument such as OBJ..."):format(word), 4) end
    parser:argument(name):target(name:lower()):args(count)
  end
end

local function as_format(name)
  if formats.exists(name) then return name end
  local why = require "btfl.meant"(name, formats, "'")
  if named.is_file(name) then
    local _, failed = io.open(name)
    why = (" (%s)"):format(failed)
  elseif why == "" then
    why = (" (%s)"):format(table.concat(formats, ", "))
  end
  return nil, ("option '--format': there is no format '%s'%s"):format(name, why)
end

-- Arguments that are paths of inputs.
local INPUTS = { "obj", "target", "module", "file", "btf", "base", "from", "object", "kconfig", "kallsyms" }

-- The input that --output would destroy, nil when there is none. Whatever was read is refused when it
-- is written; this is for what is not read before, and saves the work.
local function lost_input(args)
  local function is_lost(path) return type(path) == "string" and core.same_file(path, args.output) end
  for _, name in ipairs(INPUTS) do
    local given = args[name]
    for _, path in ipairs(type(given) == "table" and given or { given }) do
      if is_lost(path) then return path end
    end
  end
  for _, word in ipairs { args.policy or "", args.format or "", arg and arg[0] or "" } do
    if named.is_file(word) and is_lost(word) then return word end
  end
end

local function add_options(parser, spec)
  if spec.options then spec.options(parser) end
  if spec.verdicts then require("btfl.command.verdict_options").add(parser) end
  if spec.targets ~= false then
    parser:option("-t --target", "A kernel's BTF, or a folder with a vmlinux; the running kernel without.")
      :argname("BTF"):count("*")
    parser:option("-m --module", "The BTF of a module of the target, or a folder of them.")
      :argname("BTF"):count("*")
    local policy = parser:option("--policy", ("The rules to relocate by: %s or a file.")
      :format(table.concat(shipped.names(), ", "))):argname("NAME|FILE")
    if spec.policy then policy:hidden(true) end
    parser:option("-j --jobs", "Threads that open kernels and relocate; 1 without."):argname("N")
      :convert(as_jobs):default("1"):show_default(false)
  end
  parser:option("--format", ("How to print what was found: %s, or a module or file of your own.")
    :format(table.concat(formats, ", "))):argname("FORMAT"):convert(as_format)
    :default("text"):show_default(false)
  parser:option("-o --output", "Write to a file, which is replaced when all is done."):argname("FILE")
  parser:option("--color", "Colour: auto is on a terminal, unless NO_COLOR is set.")
    :choices { "auto", "always", "never" }:default("auto"):show_default(false)
end

-- argparse folds a hint into a second line; one line is what an error takes. Its hints for a short
-- option are all other short options.
local function one_line(message)
  message = message:gsub("^(unknown option '%-[^-]').*$", "%1")
  message = message:gsub("\nDid you mean (.-)%?$", " (did you mean %1?)")
  return (message:gsub("%s*\n%s*", " "))
end

--- Parses a command line: the cli, or nil and what is wrong, or nil and the help that was asked for.
---@param spec btfl.cli.spec
---@param words string[]
---@return btfl.cli?, string? message, boolean? is_help
function module.parse(spec, words)
  if type(spec) ~= "table" then error("btfl.cli takes a table", 3) end
  for key in pairs(spec) do
    if not SPEC[key] then error(("btfl.cli has no field `%s`"):format(tostring(key)), 3) end
  end
  local name = program_name()
  local parser = argparse(name, spec.about, spec.epilog):add_help(false)
  local help
  parser:flag("-h --help", "Show this and exit."):action(function() help = parser:get_help() end)
  local usage = spec.usage or (spec.objects ~= false and "OBJ..." or "")
  add_arguments(parser, usage)
  add_options(parser, spec)
  local ok, args = parser:pparse(words)
  -- Help is an answer whatever else is missing from the line.
  if help then return nil, help, true end
  if not ok then
    local hint = ("usage: %s [options] %s"):format(name, usage):gsub("%s+$", "")
    return nil, ("%s: %s\n%s   (--help lists the options)"):format(name, one_line(args), hint)
  end
  local lost = args.output and lost_input(args)
  if lost then return nil, ("%s: %s is an input: it is not written over"):format(name, lost) end
  local policy
  if args.policy and spec.policy then
    return nil, ("%s: %s: --policy does not apply"):format(name, spec.policy)
  elseif args.policy then
    ok, policy = pcall(require "btfl.policy.support.make", args.policy)
    if not ok then return nil, ("%s: %s"):format(name, one_line(tostring(policy))) end
  end
  local given, word
  if spec.verdicts then
    given, word = require("btfl.command.verdict_options").new(args)
    if not given then return nil, ("%s: --set takes NAME=VALUE, not `%s`"):format(name, word) end
  end
  return setmetatable({
    args = args, name = name, policy = policy, failures = {}, opened = {}, settings = given,
    takes_objects = spec.objects ~= false, clashes = {}, plain = {},
  }, metatable)
end

--- Records an input that could not be read: a line on stderr, and the exit status is 2.
---@param message any
function methods:failure(message)
  local line = tostring(message)
  for _, told in ipairs(self.failures) do
    if told == line then return end
  end
  table.insert(self.failures, line)
  io.stderr:write(self.name, ": ", line, "\n")
end

local function settings_of(self)
  return rawget(self, "settings") or error("a script that asks for this says `verdicts = true`", 3)
end

--- What program:verdict() is to be given for programs of this object, by the options of the command line.
---@param object btfl.object
---@return btfl.verdict.options
function methods:verdict_options(object)
  argument.check(1, object, "btfl.object", "verdict_options")
  return settings_of(self):options(object)
end

--- The constants of --set and --unset that no object had.
---@return string[]
function methods:unmet()
  return settings_of(self):unmet()
end

--- Writes what is no report: to the file of --output, in one step, else to stdout.
---@param bytes string
function methods:write(bytes)
  argument.check(1, bytes, "string", "write")
  if self.args.output then
    core.write_file(self.args.output, bytes)
  else
    assert(io.stdout:write(bytes))
  end
end

--- Ends the script: one line on stderr, exit status 2. For what a user can mend.
---@param message string|btfl.error
function methods:error(message)
  argument.check(1, message, "string|btfl.error", "error")
  host.usage("%s", tostring(message))
end

--- What work(...) gives, or nil and a failure when an input cannot be read or proves to be damaged; any
--- other error is the script's.
---@param work fun(...): any
---@return any
function methods:try(work, ...)
  argument.check(1, work, "function", "try")
  local ok, value = protect.call(work, ...)
  if ok then return value end
  self:failure(value)
  return nil
end

local function object_paths(self)
  if not rawget(self, "takes_objects") then error("this script takes no objects", 3) end
  local value = self.args.obj
  if type(value) == "table" then return value end
  return { value }
end

-- An object that there is something to relocate in, else nil.
local function take_object(self, object)
  if object.btf then
    if rawget(self, "settings") and not self:try(object.validate, object) then return nil end
    rawset(self, "relocatable", true)
    return object
  end
  table.insert(rawget(self, "plain"), pair.no_btf(object))
  return nil
end

-- Some objects of a tool need no BTF; but a run that had nothing to do has not done what was asked.
local function end_objects(self)
  if rawget(self, "relocatable") then return end
  for _, note in ipairs(rawget(self, "plain")) do
    self:failure(note.object .. ": has no .BTF section, so there is nothing to relocate")
  end
end

-- What a batch has opened, when its turn has come, so that failures stand in the same order without one;
-- else what open(...) opens.
local function opened(self, outcomes, n, want, open, ...)
  local batch = rawget(self, "batch")
  if not batch then return self:try(open, ...) end
  local outcome = batch[outcomes][n]
  if class(outcome) == want then return outcome end
  self:failure(outcome)
  return nil
end

function methods:objects()
  local paths, n = object_paths(self), 0
  return function()
    while n < #paths do
      n = n + 1
      local object = opened(self, "objects", n, "btfl.object", core.object, paths[n])
      object = object and take_object(self, object)
      if object then return object end
    end
    end_objects(self)
    return nil
  end
end

-- A module that -m names was asked for; one of a folder may be broken without harm.
local function tell_skipped(self, line)
  for _, path in ipairs(self.args.module) do
    if line:sub(1, #path + 1) == path .. ":" then return self:failure(line) end
  end
  io.stderr:write(self.name, ": skipped a module: ", line, "\n")
end

local function take_target(self, n, target)
  rawget(self, "opened")[n] = target or false
  if not target then return end
  for line in target:skipped() do tell_skipped(self, tostring(line)) end
end

-- With --jobs all files are opened at the first need of one, and resolved where no policy is asked.
local function open_all(self)
  local args = self.args
  local paths = rawget(self, "takes_objects") and object_paths(self) or {}
  local targets, objects = core.batch(args.target, args.module, paths, args.jobs, not self.policy)
  rawset(self, "batch", { targets = targets, objects = objects })
end

-- Each target is opened once, whether it can be read or not: false is one that cannot.
local function open_target(self, n, path)
  local known = rawget(self, "opened")[n]
  if known ~= nil then return known or nil end
  if self.args.jobs > 1 and #self.args.target > 1 and not rawget(self, "batch") then open_all(self) end
  local target = opened(self, "targets", n, "btfl.target", core.target, path, self.args.module)
  take_target(self, n, target)
  return target
end

function methods:targets()
  local paths, n = self.args.target, 0
  if paths == nil then error("this script takes no targets", 2) end
  local count = math.max(1, #paths)
  return function()
    while n < count do
      n = n + 1
      local target = open_target(self, n, paths[n])
      if target then return target end
    end
    return nil
  end
end

-- A script meets only pairs that it can relocate: what is open is sound, but may be of another byte order.
local function comparable(self, object, target)
  local clash = pair.clash(object, target)
  if clash then table.insert(rawget(self, "clashes"), clash) end
  return not clash
end

function methods:pairs()
  local jobs = self.args.jobs or 1
  if jobs > 1 and #self.args.target > 1 and not rawget(self, "batch") then open_all(self) end
  local next_object = self:objects()
  local next_target, object
  return function()
    while true do
      local target = next_target and next_target()
      while target and not comparable(self, object, target) do target = next_target() end
      if target then return object, target end
      object = next_object()
      if object == nil then return nil end
      next_target = self:targets()
    end
  end
end

argument.of_class("btfl.cli", methods)

--- What is to be said of inputs besides what the script found: pairs that cannot be compared, and objects
--- that have nothing to relocate beside others that have.
---@param self btfl.cli
---@return btfl.report
function module.remarks(self)
  local out = require("btfl.report.report").new "inputs"
  for _, clash in ipairs(rawget(self, "clashes")) do out:error(clash) end
  if rawget(self, "relocatable") then
    for _, note in ipairs(rawget(self, "plain")) do out:note(note) end
  end
  return out:merge()
end

--- See btfl.cli in meta.lua. What is wrong with a command line is said here, and ends the program.
function module.new(spec)
  local self, message, is_help = module.parse(spec or {}, arg or {})
  if not self then
    (is_help and io.stdout or io.stderr):write(message, "\n")
    os.exit(is_help and 0 or 2, true)
  end
  core.default_policy(self.policy)
  module.current = self
  return self
end

return module
