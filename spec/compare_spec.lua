--- What became worse, and what better, from one build to another.
local btfl = require "btfl"
local dkjson = require "dkjson"
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- Says at its end how much memory the program had at most, in KiB.
local AT_END <const> = [[at_end = setmetatable({}, { __gc = function()
  local status <close> = io.open "/proc/self/status"
  io.stderr:write(status:read "a":match "VmHWM:%s+(%d+)", "\n")
end })]]

describe("btfl compare", function()
  teardown(tmp.clean)

  local first, second

  setup(function()
    first, second = reading.kernel("6.1.1.btf", "pid", "flags"), reading.kernel("6.2.1.btf", "pid", "state")
  end)

  local function compare(old, new, format)
    local words = { "compare", "-t", first, "-t", second, "--format", format }
    for _, list in ipairs { old, { "--" }, new } do table.move(list, 1, #list, #words + 1, words) end
    return run(words)
  end

  -- Its rows in short: "worse gate.bpf.o prog 6.1.1 state - error".
  local function changes(old, new)
    local r = compare(old, new, "json")
    local report, list = assert(dkjson.decode(r.out), r.err), {}
    for i, row in ipairs(report.rows) do
      list[i] = table.concat({ row.change, row.object, row.program or "*", row.target,
        row.message:match "`(.-)`" or row.rule, row.was, row.is }, " ")
    end
    return list, r.status, report
  end

  local function build(folder, ...)
    return reading.object(folder .. "/gate.bpf.o", ...)
  end

  it("has few kernels open, however many there are, and says the same in several processes", function()
    local old = build("old", { { "state", line = 7 } })
    local new = build("new", { { "pid", line = 7 } })
    local paths, long, bytes = {}, {}, 0
    for k = 1, 5000 do long[k] = ("x"):rep(200) .. k end
    for i = 1, 30 do
      paths[i] = reading.kernel(("6.8.%d.btf"):format(i), "pid", i % 2 == 0 and "state" or "flags", table.unpack(long))
      bytes = #run.read(paths[i])
    end
    local function of(count, ...)
      local words = { "compare", old, "--", new, ... }
      for i = 1, count do table.move({ "-t", paths[i] }, 1, 2, #words + 1, words) end
      return run(words, { env = { LUA_INIT = AT_END } })
    end
    local few, many = of(4), of(30)
    assert.matches("1 better", many.out)
    assert.equal(many.out, of(30, "-j", "3").out)
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    few, many = tonumber(few.err), tonumber(many.err)
    assert.is_true(many - few < 4 * bytes >> 10, ("%d KiB, then %d; each %d"):format(few, many, bytes >> 10))
  end)

  it("says what is new and what is gone, on which kernels, and is 1 for what is worse", function()
    local old = build("old", { { "state", line = 7 } }, { name = "two", section = "raw_tp/two", { "pid", line = 8 } })
    local new = build("new", { { "pid", line = 7 } }, { name = "two", section = "raw_tp/two", { "flags", line = 8 } })
    local list, status, report = changes({ old }, { new })
    assert.same({ "worse gate.bpf.o two 6.2.1 flags - error", "better gate.bpf.o prog 6.1.1 state error -" }, list)
    assert.equal(1, status)
    assert.equal(1, #report.findings)
    assert.same({ "error", "no-field", new, "6.2.1", "worse: it is new" }, { report.findings[1].level,
      report.findings[1].rule, report.findings[1].object, report.findings[1].target, report.findings[1].notes[1] })
    assert.equal("1 worse, 1 better, 0 changed; 1 object on 2 kernels", report.summary[1].text)
    list, status = changes({ new }, { new })
    assert.same({ {}, 0 }, { list, status })
  end)

  it("has nothing to say of a failure that moves to another line", function()
    local old = build("old", { { "state", line = 7 } })
    local new = build("new", { { "pid", line = 6 }, { "state", line = 70, text = "y = READ(t)" } })
    assert.same({}, (changes({ old }, { new })))
  end)

  it("calls nothing worse of a program that did not load before", function()
    -- What stands behind a failure is not reached: mending the first of two shows the second.
    local old = build("old", { { "comm", line = 6 }, { "state", line = 7 } })
    local new = build("new", { { "pid", line = 6 }, { "state", line = 7 } })
    local list, status = changes({ old }, { new })
    assert.same({ "better gate.bpf.o prog 6.2.1 comm error -", "changed gate.bpf.o prog 6.1.1 state warning error",
      "changed gate.bpf.o prog 6.1.1 comm error -" }, list)
    assert.equal(0, status)
    -- The other way round it does not load where it did.
    list, status = changes({ new }, { old })
    assert.equal("worse gate.bpf.o prog 6.2.1 comm - error", list[1])
    assert.equal(1, status)
  end)

  it("calls a warning that is new worse, and one that becomes an error", function()
    local function said(level)
      local out = btfl.report "check"
      out:summary { object = "a/x.o", target = "k" }
      if level then out[level](out, { rule = "r", message = "m", object = "a/x.o", program = "p", target = "k" }) end
      return out:merge()
    end
    local function result(old, new)
      local out = btfl.compare(said(old), said(new))
      return out.rows[1] and out.rows[1].change, out.status
    end
    assert.same({ "worse", 1 }, { result(nil, "warning") })
    assert.same({ "worse", 1 }, { result("warning", "error") })
    assert.same({ "better", 0 }, { result("error", "warning") })
    assert.same({ "better", 0 }, { result("warning", nil) })
    assert.same({ nil, 0 }, { result("warning", "warning") })
    assert.same({ nil, 0 }, { result("note", nil) })
    assert.same({ nil, 0 }, { result(nil, "note") })
  end)

  it("calls it worse that the whole object is refused", function()
    local old = build("old", { { "pid", line = 7 } })
    local new = build("new", { endian = "big", { "pid", line = 7 } })
    local list, status = changes({ old }, { new })
    assert.same({ { "worse gate.bpf.o * 6.1.1,6.2.1 byte-order - error" }, 1 }, { list, status })
  end)

  it("pairs objects by name, of one name by folder, and tells those that only one side has", function()
    local old = { reading.object("out1/x86/p.bpf.o", { { "pid", line = 7 } }),
      reading.object("out1/arm64/p.bpf.o", { { "state", line = 7 } }),
      reading.object("out1/gone.bpf.o", { { "state" } }) }
    local new = { reading.object("out2/arm64/p.bpf.o", { { "state", line = 7 } }),
      reading.object("out2/x86/p.bpf.o", { { "state", line = 7 } }), reading.object("out2/came.bpf.o", { { "pid" } }) }
    local list, status, report = changes(old, new)
    assert.same({ { "worse x86/p.bpf.o prog 6.1.1 state - error" }, 1 }, { list, status })
    assert.same({ "no more there: gone.bpf.o", "new, and all that fails of it is worse: came.bpf.o" },
      report.findings[2].notes)
  end)

  it("says the same of two reports, in json and jsonl", function()
    local old = build("old", { { "state", line = 7 } })
    local new = build("new", { { "flags", line = 7 } })
    local function check(object, format, command)
      local path = tmp.path(("%s.%s"):format(object:match "[^/]*/gate":gsub("/.*", ""), format))
      run { command or "check", object, "-t", first, "-t", second, "--format", format, "-o", path }
      return path
    end
    local function compared(...)
      local r = run { "compare", "--format", "tsv", ... }
      return { r.out, r.status }
    end
    local expected = compared(old, new, "-t", first, "-t", second)
    assert.equal(1, expected[2])
    for _, format in ipairs { "json", "jsonl" } do
      assert.same(expected, compared(check(old, format), "--", check(new, format)))
      assert.same(expected, compared(check(old, format, "matrix"), check(new, format, "matrix")))
    end
  end)

  it("compares reports on kernels that both have", function()
    local object = build("new", { { "state", line = 7 } })
    local function on(name, ...)
      local words = { "check", object, "--format", "json", "-o", tmp.path(name) }
      for _, target in ipairs { ... } do table.move({ "-t", target }, 1, 2, #words + 1, words) end
      run(words)
      return tmp.path(name)
    end
    local r = run { "compare", "--format", "json", on("one.json", second), on("both.json", first, second) }
    local report = dkjson.decode(r.out)
    assert.same({ {}, 0 }, { report.rows, r.status })
    assert.same({ "only the new one has the kernel, which is not compared: 6.1.1" }, report.findings[1].notes)
  end)

  it("takes options behind the second side, and kernels that a pattern of the shell has put there", function()
    local old, new = build("old", { { "pid", line = 7 } }), build("new", { { "state", line = 7 } })
    local r = run { "compare", old, "--", new, "-t", second, first }
    assert.equal(1, r.status)
    assert.matches("1 worse, 0 better, 0 changed; 1 object on 2 kernels\n$", r.out)
  end)

  it("shows all that became worse in each format", function()
    local old, new = build("old", { { "pid", line = 7 } }), build("new", { { "state", line = 7 } })
    for _, format in ipairs { "text", "markdown", "sarif", "junit", "github", "json", "jsonl", "tsv" } do
      local r = compare({ old }, { new }, format)
      assert.equal(1, r.status)
      assert.matches("no.-member", r.out)
    end
  end)

  it("is 2 for what cannot be compared", function()
    local object = build("new", { { "pid", line = 7 } })
    local report, broken = tmp.path "r.json", tmp.write("broken.json", "{\"report\":")
    run { "check", object, "-t", first, "--format", "json", "-o", report }
    for _, words in ipairs { { object }, { object, "--" }, { "--", object }, { object, "--", object, "--", object },
      { object, report }, { report, report, "-t", first }, { report, broken }, { object, tmp.path "none.o" },
      { object, object, "-t", tmp.path "none.btf" }, { report, object } } do
      local r = run { "compare", table.unpack(words) }
      assert.equal(2, r.status, table.concat(words, " "))
      assert.matches("^btfl[^\n]+\n", r.err)
    end
    local matrix = tmp.path "m.json"
    run { "matrix", object, "-t", first, "--format", "json", "-o", matrix }
    assert.same({ "btfl: a report of btfl check is not compared with one of btfl matrix\n", 2 },
      { run({ "compare", report, matrix }).err, run({ "compare", report, matrix }).status })
    local bad = tmp.path "bad.json"
    run { "check", object, tmp.path "none.o", "-t", first, "--format", "json", "-o", bad }
    local r = run { "compare", bad, report }
    assert.equal(2, r.status)
    assert.matches("bad.json: .-none.o", r.err)
  end)
end)

describe("a report as jsonl", function()
  it("is read again", function()
    local out = btfl.report("ours", { columns = { "a", "b" } })
    out:row { a = 1, b = "x" }
    out:error { rule = "r", message = "m", at = "a.c:1", details = { access = "t.x" } }
    out:summary { object = "o", target = "t", text = "so" }
    out:failure "no such file"
    local text = out:render "jsonl"
    assert.equal(text, btfl.report.read(text):render "jsonl")
  end)

  it("is refused by its line where it is damaged", function()
    for text, line in pairs { ['{"a":1}\n{"b":'] = 2, ['{"a":1}\n[]\n'] = 2, ['{"a":1}\n\n7\n'] = 2,
      ['{"level":"error","rule":"r","message":"m","at":{}}\n'] = false } do
      local ok, why = pcall(btfl.report.read, text, "x.jsonl")
      assert.is_false(ok)
      assert.matches("^x.jsonl: no report that btfl wrote: " .. (line and "line " .. line or ""), tostring(why))
    end
  end)
end)
