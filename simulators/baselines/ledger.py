"""The shop's books without RFID: what was there at the start, less what the till sold. Pure.

Rule. A sale takes its pieces off the article, a return or a delivery adds them; nothing else moves a
number, and nothing corrects one. What was delivered up to the opening of the books (`start_ns`) is in
them: that is the list of the tags in stock, for systems that want one. The books may fall below zero (a sale of what they did not know of) and
keep that debt; the answer is then zero. This is what an e-shop sells from when nobody counts.

Source: none is needed; studies of store records find some 65 % of the numbers wrong (the benchmark starts
35 % of the articles wrong).

Not used: reads and heartbeats, the EPC that a till scanned, how long ago anything happened; where a piece lies is
not known, so `places` is empty.
"""

from collections.abc import Mapping

from simulators.baselines.observed import Observed, ObservedReceive, ObservedReturn, ObservedSale, ShopSetup


class Ledger:
    """The books of one shop."""

    def __init__(self, setup: ShopSetup) -> None:
        self._pieces = dict(setup.ledger)
        self._opened_ns = setup.start_ns

    @property
    def booked(self) -> Mapping[str, int]:
        """What the books say, debts (numbers below zero) included."""
        return self._pieces

    def observe(self, observation: Observed) -> None:
        """Book a sale, a return or a delivery."""
        match observation:
            case ObservedSale(sku=sku, qty=qty):
                self._pieces[sku] = self._pieces.get(sku, 0) - qty
            case ObservedReceive(received_ns=received_ns) if received_ns <= self._opened_ns:
                pass
            case ObservedReturn(sku=sku, qty=qty) | ObservedReceive(sku=sku, qty=qty):
                self._pieces[sku] = self._pieces.get(sku, 0) + qty
            case _:
                pass

    def advance(self, now_ns: int) -> None:
        """Do nothing: time changes no book."""

    def places(self, now_ns: int) -> Mapping[str, str]:  # noqa: ARG002 - the interface asks at a time
        """Return nothing: the books know no items."""
        return {}

    def counts(self) -> Mapping[str, int]:
        """Return the pieces by SKU; a debt counts as none."""
        return {sku: max(0, pieces) for sku, pieces in self._pieces.items()}
