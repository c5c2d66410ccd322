--- What a function or a tracepoint that a kernel lacks has become there: see target:successors in meta.lua.
local engine = require "btfl.engine"
local class = require "btfl.class"

local routine = {}

local TRACEPOINTS = { tp_btf = true, raw_tp = true, raw_tracepoint = true, tp = true, tracepoint = true }

-- What the BTF calls them, and what programs do: by the kind of program.
local PREFIX = { lsm = "bpf_lsm_", lsm_cgroup = "bpf_lsm_", iter = "bpf_iter_" }

local FUNCTIONS = { fentry = true, fexit = true, fmod_ret = true, fsession = true, kprobe = true,
  kretprobe = true, kfunc = true, lsm = true, lsm_cgroup = true, iter = true }

--- A question about a function or a tracepoint.
---@class btfl.routine_question
---@field about "func"|"tracepoint"
---@field name string that the BTF has
---@field kind string? of the program that attaches to it; "kfunc" of one that is called
---@field shown string as it was asked

local function question(kind, name, shown)
  kind = kind:gsub("%.s$", ""):gsub("%.multi$", "")
  if TRACEPOINTS[kind] then return { about = "tracepoint", name = name, kind = kind, shown = shown } end
  if not FUNCTIONS[kind] then return nil end
  return { about = "func", name = (PREFIX[kind] or "") .. name, kind = kind, shown = shown }
end

--- The question in "fentry/do_unlinkat", "tracepoint/kmem/kmalloc_node" or an attach point; nil when that is
--- none.
---@param what string|btfl.attach
---@return btfl.routine_question?
function routine.parse(what)
  if class(what) == "btfl.attach" then
    return what.name and not what.pattern and question(what.kind, what.name, what.name) or nil
  end
  local kind, rest = what:match "^%??([%w_.]+)/([^/].*)$"
  if not kind then return nil end
  local name = rest:match("[^/]*$"):gsub("^[%w_-]+:", ""):gsub("%+0?x?%x+$", "")
  return question(kind, name, what)
end

--- The question that a lone name is, by what the BTFs have of that name; nil when that is no function and no
--- tracepoint.
---@param name string
---@param btfs btfl.btf[]
---@param otherwise "func"|"tracepoint"|nil what it is where they have none
---@return btfl.routine_question?
function routine.named(name, btfs, otherwise)
  for _, btf in ipairs(btfs) do
    if btf:find(name, "func") then return { about = "func", name = name, shown = name } end
  end
  for _, btf in ipairs(btfs) do
    if btf:find("btf_trace_" .. name, "typedef") then
      return { about = "tracepoint", name = name, shown = name }
    end
  end
  return otherwise and { about = otherwise, name = name, shown = name } or nil
end

-- As target:signature() takes it.
local function attach_point(q, name)
  return q.about == "tracepoint" and "tp_btf/" .. name or "fentry/" .. name
end

local function signature_on(btf, q, name)
  return engine.target(btf):signature(attach_point(q, name))
end

-- Without what only the BTF has in front.
local function called(q, name)
  local prefix = PREFIX[q.kind]
  return prefix and name:sub(1, #prefix) == prefix and name:sub(#prefix + 1) or name
end

--- The suggestions, with what Lua knows of them: those that are told, else the engine's. And whether anybody
--- has what is asked for.
---@param target btfl.target
---@param q btfl.routine_question
---@param btfs btfl.btf[] of the witnesses
---@param least number?
---@param told btfl.suggestion[]
---@return btfl.suggestion[]
---@return boolean known
function routine.suggest(target, q, btfs, least, told)
  local list, known = told, true
  if not told[1] then list, known = engine.suggest(target, q.name, btfs, nil, least, q.about) end
  local old
  for _, btf in ipairs(#list > 0 and btfs or {}) do old = old or signature_on(btf, q, q.name) end
  for rank, s in ipairs(list) do
    s.signature, s.old_signature = target:signature(attach_point(q, s.successor)), old
    local was, is = old and tostring(old), s.signature and tostring(s.signature)
    if was and is and was ~= is then s.evidence = ("%s; was %s, is %s"):format(s.evidence, was, is) end
    s.query, s.rank, s.target, s.kind = q.shown, rank, target, q.kind
    s.successor = called(q, s.successor)
  end
  return list, known
end

--- A sentence on what has no successor.
---@param q btfl.routine_question
---@return string
function routine.gone(q)
  if q.about == "tracepoint" then return "nothing there is like it" end
  return "not in BTF, and nothing there is like it: it may be inlined, or static, or have become a copy "
    .. "(.isra, .constprop), and a kprobe may still find it"
end

return routine
