"""A small shop for tests of presence: its places, its two readers, and short words to feed it with. Pure."""

from collections.abc import Iterable

from gateway.presence.model import Arrived, Departed, Moved, Place, PresenceEvent, TagRow
from gateway.presence.silence import SilencePresence
from gateway.presence.tag import SilenceRule
from gateway.presence.watch import Watch

S = 1_000_000_000
HOUR = 3_600 * S
T0 = 1_800_000_000 * S
"""The shop opens."""
FLOOR, BACK, TILL, EXIT = range(4)
PLACES = (
    Place(FLOOR, "lyon-1", "floor", "floor", ("front",)),
    Place(BACK, "lyon-1", "back", "back_room", ("rear",)),
    Place(TILL, "lyon-1", "till", "till", ("front",)),
    Place(EXIT, "lyon-1", "exit", "exit", ("front",)),
)
READERS = ("front", "rear")
SILENT_AFTER = 60 * S
RULE = SilenceRule(
    min_silence_ns=90 * S,
    max_silence_ns=3_600 * S,
    silence_gaps=6,
    exit_hold_ns=20 * S,
    memory_ns=30 * S,
    move_ratio=1.63,  # no sum of weights in these tests is such a multiple of another: nothing hangs on rounding
    arrive_reads=2,
)


def new_presence(kind: type[SilencePresence] = SilencePresence, rule: SilenceRule = RULE) -> SilencePresence:
    """Return a presence that knows no tag."""
    return kind(PLACES, Watch(PLACES, dict.fromkeys(READERS, SILENT_AFTER), 60 * S), rule)


class PresenceShop:
    """A presence and its clock: `now` in ns, `live` second by second while its living readers prove their lives."""

    def __init__(self, presence: SilencePresence | None = None) -> None:
        self.presence = presence or new_presence()
        self.now = T0
        self.alive = set(READERS)
        self.events: list[PresenceEvent] = []

    def read(
        self, epc: str, place: int = FLOOR, *, ago_s: float = 0, rssi: float | None = -65, count: int = 1
    ) -> None:
        """A tag answers, now or some seconds ago."""
        self.presence.observe(epc, place, self.now - round(ago_s * S), rssi, count)

    def live(
        self, seconds: int, *epcs: str, place: int = FLOOR, every: int = 5, rssi: float | None = -65
    ) -> list[PresenceEvent]:
        """Let time pass while tags answer every few seconds; return what changed."""
        before = len(self.events)
        for second in range(1, seconds + 1):
            self.now += S
            for reader in self.alive:
                self.presence.proof(reader, self.now)
            for epc in epcs if second % every == 0 else ():
                self.read(epc, place, rssi=rssi)
            self.presence.advance(self.now)
            self.events += self.presence.drain()
        return self.events[before:]

    def settle(self, *epcs: str, place: int = FLOOR) -> None:
        """Bring tags in and have them known well: half an hour of reads, every five seconds."""
        self.live(1_800, *epcs, place=place)
        assert {self.presence.place_of(epc) for epc in epcs} == {place}

    def die(self, reader: str) -> None:
        """A reader falls silent without a word."""
        self.alive.discard(reader)

    def restart(self) -> None:
        """Give what was written down to a new presence. Rows come back in the order of their keys."""
        kept: dict[str, str] = getattr(self, "_kept", {})
        for row in self.presence.dirty_rows():
            if row.value is None:
                kept.pop(row.epc, None)
            else:
                kept[row.epc] = row.value
        self._kept = kept
        self.presence = new_presence(type(self.presence))
        self.presence.restore(TagRow(epc, kept[epc]) for epc in sorted(kept))


def said(events: Iterable[PresenceEvent]) -> list[str]:
    """Return events as words: "arrived a floor", "moved a floor>back", "departed a floor silence"."""
    words = []
    for event in events:
        zone = PLACES[event.place].zone
        match event:
            case Arrived(came_back=True):
                words.append(f"came back {event.epc} {zone}")
            case Arrived():
                words.append(f"arrived {event.epc} {zone}")
            case Moved():
                words.append(f"moved {event.epc} {PLACES[event.from_place].zone}>{zone}")
            case Departed():
                words.append(f"departed {event.epc} {zone} {event.cause}")
    return words
