"""The whole site in virtual time: one order of time, one history, and what a broken device leaves out."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.emissions import Emission, Publication, SerialBytes
from simulators.params import Pace, shop_params
from simulators.site import SimulatedSite, SiteOptions, UnknownDeviceError
from tests.support.simulated import HOUR_NS, NS, START_NS, demo_layout, vector

TEN_MINUTES_NS = 600 * NS


def site(seed: int = 1) -> SimulatedSite:
    """Return the demo's site with its serial readers, M100s all, started."""
    options = SiteOptions(opening_act=True)
    a_site = SimulatedSite(demo_layout(), seed, shop_params(Pace.BRISK), START_NS, options=options)
    for device in a_site.serial_readers:
        assert a_site.to_device(device, vector("m100-cmd-multi-65535"), START_NS) == b""
    return a_site


def of(emissions: list[Emission], device: str) -> list[Emission]:
    """Return what one device sent."""
    return [emission for emission in emissions if emission.device == device]


@given(cuts=st.lists(st.integers(0, TEN_MINUTES_NS), max_size=12), seed=st.integers(0, 100))
@settings(max_examples=10, deadline=None)
def test_cuts_of_time_make_no_difference(cuts: list[int], seed: int) -> None:
    """However time is cut into advances, the same emissions come, in order of time."""
    whole = site(seed).advance(START_NS + TEN_MINUTES_NS)
    stepped_site, stepped = site(seed), []
    for cut in [*sorted(cuts), TEN_MINUTES_NS]:
        stepped += stepped_site.advance(START_NS + cut)
    assert stepped == whole
    assert all(a.at_ns <= b.at_ns for a, b in pairwise(whole))


def test_every_device_speaks() -> None:
    """In the first two hours each device of the site has sent something."""
    emissions = site().advance(START_NS + 2 * HOUR_NS)
    layout = demo_layout()
    spoke = {emission.device for emission in emissions}
    assert spoke >= {*layout.serial_devices(), *layout.mqtt_devices()} - {"returns-1"}


def test_codes_are_sent_when_they_are_scanned() -> None:
    """A till scan is on the line at its own time: EAN-13, CR LF."""
    a_site = site()
    scans = of(a_site.advance(START_NS + TEN_MINUTES_NS), "till-1")
    sales = [change for change in a_site.shop.changes if change.why == "sold"]
    assert [scan.at_ns for scan in scans] == [sale.at_ns for sale in sales]
    for scan, sale in zip(scans, sales, strict=True):
        assert isinstance(scan, SerialBytes)
        assert scan.data == a_site.layout.article(sale.sku).gtin[1:].encode() + b"\r\n"


def test_an_m100_that_nobody_started_is_silent() -> None:
    """Before the host's start command, and after its stop, no tag is reported."""
    a_site = site()
    a_site.to_device("m100-front", vector("m100-cmd-stop"), START_NS)
    emissions = a_site.advance(START_NS + 60 * NS)
    assert of(emissions, "m100-front") == []
    assert of(emissions, "m100-denim") != []


@pytest.mark.parametrize("device", ["m100-front", "r700-back", "shelf-candles", "till-1"])
def test_a_silenced_device_says_nothing_until_resumed(device: str) -> None:
    """Silence: no emission and no answer, and the world goes on; then it speaks again."""
    a_site = site()
    a_site.advance(START_NS + 10 * NS)
    a_site.silence(device)
    assert of(a_site.advance(START_NS + TEN_MINUTES_NS), device) == []
    assert a_site.to_device("m100-front", vector("m100-cmd-stop"), a_site.now_ns) == (
        b"" if device == "m100-front" else vector("m100-rsp-stop-ok")
    )
    a_site.resume(device)
    a_site.to_device("m100-front", vector("m100-cmd-multi-65535"), a_site.now_ns)
    assert of(a_site.advance(START_NS + 6 * TEN_MINUTES_NS), device) != []


def test_an_unplugged_scale_leaves_its_will() -> None:
    """Power off: the broker publishes Offline, retained; power on: the scale says Online."""
    a_site = site()
    [will] = a_site.unplug("shelf-candles", START_NS)
    [birth] = a_site.replug("shelf-candles", START_NS + NS)
    assert isinstance(will, Publication)
    assert isinstance(birth, Publication)
    assert (will.topic, will.payload, will.retain) == ("tele/tasmota_3F2A10/LWT", b"Offline", True)
    assert (birth.topic, birth.payload, birth.retain) == ("tele/tasmota_3F2A10/LWT", b"Online", True)


def test_a_replugged_m100_has_forgotten_its_inventory() -> None:
    """After a power cut the module boots for a second and waits for its host to start it again."""
    a_site = site()
    a_site.unplug("m100-front", START_NS)
    a_site.replug("m100-front", START_NS + 10 * NS)
    assert of(a_site.advance(START_NS + 60 * NS), "m100-front") == []
    a_site.to_device("m100-front", vector("m100-cmd-multi-65535"), START_NS + 60 * NS)
    assert of(a_site.advance(START_NS + 120 * NS), "m100-front") != []


def test_an_unknown_device_is_refused() -> None:
    """A device that the site does not have cannot be unplugged."""
    with pytest.raises(UnknownDeviceError):
        site().unplug("m100-cellar", START_NS)


def test_the_scale_tells_what_lies_on_it() -> None:
    """When no hand is near, the scale's median tells the number of candles on the shelf."""
    a_site = site(4)
    for minute in range(1, 120):
        sent = of(a_site.advance(START_NS + minute * 60 * NS), "shelf-candles")
        on_shelf = a_site.shop.truth("CANDLE-FIG").zones.get("front", 0)
        changes = [c for c in a_site.shop.changes if c.sku == "CANDLE-FIG"]
        if a_site.now_ns - changes[-1].at_ns < 60 * NS:
            continue
        weights = sorted(
            json.loads(e.payload)["HX711"]["WeightRaw"]
            for e in sent
            if isinstance(e, Publication) and e.topic.endswith("SENSOR")
        )
        assert round((weights[len(weights) // 2] - 1_500) / 420) == on_shelf
