"""What the stream tells: subjects as they read, and snapshots of all of them, a part at a time. Pure.

    last given out ─┐
    shown before ───┼─▶ a subject as it reads now, encoded once for all ─▶ a client's snapshot, part by part ─▶ its end
    the gateway ────┘

A snapshot bears no ids until its end, so that a client that is cut before begins anew; the id of its end is that
of its beginning, so that one cut right after it is given all that changed meanwhile.
"""

from collections import OrderedDict
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.changes.subscription import Subscription

PART_SUBJECTS = 500
"""Subjects of a part: about 200 kB, which is sent before the next part is made."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What changed, encoded: `key` is its identity (a newer frame of it replaces an older one).

    `banded`: the same in bands, for those who may not see quantities; None where there is no such form.
    """

    key: str
    type: str
    store: str
    sku: str | None
    data: bytes
    banded: bytes | None = None


Maker = Callable[[], Subject]


class Present(Protocol):
    """The gateway as it is now."""

    def size(self, wanted: Subscription) -> int:
        """Return how many subjects `subjects` yields, at most; at little cost."""
        ...

    def subjects(self, wanted: Subscription) -> Iterator[tuple[str, Maker]]:
        """Yield the key of each subject asked for, and what makes it; what comes up meanwhile may be missing."""
        ...


class Nothing:
    """A present of which nothing is known."""

    def size(self, wanted: Subscription) -> int:
        """Return 0."""
        del wanted
        return 0

    def subjects(self, wanted: Subscription) -> Iterator[tuple[str, Maker]]:
        """Yield nothing."""
        del wanted
        yield from ()


class Shown:
    """Subjects that were in a snapshot and did not change since: made once for all clients, at most `most`."""

    def __init__(self, most: int) -> None:
        self.present: Present = Nothing()
        self._most = most
        self._subjects: OrderedDict[str, Subject] = OrderedDict()

    def __len__(self) -> int:
        return len(self._subjects)

    def subject(self, key: str, make: Maker, last: Mapping[str, Subject]) -> tuple[Subject, bool]:
        """Return a subject as it reads now, and whether it was made for it."""
        known = last.get(key) or self._subjects.get(key)
        if known is not None:
            return known, False
        made = self._subjects[key] = make()
        if len(self._subjects) > self._most:
            self._subjects.popitem(last=False)
        return made, True

    def pop(self, key: str) -> Subject | None:
        """Return what was shown of a subject, and forget it: it is given out as a change from now on."""
        return self._subjects.pop(key, None)


class Snapshot:
    """One client's snapshot. `fill` makes the next part, `take` gives it; `end_id` is the id of its beginning."""

    def __init__(self, items: Iterator[tuple[str, Maker]], end_id: str, *, is_banded: bool) -> None:
        self._items = items
        self._end_id = end_id
        self._is_banded = is_banded
        self._ready: list[bytes] = []
        self._told = 0
        self._is_made = False

    @property
    def is_over(self) -> bool:
        """Return whether all of it was taken."""
        return self._is_made and not self._ready

    @property
    def waits(self) -> bool:
        """Return whether its next part is to be made."""
        return not self._is_made and not self._ready

    def fill(
        self, most: int, subject: Callable[[str, Maker], tuple[Subject, bool]], changed: Container[str]
    ) -> int:
        """Make the next part; return how many subjects had to be made for it, at most `most`.

        `changed`: keys of what the client is told after the snapshot anyhow.
        """
        made = 0
        while made < most and len(self._ready) < PART_SUBJECTS:
            item = next(self._items, None)
            if item is None:
                self._is_made = True
                end = f'id: {self._end_id}\nevent: snapshot\ndata: {{"subjects":{self._told}}}\n\n'
                self._ready.append(end.encode())
                break
            if item[0] in changed:
                continue
            found, is_new = subject(*item)
            made += is_new
            data = found.banded if self._is_banded else found.data
            if data is not None:
                self._ready.append(b"event: %b\ndata: %b\n\n" % (found.type.encode(), data))
                self._told += 1
        return made

    def take(self) -> bytes:
        """Return the part that is made; empty where none is."""
        part = b"".join(self._ready)
        self._ready.clear()
        return part
