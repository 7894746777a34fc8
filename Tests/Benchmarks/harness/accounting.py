"""What the kernel says a process has used."""

import time
from pathlib import Path


def cpu_seconds(pids):
    """CPU of whole processes, ended threads included: what utime + stime of /proc/PID/stat add up to, but in
    nanoseconds (clock_getcpuclockid(3): the clock of process p is ~p << 3 | CPUCLOCK_SCHED)."""
    return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in pids) / 1e9


def threads(pid):
    """Thread id → name."""
    names = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            names[int(task.name)] = (task / "comm").read_text().strip()
        except FileNotFoundError:
            pass
    return names


def thread_cpu_seconds(pid, thread):
    return int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0]) / 1e9


def anonymous_kib(pids):
    """Memory of its own that a process has touched, without program text and shared pages (RssAnon of
    proc_pid_status(5))."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                total += int(line.split()[1])
    return total
