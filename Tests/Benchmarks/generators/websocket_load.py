"""Opens WebSocket tunnels through a contender and holds them; echoes through them on command.

Arguments: port of 127.0.0.1, number of tunnels, payload octets. Every tunnel's handshake and first echo are checked,
then "ready" is printed. Each line "echo SECONDS" on standard input plays ping-pong on all tunnels for that long and
prints a line of JSON; the end of standard input closes everything.
"""

import base64
import hashlib
import json
import os
import select
import socket
import sys
import time

port, count, octets = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
payload = (b"kuma watches " * (octets // 13 + 1))[:octets]
mask = os.urandom(4)
masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
ping = b"\x81\xfe" + octets.to_bytes(2, "big") + mask + masked
pong = b"\x81\x7e" + octets.to_bytes(2, "big") + payload
assert 126 <= octets < 65536


def exactly(peer, length):
    data = b""
    while len(data) < length:
        more = peer.recv(length - len(data))
        if not more:
            raise SystemExit("the tunnel ended")
        data += more
    return data


def open_tunnel():
    peer = socket.create_connection(("127.0.0.1", port), timeout=10)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    key = base64.b64encode(os.urandom(16))
    peer.sendall(
        b"GET /socket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: %b\r\nSec-WebSocket-Version: 13\r\n\r\n" % (port, port, key))
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += exactly(peer, 1)
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
        raise SystemExit("no upgrade: " + repr(head[:200]))
    peer.sendall(ping)
    if exactly(peer, len(pong)) != pong:
        raise SystemExit("a wrong echo")
    return peer


def play(tunnels, seconds):
    epoll = select.epoll()
    for number in tunnels:
        epoll.register(number, select.EPOLLIN)
    partial, done, began = {}, 0, time.monotonic()
    for peer in tunnels.values():
        peer.send(ping)
    playing, end = len(tunnels), began + seconds
    while playing:
        events = epoll.poll(10)
        if not events:
            raise SystemExit("an echo is missing")
        over = time.monotonic() >= end
        for number, _ in events:
            peer = tunnels[number]
            data = peer.recv(65536)
            if data != pong:
                data = partial.pop(number, b"") + data
                if len(data) < len(pong) and pong.startswith(data) and data:
                    partial[number] = data
                    continue
                if data != pong:
                    raise SystemExit("a wrong echo")
            done += 1
            if over:
                playing -= 1
            else:
                peer.send(ping)
    return {"round_trips": done, "seconds": time.monotonic() - began}


opened = [open_tunnel() for _ in range(count)]
tunnels = {peer.fileno(): peer for peer in opened}
print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(play(tunnels, float(line.split()[1]))), flush=True)
