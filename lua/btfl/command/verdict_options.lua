--- The options that tell what a kernel and a tool will know at load time: for scripts that ask for
--- verdicts (see btfl.cli.definition.verdicts in meta.lua).
local engine = require "btfl.engine"

local verdict_options = {}

-- "NAME=VALUE", of the kernel of that name, or VALUE, of every one.
local function of_kernel(word)
  local name, value = word:match "^([^=]+)=(.+)$"
  return { name = name, value = name and value or word }
end

local function as_release(word)
  local given = of_kernel(word)
  if given.value:find "^%d+%.%d+" then return given end
  return nil, ("option '--release': `%s` is no release such as 6.12.1"):format(given.value)
end

local function as_version(word)
  local given = of_kernel(word)
  if engine.kernel_version(given.value) then return given end
  return nil, ("option '--version': `%s` has no version such as 5.10.223"):format(given.value)
end

-- A file may have such a name.
local function as_file(word)
  return engine.file_kind(word) and { value = word } or of_kernel(word)
end

-- "NAME=VALUE" as two words.
local function as_pair(option, form)
  return function(word)
    local name, value = word:match "^([^=]+)=(.*)$"
    if name and (value ~= "" or option == "--set") then return { name = name, value = value } end
    return nil, ("%s takes %s, not `%s`"):format(option, form, word)
  end
end

local function as_type(word)
  local pair, wrong = as_pair("--type", "PROGRAM=TYPE")(word)
  if not pair or engine.uapi_number("prog_type", pair.value) then return pair, wrong end
  return nil, ("option '--type': no type of programs `%s`"):format(pair.value)
end

local NUMBERS = { key_size = true, value_size = true, max_entries = true }
local FIELDS = { key_size = true, value_size = true, max_entries = true, type = true, inner = true }
local YES = { yes = true, ["true"] = true, ["1"] = true, no = false, ["false"] = false, ["0"] = false }

-- What a field of a map is set to; nil for no such value.
local function field_value(field, word)
  if field == "inner" then return YES[word] end
  if field == "type" then return engine.uapi_number("map_type", word) end
  local number = math.tointeger(tonumber(word))
  return number and number >= 0 and number <= 0xffffffff and number or nil
end

-- Names of maps may have dots (.rodata.str), fields have none.
local function as_map(word)
  local map, field, text = word:match "^([^=]+)%.([^.=]+)=(.*)$"
  if not map then return nil, ("--map takes NAME.FIELD=VALUE, not `%s`"):format(word) end
  if not FIELDS[field] then
    return nil, ("option '--map': no field `%s`%s"):format(field, require "btfl.meant"(field, FIELDS))
  end
  local value = field_value(field, text)
  if value ~= nil then return { name = map, field = field, value = value } end
  return nil, ("option '--map': %s is %s, not `%s`"):format(field,
    NUMBERS[field] and "a number" or field == "type" and "a type of maps" or "yes or no", text)
end

