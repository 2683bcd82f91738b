"""Antennas that read what is not the shop's: tags of articles that its catalogue lacks, one after the other. Pure.

    tags per hour of no known article, met first at one antenna ≥ fire_at ─▶ stray_reads of its reader, until < clear_at

A tag is new once a day. Such tags come from behind a wall, from a neighbour's stock, from a van at the door, or are
read wrong; or the articles file lacks what is sold. What passes an exit, a till or a fitting room is on a customer, and
is nobody's business. An hour is counted in parts during which the reader lived: a dead one clears nothing.
"""

from collections import deque
from collections.abc import Container, Iterator

from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import Condition
from gateway.config.stores import STOCK_ROLES
from gateway.presence.model import Place
from gateway.state import MAX_MET_PER_PASS, State

PART_NS = 300 * 1_000_000_000
PARTS = 12
"""Of an hour."""
Antenna = tuple[str, int]
"""(reader, antenna)."""


class StrayWatch:
    """Counts the strays of one state."""

    def __init__(self, state: State) -> None:
        site = state.site
        self._state = state
        self._part_ns = 0
        self._lived: dict[str, int] = dict.fromkeys(state.watch.readers, 0)
        self._places: dict[Antenna, Place] = {
            antenna: site.places[place]
            for antenna, place in site.antenna_place.items()
            if antenna[0] in self._lived and site.places[place].role in STOCK_ROLES
        }
        self._parts: dict[Antenna, deque[int]] = {}

    def judged(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdict on each reader of which something is, or was, to be said: at the end of each part."""
        met, self._state.met = self._state.met[:MAX_MET_PER_PASS], []
        for reader, antenna, epc in met:
            place = (reader, antenna)
            if place in self._places and not self._state.identifier.is_of_catalogue(epc):
                self._parts.setdefault(place, deque([0], PARTS))[-1] += 1
        if now_ns - self._part_ns < PART_NS:
            return
        self._part_ns = now_ns
        for reader, watch in self._state.watch.readers.items():
            store = self._state.devices[reader].store
            antennas = {place: parts for place, parts in self._parts.items() if place[0] == reader}
            if antennas or f"{AlertType.STRAY_READS}|{store}||{reader}" in live_alerts:
                is_alive = watch.is_alive(now_ns)
                self._lived[reader] += is_alive
                yield self._condition(store, reader, live_alerts, is_alive=is_alive)
                if is_alive:
                    self._next_part(antennas)

    def _next_part(self, antennas: dict[Antenna, deque[int]]) -> None:
        for place, parts in antennas.items():
            parts.append(0)
            if not any(parts):
                del self._parts[place]

    def _condition(
        self, store: str, reader: str, live_alerts: Container[str], *, is_alive: bool
    ) -> Condition:
        strays = {place: sum(parts) for place, parts in self._parts.items() if place[0] == reader}
        worst = max(strays, key=lambda place: (strays[place], -place[1]), default=None)
        zones = self._state.devices[reader].zones
        zone = (zones[0] if zones else None) if worst is None else self._places[worst].zone
        rule, count = (
            self._state.rules.pick(AlertType.STRAY_READS, store, zone),
            strays.get(worst or ("", 0), 0),
        )
        evidence: Evidence = {}
        if worst is not None:
            evidence = {"tags_per_h": count, "antenna": worst[1]}
        down = f"{AlertType.READER_DOWN}|{store}||{reader}"
        inhibited_by = None if is_alive else down if down in live_alerts else f"zone_unwatched:{zone}"
        return Condition(
            AlertType.STRAY_READS,
            rule.gravity,
            store,
            fires=count >= rule["fire_at"],
            clears=count < rule["clear_at"] and self._lived[reader] >= PARTS,
            inhibited_by=inhibited_by,
            evidence=evidence,
            zone=zone,
            device=reader,
            rule=rule,
        )
