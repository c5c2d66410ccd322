--- diff: what types, functions and tracepoints another kernel has, lacks, or has otherwise.
local cli = btfl.cli {
  about = "What changed between two kernels: types, functions, tracepoints, enumerators.",
  usage = "OLD NEW [NAME...]", objects = false, targets = false,
  epilog = "OLD and NEW are kernels, as -t of other commands takes them. NAME is a type, a function or a\n"
    .. "tracepoint, or a pattern such as task_*; of these, fields are shown. core says whether CO-RE\n"
    .. "relocates what was compiled for OLD, or a program takes it as before. Modules are compared, too;\n"
    .. "what has only gone into one, or out of one, is not told.",
  options = function(parser)
    parser:option("--used-by", "Only what these BPF objects use: fields, types, functions, their arguments.")
      :argname("OBJ"):args("+")
  end,
}
local args = cli.args
-- For people alone, of all that there is a row for each name, without what was and is.
local brief = table.concat(cli:formats(), " ") == "text" and #args.name == 0 and not args.used_by
local out = btfl.report("diff", {
  columns = { "kind", "name", "change", "path", "what", "old", "new", "core" },
  text = brief and { "kind", "name", "change", "what", "core" } or nil,
})

-- The BTFs of a kernel, vmlinux first, and by the names of modules.
local function open_kernel(path)
  local target = btfl.target(path)
  local kernel = { btf = target.btf, list = { target.btf }, modules = {}, names = {} }
  for name, btf in target:modules() do
    kernel.list[#kernel.list + 1], kernel.names[#kernel.names + 1] = btf, name
    kernel.modules[name] = btf
  end
  for problem in target:skipped() do cli:failure(problem) end
  return kernel
end

local old, new = cli:try(open_kernel, args.old), cli:try(open_kernel, args.new)
if not (old and new) then return 2 end

-- What objects use, of types and of functions and tracepoints: by name, true for all of it, or a set of
-- paths from the innermost type that has a name.
local used = args.used_by and { types = {}, functions = {} }

local function use_type(name, path)
  local types = used.types
  if not path or types[name] == true then
    types[name] = true
  else
    types[name] = types[name] or {}
    types[name][path] = true
  end
end

local function use_relo(relo)
  local owner, path, fields = relo.type.essential, nil, false
  for _, _, element in relo.accessor and relo.accessor:steps() or function() end do
    if element then
      local parent = element.parent
      if parent.name then owner, path = parent.essential, nil end
      path = path and path .. "." .. element.name or element.name
      if owner then use_type(owner, path) end
      fields = true
    end
  end
  if owner and not fields then use_type(owner) end
end

local function use_attach(attach)
  for _, name in ipairs { attach.name, attach.in_btf } do used.functions[name] = true end
  if attach.form == "tracepoint" and attach.name then use_type("trace_event_raw_" .. attach.name) end
end

local function use_object(path)
  local object = btfl.object(path)
  for relo in object:relos() do use_relo(relo) end
  for program in object:programs() do
    if program.attach then use_attach(program.attach) end
  end
  for extern in object:externs() do used.functions[extern.name] = true end
  object:close()
end

for _, path in ipairs(args.used_by or {}) do cli:try(use_object, path) end

local function has(kernel, name)
  for _, btf in ipairs(kernel.list) do
    if btf:find(name) or btf:find("btf_trace_" .. name, "typedef") then return true end
  end
  return false
end

local patterns = {}
for i, name in ipairs(args.name) do
  patterns[i] = btfl.pattern(name)
  if not name:find "[*?]" and not has(old, name) and not has(new, name) then
    cli:error(("nothing is called '%s' in %s or %s"):format(name, args.old, args.new))
  end
end

local FUNCTIONS = { func = true, tracepoint = true, var = true }

-- What objects use of it: nil for nothing.
local function use_of(kind, name)
  return used[FUNCTIONS[kind] and "functions" or "types"][name]
end

local function is_asked(kind, name)
  if used and not use_of(kind, name) then return false end
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return #patterns == 0
end

-- Whether a path leads to the other one, or beyond it: "se" to "se.load".
local function leads(path, to)
  return (to .. "."):sub(1, #path + 1) == path .. "."
end

local function is_used(kind, name, path)
  local use = not used or use_of(kind, name)
  if use == true then return true end
  local plain = path:gsub("%[%d+%]", "")
  for one in pairs(use) do
    if leads(one, plain) or leads(plain, one) then return true end
  end
  return false
end

local function bits(n)
  return n % 8 == 0 and n // 8 or ("%d:%d"):format(n // 8, n % 8)
end

local function yes(truth)
  return truth and "yes" or "no"
end

-- A function and a tracepoint have parameters; a typedef may be of a struct.
local PARAMETERS = { func = true, tracepoint = true }

-- What was or is, as text: a type, a number or a name.
local function shown(value, kind, what)
  if type(value) == "userdata" then return (value:decl()) end
  if what == "moved" or what == "reordered" then return PARAMETERS[kind] and value + 1 or bits(value) end
  return value
end

-- By kind: how many there were, and what became of them; and the ways in which they changed.
local totals, ways = {}, {}

local function total(kind)
  totals[kind] = totals[kind] or { added = 0, removed = 0, changed = 0 }
  return totals[kind]
end

local function way_of(kind, path, what)
  if kind ~= "func" then return what end
  return (path == "return" and "return " or "parameter ") .. what
end

-- "moved 12, removed 1"
local function listed(counts)
  local words = {}
  for word, n in pairs(counts) do words[#words + 1] = ("%s %d"):format(word, n) end
  table.sort(words)
  return table.concat(words, ", ")
end

local function add_changes(kind, name, was, is)
  local seen, all_core = {}, true
  for path, what, before, after, core in btfl.changes(was, is) do
    if is_used(kind, name, path) then
      local way = way_of(kind, path, what)
      seen[way] = (seen[way] or 0) + 1
      all_core = all_core and core
      if not brief then
        out:row { kind = kind, name = name, change = "changed", path = path ~= "" and path or nil,
          what = what, old = shown(before, kind, what), new = shown(after, kind, what), core = yes(core) }
      end
    end
  end
  if brief then
    out:row { kind = kind, name = name, change = "changed", what = listed(seen), core = yes(all_core) }
  end
  for way in pairs(seen) do
    ways[kind] = ways[kind] or {}
    ways[kind][way] = (ways[kind][way] or 0) + 1
  end
  return next(seen) ~= nil
end

-- Of what came or went, a function says how it is called.
local function signature(kind, btf, id)
  if brief or not (id and PARAMETERS[kind]) then return nil end
  local t = btf:type(id)
  return ((t.kind == "func" and t.type or t):decl())
end

-- was and is are ids of the BTFs before them, nil for none.
local function add(kind, name, change, old_btf, was, new_btf, is)
  if not is_asked(kind, name) then return end
  local kept = true
  if change == "changed" then
    kept = add_changes(kind, name, old_btf:type(was), new_btf:type(is))
  else
    out:row { kind = kind, name = name, change = change, old = signature(kind, old_btf, was),
      new = signature(kind, new_btf, is), core = yes(change == "added") }
  end
  if kept then total(kind)[change] = total(kind)[change] + 1 end
end

-- Tracepoints have rows of their own, of the prototype that raw programs see.
local TRACE = "^btf_trace_"

-- The first type of that kind and name in a kernel and its modules; of several one that is like another,
-- if any, and whether it is.
local function find_like(kernel, kind, name, other)
  local first
  for _, btf in ipairs(kernel.list) do
    local t = btf:find(name, kind) or kind == "enum" and btf:find(name, "enum64") or nil
    if t and other and btfl.same(other, t) then return t, true end
    first = first or t
  end
  return first, false
end

local told = {}

-- The same where a kernel has modules, one of which may have what another BTF has lost or got.
local function add_of_modules(kind, name, change, old_btf, was, new_btf, is)
  if change ~= "changed" then
    local there, same
    if was then
      there, same = find_like(new, kind, name, old_btf:type(was))
    else
      there = find_like(old, kind, name)
      same = there ~= nil
    end
    local key = ("%s %s %s"):format(change, kind, name)
    if same or told[key] then return end
    told[key] = true
    if there then change, new_btf, is = "changed", there.btf, there.id end
  end
  add(kind, name, change, old_btf, was, new_btf, is)
end

local counts = {}

local function count(kind, n) counts[kind] = (counts[kind] or 0) + n end

local add_type = #old.list + #new.list > 2 and add_of_modules or add

local function add_types(old_btf, new_btf)
  local differing, numbers = btfl.diff(old_btf, new_btf)
  for kind, name, change, was, is in differing do
    if not (kind == "typedef" and name:find(TRACE)) then
      add_type(kind, name, change, old_btf, was, new_btf, is)
    end
  end
  for kind, n in pairs(numbers) do count(kind, n) end
end

local COMPARED = { struct = "struct", union = "union", enum = "enum", enum64 = "enum", typedef = "typedef",
  func = "func", var = "var" }

-- Those of a module that only one kernel has.
local function add_lone(btf, is_old)
  for id, kind, name in btf:scan() do
    kind = COMPARED[kind]
    if kind and name and is_old then count(kind, 1) end
    if kind and name and not (kind == "typedef" and name:find(TRACE)) then
      if is_old then
        add_type(kind, name, "removed", btf, id)
      else
        add_type(kind, name, "added", nil, nil, btf, id)
      end
    end
  end
end

local function add_modules()
  for _, name in ipairs(old.names) do
    if new.modules[name] then
      add_types(old.modules[name], new.modules[name])
    else
      add_lone(old.modules[name], true)
    end
  end
  for _, name in ipairs(new.names) do
    if not old.modules[name] then add_lone(new.modules[name], false) end
  end
end

-- The tracepoints that raw programs can have: names in order, and by name the BTF and id of the prototype.
local function tracepoints(kernel)
  local found, names = {}, {}
  for _, btf in ipairs(kernel.list) do
    for name, proto in btf:tracepoints() do
      if proto and not found[name] then
        names[#names + 1] = name
        found[name] = { btf = btf, id = proto }
      end
    end
  end
  return found, names
end

local function add_tracepoints()
  local before, old_names = tracepoints(old)
  local after, new_names = tracepoints(new)
  for _, name in ipairs(old_names) do
    local was, is = before[name], after[name]
    if not is then
      add("tracepoint", name, "removed", was.btf, was.id)
    elseif not btfl.same(was.btf:type(was.id), is.btf:type(is.id)) then
      add("tracepoint", name, "changed", was.btf, was.id, is.btf, is.id)
    end
  end
  for _, name in ipairs(new_names) do
    local is = after[name]
    if not before[name] then add("tracepoint", name, "added", nil, nil, is.btf, is.id) end
  end
  count("tracepoint", #old_names)
  count("typedef", -#old_names)
end

local KINDS = { "func", "struct", "union", "enum", "typedef", "var", "tracepoint" }

local function summarize()
  for _, kind in ipairs(KINDS) do
    local t = totals[kind]
    if t then
      local of = used and "" or (" of %d"):format(counts[kind] or 0)
      out:summary { kind = kind, count = counts[kind] or 0, added = t.added, removed = t.removed,
        changed = t.changed, ways = ways[kind],
        order = { "kind", "count", "added", "removed", "changed", "ways" },
        text = ("%s%s: %d added, %d removed, %d changed%s"):format(kind, of, t.added, t.removed, t.changed,
          ways[kind] and (" (%s)"):format(listed(ways[kind])) or "") }
    end
  end
end

add_types(old.btf, new.btf)
add_modules()
add_tracepoints()
summarize()
return out