local function as_rules(word)
  local known, list = {}, {}
  for _, rule in ipairs(engine.rules) do known[rule] = true end
  for rule in (word .. ","):gmatch "([^,]*)," do
    if not known[rule] then
      return nil, ("option '--only': no rule `%s`%s"):format(rule, require "btfl.meant"(rule, known))
    end
    list[#list + 1] = rule
  end
  return list
end

local function as_twins(word)
  local list = {}
  for name in word:gmatch "[^,]+" do list[#list + 1] = name end
  if #list > 1 then return list end
  return nil, ("--one-of takes PROGRAM,PROGRAM, not `%s`"):format(word)
end

--- Adds those that tell of kernels to an argparse parser.
function verdict_options.add_facts(parser)
  parser:option("--release", "The kernel's release; else the first N.N.N of its file's name.")
    :argname("[NAME=]RELEASE"):count("*"):convert(as_release)
  parser:option("--version", "Its version, where the release hides it: 5.10.223, or what uname -v prints.")
    :argname("[NAME=]TEXT"):count("*"):convert(as_version)
  parser:option("--kconfig", "The kernel's configuration; else that beside it.")
    :argname("[NAME=]FILE"):count("*"):convert(as_file)
  parser:option("--kallsyms", "The kernel's symbols, as /proc/kallsyms; else those beside it.")
    :argname("[NAME=]FILE"):count("*"):convert(as_file)
end

--- Adds all the options.
function verdict_options.add(parser)
  verdict_options.add_facts(parser)
  parser:option("--set", "Another value for a constant of the objects."):argname("NAME=VALUE"):count("*")
    :convert(as_pair("--set", "NAME=VALUE"))
  parser:option("--unset", "A constant that a tool sets at start."):argname("NAME"):count("*")
  parser:option("--attach", "What a tool attaches a program to, instead of what its section says.")
    :argname("PROGRAM=NAME"):count("*"):convert(as_pair("--attach", "PROGRAM=NAME"))
  parser:option("--type", "The type that a tool gives a program, as `kprobe`."):argname("PROGRAM=TYPE")
    :count("*"):convert(as_type)
  parser:option("--skip", "A program that a tool does not load."):argname("PROGRAM"):count("*")
  parser:option("--one-of", "Programs of which a tool loads one, that which loads.")
    :argname("PROGRAM,PROGRAM"):count("*"):convert(as_twins)
  parser:option("--map", "What a tool sets of a map: value_size, key_size, max_entries, type, inner=yes.")
    :argname("NAME.FIELD=VALUE"):count("*"):convert(as_map)
  parser:option("--only", "Look for obstacles of these rules only (see btfl explain).")
    :argname("RULE,..."):convert(as_rules)
end

-- What a word of the command line may be the name of.
local IS_THERE = {
  constant = function(object, name) return object:constant(name) end,
  program = function(object, name) return object:program(name) ~= nil end,
  map = function(object, name)
    for map in object:maps() do
      if map.name == name then return true end
    end
    return false
  end,
}

-- A name that an object does not have is another object's; one that none has is a mistake.
local function has(self, object, what, name)
  local found = IS_THERE[what](object, name)
  local met = self.met[what]
  met[name] = met[name] or found
  return found
end

-- By name, of those that the object has.
local function by_name(self, object, what, pairs_)
  local out = {}
  for _, pair in ipairs(pairs_) do
    if has(self, object, what, pair.name) then out[pair.name] = pair.value end
  end
  return next(out) and out or nil
end

-- Those of a list that the object has.
local function present(self, object, what, list)
  local out = {}
  for _, name in ipairs(list) do
    if has(self, object, what, name) then out[#out + 1] = name end
  end
  return out
end

local function maps_of(self, object)
  local maps = {}
  for _, setting in ipairs(self.args.map) do
    if has(self, object, "map", setting.name) then
      maps[setting.name] = maps[setting.name] or {}
      maps[setting.name][setting.field] = setting.value
    end
  end
  return next(maps) and maps or nil
end

local methods = {}

--- See cli:check_options in meta.lua.
---@param object btfl.object
---@return btfl.check.options
function methods:check(object)
  local args, one_of = self.args, {}
  self.asked = true
  for i, twins in ipairs(args.one_of) do one_of[i] = present(self, object, "program", twins) end
  return {
    verdict = {
      set = by_name(self, object, "constant", args.set),
      unset = present(self, object, "constant", args.unset),
      maps = maps_of(self, object), only = args.only,
    },
    attach = by_name(self, object, "program", args.attach),
    type = by_name(self, object, "program", args.type),
    skip = present(self, object, "program", args.skip), one_of = one_of,
  }
end

local FACTS = { "release", "version", "kconfig", "kallsyms" }

--- What the command line tells of a kernel, as btfl.target() takes it: what names it comes before what is for
--- every one, the last before others.
---@param name string? the target's; nil for the running one
---@return btfl.target.options
function methods:facts(name)
  local facts = {}
  for _, fact in ipairs(FACTS) do
    local named
    for _, given in ipairs(self.args[fact]) do
      if given.name and given.name == name then
        named, given.met = given.value, true
      elseif not given.name then
        facts[fact] = given.value
      end
    end
    facts[fact] = named or facts[fact]
  end
  return facts
end

-- All names that the command line gives to something, in order.
local function names_of(self, what)
  local args, seen, list = self.args, {}, {}
  local function add(name)
    if not seen[name] then list[#list + 1], seen[name] = name, true end
  end
  local pairs_ = { constant = { args.set }, program = { args.attach, args.type }, map = { args.map } }
  for _, given in ipairs(pairs_[what]) do
    for _, pair in ipairs(given) do add(pair.name) end
  end
  local lists = { constant = { args.unset }, program = { args.skip, table.unpack(args.one_of) }, map = {} }
  for _, given in ipairs(lists[what]) do
    for _, name in ipairs(given) do add(name) end
  end
  table.sort(list)
  return list
end

local UNMET = {
  { what = "constant", rule = "no-constant" }, { what = "program", rule = "no-program" },
  { what = "map", rule = "no-map" },
}

--- Adds a warning for each name that no object had, once options were asked for.
---@param out btfl.report
function methods:remark(out)
  for _, fact in ipairs(FACTS) do
    for _, given in ipairs(self.args[fact]) do
      if given.name and not given.met then
        out:warning { rule = "no-target",
          message = ("--%s is for a kernel %s, and there is none of that name"):format(fact, given.name) }
      end
    end
  end
  if not self.asked then return end
  for _, unmet in ipairs(UNMET) do
    for _, name in ipairs(names_of(self, unmet.what)) do
      if not self.met[unmet.what][name] then
        out:warning { rule = unmet.rule, message = ("no object has a %s %s"):format(unmet.what, name) }
      end
    end
  end
end

--- From parsed arguments.
---@param args table
---@return table
function verdict_options.new(args)
  return setmetatable({ args = args, met = { constant = {}, program = {}, map = {} } }, { __index = methods })
end

return verdict_options
