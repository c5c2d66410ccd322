--- Renames that are known, and how well `why` answers them. renames.tsv beside this file: what became of
--- fields, types and enumerators between two kernels, found in the kernel's history and held against both
--- BTFs; successors are separated by "|", "-" is none. The kernels are those of the corpus.

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
  kernels[name] = kernels[name] or btfl.target(("%s/kernels/%s.btf.gz"):format(corpus, name))
  return kernels[name]
end

--- All rows: from, to, kind, path and successor. half: only the "even" ones, on which weights are fitted,
--- or the "odd" ones, which tell what came of it.
---@param half? "even"|"odd"
---@return table[]
function renames.rows(half)
  local rows, n = {}, -1
  for line in io.lines("spec/fit/renames.tsv") do
    local row = {}
    row.from, row.to, row.kind, row.path, row.successor = line:match("^(.-)\t(.-)\t(.-)\t(.-)\t(.*)$")
    n = n + 1
    if n > 0 and (not half or half == (n % 2 == 0 and "even" or "odd")) then rows[#rows + 1] = row end
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

--- The first suggestion.
local function ask(row)
  local first = renames.kernel(row.to):successors(row.path, { from = renames.kernel(row.from) })()
  return first and { successor = first.successor, score = first.score, evidence = first.evidence }
end

--- Asks all rows: how many are named and right at the first place, gone and silent, sure and right; and a
--- line for each that is wrong.
---@param answer? fun(row): { successor: string, score: number, evidence: string }? instead of `why`
function renames.judge(rows, answer)
  local t = { named = 0, right = 0, gone = 0, silent = 0, sure = 0, sure_right = 0, wrong = {} }
  local function count(field, yes) t[field] = t[field] + (yes and 1 or 0) end
  for _, row in ipairs(rows) do
    local first = (answer or ask)(row)
    local right, gone = renames.is_right(row, first and first.successor), row.successor == "-"
    local sure = first and first.score >= SURE
    count("named", not gone)
    count("right", not gone and right)
    count("gone", gone)
    count("silent", gone and right)
    count("sure", sure)
    count("sure_right", sure and right)
    if not right then
      table.insert(t.wrong, ("%s: %s, not %s%s"):format(row.path,
        first and ("%.3f %s"):format(first.score, first.successor) or "-", row.successor,
        first and first.evidence and (" (%s)"):format(first.evidence) or ""))
    end
  end
  return t
end

return renames
