"""Snapshots of the stream: all there is, then what changes, without a gap or a double, bounded and made once for all."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.changes.feed
import gateway.changes.snapshots
from gateway.changes.feed import MADE_AT_ONCE, Feed
from gateway.changes.snapshots import Subject
from gateway.changes.subscription import Subscription
from gateway.storage.ports import Committed
from tests.support.virtual_loop import run_virtual

ALL = Subscription(snapshot=True)
SKUS = "abcde"


class Shop:
    """Articles with pieces, told by a feed as a gateway does; `made` counts how often each was encoded for a snapshot."""

    def __init__(self, pieces: dict[str, int]) -> None:
        self.pieces = dict(pieces)
        self.made: Counter[str] = Counter()
        self.changes: Counter[str] = Counter()
        self.nudges = 0
        self.version = 0
        self.feed = Feed("j", 0)
        self.feed.show(self, self._nudged)

    def _nudged(self) -> None:
        self.nudges += 1

    def size(self, wanted: Subscription) -> int:
        return len(self.pieces)

    def subjects(self, wanted: Subscription) -> Iterator[tuple[str, Callable[[], Subject]]]:
        for sku in list(self.pieces):
            if wanted.wants("availability", "lyon-1", sku):
                yield f"a|{sku}", partial(self._made, sku)

    def _made(self, sku: str) -> Subject:
        self.made[sku] += 1
        return self.subject(sku)

    def subject(self, sku: str) -> Subject:
        """Return how an article reads now; more than two pieces are OK."""
        pieces = self.pieces[sku]
        data = json.dumps([sku, pieces]).encode()
        return Subject(f"a|{sku}", "availability", "lyon-1", sku, data, b"OK" if pieces > 2 else b"LOW")

    def pass_(self, *touched: str, **changes: int) -> None:
        """Do a pass: stock changes, is committed and told, also what was touched and reads as before."""
        self.changes.update(sku for sku, pieces in changes.items() if self.pieces.get(sku) != pieces)
        self.pieces |= changes
        subjects = [self.subject(sku) for sku in sorted({*touched, *changes})]
        self.version += 1
        self.feed.publish(subjects, Committed((), self.version))
        self.feed.settle()


class Client:
    """What a client of the stream knows: by article, what it was told, how often, and its last id."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self._frames = frames
        self.told: list[tuple[str, int]] = []
        self.subjects: int | None = None
        self.last_id: str | None = None
        self._reading: asyncio.Task[bytes | None] | None = None

    async def read(self) -> None:
        """Take what is there now."""
        if got := await self.frames():
            self._take(got)

    async def frames(self) -> bytes | None:
        """Return the frames that are there now."""
        self._reading = self._reading or asyncio.create_task(self._next())
        done, _ = await asyncio.wait((self._reading,), timeout=0.001)
        if not done:
            return None
        self._reading = None
        return done.pop().result()

    async def _next(self) -> bytes | None:
        return await anext(self._frames, None)

    def close(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()

    def _take(self, got: bytes) -> None:
        for frame in got.decode().split("\n\n")[:-1]:
            fields = dict(line.split(": ", 1) for line in frame.split("\n"))
            self.last_id = fields.get("id", self.last_id)
            if fields["event"] == "snapshot":
                self.subjects = json.loads(fields["data"])["subjects"]
            elif fields["event"] == "availability":
                sku, pieces = json.loads(fields["data"])
                self.told.append((sku, pieces))

    @property
    def known(self) -> dict[str, int]:
        """Return what the client shows."""
        return dict(self.told)


@contextlib.asynccontextmanager
async def client(feed: Feed, wanted: Subscription = ALL, last: str | None = None) -> AsyncIterator[Client]:
    """Give a client of the feed."""
    async with feed.subscribe(wanted, last) as frames:
        one = Client(frames)
        try:
            yield one
        finally:
            one.close()


async def all_of(shop: Shop, *clients: Client) -> None:
    """Let passes come and clients read until nothing is left to tell."""
    for _ in range(40):
        shop.pass_()
        for one in clients:
            await one.read()


def test_a_snapshot_is_all_there_is_then_its_end_then_changes() -> None:
    """Each subject once; ids begin with the end, which says how many there were."""

    async def main() -> None:
        shop = Shop({"a": 1, "b": 2})
        shop.pass_(b=3)
        async with shop.feed.subscribe(ALL, None) as frames:
            shop.pass_()
            got = await anext(frames)
            assert got == (
                b'event: availability\ndata: ["a", 1]\n\nevent: availability\ndata: ["b", 3]\n\n'
                b'id: j:1\nevent: snapshot\ndata: {"subjects":2}\n\n'
            )
            shop.pass_(a=0)
            assert await anext(frames) == b'id: j:3\nevent: availability\ndata: ["a", 0]\n\n'

    run_virtual(main())


def test_nothing_is_told_before_it_is_on_disk() -> None:
    """A part is made between two passes alone: the client waits for the next, which is asked for."""

    async def main() -> None:
        shop = Shop({"a": 1})
        async with client(shop.feed) as waiting:
            assert shop.nudges == 1
            await waiting.read()
            assert waiting.told == []
            shop.pass_()
            await waiting.read()
            assert waiting.told == [("a", 1)]

    run_virtual(main())


def test_what_is_told_to_many_is_made_once() -> None:
    """A hundred clients, one encoding of each subject; what was given out as a change is not made at all."""

    async def main() -> None:
        shop = Shop({"a": 1, "b": 2})
        shop.pass_(b=3)
        async with contextlib.AsyncExitStack() as streams:
            clients = [await streams.enter_async_context(client(shop.feed)) for _ in range(100)]
            await all_of(shop, *clients)
            assert all(one.told == [("a", 1), ("b", 3)] and one.subjects == 2 for one in clients)
        assert shop.made == {"a": 1}

    run_virtual(main())


def test_what_reads_as_in_the_snapshot_is_not_told_again() -> None:
    """An article that was touched and never given out before: news to those who follow, none to who has it."""

    async def main() -> None:
        shop = Shop({"a": 1})
        async with client(shop.feed) as one, client(shop.feed, Subscription()) as other:
            await all_of(shop, one, other)
            shop.pass_("a")
            await all_of(shop, one, other)
            assert (one.told, other.told) == ([("a", 1)], [("a", 1)])

    run_virtual(main())


def test_a_large_snapshot_stalls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two passes a bounded number is made; a client that does not read holds one part of it."""
    monkeypatch.setattr(gateway.changes.snapshots, "PART_SUBJECTS", 150)

    async def main() -> None:
        shop = Shop({f"s{n}": n for n in range(1_000)})
        async with client(shop.feed) as one, client(shop.feed) as sleeping:
            for _ in range(30):
                before = shop.made.total()
                shop.pass_()
                assert shop.made.total() - before <= MADE_AT_ONCE
                await one.read()
            assert (one.known, one.subjects) == (shop.pieces, 1_000)
            assert sum(len(s.snapshot._ready) for s in shop.feed._subscribers if s.snapshot) <= 150
            assert sleeping.told == []

    run_virtual(main())


def test_who_is_cut_before_the_end_begins_anew_and_after_it_misses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before the end there is no id to come back with; the end's id is that of the beginning."""
    monkeypatch.setattr(gateway.changes.snapshots, "PART_SUBJECTS", 1)

    async def main() -> None:
        shop = Shop({"a": 1, "b": 2})
        async with client(shop.feed) as cut:
            shop.pass_()
            await cut.read()
            shop.pass_(a=5)
            assert (cut.told, cut.last_id) == ([("a", 1)], None)
            await all_of(shop, cut)
            assert cut.told == [("a", 1), ("b", 2), ("a", 5)]
        async with client(shop.feed, ALL, "j:0") as late:
            await late.read()
            assert late.told == [("a", 5)], "a replay takes the place of a snapshot"
        async with shop.feed.subscribe(ALL, "other:1") as frames:
            assert await anext(frames) == b"event: reset\ndata: {}\n\n", "no id: the snapshot is to come"
            shop.pass_()
            assert b'["a", 5]' in await anext(frames)

    run_virtual(main())


@pytest.mark.parametrize("is_banded", [True, False])
def test_bands_are_told_when_they_change_alone(is_banded: bool) -> None:
    """In full or in bands; a replay leaves out the same."""

    async def main() -> None:
        shop = Shop({"a": 5})
        wanted = Subscription(is_banded=is_banded, on_band=not is_banded, snapshot=True)
        got: list[bytes] = []
        async with client(shop.feed, wanted) as one:
            await one.frames()
            shop.pass_()
            got.append(await one.frames() or b"")
            for pieces in (4, 3, 2, 1, 3):
                shop.pass_(a=pieces)
                got.append(await one.frames() or b"")
        data = re.findall(rb"data: (.*)", b"".join(got))
        full = [b'["a", 5]', b'{"subjects":1}', b'["a", 2]', b'["a", 3]']
        assert data == ([b"OK", b'{"subjects":1}', b"LOW", b"OK"] if is_banded else full)
        async with shop.feed.subscribe(wanted, "j:1") as frames:
            again = re.findall(rb"data: (.*)", await anext(frames))
        assert again == ([b"OK"] if is_banded else [b'["a", 3]'])

    run_virtual(main())


def test_a_caller_of_bands_is_told_of_nothing_without_them() -> None:
    """Not even an alert that slipped through a filter."""

    async def main() -> None:
        feed = Feed("j", 0)
        async with feed.subscribe(Subscription(is_banded=True)) as frames:
            feed.publish([Subject("l|1", "alert", "lyon-1", None, b"secret")], Committed((), 1))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await anext(frames)

    run_virtual(main())


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.dictionaries(st.sampled_from(SKUS), st.integers(0, 5), max_size=3)),
        st.tuples(st.just("touch"), st.sets(st.sampled_from(SKUS[:3]), max_size=2)),
        st.tuples(st.just("read"), st.just({})),
        st.tuples(st.just("cut"), st.just({})),
    ),
    max_size=30,
)


