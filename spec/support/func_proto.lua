--- What a kernel's sources say of who may call a helper: the get_func_proto() of each program type,
--- evaluated for a helper, an attach type, and a program that may sleep or not. What a condition
--- leaves open (capabilities, lockdown, configuration) counts as allowed.

local sources = require "spec.support.sources"

local func_proto = {}

---@class spec.Kernel the part of a kernel's sources that decides about helpers
---@field line string release line, "6.12"
---@field sublevel integer
---@field helpers table<string, integer> numbers by name
---@field types table<string, integer> enum bpf_prog_type, without its prefix
---@field attach table<string, integer> enum bpf_attach_type, without its prefix
---@field entry table<string, string> get_func_proto() by type's name
---@field gpl table<string, boolean|string> by prototype's name: .gpl_only; "either" where files differ

-- Both sides of an #if stay.
local function without_preprocessor(text)
  text = text:gsub("/%*.-%*/", " "):gsub("//[^\n]*", ""):gsub("\\\n", " ")
  return (("\n" .. text):gsub("\n%s*#[^\n]*", "\n"))
end

-- ---- statements -----------------------------------------------------------------------------------

local PAIR = { ["("] = "%b()", ["{"] = "%b{}" }
local OPERATORS = { ["=="] = true, ["!="] = true, ["&&"] = true, ["||"] = true, ["->"] = true, ["<="] = true,
  [">="] = true }

local of_text = {}

