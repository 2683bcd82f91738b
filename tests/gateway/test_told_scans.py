"""Scans with times of their own are known again, over a restart too: a code told twice is one piece."""

from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.articles import Article, Catalogue
from gateway.config.file import parse_site
from gateway.engine import Engine
from gateway.scans import MAX_TOLD, ToldScans
from gateway.site import Site
from gateway.storage.ports import StateRow
from readers.observations import Scan

S = 1_000_000_000
NOW = 1_795_255_200 * S
CODE = "4006381333931"
SITE = """
[mqtt]
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "back", role = "back_room" }]
[[scanners]]
id = "phone"
kind = "mapping"
mapping = "codes"
store = "lyon-1"
zone = "back"
role = "receiving"
topic = "phone-1"
[[mappings]]
name = "codes"
[[mappings.scans]]
topic = "{device}"
"""


def engine() -> Engine:
    """Return an engine that knows nothing yet."""
    catalogue = Catalogue([Article("TEE", gtins=("0" + CODE,), tracked_by="count")])
    return Engine(Site(parse_site(SITE, "site.toml")), catalogue)


def scan(at_ns: int, received_ns: int = NOW) -> Scan:
    return Scan("phone", CODE, at_ns, received_ns)


def test_a_scan_told_again_after_a_restart_moves_nothing() -> None:
    """What was durable and not acknowledged comes again: the next life of the gateway knows it."""
    first = engine()
    first.observe(scan(NOW - S), NOW)
    first.advance(NOW)
    changes = first.drain()
    assert [movement.sku for movement in changes.movements] == ["TEE"]
    second = engine()
    second.restore([row for row in changes.state if isinstance(row, StateRow)], changes.points, NOW + 60 * S)
    second.observe(scan(NOW - S, NOW + 61 * S), NOW + 61 * S)
    second.observe(scan(NOW + 59 * S, NOW + 61 * S), NOW + 61 * S)
    second.advance(NOW + 61 * S)
    assert len(second.drain().movements) == 1
    assert second.state.devices["phone"].dropped == {"duplicate": 1}
    assert second.state.counts.is_conserved()


def test_scans_without_a_time_of_their_own_are_not_compared() -> None:
    """A cable tells each scan once: two of one code, a while apart, are two pieces."""
    shop = engine()
    for at_ns in (NOW, NOW + 10 * S):
        shop.observe(scan(at_ns, at_ns), at_ns)
    shop.advance(NOW + 11 * S)
    assert len(shop.drain().movements) == 2


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(1, 5)), max_size=60), st.integers(0, 60))
def test_saved_and_restored_anywhere_it_knows_the_same(scans: list[tuple[str, int]], cut: int) -> None:
    """Each (code, time) is new once, whether or not the gateway was restarted in between."""
    told, seen, rows = ToldScans(), set(), dict[str, str]()
    for number, (text, at_ns) in enumerate(scans):
        if number == cut:
            again = ToldScans()
            again.restore(rows.items())
            told = again
        assert told.is_new(text, at_ns) == ((text, at_ns) not in seen)
        seen.add((text, at_ns))
        rows |= {key: number for key, number in told.dirty_rows() if number is not None}


def test_memory_and_rows_are_bounded() -> None:
    """The newest scans are known, however many came before; a pass writes what is new, and what is let go."""
    told, rows = ToldScans(), dict[str, str | None]()
    for number in range(MAX_TOLD + 500):
        assert told.is_new("x", number)
        if number % 100 == 99:
            dirty = told.dirty_rows()
            assert len(dirty) <= 200
            rows |= dict(dirty)
    kept = {key: number for key, number in rows.items() if number is not None}
    assert len(kept) == MAX_TOLD
    again = ToldScans()
    again.restore(kept.items())
    for one in (told, again):
        assert not one.is_new("x", MAX_TOLD)
        assert one.is_new("x", 1)


def test_what_the_first_version_wrote_is_known_and_told_anew() -> None:
    """One text of all scans of a scanner becomes a row for each."""
    shop = engine()
    key = blake2b(f"{NOW - S}:{CODE}".encode(), digest_size=8).hexdigest()
    shop.restore([StateRow("told", "phone", f'["{key}"]')], [], NOW)
    shop.observe(scan(NOW - S), NOW)
    shop.advance(NOW)
    changes = shop.drain()
    assert changes.movements == []
    assert {(row.part, row.key): row.value for row in changes.state if row.part in {"scan", "told"}} == {
        ("told", "phone"): None,
        ("scan", f"phone/{key}"): "0",
    }


def test_a_code_before_a_scanner_is_one_scan_over_a_restart() -> None:
    """Held there while the gateway was away for less than the window."""
    first = engine()
    first.observe(scan(NOW, NOW), NOW)
    first.advance(NOW)
    changes = first.drain()
    assert len(changes.movements) == 1
    second = engine()
    second.restore(changes.state, changes.points, NOW + S // 2)
    second.observe(scan(NOW + S // 2, NOW + S // 2), NOW + S // 2)
    second.advance(NOW + S)
    assert second.drain().movements == []
    assert second.state.devices["phone"].dropped == {"repeat": 1}
