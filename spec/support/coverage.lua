--- Which lines and branches of src were come by, as gcov has them: `btfl spec/support/coverage.lua FOLDER [--lines]`,
--- with the folder of a build that was made for it. A row for each folder of src, and the whole; with --lines, the
--- lines that nothing came by. Branches are those that were taken at least once.

local folder, lines = arg[1], arg[2] == "--lines"

local function output(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local function new() return { lines = 0, lines_met = 0, branches = 0, branches_met = 0 } end

local function add(sum, key, percent, count)
  sum[key] = sum[key] + count
  sum[key .. "_met"] = sum[key .. "_met"] + math.floor(percent * count / 100 + 0.5)
end

local whole, of_room, rooms = new(), {}, {}

-- gcov tells of each file that has code in an object; only what the object was made of is counted, as headers are told
-- of by many.
local function count(source, text)
  local block = text:match("File '" .. source:gsub("%p", "%%%0") .. "'\n(.-)\n\n")
  if not block then return end
  local room = source:match "^src/([^/]+)"
  if not of_room[room] then
    of_room[room] = new()
    rooms[#rooms + 1] = room
  end
  for _, sum in ipairs { whole, of_room[room] } do
    for key, label in pairs { lines = "Lines executed", branches = "Taken at least once" } do
      local percent, total = block:match(label .. ":([%d.]+)%% of (%d+)")
      if percent then add(sum, key, tonumber(percent), tonumber(total)) end
    end
  end
end

local missed = {}

local function note_missed(source, text)
  for number, line in text:gmatch "\n *#####: *(%d+):([^\n]*)" do
    missed[#missed + 1] = ("%s:%s:%s"):format(source, number, line)
  end
end

for notes in output(("find %s -name '*.gcno' | LC_ALL=C sort"):format(folder)):gmatch "[^\n]+" do
  local source = "src/" .. notes:sub(#folder + 2):gsub("gcno$", "c")
  count(source, output(("gcov -b -n '%s' 2>/dev/null"):format(notes)) .. "\n\n")
  if lines then
    local ours = ("gcov -t '%s' 2>/dev/null | awk '/:Source:/ { ours = index($0, \":Source:%s\") } ours'")
    note_missed(source, output(ours:format(notes, source)))
  end
end

local function row(name, sum)
  local function share(key) return sum[key] > 0 and 100 * sum[key .. "_met"] / sum[key] or 100 end
  print(("%-12s %7d %6.1f %%   %7d %6.1f %%"):format(name, sum.lines, share "lines", sum.branches, share "branches"))
end

print(("%-12s %7s %8s   %7s %8s"):format("folder", "lines", "met", "branches", "taken"))
table.sort(rooms)
for _, room in ipairs(rooms) do row(room, of_room[room]) end
row("src", whole)
for _, line in ipairs(missed) do print(line) end
