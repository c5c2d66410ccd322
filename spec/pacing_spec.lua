--- How Lua's collector is paced where much is kept: garbage has so much room, and not as much again as is in use.
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

describe("the collector", function()
  teardown(tmp.clean)

  -- Holds so many tables, makes others that nobody holds, and tells how much there was at most besides the former.
  local function garbage(count)
    local r = run { tmp.write("garbage.lua", ([[
local pacing = require "btfl.pacing"
local kept = {}
for i = 1, %d do kept[i] = { i } end
pacing.adjust()
collectgarbage()
collectgarbage()
local held, most = collectgarbage "count", 0
for i = 1, 8e6 do
  local _ = { i }
  if i %% 1e4 == 0 then
    pacing.adjust()
    most = math.max(most, collectgarbage "count")
  end
end
pacing.stop()
print((most - held) // 1024, held // 1024, collectgarbage("setpause", 200), collectgarbage("setstepmul", 100))]])
      :format(count)) }
    local most, held, pause, steps = r.out:match "(%S+)\t(%S+)\t(%S+)\t(%S+)"
    return tonumber(most), tonumber(held), { tonumber(pause), tonumber(steps) }, r.err
  end

  it("leaves less garbage than is in use where that is much, and is paced as before then", function()
    local most, held, before, err = garbage(1200000)
    assert.equal("", err)
    assert.is_true(held > 90, held)
    assert.is_true(most < 32, most)
    assert.same({ 200, 100 }, before)
  end)

  it("is paced as ever where little is", function()
    local most, held, before = garbage(100000)
    assert.is_true(held < 12, held)
    assert.is_true(most > held / 2, most)
    assert.same({ 200, 100 }, before)
  end)

  it("leaves as much room for garbage as there was where less is in use", function()
    local r = run { tmp.write("less.lua", [[
local pacing = require "btfl.pacing"
collectgarbage "stop"
local kept = {}
local function fill(first, last) for i = first, last do kept[i] = { i } end end
local function mib() return collectgarbage "count" // 1024 | 0 end
fill(1, 1e6)
pacing.adjust()
for i = 2e5, 1e6 do kept[i] = nil end
fill(2e5, 5e5)
pacing.adjust()
local before = mib()
for _ = 1, 3e5 do local _ = { 1 } end
pacing.adjust()
local most = mib()
for _ = 1, 1e6 do local _ = { 1 } end
pacing.adjust()
print(before, most, mib())]]) }
    local before, most, after = r.out:match "(%d+)\t(%d+)\t(%d+)"
    assert.equal("", r.err)
    assert.is_true(most - before > 16, r.out)
    assert.is_true(after - before < 4, r.out)
  end)

  it("gives back what it has collected between what is in use", function()
    if os.getenv "ASAN_OPTIONS" then return pending "a sanitizer keeps what is freed" end
    local r = run { tmp.write("holes.lua", [[
local pacing = require "btfl.pacing"
local function resident()
  for line in io.lines "/proc/self/status" do
    local kib = line:match "^VmRSS:%s*(%d+)"
    if kib then return kib // 1024 end
  end
end
local kept, blocks = {}, {}
for i = 1, 1e4 do
  blocks[i] = ("%06d"):format(i):rep(2000)
  if i % 100 == 0 then kept[#kept + 1] = blocks[i] end
end
local before = resident()
blocks = nil
pacing.adjust()
print(before, resident(), #kept)]]) }
    local before, after, kept = r.out:match "(%d+)\t(%d+)\t(%d+)"
    assert.equal("", r.err)
    assert.equal("100", kept)
    assert.is_true(tonumber(before) > 100, before)
    assert.is_true(tonumber(after) < 40, after)
  end)
end)
