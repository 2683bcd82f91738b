"""Counts over the whole engine: what is compared, who decides, what becomes of stock, alerts and proofs."""

import pytest

from gateway.alerts.records import AlertType
from gateway.counting.model import Tolerance
from gateway.movements import MovementKind
from tests.support.counting_shop import BEN, CountingShop, code, made
from tests.support.small_site import STORE, S, epc


def test_a_count_that_is_right_is_approved_at_once() -> None:
    """Nothing changes, each line is written down as counted, and the day's tally has it as right."""
    shop = CountingShop(TOTE=3)
    count = shop.count("floor")
    assert shop.see(count, sku="TOTE", qty=3, mode="set") == "applied"
    after = shop.done(count, "submit")
    assert (after.state, after.auto) == ("approved", True)
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 3}
    assert [(m.kind, m.cause, m.ref, m.pieces) for m in shop.movements[-1:]] == [
        (MovementKind.COUNTED, "count", count.id, 3)
    ]
    [(_, _, tally)] = shop.engine.state.counting.days(STORE)
    assert (tally.lines, tally.right, tally.off) == (1, 1, 0)
    shop.check_laws()


@pytest.mark.parametrize(("seen", "tolerance", "state"), [
    (4, Tolerance(), "submitted"),
    (4, Tolerance(pieces=1), "approved"),
    (3, Tolerance(pieces=1), "submitted"),
    (3, Tolerance(percent=40), "approved"),
    (6, Tolerance(percent=20), "approved"),
    (7, Tolerance(percent=20), "submitted"),
])  # fmt: skip
def test_the_tolerance_decides_what_needs_a_person(seen: int, tolerance: Tolerance, state: str) -> None:
    """Of five expected, by pieces or by per cent."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor", tolerance=tolerance)
    shop.see(count, sku="TOTE", qty=seen, mode="set")
    assert shop.done(count, "submit").state == state
    shop.wait()
    assert shop.levels("TOTE") == {"floor": seen if state == "approved" else 5}


def test_what_differs_waits_with_an_alert_until_it_is_approved() -> None:
    """Nothing moves before; then the level is what was seen, in one commit, and the alert ends."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=3, mode="set")
    submitted = shop.done(count, "submit")
    assert submitted.state == "submitted"
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 5}
    (alert,) = [a for a in shop.firing() if a.type is AlertType.COUNT_VARIANCE]
    assert (alert.evidence["counts"], alert.evidence["lines"], alert.evidence["pieces"]) == (1, 1, 2)
    approved = shop.done(count, "approve", BEN)
    assert (approved.state, approved.closed_by, approved.auto) == ("approved", "ben", False)
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 3}
    assert not [a for a in shop.firing() if a.type is AlertType.COUNT_VARIANCE]
    shop.check_laws()


def test_what_is_rejected_changes_nothing() -> None:
    """Neither the level nor the proofs; the alert ends."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=3, mode="set")
    shop.done(count, "submit")
    shop.wait()
    before = len(shop.movements)
    assert shop.done(count, "reject", reason="the wrong zone").state == "rejected"
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 5}
    assert len(shop.movements) == before
    assert list(shop.engine.state.counting.days(STORE)) == []
    assert shop.engine.state.calibration.report(STORE) is None
    assert not shop.firing()


def test_steps_are_idempotent_by_state_and_held_against_the_version() -> None:
    """A repeat answers what is; another step from another state is refused."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor")
    assert code(shop.do(count, "approve")) == "count_not_submitted"
    assert code(shop.do(count, "recount", lines=((None, "floor"),))) == "count_not_submitted"
    assert code(shop.do(count, "submit")) == "nothing_counted"
    shop.see(count, sku="TOTE", qty=4, mode="set")
    assert code(shop.do(count, "submit", version=count.version)) == "count_changed"
    submitted = shop.done(count, "submit")
    assert shop.done(count, "submit", version=1) == submitted
    assert shop.see(count, sku="TOTE", qty=4) == "count_not_open"
    assert code(shop.do(count, "approve", version=submitted.version + 1)) == "count_changed"
    approved = shop.done(count, "approve", version=submitted.version)
    shop.wait()
    before = len(shop.movements)
    assert shop.done(count, "approve", version=1) == approved
    assert code(shop.do(count, "cancel")) == "count_over"
    shop.wait()
    assert len(shop.movements) == before


