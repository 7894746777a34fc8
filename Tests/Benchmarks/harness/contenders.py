"""The five that are compared, each started the same way: one worker, on the proxy's core, in front of one origin."""

import copy
import http.client
import os

from . import accounting, machine
from .cluster import HERE, nginx_command, user_directive
from .stage import eventually, free_port

KUMA, HAPROXY_HTTP, HAPROXY_TCP = "kuma-balancer", "HAProxy http", "HAProxy tcp"
# Not among those whose work is measured: checks its servers and sends again what may be.
HAPROXY_RETRYING = "HAProxy"
NGINX_HTTP, NGINX_STREAM = "nginx http", "nginx stream"
ALL = [KUMA, HAPROXY_HTTP, HAPROXY_TCP, NGINX_HTTP, NGINX_STREAM]
PEERS = ALL[1:]
# These read every head, set X-Forwarded-For, look at the cookie and add two response fields.
READING_HEADS = [KUMA, HAPROXY_HTTP, NGINX_HTTP]
TEMPLATES = {
    KUMA: "kuma-balancer.env", HAPROXY_HTTP: "haproxy-http.cfg", HAPROXY_TCP: "haproxy-tcp.cfg",
    NGINX_HTTP: "nginx-http.conf", NGINX_STREAM: "nginx-stream.conf", HAPROXY_RETRYING: "haproxy-restarts.cfg",
}


class Surroundings:
    """What starting a contender takes."""

    def __init__(self, stage, cores, descriptors, balancer, database):
        self.stage, self.cores, self.descriptors = stage, cores, descriptors
        self.balancer, self.database = balancer, database
        self.settings, self.balancer_descriptors = {}, None

    def with_limits(self, settings, balancer_descriptors):
        """The same with further settings for kuma-balancer, and with an RLIMIT_NOFILE of its own where one is given."""
        changed = copy.copy(self)
        changed.settings, changed.balancer_descriptors = settings, balancer_descriptors
        return changed


class Contender:
    """A running one."""

    def __init__(self, name, child, port, stage):
        self.name, self.child, self.port, self.stage = name, child, port, stage

    def cpu_seconds(self):
        return accounting.cpu_seconds(self.child.tree())

    def reactor(self):
        """The thread that serves clients: (process, thread), where that is not the whole process."""
        for thread, name in accounting.threads(self.child.pid).items():
            if name.startswith("reactor"):
                return self.child.pid, thread
        return None

    def anonymous_kib(self):
        return accounting.anonymous_kib(self.child.tree())

    def stop(self):
        self.stage.stop(self.child)


def launch(name, origin, around, database_port=None, state_file=None):
    """Starts a contender and returns at once."""
    stage, port = around.stage, free_port()
    listen = f"127.0.0.1:{port}"
    values = origin.placeholders() | {
        "LISTEN": listen, "USER": user_directive(), "DESCRIPTORS": around.descriptors, "MODULES": machine.MODULES}
    environment, dies_by = None, "KILL"
    file = f"{port}-{TEMPLATES[name]}"
    if name == KUMA:
        values |= {
            "STATE": state_file or stage.directory / f"{port}-state.json",
            "DATABASE_PORT": database_port or around.database.port, "DATABASE_PASSWORD": around.database.password}
        path = stage.write(file, HERE / "peers" / TEMPLATES[name], values)
        command = [around.balancer, "run", "--env-file", path]
        # Nothing of the caller's own settings: they would win over the file.
        environment = {"PATH": os.environ["PATH"], "TMPDIR": str(stage.directory)} | around.settings
        if around.balancer_descriptors:
            command = ["prlimit", f"--nofile={around.balancer_descriptors}", "--", *command]
    elif name in (HAPROXY_HTTP, HAPROXY_TCP, HAPROXY_RETRYING):
        path = stage.write(file, HERE / "peers" / TEMPLATES[name], values)
        command = [machine.find("haproxy"), "-db", "-f", path]
    else:
        path = stage.write(file, HERE / "peers" / TEMPLATES[name], values)
        command, dies_by = nginx_command(stage, path), "TERM"
    child = stage.spawn(name.replace(" ", "-"), command, around.cores.proxy, environment, dies_by)
    return Contender(name, child, port, stage)


def start(name, origin, around):
    """Starts a contender and returns when it serves."""
    if name == KUMA:
        around.database.point_at(origin)
    contender = launch(name, origin, around)
    eventually(lambda: serves(contender), 30, f"{name} answers")
    return contender


def serves(contender):
    contender.child.must_live()
    connection = http.client.HTTPConnection("127.0.0.1", contender.port, timeout=2)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
