--- What fails because the object is built for another architecture than the kernel: one finding for all of
--- it, since there is one thing to do about it.
local cause = require "btfl.diagnose.cause"
local failure = require "btfl.diagnose.failure"
local names = require "btfl.report.names"
local question = require "btfl.successor.question"
local registers = require "btfl.successor.registers"

local foreign = {}

local RANK = { note = 1, warning = 2, error = 3 }

local DETAILS = { "access", "scope", "cause", "compat" }

--- What one relocation says of it; nil for one that fails for something else. Such findings of an object are
--- of one subject, whatever program and line they name.
---@param result btfl.result that is not ok
---@return btfl.finding?
function foreign.finding(result)
  local found = not result:refusal() and cause.architecture(result)
  if not found then return nil end
  local finding = failure.finding(result, "architecture", found.note)
  finding.subject, finding.help = "architecture", { found.help }
  finding.details = { order = DETAILS, access = result.relo.path, scope = "programs", cause = found.kind,
    compat = "CORE_RELOCATION_FAILURE", whole_object = result.status == "error" or nil }
  return finding
end

local function add_once(list, name)
  for _, known in ipairs(list) do
    if known == name then return end
  end
  list[#list + 1] = name
end

-- What holds on the kernel what the registers hold that an object asks for.
local function there(accesses, result)
  local list, btfs = {}, { result.target.btf }
  for i, access in ipairs(accesses) do list[i] = question.parse(access) end
  return registers.words(list, { result.relo.object.btf }, btfs)
end

--- What is said of all of them: of the gravest, which stands for the others, and of how many there are.
---@param entries { level: string, finding: btfl.finding, result: btfl.result }[] of a pair, at least one
---@param why boolean? to say, too, which registers have the same roles on the kernel
---@return { level: string, finding: btfl.finding }
function foreign.together(entries, why)
  local first, programs, accesses = entries[1], {}, {}
  for _, entry in ipairs(entries) do
    if RANK[entry.level] > RANK[first.level] then first = entry end
  end
  for _, entry in ipairs(entries) do
    if entry.level ~= "note" or first.level == "note" then
      add_once(programs, entry.finding.program)
      add_once(accesses, entry.finding.details.access)
    end
  end
  local finding = first.finding
  finding.program, finding.programs = #programs == 1 and programs[1] or nil, #programs > 1 and programs or nil
  finding.details.access = names.some(accesses)
  finding.count = #entries > 1 and #entries or nil
  if why then table.insert(finding.notes, there(accesses, first.result)) end
  first.result = nil
  return first
end

return foreign
