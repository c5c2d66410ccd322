--- Rows that are said again of many kernels: report:again() adds what as many report:row() would.
local btfl = require "btfl"
local repeated = require "btfl.report.repeated"
local run = require "spec.support.run"
local summary_lines = require "btfl.report.summary"
local tmp = require "spec.support.tmp"

local ROWS = {
  { object = "a.o", program = "one", count = 3 },
  { object = "a.o", program = "two\t\1", name = "x" },
}
local VALUES = { "6.1", "6.12 \"quoted\"", "7\n0", "6.1" }

local function filled(add, columns)
  local out = btfl.report("again", { columns = columns, group = { "object", "target" },
    text = { "program", "count" } })
  out:row { object = "first.o", program = "p", target = "t" }
  for _, value in ipairs(VALUES) do add(out, value) end
  out:row { object = "last.o", program = "p", target = "t" }
  for _, value in ipairs { "x", "y" } do add(out, value) end
  return out
end

local function one_by_one(out, value)
  for _, row in ipairs(ROWS) do
    local own = { target = value }
    for name, field in pairs(row) do own[name] = field end
    out:row(own)
  end
end

local function again(out, value) out:again(ROWS, "target", value) end

-- The same with values of a list, of which some are added.
local function ranges(columns)
  local out = btfl.report("again", { columns = columns, group = { "object", "target" },
    text = { "program", "count" } })
  out:row { object = "first.o", program = "p", target = "t" }
  out:again(ROWS, "target", VALUES, 1, 3)
  out:again(ROWS, "target", VALUES, 3, 2)
  out:again(ROWS, "target", VALUES, 4, 4)
  out:row { object = "last.o", program = "p", target = "t" }
  out:again(ROWS, "target", { "w", "x", "y", "z" }, 2, 3)
  return out
end

