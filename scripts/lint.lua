--- lint: what of a policy can never take effect on the kernels that it is for.
local cli = btfl.cli {
  about = "What of a policy, such as an entry of a table of renames, can never take effect on kernels.",
  usage = "NAME...", objects = false, policy = "the policies to look at are arguments",
  epilog = "NAME is that of a policy, or its file. Give every kernel that it is for.",
}
local out = btfl.report "lint"
local targets = {}
for target in cli:targets() do targets[#targets + 1] = target end
for _, name in ipairs(cli.args.name) do
  local ok, policy = pcall(btfl.policy, name)
  if not ok then cli:error(tostring(policy)) end
  if #targets > 0 then out:append(policy:lint(targets)) end
end
return out
