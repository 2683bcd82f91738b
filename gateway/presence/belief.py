"""Presence by belief: a small Bayesian filter per tag, moved once per epoch. Pure.

    read ─▶ its antenna's port (counted) ─▶ end of the epoch ─▶ belief of the store ─▶ arrived, moved, departed
    first read of a stranger, a till that names a tag ─▶ at once

Rules, beside those of gateway/presence/filter.py and absent.py:
- Silence speaks against a tag only as far as the tag is usually read, and only while its zone's
  antennas prove that they see.
- A tag departs where P(here) falls below `out_below`, and is back where it rises above `in_above`.
- One EPC believed in two stores has moved from one to the other; where both go on reading it, it is a
  clone: both keep it, and it is flagged.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gateway.presence.absent import GONE_SILENT, GONE_SOLD, GONE_TOLD, SOLD, STRANGER, Absent
from gateway.presence.buckets import BUCKETS, bucket_of
from gateway.presence.chunks import decode, encode, gather, without
from gateway.presence.columns import PRESENT
from gateway.presence.model import (
    Arrived,
    Departed,
    ItemBelief,
    LeavingEvidence,
    Moved,
    Phase,
    Place,
    PlaceId,
    PresenceEvent,
    TagChunk,
    TagRow,
)
from gateway.presence.ports import Port
from gateway.presence.row_text import read_chunk, read_rows, write_rows
from gateway.presence.rule import NS_PER_S, BeliefRule, Floats
from gateway.presence.store_belief import AntennaOf, StoreBelief
from gateway.presence.tail import LEAST_TAIL, Tail
from gateway.presence.watch import Watch
from readers.counts import StageCounts

MAX_TAGS = 2_000_000
"""Tags of one store, absent ones included (DESIGN: costs are measured up to 1 M)."""
MAX_CATCH_UP = 720
"""Epochs that are lived through one by one after a pause; of a longer one only so many."""
CLONE_NS = 1_800 * NS_PER_S
"""Read again in the store that it went from this soon: nobody carries a piece so fast to and fro."""
MAX_MOVED, MAX_CLONES = 10_000, 10_000
"""Transfers of the last half hour, and clones, that are kept apart: a shop has a handful."""
LEARNED_EVERY_NS = 600 * NS_PER_S
"""What was learned is written down this often; losing ten minutes of days is nothing."""
MOST_LENT_NS = 60 * NS_PER_S
"""A proof of life is good for so much silence after it, however seldom a reader says that it lives: of one
that died, no more than this is held against its tags."""
SOLD_LEAST, SOLD_MOST = 0.5, 0.999


class BeliefPresence:
    """Implements gateway.presence.model.Presence for all stores of a site.

    `antennas`: (reader, port, place, handheld) of each antenna; `least_tail`: rows that are never worth a chunk.
    """

    def __init__(
        self,
        places: tuple[Place, ...],
        antennas: Sequence[tuple[str, int, PlaceId, bool]],
        watch: Watch,
        rule: BeliefRule,
        least_tail: int = LEAST_TAIL,
    ) -> None:
        self.counts = StageCounts()
        self.clones: set[str] = set()
        self.places = places
        self._rule = rule
        self._watch = watch
        self._zone_of: dict[PlaceId, int] = {}
        self.stores: dict[str, StoreBelief] = {}
        for store in dict.fromkeys(place.store for place in places):
            own = [place for place in places if place.store == store]
            self._zone_of.update({place.id: zone for zone, place in enumerate(own)})
            here = {place.id for place in own}
            eyes = [AntennaOf(r, p, self._zone_of[at], h) for r, p, at, h in antennas if at in here]
            self.stores[store] = StoreBelief(own, eyes, rule, self.counts)
        self._by_place = [self.stores[place.store] for place in places]
        self._ports = {
            (port.reader, port.antenna): port for store in self.stores.values() for port in store.ports
        }
        self._place_port = {port.place: port for port in reversed(self._ports.values())}
        self._handheld = [port for port in self._ports.values() if port.reader not in watch.readers]
        self._events: list[PresenceEvent] = []
        self._gone_for_good: list[tuple[str, str]] = []
        self.sold_reads: Counter[str] = Counter()
        """Reads of sold tags by store, for whoever counts them and empties this."""
        self._tail = Tail(self.stores, least_tail)
        self._moved_from: dict[str, tuple[str, int]] = {}
        self.epoch_ns = 0
        """The end of the last epoch that moved the belief."""
        self._saved_ns = 0

    # -- evidence -------------------------------------------------------------------------------------

    def proof(self, reader: str, at_ns: int) -> None:
        """Take note that a reader could see at `at_ns`."""
        self._watch.proof(reader, at_ns)

    def lost(self, reader: str) -> None:
        """Take note that a reader is gone."""
        self._watch.readers[reader].lost = True

    def port(self, reader: str, antenna: int) -> Port | None:
        """Return where the reads of an antenna wait: the hot path appends to it by itself."""
        return self._ports.get((reader, antenna))

    def observe(self, epc: str, place: PlaceId, at_ns: int, rssi_dbm: float | None, count: int) -> None:
        """Take a read in (O(1))."""
        port = self._place_port.get(place)
        if port is not None:
            self.observe_at(port, epc, at_ns, rssi_dbm, count)

    def observe_at(self, port: Port, epc: str, at_ns: int, rssi_dbm: float | None, count: int) -> None:
        """Take a read of one antenna in (O(1))."""
        self.counts.received += 1
        row = port.index.get(epc)
        if row is None:
            row = self._observe_absent(port, epc, at_ns, count)
            if row is None:
                return
        port.rows.append(row)
        port.at_ns.append(at_ns)
        port.rssi_dbm.append(rssi_dbm)

    def _observe_absent(self, port: Port, epc: str, at_ns: int, count: int) -> int | None:
        """Take in a read of a tag that is not believed in this store; return its row where it is now."""
        store = self._by_place[port.place]
        tag = store.absent.tags.get(epc)
        if tag is None and self.has_left(epc, at_ns):  # sold in another store
            self._count_sold(store, count)
            return None
        if tag is None:
            if len(store.absent.tags) + len(store.columns.index) >= MAX_TAGS:
                self.counts.drop("too_many_tags")
                return None
            tag = store.absent.stranger(epc, at_ns)
        if at_ns <= tag.changed_ns:
            self.counts.drop("older_than_last_change")
            return None
        if tag.state in SOLD:
            self.sold_reads[store.places[0].store] += count
        passes = store.passes(port.zone)
        if not tag.read(port.zone, at_ns, count, passes=passes, arrive_reads=self._rule.arrive_reads):
            self.counts.passed += 1
            return None
        return self._arrive(store, epc, port.zone, at_ns, came_back=tag.state != STRANGER)

    def has_left(self, epc: str, at_ns: int) -> bool:
        """Return whether a tag was sold by its name and out of its store by then: its reads say nothing any more."""
        return any(
            (tag := store.absent.tags.get(epc)) is not None and tag.has_left(at_ns)
            for store in self.stores.values()
        )

    def _count_sold(self, store: StoreBelief, count: int) -> None:
        self.sold_reads[store.places[0].store] += count
        self.counts.passed += 1

    def _arrive(self, store: StoreBelief, epc: str, zone: int, at_ns: int, *, came_back: bool) -> int:
        if tag := store.absent.tags.get(epc):
            tag.returned(at_ns)
        row = store.arrive(epc, zone, at_ns)
        place = store.places[zone].id
        other = self._other_store(epc, store)
        if other is None:
            self._events.append(Arrived(epc, place, at_ns, came_back))
        elif self._is_clone(epc, store, at_ns):
            if len(self.clones) < MAX_CLONES:
                self.clones.add(epc)
            self._events.append(Arrived(epc, place, at_ns, came_back=True))
        else:
            self._transfer(other, epc, place, at_ns)
        return row

    def _other_store(self, epc: str, store: StoreBelief) -> StoreBelief | None:
        """Return another store where the tag is believed present."""
        for other in self.stores.values() if len(self.stores) > 1 else ():
            row = other.columns.index.get(epc) if other is not store else None
            if row is not None and other.columns.state[row] == PRESENT:
                return other
        return None

    def _is_clone(self, epc: str, store: StoreBelief, at_ns: int) -> bool:
        source, moved_ns = self._moved_from.get(epc, ("", 0))
        return epc in self.clones or (source == store.places[0].store and at_ns - moved_ns < CLONE_NS)

    def _transfer(self, other: StoreBelief, epc: str, place: PlaceId, at_ns: int) -> None:
        row = other.columns.index[epc]
        source = other.places[int(other.columns.place[row])]
        other.leave(row, GONE_SILENT, at_ns)
        if len(self._moved_from) >= MAX_MOVED:
            recent = {e: m for e, m in self._moved_from.items() if at_ns - m[1] < CLONE_NS}
            self._moved_from = recent if len(recent) < MAX_MOVED else {}
        self._moved_from[epc] = (source.store, at_ns)
        self._events.append(Moved(epc, place, source.id, at_ns))

    # -- commands -------------------------------------------------------------------------------------

    def depart(self, epc: str, at_ns: int, store_name: str | None = None, *, is_sold: bool = False) -> bool:
        """Take a tag out because a till or a person named it; one never read is remembered in that store.

        `is_sold`: it is a customer's now.
        """
        state = GONE_SOLD if is_sold else GONE_TOLD
        for store in self.stores.values():
            row = store.columns.index.get(epc)
            if row is not None:
                columns = store.columns
                was_present = bool(columns.state[row] == PRESENT)
                place, last_ns = store.places[int(columns.place[row])].id, int(columns.last_ns[row])
                store.leave(row, state, at_ns)
                if was_present:
                    self._events.append(Departed(epc, place, at_ns, last_ns, "told"))
                    return True
                return False
        for store in self.stores.values():
            tag = store.absent.tags.get(epc)
            if tag is not None:
                tag.stay_away(state, max(tag.changed_ns, at_ns))
                store.absent.gone(epc, tag)
                store.dirty[epc] = None
                return False
        store = self.stores.get(store_name or "") or next(iter(self.stores.values()))
        store.absent.gone(epc, Absent(state, changed_ns=at_ns))
        store.dirty[epc] = None
        return False

    def put(self, epc: str, place: PlaceId, at_ns: int) -> None:
        """Believe a tag where a person found it: it has arrived there, or moved, at once."""
        store, zone = self._by_place[place], self._zone_of[place]
        row = store.columns.index.get(epc)
        if row is not None and store.columns.state[row] != PRESENT:  # believed gone, for its silence
            store.leave(row, GONE_SILENT, at_ns)
            row = None
        if row is None:
            known = store.absent.tags.get(epc)
            came_back = known is not None and known.state != STRANGER
            self._arrive(store, epc, zone, at_ns, came_back=came_back)
            return
        source = store.places[int(store.columns.place[row])].id
        store.found(row, zone, at_ns)
        if source != place:
            self._events.append(Moved(epc, place, source, at_ns))

    def depart_sold(self, epc: str, at_ns: int, p_left: float, *, at_till: bool) -> None:
        """Believe a tag gone that a sale of its article fits best, until it is read again."""
        for store in self.stores.values():
            row = store.columns.index.get(epc)
            if row is not None and store.columns.state[row] == PRESENT:
                if at_till:
                    store.paid(row, at_ns)
                else:
                    store.sold(row, at_ns, min(max(p_left, SOLD_LEAST), SOLD_MOST))

    def hint(self, store: str, epc: str, p_leaving: float) -> None:
        """Take a tag to head for the exit in each epoch with this chance: a sale of its article may be its own."""
        belief = self.stores[store]
        row = belief.columns.index.get(epc)
        if row is not None:
            belief.hint(row, p_leaving)

    def expect(self, epc: str, at_ns: int) -> None:
        """Let the next read of a departed tag bring it back."""
        for store in self.stores.values():
            tag = store.absent.tags.get(epc)
            if tag is not None and tag.state not in {STRANGER, GONE_SILENT}:
                tag.stay_away(GONE_SILENT, max(tag.changed_ns, at_ns))
                store.dirty[epc] = None

    # -- time -----------------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> None:
        """Let the epochs that are over (and a moment for late reads with them) move the belief."""
        for _ in self.advancing(now_ns):
            pass

    def advancing(self, now_ns: int) -> Iterator[None]:
        """Do what `advance` does, in steps, between which the belief may be asked: some tags are an epoch ahead."""
        epoch_ns = self._rule.epoch_ns
        due_ns = min(now_ns - self._rule.grace_ns, self._heard_ns()) // epoch_ns * epoch_ns
        if self.epoch_ns == 0 or due_ns - self.epoch_ns > MAX_CATCH_UP * epoch_ns:
            self.epoch_ns = max(0, due_ns - (0 if self.epoch_ns == 0 else MAX_CATCH_UP * epoch_ns))
        first_ns = self._first_waiting_ns(due_ns) if due_ns > self.epoch_ns + epoch_ns else 0
        while (end_ns := self.epoch_ns + epoch_ns) <= due_ns:
            alive = self._alive_at(end_ns)
            if not alive and end_ns <= first_ns:
                self.epoch_ns = end_ns
                continue  # nobody looked, and nobody said anything: an epoch that moves no belief
            for store in self.stores.values():
                yield from store.ending_epoch(end_ns, alive)
                self._events += store.events  # before what its reads say of those that left and came back
                store.events = []
                self._tell_anew(store)
            self.epoch_ns = end_ns
        for store in self.stores.values():
            name = store.places[0].store
            self._gone_for_good += [(name, epc) for epc in store.absent.forget(now_ns)]
        if not any(watch.is_alive(now_ns) for watch in self._watch.readers.values()):
            for store in self.stores.values():
                store.nobody_sees()
        self.counts.held = sum(len(port.rows) for port in self._ports.values())

    def _heard_ns(self) -> int:
        """Return the newest time that any reader spoke of: what comes after it was not told yet.

        A broker that was away hands over minutes at once, or in many passes: its epochs wait for it. (Reads
        of handheld readers prove nothing, and are told all the same.)
        """
        proofs = [watch.proven_ns for watch in self._watch.readers.values()]
        return max((*proofs, *(at_ns for port in self._handheld for at_ns in port.at_ns)), default=0)

    def _first_waiting_ns(self, until_ns: int) -> int:
        """Return the time of the oldest read that waits, `until_ns` where none does."""
        return min((min(port.at_ns) for port in self._ports.values() if port.at_ns), default=until_ns)

    def _tell_anew(self, store: StoreBelief) -> None:
        """Take in again the reads of tags that left before them: many epochs may wait (a broker was away)."""
        reads, store.told_anew = store.told_anew, []
        for port, epc, at_ns, rssi_dbm in sorted(reads, key=lambda read: read[2]):
            self.counts.received -= 1
            self.observe_at(port, epc, at_ns, rssi_dbm, 1)

    def _alive_at(self, at_ns: int) -> frozenset[str]:
        """Return the readers that proved their life then: a run of proofs that began later says nothing."""
        return frozenset(
            name
            for name, watch in self._watch.readers.items()
            if watch.is_alive(at_ns) and watch.run_start_ns <= at_ns <= watch.proven_ns + MOST_LENT_NS
        )

    def drain(self) -> list[PresenceEvent]:
        """Return the changes since the last drain."""
        events, self._events = self._events, []
        for store in self.stores.values():
            events += store.events
            store.events = []
        return events

    # -- answers --------------------------------------------------------------------------------------

    def place_of(self, epc: str) -> PlaceId | None:
        """Return where a tag is believed to be."""
        for store in self.stores.values():
            row = store.columns.index.get(epc)
            if row is not None and store.columns.state[row] == PRESENT:
                return store.places[int(store.columns.place[row])].id
        return None

    def last_seen_ns(self, epc: str) -> int | None:
        """Return when a tag was last read."""
        newest = 0
        for store in self.stores.values():
            row = store.columns.index.get(epc)
            if row is not None:
                newest = max(newest, int(store.columns.last_ns[row]))
            elif tag := store.absent.tags.get(epc):
                newest = max(newest, tag.last_ns)
        return newest or None

    def is_known(self, epc: str) -> bool:
        """Return whether a tag was ever read, or told of."""
        return any(epc in s.columns.index or epc in s.absent.tags for s in self.stores.values())

    def item(self, epc: str) -> ItemBelief | None:
        """Return what is believed of a tag."""
        for store in self.stores.values():
            row = store.columns.index.get(epc)
            if row is not None:
                columns = store.columns
                present = bool(columns.state[row] == PRESENT)
                zone = int(columns.place[row])
                p_present = columns.p_present(row)
                return ItemBelief(
                    epc,
                    store.places[zone].id if present else None,
                    p_present * float(columns.p_zone[row, zone]),
                    p_present,
                    int(columns.last_ns[row]) or None,
                )
        seen = self.last_seen_ns(epc)
        return None if seen is None else ItemBelief(epc, None, 0.0, 0.0, seen)

    def p_present(self, store: str, epcs: Iterable[str]) -> list[float]:
        """Return P(in the store) of tags, in order; 0 where nothing is believed any more."""
        columns = self.stores[store].columns
        rows = [columns.index.get(epc, -1) for epc in epcs]
        return [1.0 - float(columns.p_gone[row]) if row >= 0 else 0.0 for row in rows]

    def p_rooms(self, store: str, epcs: Iterable[str]) -> tuple[Floats, Floats]:
        """Return (P(on the floor), P(in a back room)) of tags, in order, each shaped (tags,)."""
        belief = self.stores[store]
        columns = belief.columns
        rows = np.array([columns.index.get(epc, -1) for epc in epcs], np.intp)
        p_zone = np.where((rows >= 0)[:, None], columns.p_zone[rows], np.float32(0.0))
        here = 1.0 - columns.p_gone[rows]
        return p_zone[:, belief.is_floor].sum(1) * here, p_zone[:, belief.is_behind].sum(1) * here

    def wavering(self) -> list[tuple[str, str]]:
        """Return (store, tag) of those whose place became sure or unsure since the last call, though nothing moved."""
        found: list[tuple[str, str]] = []
        for name, store in self.stores.items():
            found += [(name, epc) for epc in store.wavering]
            store.wavering.clear()
        return found

    def leaving(self, epc: str) -> LeavingEvidence | None:
        """Return what speaks for a present tag having left."""
        for store in self.stores.values():
            row = store.columns.index.get(epc)
            columns = store.columns
            if row is not None and columns.state[row] == PRESENT:
                place = store.places[int(columns.place[row])].id
                silence = float(columns.silence[row])
                return LeavingEvidence(
                    epc,
                    place,
                    int(columns.passing[row]),
                    int(columns.last_ns[row]),
                    int(columns.home_ns[row]),
                    silence,
                )
        return None

    def is_watched(self, place: PlaceId, now_ns: int) -> bool:
        """Return whether a place is seen now and has settled."""
        return self._watch.is_settled(place, now_ns) and self.coverage(place) >= 0.5

    def coverage(self, place: PlaceId) -> float:
        """Return how much of a place's antennas could see in the last epoch."""
        return float(self._by_place[place].seen_share[self._zone_of[place]])

    def blind_antennas(self, place: PlaceId) -> list[tuple[str, int]]:
        """Return (reader, antenna) of those of a place that are taken to be blind."""
        store = self._by_place[place]
        return [
            (port.reader, port.antenna)
            for number, port in enumerate(store.fixed)
            if port.place == place and store.antennas.is_blind(number)
        ]

    def is_read(self, place: PlaceId) -> bool:
        """Return whether an antenna of a place has read anything since the start."""
        store = self._by_place[place]
        return any(store.antennas.usual[n] > 0 for n, port in enumerate(store.fixed) if port.place == place)

    def phase(self, place: PlaceId) -> Phase:
        """Return how far a place's read rates are learned."""
        return self._by_place[place].learning.phase(self._zone_of[place])

    # -- persistence ----------------------------------------------------------------------------------

    def forgotten(self) -> list[str]:
        """Return the tags of which no store knows any more, since `written` was last called."""
        return [epc for _, epc in self._gone_for_good if not self.is_known(epc)]

    def written(self) -> tuple[list[TagRow], list[TagChunk]]:
        """Return what changed, to be kept at one instant: rows, one for each tag and store, and chunks."""
        tags = sum(len(s.columns.index) + len(s.absent.tags) for s in self.stores.values())
        due = self._tail.due(tags)
        chunks = [TagChunk(name, bucket, self._chunk(name, bucket)) for name, bucket in due]
        rows = [TagRow(name, bucket_of(epc), epc, None) for name, epc in self._gone_for_good]
        self._gone_for_good.clear()
        for name, store in self.stores.items():
            rows += write_rows(name, store, store.dirty)
            store.dirty.clear()
        if due:
            rows = [row for row in rows if (row.store, row.bucket) not in due]
        for row in rows:
            self._tail.grew(row.store, row.bucket)
        return rows, chunks

    def _chunk(self, name: str, bucket: int) -> bytes:
        store = self.stores[name]
        return encode(gather(store.columns, store.absent, [place.zone for place in store.places], bucket))

    def learned(self, now_ns: int) -> list[tuple[str, str]]:
        """Return (store, text) of what was learned, where it is time to write it down."""
        if now_ns - self._saved_ns < LEARNED_EVERY_NS:
            return []
        self._saved_ns = now_ns
        return [(name, store.learning.save()) for name, store in self.stores.items()]

    def restore_learned(self, store: str, text: str) -> None:
        """Take up what was learned in a store, if its zones are the same."""
        if store in self.stores:
            self.stores[store].learning.restore(text)

    def restore(
        self, rows: Sequence[TagRow], chunks: Iterable[TagChunk] = (), old: Sequence[TagRow] = ()
    ) -> None:
        """Take up tags where they were: a restart is not a departure, and time spent down no silence.

        `rows` are newer than `chunks`; `old` are those of stores that knew one row a tag, and no chunk.
        A tag in a zone that the site no longer has is forgotten: its next reads make it arrive.
        Raises BadChunk.
        """
        since: dict[tuple[str, int], set[str]] = {}
        for row in rows:
            since.setdefault((row.store, row.bucket), set()).add(row.epc)
        for chunk in chunks:
            if (store := self.stores.get(chunk.store)) is not None:
                tags = without(decode(chunk.body), since.get((chunk.store, chunk.bucket), set()))
                if not store.columns.index:  # one chunk tells of the size of all: they are of much the same
                    store.columns.reserve(tags.present * BUCKETS * 21 // 20)
                read_chunk(store, tags, chunk.bucket)
        read_rows(self.stores, old, frozenset((row.store, row.epc) for row in rows))
        read_rows(self.stores, rows, frozenset())
        for row in (*rows, *old):
            if row.store in self.stores:
                self._tail.grew(row.store, row.bucket)
        for store in self.stores.values():
            store.absent.sort()
            store.dirty.clear()
        self._know_clones()

    def _know_clones(self) -> None:
        """A tag that is believed in two stores at once is a copy: it was, before the restart."""
        stores = list(self.stores.values())
        for number, store in enumerate(stores):
            for other in stores[:number]:
                both = sorted(store.columns.index.keys() & other.columns.index.keys())
                self.clones.update(both[: MAX_CLONES - len(self.clones)])
