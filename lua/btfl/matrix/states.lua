--- What a cell of a matrix says: one word for all programs of an object on a kernel, the gravest that holds.
local states = {}

--- From the least grave to the gravest, with what a picture shows of each: a mark, and a letter that tells it
--- apart from others of that mark; and the tone that a page has for it.
states.list = {
  { word = "not-applicable", letter = "-", mark = " ", tone = "none",
    about = "another byte order or architecture" },
  { word = "loads", letter = "L", mark = "+", tone = "fine", about = "loads" },
  { word = "guarded", letter = "G", mark = "+", tone = "dead", about = "loads: what fails is dead code" },
  { word = "drift", letter = "D", mark = "~", tone = "warn",
    about = "loads, but takes an argument for another" },
  { word = "no-attach", letter = "N", mark = "~", tone = "warn", about = "loads, but does not attach" },
  { word = "excused", letter = "T", mark = "+", tone = "fine", about = "another program loads in its place" },
  { word = "ignored", letter = "K", mark = "*", tone = "known",
    about = "what fails is ignored, or optional" },
  { word = "known", letter = "B", mark = "*", tone = "known", about = "what fails is in the baseline" },
  { word = "incomplete", letter = "I", mark = "?", tone = "ask",
    about = "a tool has to set more before it loads" },
  { word = "unknown", letter = "U", mark = "?", tone = "ask", about = "not known" },
  { word = "no-target", letter = "A", mark = "!", tone = "bad",
    about = "nothing to attach it to, so it is not loaded" },
  { word = "rejected", letter = "R", mark = "!", tone = "worse", about = "the verifier rejects it" },
  { word = "refused", letter = "F", mark = "!", tone = "worse", about = "a loader or the kernel refuses it" },
  { word = "error", letter = "E", mark = "!", tone = "worse", about = "a loader refuses a relocation" },
  { word = "unreadable", letter = "X", mark = "!", tone = "worse", about = "it cannot be read" },
}

local RANK, ABOUT = {}, {}
for rank, state in ipairs(states.list) do
  RANK[state.word], ABOUT[state.word] = rank, state
end

--- What is shown of a state.
---@param word btfl.matrix.state
---@return { word: string, letter: string, mark: string, tone: string, about: string }
function states.of(word)
  return ABOUT[word]
end

--- Whether all programs load.
---@param word btfl.matrix.state
---@return boolean
function states.is_fine(word)
  return RANK[word] <= RANK.excused and word ~= "not-applicable"
end

--- The graver of two; either may be nil.
---@param a btfl.matrix.state?
---@param b btfl.matrix.state?
---@return btfl.matrix.state?
function states.worse(a, b)
  if not (a and b) then return a or b end
  return RANK[a] >= RANK[b] and a or b
end

--- What is shown of a program.
---@param row btfl.matrix.program
---@return btfl.matrix.state
function states.of_program(row)
  return row.excused and "excused" or row.known and "known" or row.ignored and "ignored" or row.state
end

--- What an object's programs say of it: the gravest, but for those in whose place others load.
---@param rows btfl.matrix.program[]
---@return btfl.matrix.state
function states.of_programs(rows)
  local state
  for _, row in ipairs(rows) do
    if not row.excused then state = states.worse(state, states.of_program(row)) end
  end
  return state or "loads"
end

--- What a verdict says of its program.
---@param verdict btfl.verdict
---@return btfl.matrix.state
function states.of_verdict(verdict)
  if verdict.ok and verdict.attaches == false then return "no-attach" end
  if verdict.verdict == "refused" and verdict.rule == "attach-target" then return "no-target" end
  return verdict.verdict
end

return states