local function tokens(text)
  if of_text[text] then return of_text[text] end
  local list, at = {}, 1
  of_text[text] = list
  while true do
    at = text:match("^%s*()", at)
    if at > #text then return list end
    local token = text:match("^[%w_]+", at)
    if not token and OPERATORS[text:sub(at, at + 1)] then token = text:sub(at, at + 1) end
    token = token or text:match('^"[^"]*"', at) or text:sub(at, at)
    list[#list + 1] = token
    at = at + #token
  end
end

-- Statements of a block as a list, each a table: kind and its parts, expressions as text.
local parse_block

local function parse_statement(text, at)
  at = text:match("^%s*()", at)
  local word, after = text:match("^([%a_][%w_]*)()", at)
  if text:sub(at, at) == "{" then
    local body, next_at = text:match("^(%b{})()", at)
    return { kind = "block", body = parse_block(body:sub(2, -2)) }, next_at
  elseif word == "switch" or word == "if" then
    local condition, next_at = text:match("^%s*(%b())()", after)
    local body
    body, next_at = parse_statement(text, next_at)
    local statement = { kind = word, condition = condition, body = body }
    local on = text:match("^%s*else%f[^%w_]()", next_at)
    if word == "if" and on then statement.otherwise, next_at = parse_statement(text, on) end
    return statement, next_at
  elseif word == "case" then
    local label, next_at = text:match("^%s*([%w_]+)%s*:()", after)
    if not label then -- bpf_ctx_range() and the like: not of a func_proto
      next_at = assert(text:match("^[^\n]-:()", after), "a case without an end")
    end
    return { kind = "case", label = label or "?" }, next_at
  elseif word == "default" then
    return { kind = "default" }, (text:match("^%s*:()", after))
  end
  local stop = at
  while stop <= #text do
    local c = text:sub(stop, stop)
    if c == ";" then break end
    stop = PAIR[c] and text:match("^" .. PAIR[c] .. "()", stop) or stop + 1
  end
  local line = text:sub(at, stop - 1)
  if word == "return" then return { kind = "return", value = line:sub(7) }, stop + 1 end
  if word == "break" then return { kind = "break" }, stop + 1 end
  local name, value = line:match("([%w_]+)%s*=%s*([^=].*)$")
  if name then return { kind = "set", name = name, value = value }, stop + 1 end
  return { kind = "other", text = line }, stop + 1
end

function parse_block(text)
  local list, at = {}, 1
  while text:match("^%s*()", at) <= #text do
    local statement
    statement, at = parse_statement(text, at)
    list[#list + 1] = statement
  end
  return list
end

-- ---- values: sets of what may be, as { [value] = true }: numbers, names of prototypes, POINTER -----

local POINTER, NULL = "pointer", 0
local ANY = { [POINTER] = true, [NULL] = true }
local TRUE, FALSE = { [1] = true }, { [NULL] = true }

local function union(a, b)
  local set = {}
  for v in pairs(a or {}) do set[v] = true end
  for v in pairs(b or {}) do set[v] = true end
  return set
end

local function truth(set)
  local yes, no = false, false
  for v in pairs(set) do
    if v == NULL then no = true else yes = true end
  end
  return yes, no
end

local function of_truth(yes, no)
  return yes and no and { [1] = true, [NULL] = true } or yes and TRUE or FALSE
end

---@class spec.Evaluator
local Evaluator = {}
Evaluator.__index = Evaluator

local function single(set)
  local v = next(set)
  return math.type(v) and next(set, v) == nil and v or nil
end

-- A recursive descent over tokens: ?:, ||, &&, == and !=, unary ! and &, calls, members, names.
function Evaluator:expression(text, names)
  local list, at = tokens(text), 1
  local ternary

  local function primary()
    local t = list[at]
    at = at + 1
    if t == "(" then
      local v = ternary()
      at = at + 1
      if list[at] and list[at]:match("^[%w_&(]") then return primary() end -- it was a cast
      return v
    elseif t == "!" then
      local yes, no = truth(primary())
      return of_truth(no, yes)
    elseif t == "&" then
      local name = list[at]
      at = at + 1
      local whole = true
      while list[at] == "[" or list[at] == "." or list[at] == "->" or list[at] == "]" do
        at, whole = at + 2, false
      end
      return self:address(name, whole)
    end
    local path = t
    while list[at] == "->" or list[at] == "." do
      path = path .. "." .. tostring(list[at + 1])
      at = at + 2
    end
    if list[at] == "(" then
      local depth = 0
      repeat
        depth = depth + (list[at] == "(" and 1 or list[at] == ")" and -1 or 0)
        at = at + 1
      until depth == 0 or not list[at]
      return self:call(path)
    end
    return self:name(path, names)
  end

  local function equality()
    local a = primary()
    while list[at] == "==" or list[at] == "!=" do
      local op = list[at]
      at = at + 1
      local b = primary()
      local x, y = single(a), single(b)
      if x and y then a = of_truth((x == y) == (op == "=="), (x == y) ~= (op == "==")) else a = ANY end
    end
    while list[at] == "<" or list[at] == ">" or list[at] == "<=" or list[at] == ">=" do
      at = at + 1
      primary()
      a = ANY
    end
    return a
  end

  local function chain(op, next_level)
    return function()
      local a = next_level()
      while list[at] == op do
        at = at + 1
        local yes, no = truth(a)
        local b_yes, b_no = truth(next_level())
        if op == "&&" then a = of_truth(yes and b_yes, no or b_no) else a = of_truth(yes or b_yes, no and b_no) end
      end
      return a
    end
  end

  local either = chain("||", chain("&&", equality))
  function ternary()
    local a = either()
    if list[at] ~= "?" then return a end
    at = at + 1
    local b = ternary()
    at = at + 1
    local c = ternary()
    local yes, no = truth(a)
    return union(yes and b, no and c)
  end
  return ternary()
end

-- A prototype whose helper may sleep is refused in a program that may not.
function Evaluator:address(name, whole)
  local q = self.question
  if self.source.sleeps[name] and not q.sleepable then return FALSE end
  return { [whole and name or POINTER] = true }
end

function Evaluator:name(path, names)
  local q, source = self.question, self.source
  if names[path] then return names[path] end
  if path == "NULL" or path == "false" then return FALSE end
  if path == "true" then return TRUE end
  if path == "func_id" then return { [q.helper] = true } end
  if path == "prog.expected_attach_type" then return q.attach and { [q.attach] = true } or ANY end
  if path == "prog.type" then return { [q.type] = true } end
  if path == "prog.sleepable" or path == "prog.aux.sleepable" then return q.sleepable and TRUE or FALSE end
  local number = math.tointeger(path) or source.constants[path]
  return number and { [number] = true } or ANY
end

function Evaluator:call(name)
  if name == "bpf_iter_get_func_proto" then
    local set = FALSE
    for _, of_iter in ipairs(self.source.iters) do set = union(set, self:call(of_iter)) end
    return set
  end
  local bodies = self.source.functions[name]
  if not bodies then return ANY end
  local set
  for _, body in ipairs(bodies) do set = union(set, (self:run(body, {}))) end
  return set
end

-- What names are behind an if whose sides have set them in tables of their own.
local function merge(names, sides, yes, no)
  local set = {}
  for _, side in ipairs(sides) do for name in pairs(side) do set[name] = true end end
  for name in pairs(set) do
    names[name] = union(yes and sides[1][name], no and sides[2][name])
  end
end

-- Returns what it may return, whether it may go on behind the block, and whether by a break.
function Evaluator:run(list, names)
  local returned = {}
  for _, s in ipairs(list) do
    local on, broke = true, false
    if s.kind == "return" then
      return union(returned, self:expression(s.value, names)), false, false
    elseif s.kind == "break" then
      return returned, false, true
    elseif s.kind == "set" then
      names[s.name] = self:expression(s.value, names)
    elseif s.kind == "block" or s.kind == "switch" then
      local inner
      if s.kind == "block" then
        inner, on, broke = self:run(s.body, names)
      else
        inner, on = self:switch(s, names)
      end
      returned = union(returned, inner)
    elseif s.kind == "if" then
      local yes, no = truth(self:expression(s.condition, names))
      local sides = {}
      on = false
      for side, may in ipairs { yes, no } do
        sides[side] = setmetatable({}, { __index = names })
        local inner, goes_on, breaks = {}, true, false
        if may then inner, goes_on, breaks = self:run({ side == 1 and s.body or s.otherwise }, sides[side]) end
        if may and goes_on then on = true end
        broke = broke or breaks
        returned = union(returned, inner)
      end
      merge(names, sides, yes, no)
    end
    if broke and on then return returned, true, true end
    if not on then return returned, false, broke end
  end
  return returned, true, false
end

-- From the case that is met, through those below it, to a break or return.
function Evaluator:switch(s, names)
  local value = single(self:expression(s.condition, names))
  assert(value, "a switch over what is not known: " .. s.condition)
  local list, from = s.body.body, nil
  for i, inner in ipairs(list) do
    if inner.kind == "case" and self.source.constants[inner.label] == value then from = i break end
    if inner.kind == "case" and single(self:name(inner.label, names)) == value then from = i break end
  end
  if not from then
    for i, inner in ipairs(list) do if inner.kind == "default" then from = i end end
  end
  if not from then return {}, true end
  local returned, on, broke = self:run(table.move(list, from, #list, 1, {}), names)
  return returned, on or broke
end

-- ---- sources --------------------------------------------------------------------------------------

local function enum_of(text, name)
  local of_name, number = {}, 0
  local body = text:match("enum%s+" .. name .. "%s*(%b{})") or "{}"
  for item, value in body:sub(2, -2):gmatch("([%w_]+)%s*=?%s*([%w_]*)%s*,") do
    number = math.tointeger(value) or of_name[value] or number
    of_name[item] = number
    number = number + 1
  end
  return of_name
end

local function helpers_of(text)
  local of_name, number = {}, 0
  for name, given in text:match("define%s+_+BPF_FUNC_MAPPER%b()(.-)\n\n"):gmatch("FN%(([%w_]+)%s*,?%s*(%d*)") do
    number = math.tointeger(given) or number
    of_name[name] = number
    number = number + 1
  end
  return of_name
end

local function without_prefix(of_name, prefix)
  local set = {}
  for name, number in pairs(of_name) do set[(name:gsub("^" .. prefix, ""))] = number end
  return set
end

--- The release and the numbers of a kernel: of helpers, and of types of programs and maps and of attach types
--- without their prefixes.
---@param dir string the top of the source tree
---@return { line: string, sublevel: integer, [string]: table<string, integer> } helpers, types, maps, attach
function func_proto.numbers(dir)
  local uapi = sources.read(dir .. "/include/uapi/linux/bpf.h"):gsub("/%*.-%*/", "")
  local makefile = sources.read(dir .. "/Makefile")
  return {
    line = ("%s.%s"):format(makefile:match("VERSION = (%d+)\nPATCHLEVEL = (%d+)")),
    sublevel = math.tointeger(makefile:match("SUBLEVEL = (%d+)")), helpers = helpers_of(uapi),
    types = without_prefix(enum_of(uapi, "bpf_prog_type"), "BPF_PROG_TYPE_"),
    maps = without_prefix(enum_of(uapi, "bpf_map_type"), "BPF_MAP_TYPE_"),
    attach = without_prefix(enum_of(uapi, "bpf_attach_type"), "BPF_"),
  }
end

--- Reads the sources of a kernel, as far as they decide about helpers.
---@param dir string the top of the source tree
---@return spec.Kernel
function func_proto.open(dir)
  local source = func_proto.numbers(dir)
  source.functions, source.weak, source.sleeps, source.gpl, source.iters = {}, {}, {}, {}, {}
  source.constants, source.entry = {}, {}
  for name, number in pairs(source.types) do source.constants["BPF_PROG_TYPE_" .. name] = number end
  for name, number in pairs(source.attach) do source.constants["BPF_" .. name] = number end
  for name, number in pairs(source.helpers) do source.constants["BPF_FUNC_" .. name] = number end
  local ops = {}
  for _, path in ipairs(sources.lines(("grep -rlE --include='*.c' 'bpf_func_proto|bpf_prog_has_trampoline' '%s'")
    :format(dir:gsub("'", [['\'']])))) do
    if not path:find("/testing/") and not path:find("/samples/") then
      local text = without_preprocessor(sources.read(path))
      for at, name, params, body in text:gmatch("()%f[%w_]([%a_][%w_]*)%s*(%b())%s*(%b{})") do
        if params:find("enum bpf_func_id func_id") or name == "bpf_prog_has_trampoline" or
          name:find("^bpf_get_.*_proto$") and params == "(void)" then
          local weak = text:sub(math.max(1, at - 60), at):find("__weak%s+$") ~= nil
          if not source.functions[name] or source.weak[name] and not weak then
            source.functions[name] = {}
            source.weak[name] = weak
          end
          if source.weak[name] == weak then table.insert(source.functions[name], parse_block(body:sub(2, -2))) end
        end
      end
      for name, body in text:gmatch("struct%s+bpf_verifier_ops%s+([%w_]+)_verifier_ops%s*=%s*(%b{})") do
        ops[name] = body:match("%.get_func_proto%s*=%s*([%w_]+)")
      end
      for body in text:gmatch("struct%s+bpf_iter_reg%s+[%w_]+%s*=%s*(%b{})") do
        table.insert(source.iters, body:match("%.get_func_proto%s*=%s*([%w_]+)"))
      end
      for name, body in text:gmatch("struct%s+bpf_func_proto%s+([%w_]+)%s*=%s*(%b{})") do
        source.sleeps[name] = body:find("%.might_sleep%s*=%s*true") ~= nil
        local gpl = body:find("%.gpl_only%s*=%s*true") ~= nil
        if source.gpl[name] ~= nil and source.gpl[name] ~= gpl then gpl = "either" end
        source.gpl[name] = gpl
      end
    end
  end
  local known = sources.read(dir .. "/include/linux/bpf_types.h")
  for name, of in known:gmatch("BPF_PROG_TYPE%(BPF_PROG_TYPE_([%w_]+),%s*([%w_]+)") do
    if ops[of] then source.entry[name] = ops[of] end
  end
  return source
end

--- Whether a kernel of these sources may let a program of that type call a helper.
---@param source spec.Kernel
---@param helper integer
---@param type string a key of source.types
---@param attach integer? nil: any
---@param sleepable boolean
---@return boolean
---@return boolean gpl whether it may let a GPL-compatible one only: so say all prototypes that it may have
function func_proto.allows(source, helper, type, attach, sleepable)
  local question = { helper = helper, type = source.types[type], attach = attach, sleepable = sleepable }
  local evaluator = setmetatable({ source = source, question = question }, Evaluator)
  local set = evaluator:call(source.entry[type])
  local gpl = truth(set)
  for v in pairs(set) do gpl = gpl and (v == NULL or source.gpl[v] == true) end
  return truth(set), gpl
end

return func_proto
