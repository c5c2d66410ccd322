--- The options that tell what a kernel and a tool will know at load time: for scripts that ask for
--- verdicts (see btfl.cli.definition.verdicts in meta.lua).
local engine = require "btfl.engine"
local rules = require "btfl.command.rules"

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

local function as_twins(word)
  local list = {}
  for name in word:gmatch "[^,]+" do list[#list + 1] = name end
  if #list > 1 then return list end
  return nil, ("--one-of takes PROGRAM,PROGRAM, not `%s`"):format(word)
end

--- Adds those that tell of kernels to an argparse parser.
function verdict_options.add_facts(parser)
  parser:option("--release", "The kernel's release; else the first N.N.N of its file's name, or its N.N.")
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
    :argname("RULE,..."):convert(rules.converter("--only", rules.obstacles))
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

-- What the command line sets, in the form in which a project file has it.
local function layer_of(args)
  local layer = { unset = args.unset, skip = args.skip, one_of = args.one_of, maps = {} }
  for _, field in ipairs { "set", "attach", "type" } do
    layer[field] = {}
    for _, pair in ipairs(args[field] or {}) do layer[field][pair.name] = pair.value end
  end
  for _, setting in ipairs(args.map or {}) do
    layer.maps[setting.name] = layer.maps[setting.name] or {}
    layer.maps[setting.name][setting.field] = setting.value
  end
  return layer
end

-- What a project file and the command line set, in the order in which one overrides another.
local function layers_of(self, shape)
  local project = self.project or {}
  return { project, project.shapes and project.shapes[shape] or {}, self.own }
end

-- By name, of those that the object has; of maps field by field.
local function by_name(self, object, what, layers, field)
  local out = {}
  for _, layer in ipairs(layers) do
    for name, value in pairs(layer[field] or {}) do
      if has(self, object, what, name) then
        if type(value) == "table" then
          out[name] = out[name] or {}
          for key, one in pairs(value) do out[name][key] = one end
        else
          out[name] = value
        end
      end
    end
  end
  return next(out) and out or nil
end

-- Those of a list that the object has.
local function present(self, object, what, list)
  local out = {}
  for _, name in ipairs(list or {}) do
    if has(self, object, what, name) then out[#out + 1] = name end
  end
  return out
end

-- The lists of all layers as one.
local function joined(layers, field)
  local out = {}
  for _, layer in ipairs(layers) do
    local list = layer[field] or {}
    table.move(list, 1, #list, #out + 1, out)
  end
  return out
end

-- Constants by name, and those that are unknown: what is said last of one holds.
local function constants_of(self, object, layers)
  local set, unset = {}, {}
  for _, layer in ipairs(layers) do
    for name, value in pairs(by_name(self, object, "constant", { layer }, "set") or {}) do
      set[name], unset[name] = value, nil
    end
    for _, name in ipairs(present(self, object, "constant", layer.unset)) do
      set[name], unset[name] = nil, true
    end
  end
  local list = {}
  for name in pairs(unset) do list[#list + 1] = name end
  table.sort(list)
  return next(set) and set or nil, list
end

local FIELDS_OF = {
  constant = { "set", "unset" }, program = { "attach", "type", "skip", "one_of" }, map = { "maps" },
}

-- Gives each name of a table by name, of a list, or of a list of lists.
local function each_name(names, give)
  for key, item in pairs(names or {}) do
    if type(key) == "string" then
      give(key)
    elseif type(item) == "table" then
      each_name(item, give)
    else
      give(item)
    end
  end
end

-- Whether a shape sets anything of an object.
local function concerns(self, shape, object)
  local found = false
  for what, of in pairs(FIELDS_OF) do
    for _, field in ipairs(of) do
      each_name(shape[field], function(name) found = has(self, object, what, name) or found end)
    end
  end
  return found
end

local methods = {}

--- See cli:check_options in meta.lua.
---@param object btfl.object
---@param shape? string of the project file
---@return btfl.check.options
function methods:check(object, shape)
  local layers = layers_of(self, shape)
  self.asked = true
  local set, unset = constants_of(self, object, layers)
  local one_of = joined(layers, "one_of")
  for i, twins in ipairs(one_of) do one_of[i] = present(self, object, "program", twins) end
  return {
    verdict = {
      set = set, unset = unset, maps = by_name(self, object, "map", layers, "maps"), only = self.args.only,
    },
    attach = by_name(self, object, "program", layers, "attach"),
    type = by_name(self, object, "program", layers, "type"),
    skip = present(self, object, "program", joined(layers, "skip")), one_of = one_of,
    shape = shape,
  }
end

--- See cli:shapes in meta.lua. All shapes that set nothing of the object are one.
---@param object btfl.object
---@return btfl.check.options[]
function methods:shapes(object)
  local shapes, names, list, plain = self.project and self.project.shapes or {}, {}, {}, nil
  self.shaped = true
  for name in pairs(shapes) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local own = concerns(self, shapes[name], object)
    if own or not plain then list[#list + 1] = self:check(object, name) end
    plain = plain or not own
  end
  if #list > (plain and 1 or 0) then return list end
  return { self:check(object) }
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
        named, self.there[given] = given.value, true
      elseif not given.name then
        facts[fact] = given.value
      end
    end
    facts[fact] = named or facts[fact]
  end
  return facts
end

--- What was met so far, as plain values, for remark() in another process.
---@return table
function methods:notes()
  local given = {}
  for _, fact in ipairs(FACTS) do
    given[fact] = {}
    for i, one in ipairs(self.args[fact]) do given[fact][i] = self.there[one] or false end
  end
  return { met = self.met, given = given, asked = self.asked, shaped = self.shaped }
end

--- Adds what was met in another process.
---@param notes table of notes()
function methods:add_notes(notes)
  self.asked, self.shaped = self.asked or notes.asked, self.shaped or notes.shaped
  for what, names in pairs(notes.met) do
    for name, found in pairs(names) do self.met[what][name] = self.met[what][name] or found end
  end
  for fact, list in pairs(notes.given) do
    for i, one in ipairs(self.args[fact]) do self.there[one] = self.there[one] or list[i] or nil end
  end
end

-- All names of constants, programs or maps that some object has to have, in order: those of a project file
-- where all of its objects are looked at, and of its shapes where each of them is.
local function names_of(self, what)
  local layers, seen, list = { self.own }, {}, {}
  if self.project and self.whole then
    layers[2] = self.project
    for _, shape in pairs(self.shaped and self.project.shapes or {}) do layers[#layers + 1] = shape end
  end
  for _, layer in ipairs(layers) do
    for _, field in ipairs(FIELDS_OF[what]) do
      each_name(layer[field], function(name)
        if not seen[name] then list[#list + 1], seen[name] = name, true end
      end)
    end
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
      if given.name and not self.there[given] then
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

--- From parsed arguments, and what a project file says.
---@param args table
---@param project? btfl.project
---@param whole? boolean all objects of the project are looked at, and no other
---@return table
function verdict_options.new(args, project, whole)
  return setmetatable({ args = args, own = layer_of(args), project = project, whole = whole,
    met = { constant = {}, program = {}, map = {} }, there = {} }, { __index = methods })
end

return verdict_options
