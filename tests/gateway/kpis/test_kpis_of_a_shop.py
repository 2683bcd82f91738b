"""The key figures as the whole engine feeds them: reads, tills, counts and reservations of a small shop."""

import asyncio
from datetime import date
from zoneinfo import ZoneInfo

from gateway.kpis.days import Calendar
from gateway.kpis.figures import Figures, figures_of
from gateway.kpis.kpis import Kpis
from gateway.kpis.model import KpiDay, KpiQuery
from gateway.kpis.reports import KpiReports
from gateway.kpis.tally import FLOOR, SHELF_UNKNOWN, Tally, tally_of
from gateway.reservations.model import Collect, Confirm, LineAsked, Pick, Ready, Release, Short
from gateway.storage.kpis import EPOCH_DAY
from gateway.storage.ports import Commit
from tests.gateway.storage.test_retention import sweep
from tests.support.counting_shop import CountingShop
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE, S, SmallShop, epc
from tests.support.stores import a_store

DAY_NS = 86_400 * S


def today(shop: SmallShop) -> Tally:
    """Return the sums of the shop's day so far."""
    return dict(shop.engine.state.kpis.stores[STORE].today())[None]


def figures(shop: SmallShop) -> Figures:
    """Return what they say."""
    return figures_of(today(shop))


def test_an_article_is_unknown_until_its_zones_are_seen_and_then_on_the_shelf() -> None:
    """Nothing is claimed of the time in which readers did not see yet."""
    shop = SmallShop()
    tees = [epc("TEE", n) for n in range(3)]
    shop.run(600, *tees)
    areas = today(shop).areas
    assert areas[SHELF_UNKNOWN] > 0
    assert areas[FLOOR] > 0
    found = figures(shop)
    assert found.on_shelf == 1.0
    assert found.unknown is not None
    assert 0 < found.unknown < 1


def test_a_reader_that_is_down_makes_time_unknown_and_neither_good_nor_bad() -> None:
    """What is on the shelf behind a dead reader is not claimed."""
    shop = SmallShop()
    shop.run(300, epc("TEE", 1))
    before = today(shop).areas[FLOOR]
    shop.alive.discard("front")
    shop.beat("front", online=False)
    shop.run(60)
    lately = today(shop).areas
    shop.run(240)
    after = today(shop).areas
    assert after[FLOOR] == lately[FLOOR] >= before
    assert after[SHELF_UNKNOWN] - lately[SHELF_UNKNOWN] == 240 * S


def test_what_a_person_counted_is_scored_for_the_day() -> None:
    """Right to the piece, and by how many pieces not."""
    shop = HoldingShop(totes=4)
    shop.run(2)
    shop.tell("count", sku="TOTE", zone="back", qty=4, complete=True)
    shop.run(2)
    shop.tell("count", sku="TOTE", zone="back", qty=3, complete=True)
    shop.run(2)
    found = figures(shop)
    assert (found.counted, found.counted_exact, found.counted_error) == (2, 0.5, 1 / 7)


def test_a_count_session_is_scored_where_it_is_approved() -> None:
    """Line by line, as a count that a till or a scanner tells of."""
    shop = CountingShop(TOTE=3)
    count = shop.count("floor")
    shop.see(count, sku="TOTE", qty=3, mode="set")
    shop.done(count, "submit")
    shop.wait()
    found = figures(shop)
    assert (found.counted, found.counted_exact, found.counted_error) == (1, 1.0, 0.0)


def test_every_outcome_of_a_reservation_is_counted_once() -> None:
    """Made, then collected, released, expired or short; how long it took from the order to ready."""
    shop = HoldingShop(totes=8, ttl_s=600)
    shop.run(2)
    kept, given_up, lost, forgotten = (shop.hold(("TOTE", 1)) for _ in range(4))
    shop.done(kept, Confirm())
    shop.done(lost, Confirm())
    shop.run(100)
    shop.done(kept, Pick(lines=(LineAsked("TOTE", 1),)))
    shop.done(kept, Ready())
    shop.done(given_up, Release())
    shop.done(lost, Short())
    shop.run(1)
    shop.done(kept, Collect())
    shop.run(700)
    found = figures(shop)
    assert forgotten.id != kept.id
    assert (found.made, found.collected, found.released, found.short, found.expired) == (4, 1, 1, 1, 1)
    assert found.readied == 1
    assert found.ready_median_s is not None
    assert 95 <= found.ready_median_s <= 106


def test_outcomes_survive_a_crash_with_their_commit() -> None:
    """They are written with what they tell of, not by the ten minutes."""
    shop = HoldingShop(totes=3)
    shop.run(2)
    shop.hold(("TOTE", 1))
    shop.run(1)
    shop.restart(shop.now)
    assert figures(shop).made == 1
    shop.run(1)
    assert figures(shop).made == 1


def test_a_day_that_is_over_is_written_once_and_a_new_one_begins() -> None:
    """With its commit: the rows of the open day go, its sums stay."""
    shop = HoldingShop(totes=3)
    shop.run(2)
    shop.hold(("TOTE", 1))
    shop.run(1)
    kpis = shop.engine.state.kpis.stores[STORE]
    assert kpis.day is not None
    shop.now = kpis.day.end_ns - S
    shop.live(shop.now)
    shop.now += 2 * S
    closed = [d for d in shop.live(shop.now).kpi_days if d.store == STORE and d.department is None]
    assert [tally_of(day.record).events["made"] for day in closed] == [1]
    assert today(shop).events["made"] == 0
    assert [key for part, key in shop.rows if part == "kpi" and "events" in key] == []
    assert f"{STORE}/day" in {key for part, key in shop.rows if part == "kpi"}


def test_stored_days_are_read_back_and_let_go_when_they_are_old() -> None:
    """Whole stores and departments by themselves; retention takes the oldest days alone."""
    tally = Tally(10)
    tally.events["made"] = 3
    days = [
        KpiDay(store, EPOCH_DAY + number, department, tally.to_json())
        for store in ("lyon-1", "paris-1")
        for number in range(5)
        for department in (None, "denim", "")
    ]
    with a_store() as store:
        store.commit(Commit(1, kpi_days=days))
        store.commit(Commit(2, kpi_days=days[:1]))
        asked = KpiQuery(("lyon-1",), EPOCH_DAY + 1, EPOCH_DAY + 2, "department")
        found = store.kpi_days(asked, 100)
        assert {(d.day - EPOCH_DAY, d.department) for d in found} == {
            (number, name) for number in (1, 2) for name in ("denim", "")
        }
        assert len(store.kpi_days(asked, 3)) == 3
        sweep(store, 4 * DAY_NS)
        everything = KpiQuery(("lyon-1", "paris-1"), 1, 10**6, "day")
        assert [d.day - EPOCH_DAY for d in store.kpi_days(everything, 100)] == [3, 4, 3, 4]
        reports = KpiReports(
            Kpis({"lyon-1": Calendar(ZoneInfo("Europe/Paris"))}, lambda _: ""), store, lambda: 4 * DAY_NS
        )
        rows = asyncio.run(reports.report(KpiQuery(("lyon-1",), 1, EPOCH_DAY + 4, "store"))).rows
        assert [(row.days, row.tally.events["made"]) for row in rows] == [(2, 6)]


def test_the_first_day_has_the_number_of_1970() -> None:
    """Retention counts days from the epoch, the table from year 1."""
    assert date(1970, 1, 1).toordinal() == EPOCH_DAY
