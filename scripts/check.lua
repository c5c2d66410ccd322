--- check: what fails when BPF objects are relocated against kernels.
local cli = btfl.cli { about = "What fails when BPF objects are relocated against kernels." }
local out = btfl.report "check"

-- What one kernel lacks, another of the run may explain.
local targets = {}
for target in cli:targets() do targets[#targets + 1] = target end

for object, target in cli:pairs() do
  out:append(object:check(target, { others = targets }))
end
return out:merge()
