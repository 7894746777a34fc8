"""The origin of the WebSocket works: answers Kuma's health path, upgrades every other request, echoes every frame.

One thread, one epoll. A frame is unmasked once and its answer remembered, so that echoing costs one look-up, one recv
and one send: the origin shares a core with the generator and should not be what is measured.

Arguments: host:port to listen on, several. Prints "ready" and runs until its standard input ends.
"""

import base64
import hashlib
import select
import socket
import sys

HEALTHY = b'{"ok":true,"status":"healthy"}'
REMEMBERED = 64


def field(head, name):
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return b""


def answer(head):
    """The bytes that answer a request head, and whether the connection speaks frames from here on."""
    if head.startswith(b"GET /api/v1/health "):
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            len(HEALTHY), HEALTHY), False
    key = field(head, b"sec-websocket-key")
    if not key:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", False
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept), True


def frame_length(data):
    """The length of the whole masked frame at the start of `data`, its mask's offset; 0 while that cannot be said."""
    if len(data) < 2:
        return 0, 0
    short = data[1] & 0x7F
    if short < 126:
        return 6 + short, 2
    if len(data) < 10:
        return 0, 0
    if short == 126:
        return 8 + int.from_bytes(data[2:4], "big"), 4
    return 14 + int.from_bytes(data[2:10], "big"), 10


def echo(frame, mask_at):
    """The unmasked frame that answers a masked one."""
    mask, payload = frame[mask_at:mask_at + 4], frame[mask_at + 4:]
    stretched = (mask * (len(payload) // 4 + 1))[:len(payload)]
    plain = int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")
    return frame[:1] + bytes([frame[1] & 0x7F]) + frame[2:mask_at] + plain.to_bytes(len(payload), "big")


class Origin:
    def __init__(self):
        self.epoll = select.epoll()
        self.listeners = {}
        self.peers = {}
        self.waiting = {}
        self.tunnels = set()
        self.answers = {}

    def listen(self, address):
        host, port = address.rsplit(":", 1)
        listener = socket.create_server((host, int(port)), backlog=4096)
        listener.setblocking(False)
        self.listeners[listener.fileno()] = listener
        self.epoll.register(listener.fileno(), select.EPOLLIN)

    def accept(self, listener):
        while True:
            try:
                peer, _ = listener.accept()
            except BlockingIOError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # Blocking sends of a few hundred bytes; reads happen when epoll says so.
            self.peers[peer.fileno()] = peer
            self.epoll.register(peer.fileno(), select.EPOLLIN)

    def drop(self, number):
        self.tunnels.discard(number)
        self.waiting.pop(number, None)
        self.peers.pop(number).close()

    def readable(self, number):
        peer = self.peers[number]
        try:
            data = peer.recv(65536)
            if not data:
                return self.drop(number)
            reply = self.answers.get(data)
            if reply is not None and number in self.tunnels and number not in self.waiting:
                peer.send(reply)
            else:
                self.carefully(number, peer, data)
        except OSError:
            self.drop(number)

    def carefully(self, number, peer, data):
        data = self.waiting.pop(number, b"") + data
        while data:
            if number in self.tunnels:
                length, mask_at = frame_length(data)
                if length == 0 or length > len(data):
                    break
                reply = echo(data[:length], mask_at)
                if len(self.answers) < REMEMBERED:
                    self.answers[data[:length]] = reply
                data = data[length:]
            else:
                end = data.find(b"\r\n\r\n")
                if end < 0:
                    break
                reply, upgraded = answer(data[:end])
                data = data[end + 4:]
                if upgraded:
                    self.tunnels.add(number)
            peer.sendall(reply)
        if data:
            self.waiting[number] = data

    def run(self):
        self.epoll.register(sys.stdin.fileno(), select.EPOLLIN)
        while True:
            for number, _ in self.epoll.poll():
                if number in self.peers:
                    self.readable(number)
                elif number in self.listeners:
                    self.accept(self.listeners[number])
                else:
                    return


origin = Origin()
for argument in sys.argv[1:]:
    origin.listen(argument)
print("ready", flush=True)
origin.run()
