"""Reads wait in ports for the end of their epoch: none is lost, none is taken twice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.ports import MANY, Port, tag_count

Waiting = tuple[int, int, float | None]
reads = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 1_000), st.none() | st.sampled_from([-70.0, -55.5])),
    max_size=60,
)


def port_with(waiting: list[Waiting]) -> Port:
    """Return a port in which these (row, time, RSSI) wait."""
    port = Port("front", 1, 0, 0, {})
    for row, at_ns, rssi in waiting:
        port.rows.append(row)
        port.at_ns.append(at_ns)
        port.rssi_dbm.append(rssi)
    return port


def held(port: Port) -> list[Waiting]:
    """Return what waits in a port."""
    strengths = [None if rssi is None or np.isnan(rssi) else rssi for rssi in port.rssi_dbm]
    return list(zip(port.rows, port.at_ns, strengths, strict=True))


@settings(deadline=None)
@given(reads, st.integers(0, 1_000))
def test_what_is_before_the_end_is_taken_and_the_rest_waits_on(waiting: list[Waiting], until: int) -> None:
    """In order, with time and strength; one without a strength stays without."""
    port = port_with(waiting)
    rows, at_ns, rssi = port.take(until)
    told = [None if np.isnan(x) else float(x) for x in rssi]
    assert list(zip(rows.tolist(), at_ns.tolist(), told, strict=True)) == [r for r in waiting if r[1] < until]
    assert held(port) == [r for r in waiting if r[1] >= until]


@settings(deadline=None)
@given(reads, st.sets(st.integers(0, 20)))
def test_what_waits_for_freed_rows_is_handed_back(waiting: list[Waiting], freed: set[int]) -> None:
    """… and waits no more; all others do."""
    port = port_with(waiting)
    assert port.take_back(freed) == [r for r in waiting if r[0] in freed]
    assert held(port) == [r for r in waiting if r[0] not in freed]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=100))
def test_tags_are_counted_once(rows: list[int]) -> None:
    """However often each was read; where there are very many reads, the count may be above it."""
    assert tag_count(np.array(rows, np.intp)) == len(set(rows))
    assert tag_count(np.array(rows + [0] * MANY, np.intp)) >= len({*rows, 0})
