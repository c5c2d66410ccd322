--- compare: what became worse, and what better, from one build of BPF objects to another, on which kernels.
local cli = btfl.cli {
  about = "What became worse, and what better, from one build of BPF objects to another.",
  usage = "OLD... -- NEW...", objects = false, verdicts = true,
  epilog = "Objects are paired by name. OLD and NEW may be reports that --format json or jsonl wrote.",
}
local function side() return { report = btfl.report "check", objects = {} } end
local old, new = side(), side()

-- What starts as a report of btfl does is one.
local function read(path)
  local file <close> = io.open(path, "rb")
  if not file or file:read(1) ~= "{" then return nil end
  return btfl.report.read("{" .. file:read "a", path)
end

local function take(into, path)
  local found = read(path)
  if found then
    into.has_report, into.name = true, found.name ~= "report" and found.name or nil
    for _, failure in ipairs(found.failures) do cli:failure(("%s: %s"):format(path, failure)) end
    found.failures = {}
    into.report:append(found)
  else
    table.insert(into.objects, path)
  end
end

for _, path in ipairs(cli.args.old) do take(old, path) end
for _, path in ipairs(cli.args.new) do take(new, path) end
-- Some commands look for more than others; jsonl does not say which it is of.
if old.name and new.name and old.name ~= new.name then
  cli:error(("a report of btfl %s is not compared with one of btfl %s"):format(old.name, new.name))
end
if old.has_report and #new.objects > 0 or new.has_report and #old.objects > 0 then
  cli:error "a report is compared with a report, and objects with objects"
elseif (old.has_report or new.has_report) and #cli.args.target > 0 then
  cli:error "reports are of their own kernels: -t does not apply"
end

for _, build in ipairs { old, new } do
  if #build.objects > 0 then cli:check_all(build.report, { objects = build.objects }) end
end
local out = btfl.compare(old.report:merge(), new.report:merge())
for _, build in ipairs { old, new } do
  for _, failure in ipairs(build.report.failures) do out:failure(failure) end
end
return out
