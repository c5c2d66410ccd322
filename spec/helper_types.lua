--- helper_types: makes the table of who may call a helper (src/verify/helper_types.def).
---
---     ./btfl spec/helper_types.lua LINUX...
---
--- LINUX: the top of a source tree, with include/, kernel/, net/ and drivers/media/rc/; one of each
--- release line that the table shall tell apart, each the latest of its stable releases.
local helper_types = require "spec.support.helper_types"
local cli = btfl.cli {
  about = "The table of program types that may call each helper, made from the sources of kernels.",
  usage = "LINUX...", objects = false, targets = false,
}
local out = btfl.report "helper_types"
out:text((helper_types.table_of(cli.args.linux)))
return out
