--- Makes the table of who may call a kernel function (src/verify/kfunc_types.def) from the sources of kernels,
--- and from what a running one answers.

local func_proto = require "spec.support.func_proto"
local loads = require "spec.support.loads"
local sources = require "spec.support.sources"
local wrapped = require "spec.support.wrapped"

local kfunc_types = {}

-- What filters of sets leave, by program type; with attach types where these decide, without their prefix. A filter
-- that tells members of struct_ops apart leaves them all.
local FILTERS = {
  bpf_fs_kfuncs_filter = { LSM = true }, bpf_get_fsverity_digest_filter = { LSM = true },
  tracing_iter_filter = { TRACING = { "TRACE_ITER" } },
  bpf_kprobe_multi_filter = { KPROBE = { "TRACE_KPROBE_SESSION" } },
}

-- Short words for what often goes together, by program types.
local GROUPS = {
  { "TRACERS", "TRACING", "TRACEPOINT", "PERF_EVENT", "LSM" },
  { "CGROUPS", "CGROUP_SKB", "CGROUP_SOCK", "SOCK_OPS", "CGROUP_DEVICE", "CGROUP_SOCK_ADDR", "CGROUP_SYSCTL",
    "CGROUP_SOCKOPT" },
  { "LWTS", "LWT_IN", "LWT_OUT", "LWT_XMIT", "LWT_SEG6LOCAL" },
}

-- Which program another replaces decides for `ext`.
local NO_CALLERS = { UNSPEC = true, EXT = true }

