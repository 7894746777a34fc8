"""Real Socket.IO clients: polling only, polling and then WebSocket, WebSocket only.

usage: clients.py SESSIONS PORT[,PORT…]

Each client has an address of its own (127.1.x.y). With several ports, the balancers', every connection that a client opens
goes to the next one. The last line printed is the result, in JSON.
"""

import asyncio
import itertools
import json
import random
import socket
import sys
import time

import aiohttp
import socketio
from aiohttp.abc import AbstractResolver

sessions, ports = int(sys.argv[1]), [int(port) for port in sys.argv[2].split(",")]
kinds = {"polling": ["polling"], "upgrading": ["polling", "websocket"], "websocket": ["websocket"]}
rounds = 6
failures = []
nodes = {}
completed = dict.fromkeys(kinds, 0)
connections = [0] * len(ports)


class NextBalancer(AbstractResolver):
    """Answers a look-up with the balancers in turn."""

    def __init__(self, first):
        self.turn = itertools.count(first)

    async def resolve(self, host, port=0, family=socket.AF_INET):
        number = next(self.turn) % len(ports)
        connections[number] += 1
        return [{
            "hostname": host, "host": "127.0.0.1", "port": ports[number], "family": socket.AF_INET, "proto": 0,
            "flags": socket.AI_NUMERICHOST,
        }]

    async def close(self):
        pass


async def run(number, kind):
    await asyncio.sleep(random.uniform(0, 6))
    # Half of the clients open a connection for each request, as behind an unkind proxy; the others keep theirs.
    connector = aiohttp.TCPConnector(
        local_addr=(f"127.1.{number // 250}.{number % 250 + 1}", 0), resolver=NextBalancer(number),
        use_dns_cache=False, force_close=len(ports) > 1 or number % 2 == 0, limit=0)
    news = []
    dropped = []
    async with aiohttp.ClientSession(connector=connector) as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http, request_timeout=30)
        client.on("news", news.append)
        client.on("disconnect", dropped.append)
        await client.connect("http://kuma.test", transports=kinds[kind], wait_timeout=30)
        expected = "polling" if kind == "polling" else "websocket"
        if client.transport() != expected:
            raise RuntimeError(f"transport is {client.transport()}")
        home = await client.call("whoami", timeout=30)
        for turn in range(rounds):
            message = "x" * random.choice([10, 1_000, 30_000])
            if await client.call("echo", message, timeout=30) != message:
                raise RuntimeError("the echo is not what was sent")
            if await client.call("whoami", timeout=30) != home:
                raise RuntimeError("another node answers")
            await asyncio.sleep(random.uniform(0.1, 1.0))
        if dropped:
            raise RuntimeError(f"disconnected: {dropped}")
        if len(news) < rounds - 1 or {item["from"] for item in news} != {home}:
            raise RuntimeError(f"{len(news)} of {rounds} pieces of news")
        nodes[home] = nodes.get(home, 0) + 1
        completed[kind] += 1
        await client.disconnect()


async def attempt(number, kind):
    try:
        await asyncio.wait_for(run(number, kind), 120)
    except Exception as error:  # whatever went wrong is the result
        failures.append(f"{number} {kind}: {type(error).__name__}: {error}")


async def main():
    start = time.monotonic()
    names = list(kinds)
    await asyncio.gather(*(attempt(number, names[number % 3]) for number in range(sessions)))
    print(json.dumps({
        "completed": completed, "nodes": nodes, "connections": connections, "failures": failures[:20],
        "failed": len(failures), "seconds": round(time.monotonic() - start, 1),
    }), flush=True)


asyncio.run(main())
