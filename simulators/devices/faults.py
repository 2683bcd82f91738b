"""What a bad line does to frames: garbage between them, flipped bytes, wrong checksums. Pure, seeded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

MAX_GARBAGE_BYTES = 24


@dataclass(frozen=True, slots=True)
class LineFaults:
    """Shares, 0..1: of frames preceded by garbage, with one byte flipped, with a wrong checksum."""

    garbage_share: float = 0.0
    corrupt_share: float = 0.0
    bad_checksum_share: float = 0.0


NO_FAULTS = LineFaults()


class NoisyLine:
    """Spoils frames at the rates of its faults, and counts what it did."""

    def __init__(self, faults: LineFaults, rng: Random, checksum_at: int = -2) -> None:
        self.spoiled: Counter[str] = Counter()
        self._faults = faults
        self._rng = rng
        self._checksum_at = checksum_at

    def send(self, frames: Sequence[bytes]) -> bytes:
        """Return the frames as they arrive."""
        if self._faults == NO_FAULTS:
            return b"".join(frames)
        return b"".join(self._spoil(frame) for frame in frames)

    def _spoil(self, frame: bytes) -> bytes:
        rng, faults = self._rng, self._faults
        garbage = b""
        if rng.random() < faults.garbage_share:
            self.spoiled["garbage"] += 1
            garbage = rng.randbytes(rng.randint(1, MAX_GARBAGE_BYTES))
        if rng.random() < faults.corrupt_share:
            self.spoiled["corrupt"] += 1
            frame = _flipped(frame, rng.randrange(len(frame)), rng.randint(1, 255))
        elif rng.random() < faults.bad_checksum_share:
            self.spoiled["bad_checksum"] += 1
            frame = _flipped(frame, self._checksum_at % len(frame), rng.randint(1, 255))
        return garbage + frame


def _flipped(frame: bytes, at: int, bits: int) -> bytes:
    return frame[:at] + bytes([frame[at] ^ bits]) + frame[at + 1 :]
