"""The kuma-balancer that is measured."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent


# As the images are built (compose/balancer.Dockerfile says why).
RELEASE = ["-c", "release", "-Xswiftc", "-enforce-exclusivity=unchecked"]


def say(message):
    print(message, file=sys.stderr, flush=True)


def balancer_path(given):
    """The one that was named, else a release build."""
    if given:
        return given.resolve(strict=True)
    build = ["swift", "build", *RELEASE, "--product", "kuma-balancer"]
    say(" ".join(build))
    subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
    binaries = subprocess.run(
        ["swift", "build", *RELEASE, "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    return Path(binaries.stdout.strip()) / "kuma-balancer"
