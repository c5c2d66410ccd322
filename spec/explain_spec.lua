--- explain: every code is documented, and every code that is documented exists.
local btfl = require "btfl"
local engine = require "btfl.engine"
local dkjson = require "dkjson"
local run = require "spec.support.run"

local reasons = btfl.reasons

-- The rules that scripts and reports of btfl name in their source.
local function rules_in_source()
  local found = {}
  local files = run.program({ "sh", "-c", "grep -rlE 'rule *=|, \"' lua scripts --include=*.lua" }).out
  for path in files:gmatch "[^\n]+" do
    local text = run.read(path)
    for rule in text:gmatch 'rule *= *"([%w-]+)"' do found[rule] = path end
    for rule in text:gmatch 'failure%.finding%(result, "([%w-]+)"' do found[rule] = path end
  end
  return found
end

describe("the reasons", function()
  it("are the engine's, all of them and no other", function()
    local codes = {}
    for _, code in ipairs(engine.reasons) do
      codes[code] = true
      assert.is_not_nil(reasons[code], code .. " is not documented")
      assert.is_true(reasons[code].engine, code)
    end
    for _, doc in ipairs(reasons) do assert.equal(doc.engine, codes[doc.code] or false, doc.code) end
  end)

  it("are also those that keep programs from loading, all of them and no other", function()
    local rules = {}
    for _, rule in ipairs(engine.rules) do
      rules[rule] = true
      assert.is_true(reasons[rule] and reasons[rule].obstacle, rule .. " is not documented")
    end
    for _, doc in ipairs(reasons) do assert.equal(doc.obstacle, rules[doc.code], doc.code) end
  end)

  it("are also those that reports give by themselves, all of them and no other", function()
    local rules = rules_in_source()
    assert.is_not_nil(rules["byte-order"])
    for rule, path in pairs(rules) do assert.is_not_nil(reasons[rule], rule .. " in " .. path) end
    for _, doc in ipairs(reasons) do
      assert.is_true(doc.engine or doc.obstacle or doc.verdict or rules[doc.code] ~= nil,
        doc.code .. " is given by nobody")
    end
  end)

  it("say what each means, how it looks and what to do", function()
    for i, doc in ipairs(reasons) do
      assert.equal(doc, reasons[doc.code])
      assert.matches("^[%l%d-]+$", doc.code)
      for _, field in ipairs { "title", "text", "todo", "example" } do
        assert.is_true(type(doc[field]) == "string" and #doc[field] > 20, doc.code .. "." .. field)
      end
      local shown = doc.verdict and doc.code or "[" .. doc.code .. "]"
      assert.is_not_nil(doc.example:find(shown, 1, true), doc.code)
      assert.is_true(not doc.engine or doc.help ~= nil, doc.code)
      for j = 1, i - 1 do assert.not_equal(doc.code, reasons[j].code) end
    end
  end)
end)

describe("explain", function()
  for _, doc in ipairs(reasons) do
    it("explains " .. doc.code, function()
      local r = run { "explain", doc.code }
      assert.same({ "", 0 }, { r.err, r.status })
      assert.equal(("%s: %s\n"):format(doc.code, doc.title), r.out:match("^[^\n]*\n"))
      for _, text in ipairs { doc.text, doc.todo } do assert.is_not_nil(r.out:find(text, 1, true)) end
      for _, said in ipairs(doc.says or {}) do assert.is_not_nil(r.out:find(said, 1, true), said) end
      for line in doc.example:gmatch "[^\n]+" do assert.is_not_nil(r.out:find("    " .. line, 1, true), line) end
    end)
  end

  it("lists all, or explains several", function()
    local r = run { "explain" }
    for _, doc in ipairs(reasons) do assert.is_not_nil(r.out:find("\n" .. doc.code .. " ", 1, true), doc.code) end
    local two = run { "explain", "no-type", "no-field", "--format", "json" }
    local rows = assert(dkjson.decode(two.out)).rows
    assert.same({ "no-type", "no-field" }, { rows[1].code, rows[2].code })
    assert.equal(reasons["no-field"].todo, rows[2].todo)
    assert.equal(2, #rows)
  end)

  it("finds the code of what a loader or verifier said", function()
    for _, doc in ipairs(reasons) do
      for _, said in ipairs(doc.says or {}) do
        local r = run { "explain", said, "--format", "tsv" }
        assert.same({ "", 0 }, { r.err, r.status }, said)
        assert.is_not_nil(("\n" .. r.out):find("\n" .. doc.code .. "\t", 1, true), said .. " is not " .. doc.code)
      end
    end
    for said, codes in pairs {
      ["invalid func unknown#189"] = { "helper-unknown" }, ["invalid func unknown#195896080"] = { "relocation" },
      ["libbpf: map 'x': failed to create: -EINVAL"] = { "map-attr", "map-type", "map-unset" },
      ["libbpf: extern 'CONFIG_X' (strong): not resolved"] = { "kconfig" },
      ["func 'a_b' doesn't have 7-th argument"] = { "ctx-arg" },
      -- A part of it, as it is copied into a search.
      ["failed to find kernel BTF type ID of"] = { "attach-target" },
      ["failed to find kernel BTF type ID of 'vfs_x'"] = { "attach-target" },
      ["no matching targets found"] = { "no-field" },
    } do
      local got = {}
      for _, row in ipairs(dkjson.decode(run({ "explain", said, "--format", "json" }).out).rows) do
        got[#got + 1] = row.code
      end
      assert.same(codes, got, said)
    end
    assert.equal(2, run({ "explain", "a phrase that nobody says" }).status)
  end)

  it("names the nearest code to one that does not exist", function()
    local r = run { "explain", "no-feild" }
    assert.same({ "", "btfl: there is no code `no-feild` (did you mean `no-field`?)\n", 2 },
      { r.out, r.err, r.status })
    local far = run { "explain", "xyzzy" }
    assert.same({ "", "btfl: there is no code `xyzzy` (`btfl explain` lists them)\n", 2 },
      { far.out, far.err, far.status })
    assert.equal(2, run({ "explain", "1" }).status)
  end)
end)
