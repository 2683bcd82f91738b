"""The benchmark's shop keeps its books: every item in one place, and people do what their shares say."""

from collections import Counter
from dataclasses import replace
from functools import cache
from math import sqrt

import pytest

from simulators.benchmark.calendar import START_NS, Calendar
from simulators.benchmark.families import FAMILIES, Family
from simulators.benchmark.run import BenchmarkRun
from simulators.benchmark.shop import Shop

SIGMAS = 5.0
"""Seeds are fixed, so a bound either holds or does not; this far out, any seed would do."""
LONG_DAYS = 10
FULL = replace(FAMILIES["base"], name="full", delivered_per_day=175)
"""A shop that never runs dry: as much comes as goes."""


@cache
def lived(family: Family, seed: int, days: float) -> BenchmarkRun:
    """Return a run whose people have lived their days, with no radio to listen to."""
    run = BenchmarkRun(family, seed, days)
    run._people_come()
    run._shop.advance(run.end_ns)
    return run


def is_share(count: int, total: int, share: float) -> bool:
    """Return whether a count is what a share of a total would give, within the bounds of chance."""
    return abs(count - total * share) <= SIGMAS * sqrt(max(1.0, total * share * (1.0 - share)))


def at_rest(shop: Shop) -> list[str]:
    """Return the ids of all items that lie somewhere."""
    places = [*shop.on_floor.values(), *shop.in_back.values(), shop.strays]
    return [item.epc for place in places for item in place]


@pytest.mark.parametrize("name", ["base", "grocery", "boutique", "moved-antennas", "level-shift", "burst"])
def test_every_item_is_in_exactly_one_place(name: str) -> None:
    """Each change follows from the one before; who lies twice, or in two zones, would be found out."""
    run = lived(FAMILIES[name], 5, 2.0)
    zone_of: dict[str, str | None] = {}
    last_ns = run.start_ns
    for change in run.truth.changes:
        assert last_ns <= change.at_ns <= run.end_ns
        last_ns = change.at_ns
        before = zone_of.get(change.epc)
        assert before != change.zone
        if before is None:
            assert change.cause in {"initial", "delivered", "returned"}
        if change.zone is None:
            assert change.cause in {"sold", "stolen", "expired"}
        zone_of[change.epc] = change.zone
    there = at_rest(run._shop)
    assert len(there) == len(set(there))
    assert {zone_of[epc] for epc in there} <= set(run._shop.floors) | {
        run._shop.back_room,
        run._shop.fitting_room,
    }
    present = {epc for epc, zone in zone_of.items() if zone is not None}
    assert set(there) <= present
    assert len(present) - len(there) < 60, "the others are in somebody's hands"


@pytest.mark.parametrize("name", ["base", "grocery"])
def test_what_comes_and_goes_adds_up(name: str) -> None:
    """Opening stock + delivered + returned − sold − stolen − written off is what is there; sales are told once."""
    run = lived(FAMILIES[name], 5, 2.0)
    truth = run.truth
    zone_of = {change.epc: change.zone for change in truth.changes}
    came = sum(c.cause in {"initial", "delivered", "returned"} for c in truth.changes)
    left = sum(c.cause in {"sold", "stolen", "expired"} for c in truth.changes)
    assert came - left == sum(zone is not None for zone in zone_of.values())
    sold = [(c.at_ns, c.sku, c.epc) for c in truth.changes if c.cause == "sold"]
    assert sold == [(sale.at_ns, sale.sku, sale.epc) for sale in truth.sales]
    posted = [event for m in run._out if hasattr(m, "events") for event in m.events]
    scanned = sum(hasattr(m, "data") for m in run._out)
    told = sum({"missed": 0, "double": 2}.get(sale.till_outcome, 1) for sale in truth.sales)
    expired = sum(change.cause == "expired" for change in truth.changes)
    assert sum(event["type"] == "sale" for event in posted) + scanned == told + expired
    assert sum(event["type"] == "return" for event in posted) == sum(
        c.cause == "returned" for c in truth.changes
    )


def test_people_do_what_their_shares_say() -> None:
    """Sales, thefts, fittings and misplacings come as often as the family says."""
    run = lived(FULL, 11, LONG_DAYS)
    truth, family = run.truth, FULL
    causes = Counter(change.cause for change in truth.changes)
    gone = causes["sold"] + causes["stolen"]
    assert is_share(causes["stolen"], gone, family.theft_share)
    assert causes["sold"] / LONG_DAYS == pytest.approx(family.sales_per_day, rel=0.15)
    assert causes["returned"] / LONG_DAYS == pytest.approx(family.returns_per_day, rel=0.5)
    assert causes["delivered"] == LONG_DAYS * family.delivered_per_day
    visits = gone * (1.0 + family.browses_per_sale)
    assert causes["fitting"] / visits == pytest.approx(family.fitting_share, rel=0.1)
    left_hanging = family.fitting_share * family.left_in_fitting_share
    put_back = gone * family.browses_per_sale * (1.0 - left_hanging)
    assert causes["misplaced"] / put_back == pytest.approx(family.misplaced_share, rel=0.2)


def test_the_gate_reads_its_share_of_sold_items() -> None:
    """The gate sees 95 % of what is paid and carried through it, dead tags apart."""
    truth = lived(FULL, 11, LONG_DAYS).truth
    alive = [walk for walk in truth.walks if truth.quality[walk.epc] != "dead"]
    assert len(alive) > 1_200
    assert is_share(sum(walk.is_gate_read for walk in alive), len(alive), FULL.gate_sale_share)
    assert not any(walk.is_gate_read for walk in truth.walks if truth.quality[walk.epc] == "dead")
    for walk in truth.walks:
        assert 18 <= (walk.left_ns - walk.paid_ns) / 1e9 <= 68


