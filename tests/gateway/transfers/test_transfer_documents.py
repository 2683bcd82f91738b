"""A transfer with a paper: its pieces are in one store, or on their way, and never in two."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.deliveries.model import DocumentRefused
from gateway.reservations.model import LineAsked, NewReservation, Reservation
from gateway.transfers import book as books
from gateway.transfers.model import Transfer, TransferQuery, transfer_json, transfer_of
from tests.support.delivery_shop import ACTOR, ALL, OTHER, DeliveryShop
from tests.support.small_site import STORE, S, epc

TEES = tuple(epc("TEE", n) for n in range(1, 5))
DAY = 86_400 * S


def a_shop() -> DeliveryShop:
    """Return a shop with four tees that are read on the floor, and five totes."""
    shop = DeliveryShop()
    shop.run(60, *TEES)
    shop.tell("receive", sku="TOTE", qty=5)
    shop.live(shop.now)
    assert (shop.pieces("TEE"), shop.pieces("TOTE")) == (4, 5)
    return shop


def refused(outcome: object) -> str:
    """Return the code of a refusal."""
    assert isinstance(outcome, DocumentRefused), outcome
    return outcome.code


def everywhere(shop: DeliveryShop, sku: str) -> int:
    """Return the pieces in both stores and between them."""
    return shop.pieces(sku) + shop.pieces(sku, OTHER) + shop.answer(sku, OTHER).incoming


STEPS = st.permutations(["tag", "scan", "restart", "tag", "scan", "wait"])


@given(steps=STEPS, named=st.booleans())
@settings(max_examples=20, deadline=None)
def test_two_tagged_pieces_go_over_once_whatever_is_told_first(steps: list[str], named: bool) -> None:
    """Read there, scanned in there, or both, in any order, with a restart between: two pieces go, and two come."""
    shop = a_shop()
    sent = shop.send(("TEE", 2, TEES[:2])) if named else shop.send(("TEE", 2))
    assert (shop.pieces("TEE"), shop.pieces("TEE", OTHER), shop.answer("TEE", OTHER).incoming) == (2, 0, 2)
    going = list(TEES[:2])
    for step in steps:
        if step == "tag":
            shop.run(15, going.pop(0), reader="paris")
        elif step == "scan":
            shop.tell("receive", sku="TEE", store=OTHER)
            shop.live(shop.now)
        elif step == "restart":
            shop.restart(shop.now)
        else:
            shop.run(30, *TEES[2:])
        assert everywhere(shop, "TEE") == 4, (step, steps)
    assert (shop.pieces("TEE"), shop.pieces("TEE", OTHER), shop.answer("TEE", OTHER).incoming) == (2, 2, 0)
    assert shop.transfer(sent.id).state == "received"
    shop.check_laws()


@given(steps=st.lists(st.sampled_from(["scan", "restart", "hand", "hand"]), max_size=5))
@settings(max_examples=20, deadline=None)
def test_counted_pieces_go_over_once(steps: list[str]) -> None:
    """Scanned in one by one, the rest by hand; by hand twice is by hand once."""
    shop = a_shop()
    sent, scans = shop.send(("TOTE", 3)), 0
    for step in steps:
        if step == "scan" and shop.transfer(sent.id).is_open:
            shop.tell("receive", sku="TOTE", store=OTHER)
            shop.live(shop.now)
            scans += 1
        elif step == "restart":
            shop.restart(shop.now)
        elif step == "hand":
            done = shop.receive_transfer(sent.id)
            assert isinstance(done, Transfer)
            assert done.state == "received"
        assert everywhere(shop, "TOTE") == 5
        assert shop.transfer(sent.id).arrived == shop.pieces("TOTE", OTHER)
    assert shop.transfer(sent.id).arrived == (3 if "hand" in steps else min(scans, 3))
    shop.check_laws()


def test_tagged_pieces_received_by_hand_are_confirmed_by_their_tags() -> None:
    """One was read, the other is said to be there: then it is read too, and nothing is counted again."""
    shop = a_shop()
    sent = shop.send(("TEE", 2, TEES[:1]))
    shop.run(15, TEES[1], reader="paris")
    assert (shop.transfer(sent.id).state, shop.transfer(sent.id).arrived) == ("partly_received", 1)
    shop.receive_transfer(sent.id)
    assert (shop.pieces("TEE", OTHER), shop.answer("TEE", OTHER).incoming) == (2, 0)
    shop.run(15, TEES[0], reader="paris")
    assert (everywhere(shop, "TEE"), shop.transfer(sent.id).arrived) == (4, 2)
    shop.check_laws()


@pytest.mark.parametrize("named", [True, False])
def test_a_transfer_told_after_its_pieces_were_seen_moves_nothing_twice(named: bool) -> None:
    """The lorry was faster than the paper: the piece is there, once, and nothing is left on its way."""
    shop = a_shop()
    shop.run(20, TEES[0], reader="paris")
    assert (shop.pieces("TEE"), shop.pieces("TEE", OTHER)) == (3, 1)
    sent = shop.send(("TEE", 2, TEES[:1])) if named else shop.send(("TEE", 2))
    assert (shop.pieces("TEE"), shop.pieces("TEE", OTHER), shop.answer("TEE", OTHER).incoming) == (2, 1, 1)
    assert shop.transfer(sent.id).arrived == 1
    shop.run(20, TEES[1], reader="paris")
    assert (everywhere(shop, "TEE"), shop.transfer(sent.id).state) == (4, "received")
    shop.check_laws()


def test_reserved_pieces_do_not_leave_unless_they_are_forced() -> None:
    """The shortfall says what is free; forced, they leave all the same, and once."""
    shop = a_shop()
    asked = NewReservation((STORE,), (LineAsked("TOTE", 4),), "web")
    held = shop.engine.desk.reserve("r1", asked, shop.now)
    assert isinstance(held, Reservation)
    shop.live(shop.now)
    made = shop.request(("TOTE", 2))
    desk = shop.transfer_desk
    found = desk.send(made.id, ALL, ACTOR, shop.now, force=False)
    assert isinstance(found, DocumentRefused)
    assert (found.code, [(s.sku, s.requested, s.obtainable) for s in found.shortfalls]) == (
        "insufficient_availability", [("TOTE", 2, 1)]
    )  # fmt: skip
    assert (shop.pieces("TOTE"), shop.transfer(made.id).state) == (5, "requested")
    forced = desk.send(made.id, ALL, ACTOR, shop.now, force=True)
    assert isinstance(forced, Transfer)
    shop.live(shop.now)
    assert (shop.pieces("TOTE"), shop.answer("TOTE", OTHER).incoming) == (3, 2)
    assert desk.send(made.id, ALL, ACTOR, shop.now, force=False) == forced
    assert shop.pieces("TOTE") == 3


def test_what_never_comes_is_the_difference() -> None:
    """Two weeks after it was sent it is incoming no more; closing it says so at once, and what comes then is new."""
    shop = a_shop()
    late, closed = shop.send(("TOTE", 1)), shop.send(("TOTE", 2))
    late_ns = 14 * DAY
    assert late.difference(shop.now, late_ns) == 0
    shop.tell("receive", sku="TOTE", store=OTHER)
    shop.live(shop.now)
    done = shop.transfer_desk.end(closed.id, "closed", ALL, ACTOR, shop.now)
    assert isinstance(done, Transfer)
    shop.live(shop.now)
    assert (shop.transfer(late.id).state, shop.answer("TOTE", OTHER).incoming) == ("received", 0)
    assert (done.state, done.missing, done.difference(shop.now, late_ns)) == ("closed", 2, 2)
    again = shop.send(("TOTE", 1))
    shop.now += late_ns + S
    shop.live(shop.now)
    shop.restart(shop.now)
    assert (shop.transfer(again.id).state, shop.answer("TOTE", OTHER).incoming) == ("sent", 0)
    assert shop.transfer(again.id).difference(shop.now, late_ns) == 1
    shop.receive_transfer(again.id)
    assert (shop.transfer(again.id).state, shop.pieces("TOTE", OTHER)) == ("received", 2)
    shop.check_laws()


def test_its_life_has_an_order() -> None:
    """Not received before it is sent, not cancelled after, and each step again is the same step."""
    shop = a_shop()
    desk, made = shop.transfer_desk, shop.request(("TOTE", 1))
    assert refused(desk.receive(made.id, None, ALL, ACTOR, shop.now)) == "wrong_state"
    assert refused(desk.end(made.id, "closed", ALL, ACTOR, shop.now)) == "wrong_state"
    cancelled = desk.end(made.id, "cancelled", ALL, ACTOR, shop.now)
    assert desk.end(made.id, "cancelled", ALL, ACTOR, shop.now) == cancelled
    assert refused(desk.send(made.id, ALL, ACTOR, shop.now, force=False)) == "wrong_state"
    sent = shop.send(("TOTE", 1))
    assert refused(desk.end(sent.id, "cancelled", ALL, ACTOR, shop.now)) == "wrong_state"
    assert refused(desk.receive(sent.id, "cellar", ALL, ACTOR, shop.now)) == "unknown_zone"
    assert [entry.action for entry in shop.audited] == [
        "transfers.request", "transfers.cancel", "transfers.request", "transfers.send"
    ]  # fmt: skip


def test_each_store_has_its_own_part() -> None:
    """The store that gives sends, the one that gets receives; a third store sees nothing."""
    shop = a_shop()
    desk, made = shop.transfer_desk, shop.request(("TOTE", 1))
    giver, taker, third = frozenset({STORE}), frozenset({OTHER}), frozenset({"nice-1"})
    assert refused(desk.send(made.id, third, ACTOR, shop.now, force=False)) == "unknown_transfer"
    assert refused(desk.send(made.id, taker, ACTOR, shop.now, force=False)) == "forbidden_store"
    assert isinstance(desk.send(made.id, giver, ACTOR, shop.now, force=False), Transfer)
    assert refused(desk.receive(made.id, None, giver, ACTOR, shop.now)) == "forbidden_store"
    assert refused(desk.end(made.id, "closed", giver, ACTOR, shop.now)) == "forbidden_store"
    assert isinstance(desk.receive(made.id, None, taker, ACTOR, shop.now), Transfer)


def test_the_book_is_bounded_and_lists_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open ones are refused beyond the bound, closed ones are let go, on disk too."""
    monkeypatch.setattr(books, "MAX_OPEN", 3)
    monkeypatch.setattr(books, "MAX_CLOSED", 1)
    shop = a_shop()
    ids = [shop.request(("TOTE", 1)).id for _ in range(3)]
    first = shop.transfer(ids[0])
    with pytest.raises(AssertionError, match="too_many_open"):
        shop.request(("TOTE", 1))
    book, found, before = shop.engine.state.transfers, [], None
    while page := book.find(TransferQuery((OTHER,), ("requested",), before, 2)):
        found += [transfer.id for transfer in page]
        before = page[-1].created_ns, page[-1].id
    assert found == ids[::-1]
    for one in ids:
        shop.transfer_desk.end(one, "cancelled", ALL, ACTOR, shop.now)
        shop.live(shop.now)
    shop.restart(shop.now)
    assert [shop.engine.state.transfers.get(one) is not None for one in ids] == [False, False, True]
    assert {key for part, key in shop.rows if part == "transfer"} == {ids[2]}
    assert transfer_of(transfer_json(first)) == first
    assert transfer_of(transfer_json(replace(first, ending="closed", closed_ns=3))).state == "closed"
