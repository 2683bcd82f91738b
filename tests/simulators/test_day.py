"""A whole day of the demo's site, as the end-to-end test runs it: complete, and fast enough to run often."""

import time
from collections import Counter

from simulators.emissions import SerialBytes
from simulators.params import Pace, shop_params
from simulators.site import SimulatedSite
from tests.support.simulated import HOUR_NS, NS, START_NS, demo_layout, vector

MOST_S = 60.0
ROUNDS_NS = 1_600 * NS
"""A host starts the inventory again before its 65,535 rounds of 25 ms are over."""


def test_a_day_is_generated_in_under_a_minute() -> None:
    """Twelve hours of some 150 pieces, reads of all antennas included, take less than a minute of computing."""
    began_s = time.process_time()
    site = SimulatedSite(demo_layout(), 1, shop_params(Pace.DAY), START_NS)
    sent: Counter[str] = Counter()
    tags = 0
    for now_ns in range(START_NS, START_NS + 12 * HOUR_NS, ROUNDS_NS):
        for device in site.serial_readers:
            site.to_device(device, vector("m100-cmd-multi-65535"), now_ns)
        for emission in site.advance(min(now_ns + ROUNDS_NS, START_NS + 12 * HOUR_NS)):
            sent[emission.device] += 1
            if isinstance(emission, SerialBytes):
                tags += emission.data.count(b"\xbb\x02\x22\x00\x11")
            else:
                tags += emission.payload.count(b'"tagInventory"')
    took_s = time.process_time() - began_s
    print(f"figure: simulated_day = {took_s:.1f} s")
    print(f"figure: simulated_day_reads = {tags} reads")
    assert took_s < MOST_S
    assert sent.keys() == {*site.layout.serial_devices(), *site.layout.mqtt_devices()}
    assert tags > 300_000
