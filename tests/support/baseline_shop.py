"""A shop with one door for the tests of the baselines, and a short way to write reads. Pure."""

from simulators.baselines.observed import EPOCH_NS, Baseline, ObservedRead, ShopSetup

START_NS = 1_700_000_000_000_000_000
SECOND_NS = 1_000_000_000


def sku_of(epc: str) -> str | None:
    """Return the article: the first two letters of an EPC; a tag that begins with X is of none."""
    return None if epc.startswith("X") else epc[:2]


def shop(ledger: dict[str, int] | None = None) -> ShopSetup:
    """Return a shop with an exit and a till."""
    return ShopSetup(START_NS, sku_of, frozenset({"exit"}), frozenset({"till"}), ledger or {})


def read(epc: str, zone: str, at_s: float, antenna: int = 1, rssi_dbm: float | None = -60.0,
         reader: str = "") -> ObservedRead:  # fmt: skip
    """Return a read that comes in at once; a zone has its own reader unless one is named."""
    at_ns = START_NS + round(at_s * SECOND_NS)
    return ObservedRead(at_ns, at_ns, reader or f"reader-{zone}", antenna, zone, epc, rssi_dbm)


def epoch_end_ns(epoch: int) -> int:
    """Return the end of the n-th epoch, counted from 0."""
    return START_NS + (epoch + 1) * EPOCH_NS


def play(baseline: Baseline, epochs: list[list[ObservedRead]]) -> list[dict[str, str]]:
    """Show the reads epoch by epoch, and return the places at the end of each."""
    answers = []
    for epoch, reads in enumerate(epochs):
        for one in reads:
            baseline.observe(one)
        baseline.advance(epoch_end_ns(epoch))
        answers.append(dict(baseline.places(epoch_end_ns(epoch))))
    return answers
