--- The command line of a script: see btfl.cli in meta.lua.
local argument = require "btfl.argument"
local engine = require "btfl.engine"
local host = require "btfl.command.host"
local inputs = require "btfl.command.inputs"
local named = require "btfl.command.named"
local options = require "btfl.command.options"
local names = require "btfl.report.names"
local protect = require "btfl.command.protect"
local terminal = require "btfl.report.terminal"
local telling = require "btfl.command.told"

local DEFINITION = {
  about = true, usage = true, objects = true, targets = true, options = true, epilog = true, verdicts = true,
  policy = true, jobs = true, facts = true, formats = true, baseline = true, memo = true, writes = true,
  shards = true,
}

local FIELDS = { args = true, name = true, failures = true, causes = true, policy = true, project = true }

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

--- What a script declares goes to this instead, where no more is asked of it: it does not return.
module.declared = nil ---@type fun(name: string, definition: btfl.cli.definition)?

--- What a script is given instead of its command line when parts of what it found are put together.
module.merging = nil ---@type btfl.merging?

-- "btfl check" for scripts/check.lua.
local function program_name()
  local name = (arg and arg[0] or ""):match("([^/]+)$")
  if not name or name:find("^%-") then return "btfl" end
  return "btfl " .. name:gsub("%.lua$", "")
end

-- The policy that is asked for, or nil and what is wrong.
local function policy_of(definition, args, project)
  if definition.policy then
    return nil, args.policy and definition.policy .. ": --policy does not apply" or nil
  end
  local word = args.policy
  if not word and project and definition.targets ~= false then
    word = project.policy
    -- A file is a program, and who looks at a clone has not asked for it.
    if word and named.is_file(word) and not args.project then
      return nil, ("%s: the policy %s is a program, which runs when it is asked for: by --project %s or "
        .. "--policy %s"):format(project.path, word, project.path, word)
    end
  end
  if not word then return nil end
  local ok, policy = pcall(require "btfl.policy.support.make", word)
  if ok then return policy end
  return nil, tostring(policy)
end

local function check_definition(definition)
  if type(definition) ~= "table" then error("btfl.cli takes a table", 3) end
  for key in pairs(definition) do
    if not DEFINITION[key] then error(("btfl.cli has no field `%s`"):format(tostring(key)), 3) end
  end
end

-- The cli of what was parsed; nil and what is wrong.
local function made(name, definition, args, project)
  local policy, wrong = policy_of(definition, args, project)
  if wrong then return nil, ("%s: %s"):format(name, terminal.escape(options.one_line(wrong))) end
  if definition.jobs and args.jobs and args.jobs > 1 then
    return nil, ("%s: %s: --jobs does not apply"):format(name, definition.jobs)
  end
  local given = (definition.verdicts or definition.facts)
    and require("btfl.command.verdict_options").new(args, project, args.project_objects) or nil
  local self = inputs.new(definition)
  self.args, self.name, self.policy, self.settings, self.project = args, name, policy, given, project
  self.failures, self.causes = {}, {}
  if args.baseline then
    local message
    self.baseline, message = require("btfl.runs.judge").read(args.baseline)
    if message then return nil, ("%s: %s"):format(name, message) end
  end
  return setmetatable(self, metatable)
end

--- Parses a command line: the cli, or nil and what is wrong, or nil and the help that was asked for.
---@param definition btfl.cli.definition
---@param words string[]
---@return btfl.cli?, string? message, boolean? is_help
function module.parse(definition, words)
  local name = program_name()
  local args, message, is_help, project = options.parse(name, definition, words)
  if is_help then return nil, message, true end
  if not args then return nil, ("%s: %s"):format(name, message) end
  if project and host.verbose then
    io.stderr:write(("%s: read %s: %s\n"):format(name, project.path, table.concat(project.has, ", ")))
  end
  return made(name, definition, args, project)
end

--- That of a run whose parts are put together; nil and what is wrong.
---@param definition btfl.cli.definition
---@param merging btfl.merging
---@return btfl.cli?, string? message
local function of_parts(definition, merging)
  local self, message = made(program_name(), definition, merging:args())
  if self then rawset(self, "merging", merging) end
  return self, message
end

--- Records an input that could not be read: a line on stderr, and the exit status is 2.
---@param message any
function methods:failure(message)
  telling.say(self, "failure", tostring(message), message)
end

local function settings_of(self)
  return rawget(self, "settings") or error("a script that asks for this says `verdicts = true`", 3)
end

--- What object:check() is to be given by the options of the command line.
---@param object btfl.object
---@return btfl.check.options
function methods:check_options(object)
  argument.check(1, object, "btfl.object", "check_options")
  return settings_of(self):check(object)
end

--- The same for each shape of a project file.
---@param object btfl.object
---@return btfl.check.options[]
function methods:shapes(object)
  argument.check(1, object, "btfl.object", "shapes")
  return settings_of(self):shapes(object)
end

