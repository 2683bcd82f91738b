"""The simulator reads the site's own config, and says what it lacks."""

import tomllib
from pathlib import Path

import pytest

from simulators.control import Order, RefusedError, parse_order
from simulators.layout import UnusableSiteError, load_site, parse_site
from tests.support.simulated import ROOT, demo_layout


def test_the_demo_site_is_read() -> None:
    """Devices, zones and articles of the demo's config are all there."""
    layout = demo_layout()
    assert layout.serial_devices() == ("m100-front", "m100-denim", "till-1", "receiving-1", "returns-1")
    assert layout.mqtt_devices() == ("r700-back", "shelf-candles")
    assert [article.tracked_by for article in layout.articles].count("tag") == 10
    assert layout.article("CANDLE-FIG").home == "front"
    assert layout.article("DEN-JKT-M").home == "denim"


def test_zones_that_share_a_wall_are_adjacent() -> None:
    """Adjacency comes from the floor plan, and is mutual."""
    layout = demo_layout()
    assert layout.adjacent("exit") == ("front", "till")
    for zone in layout.zones:
        assert all(zone.id in layout.adjacent(other) for other in layout.adjacent(zone.id))


def test_a_site_without_a_till_is_refused() -> None:
    """A role that the shop needs is named when it is missing."""
    config = tomllib.loads((ROOT / "config" / "demo.toml").read_text("utf-8"))
    config["stores"][0]["zones"] = [z for z in config["stores"][0]["zones"] if z["role"] != "till"]
    with pytest.raises(UnusableSiteError, match="till"):
        parse_site(config, "sku,gtin,tracked_by\n")


def test_a_site_without_articles_is_refused(tmp_path: Path) -> None:
    """Without a catalogue there is nothing to sell."""
    path = ROOT / "config" / "demo.toml"
    text = path.read_text("utf-8").replace('csv = "demo-articles.csv"', "")
    target = tmp_path / "site.toml"
    target.write_text(text, "utf-8")
    with pytest.raises(UnusableSiteError, match="csv"):
        load_site(target)


def test_orders_are_read_or_refused() -> None:
    """An order is a verb and a device of the site; anything else is refused with what would do."""
    devices = ("m100-front",)
    assert parse_order("unplug m100-front", devices) == Order("unplug", "m100-front")
    assert parse_order("quit", devices) == Order("quit")
    for line, hint in (("unplug m100-back", "m100-front"), ("explode m100-front", "replug"), ("", "silence")):
        with pytest.raises(RefusedError, match=hint):
            parse_order(line, devices)
