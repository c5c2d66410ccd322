--- drifting: where btfl and an independent reading of two kernels' BTF disagree on arguments.
---
---     ./btfl spec/drifting.lua [--seed N] [--count N] OLD.btf[.gz] NEW.btf[.gz]
---
--- Of all programs that spec/support/drifting.lua makes of the two, `count` are tried.
local trial = require "spec.support.drifting_trial"

local cli = btfl.cli {
  about = "Where btfl and an independent reading of two kernels disagree on arguments.", usage = "OLD NEW",
  objects = false, targets = false,
  options = function(parser)
    parser:option("--seed", "Of the choice."):convert(tonumber):default "1"
    parser:option("--count", "How many are tried."):convert(tonumber):default "500"
  end,
}
local out = btfl.report "drifting"
local tally = trial.run(cli.args.old, cli.args.new, cli.args.count, cli.args.seed)
out:text(("%d of %d rows: %d right, %d wrong"):format(tally.right + #tally.wrong, tally.all, tally.right, #tally.wrong))
local kinds = {}
for name, count in pairs(tally.by) do kinds[#kinds + 1] = ("%d %s"):format(count, name) end
table.sort(kinds)
out:text(table.concat(kinds, ", "))
if #tally.wrong > 0 then out:text(tally.wrong) end
return out
