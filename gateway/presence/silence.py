"""The first debouncer: a tag stays where it was last heard, until silence or an exit says otherwise. Pure.

Rules, per tag:
- unknown → present: `arrive_reads` reads in one place (an exit or till never makes an arrival).
- place: each read adds weight (by RSSI) to its place; weight fades with `memory_ns`. Another place
  takes over when it outweighs the present one by `move_ratio`, rests on two reads or more, and is
  heard at least `USUAL_SHARE` as well as the tag usually is at home: a tag in the shadow of a person
  is still read through the wall, faintly. Antennas of one place are pooled; one challenger is kept,
  so a read costs O(1).
- present → gone by exit: read at an exit, twice and clearly within seconds, then nowhere else for
  `exit_hold_ns`. A tag that came back from such an exit lies near the gate: it must be read the more
  clearly there the next time.
- present → gone by silence: not read for `silence_gaps` times the tag's own longest recent gap,
  between `min_silence_ns` and `max_silence_ns`, on the place's watched clock alone. Misses come in
  runs (people stand before tags), hence the longest gap and not the mean; it fades over hours.
  A tag that goes to and fro between two places lies at their border: each return makes the next move
  harder.
- gone → present: after silence, at the first read (it was here, and is); after an exit, by reads that go on for a while away
  from exit and till; after a till named the very tag, only by half an hour of them, for a sold piece
  is seen on its way out (`RETURN_SPAN_NS`). A return lifts this (`expect`).
- absent tags are forgotten after a time (`GONE_MEMORY_NS`): strays pass every shop door.

A read is a dictionary look-up and a few additions. A tag lies in exactly one bucket of its place's
wheel, at the second of the watched clock when silence could first mean something; it is looked at
again only then. No pass over all tags exists.
"""

import json
from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush
from math import exp

from gateway.presence.model import (
    Arrived,
    Departed,
    DepartureCause,
    Moved,
    Place,
    PlaceId,
    PresenceEvent,
    TagRow,
)
from gateway.presence.tag import (
    CANDIDATE,
    CANDIDATE_NS,
    EXIT_CANCEL_WEIGHT,
    EXIT_DOUBT_FACTOR,
    EXIT_FADE_NS,
    EXIT_RETURN_NS,
    EXIT_WEIGHT,
    FLAP_NS,
    GAP_MEMORY_NS,
    GAP_ROW_RATIO,
    GONE_EXIT,
    GONE_MEMORY_NS,
    GONE_SILENT,
    GONE_TOLD,
    LEAVING_NS,
    MAX_EXIT_DOUBT,
    MAX_MOVE_DOUBT,
    MAX_TAGS,
    MOVE_DOUBT_FACTOR,
    NOWHERE,
    NS_PER_S,
    PRESENT,
    RETURN_READS,
    RETURN_SPAN_NS,
    STRAY_MEMORY_NS,
    USUAL_SHARE,
    SilenceRule,
    Tag,
    read_weight,
)
from gateway.presence.watch import Watch
from readers.counts import StageCounts


