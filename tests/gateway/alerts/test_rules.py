"""Each rule as a table: when it would fire, when it would clear, and that the two never meet."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.defaults import default_rules
from gateway.alerts.records import AlertType, Severity
from gateway.alerts.rules import ArticleView, Condition, Likely, article_conditions, reader_condition
from gateway.config.alerts import AlertsSection

VIEW = ArticleView(
    store="lyon-1",
    sku="TEE",
    on_hand=9,
    available=9,
    floor=5,
    back=4,
    home_zone="front",
    source_zone="back-room",
    low_stock_at=2,
    low_stock_clear_at=4,
    has_shelf_zones=True,
    inhibited_by=None,
)
RULES = RuleBook(default_rules(AlertsSection()))
DOWN = RULES.pick(AlertType.READER_DOWN, "lyon-1")
FIRES, CLEARS, NEITHER = (True, False), (False, True), (False, False)


def verdict(kind: AlertType, **view: object) -> Condition:
    """Return the verdict of one rule on a view that differs from the usual one in some fields."""
    conditions = article_conditions(replace(VIEW, **view), RULES)  # type: ignore[arg-type]  # fields by name
    (condition,) = [c for c in conditions if c.type is kind]
    return condition


@pytest.mark.parametrize(("on_hand", "expected"), [(0, FIRES), (1, CLEARS), (9, CLEARS)])
def test_stock_out(on_hand: int, expected: tuple[bool, bool]) -> None:
    """Nothing at all in the store, wherever it lay."""
    condition = verdict(AlertType.STOCK_OUT, on_hand=on_hand)
    assert (condition.fires, condition.clears) == expected
    assert condition.severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("on_hand", "available", "expected"),
    [
        (9, 4, CLEARS),
        (9, 3, NEITHER),
        (9, 2, FIRES),
        (9, 0, FIRES),
        (1, 1, FIRES),
        (0, 0, CLEARS),
        (5, 5, CLEARS),
    ],
)
def test_low_stock(on_hand: int, available: int, expected: tuple[bool, bool]) -> None:
    """At two or fewer that can be promised, clear at four; nothing at all is stock_out's to tell."""
    condition = verdict(AlertType.LOW_STOCK, on_hand=on_hand, available=available)
    assert (condition.fires, condition.clears) == expected
    assert condition.evidence == {"available": available, "on_hand": on_hand, "threshold": 2}


@pytest.mark.parametrize(
    ("floor", "back", "has_shelf_zones", "expected"),
    [
        (0, 3, True, FIRES),
        (0, 1, True, FIRES),
        (1, 3, True, CLEARS),
        (0, 0, True, CLEARS),
        (5, 0, True, CLEARS),
        (0, 3, False, NEITHER),
    ],
)
def test_shelf_empty(floor: int, back: int, has_shelf_zones: bool, expected: tuple[bool, bool]) -> None:
    """None on the floor, some behind; an article that scans alone track has no shelf that anything watches."""
    condition = verdict(AlertType.SHELF_EMPTY, floor=floor, back=back, has_shelf_zones=has_shelf_zones)
    assert (condition.fires, condition.clears) == expected
    assert condition.zone == "front"
    assert condition.evidence["from_zone"] == "back-room"


@pytest.mark.parametrize(
    ("on_hand", "in_store", "expected"),
    [(0, 0.05, FIRES), (0, 0.1, NEITHER), (0, 0.5, NEITHER), (1, 0.6, NEITHER), (1, 0.61, CLEARS), (1, 0.05, NEITHER)],
)  # fmt: skip
def test_a_stock_out_in_doubt_is_not_told(on_hand: int, in_store: float, expected: tuple[bool, bool]) -> None:
    """Below 0.1 that one is there, clear above 0.6; in between it stays what it was."""
    condition = verdict(AlertType.STOCK_OUT, on_hand=on_hand, likely=Likely(in_store, 0.0, 0.0, 1.0))
    assert (condition.fires, condition.clears) == expected


@pytest.mark.parametrize(
    ("floor", "on_floor", "behind", "expected"),
    [
        (0, 0.1, 0.95, FIRES),
        (1, 0.4, 0.95, FIRES),
        (1, 0.5, 0.95, NEITHER),
        (0, 0.1, 0.7, NEITHER),
        (0, 0.92, 0.95, NEITHER),
        (0, 1.2, 0.95, NEITHER),
        (1, 0.92, 0.95, NEITHER),
        (1, 0.96, 0.95, CLEARS),
    ],
)
def test_a_shelf_is_empty_where_none_is_expected_on_it(
    floor: int, on_floor: float, behind: float, expected: tuple[bool, bool]
) -> None:
    """A piece that is hardly believed fills no shelf; one that may not lie behind is no reason to go there."""
    likely = Likely(1.0, on_floor, behind, 0.0)
    condition = verdict(AlertType.SHELF_EMPTY, floor=floor, back=3, likely=likely)
    assert (condition.fires, condition.clears) == expected
    assert condition.evidence["floor"] == (0 if expected == FIRES or on_floor < 0.5 else floor)


