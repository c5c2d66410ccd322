--- ladders: the branches of BPF objects that a kernel's answers decide, and how these go over kernels.
local cli = btfl.cli {
  about = "Branches that ask a kernel what it has, and what kernels answer, by flavour and release.",
}
local out = btfl.report("ladders", {
  columns = { "object", "program", "line", "question", "vector", "verdict" },
  text = { "program", "line", "question", "vector", "verdict" },
  group = { "object" },
})

cli:each_object(out, function(object, kernels)
  for _, ladder in ipairs(cli:try(object.ladders, object, kernels) or {}) do
    local line = ladder.line and ("%s:%d"):format(ladder.line.name, ladder.line.line)
    out:row {
      object = object.path, program = ladder.program.name, line = line, question = ladder.question,
      vector = ladder.vector, verdict = ladder.verdict,
    }
  end
end)
return out
