"""GET kpis: rows by store, department or day, JSON or CSV, for keys that may see quantities."""

import csv
import io
from datetime import date

import pytest

from api.schemas.kpis import KpiList
from gateway.kpis.model import MAX_KPI_DAYS, MAX_KPI_ROWS, KpiDay, Sighting
from gateway.kpis.sheet import SHEET
from gateway.kpis.store import NS_PER_HOUR
from gateway.kpis.tally import BEHIND, FLOOR, OUT, SHELF_UNKNOWN, STOCK_UNKNOWN, Tally
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_EXACT, NOW_NS, READ, Floor, S

TODAY = date(2026, 11, 21).toordinal()


def tally(on_floor_h: int, behind_h: int, unknown_h: int = 0) -> Tally:
    """Return the sums of one article over ten open hours, or so."""
    found = Tally(10 * NS_PER_HOUR)
    found.areas[FLOOR], found.areas[BEHIND] = on_floor_h * NS_PER_HOUR, behind_h * NS_PER_HOUR
    found.areas[SHELF_UNKNOWN] = found.areas[STOCK_UNKNOWN] = unknown_h * NS_PER_HOUR
    return found


def stored(days: dict[tuple[str, int, str | None], Tally]) -> Floor:
    """Return a floor with these stored days."""
    floor = Floor()
    floor.kpis.table.days = [KpiDay(s, n, d, t.to_json()) for (s, n, d), t in days.items()]
    return floor


def two_days() -> Floor:
    """Return a floor with two days of Lyon, and one of Paris."""
    busy = tally(6, 2, 2)
    busy.areas[OUT] = NS_PER_HOUR
    busy.lost, busy.is_rated = [10**6 * NS_PER_HOUR, 2 * 10**6 * NS_PER_HOUR, 4 * 10**6 * NS_PER_HOUR], True
    busy.events.update(made=4, collected=3, expired=1, at_risk=1, resecured=1, counted=4, counted_exact=3)
    busy.events.update(counted_pieces=20, counted_error=1, counted_unknown=1, reads_of_sold=7)
    for seconds in (60, 600, 6_000):
        busy.took("ready", seconds)
        busy.took("refill", seconds)
    return stored({
        ("lyon-1", TODAY - 1, None): busy,
        ("lyon-1", TODAY - 2, None): tally(10, 0),
        ("lyon-1", TODAY - 1, "denim"): tally(6, 2, 2),
        ("lyon-1", TODAY - 1, "=shoes"): tally(0, 10),
        ("paris-2", TODAY - 1, None): tally(5, 5),
    })  # fmt: skip


def test_a_store_is_the_sum_of_its_days() -> None:
    """Shares are of the time that was known; what was not is told beside them."""
    answer = two_days().get("/v1/kpis?store=lyon-1")
    KpiList.model_validate_json(answer.content)
    body = answer.json()
    assert (body["from"], body["to"], body["by"]) == ("2026-10-25", "2026-11-21", "store")
    (item,) = body["items"]
    assert (item["days"], item["articles"], item["open_minutes"]) == (2, 1.0, 1_200.0)
    assert item["shelf"] == {
        "on_shelf": 0.8889, "nosbos": 0.1111, "elsewhere": 0.0, "gone": 0.0, "unknown": 0.1,
    }  # fmt: skip
    assert item["stock_out"] == {"share": 0.0556, "minutes": 60.0, "unknown_minutes": 120.0}
    assert item["lost_sales"] == {"low": 1.0, "pieces": 2.0, "high": 4.0}
    assert item["counts"] == {"n": 4, "exact": 0.75, "error": 0.05, "unknown": 1}
    made = item["reservations"]
    assert (made["made"], made["collected"], made["expired"], made["readied"]) == (4, 3, 1, 3)
    assert made["ready_median_s"] == pytest.approx(600, rel=0.05)
    assert made["ready_p90_s"] == pytest.approx(6_000, rel=0.05)
    assert item["refills"]["n"] == 3
    assert item["reads_of_sold"] == 7


