--- How good `why` is, by the renames of the corpus: first answers that are right, silence where nothing came,
--- and how many of the suggestions that are sure are right. By halves of each file, so that one can be tuned
--- on and the other tell what came of it.
---   btfl spec/bench/renames.lua [--wrong]

local renames = require "spec.support.renames"

for _, file in ipairs { "renames.tsv", "renames-more.tsv" } do
  for _, half in ipairs { "even", "odd" } do
    local t = renames.judge(renames.rows(file, half))
    print(("%-16s %-4s  first right %d of %d, gone and silent %d of %d, sure and right %d of %d"):format(file, half,
      t.right, t.named, t.silent, t.gone, t.sure_right, t.sure))
    for _, line in ipairs(arg[1] == "--wrong" and t.wrong or {}) do print("  " .. line) end
  end
end
