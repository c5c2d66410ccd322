--- busted's own output, then one line that counts: N passed, N failed, N skipped.
--- A run in which no test ran is a failure. With -Xoutput FILE these numbers go there instead, with the seconds of
--- CPU that the process and what it has started took: for suite.lua, which adds up.

-- Its own and that of children that have ended, in ticks of which there are 100 in a second.
local function cpu()
  local file <close> = io.open "/proc/self/stat"
  if not file then return os.clock() end
  local ticks = { file:read("a"):match("%) %S" .. (" %S+"):rep(10) .. (" (%d+)"):rep(4)) }
  return (ticks[1] + ticks[2] + ticks[3] + ticks[4]) / 100
end

return function(options)
  local busted = require "busted"
  local handler = require("busted.outputHandlers." .. options.defaultOutput)(options)
  local ran, counts_path = 0, options.arguments[1]

  busted.subscribe({ "suite", "end" }, function()
    local failures, errors = handler.failuresCount, handler.errorsCount
    ran = handler.successesCount + failures + errors
    if counts_path then
      local file <close> = assert(io.open(counts_path, "w"))
      file:write(("%d %d %d %d %.2f\n"):format(handler.successesCount, failures, errors, handler.pendingsCount, cpu()))
    else
      io.write(("\n%d passed, %d failed, %d skipped\n"):format(handler.successesCount, failures + errors,
        handler.pendingsCount))
    end
    return nil, true
  end)

  busted.subscribe({ "exit" }, function()
    if ran == 0 and not counts_path then
      io.stderr:write("no test ran\n")
      os.exit(1, true)
    end
    return nil, true
  end)

  return handler
end
