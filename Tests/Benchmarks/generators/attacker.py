"""Holds or churns hostile connections until a line comes on standard input, then prints a line of JSON: what became of them.

Arguments: port of 127.0.0.1, attack (one of ATTACKS), connections at once. Prints `ready` when that many are under way.
"""

import errno
import json
import select
import socket
import struct
import sys
import time

port, attack, wanted = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
HEAD = b"GET /small HTTP/1.1\r\nHost: kuma\r\n\r\n"
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: kuma\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
BODY = b"POST /upload HTTP/1.1\r\nHost: kuma\r\nContent-Length: 1000000\r\n\r\n"
BIG = b"GET /64m HTTP/1.1\r\nHost: kuma\r\n\r\n"
# A source address has some 28 000 ports; several make room for those in TIME_WAIT.
SOURCES = [f"127.0.1.{number}" for number in range(1, 9)]
# Where a client is reset: what it sends first, and how many bytes of the answer it waits for.
STAGES = [(b"", 0), (HEAD[:20], 0), (HEAD, 0), (HEAD, 1), (BIG, 1), (BIG, 200_000), (BODY, 0), (BODY + b"x" * 5000, 0),
          (UPGRADE, 0), (HEAD * 3, 1)]


class Peer:
    """One hostile client. `turn` is called every second, `readable` when bytes or an end came."""

    first = b""
    receive_buffer = None

    def __init__(self, number):
        self.number, self.received, self.socket = number, 0, socket.socket()
        self.socket.setblocking(False)
        if self.receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the port is chosen by connect
        self.socket.bind((SOURCES[number % len(SOURCES)], 0))
        code = self.socket.connect_ex(("127.0.0.1", port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "connect")

    def connected(self):
        if self.first:
            self.send(self.first)

    def send(self, data):
        try:
            self.socket.send(data)
        except OSError:
            pass

    def turn(self):
        pass

    def read(self):
        """False when the peer has ended."""
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if self.received == 0 and data.startswith(b"HTTP/1.1 "):
            statuses[data[9:12].decode()] = statuses.get(data[9:12].decode(), 0) + 1
        self.received += len(data)
        return bool(data)

    def is_done(self):
        """Whether this client leaves by itself now."""
        return False


class Idle(Peer):
    pass


class SlowHead(Peer):
    first = b"GET /small HTTP/1.1\r\nHost: kuma\r\nX-Slow: "

    def turn(self):
        self.send(b"a")


class SlowBody(Peer):
    first = BODY

    def turn(self):
        self.send(b"a")


class NeverReads(Peer):
    first = BIG
    receive_buffer = 4096

    def read(self):
        return True


class SlowReader(NeverReads):
    def turn(self):
        Peer.read(self)


class BigHead(Peer):
    first = b"GET / HTTP/1.1\r\nHost: kuma\r\nX: " + b"a" * 20_000


class Garbage(Peer):
    first = bytes(range(256)) * 16


class Flood(Peer):
    def is_done(self):
        return True


class Reset(Peer):
    def __init__(self, number):
        self.first, self.awaited = STAGES[number % len(STAGES)]
        super().__init__(number)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def is_done(self):
        return self.received >= self.awaited


ATTACKS = {
    "idle": Idle, "slow heads": SlowHead, "slow bodies": SlowBody, "never read": NeverReads, "slow readers": SlowReader,
    "big heads": BigHead, "garbage": Garbage, "flood": Flood, "resets": Reset,
}
kind = ATTACKS[attack]
statuses, ended, opened, failed = {}, 0, 0, 0
peers, connecting = {}, set()
poll = select.epoll()
poll.register(sys.stdin.fileno(), select.EPOLLIN)


def begin():
    global opened, failed
    try:
        peer = kind(opened)
    except OSError:
        failed += 1
        return False
    opened += 1
    number = peer.socket.fileno()
    peers[number] = peer
    connecting.add(number)
    poll.register(number, select.EPOLLOUT)
    return True


def end(number):
    connecting.discard(number)
    peers.pop(number).socket.close()


is_ready, is_over, next_turn, started = False, False, time.monotonic() + 1, time.monotonic()
while not is_over:
    # Not more at once than a backlog takes.
    while len(peers) < wanted and len(connecting) < 512:
        if not begin():
            break
    for number, events in poll.poll(0.05):
        if number == sys.stdin.fileno():
            is_over = True
            break
        peer = peers[number]
        if number in connecting:
            connecting.discard(number)
            if events & (select.EPOLLERR | select.EPOLLHUP):
                failed += 1
                end(number)
                continue
            # A client that reads nothing is not told that there is something to read.
            poll.modify(number, 0 if isinstance(peer, NeverReads) else select.EPOLLIN)
            peer.connected()
        elif not peer.read() or events & (select.EPOLLERR | select.EPOLLHUP):
            ended += 1
            end(number)
            continue
        if peer.is_done():
            end(number)
    if time.monotonic() >= next_turn:
        next_turn += 1
        for peer in list(peers.values()):
            peer.turn()
    churns = kind in (Flood, Reset, BigHead, Garbage)
    if not is_ready and (churns or len(peers) - len(connecting) >= wanted or time.monotonic() - started > 20):
        is_ready = True
        print("ready", flush=True)

print(json.dumps({
    "opened": opened, "held": len(peers) - len(connecting), "ended_by_balancer": ended, "failed": failed,
    "statuses": statuses, "seconds": time.monotonic() - started}), flush=True)
