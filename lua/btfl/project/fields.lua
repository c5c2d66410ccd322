--- What a project file may say. Each field has a reader, which gives what its value becomes, or nil where
--- it has told what is wrong with it; what comes out is a btfl.project.
local engine = require "btfl.engine"
local meant = require "btfl.meant"
local named = require "btfl.command.named"
local rules = require "btfl.command.rules"

local fields = {}

-- r is what is read: { path =, folder =, wrong = list of lines }. Gives nil.
local function fail(r, field, message, ...)
  table.insert(r.wrong, ("%s: `%s` %s"):format(r.path, field, message:format(...)))
end

local function fail_unknown(r, field, name, known)
  local place = field and ("`%s`: "):format(field) or ""
  table.insert(r.wrong, ("%s: %sthere is no field `%s`%s"):format(r.path, place, tostring(name),
    meant(name, known)))
end

local function is_text(value) return type(value) == "string" and value ~= "" and not value:find "%z" end

local function words_of(value)
  if type(value) == "string" then return ("'%s'"):format(value) end
  return type(value) == "table" and "a table" or tostring(value)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- A value that becomes itself, or what convert() makes of it.
local function value_of(what, is_such, convert)
  return function(r, field, value)
    if not is_such(value) then return fail(r, field, "is %s, not %s", what, words_of(value)) end
    if convert then return convert(value, r) end
    return value
  end
end

