"""A sold piece is nobody's business: its reads are counted by the day, and nothing else of them is kept anywhere."""

import pytest

from gateway.kpis.figures import figures_of
from gateway.presence.absent import CANDIDATE_NS, GONE_SOLD, SOLD, Absent
from gateway.presence.chunks import decode
from gateway.storage.ports import Snapshot
from readers.observations import Read
from tests.support.small_site import STORE, S, SmallShop, epc

TEE = epc("TEE", 7)
OTHERS = [epc("TEE", n) for n in range(3)]
WEEK_S = 7 * 86_400


def sold(by_name: bool = True) -> SmallShop:
    """Return a shop in which one tee was on the floor, sold, and carried out."""
    shop = SmallShop()
    shop.run(120, TEE, *OTHERS)
    if by_name:
        assert shop.tell("sale", sku="TEE", epc=TEE) == "applied"
    shop.run(20, TEE, antenna=3)
    shop.run(5, *OTHERS)
    return shop


def later(shop: SmallShop, seconds: int) -> None:
    """Let much time pass in a few passes."""
    for _ in range(3):
        shop.now += seconds // 3 * S
        shop.live(shop.now)
    shop.run(60, *OTHERS)


def worn(shop: SmallShop, seconds: int = 3_600, reader: str = "front") -> tuple[int, int]:
    """A customer walks about in the sold piece for so long; return when that began and ended, ns."""
    began_ns = shop.now
    shop.run(seconds, TEE, *OTHERS, reader=reader, every=10)
    return began_ns, shop.now


def texts_of(shop: SmallShop, tag: str) -> list[str]:
    """Return everything that was handed over to be kept and names a tag: rows, snapshots, movements, alerts."""
    kept = [f"{row.part} {row.key} {row.value}" for row in shop.rows.values()]
    kept += [str(movement) for movement in shop.movements]
    kept += [str(alert) for alert in shop.alerts.values()]
    kept += [str(snapshot_times(snapshot, tag)) for snapshot in shop.snapshots.values()]
    return [text for text in kept if tag in text]


def snapshot_times(snapshot: Snapshot, tag: str) -> list[tuple[str, int, int]]:
    """Return a tag in a snapshot with its times."""
    tags = decode(snapshot.body)
    times = zip(tags.epcs, tags.changed_ns.tolist(), tags.last_ns.tolist(), strict=True)
    return [(name, changed_ns, last_ns) for name, changed_ns, last_ns in times if name == tag]


def numbers_in(text: str) -> list[int]:
    """Return the whole numbers in a text that may be times of the shop in ns."""
    words = "".join(character if character.isdigit() else " " for character in text).split()
    return [int(word) for word in words if len(word) == 19]


def test_a_customer_who_comes_back_wearing_it_is_not_followed() -> None:
    """An hour on the floor a week later: no stock, no movement, no time of it, neither in memory nor on disk."""
    shop = sold()
    later(shop, WEEK_S)
    movements, levels = len(shop.movements), shop.levels("TEE")
    began_ns, ended_ns = worn(shop)
    assert shop.levels("TEE") == levels
    assert [m for m in shop.movements[movements:] if m.epc == TEE] == []
    assert shop.engine.state.presence.place_of(TEE) is None
    assert (shop.engine.state.presence.last_seen_ns(TEE) or 0) < began_ns
    kept = [at_ns for text in texts_of(shop, TEE) for at_ns in numbers_in(text)]
    assert kept
    assert not [at_ns for at_ns in kept if began_ns <= at_ns <= ended_ns]


def test_only_their_number_is_kept_by_the_day() -> None:
    """One count per store and day, without the tag."""
    shop = sold()
    later(shop, WEEK_S)
    before = figures_of(shop.engine.state.kpis.stores[STORE].whole()).reads_of_sold
    worn(shop, 600)
    found = figures_of(shop.engine.state.kpis.stores[STORE].whole()).reads_of_sold
    assert found - before == 60
    rows = [text for (part, _), row in shop.rows.items() if part == "kpi" and (text := row.value)]
    assert rows
    assert not [text for text in rows if TEE in text]


