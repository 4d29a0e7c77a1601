"""Stamps: which steps are finished, and whether what they left is still there.

A stamp is written last, by an atomic rename.  It records the digest of the table entry it was made from and each
file's size and sha256; a step counts as done while the digest is the table's and every file has its size.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from installer.places import Places

BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def write_atomically(path: Path, text: str) -> None:
    """Write all of `text` or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


class Stamps:
    """The stamps of one cache."""

    def __init__(self, places: Places) -> None:
        self.places = places

    def _path(self, step: str) -> Path:
        return self.places.stamps / f"{step}.json"

    def read(self, step: str) -> dict[str, Any] | None:
        """The stamp, or None when there is none that can be read."""
        try:
            return json.loads(self._path(step).read_text())
        except (OSError, ValueError):
            return None

    def is_done(self, step: str, digest: str) -> bool:
        """Whether the step was finished from this very entry and its files have their sizes still."""
        stamp = self.read(step)
        if stamp is None or stamp.get("digest") != digest:
            return False
        return all(self._size(name) == pin["bytes"] for name, pin in stamp["files"].items())

    def _size(self, name: str) -> int:
        try:
            return (self.places.root / name).stat().st_size
        except OSError:
            return -1

    def write(self, step: str, digest: str, version: str, files: Iterable[str], **more: Any) -> None:
        """Stamp a finished step; `files` are relative to the cache."""
        record = {
            "id": step,
            "version": version,
            "digest": digest,
            **more,
            "files": {
                name: {
                    "sha256": sha256_of(self.places.root / name),
                    "bytes": (self.places.root / name).stat().st_size,
                }
                for name in sorted(files)
            },
        }
        write_atomically(self._path(step), json.dumps(record, indent=1) + "\n")

    def drop(self, step: str) -> None:
        """Forget that the step was done."""
        self._path(step).unlink(missing_ok=True)

    def altered(self, step: str) -> list[str]:
        """Files of a stamped step that are gone or whose bytes are no longer those stamped."""
        stamp = self.read(step) or {"files": {}}
        wrong = []
        for name, pin in stamp["files"].items():
            path = self.places.root / name
            if self._size(name) != pin["bytes"] or sha256_of(path) != pin["sha256"]:
                wrong.append(name)
        return wrong

    def write_manifest(self, steps: Iterable[str]) -> None:
        """Put the stamps of `steps` together in manifest.json."""
        entries = []
        for step in steps:
            if stamp := self.read(step):
                files = [{"path": name, **pin} for name, pin in stamp.pop("files").items()]
                entries.append({**stamp, "files": files})
        text = json.dumps({"format": 1, "installed": entries}, indent=1) + "\n"
        if not self.places.manifest.exists() or self.places.manifest.read_text() != text:
            write_atomically(self.places.manifest, text)
