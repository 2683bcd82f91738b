"""The files of a recording that goes on for ever: numbered parts, of which the oldest are deleted. I/O.

    reads.jsonl.gz  ─▶  reads-000001.jsonl.gz  reads-000002.jsonl.gz  …     never more than `keep_bytes` in all

A life goes on counting where the one before stopped, and what that one left counts too. Size alone decides: by age,
a wrong clock would delete what is new.
"""

from pathlib import Path
from typing import BinaryIO

DIGITS = 6
"""A million parts of 100 MB; beyond it names grow longer, and are still found."""


class Parts:
    """The parts of one recording. `deleted`: how many were, in this life."""

    def __init__(self, path: Path, keep_bytes: int) -> None:
        """`path` is the name that is numbered."""
        self.deleted = 0
        self._folder = path.parent
        self._stem, dot, rest = path.name.partition(".")
        self._suffix = dot + rest
        self._keep_bytes = keep_bytes

    def begin(self, room_bytes: int) -> tuple[Path, BinaryIO]:
        """Open the next part, which may grow by `room_bytes`, after deleting the oldest that leave no room for it."""
        there = self._numbered()
        total = sum(path.stat().st_size for _, path in there)
        for _, path in there:
            if total + room_bytes <= self._keep_bytes:
                break
            total -= path.stat().st_size
            path.unlink()
            self.deleted += 1
        number = there[-1][0] + 1 if there else 1
        path = self._folder / f"{self._stem}-{number:0{DIGITS}d}{self._suffix}"
        return path, path.open("xb")

    def _numbered(self) -> list[tuple[int, Path]]:
        """Return (number, path) of the parts that are there, the oldest first."""
        found: list[tuple[int, Path]] = []
        for path in self._folder.glob(f"{glob_escaped(self._stem)}-*"):
            number = path.name.removeprefix(f"{self._stem}-").removesuffix(self._suffix)
            if (
                path.name.endswith(self._suffix)
                and len(number) >= DIGITS
                and number.isascii()
                and number.isdigit()
            ):
                found.append((int(number), path))
        return sorted(found)


def glob_escaped(text: str) -> str:
    """Return text that a glob takes as it is."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)
