"""The interface of presence, whatever the rule behind it: events out, commands in. Pure.

A place is a zone of a store, numbered once by the site (`PlaceId`), so that the hot path compares
integers. Rules never see a wall clock: every call bears its time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from readers.counts import StageCounts

PlaceId = int
DepartureCause = Literal["exit", "silence", "told", "sale"]
Phase = Literal["prior", "learning", "learned"]
"""How well a zone's readers are known: by general experience alone, by some reads of it, by enough."""


@dataclass(frozen=True, slots=True)
class Place:
    """A zone of a store, with the devices that must all live for its silence to mean anything."""

    id: PlaceId
    store: str
    zone: str
    role: str
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A tag is believed here that was not in any store. `came_back`: it had departed before."""

    epc: str
    place: PlaceId
    at_ns: int
    came_back: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A tag is believed in another place, maybe of another store."""

    epc: str
    place: PlaceId
    from_place: PlaceId
    at_ns: int


@dataclass(frozen=True, slots=True)
class Departed:
    """A tag is believed gone. `at_ns` when we came to believe it, `last_seen_ns` its last read."""

    epc: str
    place: PlaceId
    at_ns: int
    last_seen_ns: int
    cause: DepartureCause


@dataclass(frozen=True, slots=True)
class ItemBelief:
    """What is believed of one tag. `p_present`: it is in the store; `p_place`: it is in `place`.

    `place` is where it is believed (hysteresis and all), None where it is believed in no zone.
    """

    epc: str
    place: PlaceId | None
    p_place: float
    p_present: float
    last_seen_ns: int | None


PresenceEvent = Arrived | Moved | Departed


@dataclass(frozen=True, slots=True)
class TagRow:
    """What must survive a restart of one tag of a store, as the rule's own text; None: the store forgets it."""

    store: str
    bucket: int
    epc: str
    value: str | None


@dataclass(frozen=True, slots=True)
class TagChunk:
    """All that must survive of a bucket of a store, in place of all rows of it that were written before."""

    store: str
    bucket: int
    body: bytes


@dataclass(frozen=True, slots=True)
class LeavingEvidence:
    """What speaks for a tag having left: when it was read last, at all and where pieces rest; in how many
    epochs a till or exit read it (`passing`) since the last in which only a place to rest did; and the
    log-likelihood of its silence, if it were still here (0: just read; -10: hardly here).
    """

    epc: str
    place: PlaceId
    passing: int
    last_seen_ns: int
    last_rest_ns: int
    silence: float


class Presence(Protocol):
    """A belief about every tag. One owner calls it; it never blocks.

    Order of a pass: any number of `proof` and `observe`, then `advance`, then `drain`.
    """

    counts: StageCounts

    def proof(self, reader: str, at_ns: int) -> None:
        """A reader proved that it could see at `at_ns`."""
        ...

    def lost(self, reader: str) -> None:
        """A reader said that it is gone: its zones are unwatched at once."""
        ...

    def observe(self, epc: str, place: PlaceId, at_ns: int, rssi_dbm: float | None, count: int) -> None:
        """A tag answered in a place. O(1)."""
        ...

    def depart(self, epc: str, at_ns: int, store_name: str | None = None, *, is_sold: bool = False) -> bool:
        """A till or a person (of `store_name`) says that this very tag left; return whether it was believed present.

        `is_sold`: to a customer, whom nobody follows.
        """
        ...

    def depart_sold(self, epc: str, at_ns: int, p_left: float, *, at_till: bool) -> None:
        """A sale of its article fits this tag best, with `p_left`: believe it gone until it is read again;
        one `at_till`, until it goes on being read when the customer must be gone.
        """
        ...

    def hint(self, store: str, epc: str, p_leaving: float) -> None:
        """A sale may be this tag's: from now on it heads for the exit in each epoch with this chance."""
        ...

    def expect(self, epc: str, at_ns: int) -> None:
        """A return names this very tag: its next reads bring it back at once."""
        ...

    def advance(self, now_ns: int) -> None:
        """Time passed: epochs that are over move the belief."""
        ...

    def drain(self) -> list[PresenceEvent]:
        """Return what changed since the last drain, in order."""
        ...

    def place_of(self, epc: str) -> PlaceId | None:
        """Return where a tag is believed to be; None where it is not believed present."""
        ...

    def last_seen_ns(self, epc: str) -> int | None:
        """Return the time of a tag's newest read; None where it was never read (since the restart)."""
        ...

    def item(self, epc: str) -> ItemBelief | None:
        """Return what is believed of a tag; None where nothing is known of it."""
        ...

    def leaving(self, epc: str) -> LeavingEvidence | None:
        """Return what speaks for a present tag having left; None where it is not believed present."""
        ...

    def is_watched(self, place: PlaceId, now_ns: int) -> bool:
        """Return whether a place is seen now, and has been for long enough to be known."""
        ...

    def coverage(self, place: PlaceId) -> float:
        """Return how much of a place's antennas could see in the last epoch, 0..1."""
        ...

    def phase(self, place: PlaceId) -> Phase:
        """Return how far a place's read rates are learned: prior, learning, learned."""
        ...

    def dirty_rows(self) -> list[TagRow]:
        """Return the rows that changed since the last call, for the store."""
        ...

    def restore(self, rows: Iterable[TagRow]) -> None:
        """Take up the rows of an earlier life. Time spent down is not silence."""
        ...
