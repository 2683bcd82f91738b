"""EdgeX's rule behind the interface of the benchmark: reports and ticks in, places out. Pure.

The installation is the one that its own documents describe: each antenna's alias is its zone; a report
per tag read, as its own reader configuration asks for; the departed task each 30 s, the age-out each hour.
An exit or a till is a zone like any other. Present is what its events say.
"""

from collections.abc import Mapping

from simulators.baselines.edgex import (
    AGE_OUT_CHECK_MS,
    DEPARTED_CHECK_MS,
    Inventory,
    MobilityProfile,
    Moved,
    TagRead,
)
from simulators.baselines.edgex import Arrived as TagArrived
from simulators.baselines.observed import ArticleCounts, Observed, ObservedRead, ShopSetup

NS_PER_MS = 1_000_000


class EdgexShop:
    """One shop watched by EdgeX app-rfid-llrp-inventory."""

    def __init__(self, setup: ShopSetup, profile: MobilityProfile, *, departed_threshold_s: int) -> None:
        self._aliases: dict[str, str] = {}
        self._inventory = Inventory(
            profile, self._aliases, departed_threshold_ms=departed_threshold_s * 1_000
        )
        self._named: set[tuple[str, int]] = set()
        self._next_check_ms = setup.start_ns // NS_PER_MS + DEPARTED_CHECK_MS
        self._next_age_out_ms = setup.start_ns // NS_PER_MS + AGE_OUT_CHECK_MS
        self._places: dict[str, str] = {}
        self._articles = ArticleCounts(setup.sku_of)

    def observe(self, observation: Observed) -> None:
        """Take a read as a report of one tag that comes when it was received."""
        if not isinstance(observation, ObservedRead):
            return
        read = observation
        if read.received_ns >= self._next_check_ms * NS_PER_MS:
            self.advance(read.received_ns)
        if (read.reader, read.antenna) not in self._named:
            self._named.add((read.reader, read.antenna))
            self._aliases[f"{read.reader}_{read.antenna}"] = read.zone
        entry = TagRead(read.epc, read.antenna, read.rssi_dbm, read.at_ns // 1_000)
        for event in self._inventory.report(read.reader, read.received_ns, (entry,)):
            if isinstance(event, TagArrived | Moved):
                self._places[event.epc] = event.place

    def advance(self, now_ns: int) -> None:
        """Run the tasks that are due, each at its own time."""
        now_ms = now_ns // NS_PER_MS
        while self._next_check_ms <= now_ms:
            for event in self._inventory.check_departed(self._next_check_ms):
                del self._places[event.epc]
            self._next_check_ms += DEPARTED_CHECK_MS
        while self._next_age_out_ms <= now_ms:
            self._inventory.age_out(self._next_age_out_ms)
            self._next_age_out_ms += AGE_OUT_CHECK_MS

    def places(self, now_ns: int) -> Mapping[str, str]:  # noqa: ARG002 - stands for the last advance
        """Return the alias of each tag that is Present."""
        return self._places

    def counts(self) -> Mapping[str, int]:
        """Return the pieces by SKU."""
        return self._articles.count(self._places)
