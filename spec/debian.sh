#!/bin/sh
# Builds the Debian package in a minimal root of a release and installs it in another one, where it does what README.md
# shows, and goes again without a trace: spec/debian.sh [SUITE [MIRROR]], as root, with debootstrap. It takes minutes.
set -eu
cd "$(dirname "$0")/.."
suite=${1:-bookworm} mirror=${2:-http://deb.debian.org/debian}
roots=${TMPDIR:-/tmp}/btfl-roots
base=$roots/$suite work=$roots/$suite.work

[ -e "$base/etc/apt/done" ] || {
    rm -rf "$base" && mkdir -p "$base"
    debootstrap --variant=minbase "$suite" "$base" "$mirror" >"$base.log" 2>&1 || { tail -3 "$base.log" >&2; exit 1; }
    # How this machine reaches the mirror, and not what packages say.
    for file in /etc/apt/apt.conf.d/*; do
        dpkg -S "$file" >/dev/null 2>&1 || cp "$file" "$base/etc/apt/apt.conf.d/"
    done
    echo 'Dpkg::Use-Pty "0";' >"$base/etc/apt/apt.conf.d/99no-pty"
    touch "$base/etc/apt/done"
}

# inside ROOT: runs what stands on its standard input in a root, whose mounts end with it.
inside() {
    unshare --mount --pid --fork sh -c 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" &&
        exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        chroot "$1" sh -eu' inside "$1"
}

fresh() { rm -rf --one-file-system "$work" && cp -a "$base" "$work" && cp /etc/resolv.conf "$work/etc/"; }

say() { printf '%s: %s\n' "$suite" "$1"; }

make -s dist
fresh
tar -xzf build/release/*.tar.gz -C "$work/root"
inside "$work" <<'END'
cd /root/btfl-*
exec 3>&1 >/root/log 2>&1 || exit
trap '[ $? = 0 ] || tail -30 /root/log >&3' EXIT
apt-get update -qq
apt-get install -qq --no-install-recommends make
make -s deps
apt-get install -qq --no-install-recommends build-essential debhelper lintian
make deb
exec >&3 2>&1
lintian --allow-root --fail-on error,warning --display-info build/release/deb/*.changes
END
say "built, and lintian has no error and no warning"

rm -rf "build/release/$suite" && mkdir -p "build/release/$suite"
find "$work"/root/btfl-*/build/release/deb -maxdepth 1 -type f -exec cp {} "build/release/$suite/" \;
fresh
cp -r "build/release/$suite" "$work/root/built"
inside "$work" <<'END'
cd /root
apt-get update -qq
apt-get install -qq --no-install-recommends autopkgtest man-db >log 2>&1 || { tail -30 log; exit 1; }
find / -xdev -name '*btfl*' -not -path '/root/*' | sort >before
autopkgtest built/btfl_*.changes --output-dir tested -- null >log 2>&1 || { tail -30 log; exit 1; }
cat tested/summary
grep -q '^readme *PASS$' tested/summary
btfl help policy | grep -q 'btfl-policy - your own rules'
bash -c '. /usr/share/bash-completion/completions/btfl && complete -p btfl' >/dev/null
apt-get purge -qq btfl >/dev/null
find / -xdev -name '*btfl*' -not -path '/root/*' | sort >after
cmp before after
END
say "installed by autopkgtest, whose tests pass, and purged"
rm -rf --one-file-system "$work"
