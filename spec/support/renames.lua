--- The renames of the corpus that are known, and how well `why` answers them.

local btfl = require "btfl"

local renames = {}

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

-- Likeness from which a suggestion is as good as a fact.
local SURE = 0.8

local kernels = {}

--- A kernel of the corpus, opened once.
---@param name string
---@return btfl.target
function renames.kernel(name)
  kernels[name] = kernels[name] or btfl.target(("%s/kernels/%s.btf.gz"):format(corpus, name))
  return kernels[name]
end

--- Rows of renames.tsv or renames-more.tsv: from, to, path, and successor, "-" for none, "|" between
--- several. half: only the "even" or "odd" ones.
---@param file string
---@param half? "even"|"odd"
---@return table[]
function renames.rows(file, half)
  local rows, n = {}, -1
  for line in io.lines(("%s/%s"):format(corpus, file)) do
    local fields = {}
    for field in (line .. "\t"):gmatch("(.-)\t") do fields[#fields + 1] = field end
    n = n + 1
    if n > 0 and (not half or half == (n % 2 == 0 and "even" or "odd")) then
      rows[#rows + 1] = { from = fields[1], to = fields[2], path = fields[4], successor = fields[6] }
    end
  end
  return rows
end

--- Whether a row's successor, or its absence, is what is suggested.
function renames.is_right(row, suggestion)
  for successor in row.successor:gmatch("[^|]+") do
    if successor == (suggestion and suggestion.successor or "-") then return true end
  end
  return false
end

--- Asks all rows: how many are named and right at the first place, gone and silent, sure and right; and a
--- line for each that is wrong.
function renames.judge(rows)
  local t = { named = 0, right = 0, gone = 0, silent = 0, sure = 0, sure_right = 0, wrong = {} }
  local function count(field, yes) t[field] = t[field] + (yes and 1 or 0) end
  for _, row in ipairs(rows) do
    local first = renames.kernel(row.to):why(row.path, { from = renames.kernel(row.from) })()
    local right, gone = renames.is_right(row, first), row.successor == "-"
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
        first and (" (%s)"):format(first.evidence) or ""))
    end
  end
  return t
end

return renames
