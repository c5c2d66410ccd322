--- How well `why` answers what functions and tracepoints have become, by renames-functions.tsv of the corpus: all
--- of it is tuned on.
local btfl = require "btfl"
local renames = require "spec.fit.renames"

local routines = {}

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local COLUMNS = "^(%S+)\t(%S+)\t(%S+)\t(%S+)\t(%S+)\t[^\t]*\t[^\t]*\t(.*)$"

local function is_in(name, successors)
  return ("|" .. successors .. "|"):find("|" .. name .. "|", 1, true) ~= nil
end

-- Adds what is said of one row.
local function judge(t, row, list)
  local first = list[1] and list[1].score >= btfl.thresholds.suggested and list[1].successor or nil
  if row.successor == "-" then
    local also = row.remark:match "also%-ok: (.*)$" or ""
    t.gone, t.silent = t.gone + 1, t.silent + ((not first or also:find(first, 1, true)) and 1 or 0)
    return
  end
  local rank = math.huge
  for i, s in ipairs(list) do
    if is_in(s.successor, row.successor) then rank = math.min(rank, i) end
  end
  t.named, t.three = t.named + 1, t.three + (rank <= 3 and 1 or 0)
  t.right = t.right + (first and rank == 1 and 1 or 0)
end

--- The counts: of those that have a successor how many are first and suggested, or among the first three; of those
--- that are gone how many are silent; seconds of CPU of all. nil without a corpus.
---@param options { table: boolean? } of target:successors()
---@return { right: integer, three: integer, named: integer, silent: integer, gone: integer, seconds: number }?
function routines.judge(options)
  local file = io.open(corpus .. "/renames-functions.tsv")
  if not file then return nil end
  local t = { right = 0, three = 0, named = 0, silent = 0, gone = 0, seconds = 0 }
  for line in file:lines() do
    local row = {}
    row.from, row.to, row.kind, row.name, row.successor, row.remark = line:match(COLUMNS)
    if row.from and row.from ~= "from" then
      local old, new, list = renames.kernel(row.from), renames.kernel(row.to), {}
      local start = os.clock()
      for s in new:successors((row.kind == "tracepoint" and "tp_btf/" or "fentry/") .. row.name,
        { from = old, least = 0.05, table = options.table }) do list[#list + 1] = s end
      t.seconds = t.seconds + os.clock() - start
      judge(t, row, list)
    end
  end
  file:close()
  return t
end

return routines
