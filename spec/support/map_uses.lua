--- Makes the table of what maps may be used for (src/verify/map_uses.def) from the sources of kernels.

local func_proto = require "spec.support.func_proto"
local sources = require "spec.support.sources"

local map_uses = {}

-- Which field of struct bpf_map_ops the helper calls, where the verifier only asks whether it is there.
local BY_OPERATION = { for_each_map_elem = "map_for_each_callback" }

-- Up to which line stable releases have once let everybody delete from a map of sockets, and later not
-- (98e948fb60d4, "bpf: Allow delete from sockmap/sockhash only if update is allowed", of 6.10).
local ONCE_DELETED = "6.6"

-- What kernels know by name in values: their bit or the end of their function, and the name in the table.
local FIELDS = {
  { "SPIN_LOCK", "spin_lock" }, { "RES_SPIN_LOCK" }, { "TIMER", "timer" }, { "WORKQUEUE", as = "WQ" },
  { "TASK_WORK" }, { "KPTR_REF", "kptrs", as = "KPTR" },
}

local MAP, HELPER = "BPF_MAP_TYPE_([%w_]+)", "BPF_FUNC_([%w_]+)"

local function body_of(text, name)
  return assert(text:match("\nstatic [%w ]+[ *]" .. name .. "%b()%s*(%b{})"), "no function " .. name)
end

