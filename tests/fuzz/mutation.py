"""Inputs that are nearly right: seeds, broken in the ways that lines, devices and people break them. Pure."""

import json
from collections.abc import Sequence
from random import Random

MAX_INPUT_BYTES = 4_096
LONG_INPUT_BYTES = 65_536
"""What one read of a port takes at most; one input in some thousands is as long."""
LONG_SHARE = 0.0003
RANDOM_SHARE = 0.1
EDGES = (0x00, 0x01, 0x7E, 0x7F, 0x80, 0xBB, 0xAA, 0xDD, 0xA0, 0xCF, 0xEE, 0xFE, 0xFF)
"""Bytes that lengths, headers and signs turn on."""
VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 255, 65_536, 2**31, 2**63, -(2**63), 10**30, 1e308, -1e-308, 0.1, "", "0", "-1",
    "1e999", "NaN", "\x00", "é€😀", "\ud800", "/", "#", "+", "a" * 300, [], {}, [[]], [None], [0] * 20, {"": {}},
    "2026-11-21T10:00:00Z", "9999-12-31T23:59:59.999999999Z", "0000-00-00T00:00:00Z", 1_795_255_200,
    1_795_255_200_000_000, "3034257BF400B7800004CB2F", "E2", "3", "zz", "MDQyNTdCRg==", "offline", "Online",
)  # fmt: skip
"""Values that readers of JSON trip over."""


class Mutator:
    """Breaks `seeds`; the same `rng` gives the same inputs. `tokens` are what the format's rules turn on."""

    def __init__(self, rng: Random, seeds: Sequence[bytes], tokens: Sequence[bytes] = ()) -> None:
        self._rng = rng
        self._seeds = seeds
        self._tokens = tokens

    def next(self) -> bytes:
        """Return a random or a broken input, or a seed as it is."""
        rng = self._rng
        if rng.random() < RANDOM_SHARE:
            return rng.randbytes(rng.randrange(64))
        return self.broken(rng.choice(self._seeds))

    def broken(self, seed: bytes) -> bytes:
        """Return `seed` after up to four breaks."""
        rng = self._rng
        data = bytearray(seed)
        for _ in range(rng.randrange(5)):
            self._break(data)
        if rng.random() < LONG_SHARE and data:
            return bytes(data * (LONG_INPUT_BYTES // len(data)))
        return bytes(data[:MAX_INPUT_BYTES])

    def _break(self, data: bytearray) -> None:
        rng = self._rng
        at = rng.randrange(len(data) + 1)
        size = min(1 << rng.randrange(6), 32)
        match rng.randrange(9):
            case 0 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(data):
                data[at] = rng.randrange(256)
            case 2 if at < len(data):
                data[at] = rng.choice(EDGES)
            case 3:
                data[at:at] = rng.randbytes(size)
            case 4:
                del data[at : at + size]
            case 5:
                data[at:at] = data[at : at + size]
            case 6:
                other = rng.choice(self._seeds)
                data[at:] = other[rng.randrange(len(other) + 1) :]
            case 7:
                del data[at:]
            case _ if self._tokens:
                data[at:at] = rng.choice(self._tokens)


def broken_json(rng: Random, document: object) -> object:
    """Return `document` with one of its values, keys or entries wrong; shares what is unchanged."""
    if isinstance(document, dict) and document and rng.random() < 0.85:
        key = rng.choice(list(document))
        changed = dict(document)
        match rng.randrange(12):
            case 0:
                del changed[key]
            case 1:
                changed[str(rng.choice(VALUES))] = changed.pop(key)
            case _:
                changed[key] = broken_json(rng, document[key])
        return changed
    if isinstance(document, list) and document and rng.random() < 0.85:
        at = rng.randrange(len(document))
        match rng.randrange(8):
            case 0:
                return document * 3
            case 1:
                return document[:at]
            case _:
                return [*document[:at], broken_json(rng, document[at]), *document[at + 1 :]]
    return rng.choice(VALUES)


def as_payload(document: object) -> bytes:
    """Return the bytes of a JSON document; what has no UTF-8 is escaped."""
    return json.dumps(document, separators=(",", ":")).encode()
