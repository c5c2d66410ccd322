--- Renames that are known, and how well `why` answers them. renames.tsv and more.tsv beside this file: what became
--- of fields, types and enumerators between two kernels, found in the kernel's history and held against both
--- BTFs; successors are separated by "|", "-" is none. The kernels are those of the corpus. No path stands in two:
--- more.tsv was written by somebody else, from memory, before any answer to it was seen; so was seen.tsv, of which all
--- answers have been looked at since, and which is tuned on as a whole. drawn.tsv was drawn by chance (with a seed)
--- from all that went between nine pairs of kernels, either way, at most two names of a struct or an enum; what became
--- of each was then told by both definitions and the kernel's history, before any answer was seen, and left out where
--- that was not sure. So it has what goes without a successor as often as kernels have, and rare subsystems, too.
--- near.tsv was drawn and told likewise, of other pairs, at most three names of a struct: from what the structs lost
--- that real BPF programs read, those that such a struct holds or points to, and tracepoints' records. others.tsv is
--- drawn and told as near.tsv is, of fourteen pairs that the other lists use little, most of them of cloud kernels; at
--- most five names of a pair are of records, and 26 of 286 are left out.

local btfl = require "btfl"

local renames = {}

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- Likeness from which a suggestion is as good as a fact.
local SURE = 0.8

local kernels = {}

--- Whether the kernels are there.
function renames.have_kernels()
  local file <close> = io.open(corpus .. "/README.md")
  return file ~= nil
end

--- A kernel of the corpus, opened once.
---@param name string
---@return btfl.target
function renames.kernel(name)
  if not kernels[name] then
    local path = ("%s/kernels/%s.btf.gz"):format(corpus, name)
    local file <close> = io.open(path)
    kernels[name] = btfl.target(file and path or ("%s/loads/%s.btf.gz"):format(corpus, name))
  end
  return kernels[name]
end

-- A row's own number, which no other row changes.
local function hash(text)
  local h = 2166136261
  for i = 1, #text do h = ((h ~ text:byte(i)) * 16777619) & 0xffffffff end
  return h ~ h >> 15
end

--- The half of its list that a row belongs to, by what tells it from the others.
---@param key string
---@return "tuned"|"quoted"
function renames.half(key) return hash(key) & 1 == 0 and "tuned" or "quoted" end

--- All rows: from, to, kind, path and successor. half: only the "tuned" ones, which are looked at to make `why`
--- better, or the "quoted" ones, of which only figures are: they tell what came of it.
---@param half? "tuned"|"quoted"
---@param list? "renames"|"more"|"seen"|"drawn"|"near"|"others" only those of this file; without, of the first two
---@return table[]
function renames.rows(half, list)
  if not list then
    local rows = renames.rows(half, "renames")
    local more = renames.rows(half, "more")
    return table.move(more, 1, #more, #rows + 1, rows)
  end
  local rows, n = {}, -1
  for line in io.lines(("spec/fit/%s.tsv"):format(list)) do
    local row = {}
    row.from, row.to, row.kind, row.path, row.successor = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$")
    n = n + 1
    local own = list == "seen" and "tuned" or renames.half(row.from .. row.to .. row.path)
    if n > 0 and (not half or half == own) then rows[#rows + 1] = row end
  end
  return rows
end

--- Whether a row's successor, or its absence, is what is suggested.
function renames.is_right(row, successor)
  for one in row.successor:gmatch("[^|]+") do
    if one == (successor or "-") then return true end
  end
  return false
end

-- The suggestions, best first; by_table with what the table of renames tells. That of removals has names of these
-- lists, so that what it tells is none of their figures.
local function ask(row, by_table)
  local list, options = {}, { from = renames.kernel(row.from), table = by_table or false }
  local answers, asked = renames.kernel(row.to):successors(row.path, options)
  if asked.removed then return ask(row, false) end
  for s in answers do
    list[#list + 1] = { successor = s.successor, score = s.score, evidence = s.evidence }
  end
  return list
end

--- What is suggested where the table of renames is asked, too: an answer for renames.judge.
function renames.by_table(row) return ask(row, true) end

local function is_among(row, list, most)
  for i = 1, math.min(most, #list) do
    if renames.is_right(row, list[i].successor) then return true end
  end
  return false
end

--- What came of some questions: how many are named and right at the first place, or among the first three, or
--- have no answer; how many are gone and silent; how many first answers are sure, and right; of first answers how
--- many there are and are right by tenths of their score; and a line for each that is wrong.
---@param rows table[]
---@param answer? fun(row): { successor: string, score: number, evidence: string }[] instead of `why`
function renames.judge(rows, answer)
  local t = { named = 0, right = 0, three = 0, unanswered = 0, gone = 0, silent = 0, sure = 0, sure_right = 0,
    tenths = {}, wrong = {} }
  local function count(field, yes) t[field] = t[field] + (yes and 1 or 0) end
  for _, row in ipairs(rows) do
    local list = (answer or ask)(row)
    local first = list[1]
    local right, gone = renames.is_right(row, first and first.successor), row.successor == "-"
    local sure = first and first.score >= SURE
    count("named", not gone)
    count("right", not gone and right)
    count("three", not gone and is_among(row, list, 3))
    count("unanswered", not gone and not first)
    count("gone", gone)
    count("silent", gone and right)
    count("sure", sure)
    count("sure_right", sure and right)
    if first then
      local tenth = math.min(math.floor(first.score * 10), 9)
      local bin = t.tenths[tenth] or { all = 0, right = 0 }
      t.tenths[tenth] = bin
      bin.all, bin.right = bin.all + 1, bin.right + (right and 1 or 0)
    end
    if not right then
      table.insert(t.wrong, ("%s: %s, not %s%s"):format(row.path,
        first and ("%.3f %s"):format(first.score, first.successor) or "-", row.successor,
        first and first.evidence and (" (%s)"):format(first.evidence) or ""))
    end
  end
  return t
end

return renames
