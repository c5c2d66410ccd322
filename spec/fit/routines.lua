--- How well `why` answers what functions, tracepoints and kfuncs have become. Lists: renames-functions.tsv of the
--- corpus, all of which is tuned on, and the halves of functions.tsv and of functions-more.tsv, -drawn.tsv and -far.tsv
--- beside this file. The first was made from what six pairs of kernels lost, some drawn at random from all that begins
--- as kernel code does which BPF programs attach to, the others from memory of what was renamed; the second was drawn
--- at random of the rest of the same pairs, after weights had been fitted to the first; the third of pairs that are
--- further apart; the fourth of pairs that are furthest apart, from what net, fs, mm, kernel, block, security, io_uring
--- and ipc define, takes a pointer to a struct and stands in no other list. Each row was judged by what is known of the
--- kernel's history and by the two prototypes, those of the fourth by both bodies in the releases' sources, before an
--- answer was seen, and left out in doubt. "-" is gone, static, inlined, or in no BTF any more (a module, another
--- configuration); `also` may be named there, too. None stands in the table of renames.
local btfl = require "btfl"
local renames = require "spec.fit.renames"

---@alias routines.list "corpus"|"tuned"|"quoted"|"more tuned"|"more quoted"|"drawn tuned"|"drawn quoted"|"far tuned"
---|"far quoted"

local routines = {}

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local COLUMNS = "^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)$"

local function is_in(name, successors)
  return ("|" .. successors .. "|"):find("|" .. name .. "|", 1, true) ~= nil
end

local function rows_of(path, read)
  local file = io.open(path)
  if not file then return nil end
  local rows, n = {}, 0
  for line in file:lines() do
    local row = {}
    row.from, row.to, row.kind, row.name, row.successor, row.also = line:match(COLUMNS)
    n = n + 1
    if n > 1 and row.from then rows[#rows + 1] = read and read(row) or row end
  end
  file:close()
  return rows
end

-- The corpus has remarks where our list has what may be named, too.
local function of_corpus(row)
  local _, _, remark = row.also:match "^([^\t]*)\t([^\t]*)\t(.*)$"
  row.also = (remark:match "also%-ok: (.*)$" or ""):gsub(", *", "|")
  return row
end

--- All rows of a list: "corpus" (nil without one), or a half of one of ours.
---@param list routines.list
---@return table[]?
function routines.rows(list)
  if list == "corpus" then return rows_of(corpus .. "/renames-functions.tsv", of_corpus) end
  local part = list:match "^(%S+) "
  local file = part and ("spec/fit/functions-%s.tsv"):format(part) or "spec/fit/functions.tsv"
  local half = {}
  for _, row in ipairs(assert(rows_of(file))) do
    if renames.half(row.from .. row.to .. row.name) == list:match "%S+$" then half[#half + 1] = row end
  end
  return half
end

-- Adds what is said of one row.
local function judge(t, row, list)
  local first = list[1] and list[1].score >= btfl.thresholds.suggested and list[1].successor or nil
  local gone = row.successor == "-"
  local rank = math.huge
  for i, s in ipairs(list) do
    if is_in(s.successor, row.successor) then rank = math.min(rank, i) end
  end
  local right = gone and (not first or is_in(first, row.also)) or first and rank == 1
  if gone then
    t.gone, t.silent = t.gone + 1, t.silent + (right and 1 or 0)
  else
    t.named, t.three = t.named + 1, t.three + (rank <= 3 and 1 or 0)
    t.right = t.right + (right and 1 or 0)
  end
  if first and list[1].score >= btfl.thresholds.sure then
    t.sure, t.sure_right = t.sure + 1, t.sure_right + (right and 1 or 0)
  end
  if right then return end
  local told = {}
  for i = 1, math.min(3, #list) do told[i] = ("%.2f %s"):format(list[i].score, list[i].successor) end
  t.wrong[#t.wrong + 1] = ("%s: %s, not %s%s"):format(row.name, told[1] and table.concat(told, ", ") or "-",
    row.successor, rank <= #list and (" (number %d)"):format(rank) or "")
end

--- The counts: of those that have a successor how many are first and suggested, or among the first three; of those
--- that are gone how many are silent; of first answers how many are sure, and right; seconds of CPU of all; and a line
--- for each that is wrong. nil without a corpus.
---@param list routines.list
---@param options { table: boolean? } of target:successors()
---@return { right: integer, three: integer, named: integer, silent: integer, gone: integer, sure: integer,
---  sure_right: integer, seconds: number, wrong: string[] }?
function routines.judge(list, options)
  local rows = renames.have_kernels() and routines.rows(list)
  if not rows then return nil end
  local t = { right = 0, three = 0, named = 0, silent = 0, gone = 0, sure = 0, sure_right = 0, seconds = 0, wrong = {} }
  for _, row in ipairs(rows) do
    local old, new, found = renames.kernel(row.from), renames.kernel(row.to), {}
    local start = os.clock()
    for s in new:successors((row.kind == "tracepoint" and "tp_btf/" or "fentry/") .. row.name,
      { from = old, least = 0.05, table = options.table }) do found[#found + 1] = s end
    t.seconds = t.seconds + os.clock() - start
    judge(t, row, found)
  end
  return t
end

return routines
