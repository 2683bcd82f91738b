"""What is reserved at any time, kept along with what comes and goes: the sum over the open rows, taken anew."""

from dataclasses import fields, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.holds import _digest
from gateway.reservations.book import Book
from gateway.reservations.model import (
    LineAsked,
    NewReservation,
    Reservation,
    ReservedLine,
    outcome_of,
    ownerless_json,
)

KEYS = [("lyon-1", "A"), ("lyon-1", "B"), ("paris-2", "A")]
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"),
            st.integers(0, 7),
            st.sampled_from(["held", "held", "confirmed", "released"]),
            st.sampled_from(["web", "app"]),
            st.sampled_from(["lyon-1", "paris-2"]),
            st.dictionaries(st.sampled_from("AB"), st.integers(0, 4), min_size=1),
            st.integers(0, 30),
        ),
        st.tuples(st.just("ask"), st.integers(0, 30)),
    ),
    max_size=40,
)


def reserved_by_rows(book: Book, store: str, sku: str, now_ns: int, channel: str | None) -> int:
    """Return the sum over the rows, each looked at."""
    return sum(
        line.secured
        for one in book.open()
        for line in one.lines
        if (one.store, line.sku) == (store, sku)
        and now_ns < one.expires_ns
        and channel in (None, one.channel)
    )


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_a_sum_is_the_sum_over_the_rows_at_any_time(steps: list[tuple[object, ...]]) -> None:
    """Whatever came, changed its store, lines or end, expired or went in between; asked forwards and backwards."""
    book = Book()
    for step in steps:
        if step[0] == "put":
            _, number, state, channel, store, lines, expires_ns = step
            book.put(
                Reservation(
                    f"r{number}",
                    store,
                    state,  # type: ignore[arg-type]  # drawn from the states
                    tuple(ReservedLine(sku, n, n) for sku, n in lines.items()),  # type: ignore[attr-defined]  # drawn as SKU and pieces
                    channel,
                    None,
                    0.9,
                    0,
                    0,
                    expires_ns,  # type: ignore[arg-type]  # drawn as a time or None
                )
            )
            continue
        now_ns = step[1]
        assert isinstance(now_ns, int)
        for store, sku in KEYS:
            for channel in (None, "web", "app"):
                expected = reserved_by_rows(book, store, sku, now_ns, channel)
                assert book.reserved(store, sku, now_ns, (), channel) == expected
            ends = [
                one.expires_ns
                for one in book.open()
                if one.store == store and one.line(sku) is not None and now_ns < one.expires_ns
            ]
            assert book.next_expiry_ns(store, sku, now_ns) == min(ends, default=None)


def test_a_request_is_told_apart_by_all_that_it_asks_but_other_stores() -> None:
    """A field that the digest left out would answer one request with another's hold."""
    asked = NewReservation(("lyon-1",), (LineAsked("A", 1),), "web")
    others = {
        "stores": ("paris-2",), "lines": (LineAsked("A", 2),), "channel": "app", "owner_ref": "cart-1",
        "ttl_ns": 60, "allow_partial": True, "min_probability": 0.5, "fulfilment": "ship",
    }  # fmt: skip
    assert {*others, "others"} == {field.name for field in fields(NewReservation)}
    for name, value in others.items():
        assert _digest(replace(asked, **{name: value})) != _digest(asked)  # type: ignore[arg-type]  # fields by name
    assert _digest(replace(asked, others=("paris-2",))) == _digest(asked)


def test_an_outcome_without_its_owner_is_read_back() -> None:
    """All of it but whose it is."""
    made = Reservation(
        "r", "lyon-1", "held", (ReservedLine("A", 2, 1, 1, ("30AB",)),), "web", "cart", 0.9, 1, 2, 3
    )
    assert outcome_of(ownerless_json(made)) == replace(made, owner_ref=None)
