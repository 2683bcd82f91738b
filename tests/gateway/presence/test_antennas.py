"""An antenna whose tags all fall silent at once is blind; one whose tags are elsewhere is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.antennas import Antennas

EPOCH_S = 5.0
MANY = 60


def told(
    antennas: Antennas,
    *read: int,
    due: tuple[float, ...] | None = None,
    alive: tuple[bool, ...] | None = None,
) -> list[float]:
    """Return the share of each zone that was seen in an epoch, rounded; by default as much is due as was read."""
    seen = antennas.epoch(
        np.array(read, np.int64),
        np.array(alive if alive is not None else [True] * len(read)),
        np.array(due if due is not None else read, np.float64),
    )
    return [round(float(share), 3) for share in seen]


def learned(zone_of: tuple[int, ...] = (0, 1), zones: int = 2, tags: int = MANY) -> Antennas:
    """Return antennas that each read so many tags per epoch for an hour."""
    antennas = Antennas(zone_of, zones, EPOCH_S)
    for _ in range(720):
        told(antennas, *[tags] * len(zone_of), due=(float(tags * len(zone_of) / zones),) * zones)
    return antennas


def test_an_antenna_that_reads_sees() -> None:
    """Both zones are seen whole."""
    assert told(learned(), MANY, MANY) == [1, 1]


def test_a_zone_whose_tags_all_fall_silent_at_once_is_blind() -> None:
    """Sixty tags that are due answer no more, from one epoch to the next: the antenna went, not they."""
    antennas = learned()
    assert told(antennas, 0, MANY, due=(MANY, MANY))[0] < 0.05
    assert antennas.is_blind(0)
    assert not antennas.is_blind(1)


def test_a_zone_whose_tags_were_carried_away_is_not() -> None:
    """They are read elsewhere, so nothing is due here: silence is as it should be."""
    antennas = learned()
    for _ in range(50):
        assert told(antennas, 0, 2 * MANY, due=(0.0, 2.0 * MANY)) == [1, 1]
    assert not antennas.is_blind(0)


def test_it_heals_on_the_first_read() -> None:
    """One tag read is an antenna that reads."""
    antennas = learned()
    for _ in range(100):
        told(antennas, 0, MANY, due=(MANY, MANY))
    assert told(antennas, 1, MANY, due=(MANY, MANY)) == [1, 1]
    assert not antennas.is_blind(0)


def test_blindness_is_not_taken_for_the_usual() -> None:
    """After hours of it, sixty tags are still what it usually reads: the next blindness shows as fast."""
    antennas = learned()
    for _ in range(4_000):
        told(antennas, 0, MANY, due=(MANY, MANY))
    assert antennas.is_blind(0)
    told(antennas, MANY, MANY)
    assert told(antennas, 0, MANY, due=(MANY, MANY))[0] < 0.05


def test_one_tag_does_not_make_an_antenna_blind() -> None:
    """A zone of one tag that falls silent: the tag is the likelier reason, for minutes at least."""
    antennas = learned(tags=1)
    for _ in range(12):
        assert told(antennas, 0, 1, due=(0.8, 0.8))[0] > 0.95


def test_the_antennas_of_a_zone_that_see_make_its_share() -> None:
    """Of two antennas that read alike one goes dark: half of the zone is seen, and none when both are."""
    antennas = learned(zone_of=(0, 0, 1))
    for _ in range(3):
        shares = told(antennas, 0, MANY, MANY, due=(2.0 * MANY, MANY))
    assert shares == [pytest.approx(0.5, abs=0.1), 1]
    for _ in range(3):
        shares = told(antennas, 0, 0, MANY, due=(2.0 * MANY, MANY))
    assert shares[0] < 0.05


def test_a_dead_reader_sees_nothing() -> None:
    """Whatever its antennas used to read, and though a late read of it comes in."""
    antennas = learned()
    assert told(antennas, 0, MANY, alive=(False, True))[0] == 0
    assert told(antennas, 1, MANY, alive=(False, True))[0] == 0
    assert told(antennas, MANY, MANY) == [1, 1]


def test_a_zone_without_antennas_is_never_seen() -> None:
    """Nothing looks at it."""
    antennas = Antennas((0,), 2, EPOCH_S)
    assert told(antennas, 5, due=(5.0, 5.0)) == [1, 0]


def test_a_new_antenna_is_trusted() -> None:
    """Before it read anything nothing is usual, so nothing is missed."""
    assert told(Antennas((0, 1), 2, EPOCH_S), 0, 0, due=(MANY, MANY)) == [1, 1]


epochs = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 200), st.booleans(), st.floats(0, 500)), max_size=40
)


@settings(max_examples=60, deadline=None)
@given(epochs)
def test_a_share_is_a_share(story: list[tuple[int, int, bool, float]]) -> None:
    """Whatever is read, due and alive: each zone's share lies between 0 and 1, whole where all its antennas read."""
    antennas = Antennas((0, 0), 1, EPOCH_S)
    for first, second, alive, due in story:
        (share,) = told(antennas, first, second, alive=(True, alive), due=(due,))
        assert 0 <= share <= 1
        if first and second and alive:
            assert share == 1
