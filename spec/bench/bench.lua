--- bench: what btfl's work costs, next to what libbpf and bpftool take for it in the same run. Ratios
--- are what counts: times differ from machine to machine and from minute to minute.
local cli = btfl.cli {
  about = "Measures btfl against libbpf and bpftool.", objects = false, targets = false,
  options = function(parser)
    parser:option("--runs", "How often each command runs."):argname("N"):convert(math.tointeger):default("10")
    parser:flag("--callgrind", "Count the instructions of btfl's commands, too (slow).")
  end,
}
local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"
local KERNEL = "7.3.4-generic-amd64"
local TOOLS = CORPUS .. "/objects/libbpf-tools-0.31.0+ds-7"
local OBJECT = CORPUS .. "/objects/pwru-1.0.5+ds1-1+b6/pwru.3.bpf.o"

local function quote(word)
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

local function shell(command)
  local pipe <close> = assert(io.popen(command))
  return pipe:read "a"
end

local function lines_of(command)
  local list = {}
  for line in shell(command):gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

local out = btfl.report("bench", { columns = { "work", "btfl", "peer", "unit", "ratio", "goal", "peer_is" } })

if not io.open(CORPUS .. "/README.md") then cli:error("needs a corpus, in $BTFL_CORPUS or " .. CORPUS) end

