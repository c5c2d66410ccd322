--- bench: what btfl's work costs, next to what libbpf and bpftool take for it in the same run. Ratios
--- are what counts: times differ from machine to machine and from minute to minute.
local PARTS = { "relos", "open", "many", "hook", "workers", "verdicts", "matrix", "series", "memory", "walk", "minbtf",
  "types", "study", "growth", "instructions" }
local cli = btfl.cli {
  about = "Measures btfl against libbpf and bpftool.", objects = false, targets = false,
  options = function(parser)
    parser:option("--runs", "How often each command runs."):argname("N"):convert(math.tointeger):default("10")
    parser:option("--only", "One part."):choices(PARTS)
    parser:flag("--json", "The same as --format json.")
  end,
}
if cli.args.json then cli.args.format = "json" end
local btf = require "spec.support.btf"
local edit = require "spec.support.btf_edit"
local object_builder = require "spec.support.object"
-- As it is shipped: ./btfl compiles the Lua files of the tree.
local PROGRAM = "build/btfl"
local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"
local KERNEL = "7.3.4-generic-amd64"
local TOOLS = CORPUS .. "/objects/libbpf-tools-0.31.0+ds-7"
-- One for which libbpf opens this kernel alone: others make it parse the running one, too.
local OBJECT = TOOLS .. "/tcptracer-libbpf.bpf.o"

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

local out = btfl.report("bench", {
  columns = { "work", "btfl", "btfl_least", "peer", "peer_least", "unit", "ratio", "goal", "peer_is" },
})

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

