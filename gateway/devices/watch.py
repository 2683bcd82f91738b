"""Devices that live and yet do not serve: antennas that see little, clocks that are far off. Pure.

    coverage of a zone < fire_at while its readers live ──▶ coverage_low of the reader, until ≥ clear_at
    offset of a clock > fire_at ─────────────────────────▶ clock_skew of the device, until < clear_at

A reader that is down is reader_down's to tell: of its zones nothing is said here, nor taken back. A restart
does not heal an antenna: its zones are dim until its reader reads something again.
"""

from collections.abc import Container, Iterable, Iterator

from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import Condition
from gateway.presence.model import Place
from gateway.state import State

CLOCKS_EVERY_NS = 60 * 1_000_000_000
"""Clocks are looked at this often: none is learned faster (gateway/devices/clocks.py)."""


class DeviceWatch:
    """Looks after the devices of one state. `state.dim` are the places that it found to be seen too little."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._clocks_ns = 0
        self._restored: set[int] = set()
        self._places: dict[str, list[Place]] = {}
        for place in state.site.places:
            for reader in place.readers:
                self._places.setdefault(reader, []).append(place)

    def restore(self, live_alerts: Iterable[str]) -> None:
        """Take up the alerts of an earlier life: what was seen too little still is, until it is seen again."""
        for fingerprint in live_alerts:
            kind, _, _, device = fingerprint.split("|")
            if kind == AlertType.COVERAGE_LOW:
                self._restored.update(place.id for place in self._places.get(device, ()))
        self._state.dim |= self._restored

    def judged(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdicts on each device of which something is, or was, to be said."""
        watched = {place.id for place in self._state.site.places if self._look(place, now_ns)}
        for reader, places in self._places.items():
            dim = [place for place in places if place.id in self._state.dim and self._has_part(reader, place)]
            fingerprint = f"{AlertType.COVERAGE_LOW}|{places[0].store}||{reader}"
            if dim or fingerprint in live_alerts:
                unwatched = next((place for place in places if place.id not in watched), None)
                yield self._coverage(reader, places[0].store, dim, unwatched, live_alerts)
        if now_ns - self._clocks_ns >= CLOCKS_EVERY_NS:
            self._clocks_ns = now_ns
            yield from self._clocks(now_ns, live_alerts)

    def _look(self, place: Place, now_ns: int) -> bool:
        """See whether a place is dim; return whether its readers live, for else nobody can say."""
        state = self._state
        if not place.readers or not state.watch.is_settled(place.id, now_ns):
            return False
        rule = state.rules.pick(AlertType.COVERAGE_LOW, place.store, place.zone)
        coverage = state.presence.coverage(place.id)
        if coverage < rule["fire_at"]:
            state.dim.add(place.id)
        elif coverage >= rule["clear_at"] and self._is_proven(place):
            state.dim.discard(place.id)
            self._restored.discard(place.id)
        return True

    def _is_proven(self, place: Place) -> bool:
        """Return whether a place's antennas show by reads that they see, where an earlier life said that they do not."""
        if place.id not in self._restored:
            return True
        of_readers = [other.id for reader in place.readers for other in self._places[reader]]
        return any(self._state.presence.is_read(other) for other in of_readers)

    def _has_part(self, reader: str, place: Place) -> bool:
        """Return whether a reader has an antenna in the dark; where none is known, all of the place's may have."""
        blind = self._state.presence.blind_antennas(place.id)
        return not blind or any(name == reader for name, _ in blind)

    def _coverage(
        self, reader: str, store: str, dim: list[Place], unwatched: Place | None, live_alerts: Container[str]
    ) -> Condition:
        inhibited_by = None
        if unwatched is not None:
            down = [f"{AlertType.READER_DOWN}|{store}||{name}" for name in unwatched.readers]
            found = next((fingerprint for fingerprint in down if fingerprint in live_alerts), None)
            inhibited_by = found or f"zone_unwatched:{unwatched.zone}"
        evidence: Evidence = {}
        if dim:
            presence = self._state.presence
            blind = [n for place in dim for name, n in presence.blind_antennas(place.id) if name == reader]
            evidence = {
                "zones": ", ".join(place.zone for place in dim),
                "coverage": round(min(presence.coverage(place.id) for place in dim), 1),
                "antennas": ", ".join(str(number) for number in sorted(blind)),
            }
        zones = [place.zone for place in dim or self._places[reader]]
        rule = self._state.rules.pick_of_zones(AlertType.COVERAGE_LOW, store, zones)
        return Condition(
            AlertType.COVERAGE_LOW,
            rule.gravity,
            store,
            fires=bool(dim),
            clears=not dim,
            inhibited_by=inhibited_by,
            evidence=evidence,
            zone=dim[0].zone if dim else None,
            device=reader,
            rule=rule,
        )

    def _clocks(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        for device in self._state.devices.values():
            clock = self._state.clocks.judge(device.id, now_ns)
            if clock.offset_s is None:
                continue
            rule = self._state.rules.pick_of_zones(AlertType.CLOCK_SKEW, device.store, device.zones)
            off_s = abs(clock.offset_s)
            if (
                off_s > rule["fire_at"]
                or f"{AlertType.CLOCK_SKEW}|{device.store}||{device.id}" in live_alerts
            ):
                yield Condition(
                    AlertType.CLOCK_SKEW,
                    rule.gravity,
                    device.store,
                    fires=off_s > rule["fire_at"],
                    clears=off_s < rule["clear_at"],
                    inhibited_by=None,
                    evidence={"offset_s": round(clock.offset_s), "steps": clock.steps},
                    zone=device.zones[0] if device.zones else None,
                    device=device.id,
                    rule=rule,
                )
