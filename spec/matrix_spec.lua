--- Every object on every kernel: cells, which kernels are one case, and the picture.

local btf = require "spec.support.btf"
local btfl = require "btfl"
local kernels = require "spec.support.kernel"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- An object whose program reads task.pid, in 8 bytes.
local function reader()
  local b = btf.new()
  local int = b:int("int", 4)
  local task = b:struct("task", 8, { { "pad", int, 0 }, { "pid", int, 32 } })
  local o = object.new(b)
  o:program { name = "reader", section = "raw_tp/sched_switch", insns = {
    object.ldx(8, 1, 1, 0), object.ldx(4, 0, 1, 4), object.exit(),
  }, relos = { { insn = 1, type = task, access = "0:1", kind = 0 } } }
  return tmp.write("reader.bpf.o", o:bytes())
end

-- A kernel whose struct task has these members of 4 bytes.
local function kernel(folder, name, ...)
  tmp.mkdir(folder)
  local b = btf.new()
  local int, members = b:int("int", 4), {}
  for i, member in ipairs { ... } do members[i] = { member, int, (i - 1) * 32 } end
  b:struct("task", 4 * #members, members)
  return tmp.write(folder .. "/" .. name .. ".btf", b:bytes())
end

-- An object of n programs of one source line, each of which looks at argument 2 of tracepoint f.
local function watchers(count)
  local b = btf.new()
  b:int("int", 4)
  local o = object.new(b)
  for i = 1, count do
    o:program { name = ("watcher%d"):format(i), section = "raw_tp/f", insns = {
      object.ldx(8, 6, 1, 8), object.insn(0x15, 6, 0, 0, 0), object.mov(0, 0), object.exit(),
    }, lines = { { insn = 0, file = "w.bpf.c", line = 7, text = "if (!b)" } } }
  end
  return tmp.write(("watchers%d.bpf.o"):format(count), o:bytes())
end

-- A kernel where f has as many parameters.
local function traced(name, count)
  local b = kernels.new { prog_type = kernels.PROG_TYPES }
  local int, params = b:int("int", 4, "signed"), {}
  for i = 1, count do params[i] = { ("arg%d"):format(i), int } end
  kernels.tracepoint(b, "f", params)
  return tmp.write(name .. ".btf", b:bytes())
end

describe("a matrix", function()
  local path, folder, paths

  setup(function()
    path, folder = reader(), tmp.path "kernels"
    paths = {
      kernel("kernels", "5.10.1-amd64", "pid"), kernel("kernels", "5.15.2-amd64", "pad", "pid"),
      kernel("kernels", "6.1.3-amd64", "pad", "pid"), kernel("kernels", "6.6.4-amd64", "pad", "tgid"),
    }
  end)
  teardown(tmp.clean)

  local function collect(...)
    local list = {}
    for cell in btfl.matrix(...) do
      list[#list + 1] = ("%s %s %d"):format(cell.target, cell.state, cell.case)
    end
    return list
  end

  it("has a cell for each object and kernel, and numbers cases as they come", function()
    assert.same({ "5.10.1-amd64 loads 1", "5.15.2-amd64 loads 1", "6.1.3-amd64 loads 1", "6.6.4-amd64 rejected 2" },
      collect({ path }, folder))
  end)

  it("is kernel after kernel", function()
    local order = {}
    for cell in btfl.matrix({ path, run.top .. "/spec/fixtures/example.bpf.o" }, paths) do
      order[#order + 1] = cell.target
    end
    local wanted = {}
    for i, name in ipairs { "5.10.1-amd64", "5.15.2-amd64", "6.1.3-amd64", "6.6.4-amd64" } do
      wanted[2 * i - 1], wanted[2 * i] = name, name
    end
    assert.same(wanted, order)
  end)

  it("leaves open what was given open", function()
    local o <close> = btfl.object(path)
    local a <close> = btfl.target(paths[1])
    local b <close> = btfl.target(paths[4])
    local said = collect({ o }, { a, b })
    assert.same({ "5.10.1-amd64 loads 1", "6.6.4-amd64 rejected 2" }, said)
    assert.equal("5.10.1", a.release)
  end)

  it("has a cell for a kernel that cannot be read, which is of no case, and goes on", function()
    local broken, other = tmp.write("broken.btf", "\x9f\xeb\1\0 damaged"), watchers(1)
    local list, why = {}, nil
    for cell, reason in btfl.matrix({ path, other }, { paths[1], broken, "no*thing", paths[4] }) do
      list[#list + 1] = cell and ("%s %s %s"):format(cell.target, cell.state, cell.case) or "nothing"
      why = reason or why
      if cell and cell.unread then assert.matches("broken%.btf: .*BTF header", cell.failures[1]) end
    end
    assert.same({ "5.10.1-amd64 loads 1", "5.10.1-amd64 loads 1", "broken unreadable nil", "broken unreadable nil",
      "nothing", "6.6.4-amd64 rejected 2", "6.6.4-amd64 loads 1" }, list)
    assert.matches("no*thing: no file matches", tostring(why), 1, true)
  end)

  it("shows that cell in all formats, and the failure once", function()
    local broken = tmp.write("6.1.9-broken.btf", "\x9f\xeb\1\0 damaged")
    local argv = { "matrix", path, watchers(2), "-t", paths[1], "-t", broken, "-t", paths[4], "--format" }
    local function of(format, ...)
      local words = table.move(argv, 1, #argv, 1, {})
      table.move({ format, ... }, 1, 1 + select("#", ...), #words + 1, words)
      local env = { env = { SOURCE_DATE_EPOCH = "1" } }
      local r = run(words, env)
      assert.equal(2, r.status)
      assert.equal(1, select(2, r.err:gsub("6.1.9%-broken.btf", "")), r.err)
      assert.equal(r.out, run(table.move({ "-j", "2" }, 1, 2, #words + 1, words), env).out)
      return r.out
    end
    local text = of "text"
    assert.matches("reader.bpf.o: 2 cases; to test them: 5.10.1-amd64, 6.6.4-amd64\n", text, 1, true)
    assert.matches("\n6.1.9-broken !X !X\n", text, 1, true)
    assert.matches("!X   2  it cannot be read\n", text, 1, true)
    assert.matches("reader.bpf.o\t6.1.9-broken\tdefault\tunreadable\t-\t0\n", of "tsv", 1, true)
    local value = require "dkjson".decode(of "json")
    assert.equal("unreadable", value.rows[3].state)
    assert.equal(1, #value.failures)
    assert.matches("<code>6&#46;1&#46;9-broken</code> | ❌X | ❌X |", of "markdown", 1, true)
    local xml = of "junit"
    assert.equal(2, select(2, xml:gsub('<testcase name="6.1.9%-broken"[^>]*>%s*<error message="[^"]*too few', "")))
    local page = require "dkjson".decode(of("html"):match '<script type="application/json" id="data">(.-)</script>')
    local case = page.columns[1].c[page.columns[1].at[2] + 1]
    assert.same({ "X", true, 1 }, { page.states[case.s + 1][1], case.u, #case.x })
    assert.matches("case 2 of 2", of "yaml", 1, true)
  end)

  it("looks at each shape for itself", function()
    local guards = run.top .. "/spec/fixtures/guards.clang19.o"
    local shapes = { plain = {}, set = { release = "6.1.0" } }
    local seen = {}
    for cell in btfl.matrix({ guards }, { paths[1] }, { shapes = shapes }) do seen[#seen + 1] = cell.shape end
    assert.same({ "plain", "set" }, seen)
  end)

  it("is at its end for good, and then a report of nothing", function()
    local matrix = btfl.matrix({ path }, { paths[1] })
    assert.equal("loads", matrix().state)
    assert.is_nil(matrix())
    assert.is_nil(matrix())
    local report = matrix:report()
    assert.same({ 0, 0, "" }, { #report.rows, report.status, report:render "text" })
  end)

  it("marks every program that takes an argument for another, though they are one finding", function()
    local states = {}
    for cell in btfl.matrix({ watchers(2) }, { traced("6.1.5-f", 1) }) do
      assert.equal(1, #cell.findings)
      for _, row in ipairs(cell.programs) do states[#states + 1] = row.program .. " " .. row.state end
    end
    assert.same({ "watcher1 drift", "watcher2 drift" }, states)
  end)

  it("says what is wrong with its arguments", function()
    assert.error_matches(function() btfl.matrix("x.o", folder) end, "table expected, got string")
    assert.error_matches(function() btfl.matrix({ path }, folder, { shape = {} }) end, "no option `shape`")
    assert.error_matches(function() btfl.matrix({ 1 }, folder) end, "number 1 is a number")
    assert.error_matches(function() btfl.matrix({ path }, folder):report { by = "row" } end,
      "object or program, not row")
  end)

  it("is a picture: cases first, then kernels down", function()
    local r = run { "matrix", path, "-t", folder }
    assert.equal(1, r.status)
    assert.equal([[
reader: 2 cases; to test them: 6.1.3-amd64, 6.6.4-amd64
  loads        5.10.1-amd64, 5.15.2-amd64, 6.1.3-amd64
  rejected     relocation task.pid: 6.6.4-amd64

  1  reader

             1
5.10.1-amd64 +L
5.15.2-amd64 +L
6.1.3-amd64  +L
6.6.4-amd64  !R

+L   3  loads
!R   1  the verifier rejects it

3 loads, 1 rejected
]], r.out)
  end)

  it("has a row for each cell, and what is said of a case once", function()
    local r = run { "matrix", path, "-t", folder, "--format", "tsv" }
    assert.equal(5, select(2, r.out:gsub("\n", "")))
    assert.matches("reader.bpf.o\t6.6.4-amd64\tdefault\trejected\t2\t1\n", r.out, nil, true)
    kernel("kernels", "6.6.5-amd64", "pad", "tgid")
    local found = require "dkjson".decode(run { "matrix", path, "-t", folder, "--format", "json" }.out)
    os.remove(folder .. "/6.6.5-amd64.btf")
    assert.equal(1, #found.findings)
    assert.same({ "6.6.4-amd64", "6.6.5-amd64" }, found.findings[1].targets)
  end)

  it("is the same picture when it is read again", function()
    local json = run { "matrix", path, "-t", folder, "--format", "json" }.out
    assert.equal(run({ "matrix", path, "-t", folder }).out, btfl.report.read(json):render "text")
  end)

  it("has cells in the same order from several processes, of kernels that can be numbered", function()
    local function cells(jobs, targets)
      local list = {}
      for cell, why in btfl.matrix({ path }, targets, { jobs = jobs }) do
        list[#list + 1] = cell and { cell.target, cell.state, cell.case, #cell.findings } or tostring(why)
      end
      return list
    end
    local words, open = { folder, "/no/such.btf", folder }, {}
    for target in btfl.targets(folder) do open[#open + 1] = target end
    for _, targets in ipairs { words, open } do assert.same(cells(1, targets), cells(3, targets)) end
    assert.has_error(function() cells(2, function() end) end,
      "bad argument #3 to 'matrix' (`jobs` does not go with kernels that a function gives)")
  end)

  -- The cell of a case of which a program of that number tells.
  local function numbered_cell(name, target, number)
    return { object = name, target = target.name, kernel = target, shape = "default", state = "rejected",
      case = number, findings = {}, programs = { { program = "p", state = "rejected", verdict = "rejected",
        rule = "no-field", name = "n" .. number } } }
  end

  it("has cells in any order", function()
    -- On kernels of which each has two objects, which change places.
    local many, list = 300, {}
    for n = 1, many do
      local target, even = { name = ("6.1.%d-amd64"):format(n), path = "k" .. n }, n % 2 == 0
      list[#list + 1] = numbered_cell(even and "a" or "b", target, n)
      list[#list + 1] = numbered_cell(even and "b" or "a", target, 200 % n)
    end
    local layout = require "btfl.matrix.layout".of { cells = list }
    assert.equal("object", layout.by)
    assert.equal(many, #layout.targets)
    assert.same({ rejected = 2 * many }, layout.count)
    for n = 1, many do
      for _, column in ipairs(layout.columns) do
        local number = (column.object == "a") == (n % 2 == 0) and n or 200 % n
        assert.equal("n" .. number, column.at[n].programs[1].name)
      end
    end
  end)

  it("has as many cases as are said", function()
    local target, list = { name = "6.1.1-amd64", path = "k" }, {}
    for n = 1, 66000 do list[n] = numbered_cell("a", target, n) end
    local cases = require "btfl.matrix.layout".of({ cells = list, by = "object" }).columns[1].cases
    assert.equal(#list, #cases)
    for n = 1, #list, 999 do assert.equal("n" .. n, cases[n].programs[1].name) end
  end)

  it("has cells that a script may change, with a row of each that was found", function()
    local report = btfl.matrix({ reader() }, { kernel("one", "5.10.1-amd64", "pid"),
      kernel("two", "6.1.2-amd64", "tgid") }):report()
    local cells, first = report.matrix.cells, report.matrix.cells[1]
    assert.is_nil(cells[0])
    assert.is_nil(cells[3])
    assert.equal(2, #cells)
    assert.same(first, cells[1])
    cells[2] = first
    assert.equal(first, cells[2])
    assert.equal(first.object, cells[1].object)
    assert.equal("5.10.1-amd64", report.matrix.cells[2].target)
    assert.equal("6.1.2-amd64", report.rows[2].target)
    report.rows[2] = report.rows[1]
    assert.matches("\t5.10.1%-amd64\t[^\n]*\n[^\n]*\t5.10.1%-amd64\t", report:render "tsv")
  end)

  it("has a row for each of two kernels of one name, by their paths", function()
    local twins = { kernel("one", "6.1.3-amd64", "pad", "pid"), kernel("two", "6.1.3-amd64", "pad", "tgid") }
    local text = btfl.matrix({ path }, twins):report():render("text", { width = 200 })
    assert.matches(twins[1] .. " +L\n" .. twins[2] .. " !R\n", text, nil, true)
    assert.matches("to test them: " .. twins[1] .. ", " .. twins[2] .. "\n", text, nil, true)
  end)

  it("names the newest kernel of a case by its release", function()
    local folders = { kernel("newest", "6.12.1-amd64", "pid"), kernel("newest", "6.6.1-amd64", "pid"),
      kernel("newest", "6.6.2-amd64", "pad", "tgid") }
    local text = btfl.matrix({ path }, folders):report():render "text"
    assert.matches("reader: 2 cases; to test them: 6.12.1-amd64, 6.6.2-amd64\n", text, nil, true)
  end)

  it("has a name of any length, and of any characters", function()
    local long = "6.1.0-" .. ("x"):rep(120)
    local text = btfl.matrix({ path }, { kernel("long", long, "pid") }):report():render "text"
    assert.matches("\n" .. long .. " +L\n", text, nil, true)
    text = btfl.matrix({ path }, { kernel("long", "6.1\1.0", "pid"), paths[1] }):report():render "text"
    assert.matches("\n6.1\\x01.0    +L\n5.10.1-amd64 +L\n", text, nil, true)
  end)

  it("keeps more than 99 columns apart", function()
    local text = btfl.matrix({ watchers(101) }, { traced("6.1.6-f", 2) }):report():render("text", { width = 1000 })
    assert.matches("\n +1   2   .* 99  100 101\n6%.1%.6%-f %+L  %+L  .* %+L\n", text)
    assert.matches("\n 99  watcher99\n100  watcher100\n", text, nil, true)
  end)

  it("has a row for a kernel on which no program was looked at", function()
    local b = btf.new { endian = "big" }
    b:struct("task", 4, { { "pid", b:int("int", 4), 0 } })
    local text = btfl.matrix({ path }, { paths[1], tmp.write("big2.btf", b:bytes()) }):report():render "text"
    assert.matches("\n5.10.1-amd64 +L\nbig2          -\n", text, nil, true)
  end)

  -- Characters of the longest line.
  local function widest(text)
    local most = 0
    for line in text:gmatch "[^\n]+" do most = math.max(most, utf8.len(line)) end
    return most
  end

  it("fits the window, as $COLUMNS or the terminal tells", function()
    local argv = { "matrix", watchers(30), path, "--by", "program" }
    for i = 1, 9 do
      argv[#argv + 1] = "-t"
      argv[#argv + 1] = kernel("many", ("6.%d.0-amd64"):format(i), "pad", i % 2 == 0 and "pid" or "tgid")
    end
    for columns, last in pairs { [40] = 9, [60] = 16, [107] = 31 } do
      local r = run(argv, { env = { COLUMNS = columns } })
      assert.is_true(widest(r.out) <= columns, r.out)
      assert.matches(("\n +1  2 .* %d\n"):format(last), r.out)
    end
    if not run.has_terminal() then return pending "no script(1)" end
    local words = { run.quote(run.btfl) }
    for i, word in ipairs(argv) do words[i + 1] = run.quote(word) end
    local shell = "stty cols 50; " .. table.concat(words, " ")
    local seen = run.program({ "script", "-qec", shell, "/dev/null" }, { env = { COLUMNS = false } }).out:gsub("\r", "")
    assert.is_true(widest(seen) <= 50, seen)
    assert.matches("\n +1  2 .* 13\n", seen)
  end)

  it("prints nothing of no kernel", function()
    local r = run { "matrix", path, "-t", "no*where" }
    assert.same({ "", 2 }, { r.out, r.status })
  end)

  it("does not hold an object of another byte order against a kernel", function()
    local b = btf.new { endian = "big" }
    b:struct("task", 4, { { "pid", b:int("int", 4), 0 } })
    local big = tmp.write("big.btf", b:bytes())
    assert.same({ "big not-applicable 1" }, collect({ path }, { big }))
  end)
end)
