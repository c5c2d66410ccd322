--- The programs of the corpus and the kernels that judged them, in the numbers of the tables of kernels.

local btfl = require "btfl"
local engine = require "btfl.engine"
local loads = require "spec.support.loads"

local callers = {}

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"

--- A program that a kernel judged, and what the tables are asked with.
---@class spec.Judged
---@field row spec.Load
---@field program btfl.program
---@field type integer
---@field attach integer
---@field sleepable boolean
---@field kernel spec.JudgingKernel

---@class spec.JudgingKernel
---@field version string
---@field target btfl.target
---@field types table<string, integer> enum bpf_prog_type, by libbpf's names
---@field attaches table<string, integer> enum bpf_attach_type, likewise
---@field last_helper integer
---@field sizes table<integer, integer> of contexts, by program type

local function numbers_of(target, enum, prefix)
  local numbers = {}
  for e in target.btf:get(enum, "enum"):values() do
    local name = e.name:match("^" .. prefix .. "(.+)$")
    if name then numbers[name:lower()] = e.value end
  end
  return numbers
end

--- A kernel in the numbers of the tables.
---@return spec.JudgingKernel
function callers.kernel(target, version)
  local kernel = { target = target, version = version, last_helper = 0, sizes = {},
    types = numbers_of(target, "bpf_prog_type", "BPF_PROG_TYPE_"),
    attaches = numbers_of(target, "bpf_attach_type", "BPF_") }
  for _, number in pairs(numbers_of(target, "bpf_func_id", "BPF_FUNC_")) do
    kernel.last_helper = math.max(kernel.last_helper, number)
  end
  for _, type in pairs(kernel.types) do
    local name = engine.context_struct(type)
    local struct = name and target.btf:find(name, "struct")
    kernel.sizes[type] = struct and struct.size
  end
  return kernel
end

local function kernel_of(name)
  local path = ("%s/%%s/%s.btf.gz"):format(CORPUS, name)
  local f = io.open(path:format("loads"))
  if f then f:close() end
  return callers.kernel(btfl.target(path:format(f and "loads" or "kernels")), name:match("^[%d.]+"))
end

--- The rows of the corpus' loads.tsv; none without a corpus.
---@return spec.Load[]
function callers.rows()
  local path = CORPUS .. "/loads/loads.tsv"
  local f = io.open(path)
  if not f then return {} end
  f:close()
  return loads.read(path)
end

--- Calls what is given for each program that the rows name, of those whose type is known.
---@param rows spec.Load[]
---@param judge fun(judged: spec.Judged)
function callers.each(rows, judge)
  local objects, kernels = {}, {}
  for _, row in ipairs(rows) do
    local object = objects[row.object] or btfl.object(CORPUS .. "/objects/" .. row.object)
    local kernel = kernels[row.kernel] or kernel_of(row.kernel)
    objects[row.object], kernels[row.kernel] = object, kernel
    local program = object:program(row.program)
    local attach = program and program.attach
    local type = attach and kernel.types[program.type]
    if type then
      judge { row = row, program = program, type = type, kernel = kernel, sleepable = attach.sleepable,
        attach = attach.type and kernel.attaches[attach.type] or 0 }
    end
  end
  for _, object in pairs(objects) do object:close() end
  for _, kernel in pairs(kernels) do kernel.target:close() end
end

return callers
