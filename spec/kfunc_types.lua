--- kfunc_types: makes the table of who may call a kernel function (src/verify/kfunc_types.def).
---
---     ./btfl spec/kfunc_types.lua [--running ANSWERS] LINUX...
---
--- LINUX: the top of a source tree, with include/, kernel/, net/, fs/ and drivers/hid/; one of each release
--- line that the table shall tell apart. ANSWERS: what `build/peer/probe kfuncs` prints on a kernel of a newer
--- line than these, with `uname -r` as its first line; `running`: it is asked of the running kernel.
local kfunc_types = require "spec.support.kfunc_types"
local cli = btfl.cli {
  about = "The table of program types that may call each kernel function, made from the sources of kernels.",
  usage = "LINUX...", objects = false, targets = false,
  options = function(parser)
    parser:option("--running", "What a newer kernel answers, or `running`.")
  end,
}
local out = btfl.report "kfunc_types"
out:text(kfunc_types.table_of(cli.args.linux, cli.args.running))
return out
