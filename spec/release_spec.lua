--- make dist and make release: what they make is the same, to the byte, wherever it is made.

local run = require "spec.support.run"

describe("what is handed on", function()
  local dir, name

  local function make(tree, ...)
    local r = run.program({ "sh", "-c", 'umask "$0" && exec make -s "$@"', tree == run.top and "022" or "077", ... },
      { cwd = tree, env = { MAKEFLAGS = false, SAN = false, COVERAGE = false, CFLAGS = false } })
    assert.equal(0, r.status, r.err)
    return r
  end

  local function unpacked(folder)
    local r = run.program { "sh", "-c", 'mkdir -p "$1" && tar -xzf "$2" -C "$1"', "x", folder,
      ("%s/%s.tar.gz"):format(dir, name) }
    assert.same({ "", 0 }, { r.err, r.status })
    return folder .. "/" .. name
  end

  setup(function()
    dir = run.tmpdir()
    name = "btfl-" .. require("btfl").version
    make(run.top, "dist", "RELEASE=" .. dir)
  end)
  teardown(function() run.remove(dir) end)

  it("is a tarball with all that belongs to it, which makes itself again", function()
    local tree = unpacked(dir .. "/a 'b'")
    make(tree, "dist")
    assert.is_true(run.read(("%s/%s.tar.gz"):format(dir, name))
      == run.read(("%s/build/release/%s.tar.gz"):format(tree, name)))
    local files = run.program({ "tar", "-tvzf", ("%s/%s.tar.gz"):format(dir, name) }).out
    for _, path in ipairs { "Makefile", "LICENSE", "scripts/check.lua", "src/release/debian/rules", ".busted" } do
      assert.matches(("/%s\n"):format(path), files, 1, true)
    end
    local start = "^%-rw[x-]r%-[x-]r%-[x-] 0/0 .* " .. name:gsub("%p", "%%%0") .. "/"
    for line in files:gmatch "[^\n]+" do assert.matches(start, line) end
  end)

  it("is a static program that does not know where it was built #long", function()
    local machine = run.program({ "uname", "-m" }).out:gsub("\n", "")
    local programs = {}
    for i, folder in ipairs { dir .. "/one", dir .. "/another, longer" } do
      local tree = unpacked(folder)
      local r = make(tree, "-j2", "release")
      local file = ("build/release/%s-%s-linux"):format(name, machine)
      assert.equal(0, run.program({ "sha256sum", "-c", "SHA256SUMS" }, { cwd = tree .. "/build/release" }).status)
      assert.equal("3\n", run.program({ tree .. "/" .. file, "-e", "1 + 2" }).out, r.err)
      programs[i] = run.read(tree .. "/" .. file)
    end
    assert.is_true(programs[1] == programs[2])
  end)
end)
