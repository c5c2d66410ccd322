--- "Will it load?", held against the kernel that Debian ships here, which takes fentry and LSM programs, too.
local guest = require "spec.support.guest"
local judge = require "spec.support.judge"
local loads = require "spec.support.loads"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local CORPUS = os.getenv "BTFL_CORPUS" or "../shared/corpus"
local SECONDS <const> = 3600

local function capture(command)
  local pipe <close> = assert(io.popen(command))
  return (pipe:read("a"):gsub("%s+$", ""))
end

-- The package with the kernel that the newest of Debian's small ones is; nil where apt has none.
local function package()
  local name = capture "apt-cache depends linux-image-cloud-amd64 2>/dev/null":match "Depends: (linux%-image%-%S+)"
  if not name then return nil end
  local folder = tmp.mkdir "package"
  capture(("cd %s && apt-get download %s 2>&1"):format(run.quote(folder), name))
  local path = capture(("ls %s/*.deb 2>/dev/null"):format(run.quote(folder)))
  return path ~= "" and path or nil
end

describe("another kernel #long", function()
  teardown(tmp.clean)

  it("makes of programs what is told of them", function()
    local why = guest.missing()
    if why then return pending(why) end
    local deb = package()
    if not deb then return pending "needs Debian's linux-image-cloud-amd64" end
    local objects = loads.objects(CORPUS .. "/objects")
    for _, path in ipairs(loads.objects(run.top .. "/spec/fixtures")) do
      if path:find "clang19" then objects[#objects + 1] = path end
    end
    if #objects < 20 then return pending "needs a corpus, in $BTFL_CORPUS or ../shared/corpus" end
    for i, path in ipairs(objects) do objects[i] = path:find "^/" and path or run.top .. "/" .. path end
    local folder = tmp.mkdir "guest"
    local image, config = guest.unpack({ deb }, folder)
    local rows = guest.load(assert(image), config, objects, folder, SECONDS)
    local tally = judge.rows(rows, { folder = folder })
    local lines = judge.counts(tally) .. "\n" .. table.concat(judge.table(tally), "\n")
    assert.same({}, tally.missing)
    local judged = tally.rows - tally.apart - tally.beyond
    assert.is_true(judged > 500, lines)
    assert.equal(0, tally["false loads"], lines)
    assert.equal(0, tally["false no"], lines)
    assert.is_true(tally.right >= 0.997 * judged, lines)
    local tracing = 0
    for _, row in ipairs(rows) do
      if row.outcome == "loads" and row.section:find "^fe" then tracing = tracing + 1 end
    end
    assert.is_true(tracing > 0, "it takes fentry programs")
  end)
end)
