"""Rows come and go; what was believed of one tag never leaks into the next that has its row."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.columns import FIRST_CAPACITY, FREE, PRESENT, Columns
from gateway.presence.model import ItemBelief
from gateway.presence.store_belief import CHUNK, StoreBelief
from tests.support.presence_shop import BACK, EPOCH_S, EXIT, FLOOR, WALL, PresenceShop, S, said

HOUR = 3_600


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=120))
def test_a_row_is_of_one_tag_at_a_time(story: list[tuple[bool, int]]) -> None:
    """Whatever comes and goes: each tag has its own row, live rows are those in use, none is lost."""
    columns = Columns(3)
    there: dict[str, int] = {}
    most = 0
    for comes, number in story:
        epc = f"{number:04X}"
        if comes and epc not in there:
            row = columns.add(epc)
            columns.state[row] = PRESENT
            there[epc] = row
        elif not comes and epc in there:
            row = there.pop(epc)
            del columns.index[epc]
            columns.free(row)
        most = max(most, len(there))
        assert columns.index == there
        assert len(set(there.values())) == len(there)
        assert columns.live().tolist() == sorted(there.values())
        assert all(columns.epcs[row] == epc for epc, row in there.items())
    assert columns.used == most, "rows are used again before new ones are taken"


def test_growing_keeps_every_column() -> None:
    """Past the first capacity, and twice past it, each row holds what it held."""
    columns = Columns(4)
    names = [name for name, value in vars(columns).items() if isinstance(value, np.ndarray)]
    assert len(names) >= 12
    for number in range(3 * FIRST_CAPACITY):
        row = columns.add(f"{number:06X}")
        columns.state[row] = PRESENT
        for name in names:
            if name != "state":
                getattr(columns, name)[row] = number % 100 + 1
    for number in range(0, 3 * FIRST_CAPACITY, 37):
        row = columns.index[f"{number:06X}"]
        for name in names:
            if name != "state":
                assert (getattr(columns, name)[row] == number % 100 + 1).all(), name
    assert all(len(getattr(columns, name)) == columns.capacity for name in names)


def test_a_row_costs_little() -> None:
    """Ten zones: within 500 bytes a tag in the columns, whatever is added to them."""
    columns = Columns(10)
    columns.reserve(100_000)
    arrays = [value for value in vars(columns).values() if isinstance(value, np.ndarray)]
    per_row = sum(array.nbytes for array in arrays) / columns.capacity
    assert per_row < 350, "beside them stand the name, its place in the index and the list"


def test_a_new_tag_in_an_old_row_is_believed_like_any_new_tag() -> None:
    """Hundreds of tags with every kind of past leave; those that take their rows are believed as strangers in
    a shop of strangers are.
    """

    def arrive_after(past: int) -> list[ItemBelief | None]:
        shop = PresenceShop()
        old = [f"0LD{n:04X}".replace("L", "1") for n in range(past)]
        for n, epc in enumerate(old):
            shop.put(epc, place=(FLOOR, WALL, BACK)[n % 3], chance=(0.9, 0.1)[n % 2])
        shop.live(300)
        for epc in old:
            shop.presence.depart(epc, shop.now)
        shop.lying.clear()
        for store in shop.presence.stores.values():
            relearn(store)
        shop.live(30)
        new = [f"4E{n:04X}" for n in range(150)]
        for epc in new:
            shop.read(epc, FLOOR, ago_s=-1)
            shop.read(epc, FLOOR, ago_s=-2)
        shop.live(60)
        return [shop.presence.item(epc) for epc in new]

    assert arrive_after(past=200) == arrive_after(past=0)


def relearn(store: StoreBelief) -> None:
    """Have a store forget what its antennas taught, so that only what is kept by row could differ."""
    fresh = StoreBelief(store.places, [], store.rule, store.counts)
    store.learning.restore(fresh.learning.save())
    store.antennas.usual[:] = 0
    store.antennas.p_blind[:] = 0


def test_reads_that_wait_are_of_the_tag_that_was_read() -> None:
    """A tag leaves by the gate while later reads of it wait in a port; a stranger takes its row at once. The
    reads are still those of the tag that left.
    """
    shop = PresenceShop()
    shop.fill(FLOOR, 100)
    shop.put("AAAA", chance=1)
    shop.live(600)
    row = shop.presence.stores["lyon-1"].columns.index["AAAA"]
    shop.take_away("AAAA")
    shop.presence.depart("AAAA", shop.now)
    shop.live(EPOCH_S)
    alone, crossed = deepcopy(shop), deepcopy(shop)
    crossed.presence.observe("AAAA", BACK, crossed.now + 9 * S, -60, 1)
    for each in (alone, crossed):
        each.read("BBBB", FLOOR, ago_s=-1)
        each.read("BBBB", FLOOR, ago_s=-2)
        each.live(60)
        assert each.presence.stores["lyon-1"].columns.index["BBBB"] == row
    assert alone.presence.item("BBBB") == crossed.presence.item("BBBB")


def test_reads_after_the_gate_that_came_with_it_are_still_its_own() -> None:
    """A broker hands over minutes at once: gate read, departure, and a stranger in the freed row, in one pass."""
    shop = PresenceShop()
    shop.fill(FLOOR, 100)
    shop.put("AAAA", chance=1)
    shop.live(600)
    shop.take_away("AAAA")
    shop.read("AAAA", EXIT, ago_s=-1, rssi=-52)
    shop.now += 120 * S
    for seconds in range(1, 60, 5):
        shop.read("AAAA", BACK, ago_s=seconds)
        shop.read("BBBB", FLOOR, ago_s=seconds)
    shop.live(EPOCH_S)
    shop.live(60)
    item = shop.presence.item("BBBB")
    assert item is not None
    assert item.place == FLOOR
    assert item.p_place > 0.9
    assert not [word for word in said(shop.events) if word.startswith("moved BBBB")]
    assert shop.presence.counts.is_conserved()


@pytest.mark.parametrize("tags", [CHUNK + 500])
def test_a_store_of_more_than_one_chunk_is_believed_like_a_small_one(tags: int) -> None:
    """The tags on both sides of a chunk's border, read alike, are believed alike."""
    shop = PresenceShop()
    epcs = [f"B16{n:05X}" for n in range(tags)]
    for _ in range(4):
        for epc in epcs:
            shop.read(epc, ago_s=-2)
        shop.live(EPOCH_S)
    left = set(epcs[:: CHUNK // 4])
    for _ in range(12):
        for epc in epcs:
            if epc not in left:
                shop.read(epc, ago_s=-2)
        shop.live(EPOCH_S)
    stayed = {shop.presence.p_present("lyon-1", [epc])[0] for epc in epcs if epc not in left}
    gone = {shop.presence.p_present("lyon-1", [epc])[0] for epc in left}
    assert max(stayed) - min(stayed) < 1e-5
    assert max(gone) - min(gone) < 1e-5
    assert max(gone) < min(stayed)
    assert len(shop.events) == tags
    assert shop.presence.counts.is_conserved()


def test_free_rows_are_no_tags() -> None:
    """A freed row is not live, and holds no name."""
    columns = Columns(2)
    row = columns.add("AA")
    columns.state[row] = PRESENT
    del columns.index["AA"]
    columns.free(row)
    assert columns.live().tolist() == []
    assert columns.state[row] == FREE
    assert columns.epcs[row] == ""
