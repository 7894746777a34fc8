#!/usr/bin/env bash
# systemd 252 (Debian 12): in an EnvironmentFile= a comment that ends with a backslash goes on in the next line, so the setting
# there is lost without a word. systemd.exec(5) says only that lines which begin with # are ignored; since 254 the next line
# counts, and our own reader of such files does as 254. Seen through systemd-tmpfiles, which reads os-release with the same
# parser and needs no running systemd.
#
# Exits non-zero when 252 behaves otherwise.
set -euo pipefail
version=252.39-1~deb12u2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

apt-get download -qq systemd="$version" libsystemd-shared="$version" 2>download.log
for package in ./*.deb; do dpkg-deb -x "$package" root; done
tmpfiles=$(find root -path '*bin/systemd-tmpfiles')
libraries=$(dirname "$(find root -name 'libsystemd-shared-*.so' | head -1)")
run() { LD_LIBRARY_PATH="$libraries" "$tmpfiles" "$@"; }
run --version | head -1

# read TEXT: what os-release's BUILD_ID is by that parser.
read_as_systemd() {
    mkdir -p "$folder/machine/etc"
    printf '%b' "$1" >"$folder/machine/etc/os-release"
    echo 'f /seen - - - - %B' >"$folder/seen.conf"
    rm -f "$folder/machine/seen"
    run --root="$folder/machine" --create "$folder/seen.conf"
    cat "$folder/machine/seen" 2>/dev/null || true
}

plain=$(read_as_systemd '# a comment\nBUILD_ID=kept\n')
continued=$(read_as_systemd '# a comment \\\nBUILD_ID=kept\n')
echo "after '# a comment':    '$plain'"
echo "after '# a comment \\':  '$continued'"
[ "$plain" = kept ] && [ -z "$continued" ] || { echo "the behaviour has changed"; exit 1; }