local function sorted_keys(set)
  local list = {}
  for key in pairs(set) do list[#list + 1] = key end
  table.sort(list)
  return list
end

-- Both sides of an #if stay.
local function without_preprocessor(text)
  text = text:gsub("/%*.-%*/", " "):gsub("//[^\n]*", ""):gsub("\\\n", " ")
  return (("\n" .. text):gsub("\n%s*#[^\n]*", "\n"))
end

-- ---- sources --------------------------------------------------------------------------------------

-- The hook of each program type, as bpf_prog_type_to_kfunc_hook() has it; those that it lacks have none.
local function hooks_of(dir)
  local text = without_preprocessor(sources.read(dir .. "/kernel/bpf/btf.c"))
  local body = assert(text:match("bpf_prog_type_to_kfunc_hook%b()%s*(%b{})"), "no hooks in " .. dir)
  local hooks, open = {}, {}
  for word, rest in body:gmatch("%f[%w_](%l+)%s+([%w_]+)%s*[:;]") do
    if word == "case" then
      open[#open + 1] = rest:match("^BPF_PROG_TYPE_(.*)")
    else
      for _, type in ipairs(open) do hooks[type] = rest end
      open = {}
    end
  end
  return hooks
end

local function is_path_of_kernel(path)
  return not (path:find "/testing/" or path:find "/samples/" or path:find "/tools/" or path:find "/kernel/bpf/btf%.c$")
end

local function metadata_of_xdp(dir)
  local text = sources.read(dir .. "/include/net/xdp.h"):match("#define XDP_METADATA_KFUNC_xxx(.-)\n\n")
  local names = {}
  for name in (text or ""):gmatch("bpf_xdp_metadata_[%w_]+") do names[#names + 1] = name end
  return names
end

---@class spec.KfuncLine who may call what in a release line
---@field line string "6.12"
---@field types table<string, integer> enum bpf_prog_type
---@field attach table<string, integer> enum bpf_attach_type
---@field hooks table<string, string> by program type; of those that have one
---@field may table<string, table<string, true|table>> by kernel function, then program type; a table has attach types
---@field sleeps table<string, boolean> by kernel function: whether only programs that may sleep may call it

-- Registers a set for a program type with all types of its hook.
local function register(line, hooks, set, filter, type, path)
  local left
  if filter then left = assert(FILTERS[filter], ("a filter that is not known, %s, in %s"):format(filter, path)) end
  for other in pairs(line.types) do
    if not NO_CALLERS[other] and (type == "UNSPEC" or hooks[other] and hooks[other] == hooks[type]) then
      local how = left == nil or left[other]
      for _, name in ipairs(set) do
        line.may[name] = line.may[name] or {}
        if how then line.may[name][other] = how end
      end
    end
  end
end

local function read_sets(line, hooks, dir, path)
  local text = without_preprocessor(sources.read(path))
  local sets, named = {}, {}
  for start, name, body, stop in text:gmatch("BTF_([%w_]-)_START(%b())(.-)BTF_([%w_]-)_END") do
    if (start == "KFUNCS" or start == "SET8") and start == stop then
      local set = {}
      for kfunc, flags in body:gmatch("BTF_ID_FLAGS%s*%(%s*func%s*,%s*([%w_]+)([^)]*)") do
        set[#set + 1] = kfunc
        if flags:find "KF_SLEEPABLE" then line.sleeps[kfunc] = true end
      end
      if body:find "XDP_METADATA_KFUNC_xxx" then set = metadata_of_xdp(dir) end
      sets[name:sub(2, -2)] = set
    end
  end
  for name, body in text:gmatch("struct%s+btf_kfunc_id_set%s+([%w_]+)%s*=%s*(%b{})") do
    named[name] = { set = body:match("%.set%s*=%s*&([%w_]+)"), filter = body:match("%.filter%s*=%s*([%w_]+)") }
  end
  for type, name in text:gmatch("register_btf_kfunc_id_set%s*%(%s*BPF_PROG_TYPE_([%w_]+)%s*,%s*&([%w_]+)%s*%)") do
    local of = assert(named[name], ("no set %s in %s"):format(name, path))
    local set = assert(sets[of.set], ("no set %s in %s"):format(tostring(of.set), path))
    register(line, hooks, set, of.filter, type, path)
  end
end

--- Who may call what, by the sources of a kernel.
---@param dir string
---@return spec.KfuncLine
function kfunc_types.of_sources(dir)
  local numbers = func_proto.numbers(dir)
  local line = { line = numbers.line, types = numbers.types, attach = numbers.attach, may = {}, sleeps = {} }
  local hooks = hooks_of(dir)
  for _, path in ipairs(sources.lines(("grep -rl --include='*.c' register_btf_kfunc_id_set '%s' | sort")
    :format(dir:gsub("'", [['\'']])))) do
    if is_path_of_kernel(path) then read_sets(line, hooks, dir, path) end
  end
  for _, hook in pairs(hooks) do assert(hook:find "^BTF_KFUNC_HOOK_", hook) end
  line.hooks = hooks
  return line
end

-- ---- a running kernel -----------------------------------------------------------------------------

local function name_of(numbers, number)
  for name, n in pairs(numbers) do if n == number then return name end end
  return nil
end

-- What types that could not be loaded there are let do: as others of their hook, and what nobody else may call, perhaps
-- by a filter, they may.
local function fill_in(line, like)
  local asked = {}
  for _, of in pairs(line.asked) do for type in pairs(of) do asked[type] = true end end
  for type in pairs(like.types) do
    if not asked[type] and not NO_CALLERS[type] then
      local other
      for candidate in pairs(asked) do if like.hooks[candidate] == like.hooks[type] then other = candidate end end
      for name, may in pairs(line.may) do
        if next(may) == nil or (other and may[other] == true) then line.fill[#line.fill + 1] = { name, type } end
        assert(other, name)
      end
    end
  end
  for _, pair in ipairs(line.fill) do line.may[pair[1]][pair[2]] = true end
end

--- Who may call what, by the lines that `build/peer/probe kfuncs` prints.
---@param release string
---@param lines string[]
---@param like spec.KfuncLine of the nearest line that is known by its sources
---@return spec.KfuncLine
function kfunc_types.of_answers(release, lines, like)
  local line = { line = release:match "^%d+%.%d+", types = like.types, attach = like.attach, may = {}, asked = {},
    fill = {}, part = true, sleeps = {} }
  for _, text in ipairs(lines) do
    local number, attach, sleepable, name, answer = table.unpack(loads.fields(text))
    local type = name_of(like.types, math.tointeger(number))
    if type and answer ~= "unclear" then
      line.asked[name] = line.asked[name] or {}
      line.asked[name][type] = line.asked[name][type] or { yes = {}, no = {} }
      line.asked[name][type][answer == "no" and "no" or "yes"][math.tointeger(attach)] = true
      if answer == "sleeps" or answer == "yes" and sleepable == "0" then line.sleeps[name] = answer == "sleeps" end
    end
  end
  -- What only programs that may sleep may call for other reasons.
  for name in pairs(line.asked) do
    if line.sleeps[name] == nil then line.sleeps[name] = like.sleeps[name] end
  end
  for name, by_type in pairs(line.asked) do
    line.may[name] = {}
    for type, said in pairs(by_type) do
      local attaches = sorted_keys(said.yes)
      for attach in pairs(said.no) do assert(not said.yes[attach], name) end
      if attaches[1] then line.may[name][type] = next(said.no) == nil or attaches end
    end
  end
  fill_in(line, like)
  return line
end

local function of_running(what, like)
  local lines
  if what == "running" then
    lines = sources.lines "uname -r; build/peer/probe kfuncs"
  else
    lines = {}
    for line in io.lines(what) do lines[#lines + 1] = line end
  end
  return kfunc_types.of_answers(table.remove(lines, 1), lines, like)
end

-- ---- the table ------------------------------------------------------------------------------------

local function words(may, types)
  local left, list = {}, {}
  for type in pairs(may) do left[type] = true end
  local others = {}
  for _, type in ipairs(types) do if not left[type] then others[#others + 1] = type end end
  if #others == 0 then return "EVERY" end
  if next(left) == nil then return "NOBODY" end
  for _, group in ipairs(GROUPS) do
    local whole = true
    for i = 2, #group do whole = whole and left[group[i]] ~= nil end
    if whole then
      list[#list + 1] = group[1]
      for i = 2, #group do left[group[i]] = nil end
    end
  end
  for _, type in ipairs(types) do if left[type] then list[#list + 1] = type end end
  return table.concat(list, " | ")
end

local function line_word(line) return "LINE_" .. line.line:gsub("%.", "_") end

local function rows_of(name, lines, types, out)
  local from, last, text
  local function close()
    if text then
      out[#out + 1] = wrapped(("KFUNC(%s, %s, %s, %s)"):format(name, line_word(from), line_word(last), text))
    end
  end
  for _, line in ipairs(lines) do
    local now = line.may[name] and words(line.may[name], types)
    if now ~= text then
      close()
      from, text = line, now
    end
    last = line
  end
  close()
end

-- The lines in which only programs that may sleep may call it, as far as they have it.
local function sleeps_rows(name, lines, out)
  local from, last
  local function close()
    if from then out[#out + 1] = ("SLEEPS(%s, %s, %s)"):format(name, line_word(from), line_word(last)) end
    from = nil
  end
  for _, line in ipairs(lines) do
    if line.may[name] then
      if not line.sleeps[name] then close() else from, last = from or line, line end
    end
  end
  close()
end

-- The attach types by which a type may call it, where not by all, in any line.
local function attached_rows(name, lines, types, out)
  for _, type in ipairs(types) do
    local set, all = {}, true
    for _, line in ipairs(lines) do
      local how = line.may[name] and line.may[name][type]
      if _G.type(how) == "table" then
        all = false
        for _, attach in ipairs(how) do set[line.attach[attach] or attach] = true end
      end
    end
    for _, attach in ipairs(all and {} or sorted_keys(set)) do
      out[#out + 1] = ("ATTACHED(%s, %s, %d)"):format(name, type, attach)
    end
  end
end

--- The rows of the table, to be put below its comment.
---@param dirs string[] source trees, the older first
---@param running? string as --running
---@return string
function kfunc_types.table_of(dirs, running)
  local lines = {}
  for _, dir in ipairs(dirs) do lines[#lines + 1] = kfunc_types.of_sources(dir) end
  local newest = lines[#lines]
  if running then lines[#lines + 1] = of_running(running, newest) end
  local types, names = {}, {}
  for type in pairs(newest.types) do if not NO_CALLERS[type] then types[#types + 1] = type end end
  table.sort(types, function(a, b) return newest.types[a] < newest.types[b] end)
  local out, attached, sleeps = {}, {}, {}
  for _, line in ipairs(lines) do
    for name in pairs(line.may) do names[name] = true end
    out[#out + 1] = ("LINE(%s, %d)"):format(line.line:gsub("%.", ", "), line.part and 0 or 1)
  end
  out[#out + 1] = ""
  for _, type in ipairs(types) do out[#out + 1] = ("CALLER(%s, %d)"):format(type, newest.types[type]) end
  out[#out + 1] = ""
  for _, group in ipairs(GROUPS) do
    out[#out + 1] = wrapped(("GROUP(%s, %s)"):format(group[1], table.concat(group, " | ", 2)))
  end
  out[#out + 1] = ""
  for _, name in ipairs(sorted_keys(names)) do
    rows_of(name, lines, types, out)
    attached_rows(name, lines, types, attached)
    sleeps_rows(name, lines, sleeps)
  end
  for _, rows in ipairs { attached, sleeps } do
    out[#out + 1] = ""
    table.move(rows, 1, #rows, #out + 1, out)
  end
  return table.concat(out, "\n") .. "\n"
end

return kfunc_types
