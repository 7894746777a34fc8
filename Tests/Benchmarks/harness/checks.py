"""Does a contender answer rightly? One that does not is reported as wrong and never measured."""

import hashlib
import http.client

from .cluster import BODIES, NODE_HOSTS, SMALL
from .contenders import READING_HEADS


class WrongAnswer(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise WrongAnswer(what)


def fetch(connection, path, cookie="theme=dark; lang=en", close=False):
    fields = {"Cookie": cookie} | ({"Connection": "close"} if close else {})
    connection.request("GET", path, headers=fields)
    response = connection.getresponse()
    digest, size = hashlib.sha256(), 0
    first = b""
    while piece := response.read(1 << 20):
        first = first or piece
        digest.update(piece)
        size += len(piece)
    return response, first, size, digest.hexdigest()


def check_http(contender, origin):
    """Status, body, length and checksum of every work, on one kept connection and on fresh ones, and the stamps."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", contender.port, timeout=20)
        for _ in range(3):
            response, body, size, _ = fetch(connection, "/small")
            expect(response.status == 200 and body == SMALL.encode() and size == 128, "the small body is wrong")
            check_stamps(contender, response, "load-balancer")
        for path, length in BODIES.items():
            response, _, size, digest = fetch(connection, path)
            expect(response.status == 200 and size == length, f"{path}: status {response.status}, {size} bytes")
            expect(digest == origin.checksums[path], f"{path}: the bytes are not the origin's")
            check_stamps(contender, response, "load-balancer")
        connection.close()
        for number, host in enumerate(NODE_HOSTS, 1):
            fresh = http.client.HTTPConnection("127.0.0.1", contender.port, timeout=20)
            response, body, _, _ = fetch(fresh, "/seen", cookie=f"a=b; KUMA_FIXED_NODE=node{number}", close=True)
            fresh.close()
            expect(response.status == 200, f"/seen: status {response.status}")
            if contender.name in READING_HEADS:
                check_stamps(contender, response, "fixed-node")
                expect(body == f"{host} 127.0.0.1".encode(), f"a node pinned to {host} was told {body!r}")
    except (OSError, http.client.HTTPException) as error:
        raise WrongAnswer(f"{type(error).__name__}: {error}") from error


def check_stamps(contender, response, via):
    if contender.name not in READING_HEADS:
        return
    expect(response.headers.get("X-Routed-Via") == via, f"X-Routed-Via is {response.headers.get('X-Routed-Via')}")
    expect(response.headers.get("X-Routed-To"), "X-Routed-To is missing")
