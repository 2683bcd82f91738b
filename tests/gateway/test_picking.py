"""By when a piece lies ready: where the pieces are, who else has a hold on them, and when somebody is there."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.opening_hours import OpeningHours
from gateway.picking import pick_minutes, ready_by

PARIS = ZoneInfo("Europe/Paris")
MINUTES = {"floor": 15, "back_room": 30, "receiving": 60}
PLACES = [("back_room", 2), ("floor", 1), ("receiving", 4), ("fitting_room", 9)]


@pytest.mark.parametrize(
    ("pieces", "minutes"), [(1, 15), (2, 30), (3, 30), (4, 60), (7, 60), (8, None), (100, None)]
)
def test_the_easiest_pieces_are_taken_first(pieces: int, minutes: int | None) -> None:
    """The slowest of them tells; what lies in a fitting room is nobody's to fetch."""
    assert pick_minutes(PLACES, MINUTES, pieces) == minutes


@pytest.mark.parametrize(
    ("now", "minutes", "ready"),
    [
        ("2026-11-20 12:01:30", 15, "2026-11-20 12:20"),  # 12:16:30, told to the next five minutes
        ("2026-11-20 12:00:00", 15, "2026-11-20 12:15"),
        ("2026-11-20 23:00:00", 15, "2026-11-21 10:15"),
    ],
)
def test_a_time_is_told_that_can_be_kept(now: str, minutes: int, ready: str) -> None:
    """Rounded up, never down, and when somebody is there."""
    hours = OpeningHours(PARIS, (((600, 1170),),) * 7, {})
    assert ready_by(hours, minutes, _ns(now)) == _ns(ready)


def test_a_shop_that_does_not_open_again_promises_no_time() -> None:
    """None rather than a guess."""
    hours = OpeningHours(PARIS, ((),) * 7, {date(2026, 1, 1): ((600, 1170),)})
    assert ready_by(hours, 15, _ns("2026-11-20 12:00:00")) is None


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=PARIS).timestamp()) * 10**9
