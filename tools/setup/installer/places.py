"""Where things are: the cache folder and its layout.

    CACHE/models/ID/…          what plugins read
    CACHE/samples/…            pictures for the demonstration
    CACHE/openvino/libs        → the OpenVINO libraries, libopenvino_c.so.NNNN among them
    CACHE/venv                 Python environment of the conversions; the libraries live in its openvino package
    CACHE/stamps/ID.json       one finished step each: digest of its table entry, files with size and sha256
    CACHE/manifest.json        all stamps put together, for other programs
    CACHE/downloads, staging   only while something is under way
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


def default_cache() -> Path:
    """$VITRINE_CACHE, else $XDG_CACHE_HOME/vitrine, else ~/.cache/vitrine."""
    if own := os.environ.get("VITRINE_CACHE"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "vitrine"
    return Path.home() / ".cache" / "vitrine"


@dataclass(frozen=True)
class Places:
    """The folders of one cache."""

    root: Path

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def stamps(self) -> Path:
        return self.root / "stamps"

    @property
    def manifest(self) -> Path:
        return self.root / "manifest.json"

    @property
    def venv(self) -> Path:
        return self.root / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def libraries(self) -> Path:
        return self.root / "openvino" / "libs"