local dir = shell "mktemp -d":gsub("\n$", "")
local objects = lines_of("ls " .. quote(TOOLS) .. "/*.o")
local kernels = {}
for _, path in ipairs(lines_of("ls " .. quote(CORPUS) .. "/kernels/*.btf.gz")) do
  local raw = dir .. "/" .. path:match "([^/]+)%.gz$"
  shell(("gzip -dc %s >%s"):format(quote(path), quote(raw)))
  -- The tools' objects are little-endian.
  if btfl.btf(raw).endian == "little" then kernels[#kernels + 1] = raw end
end
local kernel = ("%s/%s.btf"):format(dir, KERNEL)

-- Runs commands in turn; gives for each { least, median, cpu, peak }, in ms and KiB.
local function time(...)
  local words = { "build/peer/timeit", tostring(cli.args.runs) }
  for i, command in ipairs { ... } do
    if i > 1 then words[#words + 1] = "--then" end
    for _, word in ipairs(command) do words[#words + 1] = quote(word) end
  end
  local list = {}
  for _, line in ipairs(lines_of(table.concat(words, " "))) do
    local least, median, cpu, peak = line:match "^(%S+)\t(%S+)\t(%S+)\t(%S+)"
    list[#list + 1] = { least = tonumber(least), median = tonumber(median), cpu = tonumber(cpu),
      peak = tonumber(peak) }
  end
  return table.unpack(list)
end

local function add(work, ours, peer, unit, goal, peer_is)
  out:row { work = work, btfl = ("%.2f"):format(ours), peer = ("%.2f"):format(peer), unit = unit,
    ratio = ("%.3f"):format(ours / peer), goal = goal, peer_is = peer_is }
end

-- A Lua program of btfl's own process: CPU milliseconds, the least of several goes.
local function measure(code, ...)
  local path = dir .. "/measure.lua"
  local file <close> = assert(io.open(path, "w"))
  file:write(code)
  file:close()
  local words = { "./btfl", quote(path) }
  for _, word in ipairs { ... } do words[#words + 1] = quote(word) end
  local least = math.huge
  for _ = 1, 3 do least = math.min(least, tonumber(shell(table.concat(words, " ")))) end
  return least
end

local function concat(...)
  local list = {}
  for _, part in ipairs { ... } do table.move(part, 1, #part, #list + 1, list) end
  return list
end

local function one_object()
  local ours, peer, nothing = time({ "./btfl", "relos", "--format", "tsv", OBJECT, "-t", kernel },
    { "build/peer/relocate", OBJECT, kernel }, { "true" })
  add("relos, one object, one kernel: wall", ours.median, peer.median, "ms", "1/4", "libbpf, whole process")
  add("relos, one object, one kernel: peak memory", ours.peak, peer.peak, "KiB", "1/2", "libbpf, whole process")
  add("a process that does nothing: wall", nothing.median, nothing.median, "ms", "-", "itself")
end

local function open_btf()
  local ours = measure([[
    local least = math.huge
    for _ = 1, 10 do
      local start = os.clock()
      local b = btfl.btf(arg[1])
      b:find("task_struct", "struct")
      least = math.min(least, os.clock() - start)
      b:close()
    end
    print(least * 1e3)]], kernel)
  local peer = tonumber(shell("build/peer/libbpf_bench open " .. quote(kernel) .. " 10"))
  add("open, validate and index a kernel's BTF: CPU", ours, peer, "ms", "1/5", "btf__parse + btf__find_by_name")
end

local PAIRS = [[
  local objects, targets, start = {}, {}, nil
  local clock = os.clock
  for _, path in ipairs(arg) do
    if path:find "%.o$" then objects[#objects + 1] = btfl.object(path) else targets[#targets + 1] = path end
  end
  local opened, resolved, relos = 0, 0, 0
  for _, path in ipairs(targets) do
    start = clock()
    local target = btfl.target(path)
    opened, start = opened + clock() - start, clock()
    for _, object in ipairs(objects) do object:results(target) end
    resolved = resolved + clock() - start
    target:close()
  end
  for _, object in ipairs(objects) do for _ in object:relos() do relos = relos + 1 end end
]]

local function many()
  local args = concat(objects, kernels)
  local peer, parsing = 0, 0
  for _, path in ipairs(kernels) do
    local words = { "build/peer/libbpf_bench", "pairs", quote(path) }
    for _, object in ipairs(objects) do words[#words + 1] = quote(object) end
    local total, parse = shell(table.concat(words, " ")):match "(%S+)\t(%S+)"
    peer = peer + tonumber(total) - (#objects - 1) * tonumber(parse)
    parsing = parsing + tonumber(parse)
  end
  local relos = measure(PAIRS .. "print(relos)", table.unpack(args))
  local ours = measure(PAIRS .. "print(clock() * 1e3)", table.unpack(args))
  add(("%d objects x %d kernels: CPU"):format(#objects, #kernels), ours, peer, "ms", "1/40",
    "libbpf, each kernel parsed once")
  local one = measure(PAIRS .. "print(resolved * 1e6)", table.unpack(args)) / relos / #kernels
  add("one relocation, index warm: CPU", one, (peer - parsing) * 1e3 / relos / #kernels, "us", "1/50",
    "libbpf's share of the above, objects' opening included")
end

local function workers()
  local path = dir .. "/pairs.lua"
  local file <close> = assert(io.open(path, "w"))
  file:write 'local cli = btfl.cli {} for object, target in cli:pairs() do object:results(target) end'
  file:close()
  local words = concat({ "./btfl", path }, objects)
  for _, kernel_path in ipairs(kernels) do words = concat(words, { "-t", kernel_path }) end
  local two, one = time(concat(words, { "-j", "2" }), concat(words, { "-j", "1" }))
  add(("%d objects x %d kernels, two threads: wall"):format(#objects, #kernels), two.median, one.median, "ms",
    "1/1.8", "one thread")
end

local function verdicts()
  local args = concat(objects, { kernel })
  local ours = measure([[
    local target, objects = btfl.target(arg[#arg]), {}
    for i = 1, #arg - 1 do objects[i] = btfl.object(arg[i]) end
    for _, object in ipairs(objects) do object:results(target) end
    local start = os.clock()
    for _, object in ipairs(objects) do
      for program in object:programs() do
        if program.entry then program:verdict(target) end
      end
    end
    print((os.clock() - start) * 1e3)]], table.unpack(args))
  local words = { "build/peer/libbpf_bench", "pairs", quote(kernel) }
  for _, object in ipairs(objects) do words[#words + 1] = quote(object) end
  local total, parse = shell(table.concat(words, " ")):match "(%S+)\t(%S+)"
  add(("verdicts of all programs of %d objects, one kernel: CPU"):format(#objects), ours,
    tonumber(total) - (#objects - 1) * tonumber(parse), "ms", "1", "libbpf relocating them")
end

local function walk()
  local ours, peer = time({ "./btfl", "-e", "for t in btfl.btf(arg[1]):types() do local _ = t.name "
    .. "for m in t:members() do _ = m.name end end", kernel },
    { "bpftool", "btf", "dump", "file", kernel, "format", "raw" })
  add("walk every type and member from Lua: wall", ours.median, peer.median, "ms", "1/2", "bpftool btf dump")
end

local function minbtf()
  local ours, peer = time({ "./btfl", "minbtf", OBJECT, "-t", kernel, "-o", dir .. "/ours.btf" },
    { "bpftool", "gen", "min_core_btf", kernel, dir .. "/theirs.btf", OBJECT })
  add("minbtf, one object, one kernel: wall", ours.median, peer.median, "ms", "1/4", "bpftool gen min_core_btf")
end

-- Ten times the targets and the objects should take no more than ten times as long.
local function growth()
  local some = table.move(objects, 1, 5, 1, {})
  local fifty = {}
  for _ = 1, 10 do fifty = concat(fifty, some) end
  local function cpu(...) return measure(PAIRS .. "print((opened + resolved) * 1e3)", table.unpack(concat(...))) end
  add("cost of 10 x the targets, by target", cpu(some, concat(table.unpack({ { kernel }, { kernel }, { kernel },
    { kernel }, { kernel }, { kernel }, { kernel }, { kernel }, { kernel }, { kernel } }))) / 10,
    cpu(some, { kernel }), "ms", "1", "one target")
  local function resolving(...) return measure(PAIRS .. "print(resolved * 1e3)", table.unpack(concat(...))) end
  add("cost of 10 x the objects, by object", resolving(fifty, { kernel }) / 10, resolving(some, { kernel }), "ms",
    "1", "each object once")
end

local function one_hook()
  local policy = [[
    local policy = btfl.policy { name = "one", member = function(m, target, default) return default(m, target) end }
  ]]
  local args = concat(objects, { kernel })
  local plain = measure(PAIRS .. "print(resolved * 1e6 / relos)", table.unpack(args))
  local hooked = measure(policy .. PAIRS:gsub("object:results%(target%)", "object:results(target, { policy = policy })")
    .. "print(resolved * 1e6 / relos)", table.unpack(args))
  add("one relocation by a policy with a Lua hook: CPU", hooked, plain, "us", "2", "libbpf's rules, in btfl")
end

one_object()
open_btf()
many()
one_hook()
workers()
verdicts()
walk()
minbtf()
growth()

if cli.args.callgrind then
  local log = dir .. "/callgrind"
  for name, command in pairs { relos = "./btfl relos --format tsv " .. quote(OBJECT) .. " -t " .. quote(kernel),
    ["open"] = "./btfl -e 'btfl.btf(arg[1])' " .. quote(kernel) } do
    shell(("valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=%s %s"):format(log, command))
    local count = tonumber((shell("cat " .. log):match "Collected : (%d+)"))
    add("instructions: " .. name, count / 1e6, count / 1e6, "million", "-", "itself")
  end
end
os.execute("rm -rf " .. quote(dir))
return out
