"""The pure modules behind alerts, health and reports, asked in the browser: openings, axes, metrics, shares."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from gateway.opening_hours import OpeningHours, parse_span
from tests.support.page_shop import PageShop

pytestmark = pytest.mark.browser

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = {"mon": ["09:00-12:00", "14:00-19:30"], "tue": ["22:00-02:30"], "wed": [], "sat": ["00:30-08:00"], "sun": ["02:30-05:00"]}  # fmt: skip
MOMENTS = [
    datetime(2026, month, day, hour, 45, tzinfo=UTC)
    for month, day in ((3, 28), (3, 29), (10, 24), (10, 25), (11, 21), (12, 31))
    for hour in range(24)
]
"""The days on which the clocks change, and others."""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """Return a page that modules can be loaded into."""
    with PageShop() as shop:
        context = browser.new_context(locale="en-GB")
        opened = context.new_page()
        opened.goto(shop.address)
        yield opened
        context.close()


def ask(page: Page, module: str, expression: str, **values: Any) -> Any:
    """Return the value of `expression`, in which `m` is the module and `v` the values."""
    return page.evaluate(
        f"async (v) => {{ const m = await import('/static/{module}'); return ({expression}); }}", values
    )


def test_the_next_opening_is_that_of_the_gateway(page: Page) -> None:
    """At each hour of days with and without a change of the clock, the page finds the opening that the gateway counts with."""
    weekly = tuple(tuple(parse_span(span) for span in HOURS.get(day, ())) for day in DAYS)
    hours = OpeningHours(PARIS, weekly, {})
    expected = []
    for moment in MOMENTS:
        now_ns = int(moment.timestamp()) * 10**9
        spans = hours._spans(now_ns, days=30)
        expected.append(min(start for start, _ in spans if start > now_ns) // 10**6)
    store = {"hours": HOURS, "special_hours": {}, "timezone": "Europe/Paris"}
    times = [moment.timestamp() * 1_000 for moment in MOMENTS]
    expression = "v.times.map((ms) => m.nextOpening(v.store, ms))"
    assert ask(page, "parts/opening.js", expression, store=store, times=times) == expected


def test_a_shop_without_hours_has_no_next_opening(page: Page) -> None:
    """Where nobody said them, and where it stays closed, there is none; a special day counts instead of its weekday."""
    at_ms = datetime(2026, 11, 21, 18, 0, tzinfo=UTC).timestamp() * 1_000
    closed = {"hours": {}, "timezone": "Europe/Paris"}
    special = {"hours": {}, "special_hours": {"2026-11-23": ["10:00-12:00"]}, "timezone": "Europe/Paris"}
    for store, expected in (
        ({"hours": None, "timezone": "Europe/Paris"}, None),
        (closed, None),
        (special, datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp() * 1_000),
    ):
        assert (
            ask(page, "parts/opening.js", "m.nextOpening(v.store, v.at)", store=store, at=at_ms) == expected
        )


def test_an_axis_ends_on_a_round_number_that_holds_all(page: Page) -> None:
    """Its end is never below what is drawn, and not more than twice as high."""
    values = [0.0003, 0.04, 0.9, 1, 1.01, 7, 9.99, 10, 11, 99, 100.5, 4_200, 123_456]
    for value, top in zip(
        values, ask(page, "parts/charts.js", "v.values.map(m.niceTop)", values=values), strict=True
    ):
        assert value * 0.999_999 <= top <= 2 * value
    assert ask(page, "parts/charts.js", "m.niceTop(0)") == 1


def test_no_two_lines_of_an_axis_read_the_same(page: Page) -> None:
    """However little there is to draw, in each unit and language: not "0m 0m 0m"."""
    ticks = """(async () => {
        const { Language } = await import("/static/language.js");
        const { formats } = await import("/static/parts/kpi-figures.js");
        return v.values.flatMap((value) => ["en", "fr"].flatMap((code) => {
            const format = formats(new Language(code, { chart: {} }));
            return ["share", "minutes", "pieces", "count"].map((unit) => {
                const top = m.niceTop(Math.max(format.least[unit], value));
                const tick = format.axis[unit]?.(top) ?? format[unit];
                return [0, top / 2, top].map(tick);
            });
        }));
    })()"""
    values = [0, 0.0004, 0.03, 0.8, 1.9, 3.2, 47, 131, 4_200]
    axes = ask(page, "parts/charts.js", f"await {ticks}", values=values)
    assert len(axes) == 2 * 4 * len(values)
    assert [axis for axis in axes if len(set(axis)) < 3] == []


def test_rates_are_of_two_looks_that_are_apart(page: Page) -> None:
    """Observations a minute between two looks, of overviews too; none from looks that are too close, or over a new start."""
    overviews = [
        {"store": {}, "now": f"2026-11-21T18:00:{second:02}Z", "speed": 1, "zones": [], "articles": [], "alerts": [],
         "more_articles": 0, "readiness": {}, "devices": [{"id": "m100", "observations": seen}]}
        for second, seen in ((0, 7), (10, 100), (30, 400))
    ]  # fmt: skip
    expression = """(() => {
        const [rates, model] = [new m.Rates(), new v.StoreModel()];
        const said = [];
        const look = (seen, ms, speed) => { rates.look([{ id: "m100", observations: seen }], ms, speed); said.push(rates.of("m100")); };
        v.overviews.forEach((overview) => model.applyOverview(overview));
        const began = Date.parse("2026-11-21T18:00:00Z");
        said.push(model.looks.length);
        for (const { devices, ms } of model.looks) rates.look(devices, ms);
        said.push(rates.of("m100"));
        look(401, began + 31_000);
        look(460, began + 36_000);
        look(5, began + 46_000);
        look(15, began + 56_000);
        look(515, began + 86_000, 30);
        return said;
    })()"""
    model = "v.StoreModel = (await import('/static/model.js')).StoreModel"
    said = ask(page, "parts/health-tables.js", f"({model}, {expression})", overviews=overviews)
    assert said == [2, 900, 900, 600, 600, 60, 60]


def test_metrics_are_read_as_numbers_by_name_and_label(page: Page) -> None:
    """Comments and what is no metric are passed over; labels may hold any text."""
    text = '# HELP a_total x\na_total 7\nb{device="m\\"1",reason="x y"} 2.5e3\nb{device="n"} 0\nnot a metric\nc -1\n'
    expression = "((r) => [r.value('a_total'), r.value('c'), r.value('none'), [...r.by('b', 'device')]])(m.readMetrics(v.text))"
    assert ask(page, "parts/metrics.js", expression, text=text) == [7, -1, None, [['m\\"1', 2500], ["n", 0]]]
