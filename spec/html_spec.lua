--- The page of --format html: one file, what is in it, what is hostile in it, and what a browser makes of it.
local btf = require "spec.support.btf"
local btfl = require "btfl"
local dkjson = require "dkjson"
local hostile = require "spec.support.hostile"
local object = require "spec.support.object"
local run = require "spec.support.run"
local tmp = require "spec.support.tmp"

local HOSTILE = "<!--x<img src=x onerror=document.title=1>"

local function reader(name)
  local b = btf.new()
  local task = b:struct("task", 8, { { "pid", b:int("int", 4), 32 } })
  local o = object.new(b)
  o:program { name = "reader", section = "raw_tp/sched_switch", insns = {
    object.ldx(8, 1, 1, 0), object.ldx(4, 0, 1, 4), object.exit(),
  }, relos = { { insn = 1, type = task, access = "0:0", kind = 0 } } }
  return tmp.write(name, o:bytes())
end

local function kernel(name, member)
  local b = btf.new()
  b:struct("task", 4, { { member, b:int("int", 4), 0 } })
  return tmp.write(name .. ".btf", b:bytes())
end

-- The data of the page, as its script reads it.
local function data_of(page)
  return assert(dkjson.decode((page:match('<script type="application/json" id="data">(.-)</script>'))))
end

