"""System calls for each kept-alive request, counted by strace(1) in a run of its own: being watched is slow, so this
says nothing about time."""

import signal
import subprocess

from . import machine
from .checks import WrongAnswer
from .stage import eventually
from .works import Sample, Work, wrk


class SystemCalls(Work):
    decimals = 2
    most_rounds = 1

    def __init__(self, connections):
        where = "one connection" if connections == 1 else f"{connections} connections"
        super().__init__(f"calls/{connections}", f"system calls of a kept-alive request, {where}", "calls/request")
        self.connections = connections

    def sample(self, contender, around, seconds):
        counts_file = around.stage.directory / f"strace-{contender.port}-{self.connections}.txt"
        # Of kuma-balancer the reactor only: its other threads do the same whether requests come or not.
        reactor = contender.reactor()
        watched = ["-p", str(reactor[1])] if reactor else [
            word for pid in contender.child.tree() for word in ("-p", str(pid))]
        tracer = around.stage.spawn(
            "strace", [machine.find("strace"), *([] if reactor else ["-f"]), "-c", "-o", counts_file, *watched],
            around.cores.rest)
        try:
            requests = self.count(tracer, contender, around, seconds)
        finally:
            around.stage.stop(tracer)
        counts = parse(counts_file.read_text())
        each = {call: round(count / requests, 3) for call, count in counts.items()}
        return Sample(
            sum(counts.values()) / requests,
            calls={call: value for call, value in sorted(each.items(), key=lambda item: -item[1]) if value >= 0.005})

    def count(self, tracer, contender, around, seconds):
        """The requests that were served while strace watched."""
        def settled():
            return "attached" in tracer.log.read_text() or tracer.popen.poll() is not None
        eventually(settled, 5, "strace attaches")
        if tracer.popen.poll() is not None:
            raise WrongAnswer(f"strace may not watch: {tracer.log_tail()}")
        summary = wrk(contender.port, "/small", around, seconds, self.connections)
        tracer.popen.send_signal(signal.SIGINT)
        try:
            tracer.popen.wait(10)
        except subprocess.TimeoutExpired:
            raise WrongAnswer("strace does not end") from None
        return summary["requests"]


def parse(table):
    """The `calls` column of strace -c: the fourth; errors, the fifth, may be empty."""
    counts = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    return counts
