"""The command line of the set-up."""

from __future__ import annotations

import argparse
import fcntl
import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from installer import debian, runtime, table
from installer.errors import SetupError
from installer.fetch import Fetcher
from installer.items import Installer
from installer.places import Places, default_cache
from installer.progress import MEGABYTE, Progress
from installer.state import Stamps

SPACE_FACTOR = 3
"""Free space asked for, in sizes of the wheels to be fetched: the wheels, what is in them, what is made of it."""
INTERRUPTED = 130


def parse(arguments: list[str], groups: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(
        prog="setup",
        description="Brings this machine to what building and running Vitrine needs: Debian packages, the OpenVINO "
        "runtime and the models. What is there already is left alone; an interrupted run goes on where it was.",
        epilog="The cache is $VITRINE_CACHE, else $XDG_CACHE_HOME/vitrine, else ~/.cache/vitrine.",
    )
    optional = [group for group in groups if group != "default"]
    parser.add_argument("--cache", type=Path, default=None, metavar="DIR", help="cache folder to use")
    parser.add_argument("--no-apt", action="store_true", help="leave Debian packages alone")
    parser.add_argument("--tests", action="store_true", help="also what only the tests need: Debian packages and optional models")
    parser.add_argument("--offline", action="store_true", help="fetch nothing; use what the cache holds")
    parser.add_argument("--with", dest="groups", action="append", default=[], choices=optional, help="one more group")
    parser.add_argument("--list", action="store_true", help="show the table and what is installed; change nothing")
    parser.add_argument("--verify", action="store_true", help="hash every installed file; change no file")
    parser.add_argument("--json", action="store_true", help="print the result as JSON on standard output")
    options = parser.parse_args(arguments)
    options.cache = (options.cache or default_cache()).expanduser().absolute()
    return options


@contextmanager
def locked(places: Places, progress: Progress) -> Iterator[None]:
    """One set-up at a time in a cache; another one waits."""
    places.root.mkdir(parents=True, exist_ok=True)
    with (places.root / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say("another set-up is using this cache; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Setup:
    """One run over one cache."""

    def __init__(self, options: argparse.Namespace, content: table.Table) -> None:
        self.options = options
        self.table = content
        self.places = Places(options.cache)
        self.progress = Progress()
        self.stamps = Stamps(self.places)
        self.fetcher = Fetcher(self.places, self.progress, options.offline)

    def is_done(self, item: table.Item) -> bool:
        return self.stamps.is_done(item.id, item.digest)

    def wanted(self) -> list[table.Item]:
        """Items of the default group, of the groups asked for, and of those that were asked for before."""
        groups = set(self.table.groups) if self.options.tests else {"default", *self.options.groups}
        return [item for item in self.table.items if item.group in groups or self.stamps.read(item.id)]

    def rows(self) -> list[dict[str, Any]]:
        """The table with each entry's state and, where it is there, its size."""
        done = runtime.is_done(self.stamps, self.table)
        rows = [self._row(runtime.STEP, "default", self.table.runtime_version, "Apache-2.0", "runtime", done)]
        for item in self.table.items:
            rows.append(self._row(item.id, item.group, item.version, item.licence, item.use, self.is_done(item)))
        return rows

    def _row(self, step: str, group: str, version: str, licence: str, use: str, done: bool) -> dict[str, Any]:
        stamp = self.stamps.read(step) or {"files": {}}
        size = sum(pin["bytes"] for pin in stamp["files"].values())
        state = "installed" if done else "out of date" if stamp["files"] else "missing"
        texts = {"id": step, "group": group, "version": version, "licence": licence, "use": use, "state": state}
        return texts | {"bytes": size}

    def verify(self) -> list[str]:
        """Hash everything that is installed; a step with a wrong file will be done anew by the next run."""
        wrong = []
        for step in [runtime.STEP, *(item.id for item in self.table.items)]:
            if altered := self.stamps.altered(step):
                self.stamps.drop(step)
                wrong += altered
        return wrong

    def run(self) -> list[SetupError]:
        """Do what is not done yet; what failed, after trying the rest."""
        todo = [item for item in self.wanted() if not self.is_done(item)]
        need_runtime = not runtime.is_done(self.stamps, self.table)
        if todo or need_runtime:
            with locked(self.places, self.progress):
                todo = [item for item in todo if not self.is_done(item)]
                return self._install(todo, not runtime.is_done(self.stamps, self.table))
        return []

    def _install(self, todo: list[table.Item], need_runtime: bool) -> list[SetupError]:
        wheels = runtime.packages(self.table) if need_runtime else []
        if need_runtime:
            self.progress.say("making the Python environment")
            runtime.create(self.places)
        wheels += [package for item in todo for package in item.sources[0].packages]
        self._ask_for_space(sum(package.bytes for package in wheels))
        for package in wheels:
            self.progress.expect(package.requirement, package.bytes)
        failures: list[SetupError] = []
        try:
            for package in wheels:
                self.fetcher.want(package)
                self.fetcher.request(package)
            if need_runtime:
                runtime.ensure(self.places, self.fetcher, self.stamps, self.table, self.progress)
            installer = Installer(self.places, self.fetcher, self.stamps, self.progress)
            for item in todo:
                try:
                    installer.install(item)
                    self.progress.say(f"{item.id} is ready")
                except SetupError as error:
                    failures.append(error)
        finally:
            self.fetcher.close()
            self.progress.close()
        self.stamps.write_manifest([runtime.STEP, *(item.id for item in self.table.items)])
        if not failures:
            for folder in (self.places.staging, self.places.downloads):
                shutil.rmtree(folder, ignore_errors=True)
        return failures

    def _ask_for_space(self, fetched: int) -> None:
        free, wanted = shutil.disk_usage(self.places.root).free, SPACE_FACTOR * fetched
        if free < wanted:
            raise SetupError(
                f"{self.places.root} has {free / MEGABYTE:.0f} MB free, {wanted / MEGABYTE:.0f} MB are needed.",
                "Make room, or name another folder with --cache or VITRINE_CACHE.",
            )


def show(rows: list[dict[str, Any]]) -> None:
    """Print the table for people."""
    print(f"{'id':20} {'group':10} {'version':36} {'MB':>7}  {'licence':24} state")
    for row in rows:
        size = f"{row['bytes'] / MEGABYTE:.1f}" if row["bytes"] else "-"
        print(f"{row['id']:20} {row['group']:10} {row['version']:36} {size:>7}  {row['licence']:24} {row['state']}")


def carry_out(setup: Setup) -> int:
    """Do what the options say; the exit code."""
    options = setup.options
    if options.list:
        rows = setup.rows()
        print(json.dumps(rows, indent=1)) if options.json else show(rows)
        return 0
    if options.verify:
        wrong = setup.verify()
        if options.json:
            print(json.dumps({"altered": wrong}))
        for name in wrong:
            print(f"setup: {name} is gone or altered; run again to have it anew", file=sys.stderr)
        missing = [row["id"] for row in setup.rows() if row["group"] == "default" and row["state"] != "installed"]
        for name in missing:
            print(f"setup: {name} is not installed", file=sys.stderr)
        return 1 if wrong or missing else 0
    started = time.monotonic()
    if not (options.no_apt or options.offline):
        debian.ensure(setup.progress, options.tests)
    failures = setup.run()
    for error in failures:
        print(f"setup: {error}", file=sys.stderr)
    if options.json:
        print(json.dumps(setup.rows(), indent=1))
    if not failures:
        print(f"Everything is there ({time.monotonic() - started:.1f} s): {setup.places.root}", file=sys.stderr)
    return 1 if failures else 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """The program; returns the exit code: 0 done, 1 something failed, 130 interrupted."""
    signal.signal(signal.SIGTERM, _interrupt)
    content = table.load()
    options = parse(arguments, content.groups)
    try:
        return carry_out(Setup(options, content))
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: {error}\n    → Mend it and run again: what is finished is kept.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run again to go on.", file=sys.stderr)
        return INTERRUPTED
