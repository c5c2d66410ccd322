--- What tells a finding from others, from one run to the next: "0123456789abcdef:1". Before the colon it
--- is of what report:merge() says in meta.lua. The number tells those apart of which all that is the same.
local class = require "btfl.class"
local engine = require "btfl.engine"
local key_of = require "btfl.report.key"
local names = require "btfl.report.names"

local fingerprint = {}

--- What a finding is about, whatever words it has.
---@param finding btfl.finding
---@return string
function fingerprint.subject(finding)
  return tostring(finding.subject or finding.details and finding.details.access or finding.message)
end

--- What it is about, whatever the matter is, and whether that is known: its subject without the cause.
---@param finding btfl.finding
---@return string
function fingerprint.topic(finding)
  local subject, cause = fingerprint.subject(finding), finding.details and finding.details.cause
  local begins = tostring(cause) .. " "
  return cause and subject:sub(1, #begins) == begins and subject:sub(#begins + 1) or subject
end

--- Whether it is said of the object, or of several programs of it together: which line and which program
--- stand for them may be a matter of the kernels.
---@param finding btfl.finding
---@return boolean
function fingerprint.is_placeless(finding)
  local scope = finding.subject and finding.details and finding.details.scope
  return scope == "object" or scope == "programs"
end

-- The words of a line with one space between each.
local function words_of(text)
  text = text:gsub("%s+", " ")
  return text:sub(text:find("^ ") and 2 or 1, text:find(" $") and -2 or -1)
end

-- A line is told by its text: others above may come and go.
local function place_of(finding)
  local at = finding.at
  if fingerprint.is_placeless(finding) then return "" end
  if class(at) ~= "btfl.line" then return tostring(at or names.programs(finding)[1]) end
  return key_of(at.name, words_of(at.text), at.nth or 1)
end

local function sum_of(finding)
  local object = finding.object and finding.object:match "[^/]*$"
  local words = key_of(finding.rule, fingerprint.subject(finding), object, place_of(finding))
  return engine.digest(words):sub(1, 16)
end

--- The part that all findings share that differ by level only, or by the folder of the object.
---@param print string
---@return string
function fingerprint.sum(print)
  return print:match "^%x+" or print
end

local RANK = { error = 1, warning = 2, note = 3 }

-- An order that is none of kernels and inputs.
local function is_before(a, b)
  if a.level ~= b.level then return (RANK[a.level] or 0) < (RANK[b.level] or 0) end
  for _, field in ipairs { "object", "at", "program", "message" } do
    local one, other = tostring(a[field]), tostring(b[field])
    if one ~= other then return one < other end
  end
  return false
end

-- Numbers in `order` what has not been given one yet.
local function number(findings, out, order, sums)
  local taken, last = {}, {}
  for _, own in pairs(out) do taken[own] = true end
  table.sort(order, function(a, b)
    local one, other = findings[a], findings[b]
    if is_before(one, other) then return true end
    return a < b and not is_before(other, one)
  end)
  for _, i in ipairs(order) do
    local sum = sums[i]
    repeat
      last[sum] = (last[sum] or 0) + 1
      out[i] = ("%s:%d"):format(sum, last[sum])
    until not taken[out[i]]
  end
end

--- Those of a list, in its order: what a finding has been given already, as long as none before it has it.
---@param findings btfl.finding[]
---@return string[]
function fingerprint.list(findings)
  local out, order, sums, taken = {}, {}, {}, {}
  for i, finding in ipairs(findings) do
    local own = finding.fingerprint
    if own and not taken[own] then
      out[i], taken[own] = own, true
    else
      order[#order + 1], sums[i] = i, own and fingerprint.sum(own) or sum_of(finding)
    end
  end
  number(findings, out, order, sums)
  return out
end

return fingerprint
