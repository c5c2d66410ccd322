--- The manual: pages that mandoc(1) finds nothing wrong with, `btfl help NAME`, and completions for shells.

local run = require "spec.support.run"

local ALONE = { BTFL_PATH = false, XDG_DATA_HOME = "/none", MANPATH = false, COLUMNS = false }

-- Whether a program is there.
local function has(name)
  return run.program({ "sh", "-c", "command -v " .. name }).status == 0
end

local function commands()
  local list = {}
  for name in run.program({ "ls", "scripts" }).out:gmatch "([^\n]+)%.lua\n" do list[#list + 1] = name end
  assert.is_true(#list > 20)
  return list
end

describe("the manual", function()
  local dir

  setup(function()
    dir = run.tmpdir()
    local r = run({ "src/host/manual.lua", dir, "86400" }, { env = ALONE })
    assert.same({ "", "", 0 }, { r.out, r.err, r.status })
  end)
  teardown(function() run.remove(dir) end)

  it("has a page for every command, with every option that its help has", function()
    for _, name in ipairs(commands()) do
      local page = run.read(("%s/man1/btfl-%s.1"):format(dir, name))
      local help, flags = run { name, "--help" }.out:match "\nOptions:\n(.*)", 0
      for line in help:gmatch "[^\n]+" do
        -- What begins further to the right is a description.
        local label = line:match "^   ? ? ? ? ?(%-.*)$" or ""
        for _, option in ipairs { label:match "^%-%-?[%w-]+", label:match "^%-%w, (%-%-[%w-]+)" } do
          flags = flags + 1
          assert.is_not_nil(page:find("Fl " .. option:sub(2):gsub("%-", "\\-"), 1, true), name .. " " .. option)
        end
      end
      assert.is_true(flags >= 5, name)
      assert.matches("\n.Dd January 2, 1970\n", "\n" .. page, 1, true)
    end
  end)

  it("has every field and function of the API, every code and every policy", function()
    local script, btfl = run.read(dir .. "/man7/btfl-script.7"), run.read(dir .. "/man1/btfl.1")
    local function shown(text) return (text:gsub("%(%)", "\\&()"):gsub("%-", "\\-"):gsub("|", "|\\:")) end
    local entries = require("btfl.manual.described").entries()
    assert.is_true(#entries > 400)
    for _, entry in ipairs(entries) do
      if entry.kind ~= "class" then
        local head = entry.head:match "^[%w_.:]+%([^)]*%)?" or entry.head:match "^[^:=]+"
        if entry.kind == "alias" then head = entry.name end
        assert.is_not_nil(script:find(shown(head), 1, true), entry.head)
      end
    end
    for _, doc in ipairs(require("btfl").reasons) do
      if doc.engine then assert.is_not_nil(btfl:find(doc.code:gsub("%-", "\\-"), 1, true), doc.code) end
    end
    local policy = run.read(dir .. "/man7/btfl-policy.7")
    for _, name in ipairs(require("btfl.policy.support.shipped").names()) do
      assert.matches('\n.Ss "' .. name .. '"\n', policy, 1, true)
    end
    assert.matches("a flavor starts at the first", policy, 1, true)
  end)

  it("is what mandoc takes without a word, of any style", function()
    if not has "mandoc" then return pending "there is no mandoc" end
    local files = run.program({ "sh", "-c", 'ls "$1"/man*/*', "x", dir }).out
    local argv = { "mandoc", "-T", "lint", "-W", "style" }
    for file in files:gmatch "[^\n]+" do argv[#argv + 1] = file end
    assert.is_true(#argv > 25)
    local r = run.program(argv, { env = { MANPATH = dir } })
    -- A page that refers to another wants an index of both.
    assert.equal("", (r.out .. r.err):gsub("[^\n]*outdated mandoc%.db[^\n]*\n", ""))
  end)

  it("escapes what roff would take for its own", function()
    local mdoc = require "btfl.manual.mdoc"
    local text = mdoc.of({ name = "x", section = 1, about = "a \"word\"", see = {},
      { kind = "text", text = ".TH and \\n and `-x'\\` at last. Then f() and é." },
      { kind = "code", text = ".so /etc/passwd\n'\\\"" } }, 0)
    assert.matches('.Nd "a \\(dqword\\(dq"\n', text, 1, true)
    assert.matches("\n\\&.TH and \\en and \\fB\\-x\\(aq\\e\\fR at last.\nThen f\\&() and \\[u00E9].\n", text, 1, true)
    assert.matches("\n\\&.so /etc/passwd\n\\(aq\\e\"\n", text, 1, true)
  end)

  it("is shown as text where there is no terminal, as wide as it is said to be", function()
    local r = run({ "help", "check" }, { env = { COLUMNS = "60" } })
    assert.same({ "", 0 }, { r.err, r.status })
    assert.matches("^NAME\n    btfl%-check %- ", r.out)
    assert.matches("\n    -t, --target KERNEL\n        A kernel: ", r.out, 1, true)
    for line in r.out:gmatch "[^\n]+" do assert.is_true(#line <= 60, line) end
    for _, name in ipairs { "btfl", "script", "policy" } do
      r = run({ "help", name }, { env = ALONE })
      assert.same({ "", 0 }, { r.err, r.status })
      assert.matches("^NAME\n    btfl", r.out)
      assert.not_matches("\n\n\n", r.out)
    end
  end)

  it("has a page for a script of yours, with what it declares in whatever way argparse takes", function()
    local path = run.write(dir .. "/mine.lua", [[
      local cli = btfl.cli {
        about = "Counts.", usage = "FILE...", objects = false, targets = false,
        options = function(parser)
          parser:option { name = "-n --number", description = "How many.", argname = "N" }
          parser:flag("--hidden"):hidden(true)
          parser:option("--way", "Which way."):choices { "up", "down" }
        end,
      }
      error "it goes on"]])
    for _, words in ipairs { { "help", path }, { "help", "mine" } } do
      local r = run(words, { env = { BTFL_PATH = dir } })
      assert.same({ "", 0 }, { r.err, r.status })
      assert.matches("^NAME\n    btfl%-mine %- Counts\n\nSYNOPSIS\n    btfl mine %[options%] FILE...\n", r.out)
      assert.matches("\n    -n, --number N\n        How many.\n", r.out, 1, true)
      assert.matches("\n    --way {up,down}\n        Which way.\n", r.out, 1, true)
      assert.not_matches("hidden", r.out)
    end
  end)

  it("is shown by mandoc or man on a terminal", function()
    if not run.has_terminal() or not (has "mandoc" or has "man") then return pending "no terminal, or no man" end
    local r = run.program({ "script", "-qec", run.quote(run.btfl) .. " help check", "/dev/null" },
      { env = { PAGER = "cat", MANPAGER = "cat", TERM = "xterm" } })
    assert.matches("BTFL%-CHECK%(1%)", r.out)
  end)

  it("says so of what is no command", function()
    local r = run { "help", "chek" }
    assert.same({ "btfl: no script is called 'chek'; did you mean check?\n", 2 }, { r.err, r.status })
  end)
end)

describe("completions", function()
  local function complete(...)
    local script = '. /dev/stdin; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _btfl; '
      .. 'printf "%s\\n" "${COMPREPLY[@]}"'
    local r = run.program({ "bash", "-c", script, "bash", "btfl", ... },
      { stdin = run { "--completion", "bash" }.out })
    assert.same({ "", 0 }, { r.err, r.status })
    return (r.out:gsub("\n", " "):gsub(" $", ""))
  end

  it("of bash give commands, options, policies and formats", function()
    assert.equal("matrix", complete "ma")
    assert.equal("explain", complete("help", "ex"))
    assert.equal(table.concat(commands(), " "), complete(""):gsub("^help ", ""))
    assert.equal("--write-baseline", complete("check", "x.o", "--wri"))
    assert.equal("markdown", complete("check", "--format", "ma"))
    assert.equal("raw", complete("types", "--format", "ra"))
    assert.equal("", complete("check", "--format", "ra"))
    assert.equal("libbpf lenient", complete("relos", "--policy", "l"))
    assert.equal("bash zsh fish", complete("--completion", ""))
  end)

  it("of bash leave files to it, and what a command does not take", function()
    assert.equal("", complete("check", "-t", "/"))
    assert.equal("", complete("check", ""))
    assert.equal("", complete("types", "--poli"))
  end)

  for _, shell in ipairs { "bash", "zsh", "fish" } do
    it("are what " .. shell .. " reads", function()
      if not has(shell) then return pending("there is no " .. shell) end
      local r = run.program({ shell, "-n", "/dev/stdin" }, { stdin = run { "--completion", shell }.out })
      assert.same({ "", "", 0 }, { r.out, r.err, r.status })
    end)
  end

  it("of other shells are not there", function()
    local r = run { "--completion", "tcsh" }
    assert.same({ "btfl: --completion takes bash, zsh or fish, not 'tcsh'\n", 2 }, { r.err, r.status })
    assert.same("btfl: option '--completion' needs a value\n", run { "--completion" }.err)
  end)
end)
