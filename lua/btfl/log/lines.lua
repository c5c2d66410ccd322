--- The lines of a log as a loader wrote them: without what a logger puts around them, in lines of their own
--- where it had made one line of several, and none of them long.

local lines = {}

-- Of a line so many bytes are read: a log may be hostile.
local LINE = 4096

-- What syslog, journald, dmesg, containers and loggers put before a line.
local PREFIXES = {
  "^%a%a%a%s+%d+ %d%d:%d%d:%d%d[.%d]* %S+ [^%s:]+: ",
  "^%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d%S*%s+std%a+ [FP] ",
  "^%d%d%d%d%-%d%d%-%d%d[T ]%d%d:%d%d:%d%d%S*%s+%S+ [^%s:]+%[%d+%]: ",
  "^%d%d%d%d[-/]%d%d[-/]%d%d[T ]%d%d:%d%d:%d%d%S*%s",
  "^%d%d:%d%d:%d%d[.,%d]*%s", "^%[%s*%d+%.%d+%] ", "^[%w_]+=%S+ .-msg=\"",
}

local function without_prefix(line)
  for _, prefix in ipairs(PREFIXES) do
    local _, to = line:find(prefix)
    if to then line = line:sub(to + 1) end
  end
  return line
end

-- cilium/ebpf sums a log up in one line, and aya begins one behind its error: each in lines of its own.
local function unfolded(line)
  line = line:gsub("(Verifier output: )", "%1\n"):gsub("verifier_log: ", "%0\n")
  if line:find("load program: ", 1, true) then
    line = line:gsub(" %(%d+ line%(s%) omitted%)", ""):gsub("(load program: [^:]+): ", "%1\n")
      :gsub("\n(%d+: %(%x%x%) [^:]*): ", "\n%1\n")
  end
  return line
end

-- A line of the file as the lines that a logger made it of, without colours.
local function unescaped(line)
  line = line:gsub("\27%[[%d;]*%a", ""):gsub("[\r%z]", "")
  if line:find "\\[nt]" then
    line = line:gsub("\\t", "\t"):gsub('\\"', '"'):gsub("\\n", "\n")
  end
  return unfolded(line)
end

--- A text without blank space and quotes at its ends, which are the logger's.
---@param text string
---@return string
function lines.trimmed(text)
  return (text:gsub("^%s+", ""):gsub("[%s\"]+$", ""))
end

--- Iterates over the lines of a text, each with the number of the one that it is from in the file.
---@param text string
---@return fun(): integer, string
function lines.of(text)
  return coroutine.wrap(function()
    local number = 0
    for whole in text:gmatch "[^\n]*" do
      number = number + 1
      for line in unescaped(whole):gmatch "[^\n]+" do
        coroutine.yield(number, without_prefix(line:sub(1, LINE)))
      end
    end
  end)
end

return lines
