--- Verdicts: those of real kernels, those of our fixtures, what explains them, and the command.

local btfl = require "btfl"
local loads = require "spec.support.loads"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local FIXTURES = {
  "spec/fixtures/guards.clang14.o", "spec/fixtures/guards.clang16.o", "spec/fixtures/guards.clang19.o",
  "spec/fixtures/guards.clang19.v4.o", "spec/fixtures/guards.clang19.eb.o",
}

local function exists(path)
  local file = io.open(path)
  return file and (file:close() or true)
end

local function fields_of(line)
  local fields = {}
  for field in (line .. "\t"):gmatch("([^\t]*)\t") do fields[#fields + 1] = field end
  return fields
end

--- The BTF of a kernel of that byte order in which no test's `nosuch` exists.
local function small_target(endian)
  local btf = require "spec.support.btf"
  local b = btf.new { endian = endian }
  local int = b:int("int", 4, "signed")
  b:struct("task_struct", 8, { { "pid", int, 0 }, { "tgid", int, 32 } })
  b:enum("pid_type", { { "PIDTYPE_PID", 0 } })
  return btfl.target(tmp.write("small." .. endian .. ".btf", b:bytes()))
end

describe("a verdict on a fixture", function()
  teardown(tmp.clean)

  for _, path in ipairs(FIXTURES) do
    for _, release in ipairs { "6.18.44", "7.2.0" } do
      it(("is what %s says on %s"):format(path, release), function()
        local object <close> = btfl.object(path)
        local target <close> = small_target(object.endian)
        local count = { dead = 0, live = 0 }
        for program in object:programs() do
          local what = program.section ~= ".text" and program.name:match("^(%a+)_")
          if what == "dead" or what == "live" then
            local verdict = program:verdict(target, { release = release })
            count[what] = count[what] + 1
            assert.are.equal(program.name .. (what == "dead" and " guarded" or " rejected"),
              program.name .. " " .. verdict.verdict)
          end
        end
        assert.is_true(count.dead > 20 and count.live > 15)
      end)
    end
  end
end)

describe("a verdict", function()
  local object, target

  setup(function()
    object = btfl.object "spec/fixtures/guards.clang19.o"
    target = small_target("little")
  end)

  teardown(function()
    object:close()
    target:close()
    tmp.clean()
  end)

  local function verdict(name, options)
    options = options or {}
    options.release = options.release or "6.12.1"
    return object:program(name):verdict(target, options)
  end

  local function failure(name, options)
    return verdict(name, options):failures()()
  end

  it("counts the relocations of what it calls too", function()
    local v = verdict "live_second_call"
    assert.are.equal(3, v.relocations)
    assert.are.equal(1, v.failed)
    assert.are.equal("rejected", v.verdict)
    assert.is_false(v.ok)
    assert.is_nil(v.why)
    assert.are.equal(object:program "live_second_call", v.program)
    assert.are.equal(target, v.target)
  end)

  it("names the branch and the relocation that guard an access", function()
    local f = failure "dead_if"
    assert.is_true(f.guarded)
    assert.is_false(f.reached)
    assert.are.equal("no-field", f.result.reason)
    assert.are.equal("field_exists", f.guard.relo.kind)
    assert.are.equal("dead_if", f.guard.program.name)
    assert.matches("guards.bpf.c$", f.guard.line.file)
    assert.are.equal(f.guard.program:line(f.guard.insn), f.guard.line)
    assert.is_nil(f.guard.variable)
    assert.same({}, f:path())
  end)

  it("names the constant, the extern or the symbol that does", function()
    assert.are.equal("off", failure("dead_constant").guard.variable)
    assert.are.equal("LINUX_KERNEL_VERSION", failure("dead_version").guard.variable)
    assert.are.equal("nosuch_kfunc", failure("dead_ksym").guard.variable)
  end)

  it("shows the path to what is reached", function()
    local f = failure "live_second_call"
    local path = f:path()
    assert.is_nil(f.guard)
    assert.is_true(f.reached)
    assert.is_true(#path > 3)
    assert.are.equal(f.relo.line, path[#path])
    assert.are.equal(object:program("live_second_call"):line(0), path[1])
  end)

  it("takes other values for constants, or none", function()
    assert.are.equal("rejected", verdict("dead_constant", { set = { off = true } }).verdict)
    assert.are.equal("rejected", verdict("dead_constant", { unset = { "off" } }).verdict)
    assert.are.equal("guarded", verdict("live_constant", { set = { on = 0 } }).verdict)
    assert.are.equal("guarded", verdict("dead_level", { set = { level = "-1" } }).verdict)
    assert.are.equal("rejected", verdict("dead_level", { set = { level = 4 } }).verdict)
    assert.is_true(object:constant "off")
    assert.is_false(object:constant "changes")
    assert.is_false(object:constant "nosuch")
  end)

  it("takes the release", function()
    assert.are.equal("rejected", verdict("dead_version", { release = "3.10.0" }).verdict)
    assert.are.equal("guarded", verdict("dead_version", { release = "5.10" }).verdict)
  end)

  it("follows the releases that verify a global function only when it is called", function()
    assert.are.equal("rejected", verdict("global_never", { release = "6.1.0" }).verdict)
    assert.are.equal("rejected", verdict("global_never", { release = "6.11.0" }).verdict)
    assert.are.equal("guarded", verdict("global_never", { release = "6.12.0" }).verdict)
  end)

  it("follows the releases that know of a loop without turns", function()
    assert.are.equal("rejected", verdict("loop_never", { release = "6.1.0" }).verdict)
    assert.are.equal("guarded", verdict("loop_never", { release = "6.12.0" }).verdict)
  end)

  it("refuses what it does not know", function()
    for message, options in pairs {
      ["`release` is no release such as 6.12.1: 'abc'"] = { release = "abc" },
      ["is no release such as 6.12.1: '6'"] = { release = "6" },
      ["is no release such as 6.12.1: ''"] = { release = "" },
      ["did you mean `release`"] = { relase = "6.1.0" },
      ["has no variable nosuch"] = { set = { nosuch = 1 } },
      ["changes stands in %.bss"] = { set = { changes = 1 } },
      ["does not fit a variable of 1 byte"] = { set = { off = 256 } },
      ["is no number"] = { set = { off = "maybe" } },
      ["No such file"] = { kconfig = "nosuch" },
    } do
      local ok, why = pcall(verdict, "dead_if", options)
      assert.is_false(ok)
      assert.matches(message:gsub("`", "['`]"), tostring(why))
    end
  end)

  it("reads a configuration, plain or gzip", function()
    local with = tmp.write("with", "CONFIG_A=m\nCONFIG_BTFL_NOSUCH=y\n")
    local without = tmp.write("without", "CONFIG_BTFL_NOSUCH_TOO=y\n# CONFIG_BTFL_NOSUCH is not set\n")
    tmp.run(("gzip -k '%s' '%s'"):format(with, without))
    assert.are.equal("unknown", verdict("config_option").verdict)
    for _, suffix in ipairs { "", ".gz" } do
      assert.are.equal("rejected", verdict("config_option", { kconfig = with .. suffix }).verdict)
      assert.are.equal("guarded", verdict("config_option", { kconfig = without .. suffix }).verdict)
    end
    assert.are.equal("CONFIG_BTFL_NOSUCH", failure("config_option", { kconfig = without }).guard.variable)
  end)

  it("takes nothing else for a configuration or for symbols", function()
    local kernel = run.top .. "/spec/fixtures/small.btf"
    local config = "CONFIG_A=y\n"
    for i, case in ipairs {
      { "kconfig", kernel,
        "not a kernel's configuration but BTF; taken are .config and /proc/config.gz, and gzip of either" },
      { "kconfig", "ffffffff81000000 T _text\n", "not a kernel's configuration but a list of a kernel's symbols" },
      { "kconfig", "#!/bin/sh\nexit 0\n", "not a kernel's configuration but text" },
      { "kconfig", "", "not a kernel's configuration but empty" },
      { "kconfig", "# nothing\n", "not a kernel's configuration: it has no line CONFIG_NAME=value" },
      { "kconfig", config .. "\n# no\nCONFIG_B\n" .. config,
        "not a kernel's configuration: line 4 is no comment and no CONFIG_NAME=value" },
      { "kconfig", config .. "\0\1", "not a kernel's configuration: line 2 is no comment and no CONFIG_NAME=value" },
      { "kallsyms", kernel,
        "not a list of a kernel's symbols but BTF; taken are System.map and /proc/kallsyms, and gzip of either" },
      { "kallsyms", config, "not a list of a kernel's symbols but a kernel's configuration" },
      { "kallsyms", "", "not a list of a kernel's symbols but empty" },
      { "kallsyms", "ffffffff81000000 T", "not a list of a kernel's symbols but text" },
      { "kallsyms", "\xff\xfe0 T _text", "not a list of a kernel's symbols: it starts with the bytes fffe3020" },
    } do
      local path = case[2] == kernel and kernel or tmp.write("wrong" .. i, case[2])
      local options = { [case[1]] = path }
      local ok, why = pcall(verdict, "dead_if", options)
      assert.is_false(ok)
      assert.equal(path .. ": " .. case[3], tostring(why):sub(1, #path + 2 + #case[3]))
      assert.equal(tostring(why), tostring(select(2, pcall(verdict, "dead_if", options))))
    end
  end)

  it("reads a configuration of every usual form", function()
    local text = "#\n# Automatically generated file; DO NOT EDIT.\n\nCONFIG_CC_VERSION_TEXT=\"gcc = 12\"\n"
      .. "# CONFIG_B is not set\nCONFIG_64BIT=y\nCONFIG_BTFL_NOSUCH=y"
    assert.equal("rejected", verdict("config_option", { kconfig = tmp.write("usual", text) }).verdict)
    assert.equal("guarded", verdict("config_option", { kconfig = tmp.write("dos", "CONFIG_A=y\r\n\r\n") }).verdict)
  end)

  it("reads symbols whose addresses are cut", function()
    local without = tmp.write("cut", "0 T _text\n0 t nosuch_symbol_too\t[mod]\n")
    assert.equal("guarded", verdict("symbol_option", { kallsyms = without }).verdict)
  end)

  it("reads the kernel's symbols", function()
    local with = tmp.write("symbols", "ffffffff81000000 T _text\nffffffff81000010 t nosuch_symbol\n")
    local without = tmp.write("fewer", "ffffffff81000000 T _text\nffffffff81000010 t nosuch_symbol_too\n")
    assert.are.equal("unknown", verdict("symbol_option").verdict)
    assert.matches("depends on the kernel's symbols", verdict("symbol_option").why)
    assert.are.equal("rejected", verdict("symbol_option", { kallsyms = with }).verdict)
    assert.are.equal("guarded", verdict("symbol_option", { kallsyms = without }).verdict)
    assert.are.equal("nosuch_symbol", failure("symbol_option", { kallsyms = without }).guard.variable)
  end)

  it("is by the rules of a policy where one is given", function()
    local example <close> = btfl.object "spec/fixtures/example.bpf.o"
    local small <close> = btfl.target "spec/fixtures/small.btf"
    local program = example:program "handle_exec"
    assert.are.equal("rejected", program:verdict(small, { release = "6.12.0" }).verdict)
    local renamed = program:verdict(small, { release = "6.12.0", policy = btfl.policy "renames" })
    assert.are.same({ "loads", 0 }, { renamed.verdict, renamed.failed })
  end)

  it("of a closed object raises", function()
    local other = btfl.object "spec/fixtures/guards.clang19.o"
    local v = other:program("live_plain"):verdict(target, { release = "6.1.0" })
    other:close()
    assert.error_matches(function() return v.verdict end, "closed")
  end)
end)

describe("btfl verdicts", function()
  teardown(tmp.clean)

  it("is a table of exactly these columns", function()
    local target <close> = small_target("little")
    local r = run { "verdicts", "--format", "tsv", "--release", "6.12.1", "-t", target.path, FIXTURES[3] }
    assert.are.equal(1, r.status)
    local lines = {}
    for line in r.out:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.are.equal("object\tprogram\tsection\trelocations\tfailed\tverdict\tfirst_poison\ttarget"
      .. "\trule\tname\tattaches", lines[1])
    local rows = {}
    for i = 2, #lines do
      local row = fields_of(lines[i])
      rows[row[2]] = row
    end
    assert.same({ FIXTURES[3], "dead_if", "raw_tp/sys_enter", "2", "1", "guarded", "-", target.name, "-", "-",
      "-" }, rows.dead_if)
    assert.are.equal("rejected", rows.live_plain[6])
    assert.same({ "relocation", "task_struct.nosuch" }, { rows.live_plain[9], rows.live_plain[10] })
    assert.matches("^raw_tp/sys_enter%+%d+$", rows.live_plain[7])
    assert.is_nil(rows.use_apart)
  end)

  it("says where what is reached stands, and what no object has", function()
    local target <close> = small_target("little")
    local r = run { "verdicts", "--release", "6.12.1", "--unset", "off", "--set", "nosuch=1", "-t",
      target.path,
      FIXTURES[3] }
    assert.matches("live_plain", r.out)
    assert.matches("error%[no%-field%]: struct task_struct has no member `nosuch`\n +%-%-> guards.bpf.c:%d+:", r.out)
    assert.matches("no object has a constant nosuch", r.out)
    assert.matches("dead_constant +%S+ +%d+ +%d+ +rejected", r.out)
  end)
end)

describe("the verdicts of real kernels", function()
  teardown(tmp.clean)

  if not exists(corpus .. "/verdicts.tsv") then
    pending("are reproduced: needs a corpus, in $BTFL_CORPUS or ../shared/corpus")
    return
  end

  local kernels, order = {}, {}
  for line in io.lines(corpus .. "/verdicts.tsv") do
    local row = fields_of(line)
    if row[1] ~= "kernel" then
      if not kernels[row[1]] then order[#order + 1] = row[1] end
      kernels[row[1]] = kernels[row[1]] or {}
      table.insert(kernels[row[1]], row)
    end
  end

  --- What is said of a row, in the words of the kernel's verdict.
  local function said(row, object, target, options)
    local v = object:program(row[3]):verdict(target, options)
    local what = v.ok and "loads" or v.verdict
    return ("%s %d %s %s"):format(row[3], v.failed, what, v.first_poison or "-")
  end

  local total = 0
  for _, kernel in ipairs(order) do
    it("are reproduced on " .. kernel, function()
      local target <close> = btfl.target(("%s/kernels/%s.btf.gz"):format(corpus, kernel))
      local options = { kconfig = ("%s/kernels/%s.config.gz"):format(corpus, kernel), only = { "relocation" } }
      local objects = {}
      for _, row in ipairs(kernels[kernel]) do
        objects[row[2]] = objects[row[2]] or btfl.object(corpus .. "/" .. row[2])
        assert.are.equal(("%s: %s %s %s %s"):format(row[2], row[3], row[4], row[5], row[6]),
          row[2] .. ": " .. said(row, objects[row[2]], target, options))
        total = total + 1
      end
      for _, object in pairs(objects) do object:close() end
    end)
  end

  it("are many", function() assert.is_true(total > 600) end)
end)

describe("the running kernel", function()
  local peer, why = loads.peer()
  teardown(tmp.clean)

  if not peer then
    pending("agrees: " .. why)
    return
  end

  for i = 1, 4 do
    it("agrees on " .. FIXTURES[i], function()
      local object <close> = btfl.object(FIXTURES[i])
      local target <close> = btfl.target()
      local count = 0
      for _, row in ipairs(loads.run({ FIXTURES[i] }, { jobs = 1 })) do
        if row.outcome == "loads" or row.class == "relocation" then
          -- The file is long: it is read where it decides.
          local v = object:program(row.program):verdict(target, row.program == "symbol_option"
            and { kallsyms = "/proc/kallsyms" } or nil)
          assert.are.equal(("%s %s %s"):format(row.program, row.outcome, row.first_poison),
            ("%s %s %s"):format(row.program, v.ok and "loads" or "no", v.first_poison or "-"))
          count = count + 1
        end
      end
      assert.is_true(count > 30)
    end)
  end
end)
