"""How far guessing goes: against one person, against all on one tablet, at once, and with a clock that was set back."""

import asyncio
from random import Random

from gateway.staff.desk import MAX_TRYING
from gateway.staff.model import Opened, Role, SignInRefused
from gateway.staff.patience import MAX_OVER, MAX_PAUSE_NS, OF_DEVICE, OF_PERSON, Mistakes, patience_of
from tests.support.plain_staff import IDS, PlainStaff
from tests.support.staff_bench import HERE, S, StaffBench

DAY_S = 86_400
MAX_OF_PERSON_A_DAY = 120
"""Of a million PINs: a chance of 0.012 %. What the pauses add up to: 5 at once, some in the first half hour, 96 after."""
MAX_OF_DEVICE_A_DAY = 140
WRONG = "918273"


def guesses_in_a_day(bench: StaffBench, people: list[Role], tablets: int) -> int:
    """Return how many PINs are looked at, of somebody who tries whenever a pause ends, on several tablets."""
    devices = [bench.add("tablet", id=f"sd_{n:012x}", name=f"Tablet {n}") for n in range(tablets)]
    looked_at, end_ns = 0, bench.now_ns + DAY_S * S
    while bench.now_ns < end_ns:
        waits_s = []
        for device in devices:
            for role in people:
                said = bench.enter(device, role, WRONG)
                assert isinstance(said, SignInRefused)
                looked_at += said.code == "wrong_pin"
                waits_s.append(said.retry_after_s)
        bench.later(max(1, min(waits_s)))
    return looked_at


def test_a_day_of_guessing_at_one_person_on_many_tablets() -> None:
    """The pauses follow the person, whichever device it is tried on."""
    bench = StaffBench(PlainStaff())
    bench.add("associate")
    looked_at = guesses_in_a_day(bench, ["associate"], tablets=4)
    assert OF_PERSON.free < looked_at <= MAX_OF_PERSON_A_DAY


def test_a_day_of_guessing_at_all_on_one_tablet() -> None:
    """The pauses follow the tablet, whoever it is tried at."""
    bench = StaffBench(PlainStaff())
    for role in ("associate", "lead", "manager"):
        bench.add(role)
    looked_at = guesses_in_a_day(bench, ["associate", "lead", "manager"], tablets=1)
    assert OF_DEVICE.free < looked_at <= MAX_OF_DEVICE_A_DAY


def test_guesses_at_the_same_instant_are_looked_at_one_after_the_other() -> None:
    """None slips through while another is looked at; those beyond a few are sent away, unlooked at."""
    bench = StaffBench(PlainStaff())
    tablet = bench.add("tablet")
    bench.add("associate")

    async def all_at_once() -> list[Opened | SignInRefused]:
        tries = [bench.desk.enter_pin(IDS["associate"], WRONG, tablet, HERE) for _ in range(50)]
        return await asyncio.gather(*tries)

    said = [one.code for one in asyncio.run(all_at_once()) if isinstance(one, SignInRefused)]
    assert len(said) == 50
    assert said.count("wrong_pin") == OF_PERSON.free <= MAX_TRYING


def test_who_is_not_there_is_refused_as_with_a_wrong_pin() -> None:
    """In the same words, after the same work: what a tablet is told does not say who works here."""
    bench = StaffBench(PlainStaff())
    tablet = bench.add("tablet")
    bench.add("associate")
    assert bench.enter(tablet, "lead") == bench.enter(tablet, "associate", WRONG)


def test_a_right_pin_forgives_the_person_and_not_the_tablet() -> None:
    """Else somebody with a PIN of their own would guess at others for ever."""
    bench = StaffBench(PlainStaff())
    tablet = bench.add("tablet")
    for role in ("associate", "lead"):
        bench.add(role)
    for role in ("lead", "associate", "lead"):
        bench.enter(tablet, role, WRONG)
    assert isinstance(bench.enter(tablet, "associate"), Opened)
    levels = {one.who: one.level for one in bench.table.mistakes()}
    assert levels == {f"person:{IDS['lead']}": 2, f"device:{tablet.id}": 3}


def test_a_mistake_is_written_down_without_the_pin() -> None:
    """Who was named, on which device, from where; a right one leaves no line."""
    table = PlainStaff()
    bench = StaffBench(table)
    tablet, person = bench.add("tablet"), bench.add("associate")
    table.audited.clear()
    bench.enter(tablet, pin=WRONG)
    bench.enter(tablet)
    [entry] = table.audited
    assert (entry.action, entry.key_id, entry.subject) == ("session.refuse", tablet.id, person.id)
    assert entry.address == "192.0.2.7"
    assert WRONG not in str(entry)


def test_a_clock_that_was_set_back_keeps_nobody_out_for_longer_than_a_pause() -> None:
    """However far."""
    chance = Random(5)
    for _ in range(200):
        at_ns, now_ns = chance.randrange(10**19), chance.randrange(10**19)
        known = Mistakes("person:st_1", chance.uniform(0, OF_PERSON.free + MAX_OVER), at_ns)
        assert 0 <= OF_PERSON.pause_ns(known, now_ns) <= MAX_PAUSE_NS
        assert 0 <= OF_PERSON.level(known, now_ns) <= known.level


def test_mistakes_are_forgiven_with_time() -> None:
    """A level sinks by one in its time, to nothing; the worst evening is forgiven by the next."""
    known = None
    for _ in range(50):
        known = OF_PERSON.after(known, "person:st_1", 0)
    assert known is not None
    assert known.level == OF_PERSON.free + MAX_OVER
    assert OF_PERSON.level(known, DAY_S * S) == 0
    assert OF_PERSON.pause_ns(known, MAX_PAUSE_NS) == 0
    assert patience_of("device:sd_1") is OF_DEVICE
