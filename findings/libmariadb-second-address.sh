#!/usr/bin/env bash
# libmariadb3 1:10.11 (Connector/C 3.3, Debian 12): MYSQL_OPT_CONNECT_TIMEOUT bounds the first address of a name only.
#
# A name has two addresses, from neither of which anything comes back, as from machines that are gone. With a limit of 2 s
# the call waits for the first address as told and for the second as long as the kernel does: 127 s with Linux's defaults
# (tcp_syn_retries 6), during which nothing can call it back. An address given as such is bounded. Why, as far as its
# source tells: the library remembers the first socket's file flags, takes the second socket for non-blocking, too, and so
# leaves it blocking. Connector/C 3.4.10 (Debian 13) bounds each address.
#
# So whoever needs a bound resolves the name and hands over one numeric address at a time.
# Needs root, for its own /etc/hosts in its own mount namespace.
set -euo pipefail
version=1:10.11.19-0+deb12u1
if [ -z "${INSIDE-}" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    (cd "$folder" && apt-get download -qq "libmariadb3=$version" 2>download.log && dpkg -x libmariadb3_*.deb .)
    printf '127.0.0.1 localhost\n127.0.0.2 silent.test\n127.0.0.3 silent.test\n' >"$folder/hosts"
    INSIDE=$folder unshare --mount bash "$0"
    exit
fi
mount --bind "$INSIDE/hosts" /etc/hosts
exec python3 - "$INSIDE"/usr/lib/*-linux-gnu/libmariadb.so.3 <<'PYTHON'
import ctypes, multiprocessing, socket, sys, time

PORT, LIMIT, PATIENCE = 23391, 2, 15
CONNECT_TIMEOUT, PROTOCOL, TCP = 0, 9, 1  # enum mysql_option, enum mysql_protocol_type of mysql.h

# A listener whose queue is full drops what asks to be let in.
kept = []
for address in ("127.0.0.2", "127.0.0.3"):
    listener = socket.socket()
    listener.bind((address, PORT))
    listener.listen(0)
    kept.append(listener)
    for _ in range(3):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex((address, PORT))
        kept.append(client)


def connect(host):
    library = ctypes.CDLL(sys.argv[1])
    library.mysql_init.restype = ctypes.c_void_p
    library.mysql_error.restype = ctypes.c_char_p
    library.mysql_get_client_info.restype = ctypes.c_char_p
    library.mysql_real_connect.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.mysql_init(None))
    for option, value in ((CONNECT_TIMEOUT, LIMIT), (PROTOCOL, TCP)):
        library.mysql_options(handle, option, ctypes.byref(ctypes.c_uint(value)))
    start = time.monotonic()
    library.mysql_real_connect(handle, host, b"nobody", b"", None, PORT, None, ctypes.c_ulong(0))
    reason = library.mysql_error(handle).decode()
    print(f"{library.mysql_get_client_info().decode()}, {host.decode()}: {time.monotonic() - start:.1f} s, {reason}", flush=True)


def ends(host):
    process = multiprocessing.Process(target=connect, args=(host,))
    process.start()
    process.join(PATIENCE)
    ended = process.exitcode is not None
    if not ended:
        print(f"{host.decode()}: still waiting after {PATIENCE} s", flush=True)
        process.kill()
    return ended


bounded, unbounded = ends(b"127.0.0.2"), not ends(b"silent.test")
if not (bounded and unbounded):
    sys.exit("CHANGED")
print("as described")
PYTHON
