--- Since and until when a finding holds: by release, among kernels of one flavour and architecture.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

-- The merged finding of a report in which it is on the kernels that `failing` numbers, of all that `kernels` does:
-- "NAME RELEASE ARCH", or "NAME" of one of which no more is known.
local function merged(kernels, failing, cause)
  local out, names = btfl.report "r", {}
  for i, line in ipairs(kernels) do
    local name, release, arch = line:match "^(%S+) (%S+) (%S+)$"
    names[i] = name or line
    out:summary { object = "o", target = names[i], text = "",
      kernel = name and { release = release, version = release, arch = arch } or nil }
  end
  for n in failing:gmatch "%d" do
    out:error { rule = "no-field", message = "m", object = "o", target = names[tonumber(n)], at = "x.c:1",
      details = { access = "t.x", cause = cause } }
  end
  return out:merge()
end

local function history(...) return merged(...).findings[1].history end

-- What text says behind the kernels.
local function words(...)
  return merged(...):render("text"):match "= targets?: .-; fine on [^;\n]*;? ?([^\n]*)"
end

local GENERIC = { "5.10.1-generic 5.10.1 x86", "6.1.1-generic 6.1.1 x86", "6.12.1-generic 6.12.1 x86",
  "7.0.1-generic 7.0.1 x86" }

