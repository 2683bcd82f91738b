"""Chunks of tags beside rows of text: whatever the order of changes, chunks and crashes, a start finds the same."""

from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.absent import GONE_MEMORY_NS
from gateway.presence.belief import BeliefPresence
from gateway.presence.buckets import BUCKETS, bucket_of
from gateway.presence.chunks import SUM_BYTES, BadChunk, decode, encode, without
from gateway.presence.model import TagChunk, TagRow
from gateway.presence.row_text import write_rows
from gateway.presence.tail import CHUNKS_PER_PASS, LEAST_TAIL, TAIL_SHARE, Tail
from tests.support.presence_shop import (
    BACK,
    EPOCH,
    EXIT,
    FLOOR,
    PARIS,
    PLACES,
    READERS,
    RULE,
    T0,
    WALL,
    PresenceShop,
    new_presence,
)

EPCS = tuple(epc for n in range(3_000) if bucket_of(epc := f"3034257BF7194E4{n:09X}") < 4)[:12]
"""Tags of four buckets, so that each chunk has several."""
LEAST = 3
Key = tuple[str, int]


def known(presence: BeliefPresence) -> dict[tuple[str, str], object]:
    """Return all that is kept of each tag of each store, to the last bit."""
    kept: dict[tuple[str, str], object] = {}
    for name, store in presence.stores.items():
        columns = store.columns
        for epc, row in columns.index.items():
            numbers = (columns.state, columns.place, columns.last_zone, columns.changed_ns, columns.last_ns, columns.home_ns,
                       columns.p_gone, columns.saved_quality, columns.bucket)  # fmt: skip
            kept[name, epc] = (
                *(column[row].item() for column in numbers),
                *columns.states[row].tolist(),
                *columns.p_zone[row].tolist(),
            )
        for epc, tag in store.absent.tags.items():
            kept[name, epc] = replace(tag)
    return kept


class Kept:
    """A presence, what a store holds of it, and what a store without chunks would hold."""

    def __init__(self) -> None:
        self.presence = new_presence(LEAST)
        self.now = T0
        self.rows: dict[tuple[str, int, str], TagRow] = {}
        self.chunks: dict[Key, TagChunk] = {}
        self.rows_alone: dict[tuple[str, str], TagRow] = {}
        self.presence.advance(self.now)

    def live(self) -> None:
        """Let an epoch pass."""
        self.now += EPOCH
        for reader in READERS:
            self.presence.proof(reader, self.now)
        self.presence.advance(self.now + RULE.grace_ns)
        self.presence.drain()

    def commit(self) -> None:
        """Make what changed durable, at one instant."""
        rows, chunks = self.presence.written()
        self.rows |= {(row.store, row.bucket, row.epc): row for row in rows}
        self.rows_alone |= {(row.store, row.epc): row for row in rows}
        for chunk in chunks:
            at = chunk.store, chunk.bucket
            self.chunks[at] = chunk
            self.rows = {key: row for key, row in self.rows.items() if key[:2] != at}
            self.rows_alone = {
                key: row for key, row in self.rows_alone.items() if (row.store, row.bucket) != at
            }
            store = self.presence.stores[chunk.store]
            epcs = [e for e in (*store.columns.index, *store.absent.tags) if bucket_of(e) == chunk.bucket]
            self.rows_alone |= {(row.store, row.epc): row for row in write_rows(chunk.store, store, epcs)}

    def restart(self) -> None:
        """Lose all that was not committed; check that chunks and rows tell what rows alone would."""
        again, plain = new_presence(LEAST), new_presence(LEAST)
        again.restore([self.rows[key] for key in sorted(self.rows)], self.chunks.values())
        plain.restore([self.rows_alone[key] for key in sorted(self.rows_alone)])
        assert known(again) == known(plain)
        assert again.clones == plain.clones
        self.presence = again


TAGS, SPOTS = st.sampled_from(EPCS), st.sampled_from([FLOOR, WALL, BACK, EXIT, PARIS])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), TAGS, SPOTS),
        st.tuples(st.just("crowd"), st.integers(0, len(EPCS)), SPOTS),
        st.tuples(st.just("sell"), TAGS, st.just(FLOOR)),
        st.tuples(st.just("return"), TAGS, st.just(FLOOR)),
        st.tuples(
            st.sampled_from(["live", "commit", "commit", "restart", "month"]), st.just(""), st.just(FLOOR)
        ),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_chunks_and_rows_tell_what_rows_alone_would(steps: list[tuple[str, str | int, int]]) -> None:
    """Any order of reads, sales, returns, months, commits (with chunks among them) and crashes."""
    kept = Kept()
    for word, what, place in steps:
        presence, epc = kept.presence, str(what)
        if word == "read":
            for _ in range(RULE.arrive_reads):
                presence.observe(epc, place, kept.now, -60.0, 1)
        elif word == "crowd":
            for one in EPCS[: int(what)]:
                presence.observe(one, place, kept.now, -60.0, RULE.arrive_reads)
        elif word == "sell":
            presence.depart(epc, kept.now, PLACES[place].store)
        elif word == "return":
            presence.expect(epc, kept.now)
        elif word == "live":
            kept.live()
        elif word == "commit":
            kept.commit()
        elif word == "month":
            kept.now += GONE_MEMORY_NS
            kept.live()
        else:
            kept.restart()
    kept.commit()
    kept.restart()


