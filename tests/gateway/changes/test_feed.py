"""The stream of changes: nothing missed after a cut, the newest per subject, bounded for the slowest reader."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.changes.feed
from gateway.changes.feed import BEAT, BEAT_EVERY_S, PING, PING_EVERY_S, Feed
from gateway.changes.snapshots import Subject
from gateway.changes.subscription import Subscription
from gateway.storage.ports import Committed
from tests.support.virtual_loop import loop_s, run_virtual

ALL = Subscription()


def subject(sku: str, text: str, *, kind: str = "availability", store: str = "lyon-1") -> Subject:
    """Return what changed of an article (or, with another kind, of something without one)."""
    named = sku if kind == "availability" else None
    return Subject(f"{kind}|{store}|{sku}", kind, store, named, text.encode())


class Reader:
    """A subscriber: reads what waits for it, frame by frame."""

    def __init__(self, frames: AsyncIterator[bytes]) -> None:
        self._frames = frames
        self.last_id: str | None = None

    async def read(self) -> list[str]:
        """Return the data of the frames that wait now (none: nothing waits), and keep the last id."""
        try:
            async with asyncio.timeout(0.001):
                got = await anext(self._frames)
        except (TimeoutError, StopAsyncIteration):
            return []
        ids = re.findall(rb"^id: (.*)$", got, re.MULTILINE)
        self.last_id = ids[-1].decode() if ids else self.last_id
        return [text.decode() for text in re.findall(rb"^data: (.*)$", got, re.MULTILINE)]


@contextlib.asynccontextmanager
async def reading(
    feed: Feed,
    wanted: Subscription = ALL,
    last: str | None = None,
) -> AsyncIterator[Reader]:
    """Give a subscriber of the feed."""
    async with feed.subscribe(wanted, last) as frames:
        yield Reader(frames)


def commit(feed: Feed, version: int, *subjects: Subject) -> None:
    """Publish what a commit changed."""
    feed.publish(subjects, Committed((), version))


def test_a_frame_is_one_server_sent_event() -> None:
    """id, event and data, each on its line, ended by an empty one."""

    async def main() -> None:
        feed = Feed("abc", 7)
        async with feed.subscribe(ALL) as frames:
            commit(feed, 8, subject("TEE", '{"a":1}'))
            assert await anext(frames) == b'id: abc:8\nevent: availability\ndata: {"a":1}\n\n'

    run_virtual(main())


def test_what_reads_as_before_is_not_given_out() -> None:
    """An article that was touched and answers the same is no news."""

    async def main() -> None:
        feed = Feed("abc", 0)
        async with reading(feed) as reader:
            commit(feed, 1, subject("TEE", "5"))
            assert await reader.read() == ["5"]
            commit(feed, 2, subject("TEE", "5"), subject("JEANS", "1"))
            assert await reader.read() == ["1"]

    run_virtual(main())


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ({}, ["tee", "jeans", "paris", "alert"]),
        ({"stores": frozenset({"lyon-1"})}, ["tee", "jeans", "alert"]),
        ({"skus": frozenset({"TEE"})}, ["tee", "paris", "alert"]),
        ({"types": frozenset({"alert"})}, ["alert"]),
        ({"stores": frozenset({"paris-1"}), "types": frozenset({"availability"})}, ["paris"]),
        ({"stores": frozenset({"nice-1"})}, []),
    ],
)
def test_a_subscriber_hears_what_it_asked_for(wanted: dict[str, frozenset[str]], heard: list[str]) -> None:
    """By store, article and kind; what bears no article passes the filter of articles."""

    async def main() -> None:
        feed = Feed("abc", 0)
        async with reading(feed, Subscription(**wanted)) as live:
            commit(feed, 1, subject("TEE", "tee"), subject("JEANS", "jeans"), subject("TEE", "paris", store="paris-1"),
                   subject("1", "alert", kind="alert"))  # fmt: skip
            assert await live.read() == heard
        async with reading(feed, Subscription(**wanted), "abc:0") as late:
            assert await late.read() == heard, "a replay is filtered in the same way"

    run_virtual(main())


def test_a_slow_reader_gets_the_newest_of_each_subject() -> None:
    """Steps in between are left out; order is that of the newest."""

    async def main() -> None:
        feed = Feed("abc", 0)
        async with reading(feed) as reader:
            for version in range(1, 6):
                commit(feed, version, subject("TEE", f"tee {version}"))
                if version == 3:
                    commit(feed, version, subject("JEANS", "jeans"))
            assert await reader.read() == ["jeans", "tee 5"]
            assert await reader.read() == []

    run_virtual(main())


def test_after_a_cut_all_that_came_since_is_given_again() -> None:
    """From the last id on, also across commits that the client did not ask for."""

    async def main() -> None:
        feed = Feed("abc", 0)
        async with reading(feed) as reader:
            commit(feed, 1, subject("TEE", "1"))
            await reader.read()
        commit(feed, 2, subject("TEE", "2"))
        commit(feed, 3, subject("JEANS", "3"))
        async with reading(feed, last=reader.last_id) as again:
            assert await again.read() == ["2", "3"]
            assert again.last_id == "abc:3"
        async with reading(feed, last="abc:3") as uptodate:
            assert await uptodate.read() == []

    run_virtual(main())


def test_a_client_cut_in_the_middle_of_a_commit_is_given_all_of_it() -> None:
    """Only the last frame of a commit bears its id."""

    async def main() -> None:
        feed = Feed("abc", 4)
        async with feed.subscribe(ALL) as frames:
            commit(feed, 5, *(subject(f"S{n}", f"{n}") for n in range(3)))
            got = await anext(frames)
        assert re.findall(rb"id: (.*)\n", got) == [b"abc:4", b"abc:4", b"abc:5"]
        async with reading(feed, last="abc:4") as again:
            assert await again.read() == ["0", "1", "2"]

    run_virtual(main())


def test_what_changed_without_a_commit_is_not_missed_either() -> None:
    """A zone came into sight and an answer with it: nothing was written, yet a client that was away learns it."""

    async def main() -> None:
        feed = Feed("abc", 0)
        commit(feed, 1, subject("TEE", "unknown"))
        feed.publish([subject("TEE", "in stock"), subject("1", "online", kind="device")], None)
        feed.publish([subject("1", "silent", kind="device")], None)
        async with reading(feed, last="abc:1") as away:
            assert await away.read() == ["in stock", "silent"]
        commit(feed, 2, subject("JEANS", "3"))
        for last in ("abc:0", "abc:1"):
            async with reading(feed, last=last) as away:
                assert (await away.read())[-3:] == ["in stock", "silent", "3"]
        async with reading(feed, last="abc:2") as uptodate:
            assert await uptodate.read() == []

    run_virtual(main())


@pytest.mark.parametrize(
    "last", ["other:3", "abc:9", "abc:-1", "abc:x", "abc:", "", "abc:" + "9" * 40, "abc:³"]
)
def test_what_cannot_be_replayed_begins_with_a_reset(last: str) -> None:
    """Another journal, a version of the future, or no id at all: load anew, then follow."""

    async def main() -> None:
        feed = Feed("abc", 3)
        async with feed.subscribe(ALL, last) as frames:
            assert await anext(frames) == b"id: abc:3\nevent: reset\ndata: {}\n\n"
            commit(feed, 4, subject("TEE", "4"))
            assert b"data: 4" in await anext(frames)

    run_virtual(main())


def test_what_is_no_longer_kept_begins_with_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frames are kept up to a bound; a client that was away for longer is told so."""
    monkeypatch.setattr(gateway.changes.feed, "KEPT_FRAMES", 10)

    async def main() -> None:
        feed = Feed("abc", 0)
        for version in range(1, 31):
            commit(feed, version, subject(f"S{version}", f"{version}"))
        assert len(feed._kept) == 10
        async with reading(feed, last="abc:20") as near:
            assert await near.read() == [f"{n}" for n in range(21, 31)]
        async with feed.subscribe(ALL, "abc:19") as frames:
            assert b"event: reset" in await anext(frames)

    run_virtual(main())


