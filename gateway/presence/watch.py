"""Which zones are being watched, and for how long: the clock that silence is measured on. Pure.

Rules:
- A reader is proven alive from one proof of life to the next, if they are no further apart than
  `silent_after_ns`. What lies between two proofs further apart counts as blindness.
- A place is watched while every one of its readers is. Its clock runs only then, and only up to
  the last proof: a reader that dies never lends its tags a second of silence.
"""

from dataclasses import dataclass

from gateway.presence.model import Place, PlaceId


@dataclass(slots=True)
class ReaderWatch:
    """The proofs of life of one reader. `proven_ns` 0: none yet in this run of the gateway."""

    silent_after_ns: int
    run_start_ns: int = 0
    proven_ns: int = 0
    lost: bool = False

    def proof(self, at_ns: int) -> None:
        """Take note of a proof; one that is not newer than the last changes nothing."""
        if at_ns <= self.proven_ns:
            return
        if self.lost or self.proven_ns == 0 or at_ns - self.proven_ns > self.silent_after_ns:
            self.run_start_ns = at_ns
            self.lost = False
        self.proven_ns = at_ns

    def is_alive(self, now_ns: int) -> bool:
        """Return whether the reader proved its life lately."""
        return not self.lost and self.proven_ns != 0 and now_ns - self.proven_ns <= self.silent_after_ns


@dataclass(slots=True)
class PlaceWatch:
    """The watched time of one place, in ns of its own clock."""

    place: Place
    readers: tuple[ReaderWatch, ...]
    clock_ns: int = 0
    counted_to_ns: int = 0

    def advance(self) -> int:
        """Bring the clock up to the last proof of all readers; return it."""
        run_start = 0
        proven = 0
        for reader in self.readers:
            if reader.proven_ns == 0 or reader.lost:
                return self.clock_ns
            run_start = max(run_start, reader.run_start_ns)
            proven = reader.proven_ns if proven == 0 else min(proven, reader.proven_ns)
        self.counted_to_ns = max(self.counted_to_ns, run_start)
        if proven > self.counted_to_ns:
            self.clock_ns += proven - self.counted_to_ns
            self.counted_to_ns = proven
        return self.clock_ns

    def is_watched(self, now_ns: int) -> bool:
        """Return whether every reader of the place is alive; a place without readers never is."""
        return bool(self.readers) and all(reader.is_alive(now_ns) for reader in self.readers)

    def watched_since_ns(self) -> int:
        """Return when the present run of all readers began."""
        return max((reader.run_start_ns for reader in self.readers), default=0)


class Watch:
    """All readers and places of a site."""

    def __init__(self, places: tuple[Place, ...], silent_after_ns: dict[str, int], settle_ns: int) -> None:
        self._settle_ns = settle_ns
        self.readers = {reader: ReaderWatch(silent) for reader, silent in silent_after_ns.items()}
        self.places: dict[PlaceId, PlaceWatch] = {
            place.id: PlaceWatch(place, tuple(self.readers[r] for r in place.readers)) for place in places
        }
        self._places_of = {
            reader: tuple(watch for watch in self.places.values() if reader in watch.place.readers)
            for reader in self.readers
        }

    def proof(self, reader: str, at_ns: int) -> None:
        """Take a proof in; the clocks of the reader's places run on at once.

        A broker that was away hands over minutes in one pass: a read in the middle of them is timed by the
        clock as it was then, or the whole of the pass would look like its silence.
        """
        self.readers[reader].proof(at_ns)
        for watch in self._places_of[reader]:
            watch.advance()

    def is_settled(self, place: PlaceId, now_ns: int) -> bool:
        """Return whether a place is watched, and has been for at least the settling time."""
        watch = self.places[place]
        return watch.is_watched(now_ns) and now_ns - watch.watched_since_ns() >= self._settle_ns