--- Adds to a report what object:check() tells of all objects on all kernels.
---@param out btfl.report
---@param asked? btfl.cli.check_all.options
function methods:check_all(out, asked)
  argument.check(1, out, "btfl.report", "check_all")
  argument.options(2, asked, { from = "btfl.target[]", why = "any", all = "any", ladders = "any",
    objects = "table" }, "check_all")
  local check = require("btfl.diagnose.run").of
  if not (asked and asked.objects) then return check(self, out, asked or {}) end
  inputs.with_objects(self, asked.objects, out, function() check(self, out, asked) end)
end

--- What object:ladders() tells of each object on all kernels.
---@param take fun(object: btfl.object, rows: table[])
function methods:each_ladders(take)
  argument.check(1, take, "function", "each_ladders")
  require("btfl.diagnose.run").ladders(self, take)
end

--- What program:verdict() is to be given likewise.
---@param object btfl.object
---@return btfl.verdict.options
function methods:verdict_options(object)
  argument.check(1, object, "btfl.object", "verdict_options")
  return settings_of(self):check(object).verdict
end

--- The programs that the tool loads, each with what program:verdict() is to be given for it.
---@param object btfl.object
---@param shape? btfl.check.options
---@return fun(): btfl.program?, btfl.verdict.options?
function methods:programs(object, shape)
  argument.check(1, object, "btfl.object", "programs")
  argument.optional(2, shape, "table", "programs")
  return require("btfl.diagnose.reached").programs(object, shape or settings_of(self):check(object))
end

--- See cli:programless in meta.lua.
---@param object btfl.object
---@return btfl.finding?
---@return "error"|"note"|nil
function methods:programless(object)
  argument.check(1, object, "btfl.object", "programless")
  return require("btfl.diagnose.programless").finding(object, self.args.only)
end

--- Writes what is no report, in one step: to a file, whose folders are made; else to that of --output, or to
--- stdout.
---@param bytes string
---@param path? string
function methods:write(bytes, path)
  argument.check(1, bytes, "string", "write")
  argument.optional(2, path, "string", "write")
  if path then engine.make_folders(path) end
  local file = path or self.args.written or self.args.output
  if file then
    engine.write_file(file, bytes)
  else
    assert(io.stdout:write(bytes))
  end
end

--- Makes a path another name of a file, in place of what was there.
---@param file string
---@param path string
function methods:link(file, path)
  argument.check(1, file, "string", "link")
  argument.check(2, path, "string", "link")
  engine.make_folders(path)
  engine.link_file(file, path)
end

--- The report of a run whose parts, which --shard wrote, are in these files.
---@param paths string[]
---@param asked? { by?: "object"|"program" }
---@return btfl.report
function methods:merge(paths, asked)
  argument.list(1, paths, "string", "merge")
  argument.options(2, asked, { by = "string" }, "merge")
  return require("btfl.command.merging").report(self, paths, asked or {})
end

--- Whether SIGINT has ended the work on inputs before all were met.
---@return boolean
function methods:interrupted() -- luacheck: ignore 212
  return engine.interrupted()
end

-- Gives work a function that takes the pieces of what goes to a file; of none, to standard output.
local function stream_to(file, work)
  if file then
    local new = engine.new_file(file)
    work(function(text) new:put(text) end)
    return new:done()
  end
  local function told(done, why)
    if not done then host.usage("standard output: %s", why) end
  end
  work(function(text) told(io.stdout:write(text)) end)
  told(io.stdout:flush())
end

--- Writes what is no report piece by piece, so that memory does not grow with it: work is given a function
--- that takes the pieces. With --output the file is replaced when all is done. With a format, to each output
--- that is to be in it.
---@param work fun(write: fun(text: string))
---@param format? string
function methods:stream(work, format)
  argument.check(1, work, "function", "stream")
  argument.optional(2, format, "string", "stream")
  for _, one in ipairs(format and self.args.files or {}) do
    if one.format == format then
      one.done = true
      stream_to(one.file, work)
    end
  end
  if format == nil or format == self.args.format then
    self.args.done = true
    stream_to(self.args.output, work)
  end
end

--- The formats in which something is to be written, each once.
---@return string[]
function methods:formats()
  local out, seen = { self.args.format }, {}
  if out[1] then seen[out[1]] = true end
  for _, one in ipairs(self.args.files) do
    if not seen[one.format] then out[#out + 1], seen[one.format] = one.format, true end
  end
  return out
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

for _, of in ipairs { inputs.methods, require("btfl.command.work").methods } do
  for name, method in pairs(of) do methods[name] = method end
end
argument.of_class("btfl.cli", methods)

--- See btfl.cli in meta.lua. What is wrong with a command line is said here, and ends the program.
function module.new(definition)
  definition = definition or {}
  check_definition(definition)
  if module.declared then module.declared(program_name(), definition) end
  local merging = module.merging
  local self, message, is_help
  if merging then
    self, message = of_parts(definition, merging)
  else
    self, message, is_help = module.parse(definition, arg or {})
  end
  if not self then
    (is_help and io.stdout or io.stderr):write(message, "\n")
    os.exit(is_help and 0 or 2, true)
  end
  engine.default_policy(self.policy)
  if self.args.full then names.show_all() end
  module.current = self
  return self
end

return module
