--- ladders: the branches of BPF objects that a kernel's answers decide, and how these go over kernels.
local cli = btfl.cli {
  about = "Branches that ask a kernel what it has, and what kernels answer, by flavour and release.",
}
local out = btfl.report("ladders", {
  columns = { "object", "program", "line", "question", "vector", "verdict" },
  text = { "program", "line", "question", "vector", "verdict" },
  group = { "object" },
})

cli:each_ladders(function(object, rows)
  for _, row in ipairs(rows) do
    row.object = object.path
    out:row(row)
  end
end)
return out
