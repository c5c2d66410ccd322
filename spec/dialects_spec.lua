--- dialects: the script that shows where loaders differ.

local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"
local trial = require "spec.support.trial"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"

describe("dialects", function()
  teardown(tmp.clean)

  local obj, target, big

  setup(function()
    obj, target = trial.open(function(l, t)
      local i = t:int("int", 4, "signed")
      t:struct("foo", 8, { { "a", i, 32 } })
      t:enum("e", { { "TOP", 0xffffffff } })
      local foo = l:struct("foo", 8, { { "a", l:int("int", 4, "signed"), 0 } })
      return { { foo, "0:0", "byte_off" }, { foo, "0", "target_type_id", object.mov(1, 99) },
        { l:enum("e", { { "TOP", 0xffffffff } }), "0", "enumval_value", { object.ldimm64(1, 0xffffffff) } } }
    end)
    local _, other = trial.open(function(l, t)
      t:int("int", 4)
      return { { l:int("int", 4), "0", "type_exists", object.mov(1, 1) } }
    end, { endian = "big" })
    big = other.path
  end)

  local function dialects(...) return run { "dialects", obj.path, "-t", target.path, ... } end

  local function rows(text)
    local list, names = {}, nil
    for line in text:gmatch "[^\n]+" do
      local fields = {}
      for field in (line .. "\t"):gmatch "(.-)\t" do fields[#fields + 1] = field end
      if names then
        local row = {}
        for i, name in ipairs(names) do row[name] = fields[i] end
        list[#list + 1] = row
      else
        names = fields
      end
    end
    return list
  end

  it("shows only where loaders would load other code, or refuse", function()
    local r = dialects()
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("target_type_id%s+foo%s+2%s+2%s+error insn%-mismatch%s+2\n", r.out)
    assert.matches("enumval_value%s+e::TOP%s+error insn%-mismatch%s+error insn%-mismatch%s+4294967295%s+4294967295\n",
      r.out)
    assert.is_nil(r.out:find("foo.a", 1, true))
    assert.matches(": 2 of 3 relocations differ\n$", r.out)
  end)

  it("shows all with --all, and the rules with --rules", function()
    local r = dialects("--all", "--rules")
    assert.matches("byte_off%s+foo%.a%s+4%s+libbpf%s+4%s+libbpf%s+4%s+libbpf%s+4%s+libbpf\n", r.out)
    assert.matches("error insn-mismatch  cilium.patch", r.out, 1, true)
  end)

  it("gives each loader's status, value, instruction and rule to programs", function()
    local list = rows(dialects("--format", "tsv").out)
    assert.equal(2, #list)
    local row = list[2]
    assert.same({ "e::TOP", "enumval_value", "raw_tp/a", "raw_tp_a", "16" },
      { row.path, row.kind, row.section, row.program, row.insn_off })
    assert.same({ "error", "insn-mismatch", "-", "-", "libbpf" },
      { row.libbpf_status, row.libbpf_reason, row.libbpf_value, row.libbpf_insn, row.libbpf_rule })
    assert.same({ "ok", "-", "4294967295", "18010000ffffffff0000000000000000", "cilium.value" },
      { row.cilium_status, row.cilium_reason, row.cilium_value, row.cilium_insn, row.cilium_rule })
    assert.equal("aya.value", row.aya_rule)
    local json = dialects("--format", "json").out
    assert.matches('"cilium_insn":%s*"18010000ffffffff0000000000000000"', json)
  end)

  it("has no use for --policy, and tells of byte orders", function()
    local r = dialects("--policy", "strict")
    assert.same({ "", 2 }, { r.out, r.status })
    assert.matches("the loaders are compared by their own rules", r.err, 1, true)
    r = run { "dialects", obj.path, "-t", big }
    assert.equal(1, r.status)
    assert.matches("error[byte-order]", r.out, 1, true)
  end)

  local probe = io.open(corpus .. "/kernels/6.1.176-armmp-lpae-armhf.btf.gz")
  if not probe then
    pending("finds what differs in the corpus: needs one, in $BTFL_CORPUS or ../shared/corpus")
    return
  end
  probe:close()

  -- 4-byte pointers: what libbpf resizes cilium leaves, and what it poisons cilium patches and aya
  -- refuses. Two objects hold type ids of before they were linked.
  it("finds what differs in the corpus", function()
    local command = ("%s dialects %s/objects/*/*.bpf.o -t %s/kernels/6.1.176-armmp-lpae-armhf.btf.gz --format tsv")
      :format(run.quote(run.btfl), corpus, corpus)
    local count = {}
    for _, row in ipairs(rows(run.program { "sh", "-c", command }.out)) do
      local key = ("%s: %s %s %s %s"):format(row.kind, row.libbpf_status, row.kernel_status, row.cilium_status,
        row.aya_status)
      count[key] = (count[key] or 0) + 1
      assert.equal(row.libbpf_insn, row.kernel_insn)
    end
    assert.same({
      ["byte_off: ok ok ok ok"] = 56, ["byte_off: poison poison ok error"] = 18,
      ["target_type_id: ok ok error ok"] = 2,
    }, count)
  end)
end)
