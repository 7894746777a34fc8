"""What hostile clients cost the others. Each attack has a balancer of its own; beside it run clients that were there before
and clients that come new."""

import json
import os
import subprocess
import sys
import threading
import time

from . import contenders
from .cluster import HERE, SMALL
from .stage import Failure, eventually
from .works import generator


class Attack:
    """- settings: what the balancer is started with beside the usual.
    - descriptors: its limit of open files, where the attack is about that."""

    def __init__(self, title, kind, connections, settings=None, descriptors=None):
        self.title, self.kind, self.connections = title, kind, connections
        self.settings, self.descriptors = settings or {}, descriptors


ATTACKS = [
    Attack("none, for comparison", None, 0),
    Attack("15 000 idle connections", "idle", 15_000, {"LB_MAX_CONNECTIONS": 16_000}),
    Attack("1 500 connections where 1 000 are allowed", "idle", 1_500, {"LB_MAX_CONNECTIONS": 1_000}),
    Attack("400 connections, 300 descriptors", "idle", 400, {"LB_MAX_CONNECTIONS": 1_000}, descriptors=300),
    Attack("5 000 slowloris heads", "slow heads", 5_000),
    Attack("2 000 slowloris bodies", "slow bodies", 2_000),
    Attack("500 clients that never read 64 MiB", "never read", 500),
    Attack("500 slow readers of 64 MiB", "slow readers", 500),
    Attack("connection flood", "flood", 200),
    Attack("resets at every stage", "resets", 200),
    Attack("heads of 20 kB", "big heads", 200),
    Attack("binary garbage", "garbage", 200),
]


class Talking:
    """A generator that runs until it is told to stop, and then says what it saw."""

    def __init__(self, name, around, *arguments):
        self.around = around
        self.child = around.stage.spawn(
            name, [sys.executable, HERE / "generators" / f"{name}.py", *arguments], around.cores.rest, talks=True)

    def wait_until_ready(self):
        if self.child.popen.stdout.readline().strip() != "ready":
            raise Failure(f"{self.child.name}: {self.child.log_tail()}")

    def stop(self):
        self.child.popen.stdin.write("stop\n")
        self.child.popen.stdin.flush()
        line = self.child.popen.stdout.readline()
        if not line:
            self.child.popen.wait(10)
            raise Failure(f"{self.child.name}: {self.child.log_tail()}")
        self.around.stage.stop(self.child)
        return json.loads(line)


class Watch(threading.Thread):
    """The greatest memory and number of descriptors of a process, ten times a second."""

    def __init__(self, contender):
        super().__init__(daemon=True)
        self.contender, self.is_over = contender, threading.Event()
        self.memory_kib, self.descriptors = 0, 0

    def run(self):
        while not self.is_over.wait(0.1):
            self.memory_kib = max(self.memory_kib, self.contender.anonymous_kib())
            self.descriptors = max(self.descriptors, descriptors(self.contender))

    def stop(self):
        self.is_over.set()
        self.join()


def descriptors(contender):
    return len(os.listdir(f"/proc/{contender.child.pid}/fd"))


def established(attack, origin, around):
    """A balancer as the attack wants it."""
    environment = {key: str(value) for key, value in attack.settings.items()}
    wrapped = around.with_limits(environment, attack.descriptors)
    return contenders.start(contenders.KUMA, origin, wrapped)


def steady(contender, around, seconds):
    """Clients that were there before, each asking now and then."""
    return subprocess.Popen(
        generator(around) + [
            sys.executable, HERE / "generators/steady_rate.py", str(contender.port), "/small", SMALL, "20", "500",
            str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def sample(attack, origin, around, seconds):
    """What one attack did, as plain figures."""
    contender = established(attack, origin, around)
    try:
        before_kib, before_descriptors = contender.anonymous_kib(), descriptors(contender)
        residents = steady(contender, around, seconds + 3)
        eventually(lambda: descriptors(contender) >= before_descriptors + 20, 10, "the first clients are there")
        watch = Watch(contender)
        watch.start()
        attacker = None
        if attack.kind:
            attacker = Talking("attacker", around, contender.port, attack.kind, attack.connections)
            attacker.wait_until_ready()
        newcomers = Talking("newcomers", around, contender.port, SMALL, 20)
        used, began = contender.cpu_seconds(), time.monotonic()
        # The attack's duration is what is measured, not a wait for something.
        time.sleep(seconds)
        busy = (contender.cpu_seconds() - used) / (time.monotonic() - began)
        came = newcomers.stop()
        did = attacker.stop() if attacker else {}
        output, complaint = residents.communicate(timeout=seconds + 40)
        watch.stop()
        contender.child.must_live()
        eventually(lambda: contenders.serves(contender), 10, "served again")
        # Closing 15 000 connections and the second of lingering after an answer take their time.
        eventually(lambda: descriptors(contender) <= before_descriptors + 30, 30, "every descriptor is closed again")
        return {
            "title": attack.title, "attacker": did, "newcomers": came, "busy": busy,
            "residents": json.loads(output) if residents.returncode == 0 else {"failure": complaint.strip()},
            "memory_before_kib": before_kib, "memory_peak_kib": watch.memory_kib,
            "memory_after_kib": contender.anonymous_kib(), "descriptors_peak": watch.descriptors,
        }
    finally:
        contender.stop()


HEADINGS = [
    "attack", "under way", "clients before: p99", "new clients: served / 503 / failed, p99", "balancer's memory", "CPU",
]


def row(outcome):
    did, came, were = outcome["attacker"], outcome["newcomers"], outcome["residents"]
    if not did:
        under_way = "–"
    elif did["held"] >= 0.5 * did["opened"]:
        under_way = f"{did['held']:,} held"
    else:
        under_way = f"{did['opened'] / did['seconds']:,.0f} a second"
    if did.get("statuses"):
        under_way += ", " + ", ".join(f"{count:,} × {status}" for status, count in sorted(did["statuses"].items()))
    failed = sum(came["failures"].values())
    p99 = f"{came['p99'] / 1000:.1f} ms" if came["p99"] is not None else "–"
    residents = were.get("failure") or f"{were['requests']:,} served, {were['p99'] / 1000:.1f} ms"
    memory = " → ".join(f"{outcome[key] / 1024:.1f}" for key in ("memory_before_kib", "memory_peak_kib", "memory_after_kib"))
    return [
        outcome["title"], under_way, residents, f"{came['served']} / {came['later']} / {failed}, {p99}", f"{memory} MiB",
        f"{outcome['busy'] * 100:.0f} %",
    ]


def table(outcomes):
    rows = [HEADINGS, ["---"] * len(HEADINGS), *map(row, outcomes)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