-- A list, of which one may stand alone.
local function list_of(what, item, least)
  return function(r, field, value)
    if type(value) ~= "table" then return { item(r, field, value) } end
    local list, n = {}, 0
    for i, one in ipairs(value) do
      list[#list + 1], n = item(r, ("%s[%d]"):format(field, i), one), i
    end
    for _, key in ipairs(sorted_keys(value)) do
      if math.type(key) ~= "integer" or key < 1 or key > n then
        fail(r, field, "is a list of %s, and has `%s`", what, tostring(key))
      end
    end
    if n < (least or 0) then fail(r, field, "is a list of at least %d %s", least, what) end
    return list
  end
end

-- A table with names for keys.
local function named_of(what, item)
  return function(r, field, value)
    if type(value) ~= "table" then
      return fail(r, field, "is a table of %s by name, not %s", what, words_of(value))
    end
    local out = {}
    for _, name in ipairs(sorted_keys(value)) do
      if is_text(name) then
        out[name] = item(r, field .. "." .. name, value[name])
      else
        fail(r, field, "is a table of %s by name, and has `%s`", what, tostring(name))
      end
    end
    return out
  end
end

-- A table with these fields; field is nil for the whole file.
local function record_of(known, example)
  return function(r, field, value)
    if type(value) ~= "table" then
      return fail(r, field, "is a table such as %s, not %s", example, words_of(value))
    end
    local out = {}
    for _, name in ipairs(sorted_keys(value)) do
      if known[name] then
        out[name] = known[name](r, field and field .. "." .. name or name, value[name])
      else
        fail_unknown(r, field, name, known)
      end
    end
    return out
  end
end

local function in_folder(word, r)
  if word:sub(1, 1) == "/" then return word end
  if word:sub(1, 1) == "@" and #word > 1 then return "@" .. in_folder(word:sub(2), r) end
  return r.folder .. word
end

local function text(what) return value_of(what, is_text) end

local function path(what) return value_of(what, is_text, in_folder) end

-- The name of a kind that kernels have numbers for.
local function is_uapi(kind)
  return function(value) return is_text(value) and engine.uapi_number(kind, value) ~= nil end
end

local size = value_of("a number of 32 bits", function(value)
  return math.type(value) == "integer" and value >= 0 and value <= 0xffffffff
end)

local constant = value_of("a whole number, a text, true or false", function(value)
  return type(value) ~= "table" and math.type(value) ~= "float"
end)

local map = record_of({
  key_size = size, value_size = size, max_entries = size,
  type = value_of("a type of maps such as 'ringbuf'", is_uapi "map_type",
    function(name) return engine.uapi_number("map_type", name) end),
  inner = value_of("true or false", function(value) return type(value) == "boolean" end),
}, "{ max_entries = 1024 }")

-- What a tool sets of its objects before it loads them, in all shapes or in one.
local SETTINGS = {
  set = named_of("constants", constant),
  unset = list_of("constants", text "the name of a constant"),
  attach = named_of("programs", text "what a program attaches to, such as 'vfs_read'"),
  type = named_of("programs", value_of("a type of programs such as 'kprobe'", is_uapi "prog_type")),
  skip = list_of("programs", text "the name of a program"),
  one_of = list_of("lists", list_of("programs", text "the name of a program", 2)),
  maps = named_of("maps", map),
  sizes = named_of("maps", size),
}

-- A size is a field of a map.
local function settings_of(out)
  for name, entries in pairs(out.sizes or {}) do
    out.maps = out.maps or {}
    out.maps[name] = out.maps[name] or {}
    out.maps[name].max_entries = entries
  end
  out.sizes = nil
  return out
end

local shape = record_of(SETTINGS, "{ set = { NAME = 1 } }")

local FACTS = record_of({
  release = value_of("a release such as 6.12.1", function(value)
    return is_text(value) and value:find "^%d+%.%d+" ~= nil
  end),
  version = value_of("a version such as 5.10.223", function(value)
    return is_text(value) and engine.kernel_version(value) ~= nil
  end),
  kconfig = path "a file", kallsyms = path "a file",
}, "{ 'k/6.1.btf', release = '6.1.0' }")

-- A kernel alone, or with what is known of it.
local function target(r, field, value)
  local word = type(value) == "table" and value[1] or value
  if not is_text(word) then
    return fail(r, field, "is a kernel such as 'k/6.1.btf' or { 'k/6.1.btf', release = '6.1.0' }, not %s",
      type(value) == "table" and "a table without a path" or words_of(value))
  end
  local facts = {}
  for name, fact in pairs(type(value) == "table" and value or {}) do
    if name ~= 1 then facts[name] = fact end
  end
  return { word = in_folder(word, r), facts = FACTS(r, field, facts) }
end

local policy = value_of("the name or the file of one", is_text, function(value, r)
  return named.is_file(value) and in_folder(value, r) or value
end)

local function rule_of(known)
  return function(r, field, value)
    if known[value] then return value end
    if not is_text(value) then return fail(r, field, "is the name of a rule, not %s", words_of(value)) end
    return fail(r, field, "is no rule, but %s%s", words_of(value), meant(value, known))
  end
end

-- A day of the calendar.
local day = value_of("a day such as '2027-03-01'", function(value)
  if not is_text(value) then return false end
  local year, month, number = value:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  return year ~= nil and os.date("%Y-%m-%d", os.time { year = year, month = month, day = number }) == value
end)

local IGNORE = record_of({
  rule = rule_of(rules.codes), object = text "a path", program = text "the name of a program",
  target = text "the name of a kernel", because = text "a text", until_ = day,
}, "{ rule = 'no-field', because = '...' }")

local function ignore(r, field, value)
  if type(value) == "table" and value["until"] ~= nil then
    return fail(r, field, "has `until`, a word of Lua's own: it is called `until_`")
  end
  local before = #r.wrong
  local one = IGNORE(r, field, value)
  if #r.wrong > before then return nil end
  if not one.because then fail(r, field, "says no `because`: why it may be ignored") end
  if not (one.rule or one.object or one.program or one.target) then
    fail(r, field, "says nothing of what: `rule`, `object`, `program` or `target`")
  end
  one.place = ("%s of %s"):format(field, r.path)
  return one
end

--- The reader of each field.
---@type table<string, fun(r: table, field: string, value: any): any>
fields.readers = {
  objects = list_of("objects", path "a BPF object: a file or a pattern"),
  targets = list_of("kernels", target),
  policy = policy,
  shapes = named_of("shapes", function(r, field, value) return settings_of(shape(r, field, value) or {}) end),
  optional = list_of("programs and objects", text "the name of a program or an object"),
  fail_on = list_of("rules", rule_of(rules.failing)),
  ignore = list_of("tables such as { rule = 'no-field', because = '...' }", ignore),
}
for name, reader in pairs(SETTINGS) do fields.readers[name] = reader end

local project = record_of(fields.readers)

--- The project that a table says.
---@param file string the path of the file
---@param data any
---@return btfl.project? nil when something is wrong
---@return string[]? wrong a line for each
function fields.read(file, data)
  local r = { path = file, folder = file:match "^(.*/)[^/]*$" or "", wrong = {} }
  if type(data) ~= "table" then
    return nil, { ("%s: returns %s, not a table: it ends in `return { ... }`"):format(file, words_of(data)) }
  end
  local out = settings_of(project(r, nil, data))
  if out.shapes and not next(out.shapes) then fail(r, "shapes", "has no shape in it") end
  if #r.wrong > 0 then return nil, r.wrong end
  out.path, out.folder, out.has = file, r.folder, sorted_keys(data)
  return out
end

return fields
