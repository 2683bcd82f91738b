"""Key figures and health as InfluxDB is told of them: true, sliced, and no more often than they are cheap."""

import asyncio
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

from gateway.catalogue.articles import Article, Catalogue
from gateway.engine import Engine
from gateway.metrics.sampler import MAX_SHARE, MIN_PERIOD_S, Sampler
from gateway.metrics.samples import SLICE_ARTICLES, KeyFigures, key_figures
from gateway.site import Site
from tests.support.line_parser import Point, parse_lines
from tests.support.small_site import GTIN, STORE, SmallShop, epc, small_site
from tests.support.told_shop import NOTHING_SENT, ToldShop
from tests.support.virtual_loop import loop_s, run_virtual


def figures_of(shop: SmallShop) -> KeyFigures:
    """Return the figures of the first store."""
    figures = KeyFigures()
    for _ in key_figures(shop.engine.state, STORE, shop.now, figures):
        pass
    return figures


def test_figures_count_articles_by_what_can_be_promised() -> None:
    """On the floor, in the back room alone, counted ones, sold out, and unknown while a reader is down."""
    shop = SmallShop()
    shop.run(90, *(epc("TEE", n) for n in range(5)))
    shop.run(90, *(epc("JEANS", n) for n in range(2)), reader="rear")
    shop.scan("counter", GTIN["TOTE"])
    shop.run(80)
    found = figures_of(shop)
    assert (found.articles, found.available, found.out, found.unknown) == (3, 3, 0, 0)
    assert (found.back_room_only, found.pieces) == (1, 8)
    assert (found.with_stock, found.on_floor) == (3, 2)
    assert shop.tell("sale", sku="TOTE") == "applied"
    shop.run(5)
    assert (figures_of(shop).out, figures_of(shop).available) == (1, 2)
    shop.alive = {"rear", "paris"}
    shop.run(120)
    assert figures_of(shop).unknown == 1


def test_a_large_shop_is_looked_at_in_slices() -> None:
    """Between two turns of the loop no more than SLICE_ARTICLES articles."""
    count = 5 * SLICE_ARTICLES
    catalogue = Catalogue(Article(f"SKU-{n}", tracked_by="count") for n in range(count))
    engine = Engine(Site(small_site()), catalogue)
    now_ns = 1_800_000_000 * 10**9
    for n in range(count):
        engine.state.ledger.counted(STORE, f"SKU-{n}", "floor", 1, "c", now_ns, now_ns)
    figures, seen = KeyFigures(), [0]
    for _ in key_figures(engine.state, STORE, now_ns, figures):
        assert figures.articles - seen[-1] <= SLICE_ARTICLES
        seen.append(figures.articles)
    assert len(seen) >= 5
    assert figures.articles == count


def test_a_sample_tells_every_store_every_device_and_the_outbox(tmp_path: Path) -> None:
    """With their states and coverage, at one time; a dead reader is down and its zones are not seen."""
    shop = ToldShop(tmp_path)
    shop.alive.discard("paris")
    shop.run(90, epc("TEE", 1))
    shop.sample()
    points = parse_lines(b"\n".join(shop.lines))
    assert {p.at_ns for p in points} == {shop.now}
    by_name: dict[str, list[Point]] = {}
    for point in points:
        by_name.setdefault(point.measurement, []).append(point)
    assert [p.tags["store"] for p in by_name["kpi"]] == ["lyon-1", "paris-1"]
    today = by_name["kpi"][0].fields
    assert today["today_on_shelf"] == 1.0
    assert 0 < float(today["today_unknown"]) < 1
    readers = {p.tags["reader"]: p for p in by_name["reader"]}
    assert readers.keys() == set(shop.engine.state.devices)
    assert readers["front"].fields["up"] == 1
    assert float(readers["front"].fields["coverage"]) > 0.99
    assert (readers["paris"].fields["up"], readers["paris"].fields["coverage"]) == (0, 0.0)
    assert "coverage" not in readers["checkout"].fields
    assert readers["front"].fields["observations"] > 0
    [outbox] = by_name["outbox"]
    assert (outbox.fields["points"], outbox.fields["age_s"]) == (7, 3.5)
    shop.store.close()


def test_a_sample_is_taken_at_its_interval_of_the_shops_time() -> None:
    """A demo whose clock runs sixty times as fast is sampled as often in its own minutes, once a second at most."""

    async def main() -> None:
        shop = SmallShop()
        times: list[float] = []
        for speed, least in ((1.0, 60.0), (10.0, 6.0), (1_000.0, MIN_PERIOD_S)):
            times.clear()
            clock = SimpleNamespace(
                speed=speed, now_ns=lambda: shop.now, real_s=lambda s, speed=speed: s / speed
            )
            devices = SimpleNamespace(devices=list)
            sampler = Sampler(
                shop.engine, devices, lambda: NOTHING_SENT, clock, lambda _: times.append(loop_s()), 60
            )
            task = asyncio.create_task(sampler.run())
            await asyncio.sleep(200)
            task.cancel()
            gaps = [later - earlier for earlier, later in pairwise(times)]
            assert gaps
            assert min(gaps) >= least - 1e-6
            assert max(gaps) < least + 5 / MAX_SHARE

    run_virtual(main())
