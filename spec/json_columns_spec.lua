--- The tables of the commands as JSON: a column has values of one type, whatever their size.
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

-- The types of the values of each column, null aside.
local function types_of(...)
  local r = run { ... }
  local report, columns = dkjson.decode(r.out), {}
  if not report.rows then -- a row a line
    report = { rows = {} }
    for line in r.out:gmatch "[^\n]+" do table.insert(report.rows, (assert(dkjson.decode(line)))) end
  end
  for _, row in ipairs(report.rows) do
    for column, value in pairs(row) do
      columns[column] = columns[column] or {}
      columns[column][type(value)] = true
    end
  end
  return columns, report.rows
end

local function assert_one_type(columns)
  for column, types in pairs(columns) do
    local first = next(types)
    assert.is_nil(next(types, first), column)
  end
end

describe("a column of JSON", function()
  local VALUES = { { "ONE", 1 }, { "HALF", 1 << 53 }, { "ALL", -1 } }
  local obj, target

  setup(function()
    obj, target = trial.open(function(l, t)
      t:enum64("e", VALUES)
      local relos = {}
      local e = l:enum64("e", VALUES)
      for i, pair in ipairs(VALUES) do
        relos[i] = { e, tostring(i - 1), "enumval_value", { object.ldimm64(1, pair[2]) } }
      end
      return relos
    end)
  end)
  teardown(tmp.clean)

  it("of relos is of one type", function()
    local columns, rows = types_of("relos", obj.path, "-t", target.path, "--format", "json")
    assert_one_type(columns)
    assert.same({ "1", "9007199254740992", "18446744073709551615" },
      { rows[1].target, rows[2].target, rows[3].target })
    assert.same({ string = true }, columns["local"])
    assert.same({ number = true }, columns.insn_off)
    assert_one_type((types_of("relos", obj.path, "--local", "--format", "json")))
  end)

  it("of dialects is of one type", function()
    local columns = types_of("dialects", obj.path, "-t", target.path, "--all", "--format", "json")
    assert_one_type(columns)
    for _, loader in ipairs { "libbpf", "kernel", "cilium", "aya" } do
      assert.same({ string = true }, columns[loader .. "_value"])
    end
  end)

  it("of types is of one type", function()
    local columns = types_of("types", target.path, "e", "--format", "jsonl")
    assert_one_type(columns)
    assert.same({ string = true }, columns.value)
  end)
end)
