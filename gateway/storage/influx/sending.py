"""Writes a batch of lines, and finds those that the server refuses, so that the rest goes on. Pure.

    batch ─▶ taken
          └▶ refused ─▶ the lines named by the server are set aside, the rest is written
                     └▶ none is named: each half by itself, down to single lines

The same line may be written twice on the way: a point of the same series and time takes its own place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.storage.influx.errors import BatchTooLarge, LinesRefused, ServerDenies
from gateway.storage.influx.refusals import dropped, is_beyond_retention, named_lines

_REMEDY = "mend what its words name; the first write of all was refused, so it is hardly the lines"


class LineServer(Protocol):
    """A server that takes lines; one call at a time."""

    def write(self, body: bytes) -> None:
        """Return once the lines are taken; raise an InfluxError otherwise. May block for its timeout."""
        ...


@dataclass(slots=True)
class Sent:
    """What became of a batch."""

    taken: int = 0
    expired: int = 0
    """Older than the server keeps: it left them out, and would again."""
    refused: list[tuple[bytes, str]] = field(default_factory=list)
    """Lines set aside, each with its reason."""


class Sender:
    """Writes batches to one server. It blames a line only where this server has taken another."""

    def __init__(self, server: LineServer) -> None:
        self._server = server
        self._has_taken = False
        self.requests = 0

    def send(self, lines: Sequence[bytes]) -> Sent:
        """Return once each line is taken, expired or refused; raise InfluxError where it must be tried again."""
        sent = Sent()
        waiting = [list(lines)]
        while waiting:
            part = waiting.pop()
            if part:
                waiting += self._write(part, sent)
        if sent.refused and not self._has_taken:
            raise ServerDenies(f"the server refuses all lines ({sent.refused[0][1]})", _REMEDY)
        return sent

    def _write(self, lines: list[bytes], sent: Sent) -> list[list[bytes]]:
        """Write lines; return those of them that are to be written once more, in parts."""
        self.requests += 1
        try:
            self._server.write(b"\n".join(lines))
        except LinesRefused as refusal:
            return self._parted(lines, refusal, sent)
        except BatchTooLarge as error:
            if len(lines) > 1:
                raise
            sent.refused.append((lines[0], error.detail))
            return []
        sent.taken += len(lines)
        self._has_taken = True
        return []

    def _parted(self, lines: list[bytes], refusal: LinesRefused, sent: Sent) -> list[list[bytes]]:
        left_out = dropped(refusal)
        if left_out is not None and left_out < len(lines):
            self._has_taken = True  # a partial write: the others stand
        if is_beyond_retention(refusal):
            self._has_taken = True
            sent.expired += min(left_out or 0, len(lines))
            sent.taken += max(len(lines) - (left_out or 0), 0)
            return []
        named = named_lines(refusal, lines)
        if named:
            sent.refused += [(lines[place], reason) for place, reason in named.items()]
            rest = [line for place, line in enumerate(lines) if place not in named]
            if left_out == len(named):
                sent.taken += len(rest)
                return []
            return [rest]
        if len(lines) == 1:
            sent.refused.append((lines[0], refusal.detail))
            return []
        middle = len(lines) // 2
        return [lines[middle:], lines[:middle]]
