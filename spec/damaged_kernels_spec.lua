--- A damaged kernel is refused, or gives the answers of the sound one: never others without a word.
--- Real kernels with one word that is another, or with one bit of a type's head turned over.

local btfl = require "btfl"
local btf = require "spec.support.btf"
local tmp = require "spec.support.tmp"

local corpus = os.getenv("BTFL_CORPUS") or "../shared/corpus"
local KERNELS = { "5.10.262-generic-amd64", "6.12.95-generic-s390x", "6.18.15-cloud-amd64", "7.3.4-generic-amd64" }

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read "a"
end

--- All objects of that byte order whose relocations are many.
local function objects_of(endian)
  local list = {}
  for path in tmp.run("ls " .. corpus .. "/objects/*/*.o"):gmatch("[^\n]+") do
    local ok, object = pcall(btfl.object, path)
    if ok and object.btf and object.endian == endian then list[#list + 1] = object end
  end
  return list
end

--- What every relocation becomes, as one string; nil and why not when the kernel is refused.
local function answers(path, objects)
  local ok, target = pcall(btfl.target, path)
  if not ok then return nil, target end
  local lines = {}
  for _, object in ipairs(objects) do
    for result in object:results(target) do
      lines[#lines + 1] = ("%s %s %s %s"):format(result.status, result.reason, result.value, result.after)
    end
  end
  target:close()
  return table.concat(lines, "\n")
end

--- Where types start, in bytes from the file's start, and their kinds; where they end.
local function types_of(bytes, order)
  local shape, starts = btf.known_layout(), {}
  local hdr_len, type_off, type_len = string.unpack(order .. "I4I4I4", bytes, 5)
  local at, stop = hdr_len + type_off, hdr_len + type_off + type_len
  while at < stop do
    local info = string.unpack(order .. "I4", bytes, at + 5)
    local s = shape[info >> 24 & 0x7f]
    starts[#starts + 1] = at
    at = at + 12 + s[1] + s[2] * (info & 0xffffff)
  end
  assert(at == stop)
  return starts, stop
end

local function put(bytes, at, new) return bytes:sub(1, at) .. new .. bytes:sub(at + #new + 1) end

local changes = {}

-- Any word of the type section becomes any other.
function changes.word(bytes, starts, stop)
  local at = starts[1] + math.random(0, (stop - starts[1]) // 4 - 1) * 4
  return put(bytes, at, string.pack("I4", math.random(0, 0xffffffff))), ("word at +0x%x"):format(at)
end

function changes.bit(bytes, starts)
  local id, bit = math.random(#starts), math.random(0, 95)
  local at = starts[id] + bit // 8
  return put(bytes, at, string.char(bytes:byte(at + 1) ~ 1 << bit % 8)), ("bit %d of type %d"):format(bit, id)
end

--- Counts what is refused, and lists what is neither refused nor answered as before.
local function try(path, change, count)
  local bytes = read(path)
  local order = bytes:byte(1) == 0x9f and "<" or ">"
  local objects = objects_of(order == "<" and "little" or "big")
  local starts, stop = types_of(bytes, order)
  local want = assert(answers(path, objects))
  local refused, silent = 0, {}
  for _ = 1, count do
    local mutant, what = changes[change](bytes, starts, stop)
    local got = answers(tmp.write("mutant.btf", mutant), objects)
    if not got then
      refused = refused + 1
    elseif got ~= want then
      silent[#silent + 1] = what
    end
  end
  for _, object in ipairs(objects) do object:close() end
  return refused, silent
end

describe("a damaged kernel #long", function()
  teardown(tmp.clean)

  if not io.open(corpus .. "/README.md") then
    pending("gives no other answers: needs a corpus, in $BTFL_CORPUS or ../shared/corpus")
    return
  end

  for _, kernel in ipairs(KERNELS) do
    for change, count in pairs { word = 750, bit = 300 } do
      it(("gives no other answers: %s, %d times another %s"):format(kernel, count, change), function()
        math.randomseed(20)
        local path = tmp.path("kernel.btf")
        tmp.run(("gzip -dc %s/kernels/%s.btf.gz >%s"):format(corpus, kernel, path))
        local refused, silent = try(path, change, count)
        assert.same({}, silent)
        assert.is_true(refused > count / 2, tostring(refused))
      end)
    end
  end
end)