def test_a_shop_in_chunks_is_the_shop_that_it_was() -> None:
    """Every tag is where it was, present, gone or sold, though hardly a row is left; and lives on like that."""
    shop = PresenceShop()
    shop.presence = new_presence(least_tail=0)
    shop.presence.advance(shop.now)
    for place, tags in ((FLOOR, 120), (BACK, 60), (PARIS, 40)):
        shop.fill(place, tags)
    shop.live(1_200)
    shop.presence.depart("C0000001", shop.now)
    gone = "C0000002"
    shop.take_away(gone)
    while shop.presence.place_of(gone) is not None:
        shop.live(60)
    for _ in range(3 * BUCKETS // CHUNKS_PER_PASS):
        shop.keep()
    assert len(shop._rows) < 10
    before = {epc: shop.presence.place_of(epc) for epc in shop.lying}
    shop.restart()
    assert {epc: shop.presence.place_of(epc) for epc in shop.lying} == before
    shop.events.clear()
    shop.live(300)
    assert {event.epc for event in shop.events} <= {"C0000001"}


def test_a_clone_comes_back_in_both_stores() -> None:
    """One EPC is read in two stores at once: a restart keeps it in both, and flagged."""
    shop = PresenceShop()
    for _ in range(30):
        shop.read("3034CC", FLOOR)
        shop.read("3034CC", PARIS)
        shop.live(5)
    lyon, paris = shop.presence.stores["lyon-1"], shop.presence.stores["paris-1"]
    assert "3034CC" in shop.presence.clones
    assert "3034CC" in lyon.columns.index and "3034CC" in paris.columns.index  # noqa: PT018 - one fact
    shop.restart()
    assert shop.presence.clones == {"3034CC"}
    assert all("3034CC" in store.columns.index for store in shop.presence.stores.values())


def test_the_tail_stays_short_and_no_pass_writes_much() -> None:
    """However the changes fall, rows beyond the bound are taken into chunks, two a pass."""
    tail, rng = Tail(["lyon-1", "paris-1"]), np.random.default_rng(1)
    tags = 100_000
    for bucket in rng.integers(0, BUCKETS, 20_000).tolist():
        tail.grew("paris-1", bucket)
    passes = 0
    while due := tail.due(tags):
        assert len(due) <= CHUNKS_PER_PASS
        passes += 1
    assert tail.rows.sum() <= LEAST_TAIL + tags / TAIL_SHARE
    assert 100 < passes <= BUCKETS


def chunk_of(shop: PresenceShop, bucket: int) -> bytes:
    """Return a chunk of the shop in Lyon as it is now."""
    return shop.presence._chunk("lyon-1", bucket)


@pytest.fixture(scope="module")
def body() -> bytes:
    """Return a chunk with present and absent tags."""
    shop = PresenceShop()
    for epc in EPCS:
        shop.put(epc, chance=1)
    shop.live(30)
    for epc in EPCS[::2]:
        shop.presence.depart(epc, shop.now)
    shop.live(5)
    return chunk_of(shop, bucket_of(EPCS[0]))


def test_a_chunk_reads_back_as_it_was_written(body: bytes) -> None:
    """Column by column; and so does one without the tags that newer rows tell of."""
    tags = decode(body)
    assert encode(tags) == body
    rest = without(tags, {tags.epcs[0]})
    assert rest.epcs == tags.epcs[1:]
    assert rest.present == tags.present - 1
    assert without(tags, {"3034AA"}) is tags
    assert encode(decode(encode(rest))) == encode(rest)


def summed(body: bytes) -> bytes:
    """Return bytes with the sum that belongs to them."""
    return body + crc32(body).to_bytes(SUM_BYTES)


@pytest.mark.parametrize("cut", [0, 1, 10, 40, 100])
def test_a_damaged_chunk_is_refused(body: bytes, cut: int) -> None:
    """Cut short, of another version, or noise: never an empty shop."""
    with pytest.raises(BadChunk):
        decode(body[: len(body) - cut - 1])
    with pytest.raises(BadChunk):
        decode(body[:cut] + bytes([body[cut] ^ 1]) + body[cut + 1 :])
    with pytest.raises(BadChunk, match="version 2"):
        decode(summed(body[:-SUM_BYTES].replace(b"[1,", b"[2,", 1)))
    with pytest.raises(BadChunk):
        decode(summed(body[: -SUM_BYTES - cut - 1]))
    with pytest.raises(BadChunk):
        decode(b"\x00" * cut)


def test_zones_go_by_name(body: bytes) -> None:
    """The site numbers its zones anew, or one is no more: its tags are left out, all others are taken up."""
    presence = new_presence()
    bucket = bucket_of(EPCS[0])
    changed = summed(body[:-SUM_BYTES].replace(b'"floor"', b'"attic"', 1))
    presence.restore([], [TagChunk("lyon-1", bucket, changed)])
    assert not presence.stores["lyon-1"].columns.index
    assert len(presence.stores["lyon-1"].absent.tags) == len(decode(body).epcs) - decode(body).present
    presence = new_presence()
    presence.restore([], [TagChunk("nice-2", bucket, body), TagChunk("lyon-1", bucket, body)])
    assert len(presence.stores["lyon-1"].columns.index) == decode(body).present
