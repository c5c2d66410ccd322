--- Command lines that have every command do what it does, on fixtures: for specs of what may befall any.

local run = require "spec.support.run"

local FIXTURES = run.top .. "/spec/fixtures/"
local OBJECT, FIXED, KERNEL = FIXTURES .. "example.bpf.o", FIXTURES .. "fixed.bpf.o", FIXTURES .. "small.btf"

local LOG = [[
libbpf: prog 'handle_exec': relo #2: no matching targets found
0: (bf) r6 = r1
58: <invalid CO-RE relocation>
]]

---@class spec.Command
---@field [integer] string words
---@field out string? the file that it writes, into the folder that is given
---@field stdin string?

--- One or more of each command. `dir` is a folder to write in.
---@param dir string
---@return spec.Command[]
return function(dir)
  local out, policy = dir .. "/written", run.write(dir .. "/policy.lua",
    'return btfl.policy { name = "mine", extends = "renames", member = function(m, t, default) '
      .. "return default(m, t) end }")
  local part = dir .. "/part"
  assert(run({ "matrix", OBJECT, "-t", KERNEL, "--shard", "1/1", "-o", part }).status < 2)
  return {
    { "arguments", FIXTURES .. "silent.bpf.o", "-t", KERNEL },
    { "check", "--why", "--all", OBJECT, FIXED, "-t", KERNEL },
    { "check", OBJECT, "-t", KERNEL, "--format", "html", "-o", out, out = out },
    { "check", OBJECT, "-t", KERNEL, "--policy", policy, "--format", "json" },
    { "compare", OBJECT, "--", FIXED, "-t", KERNEL },
    { "dialects", OBJECT, "-t", KERNEL },
    { "diff", KERNEL, FIXTURES .. "types.clang14.o" },
    { "doctor", KERNEL, OBJECT },
    { "explain", "no-field" },
    { "help" },
    { "history", "task_struct", "task_struct.se", "-t", KERNEL },
    { "ladders", FIXTURES .. "guards.clang19.o", "-t", KERNEL },
    { "lint", policy, "-t", KERNEL },
    { "list", KERNEL, "task*", "--member", "pid" },
    { "log", OBJECT, "-t", KERNEL, stdin = LOG },
    { "matrix", OBJECT, FIXED, "-t", KERNEL, "--format", "markdown" },
    { "merge", part },
    { "minbtf", OBJECT, "-t", KERNEL, "-o", out, out = out },
    { "minbtf", OBJECT, "-t", KERNEL, "--archive", out .. ".tar.gz", out = out .. ".tar.gz" },
    { "relocate", FIXED, "-t", KERNEL, "-o", out, out = out },
    { "relos", OBJECT, "-t", KERNEL, "--format", "tsv" },
    { "targets", KERNEL },
    { "types", KERNEL, "--header" },
    { "verdicts", OBJECT, FIXED, "-t", KERNEL },
    { "why", "task_struct.state", "-t", KERNEL, "--object", OBJECT, "--code" },
    { "why", "task_struct.state", "-t", KERNEL, "--object", OBJECT, "--no-table" },
    { "-e", "require 'dkjson' return btfl.builder():copy(btfl.btf(...):get 'task_struct')", KERNEL },
  }
end