def test_a_second_key_where_the_count_asks_for_it() -> None:
    """Whoever submitted does not approve; another does."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor", second_key=True)
    shop.see(count, sku="TOTE", qty=4)
    shop.done(count, "submit")
    assert code(shop.do(count, "approve")) == "second_key_needed"
    assert shop.done(count, "approve", BEN).state == "approved"


def test_a_zone_is_counted_by_one_count_at_a_time() -> None:
    """While it is open, and while it waits; another zone may be counted beside it."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor", "back")
    assert code(shop.ask(zones=("back",))) == "zone_being_counted"
    assert code(shop.ask()) == "zone_being_counted"
    shop.count("till")
    shop.see(count, sku="TOTE", qty=1)
    shop.done(count, "submit")
    assert code(shop.ask(zones=("floor",))) == "zone_being_counted"
    shop.done(count, "cancel")
    shop.count("floor")


@pytest.mark.parametrize(("asked", "refusal"), [
    ({"store": "nice-9"}, "unknown_store"),
    ({"zones": ("cellar",)}, "unknown_zone"),
    ({"skus": ("TREE",)}, "unknown_sku"),
])  # fmt: skip
def test_a_count_of_what_is_not_there_is_refused(asked: dict[str, object], refusal: str) -> None:
    """Stores, zones and articles must be known."""
    assert code(CountingShop().ask(**asked)) == refusal


