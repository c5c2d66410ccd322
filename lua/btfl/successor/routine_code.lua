--- C for a function or tracepoint that is not called the same on all kernels: a program for either name, and
--- how a loader takes the one that is there.

-- How each kind of program is written: its macro, and whether that takes the arguments.
local MACRO = { kprobe = "BPF_KPROBE", kretprobe = "BPF_KRETPROBE" }

-- What bpf_program__set_autoload() is decided by.
local EXISTS = {
  func = "libbpf_find_vmlinux_btf_id(\"%s\", BPF_TRACE_FENTRY) > 0",
  tracepoint = "libbpf_find_vmlinux_btf_id(\"%s\", BPF_TRACE_RAW_TP) > 0",
}

local function params_of(signature, kind)
  local list = {}
  for i, param in ipairs(kind == "kretprobe" and {} or signature.params) do
    if not param.type then break end
    list[i] = param.type:decl(param.name or ("arg%d"):format(i))
  end
  if kind == "fexit" or kind == "kretprobe" then
    local ret = signature.ret
    if ret.kind ~= "void" then list[#list + 1] = ret:decl("ret") end
  end
  return table.concat(list, ", ")
end

local function program(kind, name, signature)
  local params = params_of(signature, kind)
  return ("SEC(\"?%s/%s\")\nint %s(on_%s%s)\n{\n\treturn 0;\n}\n"):format(kind, name,
    MACRO[kind] or "BPF_PROG", name, params ~= "" and ", " .. params or "")
end

---@param s btfl.suggestion
---@return string
return function(s)
  local tracepoint = s.change == "tracepoint"
  local kind = tracepoint and "tp_btf" or (MACRO[s.kind] or s.kind == "fexit") and s.kind or "fentry"
  local old = s.query:match "[^/:]*$"
  local exists = EXISTS[s.change]:format(s.successor)
  return table.concat {
    ("/* %s is %s on %s. The loader takes one:\n"):format(old, s.successor, s.target.name),
    ("\tbool renamed = %s;\n"):format(exists),
    ("\tbpf_program__set_autoload(skel->progs.on_%s, !renamed);\n"):format(old),
    ("\tbpf_program__set_autoload(skel->progs.on_%s, renamed);\n */\n"):format(s.successor),
    program(kind, old, s.old_signature or s.signature), "\n", program(kind, s.successor, s.signature),
  }
end
