--- check: what fails when BPF objects are relocated against kernels.
local cli = btfl.cli { about = "What fails when BPF objects are relocated against kernels." }
local out = btfl.report "check"

for object, target in cli:pairs() do
  out:append(object:check(target))
end
return out
