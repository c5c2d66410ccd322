--- ladders: the branches of BPF objects that a kernel's answers decide, and how these go over kernels.
local cli = btfl.cli {
  about = "Branches that ask a kernel what it has, and what kernels answer, by flavour and release.",
}
local out = btfl.report("ladders", {
  columns = { "object", "program", "line", "question", "vector", "verdict" },
  text = { "program", "line", "question", "vector", "verdict" },
  group = { "object" },
})

local objects, kernels = {}, {}
for object, target in cli:pairs() do
  if not kernels[object] then
    objects[#objects + 1] = object
    kernels[object] = {}
  end
  table.insert(kernels[object], target)
end

for _, object in ipairs(objects) do
  for _, ladder in ipairs(cli:try(object.ladders, object, kernels[object]) or {}) do
    local line = ladder.line and ("%s:%d"):format(ladder.line.name, ladder.line.line)
    out:row {
      object = object.path, program = ladder.program.name, line = line, question = ladder.question,
      vector = ladder.vector, verdict = ladder.verdict,
    }
  end
end
return out