def test_a_client_that_may_have_missed_a_frame_without_a_commit_begins_with_a_reset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What followed the commit that it saw last is no longer kept, so its id is not enough."""
    monkeypatch.setattr(gateway.changes.feed, "KEPT_FRAMES", 4)

    async def main() -> None:
        feed = Feed("abc", 0)
        commit(feed, 1, subject("TEE", "1"))
        feed.publish([subject("JEANS", "unknown")], None)
        for version in range(2, 6):
            commit(feed, version, subject(f"S{version}", f"{version}"))
        async with feed.subscribe(ALL, "abc:1") as frames:
            assert b"event: reset" in await anext(frames)

    run_virtual(main())


def test_a_reader_that_never_reads_is_closed_and_holds_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past its bound of subjects it is given up, and nothing more is kept for it."""
    monkeypatch.setattr(gateway.changes.feed, "MAX_PENDING", 10)

    async def main() -> None:
        feed = Feed("abc", 0)
        async with feed.subscribe(ALL) as frames:
            for version in range(1, 31):
                commit(feed, version, subject(f"S{version}", f"{version}"))
            (subscriber,) = feed._subscribers
            assert len(subscriber.pending) == 0
            with pytest.raises(StopAsyncIteration):
                await anext(frames)
        assert feed.subscribers == 0

    run_virtual(main())


