--- busted's own output, then one line that counts: N passed, N failed, N skipped.
--- A run in which no test ran is a failure.

return function(options)
  local busted = require "busted"
  local handler = require("busted.outputHandlers." .. options.defaultOutput)(options)
  local ran = 0

  busted.subscribe({ "suite", "end" }, function()
    local failed = handler.failuresCount + handler.errorsCount
    ran = handler.successesCount + failed
    io.write(("\n%d passed, %d failed, %d skipped\n"):format(
      handler.successesCount, failed, handler.pendingsCount))
    return nil, true
  end)

  busted.subscribe({ "exit" }, function()
    if ran == 0 then
      io.stderr:write("no test ran\n")
      os.exit(1, true)
    end
    return nil, true
  end)

  return handler
end
