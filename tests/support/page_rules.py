"""Rules of alerts of the page's shop: the real ones, over its own site, one of them of its file; and what a trial finds. Pure
but for reading the demo's own site and catalogue.
"""

import tomllib

from gateway.alert_rules.office import RuleOffice
from gateway.backtest.model import Episode, Judged, Outcome, Range, Score
from gateway.config.file import load_catalogue
from gateway.config.site import SiteConfig
from gateway.engine import Engine
from gateway.once import Once
from gateway.site import Site
from tests.support.api_ports import NOW_NS
from tests.support.fake_documents import AtOnce, NothingAnswered
from tests.support.kept_engine import KeptEngine
from tests.support.source import ROOT

S = 1_000_000_000
HOUR_NS = 3_600 * S
OF_FILE = {
    "id": "front-low",
    "type": "low_stock",
    "zones": ["front"],
    "thresholds": {"fire_at": 1, "clear_at": 3},
    "note": "Stands in the window",
}


class RuleShop(KeptEngine):
    """The page's site as an engine: its rules are judged by what it knows of zones and articles."""

    def __init__(self) -> None:
        raw = tomllib.loads((ROOT / "config/demo.toml").read_text("utf-8"))
        config = SiteConfig.model_validate({**raw, "alert_rules": [OF_FILE]})
        catalogue = load_catalogue(config, ROOT / "config")
        super().__init__(lambda: Engine(Site(config), catalogue))
        self.now = NOW_NS


def shop_rules() -> RuleOffice:
    """Return the rules of the page's shop behind the port of the API."""
    shop = RuleShop()
    pipeline = AtOnce(shop)
    return RuleOffice(shop.engine, pipeline, Once(pipeline, NothingAnswered(), lambda _: None))


def a_fortnight(store: str, from_ns: int) -> Score:
    """Return what a rule may have told in two weeks: most alerts ahead of a stock-out, some of which nothing came."""
    skus = ("TEE-WHT-M", "DEN-501-32", "KNIT-NVY-L", "SHIRT-OXF-40", "CANDLE-FIG")
    judged: list[Judged] = []
    for number in range(24):
        fired_ns = from_ns + (number * 14 + number % 5 * 3) * HOUR_NS
        lead_ns = (1 + number % 4 * 2) * HOUR_NS
        outcome: Outcome = "open" if number >= 22 else "none" if number % 3 == 2 else "stock_out"
        cleared_ns = None if outcome == "open" else fired_ns + lead_ns + (2 + number % 6) * HOUR_NS
        episode = Episode(
            store, skus[number * number % 5], None, fired_ns - HOUR_NS // 6, fired_ns, cleared_ns
        )
        judged.append(Judged(episode, outcome, lead_ns if outcome == "stock_out" else None))
    return Score(
        days=14.0, articles=126, article_days=1_764.0, changes=8_412, unknown_share=0.004,
        alerts=24, followed=15, not_followed=7, open=2,
        stock_outs=17, warned=15, told_late=0, missed=2,
        lead_ns=Range(1.0 * HOUR_NS, 3.2 * HOUR_NS, 7.0 * HOUR_NS), judged=tuple(judged),
    )  # fmt: skip
