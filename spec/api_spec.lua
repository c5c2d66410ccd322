--- lua/btfl/meta.lua against the classes as they are, both ways: what is described exists, and what
--- exists is described.

local btfl = require "btfl"
local engine = require "btfl.engine"

-- What meta.lua says: by class, its fields, its methods and whether it has a length; and the functions
-- of the module itself under "btfl".
local function parse_meta(path)
  local classes, owner_of, current = {}, {}, nil
  for line in io.lines(path) do
    local class = line:match("^%-%-%-@class ([%w_.]+)")
    local field = line:match("^%-%-%-@field ([%w_]+)%??%s")
    local variable = line:match("^local ([%w_]+) = {}") or line:match("^([%w_]+) = {}")
    local of, method = line:match("^function ([%w_]+)[.:]([%w_]+)%(")
    local part, inner = line:match("^function btfl%.([%w_]+)%.([%w_]+)%(")
    local callable = line:match("^btfl%.([%w_]+) = {}")
    if class then
      current = { fields = {}, methods = {}, parts = {}, len = false }
      classes[class] = current
    elseif field then
      current.fields[field] = true
    elseif line:find("^%-%-%-@operator len:") then
      current.len = true
    elseif callable then
      classes.btfl.methods[callable], classes.btfl.parts[callable] = true, { methods = {} }
    elseif part then
      assert(classes.btfl.parts[part], "a function of no part: " .. line).methods[inner] = true
    elseif variable then
      owner_of[variable] = current
    elseif method then
      assert(owner_of[of], "a function of no class: " .. line).methods[method] = true
    end
  end
  return classes
end

local meta = parse_meta("lua/btfl/meta.lua")

local function names(set)
  local out = {}
  for name in pairs(set) do out[#out + 1] = name end
  table.sort(out)
  return out
end

local function same_names(described, existing, what)
  assert.same(names(described), names(existing), what)
end

-- Classes that Lua makes of tables.
local PLAIN = { cli = true, report = true, finding = true, suggestion = true, asked = true, loader = true, insn = true,
  signature = true, signatures = true, matrix = true, project = true, bytes = true }

describe("meta.lua", function()
  it("describes exactly the classes of the engine", function()
    local described = {}
    for class in pairs(meta) do
      local name = class:match("^btfl%.([%w_]+)$")
      if name and not PLAIN[name] then described[name] = true end
    end
    local existing = {}
    for _, class in ipairs(engine.classes) do existing[class] = true end
    same_names(described, existing)
  end)

  for _, class in ipairs(engine.classes) do
    local existing = engine.class(class)
    it("describes btfl." .. class, function()
      local described = assert(meta["btfl." .. class], class .. " is not described")
      same_names(described.fields, existing.fields, "fields of btfl." .. class)
      same_names(described.methods, existing.methods, "methods of btfl." .. class)
      local metatable = debug.getregistry()["btfl." .. class]
      assert.equal(described.len, metatable.__len ~= nil, "length of btfl." .. class)
      for name in pairs(existing.fields) do
        assert.is_nil(existing.methods[name], name .. " is a field and a method")
      end
    end)
  end

  it("describes every hook of a policy", function()
    local keys = { name = true, extends = true, lint = true, when = true }
    for hook in pairs(engine.hooks) do keys[hook] = true end
    same_names(meta["btfl.policy.definition"].fields, keys, "keys of a policy")
  end)

  for class, room in pairs { cli = "command", report = "report" } do
    it("describes btfl." .. class, function()
      local module, described = require(("btfl.%s.%s"):format(room, class)), meta["btfl." .. class]
      same_names(described.methods, module.methods, "methods of btfl." .. class)
      same_names(described.fields, module.fields, "fields of btfl." .. class)
    end)
  end

  it("describes the module's functions and fields", function()
    local described = meta.btfl
    for name in pairs(described.methods) do
      assert.is_truthy(btfl[name], name)
    end
    for name in pairs(described.fields) do
      assert.is_truthy(btfl[name], name)
    end
    for name, part in pairs(described.parts) do same_names(part.methods, btfl[name], "btfl." .. name) end
    for name in pairs(btfl) do
      assert.is_true(described.methods[name] or described.fields[name] or false,
        name .. " is not described")
    end
  end)

  it("describes the fields of a finding", function()
    local report = require "btfl.report.report"
    local samples = {
      rule = "no-field", message = "x", at = "a.c:1", object = "a.o", program = "p", target = "t",
      details = {}, notes = {}, mark = "x", help = {}, insn = {}, count = 2, programs = {}, targets = {},
      fine = {}, shape = "s", shapes = {}, fingerprint = "0123456789abcdef:1", subject = "x",
      programs_on = { t = { "p" } }, history = { { since = "6.1", fine_until = "5.10" } },
    }
    for name in pairs(meta["btfl.finding"].fields) do
      if name ~= "level" then
        assert.is_not_nil(samples[name], name .. ": this spec has no sample")
        report.new("x"):error { rule = "r", message = "m", [name] = samples[name] }
      end
    end
    for name in pairs(samples) do
      assert.is_true(meta["btfl.finding"].fields[name] or false, name .. " is not described")
    end
    assert.has_error(function() report.new("x"):error { rule = "r", message = "m", nosuch = 1 } end)
  end)

  it("knows exactly the words that values have", function()
    local text
    do
      local file <close> = assert(io.open("lua/btfl/meta.lua"))
      text = file:read("a")
    end
    local function alias(name)
      local words = {}
      for word in assert(text:match("%-%-%-@alias btfl%." .. name .. " ([^\n]+)")):gmatch('"([^"]+)"') do
        words[word] = true
      end
      return words
    end
    local function set(list, more)
      local out = { [more or list[1]] = true }
      for _, word in ipairs(list) do out[word] = true end
      return out
    end
    same_names(alias "kind", set(engine.kinds))
    same_names(alias "reason", set(engine.reasons))
    same_names(alias "relo_kind", set(engine.relo_kinds, "unknown"))
    same_names(alias "obstacle%.rule", set(engine.rules))
  end)
end)
