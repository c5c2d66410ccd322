--- helpers: holds the table of helpers (src/*/helpers.def) against a kernel.
---
---     ./btfl spec/helpers.lua -t KERNEL [LINUX]
---
--- The BTF of KERNEL has the numbers and names; LINUX, the top of the source tree of that release, has
--- what each helper takes and gives. Prints each row that disagrees, and a row for each helper that
--- has none, to be pasted where it belongs. Sources before 5.17 do not tell memory that is read from
--- memory that is written (MEM_RDONLY).
local helpers = require "spec.support.helpers"
local cli = btfl.cli {
  about = "Where the table of helpers and a kernel disagree, and rows for the helpers that it lacks.",
  usage = "[LINUX]", objects = false,
}
local out = btfl.report "helpers"
local known = cli.args.linux and helpers.of_source(cli.args.linux)
for target in cli:targets() do
  local wrong, others, missing = helpers.compare(helpers.rows(), helpers.names(target), known)
  for _, line in ipairs(wrong) do out:error { rule = "helper-name", target = target.name, message = line } end
  for _, line in ipairs(others) do out:warning { rule = "helper-prototype", target = target.name, message = line } end
  if #missing > 0 then out:text(table.concat(missing, "\n")) end
end
return out
