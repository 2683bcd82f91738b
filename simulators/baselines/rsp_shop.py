"""Intel RSP's rule behind the interface of the benchmark: data messages and ticks in, places out. Pure.

The installation is the one that its own documents describe: a sensor stands in one zone, so each reader is
a sensor per zone that it watches; an exit's sensor is an EXIT, a till's a POS; each antenna's alias is its
zone; the shop is one facility. A message brings one read. The controller runs without a restart, so tags
are never aged out. Present are the tags that are PRESENT or EXITING.

A POS departs a tag at its first read, so one stray read through a wall sells it. The peer's remedy is a
sensor's RSSI floor (its default is none); here it is set for the POS sensors, and registry.py says to what.
"""

from collections.abc import Mapping

from simulators.baselines.observed import ArticleCounts, Observed, ObservedRead, ShopSetup
from simulators.baselines.rsp import (
    EXIT_CHECKS_PER_DEPARTURE,
    NO_FLOOR_DBM10,
    Inventory,
    MobilityProfile,
    Personality,
    Sensor,
    TagRead,
    TagState,
)

NS_PER_MS = 1_000_000
FACILITY = "shop"
POWER_OF_READERS_WITHOUT_ONE_DBM10 = -600  # the same for all: then the number of reads alone moves a tag
IN_THE_SHOP = (TagState.PRESENT, TagState.EXITING)


class RspShop:
    """One shop watched by the Intel RSP Controller."""

    def __init__(self, setup: ShopSetup, profile: MobilityProfile, *, exit_departure_s: int,
                 pos_floor_dbm: float | None) -> None:  # fmt: skip
        self._setup = setup
        self._pos_floor_dbm10 = NO_FLOOR_DBM10 if pos_floor_dbm is None else round(pos_floor_dbm * 10)
        self._inventory = Inventory(profile, exit_departure_ms=exit_departure_s * 1_000)
        self._check_ms = exit_departure_s * 1_000 // EXIT_CHECKS_PER_DEPARTURE
        self._next_check_ms = setup.start_ns // NS_PER_MS + self._check_ms
        self._sensors: dict[tuple[str, str], Sensor] = {}
        self._places: dict[str, str] = {}
        self._articles = ArticleCounts(setup.sku_of)

    def observe(self, observation: Observed) -> None:
        """Take a read as a data message that comes when it was received."""
        if not isinstance(observation, ObservedRead):
            return
        read = observation
        if read.received_ns >= self._next_check_ms * NS_PER_MS:
            self.advance(read.received_ns)
        power = POWER_OF_READERS_WITHOUT_ONE_DBM10 if read.rssi_dbm is None else round(read.rssi_dbm * 10)
        entry = TagRead(read.epc, read.antenna, power, read.at_ns // NS_PER_MS)
        self._inventory.data(self._sensor(read), read.received_ns // NS_PER_MS, (entry,))
        tag = self._inventory.tags.get(read.epc)  # None: below the floor, and never read above it
        if tag is not None and tag.state in IN_THE_SHOP:
            self._places[read.epc] = tag.location
        else:
            self._places.pop(read.epc, None)

    def _sensor(self, read: ObservedRead) -> Sensor:
        key = (read.reader, read.zone)
        sensor = self._sensors.get(key)
        if sensor is None or read.antenna not in sensor.aliases:
            aliases = {**(sensor.aliases if sensor else {}), read.antenna: read.zone}
            personality, floor_dbm10 = None, NO_FLOOR_DBM10
            if read.zone in self._setup.exit_zones:
                personality = Personality.EXIT
            elif read.zone in self._setup.till_zones:
                personality, floor_dbm10 = Personality.POS, self._pos_floor_dbm10
            name = f"{read.reader}:{read.zone}"
            sensor = Sensor(name, FACILITY, personality, floor_dbm10=floor_dbm10, aliases=aliases)
            self._sensors[key] = sensor
        return sensor

    def advance(self, now_ns: int) -> None:
        """Run the exit task as often as it is due, each time at its own time."""
        now_ms = now_ns // NS_PER_MS
        while self._next_check_ms <= now_ms:
            for event in self._inventory.check_exiting(self._next_check_ms):
                self._places.pop(event.epc, None)
            self._next_check_ms += self._check_ms

    def places(self, now_ns: int) -> Mapping[str, str]:  # noqa: ARG002 - stands for the last advance
        """Return the alias of each tag that is in the shop."""
        return self._places

    def counts(self) -> Mapping[str, int]:
        """Return the pieces by SKU."""
        return self._articles.count(self._places)
