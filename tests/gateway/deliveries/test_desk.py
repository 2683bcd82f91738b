"""What people say of a delivery: announced, changed, received by hand, closed, cancelled, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deliveries import book as books
from gateway.deliveries.model import (
    AmendDelivery,
    Delivery,
    DeliveryQuery,
    DocumentRefused,
    ExpectedLine,
    LineAsked,
    NewDelivery,
    delivery_json,
    delivery_of,
)
from tests.support.delivery_shop import ACTOR, ALL, OTHER, DeliveryShop
from tests.support.small_site import STORE, S, epc

TEES = tuple(epc("TEE", n) for n in range(1, 6))


def refused(outcome: object) -> tuple[str, list[str]]:
    """Return the code of a refusal, and where it points."""
    assert isinstance(outcome, DocumentRefused)
    return outcome.code, [pointer for pointer, _ in outcome.faults]


def test_pieces_received_by_hand_are_in_stock_at_once_or_announced() -> None:
    """Counted ones are there; of tagged ones the tags confirm what was said, and count nothing twice."""
    shop = DeliveryShop()
    shop.run(30)
    one = shop.announce(("TEE", 3, TEES[:1]), ("TOTE", 250))
    shop.run(10, TEES[1], reader="rear")
    assert (shop.arrived(one), shop.pieces("TEE")) == ([1, 0], 1)
    done = shop.receive_all(one)
    assert isinstance(done, Delivery)
    assert (done.state, shop.pieces("TEE"), shop.pieces("TOTE")) == ("received", 3, 250)
    assert (shop.answer("TEE").incoming, shop.answer("TOTE").incoming) == (0, 0)
    shop.restart(shop.now)
    shop.run(20, TEES[0], TEES[2], reader="rear")
    assert shop.pieces("TEE") == 3
    again = shop.receive_all(one)
    assert (again, shop.pieces("TOTE")) == (shop.delivery(one), 250)
    shop.check_laws()


def test_a_delivery_is_changed_as_it_is_known() -> None:
    """Another time, other quantities, another line; not from an old version, nor below what has come."""
    shop = DeliveryShop()
    one = shop.announce(("TOTE", 2), ("TEE", 1, TEES[:1]))
    shop.tell("receive", sku="TOTE")
    shop.live(shop.now)
    known = shop.delivery(one)
    desk = shop.desk

    def amend(version: int, *lines: LineAsked, due_ns: int | None = None) -> object:
        return desk.amend(one, AmendDelivery(version, None, due_ns, lines), ALL, ACTOR, shop.now)

    assert refused(amend(known.version - 1, LineAsked("TOTE", None, 5)))[0] == "document_changed"
    assert refused(amend(known.version, LineAsked("TOTE", None, 0))) == ("invalid_request", ["/lines"])
    due_ns = shop.now + 60 * S
    changed = amend(
        known.version, LineAsked("TOTE", None, 5), LineAsked("JEANS", None, 2), LineAsked("TEE", None, 0), due_ns=due_ns
    )  # fmt: skip
    assert refused(changed) == ("invalid_request", ["/lines"])
    changed = amend(known.version, LineAsked("TOTE", None, 5), LineAsked("JEANS", None, 2), due_ns=due_ns)
    assert isinstance(changed, Delivery)
    assert [(line.sku, line.qty, line.arrived) for line in changed.lines] == [("TOTE", 5, 1), ("TEE", 1, 0), ("JEANS", 2, 0)]  # fmt: skip
    assert (changed.due_ns, changed.version) == (due_ns, known.version + 1)
    shop.live(shop.now)
    shop.restart(shop.now)
    assert shop.delivery(one) == changed
    assert [shop.answer(sku).incoming for sku in ("TOTE", "TEE", "JEANS")] == [4, 1, 2]
    assert amend(changed.version) == changed


def test_a_delivery_ends_once() -> None:
    """Cancelled while nothing came, else closed; asked again it is the same, and nothing else may follow."""
    shop = DeliveryShop()
    partly, whole = shop.announce(("TOTE", 2), in_s=60), shop.announce(("TOTE", 1), in_s=120)
    shop.tell("receive", sku="TOTE")
    shop.live(shop.now)
    desk = shop.desk
    assert refused(desk.end(partly, "cancelled", ALL, ACTOR, shop.now))[0] == "wrong_state"
    closed = desk.end(partly, "closed", ALL, ACTOR, shop.now)
    assert isinstance(closed, Delivery)
    assert (closed.state, closed.closed_ns, shop.answer("TOTE").incoming) == ("closed", shop.now, 1)
    assert desk.end(partly, "closed", ALL, ACTOR, shop.now) == closed
    assert refused(desk.receive(partly, None, ALL, ACTOR, shop.now))[0] == "wrong_state"
    assert (
        refused(desk.amend(partly, AmendDelivery(closed.version), ALL, ACTOR, shop.now))[0] == "wrong_state"
    )
    cancelled = desk.end(whole, "cancelled", ALL, ACTOR, shop.now)
    assert isinstance(cancelled, Delivery)
    assert (cancelled.state, shop.answer("TOTE").status) == ("cancelled", "LIMITED")
    shop.live(shop.now)
    shop.tell("receive", sku="TOTE")
    shop.live(shop.now)
    shop.restart(shop.now)
    assert (shop.arrived(partly), shop.arrived(whole)) == ([1], [0])
    assert [entry.action for entry in shop.audited][-2:] == ["deliveries.close", "deliveries.cancel"]


@pytest.mark.parametrize(
    ("lines", "code", "pointers"),
    [
        ([LineAsked("SOCKS", None, 1)], "unknown_sku", ["/lines/0/sku"]),
        ([LineAsked("TEE", None, 1), LineAsked(None, "04006381333931", 1)], "unknown_sku", ["/lines/1/gtin"]),
        ([LineAsked("TEE", "03012345000017", 1)], "invalid_request", ["/lines/0/gtin"]),
        ([LineAsked("TEE", None, 1, TEES[:2])], "invalid_request", ["/lines/0/epcs"]),
        ([LineAsked("TEE", None, 1, TEES[:1]), LineAsked("TEE", None, 1, TEES[:1])], "invalid_request", ["/lines/1/epcs/0"]),
        ([LineAsked("TEE", None, 1, (epc("JEANS", 1),))], "invalid_request", ["/lines/0/epcs/0"]),
        ([LineAsked("TEE", None, 1_000)] * 21, "invalid_request", ["/lines"]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_line(
    lines: list[LineAsked], code: str, pointers: list[str]
) -> None:
    """Each line that is wrong is named; nothing is expected of any."""
    shop = DeliveryShop()
    asked = NewDelivery(STORE, tuple(lines), shop.now, shop.now)
    assert refused(shop.desk.announce("d", asked, ACTOR, shop.now)) == (code, pointers)
    assert shop.engine.state.deliveries.get("d") is None


def test_another_store_sees_nothing_of_it() -> None:
    """To a key of another store a delivery does not exist."""
    shop = DeliveryShop()
    one, foreign = shop.announce(("TOTE", 2)), frozenset({OTHER})
    desk = shop.desk
    assert refused(desk.end(one, "closed", foreign, ACTOR, shop.now))[0] == "unknown_delivery"
    assert refused(desk.receive(one, None, foreign, ACTOR, shop.now))[0] == "unknown_delivery"
    assert refused(desk.amend(one, AmendDelivery(1), foreign, ACTOR, shop.now))[0] == "unknown_delivery"
    assert refused(desk.receive(one, "cellar", ALL, ACTOR, shop.now))[0] == "unknown_zone"


def test_the_book_is_bounded_and_lists_what_is_due_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open ones are refused beyond the bound, closed ones are let go; pages neither skip nor repeat."""
    monkeypatch.setattr(books, "MAX_OPEN", 4)
    monkeypatch.setattr(books, "MAX_CLOSED", 2)
    shop = DeliveryShop()
    ids = [shop.announce(("TOTE", 1), in_s=in_s) for in_s in (300, 100, 100, 200)]
    asked = NewDelivery(STORE, (LineAsked("TOTE", None, 1),), shop.now, shop.now)
    assert refused(shop.desk.announce("d", asked, ACTOR, shop.now))[0] == "too_many_open"
    book, found, after = shop.engine.state.deliveries, [], None
    while page := book.find(DeliveryQuery((STORE,), ("expected",), shop.now + 300 * S, after, 2)):
        found += [delivery.id for delivery in page]
        after = page[-1].due_ns, page[-1].id
    assert found == [ids[1], ids[2], ids[3]]
    for one in ids:
        shop.desk.end(one, "closed", ALL, ACTOR, shop.now)
        shop.live(shop.now)
    assert [book.get(one) is not None for one in ids] == [False, False, True, True]
    assert {key.split("/")[0] for part, key in shop.rows if part == "delivery"} == set(ids[2:])


lines = st.builds(
    lambda n, qty, named, arrived: ExpectedLine(
        f"S{n}", qty, (e := TEES[: min(named, qty)]), min(arrived, qty), frozenset(e[: min(arrived, qty) // 2])
    ),
    st.integers(1, 9), st.integers(1, 9), st.integers(0, 5), st.integers(0, 9),
)  # fmt: skip


@given(st.lists(lines, min_size=1, max_size=5), st.sampled_from([None, "closed"]))
def test_a_delivery_is_read_as_it_was_written(some: list[ExpectedLine], ending: str | None) -> None:
    """JSON keeps all of it."""
    made = Delivery("d", STORE, tuple(some), 1, 2, 3, 4, "ASN", "DC", ending, 5 if ending else None, 6)  # type: ignore[arg-type]  # drawn
    assert delivery_of(delivery_json(made)) == made
