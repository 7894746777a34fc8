"""What the machine is and has: cores, programs, a description for the report."""

import datetime
import os
import platform
import resource
import shutil
import subprocess
from pathlib import Path

from .stage import Failure

# Program → Debian package.
NEEDED = {
    "haproxy": "haproxy", "nginx": "nginx", "wrk": "wrk", "strace": "strace", "mariadbd": "mariadb-server",
    "mariadb": "mariadb-client", "mariadb-install-db": "mariadb-server", "taskset": "util-linux",
    "setpriv": "util-linux", "node": "nodejs",
}
# What `run` needs of these, and a benchmark without peers.
PEER_PROGRAMS = [program for program in NEEDED if program != "node"]
DATABASE_PROGRAMS = ["mariadbd", "mariadb", "mariadb-install-db", "taskset", "setpriv"]
STREAM_PACKAGE = "libnginx-mod-stream"
MODULES = Path("/usr/lib/nginx/modules")


def find(program):
    """Also in /usr/sbin, which is not in every user's PATH."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


def missing_packages(programs):
    packages = {NEEDED[program] for program in programs if not find(program)}
    if "nginx" in programs and not (MODULES / "ngx_stream_module.so").exists():
        packages.add(STREAM_PACKAGE)
    return sorted(packages)


def install_what_is_missing(say, programs=tuple(PEER_PROGRAMS)):
    packages = missing_packages(programs)
    if not packages:
        return
    if os.geteuid() != 0:
        raise Failure(f"missing; install with: sudo apt-get install {' '.join(packages)}")
    say(f"installing {' '.join(packages)}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    still = missing_packages(programs)
    if still:
        raise Failure(f"could not install {' '.join(still)}")


def raise_descriptor_limit():
    """5 000 tunnels take 10 000 descriptors in a proxy, and HAProxy counts its pipes on top."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 20_000
    if hard < wanted and os.geteuid() == 0:
        hard = wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    if min(wanted, hard) < wanted:
        raise Failure(f"the hard limit of open files is {hard}; {wanted} are needed (ulimit -Hn)")
    return wanted


class Cores:
    """One core for the proxy that is measured, one for generator, origin and database."""

    def __init__(self):
        usable = sorted(os.sched_getaffinity(0))
        if len(usable) < 2:
            raise Failure("two cores are needed: one for the proxy, one for everything else")
        self.proxy, self.rest = usable[0], usable[1]


def version(command, marker):
    outcome = subprocess.run(command, capture_output=True, text=True)
    for line in (outcome.stdout + outcome.stderr).splitlines():
        if marker in line:
            return line.strip()
    return "unknown"


def description():
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "kernel": platform.release(),
        # BBR paces each connection by timers, CUBIC does not: P3 differs.
        "congestion_control": Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
    }


def peers():
    return {
        "haproxy": "HAProxy " + version([find("haproxy"), "-v"], "version").split()[2],
        "nginx": version([find("nginx"), "-v"], "version").removeprefix("nginx version: ").replace("/", " "),
    }


def load_average():
    return os.getloadavg()[0]
