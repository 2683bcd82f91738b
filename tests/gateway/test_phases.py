"""Phases of learning: each with the time since when, over restarts."""

from gateway.phases import Phases


def test_a_phase_begins_when_it_is_first_seen() -> None:
    """The same phase again changes nothing; another one begins anew."""
    phases = Phases()
    phases.note("lyon-1", "denim", "prior", 10)
    phases.note("lyon-1", "denim", "prior", 20)
    assert phases.of("lyon-1", "denim") == ("prior", 10)
    phases.note("lyon-1", "denim", "learning", 30)
    assert phases.of("lyon-1", "denim") == ("learning", 30)
    assert phases.of("lyon-1", "front") is None


def test_a_restart_keeps_since_when() -> None:
    """What is written once is taken up; nothing is written while nothing changes."""
    phases = Phases()
    phases.note("lyon-1", "denim", "learned", 10)
    rows = phases.dirty_rows()
    phases.note("lyon-1", "denim", "learned", 20)
    assert phases.dirty_rows() == []
    again = Phases()
    again.restore(rows)
    again.note("lyon-1", "denim", "learned", 99)
    assert again.of("lyon-1", "denim") == ("learned", 10)
    assert again.dirty_rows() == []