describe("report:again", function()
  teardown(tmp.clean)

  it("prints in every format what rows one by one do, with the column anywhere", function()
    for _, columns in ipairs {
      { "object", "program", "count", "target", "name" }, { "target", "object", "program", "count", "name" },
      { "object", "program", "count", "name", "target" },
    } do
      local plain, shared = filled(one_by_one, columns), filled(again, columns)
      for _, format in ipairs { "text", "tsv", "json", "jsonl", "html", "markdown" } do
        assert.equal(plain:render(format), shared:render(format))
        assert.equal(plain:render(format), ranges(columns):render(format))
      end
    end
  end)

  it("prints them as text wherever they meet others, under any headings", function()
    local several = { ROWS[1], { object = "b.o", program = "one" }, { object = "b.o", program = "two" } }
    local text = { "program", "count", "name" }
    local function printed(add, group, shown)
      local columns = { "object", "program", "count", "target", "name" }
      local out = btfl.report("again", { columns = columns, group = group, text = shown })
      out:row { object = "a.o", program = "zero", target = "k1" }
      add(out, ROWS, "target", { "k1", "k1", "k2", "k2" })
      out:row { object = "a.o", program = "three", target = "k2" }
      add(out, several, "target", { "k2", "k1" })
      add(out, several, "name", { "n", "m" })
      out:row { object = "b.o", program = "two" }
      add(out, ROWS, "target", { "k3" })
      out:row { object = "a.o", program = "one", count = 3, target = "k4" }
      return out:render("text", { width = 60 })
    end
    local function all(out, rows, field, values) out:again(rows, field, values, 1, #values) end
    local function single(out, rows, field, values)
      for _, value in ipairs(values) do
        for _, row in ipairs(rows) do
          local own = { object = row.object, program = row.program, count = row.count, name = row.name }
          own[field] = value
          out:row(own)
        end
      end
    end
    for _, group in ipairs { { "object", "target" }, { "target" }, { "target", "object" }, { "object", "name" }, {} } do
      for _, shown in ipairs { text, { "target", "program" } } do
        assert.equal(printed(single, group, shown), printed(all, group, shown), table.concat(group, " "))
      end
    end
  end)

  it("shows them once as text, however many values they have", function()
    local function reads(count)
      local n, values = 0, {}
      for i = 1, count do values[i] = "k" .. i end
      local row = setmetatable({ object = "a.o", program = "p" }, { __index = function() n = n + 1 end })
      local out = btfl.report("again", { columns = { "object", "program", "name", "target" },
        group = { "object", "target" }, text = { "program", "name" } })
      out:again({ row }, "target", values, 1, count)
      assert.matches(("a.o, k1, k2, k3, k4 and %d more"):format(count - 4), out:render "text", 1, true)
      return n
    end
    assert.equal(reads(10), reads(1000))
  end)

  it("has rows as any report has", function()
    local columns = { "object", "program", "count", "target", "name" }
    local rows = filled(again, columns).rows
    assert.equal(14, #rows)
    local seen = {}
    for i, row in ipairs(rows) do seen[i] = ("%s %s"):format(row.target, row.program) end
    assert.equal(14, #seen)
    for _, i in ipairs { 1, 14, 7, 2, 13, 3, 4, 10 } do
      assert.equal(seen[i], ("%s %s"):format(rows[i].target, rows[i].program))
    end
    assert.is_nil(rows[15])
    assert.is_nil(rows[0])
    table.sort(rows, function(a, b) return a.target .. " " .. a.program < b.target .. " " .. b.program end)
    table.sort(seen)
    for i, row in ipairs(rows) do assert.equal(seen[i], ("%s %s"):format(row.target, row.program)) end
  end)

  it("adds them with each value of a list", function()
    local columns = { "object", "program", "count", "target", "name" }
    local one, several = filled(again, columns).rows, ranges(columns).rows
    assert.equal(#one, #several)
    for _, i in ipairs { 1, 14, 7, 2, 13, 3, 4, 10, 5, 6, 8, 9, 11, 12 } do
      assert.same({ one[i].target, one[i].program }, { several[i].target, several[i].program })
    end
    assert.is_nil(several[15])
    local list = {}
    for i = 1, 1000 do list[i] = "kernel " .. i end
    local out = btfl.report("again", { columns = columns })
    collectgarbage()
    collectgarbage()
    local before = collectgarbage "count"
    for _ = 1, 100 do out:again(ROWS, "target", list, 1, #list) end
    collectgarbage()
    assert.equal(200000, #out.rows)
    assert.is_true(collectgarbage "count" - before < 64)
  end)

  it("adds others with each, one after another", function()
    local columns = { "object", "program", "count", "target", "name" }
    local few = btfl.report("again", { columns = columns })
    local lists, values, seen = {}, {}, {}
    for i = 1, 12 do lists[i] = table.move(ROWS, 1, 1 + i % 2, 1, { { program = "list " .. i } }) end
    for i = 1, 3000 do values[i] = "kernel " .. i end
    local function program_of(i) return lists[i * i % 12 + 1] end
    for i, value in ipairs(values) do
      few:again(program_of(i), "target", values, i, i)
      for _, row in ipairs(program_of(i)) do seen[#seen + 1] = value .. row.program end
    end
    local rows = few.rows
    assert.equal(#seen, #rows)
    for i = 1, #seen do assert.equal(seen[i], rows[i].target .. rows[i].program) end
    for i = 1, #seen, 7 do
      local n = i * 7919 % #seen + 1
      assert.equal(seen[n], rows[n].target .. rows[n].program)
    end
    few:again(lists[1], "target", values, 1, 2)
    assert.equal("kernel 2", rows[#rows].target)
    local text = few:render "tsv"
    assert.equal(#rows + 1, select(2, text:gsub("\n", "")))
  end)

  it("takes little for each place where it changes", function()
    local list = {}
    for i = 1, 1000 do list[i] = "kernel " .. i end
    local out, others = btfl.report("again", { columns = { "object", "program", "count", "target", "name" } }), {}
    for i = 1, 4 do others[i] = { { program = "list " .. i } } end
    collectgarbage()
    collectgarbage()
    local before = collectgarbage "count"
    for _ = 1, 100 do
      for i = 1, #list do out:again(others[i % 4 + 1], "target", list, i, i) end
    end
    collectgarbage()
    collectgarbage()
    local each = (collectgarbage "count" - before) * 1024 / 100000
    assert.is_true(each < 12, each)
  end)

  it("gives its pieces as they are made, which are the whole", function()
    local columns = { "object", "program", "count", "target", "name" }
    local out = filled(again, columns)
    for i = 1, 4000 do again(out, "kernel " .. i) end
    for _, format in ipairs { "tsv", "jsonl" } do
      local parts = {}
      local rest = out:render(format, { put = function(text) parts[#parts + 1] = text end })
      assert.is_true(#parts > 1)
      assert.equal(out:render(format), table.concat(parts) .. rest)
    end
  end)

  it("makes one for each thing that summaries say of an object", function()
    local function lines_of(count, like, ...)
      local made = 0
      local function said(n) return n % 2 == 0 and "ok" or "not ok" end
      local kind = {
        count = function(own) return own.many end,
        make = function(own, n)
          made = made + 1
          return { object = own.path, target = "k" .. n, text = ("%s on k%d: %s"):format(own.path, n, said(n)) }
        end,
        about = function(own, n) return own.path, "k" .. n, nil, like and said(n) or nil end,
      }
      local list = repeated.from { { object = "a.o", target = "k0", text = "a.o on k0: ok" }, { ok = 1 } }
      for _, path in ipairs { "a.o", ... } do repeated.add(list, repeated.made({ path = path, many = count }, kind)) end
      return summary_lines(list), made
    end
    local lines, made = lines_of(1000, true)
    assert.equal(2, made)
    assert.same({ "a.o on k0, k2, k4, k6 and 497 more: ok", "ok 1",
      "a.o on k1, k3, k5, k7 and 496 more: not ok" }, lines)
    assert.same(lines, (lines_of(1000, false)))
    assert.same({ "a.o on k0: ok", "ok 1", "a.o on k1: not ok" }, (lines_of(1, true)))
    -- What is the same of one object is not the same as of another.
    assert.same({ "a.o on k0, k2: ok", "ok 1", "a.o on k1: not ok", "b.o on k1: not ok", "b.o on k2: ok" },
      (lines_of(2, true, "b.o")))
  end)

  -- KiB that a report of so many objects takes at most besides its text, on so many kernels.
  local function taken_by_text(objects, kernels)
    local r = run { tmp.write("text.lua", ([[
local out, names = btfl.report("x", { columns = { "program" }, group = { "object", "target" } }), {}
for i = 1, %d do names[i] = "6." .. i end
for i = 1, %d do
  out:again({ { object = i .. ".o", program = "p" } }, "target", names, 1, #names)
end
collectgarbage()
local before, most = collectgarbage "count", 0
debug.sethook(function() most = math.max(most, collectgarbage "count") end, "", 10000)
local text = out:render "text"
debug.sethook()
print(#text // 1024, (most - before) // 1)]]):format(kernels, objects)) }
    assert.equal("", r.err)
    local text, most = r.out:match "(%d+)\t(%d+)"
    return tonumber(most) - tonumber(text)
  end

  it("makes as text no table for each object on each kernel", function()
    local more = taken_by_text(1000, 200) - taken_by_text(1000, 2)
    assert.is_true(more * 1024 < 1000 * 198 * 60, more)
  end)

  it("refuses what is no row", function()
    local out = btfl.report("again", { columns = { "object", "target" } })
    assert.has_error(function() out:again("x", "target", "t") end, "rows are a list")
    assert.has_error(function() out:again({ { obect = 1 } }, "target", "t") end)
    assert.has_error(function() out:again({ { object = 1 } }, "kernel", "t") end)
    assert.has_error(function() out:again({ { object = 1 } }, "target", "t", 1, 1) end)
    assert.has_error(function() out:again({ { object = 1 } }, "target", { "t" }, 1, 2) end)
    assert.has_error(function() out:again({ { object = 1 } }, "target", { "t" }, 1) end)
    out:again({}, "target", "t")
    assert.equal(0, #out.rows)
  end)
end)
