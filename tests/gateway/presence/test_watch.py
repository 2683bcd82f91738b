"""Silence is measured on a clock that runs only while every reader of a place proves that it could see."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.presence.model import Place
from gateway.presence.watch import PlaceWatch, ReaderWatch, Watch

S = 1_000_000_000
PLACE = Place(0, "lyon-1", "floor", "floor", ("a", "b"))


def place_watch(readers: int = 1, silent_after_s: int = 60) -> PlaceWatch:
    """Return the watch of a place with some readers."""
    return PlaceWatch(PLACE, tuple(ReaderWatch(silent_after_s * S) for _ in range(readers)))


def test_the_clock_runs_from_proof_to_proof() -> None:
    """Time counts up to the last proof, not up to now."""
    watch = place_watch()
    for second in (100, 130, 190):
        watch.readers[0].proof(second * S)
    assert watch.advance() == 90 * S
    assert watch.advance() == 90 * S


def test_a_gap_between_proofs_is_blindness() -> None:
    """Two proofs further apart than the reader may be silent lend nothing of what lies between."""
    watch = place_watch()
    watch.readers[0].proof(100 * S)
    watch.readers[0].proof(110 * S)
    assert watch.advance() == 10 * S
    watch.readers[0].proof(171 * S)
    assert watch.advance() == 10 * S
    watch.readers[0].proof(175 * S)
    assert watch.advance() == 14 * S


def test_a_dead_reader_lends_not_a_second() -> None:
    """After its last proof the clock stands, whatever time it is; a reader that says it is gone stops it at once."""
    watch = place_watch()
    watch.readers[0].proof(100 * S)
    watch.readers[0].proof(120 * S)
    watch.advance()
    watch.readers[0].lost = True
    assert watch.advance() == 20 * S
    assert not watch.is_watched(120 * S)
    watch.readers[0].proof(125 * S)
    watch.readers[0].proof(130 * S)
    assert watch.advance() == 25 * S
    assert watch.is_watched(130 * S)


def test_a_late_proof_raises_no_reader_from_the_dead() -> None:
    """A proof that is not newer than the last changes nothing: it is of the time before the end."""
    reader = ReaderWatch(60 * S)
    reader.proof(100 * S)
    reader.lost = True
    reader.proof(99 * S)
    reader.proof(100 * S)
    assert not reader.is_alive(101 * S)
    reader.proof(101 * S)
    assert reader.is_alive(101 * S)


def test_a_place_is_watched_while_all_its_readers_are() -> None:
    """With two readers the clock runs only where both are proven."""
    watch = place_watch(readers=2)
    a, b = watch.readers
    a.proof(100 * S)
    a.proof(150 * S)
    assert watch.advance() == 0
    b.proof(120 * S)
    b.proof(140 * S)
    assert watch.advance() == 20 * S
    b.proof(160 * S)
    assert watch.advance() == 30 * S
    assert watch.is_watched(161 * S)
    assert not watch.is_watched(211 * S), "a was proven at 150 for the last time"


def test_a_place_without_readers_is_never_watched() -> None:
    """Nothing sees it, so its silence means nothing."""
    watch = PlaceWatch(PLACE, ())
    assert watch.advance() == 0
    assert not watch.is_watched(1)


def test_settled_means_watched_for_long_enough() -> None:
    """A place is known only once its readers have looked for the settling time, after each blindness anew."""
    watch = Watch((PLACE,), {"a": 60 * S, "b": 60 * S}, settle_ns=60 * S)
    for second in range(100, 161, 10):
        watch.readers["a"].proof(second * S)
        watch.readers["b"].proof(second * S)
        assert watch.is_settled(0, second * S) == (second >= 160)
    watch.readers["b"].lost = True
    assert not watch.is_settled(0, 161 * S)
    watch.readers["b"].proof(170 * S)
    watch.readers["a"].proof(170 * S)
    assert not watch.is_settled(0, 171 * S)


ACTS = st.lists(st.sampled_from(["a", "b", "lost a", "lost b"]), max_size=3)
STEPS = st.lists(st.tuples(st.integers(1, 100), ACTS), max_size=60)


def lived_through(steps: list[tuple[int, list[str]]]) -> tuple[Watch, dict[str, set[int]]]:
    """Return a watch after all steps, and for each reader the seconds that lie between two close proofs."""
    watch = Watch((PLACE,), {"a": 60 * S, "b": 60 * S}, settle_ns=0)
    covered: dict[str, set[int]] = {"a": set(), "b": set()}
    last: dict[str, int | None] = {"a": None, "b": None}
    second = 1_000
    for passed, acts in steps:
        second += passed
        for act in acts:
            reader, before = act[-1], last[act[-1]]
            if act.startswith("lost"):
                watch.readers[reader].lost = True
                last[reader] = None
                continue
            watch.readers[reader].proof(second * S)
            if before is not None and second - before <= 60:
                covered[reader].update(range(before, second))
            last[reader] = second
        watch.places[0].advance()
    return watch, covered


@given(STEPS)
def test_no_second_is_lent_that_not_all_readers_cover(steps: list[tuple[int, list[str]]]) -> None:
    """Whatever dies and comes back in whatever order, the clock never exceeds the seconds that both cover."""
    watch, covered = lived_through(steps)
    assert watch.places[0].clock_ns <= len(covered["a"] & covered["b"]) * S


@given(STEPS)
def test_readers_that_prove_themselves_together_count_every_second(
    steps: list[tuple[int, list[str]]],
) -> None:
    """Where no loss is announced, the clock is exactly the time between close proofs."""
    alone = [(passed, [act.replace("b", "a") for act in acts if "lost" not in act]) for passed, acts in steps]
    both = [(passed, [twin for act in acts for twin in (act, "b")]) for passed, acts in alone]
    watch, covered = lived_through(both)
    assert watch.places[0].clock_ns == len(covered["a"]) * S
