"""Deliveries and rules of alerts of the page's shop: the real ones, over its own site, one rule of its file. Pure but for reading
the demo's own site and catalogue.
"""

import tomllib

from gateway.config.file import load_catalogue
from gateway.config.site import SiteConfig
from gateway.engine import Engine
from gateway.site import Site
from tests.support.api_ports import NOW_NS
from tests.support.delivery_shop import DeliveryShop
from tests.support.kept_engine import KeptEngine
from tests.support.source import ROOT

OF_FILE = {
    "id": "front-low",
    "type": "low_stock",
    "zones": ["front"],
    "thresholds": {"fire_at": 1, "clear_at": 3},
    "note": "Stands in the window",
}


class SiteShop(DeliveryShop):
    """The page's site as an engine that nothing is read of: what is announced, and by which rules it judges."""

    def __init__(self) -> None:
        super().__init__()
        raw = tomllib.loads((ROOT / "config/demo.toml").read_text("utf-8"))
        config = SiteConfig.model_validate({**raw, "alert_rules": [OF_FILE]})
        catalogue = load_catalogue(config, ROOT / "config")
        KeptEngine.__init__(self, lambda: Engine(Site(config), catalogue))
        self.now = NOW_NS
        self.alive = set()

    def _id(self) -> str:
        self._documents += 1
        return f"dl_{self._documents:012x}"