def test_nor_in_another_store_of_the_gateway() -> None:
    """Bought in Lyon, worn in Paris: it is no new piece there."""
    shop = sold()
    later(shop, WEEK_S)
    worn(shop, 600, reader="paris")
    assert TEE not in shop.engine.state.tags_of.get(("paris-1", "TEE"), set())
    assert figures_of(shop.engine.state.kpis.stores["paris-1"].whole()).reads_of_sold == 60


@pytest.mark.parametrize("reader", ["front", "paris"])
def test_an_opened_return_brings_it_back_at_once(reader: str) -> None:
    """From then on it is stock, in the store of its sale or in another."""
    shop = sold()
    later(shop, WEEK_S)
    store = {"front": "lyon-1", "paris": "paris-1"}[reader]
    assert shop.tell("return", sku="TEE", epc=TEE, store=store) == "applied"
    shop.run(30, TEE, *OTHERS, reader=reader)
    assert TEE in shop.engine.state.tags_of["paris-1" if reader == "paris" else STORE, "TEE"]


@pytest.mark.parametrize("kind", ["receive", "count"])
def test_a_receipt_or_a_count_that_names_it_makes_it_stock_again(kind: str) -> None:
    """It was sold, came back by another way, and is for sale once more."""
    shop = sold()
    later(shop, WEEK_S)
    assert shop.tell(kind, sku="TEE", epc=TEE, zone="floor") == "applied"
    shop.run(30, TEE, *OTHERS)
    assert TEE in shop.engine.state.tags_of[STORE, "TEE"]
    assert shop.levels("TEE") == {"floor": 4}


def test_it_is_not_followed_after_a_restart() -> None:
    """What was sold is known again; what was read of it since is not."""
    shop = sold()
    later(shop, WEEK_S)
    worn(shop, 60)
    shop.restart(shop.now)
    levels = shop.levels("TEE")
    worn(shop, 2_400)
    assert shop.levels("TEE") == levels


def test_a_piece_that_never_left_after_its_sale_is_stock_again() -> None:
    """The till named the wrong tag: half an hour of reads that never stop say so."""
    shop = SmallShop()
    shop.run(120, TEE, *OTHERS)
    shop.tell("sale", sku="TEE", epc=TEE)
    worn(shop, 1_900)
    assert TEE in shop.engine.state.tags_of[STORE, "TEE"]


def test_reads_with_a_pause_are_of_a_piece_that_left() -> None:
    """After ten minutes without a read nothing that is read counts, however long it goes on."""
    tag = Absent(GONE_SOLD, changed_ns=S)
    assert not tag.read(1, 60 * S, 1, passes=False, arrive_reads=2)
    gone_ns = 60 * S + CANDIDATE_NS + S
    assert not any(tag.read(1, gone_ns + n * 10 * S, 1, passes=False, arrive_reads=2) for n in range(1_000))
    assert (tag.reads, tag.last_ns) == (1, 0)


@pytest.mark.parametrize("state", sorted(SOLD))
def test_when_a_sold_tag_was_read_is_never_noted_where_it_is_written_down(state: int) -> None:
    """`last_ns` is what rows and snapshots hold."""
    tag = Absent(state, changed_ns=S, last_ns=S)
    tag.read(1, 300 * S, 1, passes=False, arrive_reads=2)
    assert tag.last_ns == S


def test_a_recording_is_spared_reads_that_say_nothing() -> None:
    """Replayed, it comes to the same: they changed nothing."""
    shop = sold()
    later(shop, WEEK_S)
    reads = [Read("front", 1, tag, shop.now, shop.now, -60) for tag in (TEE, *OTHERS)]
    assert [read.epc for read in shop.engine.recordable(reads) if isinstance(read, Read)] == OTHERS
