--- Makes the table of who may call a helper (src/verify/helper_types.def) from the sources of kernels.

local func_proto = require "spec.support.func_proto"
local wrapped = require "spec.support.wrapped"

local helper_types = {}

-- Of the program types that tell attach types apart, those that they have; see
-- bpf_prog_load_check_attach() of kernel/bpf/syscall.c.
local ATTACHES = {
  CGROUP_SOCK = { "^CGROUP_INET_SOCK_", "^CGROUP_INET[46]_POST_BIND$" },
  CGROUP_SOCK_ADDR = { "^CGROUP_INET[46]_BIND$", "^CGROUP_%w+_CONNECT$", "^CGROUP_%w+_SENDMSG$", "^CGROUP_%w+_RECVMSG$",
    "^CGROUP_%w+_GETPEERNAME$", "^CGROUP_%w+_GETSOCKNAME$" },
  CGROUP_SKB = { "^CGROUP_INET_INGRESS$", "^CGROUP_INET_EGRESS$" },
  CGROUP_SOCKOPT = { "^CGROUP_[GS]ETSOCKOPT$" },
  CGROUP_DEVICE = { "^CGROUP_DEVICE$" },
  CGROUP_SYSCTL = { "^CGROUP_SYSCTL$" },
  SOCK_OPS = { "^CGROUP_SOCK_OPS$" },
  TRACING = { "^TRACE_RAW_TP$", "^TRACE_F", "^TRACE_ITER$", "^MODIFY_RETURN$" },
  LSM = { "^LSM_" },
}

-- Short words for what often goes together, by the callers' program types.
local GROUPS = {
  { "TRACERS", "^KPROBE", "^TRACEPOINT", "^PERF_EVENT", "^RAW_TRACEPOINT", "^TRACING", "^LSM", "^SYSCALL" },
  { "TRACED", "^TRACING", "^LSM", "^SYSCALL" },
  { "CGROUPS", "^CGROUP", "^SOCK_OPS" },
  { "SOCK_ADDRS", "^CGROUP_SOCK_ADDR" },
  { "SOCKS", "^CGROUP_SOCK_INET" },
  { "SOCKOPTS", "^CGROUP_SOCKOPT" },
  { "TC", "^SCHED_" },
  { "LWTS", "^LWT_" },
}

