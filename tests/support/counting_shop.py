"""A small shop whose people count it: short words for counts and adjustments over the whole engine. Pure."""

from dataclasses import replace

from gateway.audit import Actor
from gateway.counting.book import Session
from gateway.counting.model import (
    Adjustment,
    AdjustmentOutcome,
    Count,
    CountCommand,
    CountEntry,
    CountLine,
    CountOutcome,
    Entered,
    NewAdjustment,
    NewCount,
    Refused,
    Verb,
)
from tests.support.small_site import STORE, S, SmallShop

ANNE, BEN = Actor("anne", "127.0.0.1"), Actor("ben", "127.0.0.1")


class CountingShop(SmallShop):
    """The small site, where `count` opens a count; totes are counted by scans, tees bear tags."""

    def __init__(self, **pieces: int) -> None:
        super().__init__()
        self.ids = 0
        for sku, number in pieces.items():
            if number:
                self.tell("receive", sku=sku, qty=number, zone="floor")
        self.live(self.now)

    def ask(self, **asked: object) -> CountOutcome:
        """Return what is answered to a request for a count."""
        self.ids += 1
        wanted = replace(NewCount(STORE, by="hand"), **asked)  # type: ignore[arg-type]  # fields by name
        return self.engine.counts.open(f"{self.ids:023x}", wanted, ANNE, self.now)

    def count(self, *zones: str, **asked: object) -> Count:
        """Return the count that must be opened."""
        return made(self.ask(zones=zones, **asked))

    def see(self, count: Count, zone: str = "floor", **entry: object) -> str:
        """Tell of one entry; return its outcome, or the code of its refusal."""
        self.ids += 1
        told = replace(CountEntry(f"entry-{self.ids}", zone), **entry)  # type: ignore[arg-type]  # fields by name
        entered = self.engine.counts.enter(count.id, [told], ANNE, frozenset(), self.now)
        if isinstance(entered, Refused):
            return entered.code
        assert isinstance(entered, Entered)
        return entered.results[0].code or entered.results[0].outcome

    def do(self, count: Count, verb: Verb, who: Actor = ANNE, **command: object) -> CountOutcome:
        """Return what is answered to a step of a count."""
        wanted = replace(CountCommand(verb), **command)  # type: ignore[arg-type]  # fields by name
        return self.engine.counts.change(count.id, wanted, who, frozenset(), self.now)

    def done(self, count: Count, verb: Verb, who: Actor = ANNE, **command: object) -> Count:
        """Return the count after a step that must take effect."""
        return made(self.do(count, verb, who, **command))

    def session(self, count: Count) -> Session:
        """Return a count as the engine holds it now."""
        found = self.engine.state.counting.get(count.id)
        assert found is not None
        return found

    def lines(self, count: Count) -> dict[tuple[str, str], CountLine]:
        """Return the lines of a count by (SKU, zone)."""
        found = self.engine.counts.lines(self.session(count), None, 1_000, counted_alone=False)
        return {(line.sku, line.zone): line for line in found}

    def adjust(self, sku: str, change_from: int, **asked: object) -> AdjustmentOutcome:
        """Return what is answered to an adjustment."""
        self.ids += 1
        wanted = NewAdjustment(STORE, sku, change_from, "correction")
        wanted = replace(wanted, **asked)  # type: ignore[arg-type]  # fields by name
        return self.engine.adjustments.adjust(f"{self.ids:023x}", wanted, ANNE, self.now)

    def adjusted(self, sku: str, change_from: int, **asked: object) -> Adjustment:
        """Return the adjustment that must take effect."""
        outcome = self.adjust(sku, change_from, **asked)
        assert isinstance(outcome, Adjustment), outcome
        return outcome

    def settle_within(self, seconds: int) -> None:
        """Let what was not paired be settled this soon; hours of reads would take a minute."""
        ledger = self.engine.state.ledger
        ledger._rule = replace(ledger._rule, pairing_window_ns=seconds * S)

    def wait(self, seconds: float = 1) -> None:
        """Let time pass, and one pass take effect."""
        self.now += round(seconds * S)
        self.live(self.now)


def made(outcome: CountOutcome) -> Count:
    """Return the count that must have come."""
    assert isinstance(outcome, Count), outcome
    return outcome


def code(outcome: object) -> str:
    """Return the code of the refusal that must have come."""
    assert isinstance(outcome, Refused), outcome
    return outcome.code
