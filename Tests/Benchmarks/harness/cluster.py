"""The surroundings: the origin that plays three Kuma nodes, and the private database of kuma-balancer."""

import hashlib
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

from . import machine
from .stage import Failure, eventually, free_port

HERE = Path(__file__).resolve().parent.parent
NODE_HOSTS = ["127.0.0.11", "127.0.0.12", "127.0.0.13"]
MIB = 1 << 20
SMALL = ("A small answer of a Kuma node. " * 5)[:128]
BODIES = {"/1m": MIB, "/64m": 64 * MIB}


class Origin:
    """Three addresses, one process."""

    def __init__(self, child, port):
        self.child = child
        self.nodes = [f"{host}:{port}" for host in NODE_HOSTS]

    def placeholders(self):
        return {f"NODE{number}": address for number, address in enumerate(self.nodes, 1)}


def user_directive():
    """nginx started by root would change to a user that may not read the run's directory."""
    return "user root;" if os.geteuid() == 0 else ""


def start_http_origin(stage, cores, descriptors):
    bodies = stage.directory / "bodies"
    bodies.mkdir()
    checksums = {}
    for path, size in BODIES.items():
        # Bytes that repeat only every MiB: a lost or doubled piece changes the checksum.
        block = hashlib.shake_256(path.encode()).digest(MIB)
        body = block * (size // MIB)
        (bodies / path[1:]).write_bytes(body)
        checksums[path] = hashlib.sha256(body).hexdigest()
    port = free_port()
    origin = Origin(None, port)
    configuration = stage.write("origin.conf", HERE / "peers/origin.conf", origin.placeholders() | {
        "USER": user_directive(), "DESCRIPTORS": descriptors, "BODIES": bodies, "SMALL": SMALL})
    origin.child = stage.spawn("origin", nginx_command(stage, configuration), cores.rest, dies_by="TERM")
    wait_for_listener(origin.child, NODE_HOSTS[2], port)
    origin.checksums = checksums
    return origin


def start_websocket_origin(stage, cores):
    port = free_port()
    origin = Origin(None, port)
    origin.child = stage.spawn(
        "websocket-origin", [sys.executable, HERE / "generators/websocket_origin.py", *origin.nodes], cores.rest,
        talks=True)
    if origin.child.popen.stdout.readline().strip() != "ready":
        raise Failure(f"the WebSocket origin did not start:\n{origin.child.log_tail()}")
    return origin


def nginx_command(stage, configuration):
    return [machine.find("nginx"), "-e", "stderr", "-p", stage.directory, "-c", configuration]


def wait_for_listener(child, host, port):
    def listening():
        child.must_live()
        with socket.socket() as probe:
            return probe.connect_ex((host, port)) == 0
    eventually(listening, 10, f"{child.name} listens on {host}:{port}")


class Database:
    """A private mariadbd with what Kuma would have put there; forgetful, on the core of the rest."""

    def __init__(self, stage, cores, arguments=()):
        """`arguments`: further ones of mariadbd(8); they win over ours."""
        self.stage, self.port = stage, free_port()
        self.password = secrets.token_hex(16)
        self.socket = stage.directory / "mariadb.sock"
        data = stage.directory / "database"
        root = ["--user=root"] if os.geteuid() == 0 else []
        sizes = ["--innodb-data-file-path=ibdata1:12M:autoextend", "--innodb-log-file-size=16M"]
        install = subprocess.run(
            [machine.find("mariadb-install-db"), "--no-defaults", f"--datadir={data}", *root, *sizes, "--skip-test-db",
             "--auth-root-authentication-method=normal", "--innodb-flush-log-at-trx-commit=0"],
            capture_output=True, text=True, timeout=60)
        if install.returncode != 0:
            raise Failure(f"mariadb-install-db failed:\n{install.stderr[-1000:]}")
        self.child = stage.spawn(
            "mariadbd",
            [machine.find("mariadbd"), "--no-defaults", f"--datadir={data}", f"--socket={self.socket}",
             f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={stage.directory}/mariadb.pid",
             *root, *sizes, "--skip-name-resolve", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2",
             "--innodb-buffer-pool-size=64M", "--innodb-buffer-pool-load-at-startup=OFF", "--performance-schema=OFF",
             *arguments], cores.rest)
        wait_for_listener(self.child, "127.0.0.1", self.port)
        tables = stage.write("tables.sql", HERE / "peers/kuma-tables.sql", {"DATABASE_PASSWORD": self.password})
        self.sql(tables.read_text())

    def sql(self, text):
        client = subprocess.run(
            [machine.find("mariadb"), "--no-defaults", f"--socket={self.socket}", "--user=root"],
            input=text, capture_output=True, text=True, timeout=30)
        if client.returncode != 0:
            raise Failure(f"the database refused: {client.stderr}")

    def point_at(self, origin):
        for number, address in enumerate(origin.nodes, 1):
            self.sql(f"UPDATE kuma.node SET host = '{address}', status = 'online' WHERE node_id = 'node{number}'")
