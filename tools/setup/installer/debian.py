"""Step 1: Debian packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from installer.errors import SetupError
from installer.progress import Progress

LIST = Path(__file__).resolve().parent.parent / "debian-packages.txt"
TAIL_LINES = 8


def wanted(path: Path = LIST, tests: bool = False) -> list[str]:
    """Package names of the list; what follows a # is why. "a|b" is a, or b in its place.

    What only the tests need is left out unless asked for.
    """
    lines = [line.partition("#") for line in path.read_text().splitlines()]
    return [name.strip() for name, _, why in lines if name.strip() and (tests or not why.strip().startswith("tests:"))]


def missing(packages: list[str]) -> list[str]:
    """Those of `packages` that dpkg does not hold as installed."""
    names = [name for package in packages for name in package.split("|")]
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *names]
    answer = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [package.split("|")[0] for package in packages if installed.isdisjoint(package.split("|"))]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def _prefix(by_hand: str) -> list[str]:
    """What makes apt-get run as root here.  Raises SetupError when nothing does."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-v"], check=False).returncode == 0:
        return ["sudo", "--preserve-env=DEBIAN_FRONTEND"]
    raise SetupError("Debian packages are missing and this user may not install them.", f"Ask root to run: {by_hand}")


def ensure(progress: Progress, tests: bool = False) -> None:
    """Install what is missing; package lists are fetched only when installing without them fails."""
    packages = wanted(tests=tests)
    if shutil.which("dpkg-query") is None or shutil.which("apt-get") is None:
        raise SetupError(
            "This system has no dpkg and apt-get, so Debian packages cannot be checked.",
            f"Install the counterparts of {' '.join(packages)}, then run again with --no-apt.",
        )
    absent = missing(packages)
    if not absent:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *absent]
    prefix = _prefix("apt-get update && " + " ".join(install))
    progress.say(f"installing Debian packages: {' '.join(absent)}")
    outcome = _run(prefix + install)
    if outcome.returncode != 0:
        progress.say("fetching Debian's package lists")
        _run([*prefix, "apt-get", "update"])
        outcome = _run(prefix + install)
    if outcome.returncode != 0 or (absent := missing(packages)):
        tail = "\n".join((outcome.stdout + outcome.stderr).splitlines()[-TAIL_LINES:])
        by_hand = " ".join(prefix + install)
        what = f"apt-get could not install: {' '.join(absent)}"
        raise SetupError(what, f"Mend what it says, or run by hand: {by_hand}", tail)