def test_entries_are_refused_by_themselves() -> None:
    """Each with its code; a repeat of one that was applied changes nothing."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor", skus=("TOTE",))
    assert shop.see(count, sku="TOTE", zone="back") == "zone_not_counted"
    assert shop.see(count, sku="TREE") == "unknown_sku"
    assert shop.see(count, sku="TEE") == "sku_not_counted"
    assert shop.see(count, entry_id="a", sku="TOTE", qty=2) == "applied"
    assert shop.see(count, entry_id="a", sku="TOTE", qty=2) == "duplicate"
    assert shop.see(count, entry_id="a", sku="TOTE", qty=3) == "entry_id_reused"
    assert shop.lines(count)["TOTE", "floor"].seen == 2


def test_several_people_count_one_line() -> None:
    """Each adds to its own figure, or sets it; together they are what was seen."""
    shop = CountingShop(TOTE=9)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=2, counter="a")
    shop.see(count, sku="TOTE", qty=5, counter="b")
    shop.see(count, sku="TOTE", qty=2, counter="a")
    assert shop.lines(count)["TOTE", "floor"].seen == 9
    shop.see(count, sku="TOTE", qty=3, counter="b", mode="set")
    line = shop.lines(count)["TOTE", "floor"]
    assert (line.seen, line.counters, line.missing) == (7, (("a", 4), ("b", 3)), 2)


def test_what_nobody_counted_in_a_whole_zone_is_not_there() -> None:
    """And in a zone of which a part was gone through, it is left as it is: what was seen there only ever adds."""
    for incomplete, expected in (((), {"TOTE": {"floor": 2}, "TEE": {}}),
                                 (("floor",), {"TOTE": {"floor": 5}, "TEE": {"floor": 2}})):  # fmt: skip
        shop = CountingShop(TOTE=5, TEE=2)
        count = shop.count("floor")
        shop.see(count, sku="TOTE", qty=2)
        after = shop.done(count, "submit", incomplete=incomplete)
        if after.state == "submitted":
            shop.done(count, "approve")
        shop.wait()
        assert {sku: shop.levels(sku) for sku in ("TOTE", "TEE")} == expected
        shop.check_laws()


def test_sales_before_and_after_a_line_is_counted_are_both_right() -> None:
    """Expected is what it was at the moment the line was counted; what moves after it moves on top."""
    shop = CountingShop(TOTE=10)
    count = shop.count("floor")
    shop.tell("sale", sku="TOTE")
    shop.wait()
    shop.see(count, sku="TOTE", qty=8, mode="set")  # one is missing: nine should be there
    shop.wait()
    shop.tell("sale", sku="TOTE")
    shop.tell("receive", sku="TOTE", qty=3, zone="floor")
    shop.wait()
    line = shop.lines(count)["TOTE", "floor"]
    assert (line.expected_at_start, line.expected, line.seen, line.missing) == (10, 9, 8, 1)
    shop.done(count, "submit")
    shop.tell("sale", sku="TOTE")
    shop.wait()
    shop.done(count, "approve")
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 8 - 1 + 3 - 1}
    report = shop.engine.state.calibration.report(STORE)
    assert report is not None
    assert (report.exact.n, report.exact.yes, report.error.mean) == (
        1,
        0,
        1.0,
    )  # ten were answered, nine were there
    shop.check_laws()


def test_a_correction_meanwhile_is_not_made_twice() -> None:
    """A line was found one short; before the approval somebody else corrected it already."""
    shop = CountingShop(TOTE=10)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=9, mode="set")
    shop.done(count, "submit")
    shop.wait()
    shop.adjusted("TOTE", 10, delta=-1, reason="lost", zone="floor")
    shop.wait()
    shop.done(count, "approve")
    shop.wait()
    assert shop.levels("TOTE") == {"floor": 9}


def test_pieces_that_move_while_a_line_is_counted_need_a_person() -> None:
    """Nobody can say whether the sold piece is in what the first of two people saw."""
    shop = CountingShop(TOTE=6)
    count = shop.count("floor", tolerance=Tolerance(pieces=5))
    shop.see(count, sku="TOTE", qty=3, counter="a")
    shop.wait()
    shop.tell("sale", sku="TOTE")
    shop.wait()
    shop.see(count, sku="TOTE", qty=3, counter="b")
    assert shop.lines(count)["TOTE", "floor"].moved_meanwhile == 1
    assert shop.done(count, "submit").state == "submitted"


def test_a_recount_keeps_the_other_lines() -> None:
    """Only what is to be counted again is taken in; what was seen of the others stands."""
    shop = CountingShop(TOTE=5, CANDLE=4)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=3, mode="set")
    shop.see(count, sku="CANDLE", qty=3, mode="set")
    shop.done(count, "submit")
    assert shop.done(count, "recount", lines=(("TOTE", "floor"),)).state == "open"
    assert shop.see(count, sku="CANDLE", qty=4, mode="set") == "not_to_recount"
    assert shop.see(count, sku="TOTE", qty=5, mode="set") == "applied"
    after = shop.done(count, "submit")
    assert after.totals is not None
    assert (after.totals.lines, after.totals.right, after.totals.off) == (2, 1, 1)
    shop.done(count, "approve")
    shop.wait()
    assert (shop.levels("TOTE"), shop.levels("CANDLE")) == ({"floor": 5}, {"floor": 3})


def test_tags_read_in_a_counted_zone_count_themselves() -> None:
    """Read since the start, they are seen; of those that were not, the very tags are told, and depart."""
    shop = CountingShop()
    here, lost = [epc("TEE", n) for n in range(1, 4)], epc("TEE", 4)
    shop.run(60, *here, lost)
    assert shop.levels("TEE") == {"floor": 4}
    count = shop.count("floor", by="rfid")
    shop.run(20, *here)
    line = shop.lines(count)["TEE", "floor"]
    assert (line.seen, line.missing, line.missing_epcs) == (3, 1, (lost,))
    assert shop.done(count, "submit").state == "submitted"
    shop.done(count, "approve")
    shop.wait()
    assert shop.levels("TEE") == {"floor": 3}
    gone = next(m for m in reversed(shop.movements) if m.epc == lost)
    assert (gone.kind, gone.cause, gone.ref) == (MovementKind.DEPARTED, "count", count.id)
    assert shop.engine.state.presence.place_of(lost) is None
    shop.check_laws()


def test_a_tag_that_is_sold_while_the_others_are_counted_is_no_difference() -> None:
    """Seen or not before, by its tag or by its article: expected and seen go down together."""
    for by_tag in (True, False):
        shop = CountingShop()
        tees = [epc("TEE", n) for n in range(1, 5)]
        shop.run(60, *tees)
        count = shop.count("floor", by="rfid")
        shop.run(20, *tees)
        shop.tell("sale", **({"epc": tees[3]} if by_tag else {"sku": "TEE"}))
        shop.run(5, *tees[:3])
        after = shop.done(count, "submit")
        assert (after.state, after.totals and after.totals.off) == ("approved", 0)
        shop.wait()
        assert shop.levels("TEE") == {"floor": 3}
        shop.check_laws()


def test_tags_scanned_by_hand_are_found_where_they_are() -> None:
    """One believed gone is back, one believed elsewhere has moved, with the count as the cause."""
    shop = CountingShop()
    a, b, c = (epc("TEE", n) for n in (1, 2, 3))
    shop.run(60, a)
    shop.run(60, b, reader="rear")
    assert shop.levels("TEE") == {"floor": 1, "back": 1}
    count = shop.count("floor")
    for tag in (a, b, c):
        assert shop.see(count, epc=tag) == "applied"
    line = shop.lines(count)["TEE", "floor"]
    assert (line.seen, line.expected, line.extra_epcs) == (3, 1, tuple(sorted((b, c))))
    shop.done(count, "submit")
    shop.done(count, "approve")
    shop.wait()
    assert shop.levels("TEE") == {"floor": 3}
    causes = {(m.epc, m.kind, m.cause) for m in shop.movements if m.ref == count.id and m.epc}
    assert causes == {(b, MovementKind.MOVED, "count"), (c, MovementKind.ARRIVED, "count")}
    shop.check_laws()


def test_a_number_holds_against_tags_that_go_on_being_read() -> None:
    """Somebody counted two where readers read three: it is two until another count says otherwise."""
    shop = CountingShop()
    shop.settle_within(60)
    tees = [epc("TEE", n) for n in range(1, 4)]
    shop.run(60, *tees)
    count = shop.count("floor")
    shop.see(count, sku="TEE", qty=2, mode="set")
    shop.done(count, "submit")
    shop.done(count, "approve")
    shop.run(300, *tees)
    assert shop.levels("TEE") == {"floor": 2}
    again = shop.count("floor")
    shop.see(again, sku="TEE", qty=3, mode="set")
    shop.done(again, "submit")
    shop.done(again, "approve")
    shop.run(60, *tees)
    assert shop.levels("TEE") == {"floor": 3}
    shop.check_laws()


def test_a_counting_scanner_feeds_the_count_of_its_zone() -> None:
    """And does not count by itself beside it."""
    shop = CountingShop(TOTE=2)
    count = shop.count("floor", by="scanner")
    for _ in range(2):
        shop.scan("counter", "03012345000123")
        shop.wait(3)
    line = shop.lines(count)["TOTE", "floor"]
    assert (line.seen, line.counters) == (2, (("counter", 2),))
    assert shop.done(count, "submit").state == "approved"
    shop.wait(600)
    assert shop.levels("TOTE") == {"floor": 2}
    assert [m.ref for m in shop.movements if m.kind is MovementKind.COUNTED] == [count.id]


def test_a_count_goes_on_after_a_crash() -> None:
    """Open or waiting, with each entry known again, and what moved meanwhile."""
    shop = CountingShop(TOTE=5)
    tees = [epc("TEE", n) for n in range(1, 4)]
    shop.run(60, *tees)
    count = shop.count("floor", by="mixed")
    shop.run(20, *tees[:2])
    shop.see(count, entry_id="a", sku="TOTE", qty=4, mode="set")
    shop.wait()
    before = shop.lines(count)
    shop.restart(shop.now)
    assert shop.lines(count) == before
    assert shop.see(count, entry_id="a", sku="TOTE", qty=4, mode="set") == "duplicate"
    shop.tell("sale", sku="TOTE")
    shop.done(count, "submit")
    shop.wait()
    assert any(a.type is AlertType.COUNT_VARIANCE for a in shop.firing())
    shop.restart(shop.now)
    shop.done(count, "approve")
    shop.wait()
    assert (shop.levels("TOTE"), shop.levels("TEE")) == ({"floor": 3}, {"floor": 2})
    assert not [a for a in shop.firing() if a.type is AlertType.COUNT_VARIANCE]
    shop.restart(shop.now)
    assert shop.session(count).count.state == "approved"
    assert not [key for part, key in shop.rows if part == "counts" and key.startswith("e/")]
    shop.check_laws()


def test_closed_counts_are_kept_for_a_time() -> None:
    """A quarter, and so many of a store; their rows go with them, and the tally of their days stays."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=4, mode="set")
    shop.done(count, "submit")
    shop.done(count, "approve")
    shop.wait()
    shop.now += 91 * 86_400 * S
    shop.tell("receive", sku="CANDLE", zone="floor")
    shop.wait()
    second = shop.count("floor")
    shop.see(second, sku="TOTE", qty=4, mode="set")
    shop.see(second, sku="CANDLE", qty=1, mode="set")
    assert made(shop.do(second, "submit")).state == "approved"
    shop.wait()
    assert shop.engine.state.counting.get(count.id) is None
    assert not [key for part, key in shop.rows if part == "counts" and count.id in key]
    assert len(list(shop.engine.state.counting.days(STORE))) == 2


def test_each_step_stands_in_the_audit_log_with_its_commit() -> None:
    """Who did what to which count; what was refused or repeated is not in it."""
    shop = CountingShop(TOTE=5)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=4, mode="set")
    shop.done(count, "submit")
    shop.done(count, "submit")
    shop.do(count, "recount", lines=(("TOTE", "cellar"),))
    shop.done(count, "approve", BEN)
    made_of = [(entry.action, entry.key_id, entry.subject) for entry in shop.live(shop.now).audited]
    assert made_of == [
        (f"counts.{step}", who, count.id)
        for step, who in (("open", "anne"), ("enter", "anne"), ("submit", "anne"), ("approve", "ben"))
    ]
    shop.adjusted("TOTE", 4, delta=-1, zone="floor")
    assert [entry.action for entry in shop.live(shop.now).audited] == ["adjustments.create"]
