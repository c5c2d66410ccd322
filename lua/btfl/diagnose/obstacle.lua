--- What is said of one obstacle, in the words of obstacles.lua.
local docs = require "btfl.diagnose.obstacles"

local obstacle = {}

-- What a form of attaching needs.
local WHAT = {
  func = "function", lsm = "LSM hook", iter = "iterator", tp_btf = "tracepoint", freplace = "program",
}

-- What the words may name; of an obstacle at an instruction {program} is the one that is loaded.
local function words_of(x)
  return {
    name = x.name, type = x.type, number = tostring(x.number), cause = x.cause,
    what = WHAT[x.type] or "function", program = x.verdict.program.name,
    helper = x.name and "helper bpf_" .. x.name or ("helper number %d"):format(x.number),
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

--- bpfcompat's code for it; nil where it has none.
---@param x btfl.obstacle
---@return string?
function obstacle.compat(x)
  return by_cause(docs[x.rule].compat, x.cause)
end

return obstacle
