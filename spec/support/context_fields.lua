--- Makes rows of the table of contexts (src/verify/context_fields.def) from what spec/peer/probe.c found.

local context = {}

local SIZES = { 1, 2, 4, 8 }

-- Program types whose rows are made by hand: the table says why of each. Of tracing programs it is their
-- function that decides, and not their type.
local BY_HAND = { KPROBE = true, TRACEPOINT = true, PERF_EVENT = true, SYSCALL = true, TRACING = true, LSM = true }

-- The ranges of one caller, as text: accesses of a size that is in the sum are right at each multiple of
-- it in the range.
local function ranges(allowed, word, name)
  local list, of_range = {}, {}
  for _, size in ipairs(SIZES) do
    local begin
    for offset = 0, 256, 1 do
      if allowed[offset * 16 + size] then
        assert(offset % size == 0, "an access that is not aligned")
        begin = begin or offset
      elseif begin and offset % size == 0 then
        local key = begin * 1000 + offset
        of_range[key] = (of_range[key] or 0) + size
        begin = nil
      end
    end
  end
  for key in pairs(of_range) do list[#list + 1] = key end
  table.sort(list)
  for i, key in ipairs(list) do
    list[i] = ("%s(%s, %d, %d, %d)"):format(word, name, key // 1000, key % 1000, of_range[key])
  end
  return table.concat(list, "\n")
end

-- By program type and attach type: what may be read and written.
local function callers_of(lines)
  local callers, of_key = {}, {}
  for line in lines do
    local type, attach, way, offset, size, answer = line:match("^(%d+)\t(%d+)\t%d\t(%a)\t(%d+)\t(%d+)\t(%a+)$")
    local key = type .. " " .. attach
    local caller = of_key[key]
    if not caller then
      caller = { type = math.tointeger(type), attach = math.tointeger(attach), r = {}, w = {} }
      of_key[key] = caller
      callers[#callers + 1] = caller
    end
    if answer == "yes" then caller[way][offset * 16 + size] = true end
  end
  return callers
end

local function names_of(target, enum, prefix)
  local names = {}
  for e in target.btf:get(enum, "enum"):values() do
    names[e.value] = names[e.value] or e.name:gsub("^" .. prefix, "")
  end
  return names
end

--- The rows for the callers that the probe could load programs of.
---@param lines fun(): string? what it wrote
---@param target btfl.target the kernel, for names
---@return string
function context.rows_of(lines, target)
  local types = names_of(target, "bpf_prog_type", "BPF_PROG_TYPE_")
  local attaches = names_of(target, "bpf_attach_type", "BPF_")
  local views, of_text, attach_types = {}, {}, {}
  for _, caller in ipairs(callers_of(lines)) do
    local name = types[caller.type]
    if not BY_HAND[name] then
      local text = ranges(caller.r, "READS", "*") .. "\n" .. ranges(caller.w, "WRITES", "*")
      local view = of_text[text]
      if not view then
        view = { caller = caller, text = text, callers = {} }
        of_text[text] = view
        views[#views + 1] = view
      end
      table.insert(view.callers, caller)
      attach_types[name] = attach_types[name] or {}
      attach_types[name][view] = true
    end
  end
  local function told_apart(caller)
    local first = next(attach_types[types[caller.type]])
    return next(attach_types[types[caller.type]], first) ~= nil
  end
  local function name_of(caller)
    local type = types[caller.type]
    if not told_apart(caller) or caller.attach == 0 then return type end
    return type .. "_" .. attaches[caller.attach]:gsub("^CGROUP_", ""):gsub("^" .. type .. "_?", "")
  end
  local out = {}
  for _, view in ipairs(views) do
    local name, said = name_of(view.caller), {}
    out[#out + 1] = ("VIEW(%s)"):format(name)
    for _, caller in ipairs(view.callers) do
      local row = ("SEEN(%s, %d, %s) /* %s */"):format(name, caller.type,
        told_apart(caller) and caller.attach or "ANY_ATTACH", name_of(caller):lower())
      if not said[row] then out[#out + 1] = row end
      said[row] = true
    end
    out[#out + 1] = view.text:gsub("%*", name):gsub("\n$", "")
  end
  return table.concat(out, "\n") .. "\n"
end

return context
