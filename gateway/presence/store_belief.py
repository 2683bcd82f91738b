"""The belief of one store: its tags in columns, moved once per epoch by what its antennas read. Pure.

reads ─▶ ports (waiting) ─▶ end of the epoch ─▶ which antennas could see ─▶ predict, weigh ─▶ events
                                                                └─▶ learning ◀──────┘
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.presence.absent import GONE_EXIT, GONE_PAID, GONE_SILENT, Absent, AbsentTags
from gateway.presence.antennas import Antennas, telling
from gateway.presence.columns import DOUBTFUL, LEFT, PRESENT, Columns
from gateway.presence.filter import Beliefs, Tables, evidence, habit_factor, predict, weigh
from gateway.presence.learning import Learning, ZoneFacts, rssi_bins
from gateway.presence.model import Arrived, Departed, DepartureCause, Moved, Place, PresenceEvent
from gateway.presence.ports import Port, tag_count
from gateway.presence.rule import (
    ALIVE,
    CLEAR,
    QUALITY_SHARE,
    SURE_MARK,
    TEACHING_RATIO,
    TEACHING_READS,
    VIEWS,
    BeliefRule,
    Floats,
    first_states,
    quality_mark,
    quality_shares,
    state_factors,
    states_by_quality,
    visibility_steps,
)
from readers.counts import StageCounts

SURE_PLACE, MAX_WAVERING = 0.9, 10_000
"""Where a tag is believed this surely nobody doubts it; and how many are noted for whoever asks, of one store: more only
waver where all do, and then their zone is out of sight.
"""
SURE_PRESENT = 0.95
"""… and that it is in the store at all: silence is told of sooner."""
SURELY_GONE = 0.002
"""A silent tag whose chance to be here fell below this needs no more following."""
CLEAR_SHARE = 0.9
"""A tag teaches what antennas read where it is believed this surely."""
HABIT_KEEP = 0.9995
"""What a tag's own habit fades by in an epoch: two hours and a half to 1/e."""
FALSE_EXIT_READS = 3.0
ARRIVED_IN_ZONE = 0.9
LEAST_GOING = 1e-3
"""Of pieces that go from zone to zone, those that are taken to go unseen: a few reads elsewhere must tell."""
MOST_PASSING = 100
MOST_CROSSED = 1.0
"""Reads by a till or exit while it rested elsewhere, after which a tag's next ones say nothing of a sale."""
PLACE_DOUBT = 0.15
"""How well a tag reads is in part its place's doing: so much of what was known of it is open after a move."""
TAKE_UP_EPOCHS = 12
WAS_READ = np.array([1.0] * ALIVE + [0.0], np.float32)
"""A tag that is here was read: whatever its quality, it is not dead."""
CHUNK = 8_192
"""Rows of one step: their tables stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class AntennaOf:
    """An antenna of a store. `zone` is numbered within the store; a handheld one comes and goes."""

    reader: str
    port: int
    zone: int
    handheld: bool


@dataclass(slots=True)
class EpochReads:
    """The reads of an epoch by row: which zones read it, how strongly, and when last; and by port, how many
    tags it read (what it told before, or too late, is no sign that it sees).
    """

    hit: NDArray[np.bool_]
    rssi_dbm: Floats
    last_ns: NDArray[np.int64]
    home_ns: NDArray[np.int64]
    tags: NDArray[np.int64]


class StoreBelief:
    """One store. `places` are its zones in the order of their numbers within the store."""

    def __init__(
        self,
        places: Sequence[Place],
        antennas: Sequence[AntennaOf],
        rule: BeliefRule,
        counts: StageCounts,
    ) -> None:
        self.places = tuple(places)
        self.rule = rule
        self.counts = counts
        zones = len(places)
        self.columns = Columns(zones)
        self.absent = AbsentTags()
        watched = {antenna.zone for antenna in antennas}
        fixed = [antenna for antenna in antennas if not antenna.handheld]
        facts = ZoneFacts(
            tuple(p.zone for p in places),
            tuple(p.role for p in places),
            tuple(zone in watched for zone in range(zones)),
        )
        self.zone_number = {place.zone: zone for zone, place in enumerate(places)}
        self.learning = Learning(facts, rule.epoch_s)
        self.antennas = Antennas(tuple(antenna.zone for antenna in fixed), zones, rule.epoch_s)
        self.fixed = [self._port(antenna) for antenna in fixed]
        self.ports = self.fixed + [self._port(antenna) for antenna in antennas if antenna.handheld]
        self.seen_share = np.zeros(zones, np.float32)
        self.events: list[PresenceEvent] = []
        self.told_anew: list[tuple[Port, str, int, float | None]] = []
        """(port, tag, time, RSSI) of reads after an epoch in which their tag left."""
        self.dirty: dict[str, None] = {}
        self._passes = np.array([p.role in {"exit", "till"} for p in places])
        self._rests = np.array(facts.watched) & ~self._passes
        self._exits = np.array([p.role == "exit" for p in places])
        self.is_floor = np.array([p.role == "floor" for p in places])
        self.is_behind = np.array([p.role in {"back_room", "receiving"} for p in places])
        self.wavering: dict[str, None] = {}
        gates = self._exits & np.array(facts.watched)
        self._gates = (gates / max(1, gates.sum())).astype(np.float32)
        self._factors = state_factors()
        self._to_free: list[int] = []
        self._epochs = 0
        self._kept: Tables | None = None
        self._arriving: Floats | None = None

    def _port(self, antenna: AntennaOf) -> Port:
        place = self.places[antenna.zone].id
        return Port(antenna.reader, antenna.port, place, antenna.zone, self.columns.index)

    # -- single tags ----------------------------------------------------------------------------------

    def passes(self, zone: int) -> bool:
        """Return whether people only pass a zone: an exit or a till."""
        return bool(self._passes[zone])

    def arrive(self, epc: str, zone: int, at_ns: int) -> int:
        """Believe a tag present in a zone; return its row. The caller tells of it."""
        known = self.absent.pop(epc)
        columns = self.columns
        row = columns.add(epc)
        columns.p_zone[row] = self._arrivals()[zone]
        quality = QUALITY_SHARE if known is None or known.quality is None else known.quality
        columns.states[row] = first_states(quality)
        columns.p_gone[row] = 0.0
        columns.state[row] = PRESENT
        columns.place[row] = columns.last_zone[row] = zone
        columns.last_ns[row] = columns.home_ns[row] = at_ns
        columns.changed_ns[row] = at_ns - 1
        if known is not None and known.false_exits:
            columns.heard[row, self._exits] = FALSE_EXIT_READS * known.false_exits
        self.dirty[epc] = None
        return row

    def found(self, row: int, zone: int, at_ns: int) -> None:
        """Believe a tag that is present in the zone where a person found it, as surely as one that arrives there."""
        columns = self.columns
        columns.p_zone[row] = self._arrivals()[zone]
        columns.states[row] /= max(float(columns.states[row].sum()), 1e-9)
        columns.p_gone[row] = columns.silence[row] = 0.0
        columns.place[row] = columns.last_zone[row] = zone
        columns.last_ns[row] = columns.home_ns[row] = max(at_ns, int(columns.last_ns[row]))
        self.dirty[columns.epcs[row]] = None

    def take_up(
        self,
        epcs: Sequence[str],
        zones: NDArray[np.intp],
        changed_ns: NDArray[np.int64],
        last_ns: NDArray[np.int64],
        quality: Floats,
        buckets: NDArray[np.uint16],
    ) -> None:
        """Believe tags present where they were before a restart. `quality`: shares, (tags, ALIVE + 1)."""
        columns = self.columns
        rows = columns.add_all(epcs)
        columns.p_zone[rows] = self._arrivals()[zones]
        columns.states[rows] = states_by_quality(quality * WAS_READ)
        columns.state[rows] = PRESENT
        columns.place[rows] = columns.last_zone[rows] = zones
        columns.last_ns[rows] = columns.home_ns[rows] = last_ns
        columns.changed_ns[rows] = changed_ns
        columns.saved_quality[rows] = quality_mark(quality)
        columns.bucket[rows] = buckets

    def _arrivals(self) -> Floats:
        """Return where a tag is believed that came in by a read in a zone, (zone, zone); kept as the tables are."""
        if self._arriving is None:
            ways = self.learning.ways()
            np.fill_diagonal(ways, 0.0)
            ways *= (1 - ARRIVED_IN_ZONE) / np.maximum(ways.sum(1, keepdims=True), 1e-9)
            np.fill_diagonal(ways, 1.0 - ways.sum(1))
            self._arriving = ways
        return self._arriving

    def leave(self, row: int, state: int, at_ns: int) -> None:
        """Let a tag be absent from now on; its row is freed at the end of the epoch."""
        columns = self.columns
        epc = columns.epcs[row]
        shares = quality_shares(columns.states[row])
        total = float(shares.sum())
        quality = tuple(float(share) / total for share in shares) if total > 0.01 else QUALITY_SHARE
        exits = columns.heard[row, self._exits]
        doubt = round(float(exits.max()) / FALSE_EXIT_READS) if exits.size else 0
        tag = Absent(state, false_exits=doubt, quality=quality)
        tag.last_ns = int(columns.last_ns[row])
        tag.stay_away(state, max(at_ns, tag.last_ns))
        self.absent.gone(epc, tag)
        del columns.index[epc]
        columns.state[row] = LEFT
        self._to_free.append(row)
        self.dirty[epc] = None

    def paid(self, row: int, at_ns: int) -> None:
        """Believe a tag at the till gone with its article's sale; it is still read on its way out."""
        columns = self.columns
        place, last_ns = self.places[int(columns.place[row])].id, int(columns.last_ns[row])
        self.events.append(Departed(columns.epcs[row], place, at_ns, last_ns, "sale"))
        self.leave(row, GONE_PAID, at_ns)

    def sold(self, row: int, at_ns: int, p_left: float) -> None:
        """Believe a silent tag gone with its article's sale; its next reads may show otherwise."""
        columns = self.columns
        epc, place = columns.epcs[row], self.places[int(columns.place[row])].id
        last_ns = int(columns.last_ns[row])
        columns.states[row] *= (1.0 - p_left) / max(float(columns.states[row].sum()), 1e-9)
        columns.p_gone[row] = p_left
        columns.state[row] = DOUBTFUL
        columns.changed_ns[row] = last_ns
        self.events.append(Departed(epc, place, at_ns, last_ns, "sale"))
        self.dirty[epc] = None

    def hint(self, row: int, p_leaving: float) -> None:
        """Take a gate's read of a tag to be its leaving as likely as this, until told otherwise: it may be sold."""
        self.columns.leaving[row] = p_leaving if self._gates.any() else 0.0

    # -- the epoch ------------------------------------------------------------------------------------

    def ending_epoch(self, end_ns: int, alive_readers: frozenset[str]) -> Iterator[None]:
        """Move the belief by the reads before `end_ns`, on the gateway's clock; yield after each CHUNK of tags."""
        columns = self.columns
        reads = self._take_reads(end_ns)
        alive = np.array([port.reader in alive_readers for port in self.fixed], np.bool_)
        live = columns.live()
        live = live[columns.state[live] != LEFT]
        due = self._due(live)
        seen = self.antennas.epoch(reads.tags[: len(self.fixed)], alive, due)
        tables = self._tables(seen)
        pieces = np.zeros(columns.zones)
        for start in range(0, len(live), CHUNK):
            rows = live[start : start + CHUNK]
            self._move_rows(rows, reads, tables, end_ns)
            yield
        present = live[columns.state[live] == PRESENT]
        if len(present):
            pieces += np.bincount(columns.place[present], minlength=columns.zones)
        self.learning.end_epoch(pieces)
        self._free_rows()

    def nobody_sees(self) -> None:
        """Take note that no reader lives: its epochs wait until one tells of them."""
        if self.seen_share.any():
            self.seen_share = np.zeros_like(self.seen_share)

    def _free_rows(self) -> None:
        """Free the rows of those that left. A row is another tag's soon: what waits for it is told anew."""
        freed = set(self._to_free)
        for port in self.ports if freed else ():
            self.told_anew += [
                (port, self.columns.epcs[row], at_ns, rssi) for row, at_ns, rssi in port.take_back(freed)
            ]
        for row in self._to_free:
            self.columns.free(row)
        self._to_free.clear()

    def _tables(self, seen: Floats) -> Tables:
        """Return what evidence is weighed by; what was learned is taken up once a minute or so."""
        self._epochs += 1
        if self._kept is not None and self._epochs % TAKE_UP_EPOCHS and (seen == self.seen_share).all():
            return self._kept
        self.seen_share = seen
        self._arriving = None
        shares = self.learning.read_shares()
        silent, read_by = evidence(shares, telling(seen), self._factors)
        ways, gone = self._ways_while_seen(seen)
        self._kept = Tables(
            shares=shares,
            silent=silent,
            read_by=read_by,
            rssi_ratios=self.learning.rssi_ratios(),
            ways=ways,
            gone=gone,
            state_steps=visibility_steps(self.rule.epoch_s, self.learning.shadow_odds()),
        )
        return self._kept

    def _ways_while_seen(self, seen: Floats) -> tuple[Floats, Floats]:
        """Return the ways between zones, and out of the store, as far as each zone is seen.

        An outage stops the clock: what the model says of hours in which nobody could look would end as a
        departure of all. Exits and tills are passed, seen or not.
        """
        going = np.where(self._rests, np.maximum(seen, LEAST_GOING), 1.0).astype(np.float32)
        ways = self.learning.ways() * going[:, None]
        ways[np.diag_indices(len(ways))] += 1.0 - going
        return ways, self.learning.gone * going

    def _due(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return how many tags each zone's antennas should read in an epoch."""
        if self._kept is None:
            return np.zeros(self.columns.zones)
        readable = self.columns.states[rows] @ self._factors
        due: NDArray[np.float64] = (self.columns.p_zone[rows].T @ readable) * np.diag(self._kept.shares)
        return due

    def _take_reads(self, end_ns: int) -> EpochReads:
        columns = self.columns
        n, zones = columns.used, columns.zones
        hit = np.zeros((n, zones), np.bool_)
        total = np.zeros(n * zones, np.float32)
        count = np.zeros(n * zones, np.float32)
        last = columns.last_ns[:n].copy()
        home = columns.home_ns[:n].copy()
        tags = np.zeros(len(self.ports), np.int64)
        for number, port in enumerate(self.ports):
            if not port.rows:
                continue
            rows, at_ns, rssi = port.take(end_ns)
            last_ns, changed_ns = columns.last_ns[rows], columns.changed_ns[rows]
            arriving = (at_ns == last_ns) & (at_ns == changed_ns + 1)
            fresh = ((at_ns > last_ns) | arriving) & (columns.state[rows] != LEFT)
            fresh &= at_ns > end_ns - self.rule.late_ns
            fresh &= at_ns > changed_ns
            columns.changed_ns[rows[arriving & fresh]] += 1  # it made its tag arrive once
            stale = len(rows) - int(fresh.sum())
            if stale:
                self._count_stale(rows, at_ns, fresh)
                rows, at_ns, rssi = rows[fresh], at_ns[fresh], rssi[fresh]
            self.counts.passed += len(rows)
            tags[number] = tag_count(rows)
            hit[rows, port.zone] = True
            np.maximum.at(last, rows, at_ns)
            if not self._passes[port.zone]:
                np.maximum.at(home, rows, at_ns)
            told = ~np.isnan(rssi)
            keys = rows[told] * zones + port.zone
            np.add.at(total, keys, rssi[told])
            np.add.at(count, keys, 1.0)
        mean = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
        return EpochReads(hit, mean.reshape(n, zones), last, home, tags)

    def _count_stale(
        self, rows: NDArray[np.intp], at_ns: NDArray[np.int64], fresh: NDArray[np.bool_]
    ) -> None:
        """Count what is no evidence: of before the tag's last change, told before, or too late."""
        old = ~fresh & (at_ns <= self.columns.changed_ns[rows])
        self.counts.drop("older_than_last_change", int(old.sum()))
        self.counts.drop("late_or_repeated", int((~fresh & ~old).sum()))

    def _move_rows(self, rows: NDArray[np.intp], reads: EpochReads, tables: Tables, end_ns: int) -> None:
        columns = self.columns
        before = Beliefs(
            columns.p_zone[rows], columns.states[rows], columns.p_gone[rows], columns.silence[rows]
        )
        hit = reads.hit[rows]
        at_gate = (hit & self._exits).any(1)  # who leaves unread is the sale's to find (gateway/sales.py)
        prior = predict(before, tables, (columns.leaving[rows] * at_gate)[:, None] * self._gates)
        factor = self._zone_factor(rows, hit, reads.rssi_dbm[rows], tables)
        after = weigh(prior, tables, hit, factor)
        self._learn(rows, prior, after, hit, reads.rssi_dbm[rows])
        columns.p_zone[rows], columns.states[rows] = after.p_zone, after.states
        columns.p_gone[rows], columns.silence[rows] = after.p_gone, after.silence
        columns.last_ns[rows], columns.home_ns[rows] = reads.last_ns[rows], reads.home_ns[rows]
        heard = hit.any(1)
        columns.last_zone[rows[heard]] = np.where(hit[heard], after.p_zone[heard], -1.0).argmax(1)
        self._follow_passing(rows, hit)
        was_seen = self.seen_share[
            columns.place[rows], None
        ]  # next door alone, while home was dark, is no habit
        columns.heard[rows] = columns.heard[rows] * np.float16(HABIT_KEEP) + hit * was_seen
        self._judge(rows, after, end_ns)
        self._note_wavering(rows, before, after)

    def _follow_passing(self, rows: NDArray[np.intp], hit: NDArray[np.bool_]) -> None:
        """Count the epochs in a row in which a till or exit read a tag; one at a border with them does not pass."""
        columns = self.columns
        passing = columns.passing[rows]
        lies_there = (columns.heard[rows] * self._passes).max(1) > MOST_CROSSED
        begins = (hit & self._passes).any(1) & ((passing > 0) | ~lies_there)
        counted = np.where(
            begins, np.minimum(passing, MOST_PASSING - 1) + 1, np.where(hit.any(1), 0, passing)
        )
        columns.passing[rows] = counted

    def _zone_factor(
        self,
        rows: NDArray[np.intp],
        hit: NDArray[np.bool_],
        rssi_dbm: Floats,
        tables: Tables,
    ) -> Floats:
        """Return what RSSI and the tag's own habits add to the evidence."""
        factor = np.ones(hit.shape, np.float32)
        tag, zone = np.nonzero(hit & ~np.isnan(rssi_dbm))
        bins = rssi_bins(rssi_dbm[tag, zone])
        factor[tag, zone] = tables.rssi_ratios[zone, bins]
        return factor * habit_factor(self.columns.heard[rows], self.columns.place[rows], tables.shares, hit)

    def _is_at_home(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which tags their own zone reads more than any other."""
        tags, place = np.arange(len(rows)), self.columns.place[rows]
        heard = self.columns.heard[rows].astype(np.float32)
        at_home = heard[tags, place]
        heard[tags, place] = 0.0
        result: NDArray[np.bool_] = at_home >= np.maximum(TEACHING_READS, TEACHING_RATIO * heard.max(1))
        return result

    def _learn(
        self,
        rows: NDArray[np.intp],
        prior: Beliefs,
        after: Beliefs,
        hit: NDArray[np.bool_],
        rssi_dbm: Floats,
    ) -> None:
        """Take from tags whose place is clear what their antennas read, and how strongly."""
        clear_place = (prior.p_zone > CLEAR_SHARE) & self._is_at_home(rows)[:, None]
        sure = np.where(clear_place, prior.p_zone, 0.0)
        clear = sure * prior.states[:, CLEAR : CLEAR + 1]
        self.learning.learn_shadows((sure.max(1) @ after.states)[:VIEWS])
        hits = hit.astype(np.float32)
        self.learning.learn_reads(hits.T @ clear, clear.sum(0), self.seen_share)
        tag, zone = np.nonzero(hit & ~np.isnan(rssi_dbm))
        here = after.p_zone[tag, zone]
        bins = rssi_bins(rssi_dbm[tag, zone])
        own = np.where(here > CLEAR_SHARE, here, 0.0)
        cross = np.where(here < 1 - CLEAR_SHARE, 1 - here, 0.0)
        self.learning.learn_rssi(zone, bins, own, cross)

    def _judge(self, rows: NDArray[np.intp], after: Beliefs, end_ns: int) -> None:
        """Let beliefs that crossed a threshold take effect."""
        columns, rule = self.columns, self.rule
        p_here = 1.0 - after.p_gone
        state = columns.state[rows]
        best = after.p_zone.argmax(1)
        moves = (state == PRESENT) & (best != columns.place[rows]) & (p_here >= rule.out_below)
        moves &= after.p_zone[np.arange(len(rows)), best] > rule.move_above
        for i in np.flatnonzero(moves):
            self._move(int(rows[i]), int(best[i]), end_ns)
        for i in np.flatnonzero((state == PRESENT) & (p_here < rule.out_below)):
            self._depart(int(rows[i]), end_ns)
        for i in np.flatnonzero((state == DOUBTFUL) & (p_here > rule.in_above)):
            self._come_back(int(rows[i]), int(best[i]), end_ns)
        for i in np.flatnonzero((state == DOUBTFUL) & (p_here < SURELY_GONE)):
            self.leave(int(rows[i]), GONE_SILENT, int(columns.changed_ns[rows[i]]))
        quality = quality_mark(quality_shares(after.states))
        saved = columns.saved_quality[rows]
        better = (quality % SURE_MARK != saved % SURE_MARK) | (quality > saved)
        for i in np.flatnonzero((state == PRESENT) & better):
            columns.saved_quality[rows[i]] = quality[i]
            self.dirty[columns.epcs[rows[i]]] = None

    def _note_wavering(self, rows: NDArray[np.intp], before: Beliefs, after: Beliefs) -> None:
        """Note the present tags whose place, or presence, became sure or unsure: an alert may rest on them."""
        tags, place = np.arange(len(rows)), self.columns.place[rows]
        was, is_now = ((b.p_zone[tags, place] * (1.0 - b.p_gone)) >= SURE_PLACE for b in (before, after))
        was_here, is_here = (b.p_gone <= 1.0 - SURE_PRESENT for b in (before, after))
        wavers = (was != is_now) | (was_here != is_here)
        for i in np.flatnonzero(wavers & (self.columns.state[rows] == PRESENT)):
            if len(self.wavering) < MAX_WAVERING:
                self.wavering[self.columns.epcs[rows[i]]] = None

    def _move(self, row: int, zone: int, at_ns: int) -> None:
        columns = self.columns
        source = int(columns.place[row])
        columns.place[row] = zone
        columns.heard[row, ~self._exits] = 0
        columns.heard[row, zone] = 1
        mean = first_states() * columns.states[row].sum()
        columns.states[row] += PLACE_DOUBT * (mean - columns.states[row])
        self.learning.learn_move(source, zone)
        epc = columns.epcs[row]
        self.events.append(Moved(epc, self.places[zone].id, self.places[source].id, at_ns))
        self.dirty[epc] = None

    def _depart(self, row: int, at_ns: int) -> None:
        columns = self.columns
        epc, place = columns.epcs[row], self.places[int(columns.place[row])].id
        last_ns = int(columns.last_ns[row])
        by_exit = bool(self._exits[int(columns.last_zone[row])])
        cause: DepartureCause = "exit" if by_exit else "silence"
        self.events.append(Departed(epc, place, at_ns, last_ns, cause))
        if by_exit:
            self.leave(row, GONE_EXIT, at_ns)
        else:
            columns.state[row] = DOUBTFUL
            columns.changed_ns[row] = last_ns
            self.dirty[epc] = None

    def _come_back(self, row: int, zone: int, at_ns: int) -> None:
        columns = self.columns
        columns.state[row] = PRESENT
        columns.place[row] = zone
        epc = columns.epcs[row]
        self.events.append(Arrived(epc, self.places[zone].id, at_ns, came_back=True))
        self.dirty[epc] = None
