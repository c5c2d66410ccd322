--- What ladders are told of arguments: plain values, which outlive the kernel that they were found on.
local drifts = require "btfl.diagnose.drifts"

local argued = {}

---@class btfl.argued an argument of a program on a kernel
---@field program string
---@field argument integer|"return"
---@field consequence string?
---@field used boolean something is done with it but to load and move it
---@field types { name: string, reads: { place: string, insn: integer }[] }[] what it is taken for, by what
---@field told table? drifts.told(), where it is of another type, of another role or moved
---@field line { name: string, line: integer, text: string }? where it is read

--- What a function is told from others by.
---@param program btfl.program
---@return string
function argued.place(program)
  return ("%s %d"):format(program.section, program.offset)
end

-- Whether anything is done with it but to load and move it.
local function is_used(row)
  for _, read in ipairs(row.reads) do
    if read.use ~= "read" and read.use ~= "store" then return true end
  end
  return false
end

local function types_of(row)
  local types = {}
  for i, one in ipairs(row.types) do
    local reads = {}
    for n, read in ipairs(one.reads) do
      reads[n] = { place = argued.place(read.program), insn = read.relo and read.relo.insn or read.insn }
    end
    types[i] = { name = one.name, reads = reads }
  end
  return types
end

local VERDICTS = { ["other-type"] = true, role = true, moved = true }

--- Those of a program on a kernel.
---@param rows btfl.program.argument[]
---@return btfl.argued[]
function argued.rows(rows)
  local list = {}
  for i, row in ipairs(rows) do
    local line = row.first.program:line(row.first.insn)
    list[i] = { program = row.program.name, argument = row.argument, consequence = row.consequence,
      used = is_used(row), types = types_of(row), told = VERDICTS[row.verdict] and drifts.told(row) or nil,
      line = line and { name = line.name, line = line.line, text = line.text } }
  end
  return list
end

return argued
