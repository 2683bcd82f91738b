"""What can go wrong on a serial line, at dialled rates: with frames, and with bytes on their way. Pure, seeded.

frames ──▶ NoisyLine: lost, broken, wrong checksums, error frames, garbage between them
       ──▶ FaultyWire: bytes lost and flipped, writes delayed, split and merged ──▶ host
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

MAX_GARBAGE_BYTES = 24
MAX_UNDER_WAY = 10_000
"""Writes that a wire delays at once; what comes on top is lost, as in a full buffer."""


@dataclass(frozen=True, slots=True)
class LineFaults:
    """Shares, 0..1: of frames preceded by garbage, with one byte flipped, with a wrong checksum, never
    sent, and followed by an error frame of the device's firmware."""

    garbage_share: float = 0.0
    corrupt_share: float = 0.0
    bad_checksum_share: float = 0.0
    loss_share: float = 0.0
    error_share: float = 0.0


NO_FAULTS = LineFaults()


class NoisyLine:
    """Spoils frames at the rates of its faults, and counts what it did.

    `error_frames`: what the firmware sends when it is in trouble, as seen in the field: some of it with a
    checksum that its maker got wrong.
    """

    def __init__(
        self,
        faults: LineFaults,
        rng: Random,
        checksum_at: int = -2,
        error_frames: Sequence[bytes] = (),
    ) -> None:
        self.spoiled: Counter[str] = Counter()
        self._faults = faults
        self._rng = rng
        self._checksum_at = checksum_at
        self._error_frames = error_frames

    def send(self, frames: Sequence[bytes]) -> bytes:
        """Return the frames as they arrive."""
        if self._faults == NO_FAULTS:
            return b"".join(frames)
        return b"".join(self._spoil(frame) for frame in frames)

    def _spoil(self, frame: bytes) -> bytes:
        rng, faults = self._rng, self._faults
        before = after = b""
        if rng.random() < faults.garbage_share:
            self.spoiled["garbage"] += 1
            before = rng.randbytes(rng.randint(1, MAX_GARBAGE_BYTES))
        if rng.random() < faults.corrupt_share:
            self.spoiled["corrupt"] += 1
            frame = _flipped(frame, rng.randrange(len(frame)), rng.randint(1, 255))
        elif rng.random() < faults.bad_checksum_share:
            self.spoiled["bad_checksum"] += 1
            frame = _flipped(frame, self._checksum_at % len(frame), rng.randint(1, 255))
        if faults.loss_share and rng.random() < faults.loss_share:
            self.spoiled["loss"] += 1
            frame = b""
        if faults.error_share and self._error_frames and rng.random() < faults.error_share:
            self.spoiled["error"] += 1
            after = rng.choice(self._error_frames)
        return before + frame + after


@dataclass(frozen=True, slots=True)
class WireFaults:
    """Shares, 0..1: of bytes flipped and lost, of writes cut into pieces, and joined to the next.

    `delay_ms`: how long a write is under way, drawn between two bounds; order is kept.
    """

    flip_share: float = 0.0
    byte_loss_share: float = 0.0
    split_share: float = 0.0
    merge_share: float = 0.0
    delay_ms: tuple[float, float] = (0.0, 0.0)


PERFECT_WIRE = WireFaults()


class FaultyWire:
    """Carries one device's writes to its host. `flipped`: places in all that was carried that are wrong now."""

    def __init__(self, faults: WireFaults, rng: Random) -> None:
        self.carried_bytes = 0
        self.lost_bytes = 0
        self.flipped: list[int] = []
        self._faults = faults
        self._rng = rng
        self._under_way: list[tuple[int, int, bytes]] = []
        self._sent = 0
        self._last_due_ns = 0
        self._merging = b""

    def send(self, data: bytes, now_ns: int) -> None:
        """Put a write on its way."""
        data = self._merging + self._spoil(data)
        self._merging = b""
        if self._rng.random() < self._faults.merge_share:
            self._merging = data
            return
        for piece in self._pieces(data):
            self._depart(piece, now_ns)

    def arrive(self, now_ns: int) -> list[bytes]:
        """Return the writes that are through, in order; what waits to be merged comes with the last."""
        arrived: list[bytes] = []
        while self._under_way and self._under_way[0][0] <= now_ns:
            arrived.append(heapq.heappop(self._under_way)[2])
        if self._merging and not self._under_way:
            arrived.append(self._merging)
            self._merging = b""
        return arrived

    @property
    def next_due_ns(self) -> int | None:
        """When the next write is through."""
        return self._under_way[0][0] if self._under_way else None

    def cut(self) -> None:
        """Lose all that is under way: the line was unplugged."""
        self.lost_bytes += sum(len(piece) for _, _, piece in self._under_way) + len(self._merging)
        self._under_way.clear()
        self._merging = b""

    def _depart(self, piece: bytes, now_ns: int) -> None:
        if len(self._under_way) >= MAX_UNDER_WAY:
            self.lost_bytes += len(piece)
            return
        delay_ns = round(self._rng.uniform(*self._faults.delay_ms) * 1_000_000)
        self._last_due_ns = max(self._last_due_ns, now_ns + delay_ns)
        self._sent += 1
        heapq.heappush(self._under_way, (self._last_due_ns, self._sent, piece))

    def _pieces(self, data: bytes) -> list[bytes]:
        if len(data) < 2 or self._rng.random() >= self._faults.split_share:
            return [data] if data else []
        cuts = sorted(self._rng.randrange(1, len(data)) for _ in range(self._rng.randint(1, 3)))
        bounds = [0, *cuts, len(data)]
        return [data[a:b] for a, b in pairwise(bounds) if a < b]

    def _spoil(self, data: bytes) -> bytes:
        faults, rng = self._faults, self._rng
        first, self.carried_bytes = self.carried_bytes, self.carried_bytes + len(data)
        if not faults.flip_share and not faults.byte_loss_share:
            return data
        spoiled = bytearray()
        for at, byte in enumerate(data):
            if rng.random() < faults.byte_loss_share:
                self.lost_bytes += 1
                continue
            if rng.random() < faults.flip_share:
                self.flipped.append(first + at)
                byte ^= rng.randint(1, 255)
            spoiled.append(byte)
        return bytes(spoiled)


def _flipped(frame: bytes, at: int, bits: int) -> bytes:
    return frame[:at] + bytes([frame[at] ^ bits]) + frame[at + 1 :]
