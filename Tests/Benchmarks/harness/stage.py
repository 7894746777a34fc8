"""Processes and files of one run. Whatever ends the run, nothing of it stays behind."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path


class Failure(Exception):
    """Told to the user as one sentence; ends the run."""


def eventually(condition, seconds, what, pause=0.005):
    """Polls until `condition` is true; no wait without a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


class Child:
    def __init__(self, name, popen, log):
        self.name, self.popen, self.log = name, popen, log

    @property
    def pid(self):
        return self.popen.pid

    def tree(self):
        """This process and its workers."""
        pids = [self.pid]
        for pid in pids:
            try:
                pids += [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            except FileNotFoundError:
                pass
        return pids

    def log_tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def must_live(self):
        if self.popen.poll() is not None:
            raise Failure(f"{self.name} ended with {self.popen.returncode}:\n{self.log_tail()}")

    def stop(self, gently=0.0):
        """SIGTERM and `gently` seconds first, where a master must end its workers; then SIGKILL."""
        if self.popen.poll() is None and gently > 0:
            self.popen.terminate()
            try:
                self.popen.wait(gently)
            except subprocess.TimeoutExpired:
                pass
        pids = self.tree() if self.popen.poll() is None else []
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe:
                pipe.close()


class Stage:
    """A temporary directory and the processes that live in it."""

    def __init__(self):
        # Bodies and database in memory where there is room (a container often has 64 MiB there): no disk is measured.
        shared = Path("/dev/shm")
        roomy = os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > 1 << 30
        parent = shared if roomy else None
        self.directory = Path(tempfile.mkdtemp(prefix="kuma-benchmarks-", dir=parent))
        self.children = []
        self.started = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupted)

    @staticmethod
    def _interrupted(number, _):
        raise SystemExit(128 + number)

    def spawn(self, name, command, core, environment=None, dies_by="KILL", talks=False):
        """Starts `command` on one core. It gets signal `dies_by` when this process ends, however that happens
        (prctl(2), PR_SET_PDEATHSIG)."""
        self.started += 1
        log = self.directory / f"{self.started}-{name}.log"
        with log.open("wb") as output:
            popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", dies_by, "--", "taskset", "-c", str(core), *map(str, command)],
                stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else output, stderr=output, cwd=self.directory, text=talks,
                env=environment, start_new_session=True)
        child = Child(name, popen, log)
        self.children.append((child, 3.0 if dies_by == "TERM" else 0.0))
        return child

    def stop(self, child):
        for known, gently in list(self.children):
            if known is child:
                child.stop(gently)
                self.children.remove((known, gently))

    def close(self):
        # A second Ctrl-C must not interrupt the clean-up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for child, gently in reversed(self.children):
            child.stop(gently)
        self.children = []
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, name, template, values):
        """A peer's configuration: the template with its @NAMES@ filled in."""
        text = template.read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o600)
        return path


def free_port():
    """A port that nobody listens on, on any loopback address, below the range that outgoing connections take."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in range(lowest - 1, 10_000, -1):
        if port in free_port.given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
        free_port.given.add(port)
        return port
    raise Failure("no free port")


free_port.given = set()
