"""What may be promised: the published formula, UNKNOWN before all else, nothing negative, nothing hidden."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.availability import Context, Terms, ZoneView, answer, merge_levels
from gateway.config.stores import STOCK_ROLES
from gateway.ports.inventory import Availability

ROLES = ("floor", "back_room", "receiving", "fitting_room", "till", "exit", None)
CONTEXT = Context("lyon-1", "TEE", "03012345000055", 1, ("rfid", "pos"), 7, 600, 3)
TERMS = Terms(reserved=0, safety_stock=0, incoming=0, limited_below=3)

zone_views = st.builds(
    ZoneView,
    zone=st.just(""),
    role=st.sampled_from(ROLES),
    pieces=st.integers(0, 9),
    watched=st.booleans(),
    in_doubt=st.booleans(),
    last_seen_ns=st.none() | st.integers(1, 2**62),
)
zone_lists = st.lists(zone_views, max_size=6).map(
    lambda views: tuple(replace(view, zone=f"z{n}") for n, view in enumerate(views))
)
some_terms = st.builds(Terms, *[st.integers(0, 9)] * 4, quota_left=st.none() | st.integers(0, 9))
contexts = st.builds(replace, st.just(CONTEXT), qty=st.integers(1, 9), zones_seen=st.booleans())


@given(zone_lists, some_terms, contexts)
def test_the_formula_holds_for_any_zones_and_terms(
    zones: tuple[ZoneView, ...], terms: Terms, context: Context
) -> None:
    """available = max(0, min(on_hand - not_pickable - reserved - safety_stock, quota_left)); shortfall is what the
    clamp hides of the first of the two.
    """
    given_ = answer(zones, terms, context)
    margin = given_.on_hand - given_.not_pickable - given_.reserved - given_.safety_stock
    assert given_.quota_left == terms.quota_left
    assert given_.available == max(0, margin if terms.quota_left is None else min(margin, terms.quota_left))
    assert given_.shortfall == max(0, -margin)
    assert sum(zone.pieces for zone in given_.zones) == given_.on_hand == sum(zone.pieces for zone in zones)
    assert given_.not_pickable == sum(zone.pieces for zone in zones if zone.role not in STOCK_ROLES)
    assert min(given_.on_hand, given_.not_pickable, given_.available, given_.shortfall) >= 0
    assert 0 <= given_.coverage <= 1


@given(zone_lists, some_terms, contexts)
def test_unknown_comes_before_all_else(zones: tuple[ZoneView, ...], terms: Terms, context: Context) -> None:
    """While a zone that holds a piece is unwatched, or might while none is in sight, nothing is promised."""
    given_ = answer(zones, terms, context)
    empty = given_.on_hand == 0
    unseen = [z for z in zones if not z.watched and (z.pieces or (empty and z.role in STOCK_ROLES))]
    doubted = [z for z in zones if z.in_doubt]
    assert (given_.status == "UNKNOWN") is bool(unseen or doubted)
    if given_.status == "UNKNOWN":
        assert given_.pickup == "no"
        assert set(given_.reasons) == {f"zone_unwatched:{z.zone}" for z in unseen} | {
            f"shelf_in_doubt:{z.zone}" for z in doubted
        }


@given(zone_lists, some_terms, contexts)
def test_a_promise_is_what_is_available(zones: tuple[ZoneView, ...], terms: Terms, context: Context) -> None:
    """Where the stock is known, pickup is yes exactly if what is asked for is available; a no has its reason."""
    given_ = answer(zones, terms, context)
    if given_.status != "UNKNOWN":
        assert (given_.pickup == "yes") is (given_.available >= context.qty)
        assert bool(given_.reasons) is (given_.pickup == "no")
        assert (given_.status in {"OUT_OF_STOCK", "INCOMING"}) is (given_.available == 0)


def zone(role: str | None, pieces: int, *, watched: bool = True, in_doubt: bool = False) -> ZoneView:
    """Return a zone named by its role."""
    return ZoneView(role or "in-hand", role, pieces, watched, in_doubt, None)


def ask(*zones: ZoneView, terms: Terms = TERMS, **context: object) -> Availability:
    """Return the answer."""
    return answer(zones, terms, replace(CONTEXT, **context))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("floor", "back", "status"),
    [(5, 2, "IN_STOCK"), (3, 0, "IN_STOCK"), (2, 0, "LIMITED"), (1, 1, "LIMITED"), (0, 9, "BACK_ROOM_ONLY"),
     (0, 1, "BACK_ROOM_ONLY"), (0, 0, "OUT_OF_STOCK")],
)  # fmt: skip
def test_the_status_by_where_pieces_stand(floor: int, back: int, status: str) -> None:
    """Many, few, only behind, none."""
    assert ask(zone("floor", floor), zone("back_room", back)).status == status


def test_pieces_on_someones_arm_are_not_promised() -> None:
    """In a fitting room, at the till, at the exit, in a hand: in the store, not to be picked."""
    given_ = ask(zone("fitting_room", 1), zone("till", 1), zone("exit", 1), zone(None, 2))
    assert (given_.on_hand, given_.not_pickable, given_.available) == (5, 5, 0)
    assert (given_.status, given_.reasons) == ("OUT_OF_STOCK", ("pieces_not_pickable",))


def test_why_there_is_not_enough() -> None:
    """More asked for than there is, or than can be picked."""
    assert ask(zone("floor", 2), qty=3).reasons == ("not_enough",)
    assert ask(zone("floor", 2), zone("till", 1), qty=3).reasons == ("pieces_not_pickable",)
    assert ask(zone("floor", 3), qty=3).pickup == "yes"


def test_a_quota_is_named_where_it_is_what_binds() -> None:
    """There would be enough; else the stock itself is named."""
    few = replace(TERMS, quota_left=1)
    assert ask(zone("floor", 3), terms=few, qty=2).reasons == ("quota_reached",)
    assert ask(zone("floor", 3), terms=few, qty=4).reasons == ("not_enough",)
    assert ask(zone("floor", 3), terms=few).pickup == "yes"
    assert ask(zone("floor", 3), terms=replace(TERMS, quota_left=0)).status == "OUT_OF_STOCK"


def test_what_is_closed_to_an_asker_is_not_promised() -> None:
    """Whatever there is."""
    given_ = ask(zone("floor", 3), closed="not_offered_here")
    assert (given_.pickup, given_.reasons, given_.available) == ("no", ("not_offered_here",), 3)


def test_a_dead_reader_makes_stock_unknown_never_zero() -> None:
    """Quantities stay the last known ones."""
    given_ = ask(zone("floor", 5, watched=False), zone("back_room", 2))
    assert (given_.status, given_.on_hand, given_.available) == ("UNKNOWN", 7, 7)
    assert (given_.readers_ok, given_.coverage) == (False, 0.5)


def test_a_dead_reader_of_an_empty_zone_hides_nothing_while_pieces_are_in_sight() -> None:
    """Five are seen on the floor: the back room's reader need not live to promise one of them."""
    assert ask(zone("floor", 5), zone("back_room", 0, watched=False)).status == "IN_STOCK"
    assert ask(zone("floor", 0), zone("back_room", 0, watched=False)).status == "UNKNOWN"
    assert ask(zone("floor", 0), zone("exit", 0, watched=False)).status == "OUT_OF_STOCK"


def test_what_is_on_its_way_is_no_stock() -> None:
    """Nothing to pick, something coming: said so, and not promised."""
    given_ = ask(zone("floor", 0), terms=replace(TERMS, incoming=12))
    assert (given_.status, given_.pickup, given_.incoming) == ("INCOMING", "no", 12)


def test_levels_beside_the_zones_that_could_bear_witness() -> None:
    """A zone that is asked for is there with none; one that holds pieces is there unasked."""
    assert merge_levels({"b": 2, "in-hand": 1}, ("a", "b")) == {"a": 0, "b": 2, "in-hand": 1}
