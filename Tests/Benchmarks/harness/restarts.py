"""Nodes that are killed and restarted under load, in front of two balancers at once."""

import json
import signal
import sys
import time

from . import machine
from .cluster import HERE, NODE_HOSTS, Origin, wait_for_listener
from .stage import Failure, eventually, free_port

PROGRAMS = ["haproxy", "node", *machine.DATABASE_PROGRAMS]
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM}


class Nodes(Origin):
    """Three servers of node.js, each on an address of its own."""

    def __init__(self, stage, cores):
        super().__init__(None, free_port())
        self.stage, self.cores, self.port = stage, cores, self.nodes[0].rpartition(":")[2]
        self.children = [self.start(host) for host in NODE_HOSTS]

    def start(self, host):
        child = self.stage.spawn(
            "node", [machine.find("node"), HERE / "generators/restart_node.js", host, self.port], self.cores.rest)
        wait_for_listener(child, host, int(self.port))
        return child

    def restart(self, number, how, pause):
        """Ends one by a signal and starts it again, as a supervisor does, `pause` seconds after its end."""
        child = self.children[number]
        child.popen.send_signal(how)
        eventually(lambda: child.popen.poll() is not None, 30, f"{NODE_HOSTS[number]} ends")
        self.stage.stop(child)
        time.sleep(pause)
        self.children[number] = self.start(NODE_HOSTS[number])


class Load:
    """36 clients of one balancer."""

    def __init__(self, stage, cores, port, method, clients):
        self.stage = stage
        self.child = stage.spawn(
            "load", [sys.executable, HERE / "generators/restart_load.py", port, method, clients], cores.rest, talks=True)
        if self.child.popen.stdout.readline().strip() != "ready":
            raise Failure(f"the clients did not start:\n{self.child.log_tail()}")

    def stop(self):
        """What became of the requests: outcome → count; "200" is a whole answer."""
        output, _ = self.child.popen.communicate("stop\n", timeout=60)
        self.stage.stop(self.child)
        return json.loads(output)


def measure(contenders, nodes, around, method, how, chosen):
    """Outcomes by contender, of so many restarts of one node after another while all contenders are loaded."""
    loads = {
        contender.name: Load(around.stage, around.cores, contender.port, method, chosen.clients)
        for contender in contenders}
    time.sleep(chosen.pause)
    for number in range(chosen.restarts):
        nodes.restart(number % len(NODE_HOSTS), SIGNALS[how], chosen.down)
        # Until both have found it healthy, or the next restart leaves one node to the one and two to the other.
        time.sleep(chosen.pause)
    return {name: load.stop() for name, load in loads.items()}


def failed(outcomes):
    return sum(count for outcome, count in outcomes.items() if outcome != "200")


def table(rows):
    """`rows`: (method, signal, contender, outcomes)."""
    lines = [f"{'':6} {'by':8} {'':14} {'requests':>9} {'failed':>7}  what the failed were"]
    for method, how, name, outcomes in rows:
        kinds = ", ".join(f"{count} × {kind}" for kind, count in sorted(outcomes.items()) if kind != "200")
        lines.append(
            f"{method:6} {how:8} {name:14} {sum(outcomes.values()):>9} {failed(outcomes):>7}  {kinds}".rstrip())
    return "\n".join(lines) + "\n"
