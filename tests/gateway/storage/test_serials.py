"""Old serials become pseudonyms: the same for the same tag, in place, and nothing else of the journal changes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.config.privacy import PrivacySection
from gateway.config.storage import StorageSection
from gateway.interchange.tables import JOURNAL
from gateway.serials import is_pseudonym, key_of, pseudonym
from gateway.storage.ports import Commit
from gateway.storage.retention import Pace, sweep_round
from gateway.storage.retention_rule import Retention
from gateway.storage.rollups import DAY_NS
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import a_store, movement

KEY = key_of(b"p" * 32)
EPCS = ["3034257BF400B7800004CB2F", "3034257BF400B7800004CB30", None]
RULE = replace(
    StorageSection().retention(), movements_ns=10_000 * DAY_NS, serials_ns=30 * DAY_NS, serials_key=KEY
)


def sweep(store: SqliteStore, now_ns: int, slices: int, rule: Retention = RULE) -> None:
    """Do so many slices of a round, a few rows each."""
    round_ = sweep_round(store._connection, rule, now_ns, Pace(2))
    for _ in range(slices):
        if store.housekeep(lambda _: next(round_, None)) is None:
            break


@given(
    st.lists(st.tuples(st.sampled_from(EPCS), st.integers(0, 60)), max_size=12),
    st.lists(st.tuples(st.integers(20, 120), st.integers(1, 30)), max_size=4),
)
def test_serials_of_old_movements_alone_change_and_nothing_else(
    moved: list[tuple[str | None, int]], sweeps: list[tuple[int, int]]
) -> None:
    """Whatever rounds were broken off: what is old is a pseudonym after a whole one, what is young never is."""
    ages = sorted(day for _, day in moved)
    told = [
        replace(movement(at_ns=day * DAY_NS), epc=epc, recorded_ns=day * DAY_NS)
        for (epc, _), day in zip(moved, ages, strict=True)
    ]
    with a_store() as store:
        store.commit(Commit(1, movements=told))
        days = sorted(day for day, _ in sweeps)
        for day, (_, slices) in zip(days, sweeps, strict=True):
            sweep(store, day * DAY_NS, slices)
        sweep(store, 120 * DAY_NS, 10_000)
        kept = [entry.movement for entry in store.entries_after("lyon-1", 0, 100)]
        expected = [replace(m, epc=None if m.epc is None else pseudonym(KEY, m.epc)) for m in told]
        assert kept == expected


def test_a_young_serial_stays_and_a_pseudonym_is_made_once() -> None:
    """A second round changes nothing; a piece of today keeps its serial for returns and recalls."""
    old = replace(movement(at_ns=0), epc=EPCS[0], recorded_ns=0)
    young = replace(movement(at_ns=90 * DAY_NS), epc=EPCS[0], recorded_ns=90 * DAY_NS)
    with a_store() as store:
        store.commit(Commit(1, movements=[old, young]))
        for _ in range(3):
            sweep(store, 100 * DAY_NS, 10_000)
        epcs = [entry.movement.epc for entry in store.entries_after("lyon-1", 0, 10)]
    assert epcs == [pseudonym(KEY, str(EPCS[0])), EPCS[0]]


def test_it_is_off_unless_the_site_says_so() -> None:
    """Then serials stay; with days, the key is the store's own."""
    plain = StorageSection().retention()
    assert PrivacySection().narrowed(plain, b"p" * 32) == plain
    asked = PrivacySection(pseudonymise_after_days=30).narrowed(plain, b"p" * 32)
    assert (asked.serials_ns, asked.serials_key) == (30 * DAY_NS, KEY)


def test_a_pseudonym_reads_like_an_epc_and_is_none_of_a_piece() -> None:
    """It can be exported and imported; another store's key gives another one."""
    made = pseudonym(KEY, str(EPCS[0]))
    rule = next(column.rule for column in JOURNAL.columns if column.name == "epc")
    assert rule is not None
    assert rule.fullmatch(made)
    assert is_pseudonym(made)
    assert not is_pseudonym(str(EPCS[0]))
    assert made == pseudonym(KEY, str(EPCS[0])) != pseudonym(key_of(b"q" * 32), str(EPCS[0]))
