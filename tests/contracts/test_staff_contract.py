"""The desk of staff on each of its tables: in memory, as the tests of the page have it, and in the store."""

import asyncio
from collections.abc import Iterator

import pytest

from gateway.staff.desk import (
    DEVICE_IDLE_NS,
    FRESH_S,
    OWN_IDLE_NS,
    OWN_NS,
    SHARED_IDLE_NS,
    SHARED_NS,
    USE_STEP_NS,
)
from gateway.staff.model import Opened, SignInRefused
from gateway.staff.patience import FIRST_PAUSE_NS, OF_PERSON
from gateway.storage.staff import StaffRows
from tests.support.plain_staff import IDS, PlainStaff
from tests.support.staff_bench import S, StaffBench
from tests.support.stores import a_store

WRONG = "918273"


@pytest.fixture(params=["memory", "sqlite"])
def bench(request: pytest.FixtureRequest) -> Iterator[StaffBench]:
    """Return a desk over each kind of table."""
    if request.param == "memory":
        yield StaffBench(PlainStaff())
        return
    with a_store() as store:
        yield StaffBench(StaffRows(store))


def code(outcome: Opened | SignInRefused) -> str:
    """Return why nobody was signed in; empty where somebody was."""
    return outcome.code if isinstance(outcome, SignInRefused) else ""