def test_what_was_told_of_long_ago_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alert is a subject of its own: the memory of what was said last is bounded."""
    monkeypatch.setattr(gateway.changes.feed, "MAX_SUBJECTS", 10)
    feed = Feed("abc", 0)
    for version in range(1, 31):
        commit(feed, version, subject(f"{version}", "fires", kind="alert"))
    assert len(feed._last) == 10


def test_a_quiet_stream_is_pinged() -> None:
    """A comment every fifteen seconds, so that no proxy takes it for dead."""

    async def main() -> None:
        feed = Feed("abc", 0)
        async with feed.subscribe(ALL) as frames:
            assert [await anext(frames), await anext(frames)] == [PING, PING]
            assert 0 < loop_s() <= 2 * PING_EVERY_S

    run_virtual(main())


def test_who_asks_for_beats_hears_one_every_other_second_and_others_none() -> None:
    """Never more than two seconds without a sign of life; where there is news, no beat beside it; pings go on beside."""

    async def main() -> None:
        feed = Feed("abc", 0)
        wanted = replace(ALL, beats=True)
        async with feed.subscribe(ALL) as plain, feed.subscribe(wanted) as frames:
            heard_s = []
            for _ in range(10):
                assert await anext(frames) == BEAT
                heard_s.append(loop_s())
            assert all(0 < after - before <= BEAT_EVERY_S for before, after in pairwise([0.0, *heard_s]))
            commit(feed, 1, subject("TEE", "1"))
            assert b"event: availability" in await anext(frames)
            at_s = loop_s()
            assert await anext(frames) == BEAT
            assert BEAT_EVERY_S / 2 <= loop_s() - at_s <= BEAT_EVERY_S
            assert b"event: availability" in await anext(plain)
            assert await anext(plain) == PING

    run_virtual(main())


def test_a_closed_feed_ends_its_streams() -> None:
    """The gateway stops: clients come back later with their last id."""

    async def main() -> None:
        feed = Feed("abc", 0)
        async with feed.subscribe(ALL) as frames:
            asyncio.get_running_loop().call_later(1, feed.close)
            with pytest.raises(StopAsyncIteration):
                await anext(frames)
            assert feed.subscribers == 1
        assert feed.subscribers == 0

    run_virtual(main())


steps = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=3)),
        st.tuples(st.just("publish"), st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), max_size=3)),
        st.tuples(st.just("read"), st.just([])),
        st.tuples(st.just("cut"), st.just([])),
    ),
    max_size=40,
)  # fmt: skip


@given(steps)
def test_a_client_that_is_cut_again_and_again_ends_with_the_truth(
    story: list[tuple[str, list[tuple[str, int]]]],
) -> None:
    """Whatever is published and whenever the client is cut, what it knows in the end is the newest of each subject."""

    async def main() -> None:
        feed = Feed("abc", 0)
        truth: dict[str, str] = {}
        known: dict[str, str] = {}
        version = 0
        last: str | None = "abc:0"
        async with contextlib.AsyncExitStack() as streams:
            reader = await streams.enter_async_context(reading(feed, last=last))
            for what, changes in [*story, ("cut", []), ("read", [])]:
                now = {sku: f"{sku}{n}" for sku, n in changes}
                subjects = [subject(sku, text) for sku, text in now.items()]
                truth |= now
                if what == "commit":
                    version += 1
                    commit(feed, version, *subjects)
                elif what == "publish":
                    feed.publish(subjects, None)
                elif what == "read":
                    known |= {text[0]: text for text in await reader.read()}
                    last = reader.last_id or last
                else:
                    reader = await streams.enter_async_context(reading(feed, last=last))
        assert known == truth

    run_virtual(main())
