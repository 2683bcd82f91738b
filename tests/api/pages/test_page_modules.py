"""The page's pure modules, asked in the browser: where zones stand, how names break, what order articles have."""

import json
from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.page_shop import PageShop

pytestmark = pytest.mark.browser

LANGUAGE = "new (await import('/static/language.js')).Language('en', {})"


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


def lay_out(page: Page, zones: list[dict[str, Any]], width: float, room: float = 0) -> dict[str, Any]:
    """Return the plan of zones; its tiles by id."""
    expression = "(({tiles, ...rest}) => ({...rest, tiles: Object.fromEntries(tiles)}))(m.layOut(v.zones, v.width, v.room))"
    plan: dict[str, Any] = ask(page, "parts/floor-plan.js", expression, zones=zones, width=width, room=room)
    return plan


def some_floor(random: Random) -> list[dict[str, Any]]:
    """Return zones cut from a floor, so that none covers another; some have no rectangle."""
    across, down = random.uniform(4, 60), random.uniform(4, 40)
    columns, rows = random.randint(1, 5), random.randint(1, 4)
    drawn = [
        [x * across / columns, y * down / rows, across / columns, down / rows]
        for x in range(columns)
        for y in range(rows)
    ]
    kept: list[list[float] | None] = [rect if random.random() < 0.8 else None for rect in drawn]
    return [{"id": f"z{number}", "rect": rect} for number, rect in enumerate(kept)]


def test_no_tile_covers_another_or_leaves_the_drawing(page: Page) -> None:
    """Whatever the floor and the screen, tiles stay inside and apart, whatever the room that is left over."""
    random = Random(7)
    for _ in range(40):
        zones, width, room = some_floor(random), random.choice([326, 400, 760]), random.choice([0, 700])
        plan = lay_out(page, zones, width, room)
        assert plan["tiles"].keys() == {zone["id"] for zone in zones}
        boxes = plan["tiles"].values()
        for box in boxes:
            assert box["x"] >= -0.01
            assert box["y"] >= -0.01
            assert box["x"] + box["width"] <= width + 0.01
            assert box["y"] + box["height"] <= plan["height"] + 0.01
        for one, other in combinations(boxes, 2):
            apart_x = (
                one["x"] + one["width"] <= other["x"] + 0.01 or other["x"] + other["width"] <= one["x"] + 0.01
            )
            apart_y = (
                one["y"] + one["height"] <= other["y"] + 0.01
                or other["y"] + other["height"] <= one["y"] + 0.01
            )
            assert apart_x or apart_y, json.dumps(zones)


def test_zones_keep_their_places_and_proportions(page: Page) -> None:
    """What is right of, below or twice as wide on the floor is so on the drawing."""
    zones = [
        {"id": "a", "rect": [0, 0, 8, 5]},
        {"id": "b", "rect": [8, 0, 4, 5]},
        {"id": "c", "rect": [0, 5, 12, 5]},
    ]
    tiles = lay_out(page, zones, 600)["tiles"]
    assert tiles["b"]["x"] > tiles["a"]["x"]
    assert tiles["c"]["y"] > tiles["a"]["y"]
    assert tiles["a"]["width"] / tiles["b"]["width"] == pytest.approx(2, rel=0.03)
    assert tiles["c"]["width"] == pytest.approx(600, abs=1)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Till", ["Till"]),
        ("Fitting rooms", ["Fitting", "rooms"]),
        ("Accessories and leather", ["Accessor…", "and leat…"]),
        ("Réserve", ["Réserve"]),
        ("", [""]),
    ],
)
def test_names_break_at_words_and_are_cut_at_last(page: Page, text: str, lines: list[str]) -> None:
    """A name stands in as many lines as fit; what is too long ends in an ellipsis."""
    asked = ask(
        page, "parts/floor-plan.js", "m.breakLines(v.text, 9, 2, (text) => [...text].length)", text=text
    )
    assert asked == lines


def test_the_clock_runs_at_the_shops_speed(page: Page) -> None:
    """Between two answers the shop's time moves on by real time times speed."""
    expression = "(() => { let at = 0; const clock = new m.ShopClock(() => at); clock.set(1000, 30); at = 500; return clock.now(); })()"
    assert ask(page, "shop-clock.js", expression) == 16_000


@pytest.mark.parametrize(
    ("ms", "said"),
    [(0, "0 secs"), (59_999, "59 secs"), (60_000, "1 min"), (3_600_000, "1 hr"), (172_800_000, "2 days")],
)
def test_ages_are_as_coarse_as_they_are_long(page: Page, ms: int, said: str) -> None:
    """An age has one unit: seconds, then minutes, hours, days."""
    assert ask(page, "language.js", "new m.Language('en', {}).age(v.ms)", ms=ms) == said


