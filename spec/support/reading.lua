--- Objects whose programs ask for members of struct task at source lines, and kernels that have some of these.
local btf = require "spec.support.btf"
local object = require "spec.support.object"
local tmp = require "spec.support.tmp"

local reading = {}

local MEMBERS = { "pid", "state", "flags", "comm" }

local function task(b, names)
  local int, members = b:int("int", 4), {}
  for i, name in ipairs(names) do members[i] = { name, int, (i - 1) * 32 } end
  return b:struct("task", 4 * #names, members)
end

--- Writes an object: programs are { name = "prog", { "pid", line = 7, text = "x = t->pid", file = "a.c" }, ... }, and
--- `endian` of the first is the object's.
---@param path string below a folder that tmp.clean() removes
---@param ... table programs
---@return string path
function reading.object(path, ...)
  local b = btf.new { endian = (...).endian }
  local struct, index = task(b, MEMBERS), {}
  for i, name in ipairs(MEMBERS) do index[name] = i - 1 end
  local o = object.new(b)
  for _, program in ipairs { ... } do
    local insns, relos, lines = {}, {}, {}
    for i, read in ipairs(program) do
      local at = index[read[1]]
      insns[i] = object.mov(0, 4 * at)
      relos[i] = { insn = i - 1, type = struct, access = ("0:%d"):format(at), kind = "byte_off" }
      if read.line then
        lines[#lines + 1] = { insn = i - 1, file = read.file or "a.bpf.c", line = read.line,
          text = read.text or "x = t->" .. read[1] .. ";" }
      end
    end
    insns[#insns + 1] = object.exit()
    o:program { name = program.name or "prog", section = program.section, insns = insns, relos = relos,
      lines = lines }
  end
  if path:find "/" then tmp.mkdir((path:match "^(.*)/")) end
  return tmp.write(path, o:bytes())
end

--- Writes a kernel whose struct task has these members.
---@param path string
---@param ... string
---@return string path
function reading.kernel(path, ...)
  local b = btf.new()
  task(b, { ... })
  if path:find "/" then tmp.mkdir((path:match "^(.*)/")) end
  return tmp.write(path, b:bytes())
end

return reading
