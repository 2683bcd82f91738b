"""The laws of the tables of reservations and answered requests, on each store that there is."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.answered import AnsweredRequest
from gateway.reservations.model import (
    Forgetting,
    Refusal,
    Reservation,
    ReservationQuery,
    ReservedLine,
    Risk,
    Shortfall,
    outcome_json,
    outcome_of,
)
from gateway.storage.errors import CommitRefused
from gateway.storage.ports import Commit, GatewayStore
from gateway.storage.sqlite import SqliteStore

STORES: dict[str, Callable[[Path], GatewayStore]] = {"sqlite": SqliteStore.open}


@pytest.fixture(params=STORES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], GatewayStore]]:
    """Return a function that closes the store, if it is open, and opens the same one again."""
    opened: list[GatewayStore] = []

    def open_again() -> GatewayStore:
        if opened:
            opened.pop().close()
        opened.append(STORES[request.param](tmp_path / "store.db"))
        return opened[0]

    yield open_again
    for store in opened:
        store.close()


def made(number: int, **fields: object) -> Reservation:
    """Return a hold, made at `number`, that ends at 1,000."""
    plain = Reservation(
        id=f"r{number:03d}",
        store="lyon-1",
        state="held",
        lines=(ReservedLine("TEE", 2, 1, 1, ("AA01",)), ReservedLine("TOTE", 1, 1)),
        channel="web",
        owner_ref=f"cart-{number % 2}",
        min_probability=0.9,
        created_ns=number,
        changed_ns=number,
        expires_ns=1_000,
        risks=(Risk("TEE", "not_sure"),),
    )
    return replace(plain, **fields)  # type: ignore[arg-type]  # fields by name


def answer(key: str, at_ns: int, source: str = "k1") -> AnsweredRequest:
    """Return an answered request."""
    return AnsweredRequest(source, key, f"digest of {key}", at_ns, outcome_json(made(at_ns)))


def found(store: GatewayStore, now_ns: int = 500, **query: object) -> list[str]:
    """Return the ids of a listing."""
    asked = ReservationQuery(**query)  # type: ignore[arg-type]  # fields by name
    return [reservation.id for reservation in store.reservations(asked, now_ns)]


def test_a_reservation_is_read_back_as_it_was_given_and_replaced_by_its_next_version(
    reopen: Callable[[], GatewayStore],
) -> None:
    """Field by field, after a restart too; open ones alone are taken up."""
    store, held = reopen(), made(1)
    store.commit(Commit(1, reservations=[held, made(2)]))
    closed = made(2, state="released", closed_ns=7, version=2, risks=(), owner_ref=None)
    store.commit(Commit(2, reservations=[closed]))
    store = reopen()
    assert store.reservation(held.id) == held
    assert store.reservation(closed.id) == closed
    assert store.open_reservations() == [held]
    assert store.reservation("r999") is None


def test_an_owner_that_was_erased_is_not_written_again_by_a_later_version(
    reopen: Callable[[], GatewayStore],
) -> None:
    """A gateway that runs while another process erases still knows the owner, and says so with its next version."""
    store = reopen()
    store.commit(Commit(1, reservations=[made(1)]))
    store.commit(Commit(2, reservations=[made(1, owner_ref=None)]))
    store.commit(Commit(3, reservations=[made(1, version=3)]))
    assert reopen().reservation("r001") == made(1, version=3, owner_ref=None)


def test_the_effect_and_the_answer_to_its_key_are_one_commit(reopen: Callable[[], GatewayStore]) -> None:
    """A commit that fails leaves neither."""
    store = reopen()
    store.commit(Commit(1, reservations=[made(1)], answered=[answer("a", 1)]))
    assert store.answered_request("k1", "a") == answer("a", 1)
    assert store.answered_request("k2", "a") is None
    broken = made(3, expires_ns=2**63)
    with pytest.raises(CommitRefused):
        store.commit(Commit(2, reservations=[made(2), broken], answered=[answer("b", 2)]))
    assert store.reservation("r002") is None
    assert store.answered_request("k1", "b") is None


def test_a_key_that_is_used_again_after_its_time_takes_the_place_of_the_old(
    reopen: Callable[[], GatewayStore],
) -> None:
    """Old answers are let go in the background: one that is still there does not stand in the way."""
    store = reopen()
    store.commit(Commit(1, answered=[answer("a", 1)]))
    store.commit(Commit(2, answered=[answer("a", 90)]))
    assert store.answered_request("k1", "a") == answer("a", 90)


def test_the_newest_keys_are_listed_oldest_first(reopen: Callable[[], GatewayStore]) -> None:
    """Those after a time, and no more than asked for."""
    store = reopen()
    store.commit(Commit(1, answered=[answer(f"k{n}", n) for n in (3, 1, 2)]))
    assert store.answered_keys(1, 10) == [("k1", "k2", 2), ("k1", "k3", 3)]
    assert store.answered_keys(0, 2) == [("k1", "k2", 2), ("k1", "k3", 3)]


def test_listings_filter_by_what_is_true_now(reopen: Callable[[], GatewayStore]) -> None:
    """By store, owner, state and due time, newest first; who is over by now is expired, written or not."""
    store = reopen()
    store.commit(
        Commit(
            1,
            reservations=[
                made(1),
                made(2, store="paris-1"),
                made(3, state="confirmed", expires_ns=5_000),
                made(4, state="collected", closed_ns=9),
            ],
        )
    )
    assert found(store) == ["r004", "r003", "r002", "r001"]
    assert found(store, stores=("lyon-1",)) == ["r004", "r003", "r001"]
    assert found(store, owner_ref="cart-1") == ["r003", "r001"]
    assert found(store, states=("held",)) == ["r002", "r001"]
    assert found(store, now_ns=1_000, states=("held",)) == []
    assert found(store, now_ns=1_000, states=("expired", "collected")) == ["r004", "r002", "r001"]
    assert found(store, due_ns=1_000) == ["r002", "r001"]
    assert found(store, now_ns=1_000, due_ns=5_000) == ["r003"]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_together_are_all_of_them(reopen: Callable[[], GatewayStore], limit: int) -> None:
    """Page by page, none left out and none twice, also of those made at one time."""
    store = reopen()
    rows = [made(n, created_ns=n // 3) for n in range(11)]
    store.commit(Commit(1, reservations=rows))
    paged: list[Reservation] = []
    before = None
    while page := store.reservations(ReservationQuery(before=before, limit=limit), 1):
        paged += page
        before = (page[-1].created_ns, page[-1].id)
    assert paged == sorted(rows, key=lambda r: (r.created_ns, r.id), reverse=True)


def test_what_is_old_is_let_go_and_the_owner_before_the_rest(reopen: Callable[[], GatewayStore]) -> None:
    """First whose it was, then the reservation, never an open one; answers by their age; so many at a time."""
    store = reopen()
    closed = [made(n, state="collected", closed_ns=10 * n) for n in range(1, 5)]
    store.commit(
        Commit(1, reservations=[made(9), *closed], answered=[answer(f"k{n}", 10 * n) for n in range(1, 5)])
    )
    store.commit(Commit(2, forgetting=Forgetting(31, 11, 21, most=2)))
    kept = {r.id: r.owner_ref for r in store.reservations(ReservationQuery(), 500)}
    assert kept == {"r009": "cart-1", "r002": None, "r003": "cart-1", "r004": "cart-0"}
    assert [n for n in range(1, 5) if store.answered_request("k1", f"k{n}")] == [3, 4]
    store.commit(Commit(3, forgetting=Forgetting(31, 11, 21, most=2)))
    kept = {r.id: r.owner_ref for r in store.reservations(ReservationQuery(), 500)}
    assert kept == {"r009": "cart-1", "r002": None, "r003": None, "r004": "cart-0"}
    assert found(store, owner_ref="cart-1") == ["r009"]
    store = reopen()
    assert store.reservation("r003") == replace(closed[2], owner_ref=None)


def test_outcomes_survive_as_text() -> None:
    """An answer that is replayed equals the first one, whatever it was."""
    shortfall = Shortfall("lyon-1", "TEE", 2, 1, "not_sure", 0.25)
    refusal = Refusal("insufficient_availability", "é", (shortfall,), ("paris-1",), (("/lines", "no"),))
    for outcome in (made(1, owner_ref="é"), refusal):
        assert outcome_of(outcome_json(outcome)) == outcome
