"""Tags that are not believed in a store: strangers, the departed, and what brings them (back) in. Pure.

- A stranger arrives by `arrive_reads` reads; an exit or till never makes an arrival.
- After silence, the first read brings a tag back: it was here, and is.
- After an exit, reads that go on for a while away from exit and till; each false exit makes the tag's
  next one harder to believe.
- After a payment that fits a tag at the till, the same, once the customer had time to leave.
- After a till named the very tag, only half an hour of them: a sold piece is seen on its way out. A
  return lifts this.
- A sold piece that was not read for ten minutes has left: reads of it say nothing any more, and nothing of them
  is kept but how many they were. A customer who comes back wearing it is not followed. A return lifts this.
- The departed are forgotten after a usual return period, strangers after a day.
"""

from collections import deque
from dataclasses import dataclass

from gateway.presence.buckets import bucket_of
from gateway.presence.rule import NS_PER_S

STRANGER, GONE_SILENT, GONE_EXIT, GONE_TOLD, GONE_PAID, GONE_SOLD = 0, 2, 3, 4, 5, 6
"""Written down in the store, beside 1 for a tag that is believed present. TOLD: sent, or taken out by a person."""
SOLD = frozenset({GONE_PAID, GONE_SOLD})
"""When such a tag is read is nobody's business: see the privacy rules in docs/privacy.md."""
RETURN_SPAN_NS = {
    STRANGER: 0, GONE_SILENT: 0, GONE_EXIT: 20 * NS_PER_S, GONE_TOLD: 1_800 * NS_PER_S, GONE_PAID: 20 * NS_PER_S,
    GONE_SOLD: 1_800 * NS_PER_S,
}  # fmt: skip
RETURN_READS = 3
GONE_MEMORY_NS = 30 * 86_400 * NS_PER_S
STRAY_MEMORY_NS = 86_400 * NS_PER_S
LEAVING_NS = {GONE_EXIT: 45 * NS_PER_S, GONE_PAID: 150 * NS_PER_S}
"""Reads this soon after a departure by the exit, or by a payment at the till, are those of the leaving piece."""
CANDIDATE_NS = 600 * NS_PER_S
"""Reads of an absent tag must come within this of its span, or their count starts again: strays are rare."""
EXIT_RETURN_NS = 900 * NS_PER_S
"""Back this soon after an exit: it never was one."""
NOWHERE = -1


@dataclass(slots=True)
class Absent:
    """One tag that is not believed in the store. `zone` is the place where it was read last."""

    state: int
    changed_ns: int = 0
    last_ns: int = 0
    zone: int = NOWHERE
    since_ns: int = 0
    reads: int = 0
    false_exits: int = 0
    quality: tuple[float, ...] | None = None
    going_ns: int = 0
    """The newest read of a sold tag that has not left yet; never written down."""

    def has_left(self, at_ns: int) -> bool:
        """Return whether a sold tag was out of the store by then: its reads say nothing any more."""
        return self.state == GONE_SOLD and at_ns - max(self.changed_ns, self.going_ns) > CANDIDATE_NS

    def read(self, zone: int, at_ns: int, count: int, *, passes: bool, arrive_reads: int) -> bool:
        """Take a read in; return whether it brings the tag into the store. `passes`: at an exit or till."""
        if (passes and self.state != STRANGER) or self.has_left(at_ns):
            return False
        if at_ns - self.changed_ns < LEAVING_NS.get(self.state, 0):
            return False
        span_ns = RETURN_SPAN_NS[self.state]
        if self.zone != zone or abs(at_ns - self.since_ns) > span_ns + CANDIDATE_NS:
            self.zone, self.since_ns, self.reads = zone, at_ns, 0
        self.since_ns = min(self.since_ns, at_ns)  # reads come in any order
        self.reads += count
        if self.state in SOLD:
            self.going_ns = max(self.going_ns, at_ns)
        else:
            self.last_ns = max(self.last_ns, at_ns)
        if passes:
            return False
        needed = RETURN_READS if span_ns else 1 if self.state == GONE_SILENT else arrive_reads
        return self.reads >= needed and at_ns - self.since_ns >= span_ns

    def returned(self, at_ns: int) -> None:
        """Take note that it is back: so soon after an exit, that never was one."""
        if self.state == GONE_EXIT and at_ns - self.changed_ns < EXIT_RETURN_NS:
            self.false_exits += 1

    def stay_away(self, state: int, changed_ns: int) -> None:
        """Take note of why it is away; what was read of it before counts no more for its coming back."""
        self.state, self.changed_ns = state, changed_ns
        self.zone, self.reads, self.going_ns = NOWHERE, 0, 0


class AbsentTags:
    """The absent tags of one store."""

    def __init__(self) -> None:
        self.tags: dict[str, Absent] = {}
        self.by_bucket: dict[int, set[str]] = {}
        """The departed, which are written down; strangers are not."""
        self._strangers: deque[tuple[int, str]] = deque()
        self._gone: deque[tuple[int, str]] = deque()

    def stranger(self, epc: str, at_ns: int) -> Absent:
        """Return a new tag that nothing is known of."""
        tag = self.tags[epc] = Absent(STRANGER)
        self._strangers.append((at_ns, epc))
        return tag

    def gone(self, epc: str, tag: Absent) -> None:
        """Take up a tag that departed."""
        self.tags[epc] = tag
        self.by_bucket.setdefault(bucket_of(epc), set()).add(epc)
        self._gone.append((tag.changed_ns, epc))

    def pop(self, epc: str) -> Absent | None:
        """Let go of a tag that is believed present now."""
        tag = self.tags.pop(epc, None)
        if tag is not None and tag.state != STRANGER:
            self.by_bucket[bucket_of(epc)].discard(epc)
        return tag

    def forget(self, now_ns: int) -> list[str]:
        """Drop those whose time is over; return the departed among them. Each is looked at once per reason."""
        while self._strangers and self._strangers[0][0] + STRAY_MEMORY_NS <= now_ns:
            _, epc = self._strangers.popleft()
            tag = self.tags.get(epc)
            if tag is not None and tag.state == STRANGER:
                if tag.last_ns + STRAY_MEMORY_NS <= now_ns:
                    del self.tags[epc]
                else:
                    self._strangers.append((tag.last_ns, epc))
        forgotten = []
        while self._gone and self._gone[0][0] + GONE_MEMORY_NS <= now_ns:
            _, epc = self._gone.popleft()
            tag = self.tags.get(epc)
            if tag is not None and tag.state != STRANGER and tag.changed_ns + GONE_MEMORY_NS <= now_ns:
                self.pop(epc)
                forgotten.append(epc)
        return forgotten

    def sort(self) -> None:
        """Put what was taken up out of order (a restart) in order of time."""
        self._gone = deque(sorted(self._gone))
