#!/usr/bin/env bash
# MariaDB 10.11.19 with galera-4 26.4.23 (Debian 12): what a host that lost its cluster (non-Primary) says to a read.
#
# Without wsrep_sync_wait: 1047, "WSREP has not yet prepared node for application use", as documented. With
# wsrep_sync_wait = 1 it depends on how it is asked. As text: 1047. Prepared (COM_STMT_PREPARE): 1205, "Lock wait timeout
# exceeded; try restarting transaction", at once and with nothing locked. And a read of information_schema, which answers
# without wsrep_sync_wait and is where one would look for the host's state, says 1205 even as text.
#
# So 1205 out of a prepare means the host and no row, and whoever asks the host how it is sets wsrep_sync_wait = 0 before.
set -euo pipefail
version=1:10.11.19-0+deb12u1
galera=26.4.23-0+deb12u1
folder=$(mktemp -d)
server=
trap 'kill -KILL "$server" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq mariadb-server-core="$version" mariadb-client-core="$version" mariadb-common="$version" \
    libmariadb3="$version" galera-4="$galera" libaio1 libnuma1 liburing2 libncurses6 libtinfo6 libedit2 libbsd0 libmd0 \
    2>download.log
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(echo "$folder"/usr/lib/*-linux-gnu):$(echo "$folder"/lib/*-linux-gnu)
usr/bin/mariadb-install-db --no-defaults --basedir="$folder/usr" --user="$(id -un)" --datadir="$folder/data" \
    --auth-root-authentication-method=normal >install.log 2>&1
usr/sbin/mariadbd --no-defaults --user="$(id -un)" --basedir="$folder/usr" --datadir="$folder/data" \
    --socket="$folder/socket" --skip-networking --binlog-format=ROW --innodb-autoinc-lock-mode=2 --wsrep-on=ON \
    --wsrep-provider="$folder/usr/lib/galera/libgalera_smm.so" --wsrep-cluster-address=gcomm:// \
    --wsrep-node-address=127.0.0.1:24597 --wsrep-provider-options='gmcast.listen_addr=tcp://127.0.0.1:24597' \
    >server.log 2>&1 &
server=$!
sql() { timeout 20 usr/bin/mariadb --no-defaults --socket="$folder/socket" --user=root --skip-column-names --batch "$@"; }
for _ in $(seq 100); do sql -e 'SELECT 1 FROM mysql.plugin LIMIT 1' >/dev/null 2>&1 && break; sleep 0.2; done
sql -e 'SELECT VERSION(); SHOW STATUS LIKE "wsrep_provider_version"'
# It becomes a member of a cluster of which it finds nobody: nothing listens on port 1.
sql -e "SET GLOBAL wsrep_cluster_address = 'gcomm://127.0.0.1:1?pc.wait_prim=no'"
sql -e 'SHOW STATUS LIKE "wsrep_cluster_status"'
python3 - "$folder"/usr/lib/*-linux-gnu/libmariadb.so.3 "$folder/socket" <<'PYTHON'
import ctypes, sys

library = ctypes.CDLL(sys.argv[1])
for name in ("mysql_init", "mysql_real_connect", "mysql_stmt_init", "mysql_store_result"):
    getattr(library, name).restype = ctypes.c_void_p
handle = ctypes.c_void_p(library.mysql_init(None))
if not library.mysql_real_connect(handle, None, b"root", b"", None, 0, sys.argv[2].encode(), ctypes.c_ulong(0)):
    sys.exit("no connection")


def text(sql):
    if library.mysql_real_query(handle, sql, ctypes.c_ulong(len(sql))):
        return library.mysql_errno(handle)
    result = library.mysql_store_result(handle)
    if result:
        library.mysql_free_result(ctypes.c_void_p(result))
    return 0


def prepared(sql):
    statement = ctypes.c_void_p(library.mysql_stmt_init(handle))
    stage = "prepare"
    failed = library.mysql_stmt_prepare(statement, sql, ctypes.c_ulong(len(sql)))
    if not failed:
        stage = "execute"
        failed = library.mysql_stmt_execute(statement)
    code = library.mysql_stmt_errno(statement) if failed else 0
    library.mysql_stmt_close(statement)
    return code, stage


table, state = b"SELECT COUNT(*) FROM mysql.global_priv", b"SELECT COUNT(*) FROM information_schema.global_status"
seen = {}
for wait in (0, 1):
    if text(b"SET SESSION wsrep_sync_wait = %d" % wait):
        sys.exit("wsrep_sync_wait cannot be set")
    seen[wait] = (text(table), prepared(table), text(state))
    print(f"wsrep_sync_wait {wait}: a table as text {seen[wait][0]}, prepared {seen[wait][1]}; its state as text {seen[wait][2]}")
if seen != {0: (1047, (1047, "execute"), 0), 1: (1047, (1205, "prepare"), 1205)}:
    sys.exit("CHANGED")
print("as described")
PYTHON