@pytest.mark.parametrize(
    ("kind", "likely", "pends"),
    [
        (AlertType.STOCK_OUT, Likely(0.94, 0.0, 0.0, 0.0), True),
        (AlertType.STOCK_OUT, Likely(0.96, 0.0, 0.0, 0.0), False),
        (AlertType.STOCK_OUT, Likely(0.7, 0.0, 0.0, 0.0, unread=1), False),
        (AlertType.LOW_STOCK, Likely(1.0, 0.0, 0.0, 0.06), True),
        (AlertType.LOW_STOCK, Likely(1.0, 0.0, 0.0, 0.04), False),
        (AlertType.SHELF_EMPTY, Likely(1.0, 0.94, 1.0, 0.0), True),
        (AlertType.SHELF_EMPTY, Likely(1.0, 0.96, 1.0, 0.0), False),
        (AlertType.SHELF_EMPTY, Likely(1.0, 0.94, 0.7, 0.0), False),
    ],
)
def test_what_may_be_pends(kind: AlertType, likely: Likely, pends: bool) -> None:
    """By more than one chance in twenty. A piece of which no tag was ever read is in doubt for good: no hold runs by that."""
    condition = verdict(kind, on_hand=3, available=3, floor=1, back=2, likely=likely)
    assert (condition.fires, condition.pends, condition.may_be) == (False, pends, pends)


@pytest.mark.parametrize("alive", [True, False])
def test_reader_down(alive: bool) -> None:
    """Nothing inhibits it: a reader is down, or it is not."""
    condition = reader_condition("lyon-1", "r700", ("front", "till"), DOWN, alive=alive, state="silent")
    assert (condition.fires, condition.clears, condition.inhibited_by) == (not alive, alive, None)
    assert condition.evidence == {"zones": "front, till", "state": "silent"}
    assert condition.zone == "front"
    assert reader_condition("lyon-1", "r700", (), DOWN, alive=True, state="online").zone is None


def test_what_an_alert_is_about() -> None:
    """Type, store, article or device; not the zone, for a shelf may be set up elsewhere."""
    prints = {
        verdict(AlertType.LOW_STOCK).fingerprint,
        verdict(AlertType.STOCK_OUT).fingerprint,
        verdict(AlertType.LOW_STOCK, sku="JEANS").fingerprint,
        verdict(AlertType.LOW_STOCK, store="paris-1").fingerprint,
        reader_condition("lyon-1", "a", ("z",), DOWN, alive=True, state="online").fingerprint,
        reader_condition("lyon-1", "b", ("z",), DOWN, alive=True, state="online").fingerprint,
    }
    assert len(prints) == 6
    here, there = (verdict(AlertType.SHELF_EMPTY, home_zone=zone) for zone in ("front", "denim"))
    assert here.fingerprint == there.fingerprint


pieces = st.integers(0, 50)


@given(
    pieces,
    pieces,
    pieces,
    st.integers(0, 20),
    st.integers(1, 20),
    st.sampled_from([None, "unwatched:front"]),
    st.none() | st.builds(Likely, st.floats(0, 1), st.floats(0, 50), st.floats(0, 1)),
)
def test_no_rule_fires_and_clears_at_once(
    floor: int,
    back: int,
    elsewhere: int,
    low_at: int,
    gap: int,
    inhibited_by: str | None,
    likely: Likely | None,
) -> None:
    """Fire and clear are apart for any level, so an alert on the edge stays what it was; every inhibition is passed on."""
    on_hand = floor + back + elsewhere
    view = replace(
        VIEW,
        on_hand=on_hand,
        available=floor + back,
        floor=floor,
        back=back,
        low_stock_at=low_at,
        low_stock_clear_at=low_at + gap,
        inhibited_by=inhibited_by,
        likely=likely,
    )
    for condition in article_conditions(view, RULES):
        assert not (condition.fires and condition.clears)
        assert condition.inhibited_by == inhibited_by


@given(pieces, pieces)
def test_an_empty_store_is_told_once(floor: int, back: int) -> None:
    """Of an article with nothing left, stock_out alone fires."""
    fires = {
        condition.type
        for condition in article_conditions(
            replace(VIEW, on_hand=floor + back, available=floor + back, floor=floor, back=back), RULES
        )
        if condition.fires
    }
    if floor + back == 0:
        assert fires == {AlertType.STOCK_OUT}
    else:
        assert AlertType.STOCK_OUT not in fires
