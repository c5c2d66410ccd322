#!/bin/sh
# gate: looks at what btfl.lua of a repository names, in a CI job: one run, with annotations or text on standard
# output, SARIF in a file, and the summary of the job where there is one. The exit status is btfl's: 0 clean, 1
# findings, 2 could not do it.
#
#   BTFL_URL, BTFL_SHA256   where the program is downloaded from, and what it must be; without, it is in PATH
#   BTFL_COMMAND            check (the default) or matrix
#   BTFL_SARIF              the file for SARIF; none when it is empty; btfl.sarif by default
#   arguments               go to the command as they are
set -eu

fail() {
	echo "gate: $*" >&2
	exit 2
}

fetch() {
	[ -n "${BTFL_SHA256:-}" ] || fail "BTFL_URL needs BTFL_SHA256, from the SHA256SUMS of the release"
	into=$(mktemp -d) || fail "there is no room for the program"
	trap 'rm -rf "$into"' EXIT
	if command -v curl >/dev/null; then
		curl -fsSL --retry 3 -o "$into/btfl" "$BTFL_URL" || fail "$BTFL_URL cannot be fetched"
	else
		wget -qO "$into/btfl" "$BTFL_URL" || fail "$BTFL_URL cannot be fetched"
	fi
	echo "$BTFL_SHA256  $into/btfl" | sha256sum -c - >/dev/null 2>&1 || fail "$BTFL_URL is another file than SHA256SUMS says"
	chmod +x "$into/btfl"
	PATH=$into:$PATH
}

if [ -n "${BTFL_URL:-}" ]; then fetch; fi
command -v btfl >/dev/null || fail "btfl is not in PATH, and BTFL_URL does not say where it is"

format=text
if [ -n "${GITHUB_ACTIONS:-}" ]; then format=github; fi
set -- "$@" --format "$format"
if [ -n "${BTFL_SARIF-btfl.sarif}" ]; then set -- "$@" --format "sarif=${BTFL_SARIF-btfl.sarif}"; fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then set -- "$@" --format "markdown=$GITHUB_STEP_SUMMARY"; fi

btfl "${BTFL_COMMAND:-check}" "$@"
