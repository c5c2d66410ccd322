--- Runs the tree's own ./btfl as a user would, through the shell, and hands
--- back what it wrote and how it ended.
---
---     local run = require "spec.support.run"
---     local r = run({"relos", "x.o"}, {env = {NO_COLOR = "1"}, stdin = "..", cwd = ".."})
---     r.out, r.err, r.status

local M = {}

--- What a run left behind.
---@class spec.Run
---@field out string  standard output
---@field err string  standard error
---@field status integer  exit status; 128 + n when ended by signal n

---@class spec.RunOptions
---@field env table<string, string|false>?  set in its environment; false unsets
---@field stdin string?  fed to standard input; without it, /dev/null
---@field cwd string?  folder to run in; the tree's top by default

local function capture(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

--- A word the shell takes as it is.
---@param word any
---@return string
function M.quote(word)
  return "'" .. tostring(word):gsub("'", [['\'']]) .. "'"
end

--- The tree's top folder, absolute.
M.top = capture("pwd -P"):gsub("\n$", "")

--- The binary under test.
M.btfl = M.top .. "/btfl"

--- The whole of a file.
---@param path string
---@return string
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- Writes a whole file and gives its path back.
---@param path string
---@param text string
---@return string path
function M.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end

--- A new empty folder; the caller removes it with `M.remove`.
---@return string
function M.tmpdir()
  return (capture("mktemp -d"):gsub("\n$", ""))
end

--- Removes a folder that `M.tmpdir` made.
---@param dir string
function M.remove(dir)
  assert(dir:match("^/.*/tmp%.%w+$"), "not a temporary folder: " .. dir)
  os.execute("rm -rf -- " .. M.quote(dir))
end

-- Where a run's input and output lie, one run's after the other's; it goes with the process.
local folder

local function scratch()
  folder = folder or setmetatable({ path = M.tmpdir() }, { __gc = function(self) M.remove(self.path) end })
  return folder.path
end

local function environment(env)
  if not env then return "" end
  local words = {}
  for name, value in pairs(env) do
    words[#words + 1] = value and M.quote(name .. "=" .. value) or "-u " .. M.quote(name)
  end
  table.sort(words) -- "'NAME=...'" sorts before "-u", which env(1) wants first
  local unset, set = {}, {}
  for _, word in ipairs(words) do
    table.insert(word:sub(1, 1) == "-" and unset or set, word)
  end
  return "env " .. table.concat(unset, " ") .. " " .. table.concat(set, " ")
end

--- Runs any program; `argv[1]` is its name.
---@param argv string[]
---@param options spec.RunOptions?
---@return spec.Run
function M.program(argv, options)
  options = options or {}
  local dir = scratch()
  local input = "/dev/null"
  if options.stdin then
    input = M.write(dir .. "/in", options.stdin)
  end
  local words = {}
  for i, word in ipairs(argv) do
    words[i] = M.quote(word)
  end
  local command = ("cd %s && %s %s <%s >%s/out 2>%s/err"):format(
    M.quote(options.cwd or M.top), environment(options.env), table.concat(words, " "),
    M.quote(input), M.quote(dir), M.quote(dir))
  local _, how, code = os.execute(command)
  local function written(name)
    local text = M.read(dir .. "/" .. name)
    os.remove(dir .. "/" .. name) -- what the run has left behind may write on
    return text
  end
  return {
    out = written "out",
    err = written "err",
    status = how == "signal" and 128 + code or code,
  }
end

--- Whether script(1) can give a program a terminal here.
---@return boolean
function M.has_terminal()
  return M.program({ "script", "-qec", "true", "/dev/null" }).status == 0
end

return setmetatable(M, {
  --- Runs ./btfl with these arguments.
  __call = function(_, argv, options)
    return M.program({ M.btfl, table.unpack(argv) }, options)
  end,
})
