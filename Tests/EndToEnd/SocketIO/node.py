"""A node as the balancer meets it: a real Socket.IO server that knows only its own sessions, and Kuma's health path.

usage: node.py NAME PORT

/seen tells what it was asked: handshakes, and requests with a session that some other node must have issued.
"""

import asyncio
import sys

import socketio
from aiohttp import web

name, port = sys.argv[1], int(sys.argv[2])
issued = set()
handshakes = 0
strays = []
refused = []

server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", ping_interval=25, ping_timeout=20)
make_id = server.eio.generate_id


def generate_id():
    session = make_id()
    issued.add(session)
    return session


server.eio.generate_id = generate_id


@server.event
async def whoami(sid):
    return name


@server.event
async def echo(sid, message):
    # Kuma sends on its own as well: this comes by the poll that is open, not as the answer.
    await server.emit("news", {"from": name, "bytes": len(message)}, to=sid)
    return message


@web.middleware
async def watch(request, handler):
    global handshakes
    if request.path.startswith("/socket.io/"):
        session = request.query.get("sid")
        if session is None:
            handshakes += 1
        elif session not in issued:
            strays.append(f"{request.method} {request.query_string}")
    response = await handler(request)
    if request.path.startswith("/socket.io/") and response.status >= 400:
        refused.append(f"{response.status} {request.method} {request.query_string}")
    return response


async def health(request):
    return web.json_response(
        {"ok": True, "status": "healthy", "checks": {"database": {"status": "healthy", "responseTime": 1}}})


async def seen(request):
    return web.json_response({"handshakes": handshakes, "strays": strays[:20], "refused": refused[:20]})


async def page(request):
    return web.Response(text=f"<b id=\"node\">{name}</b>", content_type="text/html")


app = web.Application(middlewares=[watch])
app.router.add_get("/api/v1/health", health)
app.router.add_get("/seen", seen)
app.router.add_get("/", page)
server.attach(app)


async def main():
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
