#!/usr/bin/env bash
# MariaDB 10.11.18 (Debian 12), InnoDB: ALTER TABLE … NOWAIT fails although nobody uses the table.
#
# One session is the server's only one. It adds a column, writes to it and drops it again, with NOWAIT, 600 times. Some of
# the statements – here 2 to 70 of 1 200 – fail with 1205, "Lock wait timeout exceeded": something in the server itself
# holds the table's metadata lock for an instant, which no process list shows. WAIT 1 in the place of NOWAIT never failed.
# Without innodb_stats_auto_recalc it happens as often, so it is not the statistics that do it.
#
# So 1205 from NOWAIT does not mean that somebody reads the table: such a statement is to be tried again some times before
# anybody is told, and no script for a person should hold it.
set -euo pipefail
version=1:10.11.18-0+deb12u1
folder=$(mktemp -d)
server=
trap 'kill "$server" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq mariadb-server-core="$version" mariadb-client-core="$version" mariadb-common="$version" \
    libmariadb3="$version" libaio1 libnuma1 liburing2 libncurses6 libtinfo6 libedit2 libbsd0 libmd0 2>download.log
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(echo "$folder"/usr/lib/*-linux-gnu):$(echo "$folder"/lib/*-linux-gnu)
usr/bin/mariadb-install-db --no-defaults --basedir="$folder/usr" --user="$(id -un)" --datadir="$folder/data" \
    --auth-root-authentication-method=normal >install.log 2>&1
usr/sbin/mariadbd --no-defaults --user="$(id -un)" --basedir="$folder/usr" --datadir="$folder/data" \
    --socket="$folder/socket" --skip-networking >server.log 2>&1 &
server=$!
sql() { usr/bin/mariadb --no-defaults --socket="$folder/socket" --skip-column-names --batch "$@"; }
for _ in $(seq 100); do sql -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.2; done
sql -e 'SELECT VERSION(); CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)'

# failures PATIENCE: how many of 1 200 such statements fail with 1205; any other error ends the script.
failures() {
    for _ in $(seq 600); do
        echo "ALTER TABLE t $1 ADD COLUMN IF NOT EXISTS x INT NULL; ALTER TABLE t ADD COLUMN IF NOT EXISTS x INT NULL;"
        echo "UPDATE t SET x = 1; ALTER TABLE t $1 DROP COLUMN IF EXISTS x;"
    done | sql --force d 2>errors || true
    if grep '^ERROR' errors | grep -qv '^ERROR 1205 '; then cat errors >&2; exit 2; fi
    grep -c '^ERROR 1205 ' errors || true
}
for _ in $(seq 5); do
    at_once=$(failures NOWAIT)
    [ "$at_once" = 0 ] || break
done
waiting=$(failures 'WAIT 1')
echo "of 1200 statements failed with 1205: $at_once with NOWAIT, $waiting with WAIT 1"
[ "$at_once" -gt 0 ] || { echo "CHANGED: NOWAIT never fails"; exit 1; }
[ "$waiting" = 0 ] || { echo "CHANGED: WAIT 1 fails, too"; exit 1; }
echo "as described"
