--- What is said of one obstacle, in the words of obstacles.lua.
local docs = require "btfl.diagnose.obstacles"
local notes = require "btfl.diagnose.notes"

local obstacle = {}

-- What a form of attaching needs.
local WHAT = {
  func = "function", lsm = "LSM hook", iter = "iterator", tp_btf = "tracepoint", freplace = "function",
}

-- The helper as C calls it.
local function helper(x)
  local name = x.helper or x.name
  return name and "bpf_" .. name
end

local function words_of(x)
  return {
    name = x.name, type = x.type, number = tostring(x.number), cause = x.cause,
    what = WHAT[x.type] or "function", program = x.verdict.program.name,
    only = x.callers and (", only those of " .. table.concat(x.callers, ", ")) or "",
    helper = helper(x) and "helper " .. helper(x) or ("helper number %d"):format(x.number),
  }
end

-- The text with the words in it; nil when it needs one that is not there.
local function filled(text, words)
  local whole = true
  local out = text:gsub("{(%w+)}", function(word)
    whole = whole and words[word] ~= nil
    return words[word]
  end)
  return whole and out or nil
end

-- Of words that may differ by cause, those of the cause, else those of all.
local function by_cause(words, cause)
  if type(words) ~= "table" then return words end
  return words[cause or ""] or words[1]
end

--- See obstacle:message in meta.lua.
---@param x btfl.obstacle
---@return string
function obstacle.message(x)
  if x.result then return x.result:why() end
  local doc = docs[x.rule]
  local text = x.stage == "walk" and doc.on_path and doc.on_path[x.cause] or doc.messages[x.cause or ""]
  return text and filled(text, words_of(x)) or doc.title .. (x.name and ": " .. x.name or "")
end

--- See obstacle:help in meta.lua.
---@param x btfl.obstacle
---@return string?
function obstacle.help(x)
  local text = by_cause(docs[x.rule].help, x.cause)
  return text and filled(text, words_of(x))
end

local DETAILS = { "access", "kind", "stage", "scope", "settable", "cause", "function", "insn", "compat" }

local function details_of(x)
  local relo, program = x.relo, x.program
  return {
    order = DETAILS, access = relo and relo.path, kind = relo and relo.kind, stage = x.stage, scope = x.scope,
    settable = x.settable, cause = x.cause, insn = x.insn,
    ["function"] = program ~= x.verdict.program and program.name or nil,
    compat = by_cause(docs[x.rule].compat, x.cause),
    whole_object = x.result and x.result.status == "error" or nil,
  }
end

-- What it is about, whatever the sentence for it: of a relocation that is its access.
local function subject(x)
  if x.relo then return nil end
  local parts = { x.cause }
  for _, name in ipairs { "type", "name", "number" } do
    if x[name] ~= nil then parts[#parts + 1] = tostring(x[name]) end
  end
  return table.concat(parts, " ")
end

local function mark(x)
  if x.relo then return notes.mark(x.relo) end
  return (x.rule:find "^helper" or x.cause == "helper" or x.helper) and helper(x) or x.name
end

--- It as a finding, without a level and without what lies behind it. A relocation has its reason as the code,
--- wherever it is told of.
---@param x btfl.obstacle
---@return btfl.finding
function obstacle.finding(x)
  local program, help = x.verdict.program, obstacle.help(x)
  local bare = x.insn and (not x.line or x.line.text == "")
  return {
    rule = x.result and x.result.reason or x.rule, message = obstacle.message(x), at = x.line,
    mark = x.insn and mark(x) or nil, subject = subject(x), object = program.object.path,
    target = x.verdict.target.name,
    program = x.scope == "program" and program.name or nil, details = details_of(x),
    insn = bare and notes.instruction_at(x.program, x.insn) or nil, help = help and { help } or nil,
  }
end

--- Why libbpf does not open an object, as a finding without a level: of one without a program to tell of it.
---@param object btfl.object
---@param opening table what object:opening() gives
---@return btfl.finding
function obstacle.unopened(object, opening)
  local doc, words = docs.open, { name = opening.name or opening.section, type = opening.message }
  return {
    rule = "open", object = object.path, at = opening.line,
    message = filled(doc.messages[opening.kind], words) or doc.title,
    subject = ("%s %s"):format(opening.kind, words.name or "-"),
    details = { order = DETAILS, stage = "open", scope = "object", cause = opening.kind },
    help = { by_cause(doc.help, opening.kind) },
  }
end

--- What a program attaches to that its kernel lacks, of which other kernels are to be asked.
---@class btfl.obstacle.placeholder
---@field program string
---@field attach { form: string, name: string }? nil where the section names nothing

--- That of an obstacle; nil where it is no such thing.
---@param x btfl.obstacle
---@return btfl.obstacle.placeholder?
function obstacle.placeholder(x)
  if x.rule ~= "attach-target" then return nil end
  return { program = x.verdict.program.name,
    attach = x.cause ~= "unset" and { form = x.type, name = x.name } or nil }
end

--- How bad one is that counts, as far as its kernel tells by itself.
---@param x btfl.obstacle
---@return "error"|"warning"
function obstacle.level(x)
  return (x.reached == nil or x.rule == "map-unset") and "warning" or "error"
end

-- Of a kernel that cannot tell nobody knows.
local function is_anywhere(attach, kernels)
  for other in kernels:comparable() do
    if kernels:found(other, attach) ~= false then return true end
  end
  return false
end

local SET_AT_RUN_TIME = "set at run time? give --attach %s=NAME, or leave it out: --skip %s"

--- Whether each of several kernels lacks what a program attaches to: then it is most likely none, and a tool
--- sets another when it runs.
---@param lost btfl.obstacle.placeholder
---@param kernels btfl.facts
---@return boolean
function obstacle.is_nowhere(lost, kernels)
  return #kernels.list > 1 and not (lost.attach and is_anywhere(lost.attach, kernels))
end

--- What is to be asked of a tool then, instead of an error's help.
---@param lost btfl.obstacle.placeholder
---@return string
function obstacle.question(lost)
  return SET_AT_RUN_TIME:format(lost.program, lost.program)
end

return obstacle
