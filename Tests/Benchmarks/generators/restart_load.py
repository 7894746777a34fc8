"""Clients that ask again as soon as they are answered, until a line comes on standard input; then prints, as JSON, what became
of their requests. Arguments: port, GET or POST, clients. Each takes a new connection after 50 requests: clients come and go, and
where they are is then the balancer's choice, not what earlier restarts left.

A request counts as failed when its answer is anything but a whole 200: another status, a connection that ends or is reset
once the request has been sent, or nothing within 10 s. A connection that cannot be made counts as well.
"""

import asyncio
import collections
import json
import sys

PATIENCE = 10
REQUESTS_A_CONNECTION = 50


def request(method):
    body = b"x" * 200 if method == "POST" else b""
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%s /page HTTP/1.1\r\nHost: kuma.test\r\n%s\r\n%s" % (method.encode(), length, body)


async def answer(reader):
    """(status, the machine word of an answer of the balancer's own, whether the connection goes on)."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lines = head.split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    length = int(fields["content-length"]) if "content-length" in fields else -1
    body = await (reader.readexactly(length) if length >= 0 else reader.read())
    status = lines[0].split()[1]
    word = ""
    if status != "200" and body.startswith(b"{"):
        word = " " + json.loads(body)["reason"]
    return status, word, length >= 0 and fields.get("connection") != "close"


class Client:
    def __init__(self, port, method, counts, stopping):
        self.port, self.message, self.counts, self.stopping = port, request(method), counts, stopping
        self.reader = self.writer = None
        self.asked = 0

    async def run(self):
        while not self.stopping.is_set():
            try:
                outcome = await asyncio.wait_for(self.ask(), PATIENCE)
            except asyncio.TimeoutError:
                outcome = "no answer in time"
            except (ConnectionError, OSError, asyncio.IncompleteReadError) as problem:
                outcome = "ended" if isinstance(problem, asyncio.IncompleteReadError) else type(problem).__name__
            self.counts[outcome] += 1
            if outcome != "200":
                self.leave()
        self.leave()

    async def ask(self):
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.asked = 0
        self.writer.write(self.message)
        status, word, goes_on = await answer(self.reader)
        self.asked += 1
        if not goes_on or self.asked == REQUESTS_A_CONNECTION:
            self.leave()
        return status + word

    def leave(self):
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


async def main():
    port, method, clients = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    counts, stopping = collections.Counter(), asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin, stopping.set)
    print("ready", flush=True)
    await asyncio.gather(*(Client(port, method, counts, stopping).run() for _ in range(clients)))
    print(json.dumps(counts), flush=True)


asyncio.run(main())
