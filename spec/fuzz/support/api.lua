--- Reads an input as calls of the Lua API. What may be called is what the classes and meta.lua say.

local btfl = require "btfl"
local described = require "btfl.manual.described"
local engine = require "btfl.engine"

local FIXTURES = "spec/fixtures/"
local KERNELS = { "small.btf", "target.clang19.o", "6.18.44-amd64.btf" }
local OBJECTS = { "example.bpf.o", "fields.clang19.o", "enums.clang19.o", "loads.clang19.o", "outside.clang19.o",
  "silent.bpf.o", "subprogs.clang19.o" }

-- What acts on more than its arguments: command lines, folders, processes, the running kernel.
local APART = { cli = true, project = true, targets = true, parts = true, matrix = true, history = true, format = true,
  target = true }

local OPERATIONS, VALUES, TURNS, SPENT = 400, 60, 8, 20000000

--- All names that the API has: of fields and methods, of functions of the module, and of options. And what meta.lua
--- says that they take: by the name of a function the types of its arguments, by that of a class those of its fields.
local names, functions, hooks, takes, fields_of = {}, {}, {}, {}, {}
do
  local seen = {}
  local function add(name)
    if not seen[name] then seen[name], names[#names + 1] = true, name end
  end
  for _, class in ipairs(engine.classes) do
    local one = engine.class(class)
    for name in pairs(one.fields) do add(name) end
    for name in pairs(one.methods) do add(name) end
  end
  for _, entry in ipairs(described.entries()) do
    local name = entry.name:match "[^.]+$"
    if entry.kind == "class" then
      fields_of[entry.name] = {}
    elseif entry.kind == "field" then
      add(name)
      table.insert(fields_of[entry.class], { name, entry.type })
    elseif entry.kind ~= "alias" then
      takes[name] = {}
      for i, param in ipairs(entry.params) do takes[name][i] = param.type end
      if entry.name == "btfl." .. name and not APART[name] then functions[#functions + 1] = name end
    end
  end
  for name in pairs(engine.hooks) do hooks[#hooks + 1] = name end
  table.sort(names)
  table.sort(functions)
  table.sort(hooks)
end

local ODD = { 0, 1, -1, 2, 7, 255, 65536, 2 ^ 31 | 0, 2 ^ 32 | 0, math.maxinteger, math.mininteger, 0.5, -1 / 0, 0 / 0,
  true, false, "", "foo", "task_struct", "task_struct.pid", "a\0b", "b700000000000000", "struct", "all", "json",
  "kprobe/do_unlinkat", "raw", "text", ("x"):rep(300), "[0]", "a.b[7].c" }

local Run = {}
Run.__index = Run

function Run:byte()
  self.at = self.at + 1
  return self.bytes:byte(self.at) or 0
end

function Run:one_of(list) return list[1 + self:byte() % #list] end

function Run:keep(value)
  if value == nil then return end
  local values = self.values
  if #values >= VALUES then
    values[1 + self.at % VALUES] = value
  else
    values[#values + 1] = value
  end
end

--- Something to pass on: mostly what was met.
function Run:value()
  local how = self:byte()
  if how < 150 and #self.values > 0 then return self:one_of(self.values) end
  if how < 200 then return self:one_of(ODD) end
  if how < 210 then return nil end
  if how < 220 then return self:one_of(names) end
  if how < 232 then return { self:value(), self:value() } end
  if how < 245 then
    local options = {}
    for _ = 1, how % 4 do options[self:one_of(names)] = self:value() end
    return options
  end
  return self:hook()
end

--- A function that does more of the input when it is called.
function Run:hook()
  local steps = self:byte() % 6
  return function(...)
    for i = 1, math.min(select("#", ...), 4) do self:keep((select(i, ...))) end
    if self.depth < 4 then
      self.depth = self.depth + 1
      for _ = 1, steps do self:operate() end
      self.depth = self.depth - 1
    end
    local default = select(select("#", ...), ...)
    if type(default) == "function" and self:byte() % 2 == 0 then return default(...) end
    return self:value()
  end
end

local class_of = require "btfl.class"

--- Something of a type as meta.lua writes it: of what was met, or made; anything where there is nothing like it.
function Run:of_type(is, depth)
  local one = self:one_of { is:match "^([^|]+)", is:match "([^|]+)$" }
  if one:match "%[%]$" then return { self:of_type(one:sub(1, -3), depth), self:of_type(one:sub(1, -3), depth) } end
  if one:match "^fun" or one == "function" then return self:hook() end
  if fields_of[one] and depth < 2 and #fields_of[one] > 0 then
    local start = self:byte()
    for i = 0, #self.values - 1 do
      local value = self.values[1 + (start + i) % #self.values]
      if class_of(value) == one then return value end
    end
    local made = {}
    for _ = 1, start % 4 do
      local field = self:one_of(fields_of[one])
      made[field[1]] = self:of_type(field[2], depth + 1)
    end
    return made
  end
  if one == "string" then
    return self:one_of { self:one_of(ODD), self:one_of(names), "task_struct", FIXTURES .. "small.btf" }
  end
  if one == "integer" then return self:byte() % 40 end
  return self:value()
end

--- Arguments for a function of that name: mostly what it takes.
function Run:arguments(name)
  local list, types = {}, takes[name] or {}
  local count = self:byte() % 8 == 0 and self:byte() % 5 or #types
  for i = 1, count do
    if types[i] and self:byte() % 8 > 0 then
      list[i] = self:of_type(types[i], 0)
    else
      list[i] = self:value()
    end
  end
  return table.unpack(list, 1, count)
end

--- What is raised says what is wrong, and not that btfl's own Lua stumbled.
local function promised(ok, ...)
  if ok then return ... end
  local text = tostring((...))
  if text:match "lua/btfl/[%w_/]+%.lua:%d+: attempt to" then error({ broken = text }, 0) end
end

function Run:call(f, ...)
  local results = table.pack(promised(pcall(f, ...)))
  for i = 1, math.min(results.n, 3) do self:keep(results[i]) end
  -- An iterator is stepped.
  local iterator = results[1]
  if type(iterator) == "function" then
    for _ = 1, self:byte() % TURNS do
      local value = promised(pcall(iterator, results[2], results[3]))
      if value == nil then break end
      self:keep(value)
    end
  end
end

local function field(value, name) return value[name] end
local function method(value, name, ...) return value[name](value, ...) end
local function close(value) local _ <close> = value end

-- The names of the fields or methods of a value's class; all names of another value.
local function names_of(value, what)
  local class = type(value) == "userdata" and class_of(value)
  if not class then return names end
  local known = {}
  for name in pairs(engine.class(class:sub(6))[what]) do known[#known + 1] = name end
  table.sort(known)
  return #known > 0 and known or names
end

local operations = {
  function(run)
    local value = run:value()
    run:keep(promised(pcall(field, value, run:one_of(names_of(value, "fields")))))
  end,
  function(run)
    local name = run:one_of(names)
    run:call(method, run:value(), name, run:arguments(name))
  end,
  function(run)
    local value = run:value()
    local name = run:one_of(names_of(value, "methods"))
    run:call(method, value, name, run:arguments(name))
  end,
  function(run)
    local name = run:one_of(functions)
    run:call(btfl[name], run:arguments(name))
  end,
  function(run) run:call(btfl.object, FIXTURES .. run:one_of(OBJECTS)) end,
  function(run) run:call(btfl.target, FIXTURES .. run:one_of(KERNELS), run:value()) end,
  function(run) run:call(btfl.policy, { name = "hooks", [run:one_of(hooks)] = run:hook(),
    [run:one_of(hooks)] = run:hook() }) end,
  function(run)
    local value = run:value()
    if type(value) == "userdata" then pcall(close, value) end
  end,
  function(run) collectgarbage(run:byte() % 4 == 0 and "collect" or "step") end,
  function(run)
    local a, b = run:value(), run:value()
    promised(pcall(function() return a == b, tostring(a), #a end))
    promised(pcall(function() return a < b end))
    promised(pcall(function() a[b] = 1 end))
    promised(pcall(function() return ("%s"):format(a) .. b end))
  end,
  function(run) if #run.values > 0 then table.remove(run.values, 1 + run:byte() % #run.values) end end,
  function(run)
    local value = run:value()
    if type(value) == "function" then run:call(value, run:arguments()) end
  end,
}

-- Handles and methods are what most calls are about.
local OFTEN = { 1, 1, 2, 2, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }

function Run:operate()
  if self.at >= #self.bytes or self.operations >= OPERATIONS then return end
  self.operations = self.operations + 1
  operations[self:one_of(OFTEN)](self)
end

return function(bytes)
  local run = setmetatable({ bytes = bytes, at = 0, values = {}, operations = 0, depth = 0 }, Run)
  debug.sethook(function() error("this takes too long", 0) end, "", SPENT)
  local ok, message = pcall(function()
    run:call(btfl.object, FIXTURES .. run:one_of(OBJECTS))
    run:call(btfl.target, FIXTURES .. run:one_of(KERNELS))
    while run.at < #bytes and run.operations < OPERATIONS do run:operate() end
  end)
  debug.sethook()
  run.values = {}
  if not ok and message ~= "this takes too long" then
    error(type(message) == "table" and message.broken or message, 0)
  end
  collectgarbage()
end
