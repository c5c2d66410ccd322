--- The system's libbpf, asked through spec/peer/relocate.c.

local tmp = require "spec.support.tmp"

local peer = {}

local binary

--- The path of the program, compiled if need be; nil and why not when it cannot be.
---@return string? path
---@return string? why
function peer.binary()
  if binary == nil then
    local made = "build/peer/relocate"
    local _, err, status = tmp.run(("[ %s -nt spec/peer/relocate.c ] || { mkdir -p build/peer && "
      .. "cc -std=gnu11 -O1 -o %s spec/peer/relocate.c -lbpf; }"):format(made, made))
    if status == 0 then
      binary = made
    elseif err:find("bpf/%w+%.h") or err:find("-lbpf", 1, true) then
      binary = false
    else
      error("spec/peer/relocate.c: " .. err)
    end
  end
  if not binary then return nil, "needs libbpf-dev" end
  local _, _, root = tmp.run("[ $(id -u) = 0 ]")
  if root ~= 0 then return nil, "needs root: libbpf asks the kernel for its features" end
  return binary
end

--- "1.1", of the library that the program runs with; nil when it cannot be told.
function peer.version()
  local out = tmp.run("ldd build/peer/relocate")
  local path = out:match("libbpf%S* => (%S+)")
  return path and tmp.run("readlink -f " .. path):match("%.so%.(%d+%.%d+)")
end

--- What libbpf says and does.
---@class spec.Peer
---@field errno integer 0: it came to the point of loading
---@field programs table<string, string> instructions in hex, by name
---@field xlated table<string, string> the kernel's, when loaded
---@field log string
---@field failed integer? number of the relocation that it stopped at, in its program
---@field crashed boolean

local function parsed(out, status)
  local result = { programs = {}, xlated = {}, crashed = status ~= 0 }
  local log = {}
  for line in out:gmatch("[^\n]+") do
    local what, rest = line:match("^(%w+)\t(.*)$")
    if what == "log" then
      log[#log + 1] = rest
    elseif what == "prog" or what == "xlated" then
      local name, hex = rest:match("^[^\t]*\t([^\t]*)\t(%x*)$")
      result[what == "prog" and "programs" or what][name] = hex
    elseif what == "end" then
      result.errno = tonumber(rest)
    end
  end
  result.log = table.concat(log, "\n")
  for number in result.log:gmatch("relo #(%d+): failed") do result.failed = tonumber(number) end
  return result
end

--- Relocates many without loading them: a list of { object, target } paths, the first of which is sound. Calls
--- each(i, result) for each.
function peer.relocate_each(list, each)
  local lines = {}
  for i, one in ipairs(list) do lines[i] = ("%s\t%s\n"):format(one[1], one[2]) end
  local input = tmp.write("relocate.list", table.concat(lines))
  local pipe <close> = assert(io.popen(("%s -b '%s' '%s' <'%s' 2>/dev/null"):format(peer.binary(), list[1][1],
    list[1][2], input)))
  local text, number = {}, 0
  local first = true
  for line in pipe:lines "L" do
    local status = line:match "^case\t(%d+)"
    if status then
      number = number + 1
      each(number, parsed(table.concat(text), tonumber(status)))
      text = {}
    elseif first then
      first = not line:match "^end"
    else
      text[#text + 1] = line
    end
  end
  assert(number == #list, "the peer ended early")
end

--- Relocates an object against a BTF without loading it.
---@return spec.Peer
function peer.relocate(object, target)
  local out, _, status = tmp.run(("%s '%s' '%s'"):format(peer.binary(), object, target))
  return parsed(out, status)
end

--- Loads an object into the running kernel and reads its programs back.
---@return spec.Peer
function peer.load(object)
  local out, _, status = tmp.run(("%s -l '%s'"):format(peer.binary(), object))
  return parsed(out, status)
end

return peer
