--- What keeps the programs of an object from loading on a target, over all of them, and which failed
--- relocations its verifier reaches.
local reached = {}

-- What one program says of an obstacle gives way to what another says. `excused` is one of a program in
-- whose place another loads.
local WEIGHT = { reached = 4, unknown = 3, excused = 2, guarded = 1 }

-- A kernel of unknown release may reach what is reached by the rules of the oldest.
local function state_of(x, excused)
  if x.guarded then return "guarded" end
  if excused and x.scope == "program" then return "excused" end
  return x.reached and x.verdict.verdict ~= "unknown" and "reached" or "unknown"
end

-- A source line's access as one thing, of whichever kinds of relocation.
local function access_of(relo)
  return ("%s %s"):format(relo.line, relo.path)
end

-- The obstacles of a verdict, each with the one that tells of it: an access that several relocations make
-- up is reached with the first of them, at which the verifier stops.
local function each_obstacle(verdict)
  local first, list = {}, {}
  for x in verdict:obstacles() do
    local told = x
    if x.relo then
      local access = access_of(x.relo)
      if x.reached and not first[access] then first[access] = x end
      if not (x.reached or x.guarded) then told = first[access] or x end
    end
    list[#list + 1] = { obstacle = x, told = told }
  end
  local n = 0
  return function()
    n = n + 1
    if list[n] then return list[n].obstacle, list[n].told end
  end
end

-- What several programs have in common: of the object, of an instruction of a function that they share.
local function key_of(x)
  if x.relo then return x.relo end
  local place = x.scope == "object" and "" or x.insn
    and ("%s %d %d"):format(x.program.section, x.program.offset, x.insn)
    or ("%s %d"):format(x.verdict.program.section, x.verdict.program.offset)
  return ("%s %s %s %s %s"):format(x.rule, x.cause, x.name, x.type, place)
end

local function add(found, x, told, state)
  local key = key_of(x)
  local fate = found.by_key[key]
  if not fate then
    fate = {}
    found.by_key[key] = fate
    if not x.relo then found.stops[#found.stops + 1] = fate end
  elseif WEIGHT[state] <= WEIGHT[fate.state] then
    return
  end
  fate.state, fate.obstacle = state, told
end

--- The programs in whose place another one loads, by name.
---@param verdicts btfl.verdict[]
---@param one_of string[][]?
---@return table<string, boolean>
function reached.excused(verdicts, one_of)
  local ok, excused = {}, {}
  for _, verdict in ipairs(verdicts) do ok[verdict.program.name] = verdict.ok end
  for _, twins in ipairs(one_of or {}) do
    local any = false
    for _, name in ipairs(twins) do any = any or ok[name] end
    for _, name in ipairs(twins) do excused[name] = excused[name] or any and not ok[name] end
  end
  return excused
end

--- The programs of an object that a tool loads, with the options of program:verdict() for each.
---@param object btfl.object
---@param options btfl.check.options
---@return fun(): btfl.program?, btfl.verdict.options?
function reached.programs(object, options)
  local attach, types, skip = options.attach or {}, options.type or {}, {}
  for _, name in ipairs(options.skip or {}) do skip[name] = true end
  local next_program = object:programs()
  return function()
    for program in next_program do
      local name = program.name
      if program.entry and not skip[name] then
        if not (attach[name] or types[name]) then return program, options.verdict or {} end
        local own = {}
        for key, value in pairs(options.verdict or {}) do own[key] = value end
        own.attach, own.type = attach[name] or own.attach, types[name] or own.type
        return program, own
      end
    end
    return nil
  end
end

--- The verdicts on the programs that are loaded, in order; by relocation what became of those that failed:
--- { state = "reached"|"guarded"|"unknown"|"excused", obstacle }; and the same of all else that
--- stands in their way, as a list. A relocation that is missing there stands in no program that is loaded.
---@param object btfl.object
---@param target btfl.target
---@param options btfl.check.options
---@return btfl.verdict[], table<btfl.relo, table>, table[]
function reached.of(object, target, options)
  local verdicts, found = {}, { by_key = {}, stops = {} }
  for program, own in reached.programs(object, options) do
    verdicts[#verdicts + 1] = program:verdict(target, own)
  end
  local excused = reached.excused(verdicts, options.one_of)
  for _, verdict in ipairs(verdicts) do
    for x, told in each_obstacle(verdict) do
      add(found, x, told, state_of(told, excused[verdict.program.name]))
    end
  end
  return verdicts, found.by_key, found.stops
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
local function places(x, most)
  local list, last = {}, nil
  local path = x:path(most)
  local more = #path == most
  path[#path + 1] = x.line
  for _, line in ipairs(path) do
    local words = place(line)
    if words ~= last then list[#list + 1], last = words, words end
  end
  return list, more
end

-- Columns of one line are lines of their own to a compiler, so how many are asked for grows.
local function path_words(x)
  local most = 8 * SHOWN
  local list, more = places(x, most)
  while more and #list <= SHOWN do
    most = 4 * most
    list, more = places(x, most)
  end
  if #list < 2 then return "" end
  local from = math.max(1, #list - SHOWN + 1)
  return (from > 1 and "... " or "") .. table.concat(list, ", ", from)
end

--- A sentence that nobody knows whether a program reaches something.
---@param program btfl.program
---@param why string? nil for no reason
---@return string
function reached.doubt_words(program, why)
  return ("whether %s reaches it is not known%s"):format(program.name, why and ": " .. why or "")
end

local function unknown_words(x)
  local verdict = x.verdict
  if x.stage ~= "walk" then return nil end
  local why = verdict.why or verdict.verdict == "error" and "a loader refuses another relocation first"
    or verdict.verdict == "rejected" and (verdict.rule == "relocation"
      and "another access that failed stands before it" or "what stands before it is refused")
  return reached.doubt_words(verdict.program, why)
end

--- A sentence on whether an obstacle is reached; nil for one of no path, which needs none.
---@param fate table what reached.of() says of it
---@return string?
function reached.words(fate)
  local x, program = fate.obstacle, fate.obstacle.verdict.program.name
  if fate.state == "guarded" then
    return x.guard and "guarded by " .. guard_words(x.guard) or "guarded: no path reaches it"
  elseif fate.state == "excused" then
    return ("another program loads in the place of %s"):format(program)
  elseif fate.state == "unknown" then
    return unknown_words(x)
  elseif x.stage ~= "walk" then
    return nil
  end
  local path = path_words(x)
  if path ~= "" then path = "; the path: " .. path end
  return ("reachable, so the verifier rejects %s%s"):format(program, path)
end

--- The same of a failed relocation, whose fate is nil where no program that is loaded has it.
---@param result btfl.result
---@param fate table?
---@param level "error"|"warning"|"note" of what is said
---@return string
function reached.relocation_words(result, fate, level)
  if result.status == "error" and level == "error" then
    return "a loader refuses the whole object for it, reached or not"
  end
  return fate and reached.words(fate) or "in no program that is loaded"
end

return reached
