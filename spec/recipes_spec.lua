--- The recipes: their files are written, their commands run beside them, and what is shown is what is printed.

local run = require "spec.support.run"
local shown = require "spec.support.shown"
local tmp = require "spec.support.tmp"

local TEXT = run.read "scripts/README.md"
local PROJECT = 'return { objects = { "*.bpf.o" }, targets = { "small.btf" } }\n'

-- A repository with what the recipes are about.
local function folder_of(name, objects)
  local dir = tmp.mkdir(name)
  tmp.mkdir(name .. "/.git")
  tmp.mkdir(name .. "/ci")
  for path, text in pairs(shown.files(TEXT)) do run.write(dir .. "/" .. path, text) end
  for _, path in ipairs(objects) do run.write(dir .. "/" .. path, run.read("spec/fixtures/" .. path)) end
  run.write(dir .. "/small.btf", run.read "spec/fixtures/small.btf")
  run.write(dir .. "/other.btf", run.read "spec/fixtures/small.btf")
  run.write(dir .. "/btfl.lua", PROJECT)
  run.write(dir .. "/ci/gate.sh", run.read "scripts/ci/gate.sh")
  return dir
end

local function shell(dir, command, env)
  env = env or {}
  env.PATH = env.PATH or run.top .. ":" .. os.getenv "PATH"
  for _, name in ipairs { "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "BTFL_URL" } do
    if env[name] == nil then env[name] = false end
  end
  return run.program({ "sh", "-c", command }, { cwd = dir, env = env })
end

describe("the recipes", function()
  teardown(tmp.clean)

  local commands = shown.commands(TEXT)
  for i, case in ipairs(commands) do
    it(("show what `%s` prints (%d)"):format(case.command, i), function()
      local r = shell(folder_of("shown", { "example.bpf.o" }), case.command)
      assert.equal(case.shown, r.out .. r.err)
    end)
  end

  it("name files that exist, and what a search looks for", function()
    assert.is_true(#commands >= 5)
    for path in TEXT:gmatch "%]%(([^)#:]+)[#)]" do assert.is_not_nil(io.open("scripts/" .. path), path) end
    for _, said in ipairs { "invalid func unknown#195896080", "failed to find kernel BTF type ID of 'NAME'",
      "no matching targets found", "libbpf: failed to find valid kernel BTF" } do
      assert.is_not_nil(TEXT:find("| `" .. said .. "` |", 1, true), said)
      assert.equal(0, run({ "explain", said }).status, said)
    end
  end)

  it("fetch a file that a release has", function()
    local version = run({ "--version" }).out:match "%d+%.%d+%.%d+"
    local said = run.program({ "make", "-n", "release" }).out
    local name = TEXT:match "/VERSION/(btfl%S*)\n"
    assert.matches(name:gsub("VERSION", version), said, 1, true)
  end)

  -- Every command of btfl in a block that is no console, with nothing to build.
  it("have commands for CI and git that run", function()
    local dir, n = folder_of("run", { "fixed.bpf.o" }), 0
    tmp.mkdir "run/shipped"
    run.write(dir .. "/shipped/fixed.bpf.o", run.read "spec/fixtures/fixed.bpf.o")
    for _, language in ipairs { "yaml", "sh" } do
      for _, block in ipairs(shown.blocks(TEXT, language)) do
        for command in block:gmatch "%f[%w]btfl %l+[^,\n]*" do
          n = n + 1
          local r = shell(dir, command)
          assert.same({ "", 0 }, { r.err, r.status }, command)
        end
      end
    end
    assert.equal(5, n)
    assert.is_not_nil(io.open(dir .. "/btfl.xml"))
    assert.is_not_nil(io.open(dir .. "/worse.md"))
  end)
end)

describe("the gate of a CI job", function()
  teardown(tmp.clean)

  it("writes annotations, SARIF and the summary of the job in one run", function()
    local dir = folder_of("job", { "example.bpf.o" })
    local r = shell(dir, "sh ci/gate.sh", { GITHUB_ACTIONS = "true", GITHUB_STEP_SUMMARY = dir .. "/summary" })
    assert.equal(1, r.status)
    assert.matches("^::error file=example%.bpf%.c,line=92", r.out)
    assert.matches('"ruleId": ?"no%-field"', tmp.read(dir .. "/btfl.sarif"))
    assert.matches("no member `state`", tmp.read(dir .. "/summary"))
  end)

  it("is clean where nothing fails, and takes other commands and words", function()
    local dir = folder_of("clean", { "fixed.bpf.o" })
    assert.equal(0, shell(dir, "sh ci/gate.sh").status)
    local r = shell(dir, "sh ci/gate.sh --no-project fixed.bpf.o -t other.btf",
      { BTFL_COMMAND = "matrix", BTFL_SARIF = "" })
    assert.equal(0, r.status)
    assert.matches("other", r.out)
  end)

  it("fetches a program only where its digest is right", function()
    if run.program({ "sh", "-c", "command -v curl && command -v sha256sum" }).status ~= 0 then
      return pending "no curl or sha256sum"
    end
    local dir = folder_of("fetched", { "fixed.bpf.o" })
    local program = tmp.write("program", "#!/bin/sh\necho fetched \"$1\"\n")
    local digest = run.program({ "sha256sum", program }).out:match "^%x+"
    local env = { BTFL_URL = "file://" .. program, BTFL_SHA256 = digest, PATH = "/usr/bin:/bin" }
    local r = shell(dir, "sh ci/gate.sh", env)
    assert.same({ "fetched check\n", "", 0 }, { r.out, r.err, r.status })
    env.BTFL_SHA256 = ("0"):rep(64)
    assert.matches("^gate: file://.* is another file than SHA256SUMS says\n$", shell(dir, "sh ci/gate.sh", env).err)
    env.BTFL_SHA256 = false
    assert.equal(2, shell(dir, "sh ci/gate.sh", env).status)
    env.BTFL_URL = "file:///nowhere"
    env.BTFL_SHA256 = digest
    assert.equal(2, shell(dir, "sh ci/gate.sh", env).status)
    assert.matches("^gate: btfl is not in PATH", shell(dir, "sh ci/gate.sh", { PATH = "/usr/bin:/bin" }).err)
  end)

  it("is what the action runs, with every input that it declares", function()
    local action, gate = run.read "scripts/ci/action.yml", run.read "scripts/ci/gate.sh"
    for name in action:match "\ninputs:\n(.-)\nruns:":gmatch "\n?  (%l[%w]*):\n" do
      assert.is_not_nil(action:find("${{ inputs." .. name .. " }}", 1, true), name)
    end
    for name in action:gmatch "(BTFL_%u+%d*): %$" do
      assert.is_true(name == "BTFL_ARGUMENTS" or gate:find(name, 1, true) ~= nil, name)
    end
    local dir = folder_of("action", { "example.bpf.o" })
    local step = action:match "\n      run: ([^\n]+)\n"
    local r = run.program({ "bash", "-c", step }, { cwd = dir, env = { GATE = dir .. "/ci/gate.sh", BTFL_ARGUMENTS =
      "--fail-on ambiguous --quiet", BTFL_URL = "", BTFL_SHA256 = "", BTFL_SARIF = "", GITHUB_ACTIONS = "true",
      PATH = run.top .. ":" .. os.getenv "PATH" } })
    assert.same({ "", 0 }, { r.err, r.status })
  end)
end)