local function keys_by_value(set)
  local list = {}
  for key in pairs(set) do list[#list + 1] = key end
  table.sort(list, function(a, b)
    if set[a] ~= set[b] then return set[a] < set[b] end
    return a < b
  end)
  return list
end

local function attaches_of(newest, type)
  local list = {}
  for _, name in ipairs(keys_by_value(newest.attach)) do
    for _, pattern in ipairs(ATTACHES[type] or {}) do
      if name:find(pattern) then list[#list + 1] = name break end
    end
  end
  return list[1] and list or { false }
end

-- Who may call what in one kernel, and whether under a GPL-compatible license only: check_get_func_ip()
-- of the verifier knows more than the prototype. Without attach type they are let call as with none; the
-- prototype may be that of any, as get_func_ip of kprobe.multi.
local function allows(source, helper, type, attach, sleepable)
  local may = func_proto.allows(source, helper, type, attach or 0, sleepable)
  local _, gpl = func_proto.allows(source, helper, type, attach, sleepable)
  if not may then return false, false end
  if helper ~= source.helpers.get_func_ip or type == "KPROBE" then return true, gpl end
  local name
  for of, number in pairs(source.attach) do if number == attach then name = of end end
  return type == "TRACING" and name ~= "TRACE_RAW_TP" and name ~= "TRACE_ITER", gpl
end

-- What stable releases have taken back: in that line it was allowed once to whom `like` is allowed.
-- ktime_get_coarse_ns: to 5.15.4 (5e0bc3082e2e, "Forbid bpf_ktime_get_coarse_ns ... in tracing progs").
local ONCE = { ktime_get_coarse_ns = { line = "5.15", like = "jiffies64" } }

-- What the lines say of a caller: by number of the line and name of the helper, whether a program that
-- may not sleep, and one that may, is let call it, and whether only when GPL-compatible. The same as
-- text, which is equal where they agree.
local function answers(lines, newest, type, attach)
  local number = attach and newest.attach[attach]
  local says, text = {}, {}
  for i, line in ipairs(lines) do
    says[i] = {}
    for _, source in ipairs(line) do
      local known = source.entry[type] and (not attach or source.attach[attach])
      for helper in pairs(known and source.helpers or {}) do
        local once = ONCE[helper]
        local id = source.helpers[once and once.line == source.line and once.like or helper]
        local a = says[i][helper] or { false, false, gpl = true }
        for n, sleepable in ipairs { false, true } do
          local may, gpl = allows(source, id, type, number, sleepable)
          a[n] = a[n] or may
          a.gpl = a.gpl and (gpl or not may)
        end
        says[i][helper] = a
      end
    end
    for _, helper in ipairs(keys_by_value(newest.helpers)) do
      local a = says[i][helper]
      text[#text + 1] = not next(says[i]) and "?" or not a and "-" or a[2] and (a[1] and "y" or "s") or "n"
      if a and a[2] and a.gpl then text[#text + 1] = "g" end
    end
  end
  return says, table.concat(text)
end

--- The callers: program types, those apart whose attach types are not treated alike.
---@return table[] callers name, type, attaches (names; none: any), says (see answers)
local function callers_of(lines, newest)
  local callers = {}
  for _, type in ipairs(keys_by_value(newest.types)) do
    local first = #callers + 1
    for _, attach in ipairs(newest.entry[type] and attaches_of(newest, type) or {}) do
      local says, text = answers(lines, newest, type, attach)
      local caller
      for i = first, #callers do if callers[i].text == text then caller = callers[i] end end
      if not caller then
        local suffix = attach and "_" .. attach:gsub("^CGROUP_", ""):gsub("^TRACE_", ""):gsub("^LSM_", "") or ""
        caller = { name = type .. suffix, type = type, attaches = {}, says = says, text = text }
        callers[#callers + 1] = caller
      end
      table.insert(caller.attaches, attach or nil)
    end
    if #callers == first then
      callers[first].name, callers[first].attaches = type, {}
    end
  end
  return callers
end

-- A set of callers in words: groups that are whole, all but a few, then one by one.
local function words(callers, set)
  local function in_words(wanted, none)
    local left, list = {}, {}
    for name in pairs(wanted) do left[name] = true end
    for _, group in ipairs(GROUPS) do
      local whole, count = true, 0
      for _, caller in ipairs(callers) do
        for i = 2, #group do
          if caller.name:find(group[i]) then
            whole = whole and left[caller.name] ~= nil
            count = count + 1
            break
          end
        end
      end
      if whole and count > 1 then
        list[#list + 1] = group[1]
        for _, caller in ipairs(callers) do
          for i = 2, #group do if caller.name:find(group[i]) then left[caller.name] = nil end end
        end
      end
    end
    for _, caller in ipairs(callers) do if left[caller.name] then list[#list + 1] = caller.name end end
    return #list, #list == 0 and none or table.concat(list, " | ")
  end
  local others = {}
  for _, caller in ipairs(callers) do if not set[caller.name] then others[caller.name] = true end end
  local few, plain = in_words(set, "NOBODY")
  local fewer, but = in_words(others, "")
  if but == "" then return "EVERY" end
  if fewer < few then return ("EVERY & ~(%s)"):format(but) end
  return plain
end

-- The latest line that refuses a helper, which it has, to a caller whom a later one allows it; and the
-- first from which on all refuse what an earlier one allowed. Of what was taken back, stable releases of
-- an older line may have taken back, too, what they once allowed: there the first is not known.
local function bounds_of(lines, caller, helper)
  local allowed, lacking, dropping = false, nil, nil
  for i, line in ipairs(lines) do
    local a = caller.says[i][helper]
    if a and a[2] then
      allowed, dropping = true, nil
    elseif a and allowed then
      dropping = dropping or line
    elseif a then
      lacking = line
    end
  end
  return not dropping and lacking or nil, dropping
end

-- The line up to which all that allow it do so to GPL-compatible programs only, and whether none of
-- those behind it allows it to others.
local function gpl_until(lines, caller, helper)
  local last
  for i, line in ipairs(lines) do
    local a = caller.says[i][helper]
    if a and a[2] and not a.gpl then return last, false end
    if a and a[2] then last = line end
  end
  return last, true
end

local function older(a, b)
  local x, y = { a.line:match("(%d+)%.(%d+)") }, { b.line:match("(%d+)%.(%d+)") }
  return tonumber(x[1]) * 1000 + tonumber(x[2]) < tonumber(y[1]) * 1000 + tonumber(y[2])
end

-- Sources by their lines, the older first: { [1] = { line = "5.4", source, source }, ... }.
local function lines_of(dirs)
  local lines, of_name = {}, {}
  for _, dir in ipairs(dirs) do
    local source = func_proto.open(dir)
    local line = of_name[source.line]
    if not line then
      line = { line = source.line }
      of_name[source.line] = line
      table.insert(lines, line)
    end
    table.insert(line, source)
  end
  table.sort(lines, older)
  return lines
end

local function rows_of(callers, lines, number, helper, out)
  local any, sleeps, lacking, dropping, gpl, once_gpl = {}, {}, {}, {}, {}, {}
  local function note(by_line, line, caller)
    if not line then return end
    by_line[line] = by_line[line] or {}
    by_line[line][caller.name] = true
  end
  for _, caller in ipairs(callers) do
    local awake = false
    for i in ipairs(lines) do
      local a = caller.says[i][helper] or {}
      any[caller.name] = any[caller.name] or a[2] or nil
      awake = awake or a[1]
    end
    if any[caller.name] then
      sleeps[caller.name] = not awake or nil
      local lacks, dropped = bounds_of(lines, caller, helper)
      note(lacking, lacks, caller)
      note(dropping, dropped, caller)
      local last, always = gpl_until(lines, caller, helper)
      if always then gpl[caller.name] = true else note(once_gpl, last, caller) end
    end
  end
  local function row(list, word, set, line)
    local words_of = words(callers, set)
    if word ~= "CALLERS" and words_of == words(callers, any) then words_of = "EVERY" end
    local version = line and line.line:gsub("%.", ", ") .. ", " or ""
    table.insert(list, wrapped(("%s(%d, %s, %s%s)"):format(word, number, helper, version, words_of)))
  end
  row(out.callers, "CALLERS", any)
  if next(sleeps) then row(out.sleeps, "SLEEPS", sleeps) end
  if next(gpl) then row(out.gpl, "GPL", gpl) end
  for _, line in ipairs(lines) do
    if lacking[line] then row(out.lacks, "LACKS", lacking[line], line) end
    if dropping[line] then row(out.drops, "DROPS", dropping[line], line) end
    if once_gpl[line] then row(out.gpl, "GPL_TO", once_gpl[line], line) end
  end
end

local function last_helper(line)
  local last = 0
  for _, source in ipairs(line) do
    for _, number in pairs(source.helpers) do last = math.max(last, number) end
  end
  return last
end

-- The groups, of the callers that these kernels have.
local function groups_of(callers)
  local rows = {}
  for _, group in ipairs(GROUPS) do
    local names = {}
    for _, caller in ipairs(callers) do
      for i = 2, #group do if caller.name:find(group[i]) then names[#names + 1] = caller.name break end end
    end
    rows[#rows + 1] = wrapped(("GROUP(%s, %s)"):format(group[1], names[1] and table.concat(names, " | ") or "NOBODY"))
  end
  return rows
end

--- The rows of the table, to be put below its comment.
---@param dirs string[] source trees
---@return string
function helper_types.table_of(dirs)
  local lines = lines_of(dirs)
  local newest = lines[#lines][#lines[#lines]]
  local callers = callers_of(lines, newest)
  local out = { who = {}, groups = groups_of(callers), callers = {}, sleeps = {}, lacks = {}, drops = {}, gpl = {},
    last = {} }
  for _, caller in ipairs(callers) do
    table.insert(out.who, ("CALLER(%s, %d)"):format(caller.name, newest.types[caller.type]))
    for _, attach in ipairs(caller.attaches) do
      table.insert(out.who, ("ATTACHED(%s, %d) /* %s */"):format(caller.name, newest.attach[attach], attach:lower()))
    end
  end
  for _, helper in ipairs(keys_by_value(newest.helpers)) do
    local number = newest.helpers[helper]
    if number > 0 then rows_of(callers, lines, number, helper, out) end
  end
  for i = 1, #lines - 1 do
    if last_helper(lines[i]) < last_helper(lines[i + 1]) then
      table.insert(out.last, ("LAST_HELPER(%s, %d)"):format(lines[i].line:gsub("%.", ", "), last_helper(lines[i])))
    end
  end
  table.insert(out.last, ("NEWEST(%s)"):format(newest.line:gsub("%.", ", ")))
  local text = {}
  for _, list in ipairs { out.who, out.groups, out.callers, out.sleeps, out.lacks, out.drops, out.gpl, out.last } do
    if list[1] then text[#text + 1] = table.concat(list, "\n") .. "\n" end
  end
  return table.concat(text, "\n")
end

return helper_types
