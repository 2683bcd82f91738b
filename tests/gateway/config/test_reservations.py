"""The table [reservations]: times in order, and nothing that cannot be kept."""

import pytest
from pydantic import ValidationError

from gateway.config.reservations import ReservationsSection


def test_the_defaults_fit_together() -> None:
    """A hold of ten minutes, days to collect, a week of names."""
    section = ReservationsSection()
    assert (section.ttl_s, section.max_held_s) == (600, 14_400)
    assert section.erase_owner_after_s < section.forget_after_s


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ({"ttl_s": 3_600, "max_held_s": 600}, "max_held_s = 600 must be at least ttl_s = 3600"),
        ({"collect_s": 86_400, "max_collect_s": 3_600}, "max_collect_s = 3600 must be at least collect_s"),
        (
            {"erase_owner_after_s": 864_000, "forget_after_s": 86_400},
            "forget_after_s = 86400 must be at least",
        ),
        ({"ttl_s": 29}, "ttl_s"),
        ({"at_risk_below": 0.95}, "at_risk_below"),
        ({"accept_unknown": ["The Shop"]}, "accept_unknown"),
        ({"ttl": 60}, "ttl"),
    ],
)
def test_what_cannot_be_is_refused_by_name(keys: dict[str, object], named: str) -> None:
    """Key and value stand in the message."""
    with pytest.raises(ValidationError, match=named):
        ReservationsSection.model_validate(keys)
