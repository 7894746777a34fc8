"""Requests at a fixed rate, whatever the answers take: the latency counts from the moment a request was due, so a stall
is charged to every request that it delays (no coordinated omission).

Arguments: port of 127.0.0.1, path, body that must come, connections, requests per second, seconds. Prints a line of
JSON, times in µs.
"""

import ctypes
import gc
import json
import select
import socket
import sys
import time
from collections import deque

port, path, body = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
connections, rate, seconds = int(sys.argv[4]), float(sys.argv[5]), float(sys.argv[6])
request = (
    f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: steady\r\nAccept: */*\r\n"
    "Cookie: theme=dark; lang=en\r\n\r\n").encode()
# The kernel may wake a sleeper 50 µs late unless told otherwise (prctl(2), PR_SET_TIMERSLACK).
ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)
gc.disable()

peers, idle, due, partial = {}, deque(), {}, {}
epoll = select.epoll()
for _ in range(connections):
    peer = socket.create_connection(("127.0.0.1", port), timeout=10)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    peers[peer.fileno()] = peer
    idle.append(peer.fileno())
    epoll.register(peer.fileno(), select.EPOLLIN)

clock = time.perf_counter
total, step, sent = int(rate * seconds), 1 / rate, 0
latencies, lags = [], []
start = clock() + 0.05
give_up = start + seconds + 10
while len(latencies) < total:
    now = clock()
    if now > give_up:
        raise SystemExit("answers are missing")
    while sent < total and idle and start + sent * step <= now:
        moment = start + sent * step
        number = idle.popleft()
        due[number] = moment
        peers[number].send(request)
        lags.append(now - moment)
        sent += 1
    wait = start + sent * step - clock() if sent < total and idle else 1.0
    if wait > 0:
        # epoll_wait(2) counts in milliseconds; select(2) on the epoll descriptor counts in microseconds.
        select.select([epoll], [], [], wait)
    for number, _ in epoll.poll(0):
        data = partial.pop(number, b"") + peers[number].recv(65536)
        if not data.endswith(body):
            if not data or len(data) > 16384:
                raise SystemExit("a wrong answer")
            partial[number] = data
            continue
        if not data.startswith(b"HTTP/1.1 200"):
            raise SystemExit("a wrong answer")
        latencies.append(clock() - due[number])
        idle.append(number)

latencies.sort()
lags.sort()


def quantile(values, share):
    return round(values[min(len(values) - 1, int(len(values) * share))] * 1e6, 1)


print(json.dumps({
    "requests": len(latencies), "p50": quantile(latencies, 0.5), "p99": quantile(latencies, 0.99),
    "p999": quantile(latencies, 0.999), "max": quantile(latencies, 1), "sent_late_p99": quantile(lags, 0.99)}))