-- What a series of figures is told by.
local function summary(list)
  table.sort(list)
  return { least = list[1], median = list[#list // 2 + 1] }
end

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

local function figure(value)
  return value and ("%.2f"):format(value)
end

-- ours and peer are figures, or summaries of figures: then the ratio is that of the medians.
local function add(work, ours, peer, unit, goal, peer_is)
  local function median(x) return type(x) == "table" and x.median or x end
  local function least(x) return type(x) == "table" and x.least or nil end
  out:row { work = work, btfl = figure(median(ours)), btfl_least = figure(least(ours)),
    peer = figure(median(peer)), peer_least = figure(least(peer)), unit = unit,
    ratio = ("%.3f"):format(median(ours) / median(peer)), goal = goal, peer_is = peer_is }
end

local function program(code, name)
  local path = ("%s/%s.lua"):format(dir, name or "measure")
  local file <close> = assert(io.open(path, "w"))
  file:write(code)
  return path
end

-- What a Lua program of btfl's own process prints, the least of several goes.
local function measure(code, ...)
  local words = { PROGRAM, quote(program(code)) }
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

local function relocate(object, what)
  local ours, peer = time({ PROGRAM, "relos", object, "-t", kernel }, { "build/peer/relocate", object, kernel })
  add(("relos, %s, one kernel: wall"):format(what), ours, peer, "ms", "1/4", "libbpf, whole process")
  add(("relos, %s, one kernel: peak memory"):format(what), ours.peak, peer.peak, "KiB", "1/2",
    "libbpf, whole process")
end

local function one_object()
  relocate(OBJECT, "one object")
  -- For this one, too, libbpf opens this kernel alone.
  local linked = dir .. "/linked.o"
  shell(("bpftool gen object %s %s %s"):format(linked, quote(OBJECT), quote(TOOLS .. "/biolatency-libbpf.bpf.o")))
  relocate(linked, "two objects linked into one")
  local start, nothing = time({ PROGRAM, "-e", "0" }, { "true" })
  add("a start: wall", start, nothing, "ms", "-", "true(1)")
end

local OPEN = [[
  local least = math.huge
  for _ = 1, tonumber(arg[2]) do
    local start = os.clock()
    local b = btfl.btf(arg[1])
    b:find("task_struct", "struct")
    least = math.min(least, os.clock() - start)
    b:close()
  end
  print(least * 1e3)]]

-- The first open of a process is what a build or a start of a tool sees; later ones find the memory
-- of the one before, which helps whoever copies the file.
local function open_btf()
  local ours, peer = {}, {}
  local open = program(OPEN, "open")
  for i = 1, 2 * cli.args.runs do
    ours[i] = tonumber(shell(("%s %s %s 1"):format(PROGRAM, quote(open), quote(kernel))))
    peer[i] = tonumber(shell(("build/peer/libbpf_bench open %s 1"):format(quote(kernel))))
  end
  ours, peer = summary(ours), summary(peer)
  add("open, check every type and index, in a new process: CPU", ours, peer, "ms", "1/5",
    "btf__parse + btf__find_by_name, which in libbpf 1.1 checks nothing")
  peer = tonumber(shell("build/peer/libbpf_bench open " .. quote(kernel) .. " 20"))
  add("open, check and index, again and again in one process: CPU", measure(OPEN, kernel, "20"), peer, "ms", "-",
    "btf__parse + btf__find_by_name")
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
  add(("%d objects x %d kernels: CPU"):format(#objects, #kernels), ours, peer, "ms", "1/8",
    "libbpf, each kernel parsed once, without its probes and maps")
  local words = concat({ PROGRAM, "relos" }, objects)
  for _, path in ipairs(kernels) do words = concat(words, { "-t", path }) end
  local printed = time(words)
  add("the same by btfl relos, every relocation printed: CPU", printed.cpu, peer, "ms", "-", "libbpf, nothing printed")
  local one = measure(PAIRS .. "print(resolved * 1e6)", table.unpack(args)) / relos / #kernels
  add("one relocation, index warm: CPU", one, (peer - parsing) * 1e3 / relos / #kernels, "us", "1/30",
    "libbpf's share of the above, objects' opening included")
end

local function workers()
  for _, command in ipairs { "relos", "verdicts", "check" } do
    local words = concat({ PROGRAM, command }, objects)
    for _, kernel_path in ipairs(kernels) do words = concat(words, { "-t", kernel_path }) end
    local two, one = time(concat(words, { "-j", "2" }), concat(words, { "-j", "1" }))
    add(("%d objects x %d kernels by btfl %s, two processes: wall"):format(#objects, #kernels, command), two, one,
      "ms", command == "relos" and "-" or "1/1.7", "one process")
  end
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

-- What a command takes for objects on kernels, its table in a file.
local function on_kernels(command, files, targets, ...)
  local words = concat({ PROGRAM, command }, files, { "--format", "tsv", "-o", dir .. "/rows", ... })
  for _, path in ipairs(targets) do words = concat(words, { "-t", path }) end
  return words
end

-- All objects on all kernels; and one object on many.
local function matrix()
  local all = lines_of(("find %s/objects -name '*.bpf.o'"):format(quote(CORPUS)))
  local relos, verdict, check, whole = time(on_kernels("relos", all, kernels), on_kernels("verdicts", all, kernels),
    on_kernels("check", all, kernels), on_kernels("matrix", all, kernels))
  for i, one in ipairs { verdict, check, whole } do
    local name = ({ "verdicts", "check", "matrix" })[i]
    local of = ("%s of %d objects x %d kernels"):format(name, #all, #kernels)
    add(of .. ": CPU", one.cpu, relos.cpu, "ms", "-", "btfl relos of the same")
    add(of .. ": peak memory", one.peak, relos.peak, "KiB", "-", "btfl relos of the same")
    -- By pair, opening included: of more kernels more are equal, which this does not count on.
    add("the same of 10,000 x 1,000, projected by pair: CPU", one.cpu * 1e7 / (#all * #kernels) / 6e4,
      relos.cpu * 1e7 / (#all * #kernels) / 6e4, "min", "-", "btfl relos of the same")
  end
  local hundred, thousand = {}, {}
  for i = 1, 100 do hundred[i] = kernels[i % #kernels + 1] end
  for i = 1, 10 do table.move(hundred, 1, #hundred, (i - 1) * #hundred + 1, thousand) end
  local one, single = time(on_kernels("check", { OBJECT }, thousand), on_kernels("check", { OBJECT }, { kernel }))
  add("check of one object x 1,000 kernels: peak memory", one.peak, single.peak, "KiB", "-", "one kernel")
  add("check of one object x 1,000 kernels: CPU", one.cpu, single.cpu, "ms", "-", "one kernel")
  for _, command in ipairs { "verdicts", "matrix" } do
    one, single = time(on_kernels(command, { OBJECT }, hundred), on_kernels(command, { OBJECT }, { kernel }))
    add(command .. " of one object x 100 kernels: peak memory", one.peak, single.peak, "KiB", "-", "one kernel")
  end
end

-- Releases of one kernel, of which each has three structs that no other has so, and other ids.
local function releases(count)
  local base, list = edit.open(shell("cat " .. quote(kernel))), {}
  math.randomseed(1)
  for i = 1, count do
    list[i] = ("%s/7.3.%d-generic-amd64.btf"):format(dir, i + 100)
    local file <close> = assert(io.open(list[i], "wb"))
    file:write(base:release(i, 3))
  end
  return list
end

-- Every n-th of a list.
local function thinned(list, n)
  local some = {}
  for i = n, #list, n do some[#some + 1] = list[i] end
  return some
end

-- What a command takes whose table goes to standard output, so that none of it is kept.
local function printed_on(command, files, targets)
  local words = concat({ PROGRAM, command }, files, { "--format", "tsv" })
  for _, path in ipairs(targets) do words = concat(words, { "-t", path }) end
  return words
end

-- What a command takes for 10,000 objects on 1,000 kernels: of all it was given and of halves, what each object,
-- each kernel and each pair adds. Of memory that tells nothing: so small a peak is when the collector came last.
local function project(command, all, list)
  local few, some = thinned(all, 2), thinned(list, 2)
  local whole, objects_halved, kernels_halved, both = time(printed_on(command, all, list),
    printed_on(command, few, list), printed_on(command, all, some), printed_on(command, few, some))
  local o, k = #all - #few, #list - #some
  local by_pair = (whole.cpu - objects_halved.cpu - kernels_halved.cpu + both.cpu) / (o * k)
  local by_object = (kernels_halved.cpu - both.cpu) / o - by_pair * #some
  local by_kernel = (objects_halved.cpu - both.cpu) / k - by_pair * #few
  local cpu = both.cpu + by_object * (1e4 - #few) + by_kernel * (1e3 - #some) + by_pair * (1e7 - #few * #some)
  local goal = { verdicts = "3 min", check = "5 min" }
  add(("%s of 10,000 x 1,000 of a series, projected by object, kernel and pair: CPU"):format(command), cpu / 6e4,
    whole.cpu / 6e4, "min", goal[command] or "-", ("%d x %d"):format(#all, #list))
end

-- A series of kernels, of which most of what objects ask for is the same: with what is found once, looking into
-- each pair, and from a folder of --cache.
local function series()
  local all, list = lines_of(("find %s/objects -name '*.bpf.o'"):format(quote(CORPUS))), releases(40)
  for _, command in ipairs { "verdicts", "matrix", "check" } do
    local once, each = time(on_kernels(command, all, list), on_kernels(command, all, list, "--no-memo"))
    local of = ("%s of %d objects x %d kernels of a series"):format(command, #all, #list)
    add(of .. ": CPU", once.cpu, each.cpu, "ms", "1/4", "--no-memo")
    add(of .. ": peak memory", once.peak, each.peak, "KiB", "-", "--no-memo")
    project(command, all, list)
    local folder = ("%s/cache-%s"):format(dir, command)
    local cached, one = time(on_kernels(command, all, list, "--cache", folder),
      on_kernels(command, all, { list[1] }, "--cache", folder))
    add(("another kernel of it for %s with --cache: CPU"):format(command), (cached.cpu - one.cpu) / (#list - 1),
      each.cpu / #list, "ms", "10 ms", "--no-memo")
  end
end

local function walk()
  local scan, handles, peer = time({ PROGRAM, "-e", "for _, _, name in btfl.btf(arg[1]):scan() do end "
    .. "for _, _, name in btfl.btf(arg[1]):scan_members() do end", kernel },
    { PROGRAM, "-e", "local b = btfl.btf(arg[1]) for t in b:types() do local _ = t.name end "
    .. "for _, kind in ipairs { 'struct', 'union' } do for t in b:types(kind) do "
    .. "for m in t:members() do local _ = m.name end end end", kernel },
    { "build/peer/libbpf_bench", "walk", kernel })
  add("walk every type and member from Lua, by value: wall", scan, peer, "ms", "-", "libbpf, from C")
  add("walk every type and member from Lua, by handle: wall", handles, peer, "ms", "-", "libbpf, from C")
end

local function minbtf()
  local ours, peer = time({ PROGRAM, "minbtf", OBJECT, "-t", kernel, "-o", dir .. "/ours.btf" },
    { "bpftool", "gen", "min_core_btf", kernel, dir .. "/theirs.btf", OBJECT })
  add("minbtf, one object, one kernel: wall", ours, peer, "ms", "1/4", "bpftool gen min_core_btf")
end

local function printing()
  local source, header, c, json, dump = time({ PROGRAM, "types", kernel, "--all" },
    { PROGRAM, "types", kernel, "--header" }, { "bpftool", "btf", "dump", "file", kernel, "format", "c" },
    { PROGRAM, "types", kernel, "--all", "--format", "json" }, { "bpftool", "-j", "btf", "dump", "file", kernel })
  add("types --all, a kernel in C: wall", source, c, "ms", "2", "bpftool btf dump format c")
  add("types --all, a kernel in C: peak memory", source.peak, c.peak, "KiB", "-", "bpftool btf dump format c")
  add("types --header, all functions with it: wall", header, c, "ms", "-", "bpftool btf dump format c, without")
  add("types --format json, a kernel: wall", json, dump, "ms", "2", "bpftool -j btf dump")
end

-- What people do with bpftool's text and grep.
local function study()
  local dump = "for k; do bpftool btf dump file $k format raw; done | grep -c "
  local old = kernel:gsub("[^/]*$", "6.12.117-generic-amd64.btf")
  local diff, whole, dumps = time({ PROGRAM, "diff", old, kernel, "task_struct" }, { PROGRAM, "diff", old, kernel },
    { "sh", "-c", dump .. "'task_struct'", "sh", old, kernel })
  add("diff of two kernels, one type shown: wall", diff, dumps, "ms", "-", "bpftool btf dump of both, and grep")
  add("diff of two kernels, all of it: wall", whole, dumps, "ms", "-", "bpftool btf dump of both, and grep")
  local list, one = time({ PROGRAM, "list", kernel, "--member", "vruntime" },
    { "sh", "-c", dump .. "vruntime", "sh", kernel })
  add("list --member: wall", list, one, "ms", "-", "bpftool btf dump, and grep")
  local words = { PROGRAM, "history", "task_struct.__state", "inode.i_atime", "vfs_read", "sched_switch", "mm_struct" }
  for _, path in ipairs(kernels) do words = concat(words, { "-t", path }) end
  local history, all = time(words, concat({ "sh", "-c", dump .. "i_atime", "sh" }, kernels))
  add(("history of 5 names on %d kernels: wall"):format(#kernels), history, all, "ms", "-",
    "bpftool btf dump of each, and grep")
end

local function write(name, bytes)
  local path = dir .. "/" .. name
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
  return path
end

-- More objects than are held in memory at once.
local function memory()
  local all, list, files = lines_of(("find %s/objects -name '*.bpf.o'"):format(quote(CORPUS))), releases(40), {}
  for i = 1, 734 do
    files[i] = all[i] or write(("copy%d.bpf.o"):format(i), shell("cat " .. quote(all[i % #all + 1])) .. i)
  end
  for _, command in ipairs { "verdicts", "check" } do
    local many_files, one = time(on_kernels(command, files, list), on_kernels(command, { OBJECT }, list))
    add(("%s of %d objects x %d kernels of a series: peak memory"):format(command, #files, #list), many_files.peak,
      one.peak, "KiB", "90 MB", "one object")
  end
end

-- A BTF of n structs, and an object that has a relocation against each of its first `relos`.
local function synthetic(n, relos)
  local b, ids = btf.new(), {}
  local int = b:int("int", 4, "signed")
  for i = 1, n do
    ids[i] = b:struct("struct_number_" .. i, 8, { { "first", int, 0 }, { "second", b:ptr(int), 32 } })
  end
  if not relos then return write(("types%d.btf"):format(n), b:bytes()) end
  local p = { insns = {}, relos = {} }
  for i = 1, relos do
    p.insns[i] = object_builder.mov(1, 4)
    p.relos[i] = { insn = i - 1, type = ids[i], access = "0:1", kind = "byte_off" }
  end
  p.insns[relos + 1] = object_builder.exit()
  local o = object_builder.new(b)
  o:program(p)
  return write(("relos%d.o"):format(relos), o:bytes())
end

-- Ten times the targets, objects, types and relocations should take no more than ten times as long.
local function growth()
  local some = table.move(objects, 1, 5, 1, {})
  local fifty = {}
  for _ = 1, 10 do fifty = concat(fifty, some) end
  local ten = {}
  for i = 1, 10 do ten[i] = kernel end
  local function cpu(...) return measure(PAIRS .. "print((opened + resolved) * 1e3)", table.unpack(concat(...))) end
  add("cost of 10 x the targets, by target", cpu(some, ten) / 10, cpu(some, { kernel }), "ms", "1", "one target")
  local function resolving(...) return measure(PAIRS .. "print(resolved * 1e3)", table.unpack(concat(...))) end
  add("cost of 10 x the objects, by object", resolving(fifty, { kernel }) / 10, resolving(some, { kernel }), "ms",
    "1", "each object once")
  add("cost of 10 x the types, by type", measure(OPEN, synthetic(100000), "10") / 10,
    measure(OPEN, synthetic(10000), "10"), "ms", "1", "10,000 structs, opened and searched")
  local types = synthetic(20000)
  add("cost of 10 x the relocations, by relocation", resolving({ synthetic(20000, 20000) }, { types }) / 10,
    resolving({ synthetic(20000, 2000) }, { types }), "ms", "1", "2,000 relocations, each of its own type")
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
  local by_policy = PAIRS:gsub("object:results%(target%)", "object:results(target, { policy = policy })")
  args = concat(objects, kernels)
  plain = measure(PAIRS .. "print(clock() * 1e3)", table.unpack(args))
  for _, policy_of in ipairs { { "a policy that mends missing fields", [[btfl.policy {
      name = "mine", when = { member = "no-field" },
      member = function(m, target, default)
        if m.name == "state" then return target:member "__state" end
        return default()
      end }]] }, { "the kernel's rules", 'btfl.policy "kernel"' }, { "cilium's", 'btfl.policy "cilium"' },
    { "aya's", 'btfl.policy "aya"' } } do
    local by = measure("local policy = " .. policy_of[2] .. by_policy .. "print(clock() * 1e3)", table.unpack(args))
    add(("%d objects x %d kernels by %s: CPU"):format(#objects, #kernels, policy_of[1]), by, plain, "ms", "80 ms",
      "libbpf's rules, in btfl")
  end
end

-- Millions of instructions, which do not depend on what else the machine does.
local function instructions(command)
  local log = dir .. "/callgrind"
  shell(("valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file=%s %s >%s.out"):format(log, command, log))
  return tonumber((shell("cat " .. log):match "Collected : (%d+)")) / 1e6
end

local function callgrind()
  if shell "command -v valgrind || true" == "" then
    io.stderr:write "bench: without valgrind no instructions are counted\n"
    return
  end
  local at = quote(OBJECT) .. " -t " .. quote(kernel)
  add("relos, one object, one kernel: instructions", instructions(PROGRAM .. " relos " .. at),
    instructions("build/peer/relocate " .. quote(OBJECT) .. " " .. quote(kernel)), "million", "-", "libbpf")
  add("check, one object, one kernel: instructions", instructions(PROGRAM .. " check " .. at),
    instructions(PROGRAM .. " relos " .. at), "million", "-", "btfl relos of the same")
  local find = PROGRAM .. [[ -e 'btfl.btf(arg[1]):find "task_struct"' ]]
  add("open a kernel's BTF: instructions", instructions(find .. quote(kernel)),
    instructions("build/peer/libbpf_bench open " .. quote(kernel) .. " 1"), "million", "-", "libbpf")
  add("minbtf, one object, one kernel: instructions",
    instructions(("%s minbtf %s -o %s/ours.btf"):format(PROGRAM, at, dir)),
    instructions(("bpftool gen min_core_btf %s %s/theirs.btf %s"):format(quote(kernel), dir, quote(OBJECT))),
    "million", "-", "bpftool")
end

local measured = {
  relos = one_object, open = open_btf, many = many, hook = one_hook, workers = workers, verdicts = verdicts,
  matrix = matrix, series = series, memory = memory, walk = walk, minbtf = minbtf, types = printing, study = study,
  growth = growth, instructions = callgrind,
}
for _, part in ipairs(PARTS) do
  if (cli.args.only or part) == part then measured[part]() end
end
os.execute("rm -rf " .. quote(dir))
return out
