--- Refuses wrong arguments of methods that are in Lua, in the words of those in C. Arguments are counted
--- without the object itself.
local class = require "btfl.class"
local engine = require "btfl.engine"

local argument = {}

-- Raises where the method was called that asks `level` calls further in, when the value is closed: what the
-- engine raises of it names the line at which it was used.
local function check_open(value, level)
  -- What is in Lua is never closed.
  local closed = type(value) == "userdata" and engine.closed(value)
  if closed then error(closed, level + 2) end
end

local function type_of(value)
  return value == nil and "no value" or class(value) or type(value)
end

-- Raises at the caller of the method that checks.
local function refuse(n, value, want, method)
  local words = want:gsub("|", " or ")
  error(("bad argument #%d to '%s' (%s expected, got %s)"):format(n, method, words, type_of(value)), 4)
end

-- want is a class, or a type of Lua: a table is then one of no class. `a|b` is either.
local function fits(value, want)
  local is = class(value) or type(value)
  if is == want then return true end
  for one in want:gmatch("[^|]+") do
    if is == one then return true end
  end
  return false
end

--- Raises, where the method was called, when a value is not of a class or type.
---@param n integer
---@param value any
---@param want string "btfl.target", "table"
---@param method string
function argument.check(n, value, want, method)
  if not fits(value, want) then refuse(n, value, want, method) end
  check_open(value, 2)
end

--- The same for one that may be missing.
function argument.optional(n, value, want, method)
  if value ~= nil and not fits(value, want) then refuse(n, value, want, method) end
end

--- The same for a list of them.
function argument.list(n, value, want, method)
  if type_of(value) ~= "table" then refuse(n, value, "table", method) end
  for i, one in ipairs(value) do
    if not fits(one, want) then
      error(("bad argument #%d to '%s' (a list of %s expected; number %d is a %s)"):format(n, method, want, i,
        type_of(one)), 3)
    end
    check_open(one, 2)
  end
end

-- What is wrong with an option; nil when it is as `want` says.
local function fault(name, value, want)
  local item = want:match("^(.*)%[%]$")
  if not item then
    if want == "any" or fits(value, want) then return nil end
    local words = want:gsub("|", " or a ")
    return ("`%s` must be a %s, not a %s value"):format(name, words, type_of(value))
  end
  if type_of(value) ~= "table" then
    return ("`%s` must be a list, not a %s value"):format(name, type_of(value))
  end
  for i, one in ipairs(value) do
    if not fits(one, item) then
      local words = item:gsub("|", " or ")
      return ("`%s` must be a list of %s values; number %d is a %s"):format(name, words, i, type_of(one))
    end
  end
  return nil
end

--- Raises for a table of options that is none, or has one that is unknown or of the wrong type.
---@param n integer
---@param options table?
---@param known table<string, string> what each is: a class, a type, "any", with [] a list of them
---@param method string
function argument.options(n, options, known, method)
  if options == nil then return end
  local wrong
  if not fits(options, "table") then
    wrong = ("table expected, got %s"):format(type_of(options))
  else
    for name, value in pairs(options) do
      local want = known[name]
      if not want then
        wrong = ("no option `%s`%s"):format(tostring(name), require "btfl.meant"(name, known))
      else
        wrong = fault(name, value, want)
      end
      if wrong then break end
      check_open(value, 2)
      if type_of(value) == "table" then
        for _, one in ipairs(value) do check_open(one, 2) end
      end
    end
  end
  if wrong then error(("bad argument #%d to '%s' (%s)"):format(n, method, wrong), 3) end
end

--- What a method gives whose work the engine does: raises what that raised where the method was called.
---@param method string
---@param ok boolean of pcall, as what follows
function argument.relay(method, ok, ...)
  if ok then return ... end
  local err = (...)
  if type(err) == "string" then
    err = err:gsub("^[^\n]-:%d+: ", ""):gsub(" to '[%w_]+'", (" to '%s'"):format(method))
  end
  error(err, 3)
end

--- Lets each method refuse a self of another class, such as the first argument of report.error{}.
---@param name string "btfl.report"
---@param methods table<string, function> replaced in place
---@return table<string, function>
function argument.of_class(name, methods)
  for called, method in pairs(methods) do
    methods[called] = function(self, ...)
      local meta = getmetatable(self)
      if type(meta) ~= "table" or rawget(meta, "__name") ~= name then
        error(("calling '%s' on bad self (%s expected, got %s)"):format(called, name, type_of(self)), 2)
      end
      if type(self) == "userdata" then check_open(self, 1) end
      return method(self, ...)
    end
  end
  return methods
end

return argument