@pytest.mark.parametrize(
    ("sort", "skus"),
    [("name", "BCA"), ("attention", "CBA"), ("available", "CBA"), ("seen", "ACB")],
)
def test_articles_are_ordered_as_asked(page: Page, sort: str, skus: str) -> None:
    """By name; by what needs a person first; by the fewest to sell; by the longest not seen."""
    articles = [
        {
            "sku": "A",
            "name": {"en": "Zebra"},
            "status": "IN_STOCK",
            "quantities": {"available": 9},
            "seenMs": 1,
        },
        {
            "sku": "B",
            "name": {"en": "apple 2"},
            "status": "LIMITED",
            "quantities": {"available": 2},
            "seenMs": None,
        },
        {
            "sku": "C",
            "name": {"en": "Apple 10"},
            "status": "UNKNOWN",
            "quantities": {"available": 0},
            "seenMs": 5,
        },
    ]
    expression = f"m.order(v.articles, v.sort, {LANGUAGE}).map(({{sku}}) => sku).join('')"
    assert ask(page, "parts/stock-order.js", expression, articles=articles, sort=sort) == skus


def test_events_change_what_they_are_about_and_nothing_else(page: Page) -> None:
    """Zones sum to the articles after each event; events of other stores and of articles left off change
    nothing; a new article, a new zone and a device that died ask for the overview."""
    expression = """(() => {
      const model = new m.StoreModel();
      const quantities = {available: 2, on_hand: 2};
      model.applyOverview({now: "2026-11-21T18:02:11Z", speed: 1, store: {id: "s"}, readiness: {}, more_articles: v.more,
        zones: [{id: "front", pieces: 2}, {id: "back", pieces: 0}], alerts: [],
        articles: [{sku: "A", zones: {front: 2}, quantities, last_seen_at: null}],
        devices: [{id: "r", role: "rfid", zones: ["front"], state: "online"}]});
      const event = (type, data) => {
        const changes = model.applyEvent(type, {store: "s", ...data});
        return [changes.refresh, [...changes.skus].join(), model.zones.get("front").pieces, model.zones.get("back").pieces];
      };
      return [
        event("availability", {sku: "A", zones: {front: 1, back: 3}, quantities}),
        event("availability", {sku: "A", zones: {front: 1, till: 1}, quantities}),
        event("availability", {sku: "B", zones: {front: 5}, quantities}),
        event("availability", {store: "other", sku: "A", zones: {}, quantities}),
        event("device", {id: "r", role: "rfid", zones: ["front"], state: "online", observations: 5}),
        event("device", {id: "r", role: "rfid", zones: ["front"], state: "silent"}),
      ];
    })()"""
    shared = [[False, "A", 1, 3], [True, "A", 1, 0]]
    rest = [[False, "", 1, 0], [False, "", 1, 0], [True, "", 1, 0]]
    assert ask(page, "model.js", expression, more=0) == [*shared, [True, "", 1, 0], *rest]
    assert ask(page, "model.js", expression, more=7) == [*shared, [False, "", 1, 0], *rest]


def test_a_stream_beats_for_scripts_where_they_ask_for_it(page: Page) -> None:
    """What the page listens for is what the gateway sends."""
    asked = "(await import('/static/requests.js')).streamAddress('lyon-1')"
    heard = page.evaluate(
        f"""async () => {{ const stream = new EventSource({asked});
            return new Promise((done) => stream.addEventListener("beat", (event) => {{ stream.close(); done(event.data); }})); }}"""
    )
    assert json.loads(heard) == {}


FAKE_LINE = """async () => {
    const { Connection } = await import("/static/connection.js");
    window.streams = [];
    window.EventSource = class {
        constructor(address) { this.listeners = {}; if (address.includes("store=quiet")) streams.push(this); }
        addEventListener(type, listener) { this.listeners[type] = listener; }
        close() {}
    };
    const real = window.fetch;
    window.fetch = (path, ...rest) => (path.includes("store=quiet") ? Promise.resolve(new Response('{"speed": 1}')) : real(path, ...rest));
    window.say = (type) => streams.at(-1).listeners[type]({ data: "{}" });
    window.states = [];
    const hears = { overview() {}, event() {}, refused() {}, state: (state) => states.push(state) };
    new Connection("quiet", hears).start();
}"""


def test_a_gateway_that_stands_still_is_said_within_seven_seconds_and_a_quiet_one_is_not(
    browser: Browser, shop: PageShop
) -> None:
    """Beats and news keep a page live; none for seven seconds lose it; a page that slept itself blames nobody."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    page.clock.install(time=0)
    page.goto(shop.address)
    page.clock.pause_at(3_600_000)
    page.evaluate(FAKE_LINE)

    def opened() -> None:
        """The stream opens, and the overview is there."""
        page.evaluate("streams.at(-1).onopen()")
        page.wait_for_function("() => states.at(-1) === 'live'", polling=20)

    opened()
    for second in range(0, 60, 2):
        page.evaluate("(type) => say(type)", "availability" if second % 20 == 0 else "beat")
        page.clock.run_for(2_000)
    assert page.evaluate("states") == ["live"]
    page.clock.fast_forward(60_000)
    page.clock.run_for(4_000)
    assert page.evaluate("states") == ["live"]
    page.evaluate("say('beat')")
    page.clock.run_for(5_500)
    assert page.evaluate("states") == ["live"]
    page.clock.run_for(1_500)
    assert page.evaluate("states.at(-1)") == "lost"
    before = page.evaluate("streams.length")
    page.clock.run_for(2_000)
    assert page.evaluate("streams.length") == before + 1
    opened()
    context.close()
