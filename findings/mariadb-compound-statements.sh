#!/usr/bin/env bash
# MariaDB 11.8.9 (Debian 13; 10.11.19 the same): what is different inside a compound statement or stored procedure.
#
# `SELECT … FOR UPDATE NOWAIT` is refused when it is prepared, with 1314 "[NO]WAIT is not allowed in stored procedures";
# `SELECT … FOR UPDATE SKIP LOCKED` in the same place is taken. Such a statement (`BEGIN NOT ATOMIC … END`) needs no right of
# its own, and since 10.6 may be prepared with `?` in it, so that a transaction's first steps are one round trip. Whoever
# wants NOWAIT there skips what is locked and looks whether the row is there all the same.
#
# The slow log, too, knows less of what runs inside: nothing by default (`log_slow_disabled_statements` has `sp`), and with
# that emptied the statements, but never their plans (`log_slow_verbosity=explain`).
#
# `max_statement_time` counts for the whole of a compound statement. But a `CONTINUE HANDLER FOR SQLEXCEPTION` in it catches
# the end of that time (1969) like any other error, and from then on nothing in it has a limit. A handler of its own for 1969
# prevents that.
set -euo pipefail
folder=$(mktemp -d)
server=
trap 'kill "$server" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
debootstrap --variant=minbase --include=mariadb-server trixie "$folder/root" >"$folder/log"
within() { chroot "$folder/root" "$@"; }
# --force: the root has no name of its own in /etc/hosts.
within mariadb-install-db --no-defaults --force --user=root --datadir=/tmp/data \
    --auth-root-authentication-method=normal >"$folder/install.log" 2>&1
chroot "$folder/root" mariadbd --no-defaults --user=root --datadir=/tmp/data --socket=/tmp/socket --skip-networking --slow-query-log \
    --slow-query-log-file=/tmp/slow --long-query-time=0 --log-slow-verbosity=query_plan,explain \
    --log-slow-disabled-statements= >"$folder/server.log" 2>&1 &
server=$!
sql() { within mariadb --no-defaults --socket=/tmp/socket --skip-column-names --batch "$@"; }
for _ in $(seq 100); do sql -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.2; done
version=$(sql -e 'SELECT VERSION()')
echo "$version"
[[ $version == 11.8.9-* ]] || echo "(written for 11.8.9)"
sql -e 'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1), (2)'

prepared() { sql d -e "PREPARE s FROM 'BEGIN NOT ATOMIC START TRANSACTION; SELECT id FROM t WHERE id = ? FOR UPDATE $1; COMMIT; END'; SET @id = 1; EXECUTE s USING @id" 2>&1 || true; }
nowait=$(prepared NOWAIT)
skip=$(prepared 'SKIP LOCKED')
echo "NOWAIT: $nowait"
echo "SKIP LOCKED: $skip"
[[ $nowait == *1314* ]] || { echo "CHANGED: NOWAIT is taken inside a compound statement"; exit 1; }
[ "$skip" = 1 ] || { echo "CHANGED: SKIP LOCKED is refused there"; exit 1; }
plain=$(sql d -e 'SELECT id FROM t WHERE id = 2 FOR UPDATE NOWAIT')
[ "$plain" = 2 ] || { echo "CHANGED: NOWAIT is refused outside"; exit 1; }

plan_before() { grep -B4 -F "$1" "$folder/root/tmp/slow" | grep -c '^# explain: 1' || true; }
inside=$(plan_before 'SELECT id FROM t WHERE id = 1 FOR UPDATE SKIP LOCKED;')
outside=$(plan_before 'SELECT id FROM t WHERE id = 2 FOR UPDATE NOWAIT;')
echo "plans in the slow log: $inside of the statement inside, $outside of the one outside"
[ "$inside" = 0 ] && [ "$outside" = 1 ] || { echo "CHANGED: what the slow log says of plans"; exit 1; }
# What is printed of two queries that each sleep for a second: 0 when it could.
limited() {
    sql --delimiter=// 2>&1 <<SQL || true
SET max_statement_time = 0.2//
BEGIN NOT ATOMIC $1 SELECT SLEEP(1), 'first' FROM (SELECT 1 AS a) t; SELECT SLEEP(1), 'second' FROM (SELECT 1 AS a) t; END//
SQL
}
bare=$(limited '')
handled=$(limited 'DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;')
named=$(limited 'DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; DECLARE EXIT HANDLER FOR 1969 RESIGNAL;')
echo "out of time: $bare; with a handler for all errors: $handled; and one for this: $named"
[[ $bare == *1969* && $bare != *second* ]] || { echo "CHANGED: the limit without a handler"; exit 1; }
[[ $handled == 0*second ]] || { echo "CHANGED: a handler leaves the rest its limit"; exit 1; }
[[ $named == *1969* && $named != *0*second* ]] || { echo "CHANGED: a handler of its own does not help"; exit 1; }
echo "as described"
