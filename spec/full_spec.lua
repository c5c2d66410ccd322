--- Lists of names that are cut ("a, b, c, d and 3 more"): --full cuts none, and pages unfold them.
local dkjson = require "dkjson"
local reading = require "spec.support.reading"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("a list of names", function()
  local argv, names, programs = {}, {}, {}

  setup(function()
    local list = {}
    for i = 1, 9 do
      programs[i] = ("program%d"):format(i)
      list[i] = { name = programs[i], section = "raw_tp/p" .. i, { "state", line = 8 } }
    end
    argv = { reading.object("many.bpf.o", table.unpack(list)) }
    for i = 1, 9 do
      names[i] = ("6.%d.1-x"):format(i)
      table.move({ "-t", reading.kernel(names[i] .. ".btf", "comm") }, 1, 2, #argv + 1, argv)
    end
    table.move({ "-t", reading.kernel("7.1.1-x.btf", "state") }, 1, 2, #argv + 1, argv)
  end)
  teardown(tmp.clean)

  local function of(command, ...)
    local words = table.move(argv, 1, #argv, 2, { command })
    local r = run(table.move({ ... }, 1, select("#", ...), #words + 1, words))
    assert.same({ "", 1 }, { r.err, r.status })
    return r.out
  end

  it("is cut in text, and with --full it is not", function()
    local whole_names, whole_programs = table.concat(names, ", "), table.concat(programs, ", ")
    for _, command in ipairs { "check", "matrix", "verdicts" } do
      local text, whole = of(command), of(command, "--full")
      assert.matches(" and %d more", text, nil, command)
      assert.is_nil(whole:find " and %d more", command)
      assert.matches(command == "matrix" and "6.9.1-x" or whole_names, whole:gsub("%s+", " "), 1, true)
    end
    assert.matches("programs " .. whole_programs .. "\n", of("check", "--full"), 1, true)
    assert.equal(of("check", "--full", "--format", "json"), of("check", "--full", "-j", "2", "--format", "json"))
  end)

  it("unfolds in a page, in a comment, and in the page of a matrix", function()
    local cut = "6.1.1-x, 6.2.1-x, 6.3.1-x, 6.4.1-x and 5 more"
    local page = of("check", "--format", "html")
    assert.matches('<details class="more"><summary>' .. cut, page, 1, true)
    assert.matches("</summary>" .. table.concat(names, ", "), page, 1, true)
    local comment = of("check", "--format", "markdown"):gsub("&#(%d+);", function(n) return utf8.char(n) end)
    assert.matches("<details><summary><code>" .. cut, comment, 1, true)
    assert.matches("programs " .. table.concat(programs, ", ") .. "\n", comment, 1, true)
    local data = of("matrix", "--by", "object", "--format", "html")
      :match '<script type="application/json" id="data">(.-)</script>'
    local text = dkjson.decode(data).findings[1][2]
    local short = "program1, program2, program3, program4 and 5 more"
    assert.matches(("\1%s\2%s\3"):format(short, table.concat(programs, ", ")), text, 1, true)
  end)
end)
