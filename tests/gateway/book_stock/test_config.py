"""A ledger store in a site's file: what it may leave out, and what has no place there."""

import pytest

from gateway.config.file import parse_site
from gateway.errors import ConfigError
from gateway.inventory import Inventory
from gateway.site import Site
from tests.support.ledger_site import LEDGER_SITE, WEB, ledger_engine

READER = LEDGER_SITE.replace('store = "lyon-1"', 'store = "web-1"').replace(
    'zone = "floor"', 'zone = "stock"'
)
SHELF = (
    LEDGER_SITE
    + '\n[[shelves]]\nid = "s"\nstore = "web-1"\nzone = "stock"\nsku = "TOTE"\ntopic = "t"\nunit_weight_g = 1\n'
)
ZONES = 'source = "ledger"\nzones = [{ id = "a", role = "floor" }, { id = "b", role = "till" }]'


def test_it_may_leave_its_zones_out() -> None:
    """It has one then, where pieces rest and can be picked; a scanner may stand in it."""
    site = Site(parse_site(LEDGER_SITE, "site.toml"))
    assert site.roles[WEB] == {"stock": "back_room"}
    assert site.scanners["pack"].zone == "stock"
    stores = Inventory(ledger_engine(LEDGER_SITE), lambda: 0, lambda: 0).stores()
    assert [(store.id, store.source) for store in stores] == [(WEB, "ledger"), ("lyon-1", "readers")]


def test_it_may_name_one_zone_where_pieces_rest() -> None:
    """And others beside it, such as a till."""
    text = LEDGER_SITE.replace('source = "ledger"', ZONES).replace('zone = "stock"', 'zone = "b"')
    assert Site(parse_site(text, "site.toml")).roles[WEB] == {"a": "floor", "b": "till"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            READER,
            "readers[0].store: 'web-1' has source = \"ledger\", and its stock is not seen: take the device out",
        ),
        (SHELF, "shelves[0].store: 'web-1' has source = \"ledger\""),
        (
            LEDGER_SITE.replace('source = "ledger"', ZONES.replace('"till"', '"back_room"')),
            "zones: a, b of floor",
        ),
        (
            LEDGER_SITE.replace('source = "ledger"', ZONES.replace('"floor"', '"exit"')),
            "zones: none of floor",
        ),
        (LEDGER_SITE.replace('source = "ledger"', 'source = "erp"'), "stores[0].source"),
        (LEDGER_SITE.replace('source = "ledger"', ""), "stores[0].zones: this key is required"),
    ],
)
def test_what_has_no_place_there_is_named(text: str, says: str) -> None:
    """Readers and shelves, a second zone where pieces rest, or none; a store with readers names its zones."""
    with pytest.raises(ConfigError) as refused:
        parse_site(text, "site.toml")
    assert says in str(refused.value)
