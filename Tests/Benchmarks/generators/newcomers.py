"""New clients, one after the other, until a line comes on standard input: each connects, asks once and leaves. Prints a line
of JSON: how many were served, were told to come later (503), or failed, and their times in µs.

Arguments: port of 127.0.0.1, body that must come, clients a second.
"""

import json
import select
import socket
import sys
import time

port, body, rate = int(sys.argv[1]), sys.argv[2].encode(), float(sys.argv[3])
request = b"GET /small HTTP/1.1\r\nHost: kuma\r\nConnection: close\r\n\r\n"
served, later, failures, times = 0, 0, {}, []


def ask():
    with socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        peer.sendall(request)
        data = b""
        while more := peer.recv(65536):
            data += more
        return data


while not select.select([sys.stdin], [], [], 1 / rate)[0]:
    began = time.perf_counter()
    try:
        answer = ask()
    except OSError as problem:
        # Turned away without a word, where no descriptor is free: not served, and told at once.
        failures[type(problem).__name__] = failures.get(type(problem).__name__, 0) + 1
        continue
    times.append(time.perf_counter() - began)
    if answer.startswith(b"HTTP/1.1 200") and answer.endswith(body):
        served += 1
    elif answer.startswith(b"HTTP/1.1 503"):
        later += 1
    else:
        failures["wrong answer"] = failures.get("wrong answer", 0) + 1

times.sort()
print(json.dumps({
    "served": served, "later": later, "failures": failures,
    "p99": round(times[int(len(times) * 0.99)] * 1e6, 1) if times else None}), flush=True)
