--- Runs spec files, each in a busted of its own, as many at a time as there are processors:
---
---     btfl spec/support/suite.lua BUSTED [OPTION...] [FILE...]
---
--- All of spec/ without files; options are busted's. What busted says of a file is one line where nothing failed and
--- nothing is pending; of files that failed it is said again at the end, where it is read. A file whose process ends
--- before it has counted has failed. $JOBS: how many at a time; $TIMES: at the end, which files took how much CPU, with
--- what they started.

local run = require "spec.support.run"

-- What takes longest begins first, so that no processor waits for it at the end; TIMES=1 tells which those are.
local FIRST = { "memo", "faults", "workers", "stop", "install", "metamorphic", "bad_input", "exhausted", "alone",
  "differential", "damage", "formats", "output", "project", "filter" }

local TIMES = os.getenv "TIMES"

local function lines_of(command)
  local lines = {}
  local pipe <close> = assert(io.popen(command))
  for line in pipe:lines() do lines[#lines + 1] = line end
  return lines
end

local function arguments()
  local busted, files = { run.quote(run.btfl), run.quote(arg[1]) }, {}
  for i = 2, #arg do
    if arg[i]:sub(1, 1) == "-" then
      busted[#busted + 1] = run.quote(arg[i])
    else
      files[#files + 1] = arg[i]
    end
  end
  if #files == 0 then files = lines_of "ls spec/*_spec.lua" end
  return table.concat(busted, " "), files
end

local function sort(files)
  local rank = {}
  for i, file in ipairs(files) do rank[file] = #FIRST + i end
  for i, name in ipairs(FIRST) do rank[("spec/%s_spec.lua"):format(name)] = i end
  table.sort(files, function(a, b) return rank[a] < rank[b] end)
end

-- A line "NUMBER STATUS" when a file has ended. What xargs starts never fails, for then xargs would end.
local function ended(busted, files, folder)
  local list = {}
  for number, file in ipairs(files) do list[number] = ("%d %s\n"):format(number, run.quote(file)) end
  run.write(folder .. "/files", table.concat(list))
  local one = ([[%s -Xoutput "$0/$1.counts" "$2" </dev/null >"$0/$1.out" 2>&1; echo "$1 $?"]]):format(busted)
  local jobs = tonumber(os.getenv "JOBS") or lines_of("nproc")[1] or 1
  return io.popen(("xargs -P %d -n 2 sh -c %s %s <%s"):format(jobs, run.quote(one), run.quote(folder),
    run.quote(folder .. "/files")))
end

-- { successes, failures, errors, pending, seconds of CPU }; nil where the process ended before.
local function counts(path)
  local file <close> = io.open(path)
  return file and { file:read("n", "n", "n", "n", "n") }
end

local busted, files = arguments()
sort(files)
local folder <close> = setmetatable({ path = run.tmpdir() }, { __close = function(self) run.remove(self.path) end })
local sum, bad, times, begun = { 0, 0, 0, 0 }, {}, {}, os.time()

local function tell(number, status)
  local file, at = files[number], ("%s/%d"):format(folder.path, number)
  local count, text = counts(at .. ".counts"), run.read(at .. ".out")
  local crashed = not count or status ~= 0 and count[2] + count[3] == 0
  for i = 1, 4 do sum[i] = sum[i] + (count and count[i] or 0) end
  if crashed then
    sum[3] = sum[3] + 1
    text = ("%s\nended with status %d\n"):format(text, status)
  end
  if crashed or count[2] + count[3] > 0 then bad[#bad + 1] = { file = file, text = "\n" .. text } end
  times[#times + 1] = { file = file, cpu = count and count[5] or 0 }
  local line = text:match "^[^\n]*\n(%d+ success[^\n]*)\n*$"
  local took = TIMES and count and (" (%.1f s of CPU)"):format(count[5]) or ""
  io.write(file, ": ", line and line .. took or "\n" .. text, "\n")
  io.flush()
end

do
  local seen = 0
  local pipe <close> = assert(ended(busted, files, folder.path))
  for line in pipe:lines() do
    local number, status = line:match "^(%d+) (%d+)$"
    tell(math.tointeger(number), math.tointeger(status))
    seen = seen + 1
  end
  if seen < #files then
    sum[3] = sum[3] + #files - seen
    bad[#bad + 1] = { file = ("%d files that were not run"):format(#files - seen), text = "" }
  end
end

if TIMES then
  table.sort(times, function(a, b) return a.cpu > b.cpu end)
  local all = 0
  for _, t in ipairs(times) do all = all + t.cpu end
  print(("\n%7.1f s of CPU"):format(all))
  for i = 1, math.min(#times, 40) do print(("%7.1f   %s"):format(times[i].cpu, times[i].file)) end
end
for _, b in ipairs(bad) do io.write("\nfailed: ", b.file, b.text, "\n") end
if sum[1] + sum[2] + sum[3] == 0 then io.stderr:write "no test ran\n" end
print(("\n%d successes / %d failures / %d errors / %d pending : %d seconds"):format(sum[1], sum[2], sum[3], sum[4],
  os.time() - begun))
print(("\n%d passed, %d failed, %d skipped"):format(sum[1], sum[2] + sum[3], sum[4]))
os.exit(#bad == 0 and sum[1] > 0 and 0 or 1, true)