def test_rows_are_days_or_departments_where_asked() -> None:
    """By day each day of each store, by department each of it; one department alone by its name."""
    floor = two_days()
    days = floor.get("/v1/kpis?by=day").json()["items"]
    assert [(d["store"], d["day"]) for d in days] == [
        ("lyon-1", "2026-11-19"), ("lyon-1", "2026-11-20"), ("paris-2", "2026-11-20"),
    ]  # fmt: skip
    departments = floor.get("/v1/kpis?by=department").json()["items"]
    assert [(d["department"], d["shelf"]["nosbos"]) for d in departments] == [
        ("=shoes", 1.0),
        ("denim", 0.25),
    ]
    one = floor.get("/v1/kpis?by=day&department=denim").json()["items"]
    assert [(d["department"], d["day"]) for d in one] == [("denim", "2026-11-20")]


def test_today_counts_as_far_as_it_got_and_once() -> None:
    """The open day comes from memory, even where a row of it is on disk already."""
    floor = two_days()
    lyon = floor.kpis.kpis.stores["lyon-1"]
    lyon.advance(NOW_NS - 600 * S)
    lyon.judge(Sighting("lyon-1", "a", "denim", 1, 1, 1, 0, True, True, NOW_NS), NOW_NS - 600 * S)
    lyon.advance(NOW_NS)
    floor.kpis.table.days.append(KpiDay("lyon-1", TODAY, None, tally(9, 0).to_json()))
    body = floor.get("/v1/kpis?store=lyon-1&from=2026-11-21&by=day").json()
    assert body["stores"] == [{"store": "lyon-1", "since": "2026-11-21T17:52:11Z", "has_hours": False}]
    assert [(d["day"], d["open_minutes"], d["shelf"]["on_shelf"]) for d in body["items"]] == [
        ("2026-11-21", 10.0, 1.0)
    ]


def test_the_table_holds_the_same_rows_and_no_formula() -> None:
    """By `format` or by the Accept header; a department named like a formula is text."""
    floor = two_days()
    by_format = floor.get("/v1/kpis?by=department&format=csv")
    by_header = floor.get("/v1/kpis?by=department", headers={"accept": "text/csv"})
    assert by_format.text == by_header.text
    assert by_format.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(by_format.text)))
    assert [row["department"] for row in rows] == ["'=shoes", "denim"]
    assert (rows[1]["on_shelf"], rows[1]["unknown"], rows[1]["lost_pieces"]) == ("0.75", "0.2", "")
    assert list(rows[0]) == [column.name for column in SHEET.columns]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("from=2026-11-21&to=2026-11-20", "must not lie after"),
        ("from=2020-01-01&to=2026-11-20", f"within {MAX_KPI_DAYS} days"),
        ("from=yesterday", "/query/from"),
        ("from=1700000000", "a day is written as"),
        ("to=2026-02-30", "/query/to"),
        ("by=week", "/query/by"),
    ],
)
def test_days_that_are_none_are_refused(asked: str, says: str) -> None:
    """With what is wrong, and where."""
    answer = two_days().get(f"/v1/kpis?{asked}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert says in answer.text


def test_an_answer_is_summed_from_a_bounded_number_of_days() -> None:
    """Beyond it the question is refused, and says how to ask less."""
    floor = Floor()
    record = tally(1, 0).to_json()
    names = [f"d{n}" for n in range(MAX_KPI_ROWS // 28 + 1)]
    floor.kpis.table.days = [KpiDay("lyon-1", TODAY - n, name, record) for n in range(28) for name in names]
    answer = floor.get("/v1/kpis?by=department")
    assert answer.status_code == 422
    assert "ask for fewer days" in answer.text


@pytest.mark.parametrize(
    ("key", "status"),
    [(EXACT, 200), (ADMIN, 200), (LYON_EXACT, 403), (READ, 403), (INGEST, 403), (None, 401)],
)
def test_figures_are_for_keys_that_see_quantities(key: str | None, status: int) -> None:
    """They tell what a store sells: a key of bands, or of another store, does not see them."""
    assert two_days().get("/v1/kpis?store=paris-2", key).status_code == status


def test_a_bound_key_sees_its_own_store() -> None:
    """Where it names none."""
    body = two_days().get("/v1/kpis", LYON_EXACT).json()
    assert {item["store"] for item in body["items"]} == {"lyon-1"}
    assert [one["store"] for one in body["stores"]] == ["lyon-1"]
