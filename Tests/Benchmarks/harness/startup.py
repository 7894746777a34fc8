"""P13: from spawning a contender to its first right answer."""

import socket
import time

from .checks import WrongAnswer
from .contenders import KUMA, launch
from .stage import free_port
from .works import Sample, Work

REQUEST = b"GET /small HTTP/1.1\r\nHost: start\r\nConnection: close\r\n\r\n"


def answers(port):
    with socket.socket() as peer:
        peer.settimeout(5)
        if peer.connect_ex(("127.0.0.1", port)) != 0:
            return False
        try:
            peer.sendall(REQUEST)
            return peer.recv(4096).startswith(b"HTTP/1.1 200 ")
        except OSError:
            return False


def milliseconds_to_serving(contender, began):
    while not answers(contender.port):
        contender.child.must_live()
        if time.perf_counter() - began > 20:
            raise WrongAnswer("no answer within 20 s")
        time.sleep(0.0005)
    return (time.perf_counter() - began) * 1000


class Start(Work):
    """With the database up and nothing on disk; the peers, which have no database, for comparison."""

    def __init__(self):
        super().__init__("P13a", "start to first answer, database up", "ms")

    def sample_start(self, name, origin, around):
        began = time.perf_counter()
        contender = launch(name, origin, around)
        try:
            return Sample(milliseconds_to_serving(contender, began))
        finally:
            contender.stop()


class StartWithoutDatabase(Work):
    """From the state file that an earlier start left, with nobody listening at the database's address."""

    contenders = [KUMA]

    def __init__(self):
        super().__init__("P13b", "start to first answer, database down, state file", "ms")
        self.state_file = None

    def prepare(self, origin, around):
        """Has a balancer write the file."""
        self.state_file = around.stage.directory / "kept-state.json"
        contender = launch(KUMA, origin, around, state_file=self.state_file)
        deadline = time.monotonic() + 20
        try:
            while not (answers(contender.port) and self.state_file.exists()):
                contender.child.must_live()
                if time.monotonic() > deadline:
                    raise WrongAnswer("no state file within 20 s")
                time.sleep(0.05)
        finally:
            contender.stop()

    def sample_start(self, name, origin, around):
        if self.state_file is None:
            self.prepare(origin, around)
        nobody = free_port()
        began = time.perf_counter()
        contender = launch(name, origin, around, database_port=nobody, state_file=self.state_file)
        try:
            return Sample(milliseconds_to_serving(contender, began))
        finally:
            contender.stop()
