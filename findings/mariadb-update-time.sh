#!/usr/bin/env bash
# MariaDB 10.11.18 (Debian 12), InnoDB: the UPDATE_TIME that information_schema.tables shows of a table.
#
# It stays what it was while a transaction that wrote to the table is open. When that commits, it becomes the time of the
# transaction's write, not that of its commit: here about 3 s before the new row could be seen by anybody else.
#
# So whoever polls UPDATE_TIME to learn whether a copy is still good must not conclude from "read after UPDATE_TIME" that
# the read saw everything: a read between write and commit is newer than the UPDATE_TIME that the commit leaves, and old.
set -euo pipefail
version=1:10.11.18-0+deb12u1
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
server=
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
sql -e 'SELECT VERSION()'
sql -e 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, x INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1, 1)'
update_time="SELECT UNIX_TIMESTAMP(update_time) FROM information_schema.tables WHERE table_schema = 'd' AND table_name = 't'"
before=$(sql -e "$update_time")
sleep 2.1

# One session writes, waits 3 s and commits; it prints when it wrote and when it committed.
sql >session <<'SQL' &
START TRANSACTION;
UPDATE d.t SET x = 2 WHERE id = 1;
SELECT UNIX_TIMESTAMP();
DO SLEEP(3);
COMMIT;
SELECT UNIX_TIMESTAMP();
SQL
session=$!
sleep 1.5
during=$(sql -e "$update_time")
row_during=$(sql -e 'SELECT x FROM d.t')
wait "$session"
{ read -r wrote; read -r committed; } <session
after=$(sql -e "$update_time")
echo "before $before, while the transaction is open $during (row: $row_during), after its commit $after; it wrote at $wrote, committed at $committed"
[ "$during" = "$before" ] && [ "$row_during" = 1 ] || { echo "CHANGED: an open transaction shows"; exit 1; }
[ $((committed - wrote)) -ge 2 ] || { echo "the machine is too slow or its clock was set: run again"; exit 2; }
[ "$after" -le $((wrote + 1)) ] && [ "$after" -gt "$before" ] || { echo "CHANGED: UPDATE_TIME is not the write's"; exit 1; }
echo "as described"