-- What the cases of a switch let through: by label, the set of names that are compared with.
local function cases(text, label, name)
  local of, current, open = {}, {}, false
  for line in text:gmatch("[^\n]+") do
    local case = line:match("case%s+" .. label .. ":")
    if case then
      current = open and current or {}
      current[#current + 1] = case
      of[case] = of[case] or {}
    end
    open = case ~= nil
    for _, case_name in ipairs(current) do
      for other in line:gmatch("!=%s*" .. name) do of[case_name][other] = true end
      if line:find("may_update_sockmap", 1, true) then
        of[case_name].map_update_elem, of[case_name].map_delete_elem = true, true
      end
    end
    if line:find("break;") or line:find("goto error;%s*$") and next(current) and not next(of[current[1]]) then
      current = {}
    end
  end
  return of
end

-- The types of maps whose operations have that field.
local function types_with(dir, operation)
  local has, of = {}, {}
  for _, path in ipairs(sources.lines(("grep -rl --include='*.c' '%s' '%s/kernel/bpf'")
    :format(operation, (dir:gsub("'", [['\'']]))))) do
    for name, body in sources.read(path):gmatch("struct%s+bpf_map_ops%s+([%w_]+)%s*=%s*(%b{})") do
      has[name] = has[name] or body:find("%." .. operation .. "%s*=") ~= nil
    end
  end
  for type, ops in sources.read(dir .. "/include/linux/bpf_types.h")
    :gmatch("BPF_MAP_TYPE%(" .. MAP .. ",%s*([%w_]+)%)") do
    of[type] = has[ops] or nil
  end
  return next(of) and of or nil
end

-- Goes through the lines that ask for fields, and calls take(fields, line) for those behind.
local function each_field_line(body, take)
  local current, open = {}, false
  for line in body:gmatch("[^\n]+") do
    local bits = line:match("case (BPF_[%u_]+):") or line:match("btf_record_has_field%(map%->record, ([^)]*)%)")
    local has = line:match("map_value_has_([%l_]+)%(map%)")
    if bits or has then
      if not open then current = {} end
      for _, field in ipairs(FIELDS) do
        if has == field[2] and has or bits and (" " .. bits .. " "):find("%sBPF_" .. field[1] .. "%s") then
          current[field.as or field[1]] = true
        end
      end
    end
    open = line:find("case BPF_") ~= nil
    take(current, line)
  end
end

-- By field: the types of maps that may have it in their values.
local function holders(dir)
  local of = {}
  local text = sources.read(dir .. "/kernel/bpf/syscall.c"):gsub("/%*.-%*/", " ")
  each_field_line(body_of(text, "map_check_btf"), function(fields, line)
    local type = line:match("map_type != " .. MAP)
    for field in pairs(type and fields or {}) do
      of[field] = of[field] or {}
      of[field][type] = true
    end
  end)
  return of
end

-- The fields that a complaint of check_map_prog_compatibility() is about.
local function complained(program, words)
  local set = {}
  each_field_line(program, function(fields, line)
    if line:find(words, 1, true) then for field in pairs(fields) do set[field] = true end end
  end)
  return set
end

---@class spec.MapUses what the sources of a kernel say of its maps
---@field line string release line, "6.12"
---@field types table<string, integer> enum bpf_map_type, without its prefix
---@field helpers table<string, integer>
---@field goes table<string, table<string, boolean>> by type that not every helper takes: the helpers that do
---@field takes table<string, table<string, boolean>> by helper that does not take every type: those it takes
---@field sleeps table<string, boolean>? what a program that may sleep can have; nil where none may sleep
---@field preallocated boolean whether hashes of some programs have to be preallocated
---@field holds table<string, table<string, boolean>> by field: the types of maps whose values may have it
---@field untraced table<string, boolean> the fields that programs of tracing may not have in a map
---@field awake_locks boolean whether programs that may sleep may not have locks
---@field tracing table<string, boolean> the types of programs of tracing
---@field updates table<string, boolean> the types of programs that may update a map of sockets
---@field clears table<string, boolean> ... that may delete from one and not update it

--- Reads the sources of a kernel, as far as they decide about maps.
---@param dir string the top of the source tree
---@return spec.MapUses
function map_uses.open(dir)
  local text = sources.read(dir .. "/kernel/bpf/verifier.c"):gsub("/%*.-%*/", " ")
  local kernel = func_proto.numbers(dir)
  local source = { line = kernel.line, helpers = kernel.helpers, types = kernel.maps, programs = kernel.types }
  local first, second = body_of(text, "check_map_func_compatibility"):match("^(.-)(switch %(func_id%).*)$")
  source.goes, source.takes = cases(first, MAP, HELPER), cases(second, HELPER, MAP)
  for helper, operation in pairs(BY_OPERATION) do
    if source.helpers[helper] then source.takes[helper] = types_with(dir, operation) end
  end
  local program = body_of(text, "check_map_prog_compatibility")
  local sleeps = program:match("sleepable%)%s*switch %(map%->map_type%) (%b{})")
  if sleeps then
    source.sleeps = {}
    for type in sleeps:gmatch("case " .. MAP) do source.sleeps[type] = true end
  end
  source.holds = holders(dir)
  source.untraced = complained(program, "tracing progs cannot use")
  source.awake_locks = complained(program, "sleepable progs cannot use").SPIN_LOCK or false
  source.tracing = {}
  for type in body_of(text, "is_tracing_prog_type"):gmatch("case BPF_PROG_TYPE_([%w_]+)") do
    source.tracing[type] = true
  end
  source.preallocated = program:find("preallocated", 1, true) ~= nil
  source.deletes = first:match("case BPF_MAP_TYPE_SOCKMAP:(.-)break;"):find("BPF_FUNC_map_delete_elem", 1, true) ~= nil
  source.updates, source.clears = {}, {}
  local updates = text:match("\nstatic bool may_update_sockmap%b()%s*(%b{})") or ""
  for type, at in updates:gmatch("case BPF_PROG_TYPE_([%w_]+):()") do
    local deletes = updates:match("^[^;]*", at):find("== BPF_FUNC_map_delete_elem", 1, true)
    source[deletes and "clears" or "updates"][type] = true
  end
  return source
end

local function by_number(of)
  local list = {}
  for name, number in pairs(of) do list[#list + 1] = { name = name, number = number } end
  table.sort(list, function(a, b) return a.number < b.number or a.number == b.number and a.name < b.name end)
  return list
end

-- What of `others` some source lets go with `name`; nil where one lets all that it has.
local function allowed(list, name, field, own, others)
  local set = {}
  for _, source in ipairs(list) do
    local known = source[field][name]
    if source[own][name] and not known then return nil end
    for other in pairs(known or {}) do set[other] = source[others][other] or error("no number of " .. other) end
  end
  return set
end

local function row(word, number, name, set)
  local numbers = {}
  for _, other in ipairs(by_number(set)) do numbers[#numbers + 1] = tostring(other.number) end
  return ("%s(%d, %s, %s)"):format(word, number, name, numbers[1] and table.concat(numbers, ", ") or "0")
end

-- The newest line up to which all that let programs sleep refuse them that type; nil where the first allows it.
local function refused_until(list, type)
  local last
  for _, source in ipairs(list) do
    if source.sleeps and source.sleeps[type] then return last, true end
    if source.sleeps and source.types[type] then last = source.line end
  end
  return last, false
end

-- The first line of those that let nobody delete from a map of sockets whom they do not let update it.
local function first_without_delete(list)
  local first
  for _, source in ipairs(list) do
    if source.deletes or source.line == ONCE_DELETED then first = nil else first = first or source.line end
  end
  return first
end

local function comma(line) return (line:gsub("%.", ", ")) end

local function sleep_rows(list, newest, out)
  for _, type in ipairs(by_number(newest.types)) do
    local last, some = refused_until(list, type.name)
    if some then out[#out + 1] = ("SLEEPS(%d, %s)"):format(type.number, type.name) end
    if some and last then out[#out + 1] = ("AWAKE(%d, %s, %s)"):format(type.number, type.name, comma(last)) end
  end
end

local function field_rows(list, newest, out)
  for _, field in ipairs(FIELDS) do
    local name, set, last, always = field.as or field[1], {}, nil, true
    for _, source in ipairs(list) do
      for type in pairs(source.holds[name] or {}) do set[type] = newest.types[type] end
      if source.holds[name] and not source.untraced[name] then always = false end
      if source.untraced[name] and always then last = source.line end
    end
    if next(set) then out[#out + 1] = (row("HOLDS", 0, name, set):gsub("%(0, ", "(")) end
    if last then
      out[#out + 1] = always and ("UNTRACED(%s)"):format(name) or ("UNTRACED_TO(%s, %s)"):format(name, comma(last))
    end
  end
  local first, last
  for _, source in ipairs(list) do
    if source.awake_locks then first, last = first or source.line, source.line end
  end
  if first then out[#out + 1] = ("AWAKE_LOCKS(%s, %s)"):format(comma(first), comma(last)) end
end

local function tracing_rows(list, out)
  local since, numbers = {}, {}
  for _, source in ipairs(list) do
    for type in pairs(source.tracing) do
      since[type], numbers[type] = since[type] or source.line, source.programs[type]
    end
  end
  for _, type in ipairs(by_number(numbers)) do
    out[#out + 1] = since[type.name] == list[1].line and ("TRACING(%d, %s)"):format(type.number, type.name)
      or ("TRACING_SINCE(%d, %s, %s)"):format(type.number, type.name, comma(since[type.name]))
  end
end

local function socket_rows(list, field, word, out)
  local types = {}
  for _, source in ipairs(list) do
    for type in pairs(source[field]) do types[type] = source.programs[type] end
  end
  for _, type in ipairs(by_number(types)) do out[#out + 1] = ("%s(%d, %s)"):format(word, type.number, type.name) end
end

-- All names but those that stand for another of the same number.
local function types_of(newest)
  local set = {}
  for name, number in pairs(newest.types) do
    if not name:find("_DEPRECATED$") and name ~= "UNSPEC" and name ~= "STRUCT_OPS" then set[name] = number end
  end
  return set
end

local function older(a, b)
  local x, y = { a.line:match("(%d+)%.(%d+)") }, { b.line:match("(%d+)%.(%d+)") }
  return tonumber(x[1]) * 1000 + tonumber(x[2]) < tonumber(y[1]) * 1000 + tonumber(y[2])
end

--- The rows of the table, to be put below its comment.
---@param dirs string[] source trees
---@return string
function map_uses.table_of(dirs)
  local list, out = {}, {}
  for i, dir in ipairs(dirs) do list[i] = map_uses.open(dir) end
  table.sort(list, older)
  local newest = list[#list]
  newest.types = types_of(newest)
  for _, type in ipairs(by_number(newest.types)) do
    local set = allowed(list, type.name, "goes", "types", "helpers")
    if set then out[#out + 1] = row("MAP_GOES", type.number, type.name, set) end
  end
  for _, helper in ipairs(by_number(newest.helpers)) do
    local set = allowed(list, helper.name, "takes", "helpers", "types")
    if set then out[#out + 1] = row("HELPER_TAKES", helper.number, helper.name, set) end
  end
  socket_rows(list, "updates", "UPDATES_SOCKETS", out)
  socket_rows(list, "clears", "CLEARS_SOCKETS", out)
  local line = first_without_delete(list)
  if line then out[#out + 1] = ("DELETES_SOCKETS(%s)"):format(comma(line)) end
  sleep_rows(list, newest, out)
  local last
  for _, source in ipairs(list) do last = source.preallocated and source.line or last end
  if last then out[#out + 1] = ("PREALLOCATED(%s)"):format(comma(last)) end
  field_rows(list, newest, out)
  tracing_rows(list, out)
  return table.concat(out, "\n") .. "\n"
end

return map_uses