describe("a finding's history", function()
  teardown(tmp.clean)

  it("says since and until when, by release and not by the order of the run", function()
    assert.same({ { since = "6.12.1", fine_until = "6.1.1" } }, history(GENERIC, "3 4"))
    assert.same({ { until_ = "5.10.1", fine_since = "6.1.1" } }, history(GENERIC, "1"))
    assert.equal("since 6.12.1 (fine until 6.1.1)", words(GENERIC, "4 3"))
    assert.equal("until 6.1.1 (fine since 6.12.1)", words({ GENERIC[4], GENERIC[2], GENERIC[1], GENERIC[3] }, "2 3"))
    assert.equal("since 6.1.1 until 6.12.1 (fine until 5.10.1, again since 7.0.1)", words(GENERIC, "2 3"))
    assert.equal("only on 6.1.1 (fine until 5.10.1, again since 6.12.1)", words(GENERIC, "2"))
    assert.equal("until 5.10.1 (fine since 6.1.1), since 7.0.1 (fine until 6.12.1)", words(GENERIC, "1 4"))
  end)

  it("is of each series for itself: flavours and machines are configured otherwise", function()
    local mixed = { "6.1.1-generic 6.1.1 x86", "6.12.1-generic 6.12.1 x86", "6.1.1-cloud 6.1.1 x86",
      "6.12.1-cloud 6.12.1 x86", "arm/6.1.1-generic 6.1.1 arm64" }
    assert.same({ { series = "cloud", since = "6.12.1", fine_until = "6.1.1" } }, history(mixed, "4"))
    assert.equal("since 6.12.1 in cloud (fine until 6.1.1)", words(mixed, "4 5"))
    assert.is_nil(history(mixed, "3 4 5"))
    assert.is_nil(history({ "6.1.1-generic 6.1.1 x86", "6.12.1-generic 6.12.1 arm64" }, "2"))
  end)

  it("is not told where all kernels fail, or nobody knows which is the newer", function()
    assert.is_nil(history(GENERIC, "1 2 3 4"))
    assert.is_nil(history({ "old", "new", "newest" }, "2"))
    assert.is_nil(history({ "5.4.0-100-generic", "5.4.0-150-generic" }, "2"))
    assert.is_nil(history({ "ubuntu/18.04/x86_64/5.4.0-100-generic 5.4.0-100-generic x86",
      "ubuntu/18.04/x86_64/5.4.0-150-generic 5.4.0-150-generic x86" }, "2"))
    assert.is_nil(history({ "5.4.0-100-generic", "5.4.0-150-generic", "5.15.0-10-generic" }, "2"))
    assert.same({ { since = "5.15.0", fine_until = "5.3.0" } },
      history({ "5.3.0-1-generic", "5.4.0-100-generic", "5.4.0-150-generic", "5.15.0-10-generic" }, "3 4"))
  end)

  it("is not told of what a configuration, a machine or a module makes", function()
    for _, cause in ipairs { "config", "architecture", "module" } do
      assert.is_nil(history(GENERIC, "3 4", cause))
    end
    assert.is_not_nil(history(GENERIC, "3 4", "retyped"))
  end)

  it("takes the version that a release hides, and no number of a folder", function()
    assert.equal("since 5.10.223 (fine until 5.10.0)", words({
      "ubuntu/20.04/x86_64/5.10.0-9-generic 5.10.0 x86", "ubuntu/18.04/x86_64/5.10.0-8-generic 5.10.223 x86",
      "ubuntu/16.04/x86_64/5.10.0-7-generic 5.10.224 x86",
    }, "2 3"))
  end)

  it("says nothing of two kernels that has not been said", function()
    assert.equal("", words({ GENERIC[1], GENERIC[2] }, "2"))
    assert.same({ { since = "6.1.1", fine_until = "5.10.1" } }, history({ GENERIC[1], GENERIC[2] }, "2"))
  end)

  it("is in json and sarif, and what is read is merged again to the same", function()
    local out = merged(GENERIC, "2 3")
    local want = { { since = "6.1.1", fine_until = "5.10.1", until_ = "6.12.1", fine_since = "7.0.1" } }
    assert.same(want, dkjson.decode(out:render "json").findings[1].history)
    assert.same(want, dkjson.decode(out:render "sarif").runs[1].results[1].properties.history)
    local read = btfl.report.read(out:render "json")
    assert.same(want, read.findings[1].history)
    assert.same(want, read:merge().findings[1].history)
    assert.equal(out:render "text", btfl.report.read(out:render "jsonl"):merge():render "text")
  end)

  it("does not stumble over what it reads", function()
    for _, history_of in ipairs { '"x"', '[1]', '[{"since":{}}]', '[{"nosuch":"x"}]', '{"since":"x"}' } do
      local ok, why = pcall(btfl.report.read, ([[{"report":"r","findings":[{"level":"error","rule":"r","message":"m",
        "target":"t","history":%s}]}]]):format(history_of))
      assert.is_false(ok, history_of)
      assert.matches("no report that btfl wrote", tostring(why))
    end
    local out = btfl.report.read [[{"report":"r","findings":[{"level":"error","rule":"r","message":"m","object":"o",
      "at":"x","target":"6.1"}],"summary":[{"object":"o","target":"6.1","kernel":{"release":[1],"version":7}},
      {"object":"o","target":"6.2","kernel":"x"},{"object":"o","target":"6.3","kernel":{"release":{}}}]}]]
    assert.matches("6.1; fine on 6.2, 6.3; until 6.1 %(fine since 6.2%)", out:merge():render "text")
    assert.has_error(function()
      btfl.report("r"):error { rule = "r", message = "m", history = { { since = 1 } } }
    end, "a finding's history is a list of spells, not table")
  end)

  it("is what check says of a field, in the order of release", function()
    local b = btf.new()
    local int = b:int("int", 4, "signed")
    local o = object.new(b)
    o:program { insns = { object.ldx(8, 0, 1, 0), object.exit() },
      relos = { { insn = 0, type = b:struct("foo", 8, { { "bar", int, 0 } }), access = "0:0", kind = "byte_off" } },
      lines = { { insn = 0, file = "f.bpf.c", line = 9, column = 2, text = "v = foo->bar;" } } }
    local argv = { "check", tmp.write("f.bpf.o", o:bytes()) }
    for name, field in pairs { ["6.12.1-generic-amd64"] = "old", ["5.10.1-generic-amd64"] = "bar",
      ["6.1.1-generic-amd64"] = "bar", ["7.0.1-generic-amd64"] = "old" } do
      local k = btf.new()
      k:struct("foo", 8, { { field, k:int("int", 4, "signed"), 0 } })
      table.move({ "-t", tmp.write(name .. ".btf", k:bytes()) }, 1, 2, #argv + 1, argv)
    end
    assert.matches("= targets: 6.12.1%-generic%-amd64, 7.0.1%-generic%-amd64; fine on 5.10.1%-generic%-amd64, "
      .. "6.1.1%-generic%-amd64; since 6.12.1 %(fine until 6.1.1%)\n", run(argv).out)
  end)
end)
