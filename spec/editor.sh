#!/bin/sh
# What an editor underlines: in a fresh folder after `btfl init --editor` nothing of the scripts that README.md and
# scripts/README.md show and that come with btfl, and each name that no class has: spec/editor.sh [SERVER], a
# lua-language-server of 3.13 or later.
set -eu
cd "$(dirname "$0")/.."
server=$(command -v "${1:-lua-language-server}") || { echo "no lua-language-server: spec/editor.sh SERVER" >&2; exit 2; }
btfl=$PWD/build/btfl top=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/repository" "$work/data"
cd "$work/repository"
XDG_DATA_HOME=$work/data "$btfl" init --editor

# check NAMES: "file:line code" of what it underlines in the files there.
check() {
    rm -f ../found.json
    "$server" --check . --check_format=json --check_out_path=../found.json --checklevel=Warning --logpath=../log \
        >../said 2>&1 || [ -e ../found.json ] || { cat ../said >&2; exit 1; }
    [ -e ../found.json ] || return 0
    "$btfl" -e 'local found = require("dkjson").decode(io.open("../found.json"):read "a")
        for file, list in pairs(found) do for _, one in ipairs(list) do
          print(("%s:%d %s"):format(file:match "[^/]*$", one.range.start.line + 1, one.code)) end end' | sort
}

cp "$top"/scripts/*.lua .
for page in README scripts/README; do
    awk -v name="$(echo $page | tr / _)" '/^```lua/ { n++; on = 1; next } /^```/ { on = 0 }
        on { print > (name n ".lua") }' "$top/$page.md"
done
check >../clean
[ ! -s ../clean ] || { echo "underlined, and should not be:"; cat ../clean; exit 1; }

rm -f ./*.lua
cat >wrong.lua <<'END'
local cli, out = btfl.cli { about = "failed relocations" }, btfl.report "poisoned"
for obj, target in cli:pairs() do
  for res in obj:results(target) do print(res.relo.lien) end
  for program in obj:programs() do print(program:verdict(target).verdcit) end
end
btfl.objekt "x.o"
out:eror { rule = "x", message = "y" }
END
check >../wrong
printf 'wrong.lua:%d undefined-field\n' 3 4 6 7 | diff - ../wrong
echo "what is shown is clean, and wrong fields are underlined"