class SilencePresence:
    """Presence by adaptive silence (see the rules above)."""

    def __init__(self, places: tuple[Place, ...], watch: Watch, rule: SilenceRule) -> None:
        self.counts = StageCounts()
        self._rule = rule
        self._watch = watch
        self._role = [place.role for place in places]
        self._is_exit = [place.role == "exit" for place in places]
        self._watches = [watch.places[place.id] for place in places]
        self._tags: dict[str, Tag] = {}
        self._wheels: list[dict[int, list[tuple[Tag, int]]]] = [{} for _ in places]
        self._wheel_second = [0 for _ in places]
        self._exits: list[tuple[int, str]] = []
        self._strays: deque[tuple[int, str]] = deque()
        self._gone: deque[tuple[int, str]] = deque()
        self._forgotten: list[str] = []
        self._events: list[PresenceEvent] = []
        self._dirty: dict[str, Tag] = {}

    # -- evidence ---------------------------------------------------------------------------------

    def proof(self, reader: str, at_ns: int) -> None:
        """Take note that a reader could see at `at_ns`."""
        self._watch.proof(reader, at_ns)

    def lost(self, reader: str) -> None:
        """Take note that a reader is gone."""
        self._watch.readers[reader].lost = True

    def observe(self, epc: str, place: PlaceId, at_ns: int, rssi_dbm: float | None, count: int) -> None:
        """Take a read in (O(1))."""
        self.counts.received += 1
        tag = self._tags.get(epc)
        if tag is None:
            if len(self._tags) >= MAX_TAGS:
                self.counts.drop("too_many_tags")
                return
            tag = self._tags[epc] = Tag(epc)
            self._strays.append((at_ns, epc))
        if at_ns <= tag.changed_ns:
            self.counts.drop("older_than_last_change")
            return
        self.counts.passed += 1
        if tag.state != PRESENT:
            self._observe_absent(tag, place, at_ns, rssi_dbm, count)
        elif place == tag.place:
            self._observe_at_home(tag, at_ns, rssi_dbm, count)
        else:
            self._observe_elsewhere(tag, place, at_ns, rssi_dbm, count)

    def _observe_at_home(self, tag: Tag, at_ns: int, rssi_dbm: float | None, count: int) -> None:
        weight = read_weight(rssi_dbm, count)
        elapsed = at_ns - tag.last_ns
        if elapsed > 0:
            tag.weight = tag.weight * exp(-elapsed / self._rule.memory_ns) + weight
            tag.last_ns = at_ns
            if tag.weight > tag.usual_weight:
                tag.usual_weight = tag.weight
            self._heard(tag, elapsed)
        else:
            tag.weight += weight
        if self._is_exit[tag.place]:
            if tag.exit_ns:
                tag.exit_ns = max(tag.exit_ns, at_ns)
            else:
                self._at_exit(tag, at_ns, weight)
        elif tag.exit_ns and at_ns > tag.exit_ns:
            tag.exit_weight_since += weight

    def _heard(self, tag: Tag, elapsed_ns: int) -> None:
        """Learn the gap that this read ended, and start the next, on the place's watched clock."""
        clock = self._watches[tag.place].clock_ns
        gap = min(clock - tag.last_clock_ns, elapsed_ns)
        if gap > tag.gap_ns:
            tag.gap_ns = float(gap)
        elif gap > 0:
            kept = 1.0 - gap / GAP_MEMORY_NS if gap < GAP_MEMORY_NS else 0.0
            tag.gap_ns *= kept
            tag.usual_weight *= kept
        tag.last_clock_ns = clock

    def _observe_elsewhere(
        self, tag: Tag, place: PlaceId, at_ns: int, rssi_dbm: float | None, count: int
    ) -> None:
        weight = read_weight(rssi_dbm, count)
        if self._role[place] == "exit":
            self._at_exit(tag, at_ns, weight)
        elif tag.exit_ns and at_ns > tag.exit_ns:
            tag.exit_weight_since += weight
        fade = self._rule.memory_ns
        self._heard_elsewhere(tag, at_ns)
        if tag.challenger == place:
            elapsed = max(0, at_ns - tag.challenger_ns)
            tag.challenger_weight = tag.challenger_weight * exp(-elapsed / fade) + weight
            tag.challenger_reads += count
        else:
            faded = tag.challenger_weight * exp(-max(0, at_ns - tag.challenger_ns) / fade)
            if tag.challenger != NOWHERE and faded > weight:
                tag.challenger_weight = faded
                tag.challenger_ns = max(at_ns, tag.challenger_ns)
                return
            tag.challenger, tag.challenger_weight, tag.challenger_reads = place, weight, count
        tag.challenger_ns = max(at_ns, tag.challenger_ns)
        needed = max(self._rule.move_ratio * tag.move_doubt * tag.weight, USUAL_SHARE * tag.usual_weight)
        if tag.challenger_reads >= 2 and tag.challenger_weight > needed:
            self._move(tag, place, at_ns)

    def _heard_elsewhere(self, tag: Tag, at_ns: int) -> None:
        """A read by any antenna proves that the tag is in the store: its silence starts again."""
        if at_ns > tag.last_ns:
            tag.weight *= exp(-(at_ns - tag.last_ns) / self._rule.memory_ns)
            tag.last_ns = at_ns
            tag.last_clock_ns = self._watches[tag.place].clock_ns

    def _move(self, tag: Tag, place: PlaceId, at_ns: int) -> None:
        from_place = tag.place
        if place == tag.left_place and at_ns - tag.since_ns < FLAP_NS:
            tag.move_doubt = min(tag.move_doubt * MOVE_DOUBT_FACTOR, MAX_MOVE_DOUBT)
        else:
            tag.move_doubt = max(tag.move_doubt / MOVE_DOUBT_FACTOR, 1.0)
        tag.left_place = from_place
        tag.place, tag.weight = place, tag.challenger_weight
        tag.usual_weight = max(USUAL_SHARE * tag.usual_weight, tag.weight)
        tag.challenger, tag.challenger_weight, tag.challenger_reads = NOWHERE, 0.0, 0
        tag.last_ns = max(tag.last_ns, at_ns)
        tag.last_clock_ns = self._watches[place].clock_ns
        tag.since_ns = at_ns
        self._schedule(tag)
        self._events.append(Moved(tag.epc, place, from_place, at_ns))
        self._dirty[tag.epc] = tag

    def _at_exit(self, tag: Tag, at_ns: int, weight: float) -> None:
        elapsed = max(0, at_ns - tag.exit_heard_ns)
        if elapsed > EXIT_FADE_NS:
            tag.exit_weight, tag.exit_reads = 0.0, 0
        tag.exit_weight += weight
        tag.exit_reads += 1
        tag.exit_heard_ns = max(at_ns, tag.exit_heard_ns)
        if tag.exit_reads < 2 or tag.exit_weight < EXIT_WEIGHT * tag.exit_doubt:
            return
        if tag.exit_ns == 0:
            heappush(self._exits, (at_ns + self._rule.exit_hold_ns, tag.epc))
        if at_ns >= tag.exit_ns:
            tag.exit_ns = at_ns
            tag.exit_weight_since = 0.0

    def _observe_absent(
        self, tag: Tag, place: PlaceId, at_ns: int, rssi_dbm: float | None, count: int
    ) -> None:
        role = self._role[place]
        if role in {"exit", "till"} and tag.state != CANDIDATE:
            return
        if tag.state == GONE_EXIT and at_ns - tag.changed_ns < LEAVING_NS:
            return
        span_ns = RETURN_SPAN_NS[tag.state]
        if tag.place != place or at_ns - tag.since_ns > span_ns + CANDIDATE_NS:
            tag.place, tag.since_ns, tag.reads, tag.weight = place, at_ns, 0, 0.0
        tag.reads += count
        tag.weight += read_weight(rssi_dbm, count)
        tag.last_ns = max(tag.last_ns, at_ns)
        if role in {"exit", "till"}:
            return
        needed = RETURN_READS if span_ns else 1 if tag.state == GONE_SILENT else self._rule.arrive_reads
        if tag.reads >= needed and at_ns - tag.since_ns >= span_ns:
            self._arrive(tag, at_ns)

    def _arrive(self, tag: Tag, at_ns: int) -> None:
        came_back = tag.state != CANDIDATE
        if tag.state == GONE_EXIT and at_ns - tag.changed_ns < EXIT_RETURN_NS:
            tag.exit_doubt = min(tag.exit_doubt * EXIT_DOUBT_FACTOR, MAX_EXIT_DOUBT)
        tag.state = PRESENT
        tag.changed_ns = tag.since_ns = at_ns
        tag.exit_ns, tag.exit_weight_since = 0, 0.0
        tag.challenger, tag.challenger_weight, tag.challenger_reads = NOWHERE, 0.0, 0
        tag.last_clock_ns = self._watches[tag.place].clock_ns
        self._schedule(tag)
        self._events.append(Arrived(tag.epc, tag.place, at_ns, came_back))
        self._dirty[tag.epc] = tag

    # -- commands ---------------------------------------------------------------------------------

    def depart(self, epc: str, at_ns: int) -> bool:
        """Take a tag out because a till or a person named it."""
        tag = self._tags.get(epc)
        if tag is not None and tag.state == PRESENT:
            self._depart(tag, at_ns, "told")
            return True
        if tag is None and len(self._tags) < MAX_TAGS:
            tag = self._tags[epc] = Tag(epc)
        if tag is not None:
            self._stay_away(tag, GONE_TOLD, max(tag.changed_ns, at_ns))
        return False

    def expect(self, epc: str, at_ns: int) -> None:
        """Let the next reads of a departed tag bring it back as they would an unknown one."""
        tag = self._tags.get(epc)
        if tag is not None and tag.state in {GONE_EXIT, GONE_TOLD}:
            self._stay_away(tag, GONE_SILENT, max(tag.changed_ns, at_ns))

    def _depart(self, tag: Tag, at_ns: int, cause: DepartureCause) -> None:
        place = tag.place
        state = {"exit": GONE_EXIT, "silence": GONE_SILENT, "told": GONE_TOLD}[cause]
        self._stay_away(tag, state, max(at_ns, tag.last_ns))
        tag.ticket += 1
        tag.exit_ns, tag.exit_weight_since = 0, 0.0
        self._events.append(Departed(tag.epc, place, at_ns, tag.last_ns, cause))

    def _stay_away(self, tag: Tag, state: int, changed_ns: int) -> None:
        """Set why a tag is absent; what was read of it before counts no more for its coming back."""
        tag.state, tag.changed_ns = state, changed_ns
        tag.place, tag.reads, tag.weight = NOWHERE, 0, 0.0
        self._gone.append((changed_ns, tag.epc))
        self._dirty[tag.epc] = tag

    # -- time -------------------------------------------------------------------------------------

    def advance(self, now_ns: int) -> None:
        """Let deadlines take effect: exits on the shop's clock, silence on each place's watched clock."""
        while self._exits and self._exits[0][0] <= now_ns:
            due_ns, epc = heappop(self._exits)
            self._exit_due(epc, due_ns)
        self._forget(now_ns)
        for place, watch in enumerate(self._watches):
            second = watch.advance() // NS_PER_S
            wheel = self._wheels[place]
            for due in range(self._wheel_second[place], second) if len(wheel) > 0 else ():
                for tag, ticket in wheel.pop(due, ()):
                    if tag.ticket == ticket and tag.state == PRESENT:
                        self._silence_due(tag, now_ns)
            self._wheel_second[place] = second

    def _forget(self, now_ns: int) -> None:
        """Drop absent tags whose time is over; each is looked at once per reason of its absence."""
        while self._strays and self._strays[0][0] + STRAY_MEMORY_NS <= now_ns:
            _, epc = self._strays.popleft()
            tag = self._tags.get(epc)
            if tag is not None and tag.state == CANDIDATE:
                if tag.last_ns + STRAY_MEMORY_NS <= now_ns:
                    del self._tags[epc]
                else:
                    self._strays.append((tag.last_ns, epc))
        while self._gone and self._gone[0][0] + GONE_MEMORY_NS <= now_ns:
            _, epc = self._gone.popleft()
            tag = self._tags.get(epc)
            if tag is not None and tag.state > PRESENT and tag.changed_ns + GONE_MEMORY_NS <= now_ns:
                del self._tags[epc]
                self._dirty.pop(epc, None)
                self._forgotten.append(epc)

    def _exit_due(self, epc: str, due_ns: int) -> None:
        tag = self._tags.get(epc)
        if tag is None or tag.state != PRESENT or tag.exit_ns == 0:
            return
        later_ns = tag.exit_ns + self._rule.exit_hold_ns
        if later_ns > due_ns:
            heappush(self._exits, (later_ns, tag.epc))
        elif tag.exit_weight_since >= EXIT_CANCEL_WEIGHT:
            tag.exit_ns, tag.exit_weight_since = 0, 0.0
        else:
            self._depart(tag, due_ns, "exit")

    def _silence_due(self, tag: Tag, now_ns: int) -> None:
        """Judge a silence: watched time since the last read, and none of it from before that read."""
        watch = self._watches[tag.place]
        silent_ns = max(0, min(watch.clock_ns - tag.last_clock_ns, watch.counted_to_ns - tag.last_ns))
        if silent_ns < self._threshold_ns(tag):
            tag.last_clock_ns = watch.clock_ns - silent_ns
            self._schedule(tag)
        else:
            self._depart(tag, now_ns, "silence")

    def _threshold_ns(self, tag: Tag) -> int:
        rule = self._rule
        return int(min(max(tag.gap_ns * rule.silence_gaps, rule.min_silence_ns), rule.max_silence_ns))

    def _schedule(self, tag: Tag) -> None:
        """Put a tag into the one bucket where silence could first mean something."""
        tag.ticket += 1
        second = (tag.last_clock_ns + self._threshold_ns(tag)) // NS_PER_S + 1
        second = max(second, self._wheel_second[tag.place] + 1)
        self._wheels[tag.place].setdefault(second, []).append((tag, tag.ticket))
        if not tag.row_gap_ns or not 1 / GAP_ROW_RATIO < tag.gap_ns / tag.row_gap_ns < GAP_ROW_RATIO:
            self._dirty[tag.epc] = tag

    # -- answers ----------------------------------------------------------------------------------

    def drain(self) -> list[PresenceEvent]:
        """Return the changes since the last drain."""
        events, self._events = self._events, []
        return events

    def place_of(self, epc: str) -> PlaceId | None:
        """Return where a tag is believed to be."""
        tag = self._tags.get(epc)
        return tag.place if tag is not None and tag.state == PRESENT else None

    def last_seen_ns(self, epc: str) -> int | None:
        """Return when a tag was last read."""
        tag = self._tags.get(epc)
        return tag.last_ns or None if tag is not None else None

    def is_watched(self, place: PlaceId, now_ns: int) -> bool:
        """Return whether a place is seen now and has settled."""
        return self._watch.is_settled(place, now_ns)

    # -- persistence ------------------------------------------------------------------------------

    def dirty_rows(self) -> list[TagRow]:
        """Return the rows that changed."""
        rows = [TagRow(epc, None) for epc in self._forgotten]
        self._forgotten.clear()
        for tag in self._dirty.values():
            tag.row_gap_ns = tag.gap_ns
            if tag.state != CANDIDATE:
                zone = self._watches[tag.place].place if tag.state == PRESENT else None
                where = [zone.store, zone.zone] if zone else None
                value = [tag.state, where, tag.changed_ns, tag.last_ns, round(tag.gap_ns)]
                rows.append(TagRow(tag.epc, json.dumps(value, separators=(",", ":"))))
        self._dirty.clear()
        return rows

    def restore(self, rows: Iterable[TagRow]) -> None:
        """Take up tags where they were: a restart is not a departure, so each silence starts anew.

        A tag in a zone that the site no longer has is forgotten: its next reads make it arrive.
        """
        by_name = {(w.place.store, w.place.zone): w.place.id for w in self._watches}
        for row in rows:
            if row.value is None:
                continue
            state, where, changed_ns, last_ns, gap_ns = json.loads(row.value)
            tag = Tag(row.epc)
            tag.state, tag.changed_ns, tag.last_ns, tag.gap_ns = state, changed_ns, last_ns, float(gap_ns)
            tag.row_gap_ns = tag.gap_ns
            if state == PRESENT:
                place = by_name.get((where[0], where[1]))
                if place is None:
                    continue
                tag.place = place
                tag.since_ns = changed_ns
                self._tags[row.epc] = tag
                self._schedule(tag)
            else:
                self._tags[row.epc] = tag
                self._gone.append((changed_ns, row.epc))
        self._gone = deque(sorted(self._gone))
