--- The bench: that it measures, and how it tells.

local dkjson = require "dkjson"
local run = require "spec.support.run"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

describe("make bench", function()
  it("keeps what it measured as JSON", function()
    if not io.open(corpus .. "/README.md") then return pending "needs the corpus" end
    if run.program({ "bpftool", "version" }).status ~= 0 then return pending "needs bpftool" end
    local r = run { "spec/bench/bench.lua", "--json", "--runs", "1", "--only", "minbtf" }
    assert.same({ err = "", status = 0 }, { err = r.err, status = r.status })
    local rows = dkjson.decode(r.out).rows
    assert.equal(1, #rows)
    assert.same({ "1/4", "ms" }, { rows[1].goal, rows[1].unit })
    for _, figure in ipairs { "btfl", "peer", "ratio" } do assert.is_true(tonumber(rows[1][figure]) > 0) end
  end)
end)