def test_a_tablet_is_enrolled_once_and_people_come_and_go(bench: StaffBench) -> None:
    """Its link signs nobody in; a PIN does, for half an hour without a request, and never over night."""
    tablet, person = bench.add("tablet"), bench.add("associate")
    token = bench.link(tablet)
    opened = bench.follow(token)
    assert isinstance(opened, Opened)
    assert (opened.session, bench.whose(opened.device), bench.who(opened.device)) == (None, tablet.id, None)
    assert code(bench.follow(token)) == "unknown_link"
    session = bench.signed_in(tablet)
    assert (bench.who(session), bench.whose(session)) == (person.id, None)
    for _ in range(SHARED_NS // SHARED_IDLE_NS - 1):
        bench.later(SHARED_IDLE_NS / S - 1)
        assert bench.who(session) == person.id
    bench.later(SHARED_IDLE_NS / S)
    assert bench.who(session) is None
    again = bench.signed_in(tablet)
    for _ in range(SHARED_NS // (SHARED_IDLE_NS // 2) - 1):
        bench.later(SHARED_IDLE_NS / S / 2)
        assert bench.who(again) == person.id
    bench.later(SHARED_IDLE_NS / S / 2)
    assert bench.who(again) is None
    assert bench.whose(opened.device) == tablet.id


def test_a_phone_of_ones_own_is_its_owners_alone(bench: StaffBench) -> None:
    """A person's link signs them in and makes the phone theirs: nobody else is listed or gets in there, for longer."""
    person, other = bench.add("associate"), bench.add("lead")
    opened = bench.follow(bench.link(person))
    assert isinstance(opened, Opened)
    assert (bench.who(opened.session), bench.whose(opened.device)) == (person.id, person.id)
    assert asyncio.run(bench.desk.people_on(person)) == [person]
    assert code(bench.enter(person, "lead")) == "wrong_pin"
    bench.later(OWN_IDLE_NS / S - 1)
    assert bench.who(opened.session) == person.id
    bench.later(OWN_IDLE_NS / S)
    assert bench.who(opened.session) is None
    assert bench.who(bench.signed_in(person)) == person.id
    bench.later(DEVICE_IDLE_NS / S)
    assert bench.whose(opened.device) is None
    assert other.id not in {one.id for one in asyncio.run(bench.desk.people_on(person))}
    assert OWN_NS > OWN_IDLE_NS


def test_a_link_that_is_opened_on_the_shared_tablet_makes_it_nobodys_own(bench: StaffBench) -> None:
    """The person is signed in as with a PIN: it stays the tablet of all."""
    tablet, person = bench.add("tablet"), bench.add("manager")
    opened = bench.follow(bench.link(person), tablet)
    assert isinstance(opened, Opened)
    assert (bench.who(opened.session), opened.device) == (person.id, None)
    assert opened.session_s == SHARED_NS // S
    bench.later(SHARED_IDLE_NS / S)
    assert bench.who(opened.session) is None


def test_a_link_ends(bench: StaffBench) -> None:
    """By its time, by a newer one, and with whom it is for."""
    person = bench.add("associate")
    late = bench.link(person, 60)
    bench.later(60)
    assert code(bench.follow(late)) == "unknown_link"
    first, second = bench.link(person), bench.link(person)
    assert code(bench.follow(first)) == "unknown_link"
    bench.remove(person)
    assert [code(bench.follow(token)) for token in (second, "", "sl_" + "x" * 200)] == ["unknown_link"] * 3


def test_a_restart_signs_nobody_out(bench: StaffBench) -> None:
    """Neither people nor devices, and what was used since the last write counts by some minutes."""
    tablet, person = bench.add("tablet"), bench.add("associate")
    device = bench.follow(bench.link(tablet))
    assert isinstance(device, Opened)
    session = bench.signed_in(tablet)
    bench.later(USE_STEP_NS / S)
    assert bench.who(session) == person.id
    bench.later(SHARED_IDLE_NS / S - 1)
    bench.desk = bench.another()
    assert (bench.who(session), bench.whose(device.device)) == (person.id, tablet.id)


@pytest.mark.parametrize("end", ["remove", "new pin", "remove the tablet"])
def test_what_the_command_ends_has_ended_within_seconds(bench: StaffBench, end: str) -> None:
    """Sessions of the person; of a removed device, all that were opened on it, and the device's own."""
    tablet, person = bench.add("tablet"), bench.add("associate")
    device = bench.follow(bench.link(tablet))
    assert isinstance(device, Opened)
    session = bench.signed_in(tablet)
    if end == "new pin":
        bench.new_pin("associate", "918274")
    else:
        bench.remove(person if end == "remove" else tablet)
    bench.later(FRESH_S)
    assert bench.who(session) is None
    assert (bench.whose(device.device) is None) == (end == "remove the tablet")
    if end == "new pin":
        assert [code(bench.enter(tablet)), code(bench.enter(tablet, pin="918274"))] == ["wrong_pin", ""]
    if end == "remove":
        assert [one.name for one in bench.table.members() if one.id == person.id] == [""]
        assert code(bench.enter(tablet)) == "wrong_pin"
        assert not bench.remove(person)


def test_who_leaves_is_out_at_once_and_nobody_else(bench: StaffBench) -> None:
    """The next person's session, and the tablet's, go on."""
    tablet = bench.add("tablet")
    bench.add("associate")
    bench.add("lead")
    first, second = bench.signed_in(tablet), bench.signed_in(tablet, "lead")
    asyncio.run(bench.desk.leave(first))
    assert (bench.who(first), bench.who(second)) == (None, IDS["lead"])
    asyncio.run(bench.desk.leave(first))
    bench.desk = bench.another()
    assert (bench.who(first), bench.who(second)) == (None, IDS["lead"])


def test_stores_bind_people_and_tablets(bench: StaffBench) -> None:
    """Who works in another store is neither listed nor let in; the people of all stores are at home everywhere."""
    lyon = bench.add("tablet", ("lyon-1",))
    bench.add("associate", ("nice-1",))
    bench.add("lead", ("lyon-1", "nice-1"))
    bench.add("manager")
    assert [one.role for one in asyncio.run(bench.desk.people_on(lyon))] == ["lead", "manager"]
    assert [code(bench.enter(lyon, role)) for role in ("associate", "lead", "manager")] == [
        "wrong_pin",
        "",
        "",
    ]
    of_nice = asyncio.run(bench.desk.people_of(frozenset({"nice-1"})))
    assert [one.role for one in of_nice] == ["associate", "lead", "manager"]


def test_wrong_pins_make_pauses_that_a_restart_does_not_end(bench: StaffBench) -> None:
    """The fifth in a row is followed by 30 s in which the right one is not looked at either; the person alone waits."""
    tablet = bench.add("tablet")
    bench.add("associate")
    bench.add("lead")
    said = [bench.enter(tablet, pin=WRONG) for _ in range(OF_PERSON.free)]
    assert [code(one) for one in said] == ["wrong_pin"] * OF_PERSON.free
    assert [one.retry_after_s for one in said if isinstance(one, SignInRefused)] == [0, 0, 0, 0, 30]
    bench.desk = bench.another()
    paused = bench.enter(tablet)
    assert isinstance(paused, SignInRefused)
    assert (paused.code, paused.retry_after_s) == ("too_many_tries", 30)
    assert code(bench.enter(tablet, "lead")) == ""
    bench.later(FIRST_PAUSE_NS / S)
    assert code(bench.enter(tablet)) == ""
    assert code(bench.enter(tablet, pin=WRONG)) == "wrong_pin"