@given(_STEPS, st.booleans(), st.integers(1, 3))
def test_whatever_happens_meanwhile_there_is_no_gap_and_no_double(
    story: list[tuple[str, dict[str, int]]], on_band: bool, part: int
) -> None:
    """Stock that changes, appears, or is touched while a snapshot is told, and a client that is cut and comes back:
    in the end it shows what is there (on=band: a number of the right band), and is told no more often of an
    article than once, and once per change of it.
    """

    async def main() -> None:
        shop = Shop({"a": 1, "b": 2, "c": 3})
        wanted = Subscription(snapshot=True, on_band=on_band)
        known: dict[str, int] = {}
        last: str | None = None
        before_it: Counter[str] = Counter()
        async with contextlib.AsyncExitStack() as streams:
            one = await streams.enter_async_context(client(shop.feed, wanted))
            for what, value in [*story, *[("pass", {}), ("read", {})] * 12]:
                if what == "pass":
                    shop.pass_(**value)
                elif what == "touch":
                    shop.pass_(*value)
                elif what == "read":
                    before = len(one.told)
                    await one.read()
                    known |= dict(one.told[before:])
                    last = one.last_id or last
                else:
                    one = await streams.enter_async_context(client(shop.feed, wanted, last))
                    before_it = Counter() if last else shop.changes.copy()
                told = Counter(sku for sku, _ in one.told)
                assert all(told[sku] <= 1 + shop.changes[sku] - before_it[sku] for sku in told)
        if on_band:
            assert {sku: n > 2 for sku, n in known.items()} == {s: n > 2 for s, n in shop.pieces.items()}
        else:
            assert known == shop.pieces

    with pytest.MonkeyPatch.context() as small:
        small.setattr(gateway.changes.snapshots, "PART_SUBJECTS", part)
        small.setattr(gateway.changes.feed, "MADE_AT_ONCE", part)
        run_virtual(main())
