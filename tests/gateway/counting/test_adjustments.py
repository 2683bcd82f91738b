"""Single corrections: compare and swap, against what is read, down to the journal on disk."""

from contextlib import closing
from pathlib import Path

import pytest

from gateway.counting.adjustments import adjustment_of
from gateway.counting.model import Adjustment
from gateway.movements import MovementKind
from gateway.storage.ports import Commit
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from tests.support.counting_shop import CountingShop, code
from tests.support.small_site import STORE, epc


@pytest.mark.parametrize(("change", "levels"), [
    ({"delta": -2, "zone": "floor"}, {"floor": 3}),
    ({"set_to": 7, "zone": "floor"}, {"floor": 7}),
    ({"delta": 3, "zone": "back", "change_from": 0}, {"floor": 5, "back": 3}),
    ({"delta": 2}, {"floor": 5, "back": 2}),
    ({"set_to": 0}, {}),
])  # fmt: skip
def test_a_level_is_what_was_said(change: dict[str, object], levels: dict[str, int]) -> None:
    """Of a zone or of the store, by pieces more or by what there are; one movement tells of it."""
    shop = CountingShop(TOTE=5)
    made = shop.adjusted("TOTE", **({"change_from": 5} | change))
    shop.wait()
    assert shop.levels("TOTE") == levels
    last = shop.movements[-1]
    assert (last.kind, last.cause, last.ref) == (MovementKind.ADJUSTED, "adjustment", made.id)
    shop.check_laws()


def test_what_is_another_by_now_is_not_touched() -> None:
    """The number that the caller did not know of is told, and nothing is done, for a zone and for the store."""
    shop = CountingShop(TOTE=5)
    for zone, current in (("floor", 5), ("back", 0), (None, 5)):
        refused = shop.adjust("TOTE", 4, delta=-1, zone=zone)
        assert (code(refused), refused.current) == ("stale_quantity", current)  # type: ignore[union-attr]  # refused
    assert code(shop.adjust("TOTE", 5, delta=-6, zone="floor")) == "below_zero"
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 5}


def test_a_correction_of_tags_by_number_holds_until_one_falls_silent() -> None:
    """One of three is damaged and goes on being read: two, for good; then its tag is gone, and it still is two."""
    shop = CountingShop()
    shop.settle_within(60)
    tees = [epc("TEE", n) for n in range(1, 4)]
    shop.run(60, *tees)
    shop.adjusted("TEE", 3, delta=-1, zone="floor", reason="damaged")
    shop.run(300, *tees)
    assert shop.levels("TEE") == {"floor": 2}
    shop.restart(shop.now)
    shop.settle_within(60)
    shop.run(3_000, *tees[:2], every=20)
    assert shop.levels("TEE") == {"floor": 2}
    assert shop.engine.state.presence.place_of(tees[2]) is None
    line = shop.engine.state.ledger.line(STORE, "TEE")
    assert line is not None
    assert not line.corrections
    shop.check_laws()


def test_a_sale_after_a_correction_takes_its_own_piece() -> None:
    """One was corrected away, one is sold and leaves by its tag: of three one is left."""
    shop = CountingShop()
    tees = [epc("TEE", n) for n in range(1, 4)]
    shop.run(60, *tees)
    shop.adjusted("TEE", 3, delta=-1, zone="floor", reason="damaged")
    shop.tell("sale", epc=tees[0])
    shop.run(60, *tees[1:])
    assert shop.levels("TEE") == {"floor": 1}
    shop.adjusted("TEE", 1, delta=1, zone="floor", reason="found")
    shop.run(60, *tees[1:])
    assert shop.levels("TEE") == {"floor": 2}
    shop.check_laws()


def test_the_very_tags_depart_or_are_where_they_were_found() -> None:
    """By EPC: out of presence at once, and in again where somebody holds it."""
    shop = CountingShop()
    tees = [epc("TEE", n) for n in range(1, 4)]
    shop.run(60, *tees)
    made = shop.adjusted("TEE", 3, delta=-2, zone="floor", reason="theft", epcs=tuple(tees[:2]))
    shop.run(20, tees[2])
    assert shop.levels("TEE") == {"floor": 1}
    assert [(m.kind, m.epc) for m in shop.movements if m.ref == made.id] == [
        (MovementKind.ADJUSTED, tees[0]),
        (MovementKind.ADJUSTED, tees[1]),
    ]
    shop.adjusted("TEE", 0, delta=1, zone="back", reason="found", epcs=(tees[0],))
    shop.run(5, tees[2])
    assert shop.levels("TEE") == {"floor": 1, "back": 1}
    for change_from, refused in ((1, {"delta": -1, "zone": "floor", "epcs": (tees[0],)}),
                                 (1, {"delta": 1, "zone": "floor", "epcs": (tees[2],)}),
                                 (1, {"delta": -1, "zone": "floor", "epcs": (epc("JEANS", 1),)})):  # fmt: skip
        assert code(shop.adjust("TEE", change_from, **refused)) == "tags_elsewhere"
    shop.check_laws()


def test_a_scale_that_counts_one_too_many_is_corrected_until_it_does_not() -> None:
    """The shelf says four, a person three: three; when the shelf is empty, none, and no correction is left."""
    shop = CountingShop()
    shop.weigh(1_500 + 4 * 420, 60)
    assert shop.levels("CANDLE") == {"floor": 4}
    shop.adjusted("CANDLE", 4, delta=-1, zone="floor")
    shop.weigh(1_500 + 4 * 420, 60)
    assert shop.levels("CANDLE") == {"floor": 3}
    shop.weigh(1_500, 60)
    assert shop.levels("CANDLE").get("floor", 0) == 0
    line = shop.engine.state.ledger.line(STORE, "CANDLE")
    assert line is not None
    assert not line.corrections
    shop.check_laws()


def test_the_journal_on_disk_lists_them_newest_first(tmp_path: Path) -> None:
    """With reason, reference and note as they were given; other movements are no adjustments."""
    shop = CountingShop(TOTE=5)
    made = [
        shop.adjusted("TOTE", 5 - n, delta=-1, zone="floor", reason="lost", reference=f"R{n}", note="a; b")
        for n in range(3)
    ]
    shop.wait()
    with closing(SqliteStore.open(tmp_path / STORE_FILE, synchronous="OFF")) as store:
        store.commit(Commit(shop.now, movements=shop.movements))
        first = store.adjustments(STORE, None, 2)
        rest = store.adjustments(STORE, first[-1].seq, 2)
        assert store.adjustments("paris-1", None, 2) == []
    found = [adjustment_of(STORE, entry.seq, entry.movement) for entry in (*first, *rest)]
    assert [(a.id, a.reference, a.note, a.zones) for a in found] == [
        (m.id, m.reference, "a; b", (("floor", -1),)) for m in reversed(made)
    ]
    assert all(isinstance(a, Adjustment) and a.reason == "lost" for a in found)
