--- The options that tell what a kernel and a tool will know at load time: for scripts that ask for
--- verdicts (see btfl.cli.definition.verdicts in meta.lua).
local engine = require "btfl.engine"

local verdict_options = {}

local function as_release(word)
  if word:find "^%d+%.%d+" then return word end
  return nil, ("option '--release': `%s` is no release such as 6.12.1"):format(word)
end

local function as_version(words)
  if engine.kernel_version(words) then return words end
  return nil, ("option '--version': `%s` has no version such as 5.10.223"):format(words)
end

--- Adds the options to an argparse parser.
function verdict_options.add(parser)
  parser:option("--release", "The kernel's release; else the first N.N.N of its file's name.")
    :convert(as_release)
  parser:option("--version", "Its version, where the release hides it: 5.10.223, or what uname -v prints.")
    :argname("TEXT"):convert(as_version)
  parser:option("--kconfig", "The kernel's configuration, plain or gzip."):argname("FILE")
  parser:option("--kallsyms", "The kernel's symbols, as /proc/kallsyms."):argname("FILE")
  parser:option("--set", "Another value for a constant of the objects."):argname("NAME=VALUE"):count("*")
  parser:option("--unset", "A constant that a tool sets at start."):argname("NAME"):count("*")
end

-- A name that an object does not have is another object's; one that none has is a mistake.
local function has(self, object, name)
  local found = object:constant(name)
  self.met[name] = self.met[name] or found
  return found
end

local methods = {}

--- What program:verdict() of a program of this object is to be given.
---@param object btfl.object
---@return btfl.verdict.options
function methods:options(object)
  local set, unset = {}, {}
  for name, value in pairs(self.set) do
    if has(self, object, name) then set[name] = value end
  end
  for _, name in ipairs(self.unset) do
    if has(self, object, name) then unset[#unset + 1] = name end
  end
  return { set = set, unset = unset }
end

--- What the command line tells of every kernel of the run, as btfl.target() takes it.
---@return btfl.target.options
function methods:facts()
  local args = self.args
  return { release = args.release, version = args.version, kconfig = args.kconfig, kallsyms = args.kallsyms }
end

--- The names that no object had, in order.
---@return string[]
function methods:unmet()
  local list = {}
  for name in pairs(self.set) do list[#list + 1] = name end
  table.move(self.unset, 1, #self.unset, #list + 1, list)
  table.sort(list)
  local out = {}
  for _, name in ipairs(list) do
    if not self.met[name] then out[#out + 1] = name end
  end
  return out
end

--- From parsed arguments; the word of --set that is no NAME=VALUE as a second value.
---@param args table
---@return table?, string?
function verdict_options.new(args)
  local set = {}
  for _, word in ipairs(args.set) do
    local name, value = word:match("^([^=]+)=(.*)$")
    if not name then return nil, word end
    set[name] = value
  end
  return setmetatable({ args = args, set = set, unset = args.unset, met = {} }, { __index = methods })
end

return verdict_options
