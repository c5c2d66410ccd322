--- Where a program attaches, as its section says, and whether a kernel has that: fentry, kprobe and lsm
--- programs need a function, tp_btf programs the typedef of a tracepoint.

-- Section prefix: the kind of what is attached to, and what its name in BTF starts with.
local FORMS = {
  fentry = { "func", "" }, fexit = { "func", "" }, fsession = { "func", "" }, fmod_ret = { "func", "" },
  kprobe = { "func", "" }, kretprobe = { "func", "" },
  tp_btf = { "typedef", "btf_trace_" }, lsm = { "func", "bpf_lsm_" },
  lsm_cgroup = { "func", "bpf_lsm_" }, iter = { "func", "bpf_iter_" },
}

local attach = {}

--- What a section attaches to: the kind and the name in BTF; nil when no BTF tells.
---@param section string such as "fentry.s/do_unlinkat"
---@return btfl.kind?, string?
function attach.point(section)
  local prefix, name = section:gsub("^(%??[%a_]+)%.s/", "%1/"):match("^%??([%a_]+)/(.+)$")
  local form = prefix and FORMS[prefix]
  if not form then return nil end
  -- A module's function, and a kprobe inside a function.
  name = name:gsub("^[%w_]+:", ""):gsub("%+.*$", "")
  if name:find("[^%w_.]") then return nil end
  return form[1], form[2] .. name
end

-- A BTF cut down to what some objects need has no functions, and tells nothing. Asked once for each
-- target: the first function of a sorted BTF stands behind half of it.
local functions = setmetatable({}, { __mode = "k" })

local function tells(target)
  if functions[target] == nil then functions[target] = target.btf:scan("func")() ~= nil end
  return functions[target]
end

--- The name of what the program attaches to and the target lacks; nil when it is there, or when no BTF
--- can tell.
---@param program btfl.program
---@param target btfl.target
---@return string?
function attach.missing(program, target)
  local kind, name = attach.point(program.section)
  if not kind or target.btf:find(name, kind) then return nil end
  for _, btf in target:modules() do
    if btf:find(name, kind) then return nil end
  end
  return tells(target) and name or nil
end

return attach
