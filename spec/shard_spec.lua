--- A matrix in parts, made by several processes or machines, and put together again.
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FORMATS = { "text", "json", "jsonl", "tsv", "sarif", "junit", "github", "markdown" }

describe("btfl matrix --shard", function()
  teardown(tmp.clean)

  local objects, kernels

  setup(function()
    objects = {
      reading.object("p.bpf.o", { name = "one", { "pid", line = 7 }, { "state", line = 8 } },
        { name = "two", section = "raw_tp/two", { "flags", line = 9, text = "x = \xff\xfe;" } }),
      reading.object("q\xff%.bpf.o", { { "comm", line = 7, file = "\xe9.c" } }),
    }
    kernels = {}
    for i, members in ipairs { { "pid" }, { "pid", "state" }, { "pid", "state", "flags" }, { "pid" }, { "comm" },
      { "pid", "state" }, { "other" } } do
      kernels[i] = reading.kernel(("k/6.%d.1-x.btf"):format(i), table.unpack(members))
    end
  end)

  local function words_of(command, targets, ...)
    local list = { command, table.unpack(objects) }
    for _, target in ipairs(targets) do table.move({ "-t", target }, 1, 2, #list + 1, list) end
    return table.move({ ... }, 1, select("#", ...), #list + 1, list)
  end

  local function words(targets, ...) return words_of("matrix", targets, ...) end

  -- The paths of n parts.
  local function parts_of(n, targets, ...)
    local list = {}
    for i = 1, n do
      list[i] = tmp.path(("part-%d-%d.jsonl"):format(i, n))
      os.remove(list[i])
      run(words(targets, "--shard", ("%d/%d"):format(i, n), "-o", list[i], ...))
    end
    return list
  end

  -- junit has the time of its run.
  local AT_ONE_TIME = { env = { SOURCE_DATE_EPOCH = "86400" } }

  local function merge(parts, ...)
    local list = { "merge", table.unpack(parts) }
    return run(table.move({ ... }, 1, select("#", ...), #list + 1, list), AT_ONE_TIME)
  end

  local function same(formats, targets, n, ...)
    local parts = parts_of(n, targets, ...)
    -- In another order than that of their numbers.
    table.insert(parts, table.remove(parts, 1))
    for _, format in ipairs(formats) do
      local whole, merged = run(words(targets, "--format", format, ...), AT_ONE_TIME),
        merge(parts, "--format", format)
      assert.equal(whole.out, merged.out, format)
      assert.equal(whole.status, merged.status)
      assert.equal((whole.err:gsub("btfl matrix: ", "btfl merge: ")), merged.err)
    end
  end

  it("merges to what the run without gives, byte for byte", function()
    same(FORMATS, kernels, 3)
    for _, n in ipairs { 1, 2, 7 } do same({ "json" }, kernels, n) end
  end)

  it("does so with more shards than kernels, a kernel twice, and a folder of them", function()
    same({ "json" }, { kernels[1], kernels[1], kernels[2] }, 5)
    same({ "json" }, { tmp.path "k" }, 3)
    same({ "text" }, { kernels[3], tmp.path "k", kernels[3] }, 2)
  end)

  it("does so where kernels and objects cannot be read, and names are of none", function()
    local broken = tmp.write("6.2.5-broken.btf", run.read(kernels[2]):sub(1, -9))
    finally(function() table.remove(objects, 2) end)
    table.insert(objects, 2, tmp.path "none.o")
    same(FORMATS, { kernels[1], tmp.path "missing.btf", broken, tmp.path "none*", kernels[2], broken }, 3,
      "--skip", "nobody", "--release", "6.1.1-x=6.1.1", "--release", "nowhere=5.4.1")
  end)

  it("does so with what a tool sets, and shows another side", function()
    same({ "json", "text" }, kernels, 2, "--skip", "two", "--only", "relocation")
    local parts = parts_of(2, kernels)
    assert.equal(run(words(kernels, "--by", "program")).out, merge(parts, "--by", "program").out)
  end)

  it("does so with a project file, which says what fails", function()
    local function project(text) return "--project", tmp.write("p.lua", text) end
    same(FORMATS, kernels, 3, project [[return { optional = "tw*", ignore = {
      { rule = "no-field", program = "one", target = "6.1.1-x", because = "old" },
      { rule = "no-field", object = "nosuch", because = "misspelt" },
      { rule = "no-type", target = "6.2*", because = "unused" },
      { program = "one", because = "over", until_ = "2020-01-01" } } }]])
    same({ "json" }, kernels, 3, project [[return { fail_on = "no-attach" }]])
    same({ "json" }, kernels, 3, "--fail-on", "no-attach")
    same({ "text" }, kernels, 3, "--skip", "one", project [[return { ignore = {
      { program = "one", because = "unused, which another run than the file's does not tell" } } }]])
  end)

  it("names what is missing, and tells the rest", function()
    local parts = parts_of(3, kernels)
    local r = merge({ parts[1], parts[3] }, "--format", "json")
    assert.equal(2, r.status)
    assert.equal(("btfl merge: shard 2/3 is missing: %s, %s\n"):format(kernels[3], kernels[4]), r.err)
    local whole, rest = require("btfl").report.read(run(words(kernels, "--format", "json")).out), {}
    for _, row in ipairs(whole.rows) do
      if row.target ~= "6.3.1-x" and row.target ~= "6.4.1-x" then rest[#rest + 1] = row.target .. row.state end
    end
    for i, row in ipairs(require("btfl").report.read(r.out).rows) do assert.equal(rest[i], row.target .. row.state) end
    assert.equal(10, #rest)
  end)

  local function refused(parts, why)
    local r = merge(parts)
    assert.same({ "", 2 }, { r.out, r.status })
    assert.is_truthy(r.err:find(why, 1, true), r.err)
    assert.matches("^btfl: [^\n]+\n$", r.err)
  end

  it("is refused twice, and with parts of another run", function()
    local parts = parts_of(2, kernels)
    refused({ parts[1], parts[1], parts[2] }, "part-1-2.jsonl: shard 1/2, as ")
    local function other(i, n, targets, ...)
      local path = tmp.path "other.jsonl"
      run(words(targets, "--shard", ("%d/%d"):format(i, n), "-o", path, ...))
      return path
    end
    refused({ parts[1], other(2, 3, kernels) }, "other.jsonl: of another number of shards than ")
    refused({ parts[1], other(2, 2, { kernels[1], kernels[2] }) }, "of other kernels, or of another order of them")
    refused({ parts[1], other(2, 2, kernels, "--skip", "two") }, "made with other options than ")
    local bytes = run.read(objects[1])
    run.write(objects[1], bytes .. "\0")
    refused({ parts[1], other(2, 2, kernels) }, "of other objects than ")
    run.write(objects[1], bytes)
  end)

  it("is told where it is cut off or was changed, and the rest is merged", function()
    local parts = parts_of(2, kernels)
    local text = run.read(parts[2])
    local lines = select(2, text:gsub("\n", ""))
    assert.is_true(lines > 5)
    local broken = { "", "\n", "{}\n", "7", text:sub(1, -2), text:sub(2), text .. "\n", text .. text,
      (text:gsub("state", "stale", 1)), (text:gsub("\n[^\n]*\n", "\n", 1)), "\xff\xfe\0" .. text,
      (text:gsub('"part":2', '"part":3')) }
    for at = 1, #text - 1, #text // 12 do broken[#broken + 1] = text:sub(1, at) end
    for _, bytes in ipairs(broken) do
      local path = tmp.write("broken.jsonl", bytes)
      local r = merge({ parts[1], path })
      assert.equal(2, r.status)
      assert.matches("^btfl merge: [^\n]*broken.jsonl: [^\n]+\nbtfl merge: shard 2/2 is missing: [^\n]+\n$", r.err)
      assert.matches("6.1.1%-x", r.out)
      r = merge { path }
      assert.same({ 2, "" }, { r.status, r.out })
      assert.matches("^btfl merge: [^\n]+\n$", r.err)
    end
  end)

  -- Somebody may have written the digest, too.
  it("is believed nothing that a part may not say", function()
    local project = tmp.write("p.lua", [[return { ignore = { { program = "none", because = "x" } } }]])
    local engine, text = require "btfl.engine", run.read(parts_of(1, kernels, "--project", project)[1])
    local body = text:match "^(.*\n)[^\n]*\n$"
    local function forged(change)
      local changed = change(body)
      assert.is_false(body == changed)
      local _, count = changed:gsub("\n", "")
      local ending = ('{"digest":"%s","lines":%d}\n'):format(engine.digest(changed), count)
      return tmp.write("forged.jsonl", changed .. ending)
    end
    for old, new in pairs {
      ['"state":"rejected"'] = '"state":"delighted"', ['"level":"error"'] = '"level":"grave"', ['"rule":'] = '"role":',
      ['"shard":{"i":1,"n":1}'] = '"shard":{"i":2,"n":1}', ['"cells":%[%['] = '"cells":[["x"],[',
      ['"kernel":{'] = '"kernel":[],"x":{', ['"name":"6'] = '"game":"6', ['"path":"/'] = '"path":7,"x":"/',
      ['"case":{'] = '"case":[{', ['"programs":%['] = '"programs":[1,', ['"failures":%{'] = '"failures":{"a":1',
      ['"%%line":true'] = '"%%line":null', ['"file":"'] = '"file":7,"x":"', ['"btfl":"'] = '"btfl":[],"x":"',
      ['"objects":%['] = '"objects":[[],', ['"%%b'] = '"%%q', ['"programs":%[{"name"'] = '"programs":[{"game"',
      ['"ignore":%['] = '"ignore":[7,', ['"ignore":'] = '"ignore":7,"x":', ['"because":'] = '"cause":',
      ['"options":{'] = '"options":{"fail_on":"x",',
    } do
      local path = forged(function(bytes) return (bytes:gsub(old, new, 1)) end)
      local r = merge { path }
      assert.equal(2, r.status, new)
      assert.matches("^btfl[^\n]*forged.jsonl: [^\n]+\n$", r.err)
    end
  end)

  it("is whole or not there", function()
    local pipe, part = tmp.path "6.9.9-pipe.btf", tmp.path "killed.jsonl"
    assert.is_truthy(os.execute("mkfifo " .. run.quote(pipe)))
    local list = { "timeout", "-s", "KILL", "0.5", run.btfl, table.unpack(words({ kernels[1], pipe })) }
    local r = run.program(table.move({ "--shard", "1/1", "-o", part }, 1, 4, #list + 1, list))
    assert.not_equal(0, r.status)
    assert.is_nil(io.open(part))
  end)

  for _, command in ipairs { "matrix", "check" } do
    it("is made by make, again where a part is missing: " .. command, function()
      local folder = tmp.mkdir("made-" .. command)
      local names = {}
      for i, path in ipairs(objects) do names[i] = run.quote(path) end
      run.write(folder .. "/Makefile", ([[
PARTS = part.1 part.2 part.3 part.4
all.json: $(PARTS)
	%s merge $(PARTS) --format json -o $@ || [ $$? = 1 ]
part.%%:
	%s %s %s -t %s --shard $*/4 -o $@
]]):format(run.btfl, run.btfl, command, (table.concat(names, " "):gsub("%$", "$$")), run.quote(tmp.path "k")))
      local make = ("env -u MAKEFLAGS -u MAKELEVEL make -s -j2 -C %s all.json 2>&1"):format(folder)
      local out, _, status = tmp.run(make)
      assert.equal(0, status, out)
      local whole = run(words_of(command, { tmp.path "k" }, "--format", "json")).out
      assert.equal(whole, run.read(folder .. "/all.json"))
      os.remove(folder .. "/part.3")
      os.remove(folder .. "/all.json")
      assert.equal(0, (select(3, tmp.run(make))))
      assert.equal(whole, run.read(folder .. "/all.json"))
    end)

    it("is made by make that was killed, of which the parts that are whole stay: " .. command, function()
      local folder, names = tmp.mkdir("killed-" .. command), {}
      for i, path in ipairs(objects) do names[i] = run.quote(path) end
      -- One part waits for a file; what is made meanwhile is kept.
      run.write(folder .. "/Makefile", ([[
PARTS = part.1 part.2 part.3
all.json: $(PARTS)
	%s merge $(PARTS) --format json -o $@ || [ $$? = 1 ]
part.%%:
	[ $* != 2 ] || [ -e go ] || sleep 60
	%s %s %s -t %s --shard $*/3 -o $@
]]):format(run.btfl, run.btfl, command, (table.concat(names, " "):gsub("%$", "$$")), run.quote(tmp.path "k")))
      local make = ("cd %s || exit; env -u MAKEFLAGS -u MAKELEVEL %%s make -s -j2 all.json >log 2>&1 "):format(folder)
      local waited = "& make=$!; for i in $(seq 200); do [ -e part.1 -a -e part.3 ] && break; sleep 0.1; done; "
        .. "kill -KILL -- -$make"
      tmp.run(make:format "setsid" .. waited)
      assert.is_nil(io.open(folder .. "/part.2"))
      local before = tmp.run(("stat -c %%i %s/part.1 %s/part.3"):format(folder, folder))
      run.write(folder .. "/go", "")
      assert.equal(0, (select(3, tmp.run(make:format ""))), run.read(folder .. "/log"))
      assert.equal(run(words_of(command, { tmp.path "k" }, "--format", "json")).out, run.read(folder .. "/all.json"))
      assert.equal(before, (tmp.run(("stat -c %%i %s/part.1 %s/part.3"):format(folder, folder))))
    end)

    it("is made by GNU parallel, and by jobs that count from 0: " .. command, function()
      local folder = tmp.mkdir("jobs-" .. command)
      local whole, list = run(words_of(command, { tmp.path "k" }, "--format", "json")).out, { run.quote(run.btfl) }
      for i, word in ipairs(words_of(command, { tmp.path "k" })) do list[i + 1] = run.quote(word) end
      local line = table.concat(list, " ")
      tmp.run(("for index in 0 1 2; do %s --shard $((index + 1))/3 -o %s/job.$index; done"):format(line, folder))
      local function merged(pattern)
        return (tmp.run(("%s merge %s/%s --format json"):format(run.quote(run.btfl), folder, pattern)))
      end
      assert.equal(whole, merged "job.*")
      local is_gnu = run.program({ "sh", "-c", "parallel --version | grep GNU" }).status == 0
      if not is_gnu then return pending "no GNU parallel" end
      tmp.run(("parallel --will-cite -j2 %s --shard {}/3 -o %s/part.{} ::: 1 2 3"):format(run.quote(line), folder))
      assert.equal(whole, merged "part.*")
    end)
  end

  it("refuses what is no part of anything, and what is of the whole", function()
    for _, shard in ipairs { "0/2", "3/2", "x", "1", "1/0", "1/2/3", "1.5/2" } do
      local r = run(words(kernels, "--shard", shard))
      assert.same({ "", 2 }, { r.out, r.status })
      assert.matches("^btfl matrix: [^\n]*%-%-shard[^\n]*\n", r.err)
    end
    for _, option in ipairs { "--baseline", "--write-baseline", "--by" } do
      local r = run(words(kernels, "--shard", "1/2", option, option == "--by" and "object" or tmp.path "x"))
      assert.same({ "", 2 }, { r.out, r.status })
    end
  end)
end)
