--- map_uses: makes the table of what maps may be used for (src/verify/map_uses.def).
---
---     ./btfl spec/map_uses.lua LINUX...
---
--- LINUX: the top of a source tree, with include/ and kernel/bpf/; one of each release line that the table
--- shall tell apart, each the latest of its stable releases.
local map_uses = require "spec.support.map_uses"
local cli = btfl.cli {
  about = "The table of what maps may be used for, made from the sources of kernels.",
  usage = "LINUX...", objects = false, targets = false,
}
local out = btfl.report "map_uses"
out:text((map_uses.table_of(cli.args.linux)))
return out
