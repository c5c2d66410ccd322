--- Asks everything of damaged objects and kernels: `btfl spec/support/mutants.lua SEED COUNT`. What is
--- refused is refused by an error; prints how many were not. A crash, or a finding of a sanitizer, ends
--- the process.

local seed, count = tonumber(arg[1]), tonumber(arg[2])
math.randomseed(seed)

local FIXTURES = "spec/fixtures/"
local KERNELS = { "small.btf", "target.clang14.o", "target.clang19.o" }
local OBJECTS = { "example.bpf.o", "fields.clang19.o", "guards.clang19.o", "types.clang16.o", "matches.clang19.o",
  "subprogs.clang14.o", "enums.clang19.o", "pruning.clang14.o", "loads.clang19.v4.o" }
local WORDS = { 0, 1, 12, 40, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff }

local function read_file(name)
  local file <close> = assert(io.open(FIXTURES .. name, "rb"))
  return file:read "a"
end

local function write(path, bytes)
  local file <close> = assert(io.open(path, "wb"))
  file:write(bytes)
end

-- Headers, instructions and types stand early in a file: half of the damage goes there.
local function damage(bytes)
  for _ = 1, math.random(0, 4) do
    local most = math.random(2) == 1 and #bytes - 4 or math.min(#bytes - 4, 2600)
    local at = math.random(1, math.max(1, most))
    local new = math.random(2) == 1 and string.char(math.random(0, 255))
      or string.pack("<I4", WORDS[math.random(#WORDS)])
    bytes = bytes:sub(1, at - 1) .. new .. bytes:sub(at + #new)
  end
  return math.random(20) == 1 and bytes:sub(1, math.random(#bytes)) or bytes
end

local function look(b)
  for t in b:types() do
    local _ = { t.name, t.size, t:decl(), t:resolve().kind, t:member "a", t:value "A", #t }
    for m in t:members() do _ = { m.name, m.bit_size, m.type.kind } end
    for p in t:params() do _ = { p.name, p.type } end
    for v in t:values() do _ = { v.name, v.value } end
  end
  for _ in b:scan() do end
  for _ in b:scan_members() do end
end

local function ask(object_path, target_path)
  local object <close> = btfl.object(object_path)
  local target <close> = btfl.target(target_path)
  object:check(target, { all = true, why = true }):render "text"
  for result in object:results(target) do
    local _ = result:why()
    for attempt in result:trail() do _ = attempt.reason end
  end
  for program in object:programs() do
    for failure in program:verdict(target, { release = "6.1.0" }):failures() do failure:path() end
  end
  local subset = btfl.subset(target)
  subset:add(object)
  write(target_path .. ".subset", (subset:bytes()))
  btfl.btf(target_path .. ".subset"):close()
  look(target.btf)
end

local object_path, target_path, good = os.tmpname(), os.tmpname(), 0
for _ = 1, count do
  write(object_path, damage(read_file(OBJECTS[math.random(#OBJECTS)])))
  write(target_path, damage(read_file(KERNELS[math.random(#KERNELS)])))
  if pcall(ask, object_path, target_path) then good = good + 1 end
  -- Not overwritten: what was not collected yet may still be mapped.
  os.remove(object_path)
  os.remove(target_path)
  os.remove(target_path .. ".subset")
end
print(good)
