--- Parts of what a command found kernel by kernel, put together: the command runs once more, and is told what
--- its shards have said instead of looking at kernels. So what it makes of all of them is what it makes
--- without shards.
local engine = require "btfl.engine"
local host = require "btfl.command.host"
local inputs = require "btfl.command.inputs"
local matrix = require "btfl.matrix.matrix"
local merge = require "btfl.runs.merge"
local named = require "btfl.command.named"
local names = require "btfl.report.names"
local part = require "btfl.runs.part"
local parts = require "btfl.runs.parts"
local report = require "btfl.report.report"
local text_file = require "btfl.runs.text_file"

---@class btfl.merging
---@field run btfl.runs.run what all parts have in common
---@field failures string[] what is wrong with parts
local methods = {}
local metatable = { __index = methods }

-- The commands that can be put together so.
local COMMANDS = { check = true, verdicts = true }

-- What goes by how it is put together, and not by how the parts were made.
local OF_MERGE = { "format", "files", "output", "color", "quiet", "baseline", "write_baseline" }

-- A file is a program, and who has parts has not asked for it.
local function check_policy(self)
  local args, project = self.run.options, self.run.options.project
  local word = args.policy or project and project.policy
  if not (word and named.is_file(word)) then return end
  if self.cli.args.policy ~= word then
    self.cli:error(("%s: the policy %s is a program, which runs when it is asked for: by --policy %s"):format(
      self.list[1].path, word, word))
  elseif engine.digest(text_file(word)) ~= self.run.policy then
    engine.input_error(word, "it is another policy than that of " .. self.list[1].path)
  end
end

--- The arguments and the project of the command.
---@return table
---@return btfl.project?
function methods:args()
  check_policy(self)
  local args, own = { jobs = 1, no_memo = true }, self.cli.args
  for name, value in pairs(self.run.options) do
    if name ~= "project" then args[name] = value end
  end
  for _, name in ipairs(OF_MERGE) do args[name] = own[name] end
  args.fail_on, args.full = own.fail_on or args.fail_on, own.full or args.full
  args.obj, args.target = self.run.inputs.obj, self.run.inputs.target
  -- A file of the policy was asked for.
  args.project = own.policy and self.run.options.project and self.run.options.project.path or nil
  return args, self.run.options.project
end

--- Raises where the objects are not those of the parts.
---@param list table[] as many as there are in each part
---@param objects { path: string, digest: string }[] those that could be opened
function methods:check(list, objects)
  local here, there = {}, {}
  for _, object in ipairs(objects) do here[object.path] = object.digest end
  for _, object in ipairs(self.run.objects) do
    there[object.path] = true
    if here[object.path] ~= object.digest then
      engine.input_error(object.path, ("%s, and %s is of it"):format(
        here[object.path] and "it is another file now" or "it cannot be read", self.list[1].path))
    end
  end
  for _, object in ipairs(objects) do
    if not there[object.path] then
      engine.input_error(object.path, ("%s is not of it: it could not be opened"):format(self.list[1].path))
    end
  end
  for _, one in ipairs(self.list) do
    for _, piece in ipairs(one.said.list) do
      local said = piece.done.value and piece.done.value.list
      if said and #said ~= #list then one:refuse "it is of another number of objects" end
    end
  end
end

--- What was found of each kernel, in order, as inputs.numbered() makes it.
---@return table[]
function methods:pieces()
  local out = {}
  for _, one in ipairs(self.list) do table.move(one.said.list, 1, #one.said.list, #out + 1, out) end
  return out
end

--- What the options of each part met.
---@return table[]
function methods:notes()
  local out = {}
  for i, one in ipairs(self.list) do out[i] = one.said.notes end
  return out
end

--- The digest of a kernel.
---@param number integer
---@return string?
function methods:digest(number)
  for _, one in ipairs(self.list) do
    local first, last = part.block(one.run.shard, #one.run.kernels)
    local piece = first <= number and number <= last and one.said.list[number - first + 1]
    if piece then return piece.done.kernel and piece.done.kernel.digest end
  end
  return nil
end

-- That what was made of parts is what a report takes, and what is said of inputs can be said.
local function check_report(out, current)
  inputs.remarks(current)
  local taken = report.new "merged"
  for _, finding in ipairs(out.findings) do
    local copy = {}
    for name, value in pairs(finding) do copy[name] = value end
    copy.level = nil
    taken[finding.level](taken, copy)
  end
  for _, row in ipairs(out.rows) do
    for _, column in ipairs(out.columns) do
      if type(row[column]) == "table" then error("a row has a table in it") end
    end
  end
  return out
end

-- What a part says is believed as far as the command can make something of it: where somebody has written
-- another thing into it, and its digest, that is what is wrong, and not the program.
local function caught(err)
  if type(err) == "string" and not err:find "not enough memory$" then return { words = err } end
  host.keep(err)
  return err
end

local function run_again(self)
  local cli, command = require "btfl.command.cli", self.run.command
  cli.merging = self
  local ok, out = xpcall(function() return check_report(host.own_script(command)(), cli.current) end, caught)
  cli.merging = nil
  if ok then return out end
  local words = type(out) == "table" and out.words or error(out, 0)
  local paths = {}
  for i, one in ipairs(self.list) do paths[i] = one.path end
  engine.input_error(names.some(paths), ("`btfl %s` does not say that: %s"):format(command, words))
end

-- That parts of such a command can be put together so, and by this program.
local function check_command(run, first)
  if not COMMANDS[run.command] then
    first:refuse("of `btfl %s`; those of check, matrix and verdicts can be merged", run.command)
  elseif run.btfl ~= engine.version then
    first:refuse("written by btfl %s, and this is %s", run.btfl, engine.version)
  end
end

local merging = {}

--- See cli:merge in meta.lua.
---@param cli btfl.cli of btfl merge
---@param paths string[]
---@param asked { by: string? }
---@return btfl.report
function merging.report(cli, paths, asked)
  local list, failures = parts.read(paths)
  local first = list[1]
  if not first or first.run.command == "matrix" then
    local out = matrix.merged(merge.cells(list, failures)):report(asked)
    if first then inputs.looked_at(cli, merge.looked_at(list)) end
    return out
  end
  check_command(first.run, first)
  if asked.by then cli:error "--by is for parts of a matrix" end
  return run_again(setmetatable({ cli = cli, list = list, run = first.run, failures = failures }, metatable))
end

return merging
