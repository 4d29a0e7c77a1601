"""The one error that the set-up reports to its user."""

from __future__ import annotations


class SetupError(Exception):
    """What failed, the last lines of the tool that failed (may be empty), and what to do about it."""

    def __init__(self, what: str, advice: str, detail: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.detail = detail

    def __str__(self) -> str:
        lines = [self.what, *(f"    | {line}" for line in self.detail.splitlines()), f"    → {self.advice}"]
        return "\n".join(lines)
