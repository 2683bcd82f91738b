"""Tags on a real store: rows, snapshots and the rows of the first version, cut off at any byte, tell one instant."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gateway.config.file import parse_catalogue, parse_site
from gateway.engine import Engine
from gateway.kept_tags import KeptTags, lying
from gateway.presence.belief import BeliefPresence
from gateway.presence.buckets import bucket_of
from gateway.presence.tail import Tail
from gateway.site import Site
from gateway.storage.errors import CommitRefused
from gateway.storage.ports import Commit, DeadLetter, Snapshot, StateRow
from gateway.storage.sqlite import SqliteStore
from readers.observations import Read
from simulators.epc import sgtin96

S = 1_000_000_000
NOW = 1_795_255_200 * S
GTINS = ("03012345678902", "04006381333931")
SITE = """
[mqtt]
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "floor", role = "floor" }, { id = "back", role = "back_room" }]
[[readers]]
id = "front"
kind = "impinj"
store = "lyon-1"
topic = "front"
antennas = [{ port = 1, zone = "floor" }, { port = 2, zone = "back" }]
"""
TAGS = [sgtin96(GTINS[n % 2], 7, n) for n in range(40)]


def new_engine(least_tail: int = 10) -> Engine:
    """Return an engine that knows nothing yet, and writes chunks of few rows."""
    catalogue = parse_catalogue(
        f"sku,gtin,name_en,tracked_by\nTEE,{GTINS[0]},Tee,tag\nJEANS,{GTINS[1]},Jeans,tag\n", "articles.csv"
    )
    engine = Engine(Site(parse_site(SITE, "site.toml")), catalogue)
    engine.state.presence._tail = Tail(engine.state.presence.stores, least_tail)
    return engine


def restored(store: SqliteStore, now_ns: int) -> Engine:
    """Return an engine that took up what a store holds."""
    engine = new_engine()
    rows = [row for part in ("item", "tag", "line") for row in store.state_rows(part)]
    engine.restore(rows, store.latest_levels(), now_ns, store.snapshots("item"))
    return engine


def believed(engine: Engine) -> tuple[object, ...]:
    """Return where each tag is believed, what lies where by the ledger, and which are away."""
    presence, ledger = engine.state.presence, engine.state.ledger
    return (
        {epc: presence.place_of(epc) for epc in TAGS},
        {key: dict(ledger.levels(*key)) for key in ledger.line_keys() if ledger.levels(*key)},
        sorted((epc, tag.state) for epc, tag in presence.stores["lyon-1"].absent.tags.items()),
        {key: sorted(epcs) for key, epcs in engine.state.tags_of.items() if epcs},
    )


class Shop:
    """An engine on a store, whose tags wander about."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore.open(path, synchronous="OFF")
        self.engine = new_engine()
        self.now = NOW
        self._rng = Random(1)

    def live(self, tags: int) -> None:
        """Let some tags be read where they go to, and one be sold; make it durable."""
        for epc in self._rng.sample(TAGS, tags):
            reads = [Read("front", self._rng.choice((1, 2)), epc, self.now, self.now, -55.0)] * 3
            self.engine.observe_all(reads, self.now)
        self.engine.state.presence.depart(self._rng.choice(TAGS), self.now)
        self.now += 5 * S
        self.engine.advance(self.now)
        changes = self.engine.drain()
        self.store.commit(
            Commit(
                self.now,
                movements=changes.movements,
                levels=changes.points,
                state=changes.state,
                snapshots=changes.snapshots,
            )
        )


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop on a store of its own."""
    shop = Shop(tmp_path / "storefloor.db")
    yield shop
    shop.store.close()


def test_every_commit_tells_one_instant_wherever_it_is_cut(shop: Shop, tmp_path: Path) -> None:
    """The disk keeps the log up to any byte of a commit with chunks in it: all of it is there, or nothing."""
    log, cut = shop.store.path.with_name("storefloor.db-wal"), tmp_path / "cut" / "storefloor.db"
    cut.parent.mkdir()
    rng, seen = Random(2), []
    for _ in range(12):
        before, begins = believed(shop.engine), log.stat().st_size if log.exists() else 0
        shop.live(tags=15)
        after, ends = believed(shop.engine), log.stat().st_size
        for at in sorted({begins, ends, *(rng.randrange(begins, ends + 1) for _ in range(3))}):
            shutil.copy(shop.store.path, cut)
            cut.with_name("storefloor.db-wal").write_bytes(log.read_bytes()[:at])
            store = SqliteStore.open(cut, synchronous="OFF")
            again = restored(store, shop.now)
            assert again.imbalanced == 0
            assert believed(again) == (after if at == ends else before)
            seen.append(len(list(store.snapshots("item"))))
            store.close()
    assert seen[0] == 0
    assert seen[-1] > 5


def test_a_refused_commit_leaves_snapshots_and_rows_as_they_were(shop: Shop) -> None:
    """What is wrong with a commit comes to light behind its snapshots: nothing of it is there."""
    snapshot = Snapshot("item", "lyon-1/000/", b"one")
    shop.store.commit(
        Commit(1, state=[StateRow("item", "lyon-1/001/A", "1"), StateRow("item", "lyon-1/000/B", "2")])
    )
    wrong = DeadLetter("m", "r", "d", b"", 2**63)
    with pytest.raises(CommitRefused):
        shop.store.commit(Commit(2, snapshots=[snapshot], dead_letters=[wrong]))
    assert list(shop.store.snapshots("item")) == []
    assert len(shop.store.state_rows("item")) == 2
    shop.store.commit(Commit(3, snapshots=[snapshot]))
    assert list(shop.store.snapshots("item")) == [snapshot]
    assert [row.key for row in shop.store.state_rows("item")] == ["lyon-1/001/A"]


def test_snapshots_come_in_order_however_many(shop: Shop) -> None:
    """They are read a few at a time."""
    kept = [Snapshot("item", f"lyon-1/{n:03x}/", bytes([n % 256])) for n in range(100)]
    shop.store.commit(Commit(1, snapshots=[*kept[::-1], Snapshot("other", "lyon-1/000/", b"")]))
    assert list(shop.store.snapshots("item")) == kept


def test_rows_of_the_first_version_are_read_and_taken_into_chunks(shop: Shop) -> None:
    """A store that was just migrated: nothing departs, changes go before the old rows, and those are let go."""
    old = new_engine(least_tail=10**6)
    for n, epc in enumerate(TAGS):
        old.observe_all([Read("front", n % 2 + 1, epc, NOW, NOW, -55.0)] * 3, NOW)
    old.advance(NOW + 6 * S)
    changes = old.drain()
    items = [row for row in changes.state if row.part == "item"]
    assert len(items) == len(TAGS)
    of_old = [StateRow("tag", row.key.split("/")[2], row.value) for row in items]
    lines = [row for row in changes.state if row.part == "line"]
    shop.store.commit(Commit(NOW, levels=changes.points, state=[*of_old, *lines]))
    shop.now = NOW + 60 * S
    shop.engine = restored(shop.store, shop.now)
    assert believed(shop.engine) == believed(old)
    for _ in range(20):
        shop.live(tags=2)
        assert believed(restored(shop.store, shop.now)) == believed(shop.engine)
    assert len(shop.store.state_rows("tag")) < 12
    assert len(list(shop.store.snapshots("item"))) > 20


def test_a_forgotten_tag_leaves_no_row_where_nothing_else_tells_of_it() -> None:
    """A month after it left: its row goes; where a snapshot knows it, a row says that it is forgotten."""
    for least_tail, texts in ((1_000, [None]), (-1, ["null"])):
        engine = new_engine(least_tail)
        presence = engine.state.presence
        presence.depart(TAGS[0], NOW)
        engine.drain()
        presence._tail.rows[0, bucket_of(TAGS[1])] += least_tail < 0
        engine.drain()
        presence._tail = Tail(presence.stores, 1_000)
        presence.advance(NOW + 31 * 86_400 * S)
        rows = [row for row in engine.drain().state if row.part == "item"]
        assert [row.value for row in rows] == texts


def test_articles_in_bulk_are_those_of_each_tag() -> None:
    """SGTINs by the thousand, bound tags, tags of no article: the bulk says what one at a time says."""
    rng = Random(3)
    odd = ["C0FFEE", "30", "30" * 12, "E" * 24]
    epcs = [sgtin96(rng.choice(GTINS), rng.choice((6, 7, 8)), rng.randrange(2**38)) for _ in range(500)] + odd
    engine, single = new_engine(), new_engine()
    bound = epcs[7]
    for one in (engine, single):
        one.state.catalogue._by_epc[bound] = "TEE"
    skus, numbers = engine.state.identifier.articles(epcs)
    assert [skus[number] for number in numbers.tolist()] == [single.state.identifier.tag(epc) for epc in epcs]
    assert engine.state.identifier.articles([])[0] == []


def test_lying_tells_each_tag_once(shop: Shop) -> None:
    """By article and zone, every tag that is believed there."""
    for _ in range(3):
        shop.live(tags=30)
    belief = shop.engine.state.presence.stores["lyon-1"]
    found = [
        (epc, sku, zone) for sku, zone, epcs in lying(belief, shop.engine.state.identifier) for epc in epcs
    ]
    presence: BeliefPresence = shop.engine.state.presence
    assert sorted(epc for epc, _, _ in found) == sorted(e for e in TAGS if presence.place_of(e) is not None)
    for epc, sku, zone in found:
        assert sku == shop.engine.state.identifier.tag(epc)
        assert belief.places[zone].id == presence.place_of(epc)
    assert KeptTags().written(new_engine().state.presence) == ([], [])
