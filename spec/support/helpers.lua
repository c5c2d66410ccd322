--- The table of helpers (src/*/helpers.def), and what the kernel says of the same helpers: its BTF has
--- their numbers and names, its sources have their prototypes.

local sources = require "spec.support.sources"

local helpers = {}

--- What the kernel says of one helper, or a row of the table.
---@class spec.Helper
---@field number integer
---@field name string as in BPF_FUNC_name
---@field result string NUMBER, ERRNO, ITEM, MEMORY or POINTER
---@field args string a character for each argument; see the table

--- The rows of a table in C, in their order. path: nil for the tree's own.
---@return spec.Helper[]
function helpers.rows(path)
  path = path or sources.lines("ls src/*/helpers.def")[1]
  local rows, calls = {}, 0
  local text = sources.read(path):gsub("/%*.-%*/", "")
  for _ in text:gmatch("HELPER%(") do calls = calls + 1 end
  for number, name, result, args in text:gmatch('HELPER%((%d+), ([%w_]+), (%u+), "([^"]*)"%)\n') do
    rows[#rows + 1] = { number = math.tointeger(number), name = name, result = result, args = args }
  end
  assert(#rows > 0 and #rows == calls, path .. ": a row is not HELPER(number, name, RESULT, \"args\")")
  return rows
end

--- The rows of the table that tell which argument points to which struct of the kernel.
---@return { number: integer, argument: integer, struct: string }[]
function helpers.structs()
  local rows = {}
  local text = sources.read(sources.lines("ls src/*/helpers.def")[1])
  for number, argument, struct in text:gmatch("TAKES%((%d+), (%d), ([%w_]+)%)\n") do
    rows[#rows + 1] = { number = math.tointeger(number), argument = math.tointeger(argument), struct = struct }
  end
  assert(#rows > 0)
  return rows
end

--- A row as it stands in the table.
---@param h spec.Helper
function helpers.row(h)
  return ('HELPER(%d, %s, %s, "%s")'):format(h.number, h.name, h.result, h.args)
end

--- The names of a kernel's enum bpf_func_id, by number.
---@return table<integer, string>
function helpers.names(target)
  local names = {}
  for e in target.btf:get("bpf_func_id", "enum"):values() do
    local name = e.name:match("^BPF_FUNC_(.+)$")
    if name and e.value > 0 then names[e.value] = name end
  end
  return names
end

local SIZEOF = { int = 4, s32 = 4, u32 = 4, long = 8, s64 = 8, u64 = 8 }

-- The character for argument n of a prototype; see the table.
local function character(fields, n)
  local arg = fields["arg" .. n .. "_type"] or ""
  local written = arg:find("UNINIT") or arg:find("MEM_WRITE")
  if arg:find("CONST_MAP_PTR") then return "M" end
  if arg:find("PTR_TO_CTX") then return "c" end
  if arg:find("MAP_KEY") then return "k" end
  if arg:find("MAP_VALUE") then return written and "V" or "v" end
  if arg:find("PTR_TO_LONG") then return "8" end
  if arg:find("PTR_TO_INT%f[%W]") then return "4" end
  if arg:find("FIXED_SIZE_MEM") then
    local size = SIZEOF[(fields["arg" .. n .. "_size"] or ""):match("sizeof%((%w+)%)")]
    return not written and "r" or size and tostring(size) or "?"
  end
  if arg:find("PTR_TO_MEM") or arg:find("PTR_TO_UNINIT_MEM") then
    local size = fields["arg" .. n + 1 .. "_type"] or ""
    if not size:find("ARG_CONST_SIZE") and not size:find("ARG_MEM_SIZE") then return "?" end
    return arg:find("MEM_RDONLY") and "m" or "w"
  end
  return arg:find("DYNPTR") and "d" or "."
end

local function result_of(fields, errno)
  local ret = fields.ret_type or "RET_INTEGER"
  if ret:find("RET_INTEGER") or ret:find("RET_VOID") then return errno and "ERRNO" or "NUMBER" end
  if ret:find("MAP_VALUE") then return "ITEM" end
  return ret:find("_MEM_OR_NULL") and "MEMORY" or "POINTER"
end

-- struct bpf_func_proto, each as a table of its fields, by name.
local function prototypes(text)
  local found = {}
  for name, body in text:gmatch("struct%s+bpf_func_proto%s+([%w_]+)%s*=%s*(%b{})") do
    local fields = {}
    for key, value in body:gmatch("%.([%w_]+)%s*=%s*([^,}]+)") do fields[key] = value end
    found[name] = fields
  end
  return found
end

-- Adds to uses, by helper, the names of the prototypes that `case BPF_FUNC_helper:` may return. Some
-- come from a function, such as bpf_get_trace_printk_proto(), which returns the address of one.
local function add_uses(text, uses)
  local current, stacked, indent = {}, false, nil
  for line in text:gmatch("[^\n]+") do
    local space, name = line:match("^(%s*)case%s+BPF_FUNC_([%w_]+):")
    if name then
      current, indent = stacked and current or {}, space
      current[#current + 1] = name
    elseif line:match("^}") or line:match("^(%s*)default:") == indent then
      current = {}
    end
    if name or line:match("%S") and not line:match("^#") then stacked = name ~= nil end
    for address, proto, call in line:gmatch("(&?)%f[%w_]([%w_]*_proto[%w_]*)%f[^%w_](%(?)") do
      for _, helper in ipairs(address .. call ~= "" and current or {}) do
        uses[helper] = uses[helper] or {}
        uses[helper][proto] = true
      end
    end
  end
end

-- What the verifier bounds by the size of the memory that was written.
local function errno_helpers(text)
  local set = {}
  local body = text:match("do_refine_retval_range(%b())") and
    text:match("do_refine_retval_range%b()%s*(%b{})") or ""
  for name in (body:match("^(.-)msize_max_value") or ""):gmatch("BPF_FUNC_([%w_]+)") do set[name] = true end
  return set
end

--- What a kernel's sources say: for each helper, the results and arguments that its prototypes have
--- (one helper may have several, for different types of program), with the name of one prototype each.
---@param dir string the top of the source tree
---@return table<string, table<string, string>> by helper's name: "RESULT args" -> prototype
function helpers.of_source(dir)
  local all, of_file, uses, errno, returned = {}, {}, {}, {}, {}
  local files = sources.lines(("grep -rlE --include='*.c' 'BPF_FUNC_|bpf_func_proto' '%s' | LC_ALL=C sort")
    :format(dir:gsub("'", [['\'']])))
  assert(#files > 0, dir .. ": no source file says BPF_FUNC_")
  for _, path in ipairs(files) do
    local text = sources.read(path):gsub("/%*.-%*/", "")
    of_file[path] = { protos = prototypes(text), uses = {} }
    add_uses(text, of_file[path].uses)
    for name, fields in pairs(of_file[path].protos) do all[name] = all[name] or fields end
    for name, body in text:gmatch("%f[%w_]([%w_]+_proto)%([^()]*%)%s*(%b{})") do
      returned[name] = body:match("&([%w_]+_proto[%w_]*)")
    end
    for name in pairs(errno_helpers(text)) do errno[name] = true end
  end
  for _, file in pairs(of_file) do
    for helper, names in pairs(file.uses) do
      for name in pairs(names) do
        name = returned[name] or name
        local fields = file.protos[name] or all[name]
        if fields then
          local args = {}
          for n = 1, 5 do args[n] = character(fields, n) end
          local key = result_of(fields, errno[helper]) .. " " .. table.concat(args)
          uses[helper] = uses[helper] or {}
          if not uses[helper][key] or name < uses[helper][key] then uses[helper][key] = name end
        end
      end
    end
  end
  return uses
end

-- With what a helper does not take, which sources do not tell from what is no memory.
local function padded(args)
  return args .. ("."):rep(5 - #args)
end

--- Where the rows and a kernel disagree, as lines, and rows for what has none, both in the order of
--- the numbers.
---@param rows spec.Helper[]
---@param names table<integer, string> see helpers.names()
---@param known table<string, table<string, string>>? see helpers.of_source()
---@return string[] wrong_names
---@return string[] other_prototypes
---@return string[] missing
function helpers.compare(rows, names, known)
  local of_number, numbers = {}, {}
  for _, row in ipairs(rows) do of_number[row.number] = row end
  for number in pairs(names) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  local wrong, others, missing = {}, {}, {}
  for _, number in ipairs(numbers) do
    local name, row = names[number], of_number[number]
    local said = {}
    for what in pairs(known and known[name] or {}) do said[#said + 1] = what end
    table.sort(said)
    if not row then
      for _, what in ipairs(said[1] and said or { "POINTER ?????" }) do
        local result, args = what:match("^(%S+) (%S+)$")
        missing[#missing + 1] = helpers.row { number = number, name = name, result = result, args = args }
      end
    elseif row.name ~= name then
      wrong[#wrong + 1] = ("%s is %s"):format(helpers.row(row), name)
    elseif #said > 1 or said[1] and said[1] ~= row.result .. " " .. padded(row.args) then
      for i, what in ipairs(said) do said[i] = ("%s in %s"):format(what, known[name][what]) end
      others[#others + 1] = ("%s has %s"):format(helpers.row(row), table.concat(said, ", "))
    end
  end
  return wrong, others, missing
end

return helpers
