"""A small chain for tests of presence: its places, its readers, and short words to feed it with. Pure."""

from collections.abc import Iterable
from random import Random

from gateway.presence.belief import BeliefPresence
from gateway.presence.model import Arrived, Departed, Moved, Place, PresenceEvent, TagChunk, TagRow
from gateway.presence.rule import BeliefRule
from gateway.presence.tail import LEAST_TAIL
from gateway.presence.watch import Watch

S = 1_000_000_000
HOUR = 3_600 * S
T0 = 1_800_000_000 * S
"""The shops open, at the start of an epoch."""
EPOCH_S = 5
EPOCH = EPOCH_S * S
FLOOR, WALL, BACK, TILL, EXIT, PARIS = range(6)
PLACES = (
    Place(FLOOR, "lyon-1", "floor", "floor", ("front",)),
    Place(WALL, "lyon-1", "wall", "floor", ("side",)),
    Place(BACK, "lyon-1", "back", "back_room", ("rear",)),
    Place(TILL, "lyon-1", "till", "till", ("front",)),
    Place(EXIT, "lyon-1", "exit", "exit", ("front",)),
    Place(PARIS, "paris-1", "floor", "floor", ("paris",)),
)
READERS = ("front", "side", "rear", "paris")
ANTENNAS = (
    ("front", 1, FLOOR, False),
    ("front", 2, TILL, False),
    ("front", 3, EXIT, False),
    ("side", 1, WALL, False),
    ("rear", 1, BACK, False),
    ("paris", 1, PARIS, False),
)
SILENT_AFTER = 30 * S
RULE = BeliefRule(
    epoch_ns=EPOCH,
    grace_ns=1 * S,
    late_ns=120 * S,
    in_above=0.6,
    out_below=0.1,
    move_above=0.75,
    arrive_reads=2,
)


def new_presence(least_tail: int = LEAST_TAIL) -> BeliefPresence:
    """Return a presence that knows no tag."""
    watch = Watch(PLACES, dict.fromkeys(READERS, SILENT_AFTER), 60 * S)
    return BeliefPresence(PLACES, ANTENNAS, watch, RULE, least_tail)


class PresenceShop:
    """A presence and its clock: `now` in ns. Readers prove their lives each epoch, dead ones never."""

    def __init__(self, seed: int = 1) -> None:
        self.presence = new_presence()
        self.now = T0
        self.dead: set[str] = set()
        self.unplugged: set[str] = set()
        self.lying: dict[str, tuple[int, float]] = {}
        self.is_busy = False
        self.events: list[PresenceEvent] = []
        self._random = Random(seed)
        self._rows: dict[tuple[str, int, str], TagRow] = {}
        self._chunks: dict[tuple[str, int], TagChunk] = {}
        self.presence.advance(self.now)

    def read(self, epc: str, place: int = FLOOR, *, ago_s: float = 0, rssi: float | None = -60) -> None:
        """A tag answers, now or some seconds ago."""
        self.presence.observe(epc, place, self.now - round(ago_s * S), rssi, 1)

    def live(self, seconds: int) -> list[PresenceEvent]:
        """Let time pass by epochs, while tags answer the antennas of where they lie; return what changed."""
        before = len(self.events)
        for _ in range(-(-seconds // EPOCH_S)):
            self.now += EPOCH
            self._hear()
            for reader in READERS:
                if reader not in self.dead:
                    self.presence.proof(reader, self.now)
            self.take()
        return self.events[before:]

    def _hear(self) -> None:
        """Have each tag answer in this epoch as its chance is, a few seconds before its end."""
        mute = self.dead | self.unplugged
        for epc, (place, chance) in self.lying.items():
            if self._random.random() < chance and PLACES[place].readers[0] not in mute:
                self.read(epc, place, ago_s=self._random.uniform(1, 4.9))

    def take(self) -> list[PresenceEvent]:
        """Bring presence up to now (an epoch waits a moment for late reads); return what changed.

        While the gateway `is_busy`, all waits.
        """
        if self.is_busy:
            return []
        self.presence.advance(self.now + RULE.grace_ns)
        events = self.presence.drain()
        self.events += events
        return events

    def put(self, *epcs: str, place: int = FLOOR, chance: float = 0.8) -> None:
        """Lay tags down where an antenna reads them with a chance per epoch."""
        self.lying |= dict.fromkeys(epcs, (place, chance))

    def take_away(self, *epcs: str) -> None:
        """Take tags out of every antenna's sight."""
        for epc in epcs:
            del self.lying[epc]

    def fill(self, place: int = FLOOR, tags: int = 60) -> list[str]:
        """Lay a crowd of well-read tags into a place; return them."""
        crowd = [f"C{place}{n:06X}" for n in range(tags)]
        self.put(*crowd, place=place)
        return crowd

    def restart(self) -> None:
        """Give what was written down to a new presence. Rows come back in the order of their keys."""
        self.keep()
        self.presence = new_presence()
        self.presence.restore([self._rows[key] for key in sorted(self._rows)], self._chunks.values())

    def keep(self) -> list[TagRow]:
        """Write down what changed, as a store does; return its rows."""
        rows, chunks = self.presence.written()
        self._rows |= {(row.store, row.bucket, row.epc): row for row in rows}
        for chunk in chunks:
            self._chunks[chunk.store, chunk.bucket] = chunk
            covered = [key for key in self._rows if key[:2] == (chunk.store, chunk.bucket)]
            for key in covered:
                del self._rows[key]
        return rows


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
