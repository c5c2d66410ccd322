--- What people see on terminals of 60, 80 and 120 columns, on dumb ones, with NO_COLOR, and where there is none.

local every_command = require "spec.support.every_command"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local F = "spec/fixtures/"
local KERNELS = ("-t %s6.18.44-amd64.btf -t %s6.19.14-amd64.btf -t %ssmall.btf"):format(F, F, F)

-- Commands whose lines are broken where a window is narrow. Rows of tables go on in the next line; types in C stay as
-- they are.
local FITTING = {
  "help",
  "explain",
  "explain no-field",
  "check --help",
  "why --help",
  ("check %ssilent.bpf.o %s"):format(F, KERNELS),
  ("check --all --why %sexample.bpf.o -t %ssmall.btf"):format(F, F),
  ("matrix %sexample.bpf.o %sfixed.bpf.o %s"):format(F, F, KERNELS),
  ("compare %sexample.bpf.o -- %sfixed.bpf.o -t %ssmall.btf"):format(F, F, F),
  ("arguments %ssilent.bpf.o %s"):format(F, KERNELS),
  ("diff %s6.18.44-amd64.btf %s6.19.14-amd64.btf folio"):format(F, F),
  ("doctor %ssmall.btf %sexample.bpf.o"):format(F, F),
  ("history task_struct.state %s"):format(KERNELS),
  ("ladders %sguards.clang19.o %s"):format(F, KERNELS),
  ("list %ssmall.btf '*' --member pid"):format(F),
  ("relos %sexample.bpf.o %s"):format(F, KERNELS),
  ("targets %s"):format(KERNELS),
  ("verdicts %sexample.bpf.o %s"):format(F, KERNELS),
  ("why task_struct.state %s --object %sexample.bpf.o"):format(KERNELS, F),
}

-- What a command shows in a window of so many columns.
local function shown(command, columns, env)
  local words = ("stty cols %d; ./btfl %s"):format(columns, command)
  env = env or {}
  env.COLUMNS, env.TERM = false, env.TERM or "xterm"
  return (run.program({ "script", "-qec", words, "/dev/null" }, { env = env }).out:gsub("\r", ""))
end

local function plain(text) return (text:gsub("\27%[[%d;]*[mK]", "")) end

local function too_long(text, columns)
  local list = {}
  for line in plain(text):gmatch "[^\n]+" do
    -- A word alone cannot be broken, nor the words in front of what a table or a synopsis says.
    local rest = line:match "^%s*=?%s*%S+%s+(%S.*)$" or ""
    if utf8.len(line) > columns and rest:find " " then list[#list + 1] = line end
  end
  return list
end

-- Those of all commands as one would type them: what is for programs, and C, is not for windows.
local function typed()
  local list = {}
  for _, words in ipairs(every_command(tmp.mkdir "windows")) do
    local text = table.concat(words, " ")
    if not text:find "%-%-format" and not text:find "^types" and words[1] ~= "-e" then
      list[#list + 1] = words.stdin and ("%s < %s"):format(text, tmp.write("stdin", words.stdin)) or text
    end
  end
  return list
end

describe("on a terminal", function()
  teardown(tmp.clean)
  if not run.has_terminal() then return pending "no pseudo-terminal, or no script(1)" end

  for _, columns in ipairs { 60, 80, 120 } do
    it(("of %d columns"):format(columns), function()
      for _, command in ipairs(FITTING) do
        assert.same({}, too_long(shown(command, columns), columns), command)
      end
      for _, command in ipairs(typed()) do
        assert.same({}, too_long(shown(command, columns), columns), command)
      end
    end)
  end

  it("a row that does not fit goes on in the next line, column by column", function()
    local wide, narrow = plain(shown(FITTING[16], 300)), plain(shown(FITTING[16], 60))
    local function words(text) return (text:gsub("%s+", " ")) end
    assert.equal(words(wide), words(narrow))
    local rows, lines = {}, 0
    for line in narrow:gmatch "[^\n]+" do
      lines = lines + 1
      local cell = line:match "^    +(%S+)"
      if cell and line:find "^    %S" then rows[#rows + 1] = line:find(cell, 1, true) end
    end
    assert.is_true(#rows > 5 and #rows < lines)
    for _, at in ipairs(rows) do assert.equal(5, at) end
    assert.is_nil(narrow:find " \n")
  end)

  it("says the same whatever its width", function()
    local function words(columns)
      local text = plain(shown(FITTING[6], columns)):gsub("\n[ |^%d]+%f[^ |^%d][^\n]*", "")
      return (text:gsub("%s+", " "))
    end
    assert.equal(words(300), words(300))
    local function notes(columns)
      return (plain(shown(FITTING[6], columns)):gsub("%s+", " "):match "= taken for.*$")
    end
    assert.is_truthy(notes(300))
    assert.equal(notes(300), notes(60))
  end)

  it("is coloured, but where that is not wanted or not understood", function()
    local command = FITTING[7]
    assert.matches("\27%[", shown(command, 80))
    assert.is_nil(shown(command, 80, { NO_COLOR = "1" }):find "\27")
    assert.is_nil(shown(command, 80, { TERM = "dumb" }):find "\27")
    assert.matches("\27%[", shown(command .. " --color always", 80, { TERM = "dumb" }))
  end)
end)

describe("without a terminal", function()
  it("no line is broken, and nothing is coloured", function()
    local function out(...) return run({ ... }, { env = { COLUMNS = false } }).out end
    local text = out("check", F .. "silent.bpf.o", "-t", F .. "6.18.44-amd64.btf", "-t", F .. "6.19.14-amd64.btf")
    assert.is_nil(text:find "\27")
    assert.matches("\n   = help: load a variant of folio_allocated for each signature, or [^\n]*result\n", text)
    assert.is_nil(out("explain"):find "\27")
  end)
end)
