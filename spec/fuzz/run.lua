--- Runs targets of `make fuzz`, each for some seconds: `btfl spec/fuzz/run.lua [--first] CORPUS SECONDS TARGET...`
--- Prints a line for each: runs, in how many seconds, edges that were met, and inputs that meet something of their own,
--- which are kept in the folder CORPUS/TARGET for the next run. With --first only the first inputs are run, the same
--- each time. Status 1 when one has found something, with the input and how to run it again.

local seeds = require "spec.fuzz.seeds"
local tmp = require "spec.support.tmp"

local first = arg[1] == "--first" and table.remove(arg, 1) ~= nil
local kept = assert(arg[1], "where are inputs kept?")
local seconds = assert(tonumber(arg[2]), "how many seconds?")

local BUILD = "build/fuzz/"
local ENV = "BTFL_LUA=lua ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1"

local function command(target, log)
  local corpus = first and "" or ("'%s/%s'"):format(kept:gsub("'", "'\\''"), target)
  local words = {
    ENV, BUILD .. "bin/" .. target, first and "-runs=0" or "-max_total_time=" .. seconds,
    -- What a file says that it takes is asked of malloc() by libarchive, and not used.
    "-timeout=30 -rss_limit_mb=2048 -malloc_limit_mb=65536 -max_len=65536",
    ("-print_final_stats=1 -artifact_prefix=%s%s-"):format(BUILD, target), corpus, BUILD .. "seeds/" .. target,
    ("2>'%s' >/dev/null"):format(log),
  }
  if not first then assert(os.execute("mkdir -p " .. corpus)) end
  return table.concat(words, " ")
end

local function last(text, pattern)
  local found
  for one in text:gmatch(pattern) do found = one end
  return found
end

local function run(target)
  local log = BUILD .. target .. ".log"
  seeds.write(target, BUILD .. "seeds/" .. target)
  local ended = os.execute(command(target, log))
  local text = tmp.read(log)
  local found = text:match "Test unit written to (%S+)"
  print(("%-10s %10s runs %5s s %7s edges %6s inputs"):format(target,
    text:match "number_of_executed_units: (%d+)" or "?", text:match "Done %d+ runs in (%d+) second" or "?",
    last(text, "cov: (%d+)") or "?", last(text, "corp: (%d+)") or "?"))
  if ended then return true end
  print(("%s: %s"):format(found or target, text:match "broken promise: ([^\n]*)" or text:match "SUMMARY: ([^\n]*)"
    or text:sub(-2000)))
  print(found and ("again: %s %sbin/%s %s"):format(ENV, BUILD, target, found) or "the log: " .. log)
  return false
end

local good = true
for i = 3, #arg do good = run(arg[i]) and good end
tmp.clean()
os.exit(good and 0 or 1, true)
