"""A few tags (or printed codes) before one device, answering it at a steady rate. Pure, seeded."""

from collections.abc import Sequence
from random import Random

from simulators.agenda import NS_PER_S
from simulators.air import TagSeen
from simulators.epc import check_digit, sgtin96

COMPANY = "0950600"
"""A prefix of GS1's own, for examples."""
COMPANY_DIGITS = 7
SERIALS_PER_ARTICLE = 20
RSSI_MEAN_DBM, RSSI_SIGMA_DB = -58.0, 6.0
MAX_PER_STEP = 1_000
"""After a stall no more is made up for than this."""


def gtins(count: int) -> list[str]:
    """Return so many GTIN-14s of the example company."""
    bodies = (f"0{COMPANY}{item:05}" for item in range(count))
    return [body + check_digit(body) for body in bodies]


def epcs(count: int) -> list[str]:
    """Return so many EPCs: SGTIN-96, twenty pieces to an article."""
    articles = gtins(-(-count // SERIALS_PER_ARTICLE))
    return [
        sgtin96(articles[n // SERIALS_PER_ARTICLE], COMPANY_DIGITS, 1_000 + n % SERIALS_PER_ARTICLE)
        for n in range(count)
    ]


class TagStream:
    """Draws which tag answers which antenna, `rate` times a second."""

    def __init__(self, tags: Sequence[str], ports: Sequence[int], rate: float, seed: int) -> None:
        self._tags = tags
        self._ports = ports
        self._rate = rate
        self._rng = Random(f"{seed}:tags")
        self._owed = 0.0
        self._last_ns: int | None = None

    def until(self, now_ns: int) -> list[TagSeen]:
        """Return the answers since the last call."""
        return [self._draw(now_ns) for _ in range(self._due(now_ns))]

    def pick(self, now_ns: int) -> list[str]:
        """Return which of the tags (or codes) come up since the last call."""
        return [self._rng.choice(self._tags) for _ in range(self._due(now_ns))]

    def _draw(self, now_ns: int) -> TagSeen:
        rssi_dbm = self._rng.gauss(RSSI_MEAN_DBM, RSSI_SIGMA_DB)
        return TagSeen(now_ns, self._rng.choice(self._ports), self._rng.choice(self._tags), rssi_dbm)

    def _due(self, now_ns: int) -> int:
        if self._last_ns is None:
            self._last_ns = now_ns
        self._owed += (now_ns - self._last_ns) / NS_PER_S * self._rate
        self._last_ns = now_ns
        due = int(self._owed) if self._tags else 0
        self._owed -= int(self._owed)
        return min(due, MAX_PER_STEP)
