--- Shows a page: on a terminal as man(1) or mandoc(1) does, else as text.
local engine = require "btfl.engine"
local host = require "btfl.command.host"
local mdoc = require "btfl.manual.mdoc"
local terminal = require "btfl.report.terminal"
local text = require "btfl.manual.text"

local VIEWER = "if command -v mandoc >/dev/null; then exec mandoc -a; fi; exec man -l - 2>/dev/null"
local WIDEST = 100 -- of text that is to be read

---@param page btfl.manual.page
return function(page)
  if engine.isatty(1) and os.getenv "TERM" ~= "dumb" then
    local viewer = assert(io.popen(VIEWER, "w"))
    viewer:write(mdoc.of(page, os.time()))
    if viewer:close() then return end
  end
  local ok, why = io.stdout:write(text.of(page, math.min(terminal.window() or 80, WIDEST)))
  if not ok then host.usage("standard output: %s", why) end
end
