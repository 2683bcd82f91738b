"""The demo's shop with other makers' devices in place of its own: its stock is as true as with them."""

import pytest

from gateway.devices.of_site import check_devices
from simulators.params import Pace, shop_params
from tests.support.virtual_shop import DEMO, VirtualShop

TASMOTA = 'kind = "tasmota"', 'topic = "tasmota_3F2A10"'
SHELVES = {
    "esphome": ('kind = "esphome"\nunit = "kg"', 'topic = "shelf-12"'),
    "things_stack": (
        'kind = "things_stack"\nvalue = "weight"\nunit = "kg"',
        'topic = "v3/app@tenant/devices/dev1"',
    ),
}
ZEBRA = 'kind = "zebra"\nstatus_topics = ["zebra/back/management"]', 'topic = "zebra/back/data"'


def other_devices(shelf: str) -> str:
    """Return the demo's site with a Zebra reader and a shelf of another kind."""
    text = DEMO.read_text("utf-8")
    for old, new in zip(TASMOTA, SHELVES[shelf], strict=True):
        text = text.replace(old, new)
    return text.replace('kind = "impinj"', ZEBRA[0]).replace('topic = "impinj/r700-back/events"', ZEBRA[1])


@pytest.mark.parametrize("kind", SHELVES)
def test_a_shop_of_other_devices_knows_its_stock(kind: str) -> None:
    """After an hour: no message refused, both devices alive, back room and candles as in the truth."""
    shop = VirtualShop(seed=3, params=shop_params(Pace.DAY), site_text=other_devices(kind))
    check_devices(shop.config)
    shop.run(3_600)
    state = shop.engine.state
    assert {state.devices[device].state(shop.now_ns) for device in ("r700-back", "shelf-candles")} == {
        "online"
    }
    assert shop.router.device_counts["r700-back"].dropped == {}
    assert shop.router.device_counts["shelf-candles"].dropped == {}
    assert state.devices["r700-back"].observations > 1_000
    true_pieces = round(shop.site.shop.shelf_load_g("CANDLE-FIG") / 420)
    assert abs(state.ledger.levels("lyon-1", "CANDLE-FIG").get("front", 0) - true_pieces) <= 1
    believed = sum(state.ledger.levels(*key).get("back-room", 0) for key in state.ledger.line_keys())
    in_truth = sum(piece.counted_in == "back-room" for piece in shop.site.shop.stock.pieces())
    assert abs(believed - in_truth) <= max(3, in_truth // 20)