describe("--format html", function()
  local page, found

  setup(function()
    local o = reader("a" .. HOSTILE .. ".bpf.o")
    local r = run { "matrix", o, "-t", kernel("5.10.1-amd64", "pid"), "-t", kernel("6.1.2-amd64", "pid"),
      "-t", kernel("6.6.3-amd64", "tgid"), "--format", "html" }
    assert.equal(1, r.status)
    page = r.out
    found = data_of(page)
  end)
  teardown(tmp.clean)

  it("fetches nothing, and lets nothing run but its own", function()
    assert.falsy(page:find("https?:"))
    for _, word in ipairs { "@import", "url%(" } do assert.falsy(page:find(word)) end
    local known = { html = true, head = true, body = true, meta = true, title = true, style = true, header = true,
      h1 = true, p = true, main = true, noscript = true, pre = true, div = true, details = true, summary = true,
      b = true, ul = true, li = true, script = true }
    local inert = { lang = true, charset = true, name = true, content = true, ["http-equiv"] = true, nonce = true,
      class = true, id = true, type = true }
    local markup = page:gsub("(<script[^>]*>).-</script>", "%1</script>"):gsub("(<style[^>]*>).-</style>", "%1</style>")
    for tag, rest in markup:gmatch "</?([^%s>]+)([^>]*)>" do
      assert.is_true(known[tag] or tag == "!DOCTYPE", tag)
      for name in rest:gmatch "%s([%w-]+)=\"" do
        assert.is_true(inert[name], name)
      end
    end
    assert.matches("default-src 'none'", page, nil, true)
  end)

  it("has kernels, cases, and each finding once", function()
    local names = {}
    for i, target in ipairs(found.targets) do names[i] = target.n end
    assert.same({ "5.10.1-amd64", "6.1.2-amd64", "6.6.3-amd64" }, names)
    assert.same({ 0, 0, 1 }, found.columns[1].at)
    assert.same({ 1, 2 }, found.tests)
    assert.equal(1, #found.findings)
    assert.matches("task has no member `pid`", found.findings[1][2], nil, true)
  end)

  it("takes a name for no markup", function()
    assert.falsy(page:find("<img", 1, true))
    assert.falsy(page:find("<!--", 1, true))
  end)

  it("keeps apart kernels of one name", function()
    tmp.mkdir "one"
    tmp.mkdir "two"
    local r = run { "matrix", reader "reader.bpf.o", "-t", kernel("one/6.1.2-amd64", "pid"),
      "-t", kernel("two/6.1.2-amd64", "tgid"), "--format", "html" }
    assert.same({ 0, 1 }, data_of(r.out).columns[1].at)
  end)

  it("is a page of findings, tables and texts for other commands", function()
    local found_by = run { "check", "spec/fixtures/example.bpf.o", "-t", "spec/fixtures/small.btf", "--format", "html" }
    assert.matches('<div class="finding mono error"><b class="error">error[no-field]</b>', found_by.out, nil, true)
    assert.matches('<b class="error">^^^^^</b>', found_by.out, nil, true)
    assert.matches("<li>spec/fixtures/example.bpf.o on small: 16 ok", found_by.out, nil, true)
    local rows = run { "verdicts", "spec/fixtures/example.bpf.o", "-t", "spec/fixtures/small.btf", "--format", "html" }
    assert.matches("<th>verdict</th>", rows.out, nil, true)
    assert.matches("<td>rejected</td>", rows.out, nil, true)
    local r = btfl.report "own"
    r:text "a\tb <c>\nd"
    assert.matches("<pre>\na\tb &lt;c&gt;\nd\n</pre>", r:render "html", nil, true)
    for _, text in ipairs { found_by.out, rows.out } do assert.falsy(text:find("<script", 1, true)) end
  end)

  -- The text of a page without its own markup.
  local function foreign(text)
    return (text:gsub("<style.-</style>", ""):gsub('<script nonce="btfl">.-</script>', ""))
  end

  it("shows any name, and takes it for no markup", function()
    for _, name in ipairs(hostile) do
      local r = btfl.report(name, { columns = { name } })
      r:error { rule = name, message = name, object = name, programs = { name, name }, target = name, notes = { name },
        help = { name }, details = { [name] = name }, insn = { index = 0, bytes = name, text = name } }
      r:row { [name] = name }
      r:summary { [name] = name }
      r:failure(name)
      local row = { program = name, state = "rejected", verdict = "rejected", rule = name, name = name }
      local cell = { object = name, target = name, shape = name, state = "rejected", case = 1, programs = { row },
        kernel = { name = name, path = name, distro = name, flavour = name }, findings = r.findings,
        failures = { name } }
      for _, matrix in ipairs { false, { cells = { cell } }, { cells = { cell }, by = "object" } } do
        r.matrix = matrix or nil
        local text = r:render "html"
        assert.is_truthy(utf8.len(text))
        assert.falsy(text:find "[%z\1-\8\11-\31\127]")
        local rest = foreign(text)
        for _, word in ipairs { "<script>", "<x>", "<!--", "<?", "]]><" } do
          assert.falsy(rest:find(word, 1, true), word)
        end
        if matrix then
          local _, ends = text:gsub("</script>", "")
          assert.equal(2, ends)
          assert.equal(1, #data_of(text).columns)
        end
      end
    end
  end)

  it("is under 2 MB for 139 objects on 54 kernels #long", function()
    local named = os.getenv "BTFL_CORPUS" or "../shared/corpus"
    local corpus = tmp.run(("realpath -qe %s || :"):format(run.quote(named))):match "[^\n]+"
    if not corpus then return pending "needs a corpus, in $BTFL_CORPUS or ../shared/corpus" end
    local objects = tmp.run(("find %s/objects -name '*.o' | sort | head -139"):format(run.quote(corpus)))
    local names = tmp.run(("ls %s/kernels | grep btf"):format(run.quote(corpus)))
    local argv, kernels = { "matrix", "--format", "html" }, {}
    for name in names:gmatch "[^\n]+" do kernels[#kernels + 1] = name end
    local list = {}
    for i = 1, 54 do
      local name = kernels[(i - 1) % #kernels + 1]
      local link = tmp.path(("%d.%s"):format(i, name))
      tmp.run(("ln -s %s %s"):format(run.quote(corpus .. "/kernels/" .. name), run.quote(link)))
      list[i] = link .. "\n"
    end
    for path in objects:gmatch "[^\n]+" do argv[#argv + 1] = path end
    table.move({ "-t", "@" .. tmp.write("series", table.concat(list)) }, 1, 2, #argv + 1, argv)
    local text = run(argv).out
    local data = data_of(text)
    assert.same({ 139, 54 }, { #data.columns, #data.targets })
    assert.is_true(#text < 2000000, #text)
  end)

  it("is a grid in a browser, where arrows move, Enter opens and Escape closes", function()
    if run.program({ "sh", "-c", "command -v chromium" }).status ~= 0 then return pending "no chromium" end
    local probe = [[
<script nonce="btfl">
const say = [], key = (e, k) => e.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true }));
const at = () => document.activeElement;
const panel = document.getElementById("cell");
document.querySelector("[role=gridcell][tabindex='0']").focus();
key(at(), "ArrowDown"); key(at(), "ArrowDown");
say.push(at().getAttribute("aria-label").match(/on (\S+): /)[1]);
const cell = at();
key(cell, "Enter");
say.push(panel.hidden, panel.textContent.includes("null"));
say.push(panel.querySelectorAll(".finding .caret").length, panel.querySelectorAll(".finding").length);
key(at(), "Escape");
say.push(panel.hidden, at() === cell, document.images.length, document.querySelectorAll("[role=gridcell]").length);
document.querySelector(".chip").click();
say.push(document.querySelectorAll("[role=gridcell]").length);
document.querySelector(".bar button").click();
say.push(at().getAttribute("role"), getComputedStyle(document.body).backgroundColor.replace(/ /g, ""));
document.body.dataset.said = say.join(" ");
</script></body>]]
    local path = tmp.write("page.html", (page:gsub("</body>", function() return probe end)))
    for scheme, color in pairs { ["0"] = "rgb(20,23,28)", ["1"] = "rgb(255,255,255)" } do
      local r = run.program { "chromium", "--headless", "--no-sandbox", "--disable-gpu",
        "--blink-settings=preferredColorScheme=" .. scheme, "--user-data-dir=" .. tmp.mkdir "profile", "--dump-dom",
        "file://" .. path }
      local said = r.out:match 'data%-said="([^"]*)"'
      assert.equal("6.6.3-amd64 false false 0 1 true true 0 3 1 gridcell " .. color, said)
      assert.matches("<title>btfl matrix</title>", r.out, nil, true)
    end
  end)
end)
