"""What the user sees while something is under way.

On a terminal one line at the bottom shows bytes and percent of all downloads; elsewhere every step is one line.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TextIO

REDRAW_S = 0.1
MEGABYTE = 1_000_000


class Progress:
    """Thread-safe; `live` is whether `stream` is a terminal."""

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self._lock = threading.Lock()
        self._wanted: dict[str, int] = {}
        self._got: dict[str, int] = {}
        self._active: list[str] = []
        self._drawn_at = 0.0
        self._started = time.monotonic()

    def say(self, text: str) -> None:
        """One line that stays."""
        with self._lock:
            self._erase()
            self.stream.write(f"[{time.monotonic() - self._started:5.1f} s] {text}\n")
            self.stream.flush()

    def expect(self, name: str, size: int) -> None:
        """A download of `size` bytes is to come."""
        with self._lock:
            self._wanted[name] = size

    def begin(self, name: str) -> None:
        """A download starts."""
        with self._lock:
            self._active.append(name)
        if not self.live:
            self.say(f"fetching {name} ({self._wanted.get(name, 0) / MEGABYTE:.1f} MB)")

    def update(self, name: str, size: int) -> None:
        """`size` bytes of it are there."""
        with self._lock:
            self._got[name] = min(size, self._wanted.get(name, size))
            self._draw()

    def end(self, name: str) -> None:
        """It is over, well or badly."""
        with self._lock:
            if name in self._active:
                self._active.remove(name)
            self._draw()

    def close(self) -> None:
        """Remove the live line."""
        with self._lock:
            self._erase()

    def _draw(self) -> None:
        now = time.monotonic()
        if not self.live or now - self._drawn_at < REDRAW_S:
            return
        self._drawn_at = now
        got, wanted = sum(self._got.values()), sum(self._wanted.values())
        share = 100 * got / wanted if wanted else 100
        names = ", ".join(self._active)
        self.stream.write(f"\r\x1b[K{got / MEGABYTE:6.1f} / {wanted / MEGABYTE:.1f} MB {share:3.0f} %  {names}"[:110])
        self.stream.flush()

    def _erase(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")
