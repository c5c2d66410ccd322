--- context_fields: makes the rows of the table of contexts (src/verify/context_fields.def) that the running kernel can
--- tell, from what build/peer/probe (make test builds it) found by loading programs. Needs root.
---
---     build/peer/probe context | ./btfl spec/context_fields.lua
local context = require "spec.support.context_fields"
local cli = btfl.cli {
  about = "The rows of the table of contexts, from the output of `build/peer/probe context`.",
  usage = "", objects = false,
}
local out = btfl.report "context_fields"
for target in cli:targets() do out:text(context.rows_of(io.lines(), target)) end
return out
