"""The belief filter told tag by tag in plain Python: slow, without columns, and easy to read. Pure.

It shares with the product what concerns a whole store or no belief at all: what antennas taught
(Learning), which of them could see (Antennas), and what brings absent tags in (Absent).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, log1p

import numpy as np

from gateway.presence.absent import GONE_EXIT, GONE_SILENT, NOWHERE, STRANGER, Absent
from gateway.presence.antennas import Antennas, telling
from gateway.presence.filter import BORDER, HEARD_WEIGHT, LEAST_RATE
from gateway.presence.learning import Learning, ZoneFacts, rssi_bins
from gateway.presence.model import Place
from gateway.presence.rule import (
    CLEAR,
    QUALITY_SHARE,
    STRAY,
    TEACHING_RATIO,
    TEACHING_READS,
    VIEWS,
    BeliefRule,
    first_states,
    quality_shares,
    state_factors,
    visibility_steps,
)
from gateway.presence.store_belief import (
    ARRIVED_IN_ZONE,
    CLEAR_SHARE,
    FALSE_EXIT_READS,
    HABIT_KEEP,
    LEAST_GOING,
    PLACE_DOUBT,
    SURELY_GONE,
    TAKE_UP_EPOCHS,
)

Event = tuple[str, str, str]
"""(what, tag, zone)."""


@dataclass(slots=True)
class Waiting:
    """A read that waits for the end of its epoch."""

    epc: str
    zone: int
    at_ns: int
    rssi_dbm: float | None


@dataclass(slots=True)
class Tag:
    """One tag that is believed, or was lately."""

    place: int
    last_zone: int
    p_zone: list[float]
    states: list[float]
    p_gone: float
    last_ns: int
    changed_ns: int
    heard: list[float]
    doubtful: bool = False


@dataclass(slots=True)
class Odds:
    """What evidence is weighed by, taken up from what was learned now and then."""

    shares: list[list[float]]
    seen: list[float]
    telling: list[float]
    ratios: list[list[float]]
    ways: list[list[float]]
    gone: list[float]
    steps: list[list[float]]


@dataclass(slots=True)
class Heard:
    """The reads of one tag in an epoch, by zone: their strengths."""

    strengths: dict[int, list[float]] = field(default_factory=dict)
    newest_ns: int = 0


class BeliefModel:
    """One store whose zones each have one antenna, of the reader given."""

    def __init__(self, places: Sequence[Place], rule: BeliefRule) -> None:
        n = len(places)
        self.places = places
        self.rule = rule
        facts = ZoneFacts(tuple(p.zone for p in places), tuple(p.role for p in places), (True,) * n)
        self.learning = Learning(facts, rule.epoch_s)
        self.antennas = Antennas(tuple(range(n)), n, rule.epoch_s)
        self.tags: dict[str, Tag] = {}
        self.absent: dict[str, Absent] = {}
        self.waiting: list[Waiting] = []
        self.events: list[Event] = []
        self.dropped = 0
        self.factors = [float(f) for f in state_factors()]
        self.exits = [zone for zone, place in enumerate(places) if place.role == "exit"]
        self.passed = [place.role in {"exit", "till"} for place in places]
        self._epochs = 0
        self._odds: Odds | None = None

    # -- reads ----------------------------------------------------------------------------------------

    def observe(self, epc: str, zone: int, at_ns: int, rssi_dbm: float | None) -> None:
        """Take a read in."""
        if epc not in self.tags:
            tag = self.absent.setdefault(epc, Absent(STRANGER))
            if at_ns <= tag.changed_ns:
                self.dropped += 1
                return
            arrive_reads = self.rule.arrive_reads
            if not tag.read(zone, at_ns, 1, passes=self.passed[zone], arrive_reads=arrive_reads):
                return
            self._arrive(epc, zone, at_ns)
        self.waiting.append(Waiting(epc, zone, at_ns, rssi_dbm))

    def _arrive(self, epc: str, zone: int, at_ns: int) -> None:
        known = self.absent.pop(epc)
        known.returned(at_ns)
        ways = [float(way) for way in self.learning.ways()[zone]]
        others = sum(ways) - ways[zone]
        spread = [way * (1 - ARRIVED_IN_ZONE) / others if others else 0.0 for way in ways]
        spread[zone] = 1 - sum(p for z, p in enumerate(spread) if z != zone)
        states = [float(p) for p in first_states(known.quality or QUALITY_SHARE)]
        heard = [FALSE_EXIT_READS * known.false_exits if z in self.exits else 0.0 for z in range(len(ways))]
        self.tags[epc] = Tag(zone, zone, spread, states, 0.0, at_ns, at_ns - 1, heard)
        self.events.append(("arrived" if known.state == STRANGER else "came back", epc, self._zone(zone)))

    def _zone(self, zone: int) -> str:
        return self.places[zone].zone

    # -- the epoch ------------------------------------------------------------------------------------

    def end_epoch(self, end_ns: int, alive: Sequence[bool]) -> None:
        """Move every belief by the reads before `end_ns`."""
        heard = self._take(end_ns)
        read = [sum(zone in h.strengths for h in heard.values()) for zone in range(len(self.places))]
        seen = self.antennas.epoch(np.array(read, np.int64), np.array(alive), np.array(self._due()))
        self._take_up([float(share) for share in seen])
        left: list[tuple[str, int, int]] = []
        pieces = [0.0] * len(self.places)
        before = {epc: (tag, heard.get(epc, Heard())) for epc, tag in self.tags.items()}
        lessons = [self._move_belief(tag, h) for tag, h in before.values()]
        self._learn(lessons)
        for epc, tag in list(self.tags.items()):
            left += self._judge(epc, tag, end_ns)
        for tag in self.tags.values():
            pieces[tag.place] += 0.0 if tag.doubtful else 1.0
        self.learning.end_epoch(np.array(pieces))
        for epc, state, changed_ns in left:
            self._leave(epc, state, changed_ns)

    def _take(self, end_ns: int) -> dict[str, Heard]:
        due = [read for read in self.waiting if read.at_ns < end_ns]
        self.waiting = [read for read in self.waiting if read.at_ns >= end_ns]
        heard: dict[str, Heard] = {}
        arrived: list[Tag] = []
        for read in due:
            tag = self.tags[read.epc]
            is_first = read.at_ns == tag.last_ns == tag.changed_ns + 1
            if not (read.at_ns > tag.last_ns or is_first) or not (
                read.at_ns > max(end_ns - self.rule.late_ns, tag.changed_ns)
            ):
                self.dropped += 1
                continue
            if is_first:
                arrived.append(tag)
            told = heard.setdefault(read.epc, Heard())
            told.newest_ns = max(told.newest_ns, read.at_ns)
            strengths = told.strengths.setdefault(read.zone, [])
            if read.rssi_dbm is not None:
                strengths.append(read.rssi_dbm)
        for tag in arrived:  # the read that made it arrive counts once
            tag.changed_ns = tag.last_ns
        return heard

    def _due(self) -> list[float]:
        due = [0.0] * len(self.places)
        for tag in self.tags.values() if self._odds is not None else ():
            readable = sum(p * f for p, f in zip(tag.states, self.factors, strict=True))
            for zone, p in enumerate(tag.p_zone):
                due[zone] += p * readable * self._odds.shares[zone][zone]  # type: ignore[union-attr]  # see above
        return due

    def _take_up(self, seen: list[float]) -> None:
        self._epochs += 1
        if self._odds is not None and self._epochs % TAKE_UP_EPOCHS and seen == self._odds.seen:
            return
        going = [1.0 if self.passed[zone] else max(seen[zone], LEAST_GOING) for zone in range(len(seen))]
        ways: list[list[float]] = self.learning.ways().astype(float).tolist()
        for zone, row in enumerate(ways):
            row[:] = [way * going[zone] for way in row]
            row[zone] += 1 - going[zone]
        self._odds = Odds(
            self.learning.read_shares().astype(float).tolist(),
            seen,
            [float(share) for share in telling(np.array(seen, np.float32))],
            self.learning.rssi_ratios().astype(float).tolist(),
            ways,
            [float(g) * going[zone] for zone, g in enumerate(self.learning.gone)],
            visibility_steps(self.rule.epoch_s, self.learning.shadow_odds()).astype(float).tolist(),
        )

    # -- one tag --------------------------------------------------------------------------------------

    def _predict(self, tag: Tag, odds: Odds) -> None:
        zones, states = range(len(tag.p_zone)), range(len(tag.states))
        leaving = sum(tag.p_zone[z] * odds.gone[z] for z in zones)
        tag.p_gone += sum(tag.states) * leaving
        staying = [tag.p_zone[z] * (1 - odds.gone[z]) for z in zones]
        moved = [sum(staying[a] * odds.ways[a][z] for a in zones) for z in zones]
        tag.p_zone = [p / sum(moved) for p in moved]
        tag.states = [
            (1 - leaving) * sum(tag.states[a] * odds.steps[a][s] for a in states if odds.steps[a][s])
            for s in states
        ]

    def _habit(self, tag: Tag, zone: int, odds: Odds) -> float:
        """Return how much likelier a read by a zone is, for a tag that it reads day in day out."""
        average = odds.shares[zone][tag.place]
        if tag.heard[zone] > BORDER * tag.heard[tag.place]:
            return 1.0
        own = tag.heard[zone] * odds.shares[tag.place][tag.place] + average * HEARD_WEIGHT
        return max(own / (tag.heard[tag.place] + HEARD_WEIGHT), average) / average

    def _likelihood(self, tag: Tag, heard: Heard, zone: int, state: int, odds: Odds) -> float:
        """Return the chance of an epoch's reads and misses of a tag that is here, in a zone and state."""
        chance = 1.0
        own = odds.shares[zone][zone] * self.factors[state] * odds.telling[zone]
        if zone not in heard.strengths:
            chance *= exp(log1p(-own))
        for antenna, strengths in heard.strengths.items():
            chance *= max(odds.shares[antenna][zone] * self.factors[state], float(LEAST_RATE))
            if zone == tag.place and antenna != zone:
                chance *= self._habit(tag, antenna, odds)
            if antenna == zone and strengths:
                bins = rssi_bins(np.array([sum(strengths) / len(strengths)], np.float32))
                chance *= odds.ratios[zone][int(bins[0])]
        return chance

    def _move_belief(self, tag: Tag, heard: Heard) -> tuple[list[float], list[float], Tag, Heard]:
        """Move one tag's belief by Bayes' rule; return what it was before the evidence, for the lessons."""
        odds = self._odds
        assert odds is not None
        self._predict(tag, odds)
        home = tag.place
        elsewhere = max(h for z, h in enumerate(tag.heard) if z != home)
        teaches = tag.heard[home] >= max(TEACHING_READS, TEACHING_RATIO * elsewhere)
        p_zone, states = tag.p_zone, tag.states
        joint = [
            [p * s * self._likelihood(tag, heard, z, n, odds) for n, s in enumerate(states)]
            for z, p in enumerate(p_zone)
        ]
        gone = tag.p_gone * STRAY ** len(heard.strengths)
        here = sum(map(sum, joint))
        tag.p_zone = [sum(row) / here for row in joint]
        tag.states = [sum(row[n] for row in joint) / (here + gone) for n in range(len(states))]
        tag.p_gone = gone / (here + gone)
        if heard.strengths:
            tag.last_ns = max(tag.last_ns, heard.newest_ns)
            tag.last_zone = max(sorted(heard.strengths), key=lambda zone: tag.p_zone[zone])
        kept = [np.float16(h) * np.float16(HABIT_KEEP) for h in tag.heard]  # in half precision, as it is kept
        seen = odds.seen[home]
        tag.heard = [float(np.float16(h + seen * (zone in heard.strengths))) for zone, h in enumerate(kept)]
        return p_zone if teaches else [0.0] * len(p_zone), states, tag, heard

    def _learn(self, lessons: list[tuple[list[float], list[float], Tag, Heard]]) -> None:
        n = len(self.places)
        hits, trials, views = np.zeros((n, n)), np.zeros(n), np.zeros(VIEWS)
        assert self._odds is not None
        for p_zone, states, tag, heard in lessons:
            for zone, p in enumerate(p_zone):
                if p > CLEAR_SHARE:
                    views += p * np.array(tag.states[:VIEWS])
                    trials[zone] += p * states[CLEAR]
                    for antenna in heard.strengths:
                        hits[antenna, zone] += p * states[CLEAR]
            for antenna, strengths in heard.strengths.items():
                if strengths:
                    here = tag.p_zone[antenna]
                    bins = rssi_bins(np.array([sum(strengths) / len(strengths)], np.float32))
                    own = np.array([here if here > CLEAR_SHARE else 0.0], np.float32)
                    cross = np.array([1 - here if here < 1 - CLEAR_SHARE else 0.0], np.float32)
                    self.learning.learn_rssi(np.array([antenna]), bins, own, cross)
        self.learning.learn_shadows(views.astype(np.float32))
        alive = np.array(self._odds.seen, np.float32)
        self.learning.learn_reads(hits.astype(np.float32), trials.astype(np.float32), alive)

    def _judge(self, epc: str, tag: Tag, end_ns: int) -> list[tuple[str, int, int]]:
        """Let a belief that crossed a threshold take effect; return the tag, why and when, if it left for good."""
        here = 1 - tag.p_gone
        best = max(range(len(tag.p_zone)), key=lambda zone: tag.p_zone[zone])
        if tag.doubtful:
            if here > self.rule.in_above:
                tag.doubtful, tag.place = False, best
                self.events.append(("came back", epc, self._zone(best)))
            return [(epc, GONE_SILENT, tag.changed_ns)] if here < SURELY_GONE else []
        if best != tag.place and here >= self.rule.out_below and tag.p_zone[best] > self.rule.move_above:
            self._move(epc, tag, best)
        if here >= self.rule.out_below:
            return []
        is_exit = tag.last_zone in self.exits
        self.events.append(("departed by exit" if is_exit else "departed", epc, self._zone(tag.place)))
        if is_exit:
            return [(epc, GONE_EXIT, end_ns)]
        tag.doubtful, tag.changed_ns = True, tag.last_ns
        return []

    def _move(self, epc: str, tag: Tag, zone: int) -> None:
        self.learning.learn_move(tag.place, zone)
        tag.place = zone
        tag.heard = [h if z in self.exits else 0.0 for z, h in enumerate(tag.heard)]
        tag.heard[zone] = 1.0
        mean = [float(p) * sum(tag.states) for p in first_states()]
        tag.states = [s + PLACE_DOUBT * (m - s) for s, m in zip(tag.states, mean, strict=True)]
        self.events.append(("moved", epc, self._zone(zone)))

    def _leave(self, epc: str, state: int, changed_ns: int) -> None:
        tag = self.tags.pop(epc)
        shares = quality_shares(np.array(tag.states))
        total = float(shares.sum())
        quality = tuple(float(share) / total for share in shares) if total > 0.01 else QUALITY_SHARE
        doubt = round(max(tag.heard[zone] for zone in self.exits) / FALSE_EXIT_READS)
        away = Absent(
            state, max(changed_ns, tag.last_ns), tag.last_ns, NOWHERE, false_exits=doubt, quality=quality
        )
        self.absent[epc] = away
        told_anew = sorted((r for r in self.waiting if r.epc == epc), key=lambda read: read.at_ns)
        self.waiting = [read for read in self.waiting if read.epc != epc]
        for read in told_anew:
            self.observe(read.epc, read.zone, read.at_ns, read.rssi_dbm)
