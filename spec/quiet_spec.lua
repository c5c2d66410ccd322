--- --quiet: of what a command finds, text has only what fails, whichever command it is.
local btfl = require "btfl"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local FIXTURES = "spec/fixtures/"
local SMALL, NEWER = FIXTURES .. "small.btf", FIXTURES .. "6.19.14-amd64.btf"
local FAILS, LOADS = FIXTURES .. "example.bpf.o", FIXTURES .. "fixed.bpf.o"

describe("--quiet", function()
  after_each(tmp.clean)

  -- The first line of each finding in a text, and everything that is of none.
  local function heads_of(text)
    local heads, rest = {}, {}
    for line in text:gmatch "[^\n]+" do
      if line:find "^%l+%[" then heads[#heads + 1] = line:match "^%l+%[[^]]*%]"
      elseif not line:find "^ *%d* *[|=]" and not line:find "^ *%-%->" then rest[#rest + 1] = line end
    end
    return heads, rest
  end

  it("leaves errors, in full, and nothing else", function()
    for _, argv in ipairs {
      { "check", FAILS, LOADS, "-t", SMALL }, { "verdicts", FAILS, LOADS, "-t", SMALL },
      { "matrix", FAILS, LOADS, "-t", SMALL }, { "compare", LOADS, "--", FAILS, "-t", SMALL },
    } do
      local loud = run(argv)
      table.insert(argv, "--quiet")
      local r = run(argv)
      local heads, rest = heads_of(r.out)
      assert.same({ { "error[no-field]" }, {}, 1, 1 }, { heads, rest, loud.status, r.status }, argv[1])
      assert.matches("READ(state, task->state);", r.out, 1, true)
    end
  end)

  it("prints nothing where nothing fails, and keeps the status", function()
    for _, argv in ipairs {
      { "check", LOADS, "-t", SMALL, "--all" }, { "matrix", LOADS, "-t", SMALL }, { "list", SMALL },
      { "relos", FAILS, "-t", SMALL }, { "verdicts", LOADS, "-t", SMALL },
      { "check", FAILS, "-t", SMALL, "--only", "map-type" },
      { "history", "task_struct.state", "task_struct", "-t", SMALL, "-t", NEWER },
    } do
      local status = run(argv).status
      table.insert(argv, "-q")
      local r = run(argv)
      assert.same({ "", status }, { r.out, r.status }, argv[1])
    end
  end)

  it("keeps what fails for --fail-on, and not what is known", function()
    local silent = { "check", FIXTURES .. "silent.bpf.o", "-t", NEWER, "-q" }
    assert.same({ "", 0 }, { run(silent).out, run(silent).status })
    table.move({ "--fail-on", "warning" }, 1, 2, #silent + 1, silent)
    local r = run(silent)
    assert.matches("^error%[arg%-role%]", r.out)
    assert.equal(1, r.status)
    local known = tmp.mkdir "known" .. "/known.json"
    run { "check", FAILS, "-t", SMALL, "--write-baseline", known }
    r = run { "check", FAILS, "-t", SMALL, "--baseline", known, "-q" }
    assert.same({ "", 0 }, { r.out, r.status })
  end)

  it("does not hide an input that cannot be read", function()
    local r = run { "check", LOADS, "-t", SMALL, "-t", "no/such.btf", "-q" }
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("no/such.btf", r.err, 1, true)
  end)

  it("is of text: other formats are whole, and findings beside a table are text", function()
    for _, format in ipairs { "json", "tsv" } do
      local argv = { "verdicts", FAILS, LOADS, "-t", SMALL, "--format", format }
      local loud = run(argv)
      table.insert(argv, "-q")
      assert.equal(loud.out, run(argv).out)
    end
    local own = tmp.write("rows.lua", [[
local cli, out = btfl.cli { about = "rows" }, btfl.report("rows", { columns = { "a" } })
out:note { rule = "unknown", message = "a note" }
out:error { rule = "unknown", message = "an error" }
return out]])
    local argv = { own, FAILS, "-t", SMALL, "--format", "tsv" }
    assert.matches("a note", run(argv).err)
    table.insert(argv, "-q")
    local err = run(argv).err
    assert.matches("an error", err)
    assert.not_matches("a note", err)
  end)

  it("is an option of a report's text, for scripts", function()
    local out = btfl.report("own", { title = "a title" })
    out:warning { rule = "unknown", message = "a warning" }
    out:error { rule = "unknown", message = "an error" }
    out:text "a text"
    out:summary { ok = 1 }
    assert.equal("error[unknown]: an error\n", out:render("text", { quiet = true }))
    assert.matches("a warning.*a text.*ok 1", out:render "text")
  end)
end)
