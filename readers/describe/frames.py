"""A capture of a framed serial protocol, told frame by frame. Pure.

The codec's own framer cuts, so a capture is read as the gateway would read it. What the framer refuses
comes out byte by byte; here it is put together again to what a person would call it: garbage, or one
broken frame as long as it claims to be.
"""

from collections.abc import Callable, Iterator

from readers.counts import StageCounts
from readers.describe.lines import Line, dropped, refused
from readers.errors import Malformed
from readers.framing import Framer, Refused

MAX_REFUSED_BYTES = 4_096
"""Longest run of refused bytes that one look is taken at: a capture of noise alone takes no memory."""

Describe = Callable[[bytes], list[Line]]
"""Intact frame → its lines. Raises Malformed for a frame that is intact and makes no sense."""

Claimed = Callable[[bytes, int], int]
"""(refused bytes, start) → how long the frame there claims to be; 0: what no frame begins with."""

_REASON_AT_END = {"stale": "incomplete"}
"""A live line waits a while for the rest of a frame; a capture that ends has no rest."""


class FrameDescriber:
    """The Describer of a framed protocol."""

    def __init__(self, framer: Framer, claimed: Claimed, describe: Describe) -> None:
        self._framer = framer
        self._claimed = claimed
        self._describe = describe
        self._run = b""
        self._starts: list[tuple[int, str]] = []

    @property
    def counts(self) -> StageCounts:
        """Return what became of the capture, in bytes: in intact frames, refused, held."""
        return self._framer.counts

    def feed(self, data: bytes) -> list[Line]:
        """Take bytes of the capture."""
        said: list[Refused] = []
        return list(self._in_order(self._framer.feed(data, said), said))

    def finish(self) -> list[Line]:
        """Tell of the unfinished frame at the end."""
        said: list[Refused] = []
        return [*self._in_order(self._framer.flush(said), said), *self._tell_run()]

    def _in_order(self, frames: list[bytes], said: list[Refused]) -> Iterator[Line]:
        at = 0
        for number, frame in enumerate(frames):
            while at < len(said) and said[at].after == number:
                yield from self._add(said[at])
                at += 1
            yield from self._tell_run()
            try:
                yield from self._describe(frame)
            except Malformed as error:
                yield refused(error, frame)
        for piece in said[at:]:
            yield from self._add(piece)

    def _add(self, piece: Refused) -> Iterator[Line]:
        data = piece.data
        if len(self._run) == MAX_REFUSED_BYTES:
            yield from self._tell_run()
        if piece.reason != "garbage":
            self._starts.append((len(self._run), _REASON_AT_END.get(piece.reason, piece.reason)))
        while len(self._run) + len(data) > MAX_REFUSED_BYTES:
            taken = MAX_REFUSED_BYTES - len(self._run)
            self._run, data = self._run + data[:taken], data[taken:]
            yield from self._tell_run()
        self._run += data

    def _tell_run(self) -> Iterator[Line]:
        """Tell of the refused bytes since the last frame, cut where broken frames begin and end."""
        run, starts, at = self._run, self._starts, 0
        self._run, self._starts = b"", []
        for start, reason in starts:
            claimed = self._claimed(run, start) if start >= at else 0
            if claimed:
                if start > at:
                    yield dropped(_reason_at(at, starts), run[at:start])
                at = min(start + claimed, len(run))
                yield dropped(reason, run[start:at])
        if at < len(run):
            yield dropped(_reason_at(at, starts), run[at:])


def _reason_at(at: int, starts: list[tuple[int, str]]) -> str:
    return next((reason for start, reason in starts if start == at), "garbage")
