"""When antennas or whole readers of the benchmark's shop are dead. Pure, seeded."""

from collections.abc import Sequence
from random import Random

from simulators.agenda import NS_PER_S
from simulators.benchmark.families import Family
from simulators.benchmark.radio import EPOCH_NS, Radio
from simulators.benchmark.topology import AntennaPlan
from simulators.benchmark.truth import Mark


class Outages:
    """The outages of one run: the same number each day, at moments of their own."""

    def __init__(
        self, family: Family, antennas: Sequence[AntennaPlan], rng: Random, start_ns: int, end_ns: int
    ) -> None:
        self._is_reader = family.outage == "reader"
        self._hit = [i for i, antenna in enumerate(antennas) if antenna.zone == family.outage_zone]
        self._readers = frozenset(antennas[i].reader for i in self._hit)
        if self._is_reader:
            self._hit = [i for i, antenna in enumerate(antennas) if antenna.reader in self._readers]
        self.zones = tuple(dict.fromkeys(antennas[i].zone for i in self._hit))
        self.spans = _spans(family, rng, start_ns, end_ns) if family.outage else ()

    def marks(self) -> list[Mark]:
        """Return what a scorer should know."""
        return [Mark(begin, end, "outage", zone) for begin, end in self.spans for zone in self.zones]

    def apply(self, radio: Radio, epoch_ns: int) -> frozenset[str]:
        """Switch antennas off or on for an epoch; return the readers that are dead."""
        if not self.spans:
            return frozenset()
        is_out = any(begin <= epoch_ns < end for begin, end in self.spans)
        radio.is_on[self._hit] = 0.0 if is_out else 1.0
        return self._readers if is_out and self._is_reader else frozenset()


def _spans(family: Family, rng: Random, start_ns: int, end_ns: int) -> tuple[tuple[int, int], ...]:
    """Return (begin, end) of each outage, on the grid of epochs: one in each equal part of the run."""
    hour_ns = 3_600 * NS_PER_S
    days = (end_ns - start_ns) / ((family.open_h + family.night_h) * hour_ns)
    count = max(1, round(days * family.outages_per_day))
    part_ns, lasts_ns = (end_ns - start_ns) // count, round(family.outage_s * NS_PER_S)
    spans = []
    for number in range(count):
        room_ns = max(1, part_ns - lasts_ns)
        begin_ns = start_ns + number * part_ns + rng.randrange(room_ns) // EPOCH_NS * EPOCH_NS
        spans.append((begin_ns, begin_ns + lasts_ns))
    return tuple(spans)
