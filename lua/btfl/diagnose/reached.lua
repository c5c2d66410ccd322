--- Which failed relocations of an object a target's verifier reaches, over all of its programs.
local reached = {}

-- What one program says of a relocation gives way to what another says.
local WEIGHT = { reached = 3, unknown = 2, guarded = 1 }

-- A kernel of unknown release may reach what is reached by the rules of the oldest.
local function state_of(failure, verdict)
  if failure.guarded then return "guarded" end
  return failure.reached and verdict.verdict ~= "unknown" and "reached" or "unknown"
end

-- A source line's access as one thing, of whichever kinds of relocation.
local function access_of(relo)
  return ("%s %s"):format(relo.line, relo.path)
end

-- The failures of a verdict, each with the one that tells of it: an access that several relocations make
-- up is reached with the first of them, at which the verifier stops.
local function each_failure(verdict)
  local first, list = {}, {}
  for failure in verdict:failures() do
    local access = access_of(failure.relo)
    if failure.reached and not first[access] then first[access] = failure end
    local own = failure.reached or failure.guarded
    list[#list + 1] = { failure = failure, told = not own and first[access] or failure }
  end
  local n = 0
  return function()
    n = n + 1
    if list[n] then return list[n].failure, list[n].told end
  end
end

--- The verdicts on the programs that are loaded, in order, and by relocation what became of those that
--- failed: { state = "reached"|"guarded"|"unknown", failure, verdict }. A relocation that is missing there
--- stands in no program that is loaded.
---@param object btfl.object
---@param target btfl.target
---@param options? btfl.verdict.options
---@return btfl.verdict[], table<btfl.relo, table>
function reached.of(object, target, options)
  local verdicts, by_relo = {}, {}
  for program in object:programs() do
    if program.entry then
      local verdict = program:verdict(target, options)
      verdicts[#verdicts + 1] = verdict
      for failure, told in each_failure(verdict) do
        local state, known = state_of(told, verdict), by_relo[failure.relo]
        if not known or WEIGHT[state] > WEIGHT[known.state] then
          by_relo[failure.relo] = { state = state, failure = told, verdict = verdict }
        end
      end
    end
  end
  return verdicts, by_relo
end

local function place(line)
  return ("%s:%d"):format(line.name, line.line)
end

-- "prog.bpf.c:61 (field_exists task_struct.__state)"
local function guard_words(guard)
  local words = guard.line and place(guard.line) or ("insn %d of %s"):format(guard.insn, guard.program.name)
  local by = guard.relo and tostring(guard.relo) or guard.variable
  return by and ("%s (%s)"):format(words, by) or words
end

-- The last lines of a path, each once.
local SHOWN = 5

-- The last `most` lines of a path, each once in a row, and whether there may be more. It ends at the line
-- that the access is of, from which a compiler may have moved the instruction.
local function places(failure, most)
  local list, last = {}, nil
  local path = failure:path(most)
  local more = #path == most
  path[#path + 1] = failure.relo.line
  for _, line in ipairs(path) do
    local words = place(line)
    if words ~= last then list[#list + 1], last = words, words end
  end
  return list, more
end

-- Columns of one line are lines of their own to a compiler, so how many are asked for grows.
local function path_words(failure)
  local most = 8 * SHOWN
  local list, more = places(failure, most)
  while more and #list <= SHOWN do
    most = 4 * most
    list, more = places(failure, most)
  end
  if #list < 2 then return "" end
  local from = math.max(1, #list - SHOWN + 1)
  return (from > 1 and "... " or "") .. table.concat(list, ", ", from)
end

local function unknown_words(verdict)
  local why = verdict.why or verdict.verdict == "error" and "a loader refuses another relocation first"
    or verdict.verdict == "rejected" and "another access that failed stands before it"
  return ("whether %s reaches it is not known%s"):format(verdict.program.name, why and ": " .. why or "")
end

--- A sentence on whether a failed relocation is reached.
---@param result btfl.result
---@param known table? what reached.of() says of it
---@return string
function reached.words(result, known)
  if result.status == "error" then
    return "a loader refuses the whole object for it, reached or not"
  end
  if not known then return "in no program that is loaded" end
  local failure, verdict = known.failure, known.verdict
  if known.state == "guarded" then
    return failure.guard and "guarded by " .. guard_words(failure.guard) or "guarded: no path reaches it"
  elseif known.state == "unknown" then
    return unknown_words(verdict)
  end
  local path = path_words(failure)
  if path ~= "" then path = "; the path: " .. path end
  return ("reachable, so the verifier rejects %s%s"):format(verdict.program.name, path)
end

return reached
