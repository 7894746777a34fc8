"""The works that are measured. Each takes one sample of one contender; `../run` interleaves them."""

import json
import math
import subprocess
import sys
import time

from . import accounting, machine
from .checks import WrongAnswer
from .cluster import HERE, MIB, SMALL
from .contenders import ALL


class Sample:
    """One round's figure of one contender, in the work's unit, and what else was seen."""

    def __init__(self, value, **seen):
        self.value, self.seen = value, seen


class Work:
    """What a work is called, its unit, and who takes part. `decimals` are of the table."""

    contenders = ALL
    decimals = 1
    note = ""
    most_rounds = 99

    def __init__(self, key, title, unit):
        self.key, self.title, self.unit = key, title, unit


def generator(around):
    """How a generator is started: on the core of the rest, never outliving this process."""
    return ["setpriv", "--pdeathsig", "KILL", "--", "taskset", "-c", str(around.cores.rest)]


def wrk(port, path, around, seconds, connections, close=False):
    """wrk's summary; anything but 200 is a wrong answer."""
    command = generator(around) + [
        machine.find("wrk"), "-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--timeout", "20s",
        "-s", HERE / "generators/report.lua", "-H", "Cookie: theme=dark; lang=en"]
    if close:
        command += ["-H", "Connection: close"]
    outcome = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, timeout=seconds + 60)
    if outcome.returncode != 0:
        raise WrongAnswer(f"wrk: {(outcome.stderr.strip() or outcome.stdout.strip()).splitlines()[0]}")
    summary = json.loads(outcome.stdout.strip().splitlines()[-1])
    if summary["failed"] or not summary["requests"] and not summary["bytes"]:
        raise WrongAnswer(f"{summary['failed']} of {summary['requests']} requests failed")
    return summary


class Requests(Work):
    """CPU of the proxy for each request (P1, P2), or for each MiB that the client received (P3)."""

    def __init__(self, key, title, path, connections, per="request", close=False):
        super().__init__(key, title, f"µs CPU/{per}")
        self.path, self.connections, self.per, self.close = path, connections, per, close
        self.decimals = 1 if per == "request" else 0

    def sample(self, contender, around, seconds):
        meter = Meter(contender)
        summary = wrk(contender.port, self.path, around, seconds, self.connections, self.close)
        amount = summary["requests"] if self.per == "request" else summary["bytes"] / MIB
        return meter.sample(amount, summary["microseconds"] / 1e6)


class Meter:
    """CPU of a contender from now on, and its share per piece of work."""

    def __init__(self, contender):
        self.contender, self.reactor = contender, contender.reactor()
        self.in_reactor = self.reactor_seconds()
        self.began = contender.cpu_seconds()

    def reactor_seconds(self):
        return accounting.thread_cpu_seconds(*self.reactor) if self.reactor else 0.0

    def sample(self, amount, elapsed):
        used = self.contender.cpu_seconds() - self.began
        if not amount:
            raise WrongAnswer("nothing came")
        seen = {"rate_per_second": amount / elapsed, "proxy_busy": used / elapsed, "proxy_cpu_seconds": used}
        if self.reactor:
            seen["outside_reactor"] = 1 - (self.reactor_seconds() - self.in_reactor) / used
        return Sample(used / amount * 1e6, **seen)


class TunnelClient:
    """The generator that holds tunnels; `with` ends it."""

    def __init__(self, contender, around, tunnels):
        self.around = around
        self.child = around.stage.spawn(
            "tunnels", [sys.executable, HERE / "generators/websocket_load.py", contender.port, tunnels, 200],
            around.cores.rest, talks=True)

    def __enter__(self):
        if self.line() != "ready":
            self.fail()
        return self

    def __exit__(self, *_):
        self.around.stage.stop(self.child)

    def line(self):
        return self.child.popen.stdout.readline().strip()

    def fail(self):
        self.child.popen.wait(10)
        raise WrongAnswer(f"tunnels: {self.child.log_tail()}")

    def echo(self, seconds):
        self.child.popen.stdin.write(f"echo {seconds}\n")
        self.child.popen.stdin.flush()
        answer = self.line()
        if not answer:
            self.fail()
        return json.loads(answer)


class Echo(Work):
    """CPU of the proxy for each frame there and back."""

    tunnels = 50

    def __init__(self):
        super().__init__("P4", "WebSocket echo, 200-byte frames, 50 tunnels", "µs CPU/round trip")

    def sample(self, contender, around, seconds):
        with TunnelClient(contender, around, self.tunnels) as client:
            client.echo(0.1)
            meter = Meter(contender)
            summary = client.echo(seconds)
            return meter.sample(summary["round_trips"], summary["seconds"])


class IdleTunnels(Work):
    """User memory for each tunnel that has carried a frame and is idle: a fresh process, before and after."""

    decimals = 2
    most_rounds = 3
    starts_fresh = True

    def __init__(self, tunnels):
        super().__init__("P5", f"user memory per idle tunnel, {tunnels} of them", "KiB")
        self.tunnels = tunnels

    def sample(self, contender, around, seconds):
        with TunnelClient(contender, around, 20) as client:
            client.echo(0.2)
        before = settled(contender)
        with TunnelClient(contender, around, self.tunnels):
            after = settled(contender)
        return Sample((after - before) / self.tunnels, process_kib_before=before, process_kib_after=after)


def settled(contender):
    """Memory once two looks half a second apart agree within 16 KiB, or after 5 s."""
    deadline = time.monotonic() + 5
    last = contender.anonymous_kib()
    while True:
        time.sleep(0.5)
        now = contender.anonymous_kib()
        if abs(now - last) <= 16 or time.monotonic() > deadline:
            return now
        last = now


class SteadyRate(Work):
    """Latency at half of the slowest contender's maximum in P1."""

    decimals = 0
    connections = 50

    def __init__(self):
        super().__init__("P6", "p99 latency at a fixed rate", "µs")
        self.rate = None

    def sample(self, contender, around, seconds):
        if not self.rate:
            raise WrongAnswer("P6 needs P1's rates in the same run")
        outcome = subprocess.run(
            generator(around) + [
                sys.executable, HERE / "generators/steady_rate.py", str(contender.port), "/small", SMALL,
                str(self.connections), str(self.rate), str(seconds)],
            capture_output=True, text=True, timeout=seconds + 30)
        if outcome.returncode != 0:
            raise WrongAnswer(outcome.stderr.strip())
        summary = json.loads(outcome.stdout)
        return Sample(summary["p99"], **summary)