def test_the_till_errs_as_often_as_it_should() -> None:
    """Missed, double and wrong scans come at their shares."""
    run = lived(
        replace(FULL, till_missed_share=0.1, till_double_share=0.05, till_wrong_share=0.2), 3, LONG_DAYS
    )
    outcomes = Counter(sale.till_outcome for sale in run.truth.sales)
    total = sum(outcomes.values())
    assert is_share(outcomes["missed"], total, 0.1)
    assert is_share(outcomes["double"], total, 0.05)
    assert is_share(outcomes["wrong"], total, 0.2 * (1 - 1 / FULL.skus))


def test_tags_are_of_the_mix_that_the_family_says() -> None:
    """Dead, hard and weak tags are there at their shares."""
    radio = BenchmarkRun(FULL, 1, 0.01)._radio
    kinds = Counter(radio.print_tag(f"{number:024X}") for number in range(10_000))
    for kind, share in (("dead", 0.005), ("hard", 0.02), ("weak", 0.10), ("normal", 0.875)):
        assert is_share(kinds[kind], 10_000, share)


def test_the_books_are_wrong_as_the_family_says() -> None:
    """35 % of the ledger's rows are off, by two less to three more; a row that cannot go below none is less so."""
    off, rows = Counter[int](), 0
    for seed in range(15):
        run = BenchmarkRun(FAMILIES["base"], seed, 0.01)
        true = Counter(change.sku for change in run.truth.changes)
        off.update(run.ledger[sku] - true[sku] for sku in run.ledger)
        rows += len(run.ledger)
    assert set(off) == {-2, -1, 0, 1, 2, 3}
    assert is_share(rows - off[0], rows, FAMILIES["base"].ledger_wrong_share)


def test_ghosts_are_what_the_books_have_too_much_of() -> None:
    """2 % of the pieces are ghosts, of rows that stand too high; a list of tags as wrong as the books has half."""
    told = pieces = 0
    for seed in range(15):
        run = BenchmarkRun(FAMILIES["ghosts-told"], seed, 0.01)
        true = Counter(change.sku for change in run.truth.changes)
        pieces += sum(true.values())
        told += len(run.truth.ghosts)
        sku_of = {str(e["epc"]): str(e["sku"]) for m in run._out if hasattr(m, "events") for e in m.events}
        haunted = Counter(sku_of[epc] for epc in run.truth.ghosts)
        assert all(run.ledger[sku] >= true[sku] + count for sku, count in haunted.items())
        assert not set(run.truth.ghosts) & {change.epc for change in run.truth.changes}
    assert is_share(told, round(pieces * 0.02), 0.5)


def test_families_of_one_seed_share_their_day() -> None:
    """What people do is the same in all families of the same shop: what is seen of it differs."""
    names = ["base", "clean", "hard", "sparse", "outage", "transport", "untold", "epc-till", "mixed-tags"]
    days = [
        [(c.at_ns, c.epc, c.zone, c.cause) for c in lived(FAMILIES[name], 1, 0.3).truth.changes]
        for name in names
    ]
    assert len(days[0]) > 700
    assert all(day == days[0] for day in days)


def test_customers_come_by_the_clock() -> None:
    """Nobody comes at night; the busiest hours of the profile have the most sales."""
    family = replace(FULL, night_h=3.0, bursts_per_day=0.0)
    run, calendar = lived(family, 2, LONG_DAYS), Calendar(family)
    hours = Counter((s.at_ns - START_NS) % calendar.day_ns // (3_600 * 10**9) for s in run.truth.sales)
    assert sum(hours[hour] for hour in range(13, 15)) == 0, "the last ones leave within an hour of closing"
    profile = family.hour_profile
    busy, quiet = profile.index(max(profile)), profile.index(min(profile))
    assert hours[busy] > 2 * hours[quiet]
    week = [calendar.rush(calendar.opening_ns(day) + 1) for day in range(7)]
    assert sum(week) / 7 == pytest.approx(profile[0] / (sum(profile) / len(profile)))


def test_a_shift_changes_what_is_wanted() -> None:
    """After the shift, other articles sell best."""
    family = replace(FULL, shift_at_day=5.0, shift_factor=8.0, bursts_per_day=0.0)
    run = lived(family, 4, LONG_DAYS)
    turn_ns = START_NS + round(5.0 * Calendar(family).day_ns)
    before = Counter(s.sku for s in run.truth.sales if s.at_ns < turn_ns)
    after = Counter(s.sku for s in run.truth.sales if s.at_ns >= turn_ns)
    gains = sorted((after[sku] + 1) / (before[sku] + 1) for sku in run.ledger)
    assert gains[-5] > 2.0


def test_a_grocery_writes_off_what_is_old() -> None:
    """Short life: staff throw away each morning what nobody bought, and tell it by its tag."""
    run = lived(FAMILIES["grocery"], 5, 2.0)
    expired = [change for change in run.truth.changes if change.cause == "expired"]
    assert len(expired) > 20
    named = {
        event.get("epc")
        for m in run._out
        if hasattr(m, "events")
        for event in m.events
        if event["type"] == "sale"
    }
    assert {change.epc for change in expired if not change.epc.startswith("piece:")} <= named
