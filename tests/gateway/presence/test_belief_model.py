"""Columns change nothing: every tag is believed as by a filter that is told tag by tag in plain Python."""

from dataclasses import dataclass
from random import Random

import pytest

from gateway.presence.belief import BeliefPresence
from gateway.presence.model import Arrived, Departed, PresenceEvent
from tests.support.belief_model import BeliefModel, Event
from tests.support.presence_shop import (
    EPOCH_S,
    PARIS,
    PLACES,
    READERS,
    RULE,
    SILENT_AFTER,
    T0,
    S,
    new_presence,
)

LYON = PLACES[:PARIS]
TAGS = 120
EPOCHS = 64


@dataclass(frozen=True, slots=True)
class Told:
    """A read on its way: when it is told, and what it says."""

    told_s: float
    epc: str
    zone: int
    at_ns: int
    rssi_dbm: float | None


class Crowd:
    """Tags that lie, wander, hide, leave by the gate and come back, and the reads of them, in a bad network."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.zone: dict[str, int | None] = {
            f"{seed:02X}{n:06X}": self._random.randrange(3) for n in range(TAGS)
        }
        self._rate = {epc: self._random.choice([0.9, 0.8, 0.8, 0.3]) for epc in self.zone}
        self._on_the_way: list[Told] = []

    def epoch(self, number: int) -> list[Told]:
        """Return the reads that are told in an epoch, in the order in which they come."""
        for epc in self.zone:
            self._wander(epc)
            for zone in self._read_by(epc):
                self._send(epc, zone, number)
        end_s = (number + 1) * EPOCH_S
        due = sorted((read for read in self._on_the_way if read.told_s < end_s), key=lambda r: r.told_s)
        self._on_the_way = [read for read in self._on_the_way if read.told_s >= end_s]
        return due

    def _wander(self, epc: str) -> None:
        dice = self._random.random()
        if dice < 0.004:
            self.zone[epc] = self._random.randrange(5)
        elif dice < 0.006 or (self.zone[epc] in {3, 4} and dice < 0.3):
            self.zone[epc] = None

    def _read_by(self, epc: str) -> list[int]:
        zone = self.zone[epc]
        if zone is None:
            return []
        own = [zone] if self._random.random() < self._rate[epc] else []
        return own + ([self._random.randrange(5)] if self._random.random() < 0.03 else [])

    def _send(self, epc: str, zone: int, number: int) -> None:
        at_s = number * EPOCH_S + self._random.uniform(0, EPOCH_S)
        late_s = self._random.choice([0.2] * 12 + [3, 20, 60, 400])
        rssi = self._random.choice([None, -75.0, -66.0, -60.0, -54.0])
        read = Told(at_s + late_s, epc, zone, T0 + round(at_s * S), rssi)
        self._on_the_way += [read] * self._random.choice([1] * 20 + [2])


def words(events: list[PresenceEvent]) -> list[Event]:
    """Return the product's events in the model's words."""
    told = []
    for event in events:
        what = type(event).__name__.lower()
        if isinstance(event, Arrived) and event.came_back:
            what = "came back"
        if isinstance(event, Departed) and event.cause == "exit":
            what = "departed by exit"
        told.append((what, event.epc, PLACES[event.place].zone))
    return told


def compare(presence: BeliefPresence, model: BeliefModel, number: int) -> None:
    """Fail where a tag is not believed alike."""
    for epc in {*model.tags, *model.absent}:
        found, tag = presence.item(epc), model.tags.get(epc)
        assert found is not None
        if tag is None:
            assert (found.place, found.p_present) == (None, 0.0), f"{epc} in epoch {number}"
            continue
        place = None if tag.doubtful else tag.place
        assert (found.place, found.last_seen_ns) == (place, tag.last_ns), f"{epc} in epoch {number}"
        assert found.p_present == pytest.approx(1 - tag.p_gone, abs=2e-3), f"{epc} in epoch {number}"
        expected = (1 - tag.p_gone) * tag.p_zone[tag.place]
        assert found.p_place == pytest.approx(expected, abs=2e-3), f"{epc} in epoch {number}"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_equals_a_plain_model_of_each_tag(seed: int) -> None:
    """120 tags over 64 epochs; reads late, doubled, out of order, some too late; a reader that dies for some
    minutes: after each epoch the same events and, for every tag, the same belief.
    """
    presence, model, crowd = new_presence(), BeliefModel(LYON, RULE), Crowd(seed)
    proven_ns = dict.fromkeys(READERS, T0)
    for reader in READERS:
        presence.proof(reader, T0)
    presence.advance(T0 + RULE.grace_ns)
    happened = 0
    for number in range(EPOCHS):
        end_ns = T0 + (number + 1) * EPOCH_S * S
        is_dead = 24 <= number < 44
        for read in crowd.epoch(number):
            if not (is_dead and read.zone == 1):
                presence.observe(read.epc, read.zone, read.at_ns, read.rssi_dbm, 1)
                model.observe(read.epc, read.zone, read.at_ns, read.rssi_dbm)
        for reader in READERS:
            if not (is_dead and reader == "side"):
                presence.proof(reader, end_ns)
                proven_ns[reader] = end_ns
        alive = [end_ns - proven_ns[place.readers[0]] <= SILENT_AFTER for place in LYON]
        presence.advance(end_ns + RULE.grace_ns)
        model.end_epoch(end_ns, alive)
        told = words(presence.drain())
        assert sorted(told) == sorted(model.events), f"epoch {number}"
        happened += len(told)
        model.events.clear()
        compare(presence, model, number)
    assert happened > TAGS + 10
    assert sum(presence.counts.dropped.values()) == model.dropped > 0
