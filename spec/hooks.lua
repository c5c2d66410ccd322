--- hooks: makes the table of what attach targets decide (src/verify/hooks.def).
---
---     ./btfl spec/hooks.lua LINUX...
---
--- LINUX: the tops of source trees, as for spec/helper_types.lua; those from 5.15 on tell of LSM.
local hooks = require "spec.support.hooks"
local cli = btfl.cli {
  about = "The table of LSM hooks that may sleep and of functions for d_path, made from the sources of kernels.",
  usage = "LINUX...", objects = false, targets = false,
}
local out = btfl.report "hooks"
out:text(hooks.table_of(cli.args.linux))
return out
