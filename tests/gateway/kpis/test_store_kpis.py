"""The key figures of a store: equal to a slow integration over all that was known, whatever happens in between."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kpis.days import Calendar
from gateway.kpis.figures import figures_of
from gateway.kpis.kpis import Kpis
from gateway.kpis.model import Rate, Sighting
from gateway.kpis.store import ASSORTMENT_NS, MAX_STEP_NS, NS_PER_HOUR, SAVED_EVERY_NS, StoreKpis
from gateway.kpis.tally import (
    BEHIND,
    ELSEWHERE,
    FLOOR,
    MICRO,
    NONE,
    OUT,
    SHELF_UNKNOWN,
    SLOTS,
    STOCK_UNKNOWN,
    Tally,
    tally_of,
)
from gateway.opening_hours import OpeningHours
from gateway.reservations.model import Reservation, ReservedLine, Risk

S = 1_000_000_000
PARIS = ZoneInfo("Europe/Paris")
START_NS = int(datetime(2026, 11, 20, 6, tzinfo=UTC).timestamp()) * S
"""A Friday, 7 in Paris; the shop opens at 9."""
HOURS = OpeningHours(PARIS, (((540, 1_140),),) * 7, {})
RATE = Rate(0.5, 1.0, 2.5)


class SteadyRates:
    """Every article sells alike."""

    def rate(self, store: str, sku: str, now_ns: int) -> Rate | None:
        return RATE


def seen(sku: str, floor: int, behind: int, *, elsewhere: int = 0, reserved: int = 0, known: bool = True,
         department: str = "denim", changed_ns: int | None = START_NS) -> Sighting:  # fmt: skip
    """Return a sighting with so many pieces here and there."""
    on_hand = floor + behind + elsewhere
    available = max(0, floor + behind - reserved)
    return Sighting("lyon-1", sku, department, on_hand, available, floor, behind, known, True, changed_ns)


def kpis(calendar: Calendar | None = None, rates: bool = True) -> StoreKpis:
    """Return a store that began at START_NS."""
    store = StoreKpis("lyon-1", calendar or Calendar(PARIS, HOURS), SteadyRates() if rates else None)
    store.advance(START_NS)
    return store


def day_of(store: StoreKpis, department: str | None = None) -> Tally:
    """Return the sums of the day so far."""
    return dict(store.today())[department]


@dataclass
class Shop:
    """The accumulator, and beside it every stretch of time with what was known in it."""

    store: StoreKpis = field(default_factory=kpis)
    now_ns: int = START_NS
    known: dict[str, Sighting] = field(default_factory=dict)
    stretches: list[tuple[int, int, dict[str, Sighting]]] = field(default_factory=list)
    days: dict[tuple[int, str | None], Tally] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)

    def wait(self, ns: int) -> None:
        """Let time pass: as short steps that somebody lives through, else at once."""
        to_ns = self.now_ns + ns
        unlived = ns > MAX_STEP_NS
        known = {sku: self._unseen(s) for sku, s in self.known.items()} if unlived else dict(self.known)
        self.stretches.append((self.now_ns, to_ns, known))
        self.now_ns = to_ns
        self.store.advance(to_ns)
        self.save()

    def judge(self, sighting: Sighting) -> None:
        self.store.judge(sighting, self.now_ns)
        self.known[sighting.sku] = sighting

    def save(self) -> None:
        for row in self.store.drain_days():
            self.days[row.day, row.department] = tally_of(row.record)
        for key, text in self.store.dirty_rows():
            if text is None:
                self.saved.pop(key, None)
            else:
                self.saved[key] = text

    def restart(self, down_ns: int) -> None:
        """Begin a new life from what is written down by now; all that it knows is judged anew."""
        self.store._saved_ns = 0  # the ten minutes are over just now
        self.save()
        self.store = StoreKpis("lyon-1", Calendar(PARIS, HOURS), SteadyRates())
        self.store.restore(self.saved)
        for sighting in self.known.values():
            self.store.enter(sighting, self.now_ns + down_ns)
        if down_ns:
            known = {sku: self._unseen(s) for sku, s in self.known.items()}
            self.stretches.append((self.now_ns, self.now_ns + down_ns, known))
        self.now_ns += down_ns
        self.store.advance(self.now_ns)
        for sighting in self.known.values():
            self.store.judge(sighting, self.now_ns)

    @staticmethod
    def _unseen(sighting: Sighting) -> Sighting:
        return seen(sighting.sku, 0, 0, known=False, department=sighting.department)

    def all_sums(self) -> dict[tuple[int, str | None], Tally]:
        """Return the sums of all days by (day, department)."""
        assert self.store.day is not None
        self.save()
        today = {(self.store.day.number, name): tally for name, tally in self.store.today()}
        return self.days | today

    def directly(self, number: int, department: str | None) -> tuple[list[int], list[int]]:
        """Integrate one day slowly, stretch by stretch and article by article."""
        day = Calendar(PARIS, HOURS).day(number)
        areas, lost = [0] * SLOTS, [0] * 3
        for from_ns, to_ns, known in self.stretches:
            begin_ns, end_ns = max(from_ns, day.start_ns), min(to_ns, day.end_ns)
            open_ns = sum(max(0, min(b, end_ns) - max(a, begin_ns)) for a, b in day.spans)
            for sighting in known.values():
                if department in {None, sighting.department}:
                    for slot in slots(sighting):
                        areas[slot] += open_ns
                    if sighting.is_known and sighting.available == 0:
                        bounds = (RATE.low, RATE.mean, RATE.high)
                        lost = [x + round(b * MICRO) * open_ns for x, b in zip(lost, bounds, strict=True)]
        return areas, lost


def slots(s: Sighting) -> list[int]:
    """Return where an article counts, by the definitions of docs/kpis.md."""
    if not s.is_known:
        return [SHELF_UNKNOWN, STOCK_UNKNOWN]
    if s.floor:
        shelf = FLOOR
    elif s.behind:
        shelf = BEHIND
    else:
        shelf = ELSEWHERE if s.on_hand else NONE
    return [shelf, OUT] if s.available == 0 else [shelf]


sightings = st.builds(
    lambda sku, floor, behind, elsewhere, reserved, known: seen(
        sku, floor, behind, elsewhere=elsewhere, reserved=reserved, known=known,
        department="denim" if sku < "c" else "shoes",
    ),
    st.sampled_from("abcdef"), st.integers(0, 2), st.integers(0, 2), st.integers(0, 1), st.integers(0, 2),
    st.booleans(),
)  # fmt: skip
waits = st.one_of(
    st.integers(1, MAX_STEP_NS),
    st.integers(MAX_STEP_NS + 1, 30 * NS_PER_HOUR),
    st.integers(0, 600).map(lambda s: s * S),
)
events = st.lists(
    st.one_of(
        sightings.map(lambda s: ("judge", s)),
        waits.map(lambda ns: ("wait", ns)),
        st.sampled_from([0, S, 2 * NS_PER_HOUR, 26 * NS_PER_HOUR]).map(lambda ns: ("restart", ns)),
    ),
    max_size=60,
)


@given(events)
def test_the_sums_are_those_of_a_direct_integration_whatever_happens(story: list[tuple[str, object]]) -> None:
    """Judgements, time lived and slept through, restarts: every area of every day is what was known × open time."""
    shop = Shop()
    for what, value in story:
        getattr(shop, what)(value)
    for (number, department), tally in shop.all_sums().items():
        areas, lost = shop.directly(number, department)
        assert tally.areas == areas
        assert tally.lost == lost


@given(events)
def test_shares_lie_between_0_and_1_and_are_whole_with_what_is_unknown(
    story: list[tuple[str, object]],
) -> None:
    """All article time is on the floor, behind, elsewhere, gone or unknown: nothing twice, nothing left out."""
    shop = Shop()
    for what, value in story:
        getattr(shop, what)(value)
    for tally in shop.all_sums().values():
        found = figures_of(tally)
        shares = [found.on_shelf, found.nosbos, found.elsewhere, found.gone]
        assert all(share is None or 0 <= share <= 1 for share in [*shares, found.unknown, found.stock_out])
        known = [share for share in shares if share is not None]
        assert not known or sum(known) == pytest.approx(1)
        if found.unknown is not None:
            on_shelf = 0 if found.on_shelf is None else found.on_shelf * (1 - found.unknown)
            rest = 0 if not known else sum(known[1:]) * (1 - found.unknown)
            assert on_shelf + rest + found.unknown == pytest.approx(1)


@given(events, st.integers(0, 59))
def test_a_restart_at_any_place_changes_nothing(story: list[tuple[str, object]], place: int) -> None:
    """A life that is cut in two at an instant adds up to the same as the whole one."""
    whole, cut = Shop(), Shop()
    for number, (what, value) in enumerate(story):
        getattr(whole, what)(value)
        if number == place:
            cut.restart(0)
        getattr(cut, what)(value)
    plain = {key: tally.to_json() for key, tally in whole.all_sums().items()}
    assert {key: tally.to_json() for key, tally in cut.all_sums().items()} == plain


def test_time_between_the_last_write_and_a_crash_is_unknown() -> None:
    """What was not written down was not seen: it is never taken as empty, nor as full."""
    store = kpis()
    rows = dict(store.dirty_rows())
    opened_ns = START_NS + 2 * NS_PER_HOUR
    for at_ns in range(START_NS, opened_ns, MAX_STEP_NS):
        store.advance(at_ns)
    store.advance(opened_ns)
    store.judge(seen("a", 1, 0), opened_ns)
    store.advance(opened_ns + SAVED_EVERY_NS)
    rows |= dict(store.dirty_rows())
    store.advance(opened_ns + SAVED_EVERY_NS + 5 * S)  # lived, and lost with the machine
    again = StoreKpis("lyon-1", Calendar(PARIS, HOURS))
    again.restore({key: text for key, text in rows.items() if text is not None})
    again.enter(seen("a", 1, 0), opened_ns + SAVED_EVERY_NS + 60 * S)
    again.advance(opened_ns + SAVED_EVERY_NS + 60 * S)
    areas = day_of(again).areas
    assert (areas[FLOOR], areas[SHELF_UNKNOWN]) == (SAVED_EVERY_NS, 60 * S)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)])
def test_a_day_is_as_long_as_its_clocks_make_it(day: str, hours: int) -> None:
    """Of an article that stands there all day and all night, the day has 23, 25 or 24 hours."""
    calendar = Calendar(PARIS)
    number = date.fromisoformat(day).toordinal()
    start_ns = calendar.day(number).start_ns
    store = StoreKpis("lyon-1", calendar)
    store.advance(start_ns)
    store.judge(seen("a", 1, 0, changed_ns=start_ns), start_ns)
    for at_ns in range(start_ns, start_ns + 26 * NS_PER_HOUR, MAX_STEP_NS):
        store.advance(at_ns)
    closed = {(row.day, row.department): tally_of(row.record) for row in store.drain_days()}
    assert closed[number, None].areas[FLOOR] == hours * NS_PER_HOUR
    assert closed[number, "denim"].open_ns == hours * NS_PER_HOUR


def test_open_hours_of_a_day_with_a_leap_are_those_of_its_clocks() -> None:
    """A shop that is open from 1:00 to 4:00 is open for two hours on the night that loses one."""
    night = OpeningHours(PARIS, (((60, 240),),) * 7, {})
    calendar = Calendar(PARIS, night)
    opened = [calendar.day(date(2026, m, d).toordinal()) for m, d in ((3, 28), (3, 29), (10, 25))]
    assert [day.open_until(day.end_ns) // NS_PER_HOUR for day in opened] == [3, 2, 4]


def test_open_time_past_midnight_belongs_to_the_day_that_it_falls_on() -> None:
    """A bar's Friday that ends at two has two hours in the Saturday."""
    bar = OpeningHours(PARIS, ((), (), (), (), ((1_080, 120),), (), ()), {})
    friday = date(2026, 11, 20).toordinal()
    days = [Calendar(PARIS, bar).day(friday + n) for n in range(2)]
    assert [day.open_until(day.end_ns) // NS_PER_HOUR for day in days] == [6, 2]


def test_a_refill_is_timed_in_open_time_over_a_restart_and_not_through_doubt() -> None:
    """From the floor seen empty to the floor seen filled; with doubt in between nobody knows when."""
    shop = Shop()
    while shop.now_ns < START_NS + 2 * NS_PER_HOUR:
        shop.wait(MAX_STEP_NS)
    shop.judge(seen("a", 0, 3))
    shop.judge(seen("b", 0, 3))
    shop.wait(600 * S)
    shop.restart(0)
    shop.wait(600 * S)
    shop.judge(seen("b", 0, 3, known=False))
    shop.judge(seen("a", 2, 1))
    shop.judge(seen("b", 2, 1))
    found = figures_of(day_of(shop.store, "denim"))
    assert found.refills == 1
    assert found.refill_median_s == pytest.approx(1_200, rel=0.05)


def test_an_article_that_has_been_gone_for_four_weeks_is_missed_no_more() -> None:
    """An assortment changes: what left the store long ago counts neither as missing nor as unknown."""
    store = kpis(Calendar(PARIS))
    store.judge(seen("old", 0, 0, changed_ns=START_NS), START_NS)
    store.judge(seen("new", 1, 0, changed_ns=START_NS), START_NS)
    at_ns = START_NS
    while at_ns < START_NS + ASSORTMENT_NS + 25 * NS_PER_HOUR:
        at_ns += MAX_STEP_NS
        store.advance(at_ns)
    assert store.articles()[NONE] == 0
    assert store.articles()[FLOOR] == 1
    store.judge(seen("old", 1, 0, changed_ns=at_ns), at_ns)
    assert store.articles()[FLOOR] == 2


def test_lost_sales_are_the_rate_times_the_open_time_without_stock() -> None:
    """Two hours of a day without a piece, at a piece per open hour: two pieces, and their range."""
    store = kpis()
    store.judge(seen("a", 0, 0), START_NS)
    for at_ns in range(START_NS, START_NS + 4 * NS_PER_HOUR + 1, MAX_STEP_NS):
        store.advance(at_ns)
    lost = figures_of(day_of(store)).lost
    assert lost is not None
    assert (lost.low, lost.mean, lost.high) == (1.0, 2.0, 5.0)
    assert figures_of(day_of(kpis(rates=False))).lost is None


def test_an_article_that_changes_its_department_counts_in_one_at_a_time() -> None:
    """The catalogue may change while the gateway runs: what was counted stays, what comes counts anew."""
    store = kpis(Calendar(PARIS))
    store.judge(seen("a", 1, 0, department="denim"), START_NS)
    store.advance(START_NS + 600 * S)
    store.judge(seen("a", 1, 0, department="shoes"), START_NS + 600 * S)
    store.advance(START_NS + 900 * S)
    assert store.articles()[FLOOR] == 1
    found = [day_of(store, name).areas[FLOOR] // S for name in ("denim", "shoes", None)]
    assert found == [600, 300, 900]


def a_reservation(**fields: object) -> Reservation:
    """Return a reservation of one denim piece, with these fields."""
    lines = (ReservedLine("a", 1, 1),)
    held = Reservation("1" * 23, "lyon-1", "held", lines, "web", None, 0.9, START_NS, START_NS, START_NS + 1)
    return replace(held, **fields)  # type: ignore[arg-type]  # fields by name


def test_a_reservation_at_risk_and_secure_again_is_counted_as_both() -> None:
    """Once for each change of that; one that ends at risk was not secured again."""
    both = Kpis({"lyon-1": Calendar(PARIS)}, lambda _sku: "denim")
    for _ in both.advancing(START_NS):
        pass
    held, risky = a_reservation(), a_reservation(risks=(Risk("a", "not_enough"),))
    story = [None, held, risky, risky, held, risky, replace(risky, state="expired", risks=())]
    for before, after in pairwise(story):
        assert after is not None
        both.reservation(before, after)
    for name in (None, "denim"):
        found = figures_of(day_of(both.stores["lyon-1"], name))
        assert (found.made, found.at_risk, found.resecured, found.expired) == (1, 2, 1, 1)


def test_departments_beyond_the_bound_are_summed_up() -> None:
    """A catalogue that names thousands of departments does not fill the memory."""
    store = kpis(Calendar(PARIS))
    for number in range(200):
        store.judge(seen(f"a{number}", 1, 0, department=f"d{number}"), START_NS)
    assert len(dict(store.today())) == 1 + 65
    assert sum(store.articles()[:5]) == 200
