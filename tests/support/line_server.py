"""A server of line protocol in memory that refuses lines with BAD in them, in each way that servers have. Pure.

silent     a partial write without a word of which          whole     nothing of the batch is written
named      by their text (1.x, 2.x)                         numbered  by their numbers (3.x)
conflict   by measurement and field, with their number (1.x, 2.x)
"""

from collections.abc import Sequence

from gateway.storage.influx.errors import InfluxError, LinesRefused


def refusal(message: str, data: object = None) -> LinesRefused:
    """Return a refusal in a server's words."""
    document: dict[str, object] = {"error": message} | ({} if data is None else {"data": data})
    return LinesRefused(message, document)


class LineServer:
    """Implements sending.LineServer. `answers` come first, one per write: None lets the server judge."""

    def __init__(self, kind: str = "silent", *, takes_nothing: bool = False) -> None:
        self.kind = kind
        self.takes_nothing = takes_nothing
        self.answers: list[Exception | None] = []
        self.always: InfluxError | None = None
        self.taken: set[bytes] = set()
        self.bodies: list[bytes] = []

    def write(self, body: bytes) -> None:
        """Take what is good, or raise."""
        self.bodies.append(body)
        if self.always is not None:
            raise self.always
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        if self.takes_nothing:
            raise refusal("bucket is required")
        lines = body.split(b"\n")
        bad = [place for place, line in enumerate(lines) if b"BAD" in line]
        if not (bad and self.kind == "whole"):
            self.taken.update(line for line in lines if b"BAD" not in line)
        if bad:
            raise self._refusal(lines, bad)

    def _refusal(self, lines: Sequence[bytes], bad: Sequence[int]) -> LinesRefused:
        if self.kind == "named":
            return refusal(f"unable to parse '{lines[bad[0]].decode()}': invalid number")
        if self.kind == "numbered":
            return refusal("partial write of line protocol occurred", [
                {"line_number": place + 1, "original_line": lines[place].decode()[:12], "error_message": "invalid"}
                for place in bad
            ])  # fmt: skip
        if self.kind == "conflict":
            words = 'partial write: field type conflict: input field "pieces" on measurement "stock" is type'
            return refusal(f"{words} float, already exists as type integer dropped={len(bad)}")
        return refusal("partial write: something is wrong" if self.kind == "silent" else "invalid body")
