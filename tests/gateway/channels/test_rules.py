"""What is kept back from a channel, by the most specific figure there is; what it may hold; where it sells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.articles import Article
from gateway.channels.model import Asker
from gateway.channels.rules import COMPUTED_EVERY_NS, ChannelRules
from gateway.config.channels import ChannelSection
from gateway.config.file import parse_site
from gateway.site import Site
from tests.support.small_site import SITE, STORE, T0, S

TEE, JEANS = Article("TEE"), Article("JEANS", safety_stock=4)
AT_NS = T0 - T0 % COMPUTED_EVERY_NS


class SteadyOutflow:
    """A demand of so many pieces an hour, without chance; counts the questions."""

    def __init__(self, per_hour: float) -> None:
        self.per_hour = per_hour
        self.asked: list[tuple[str, str, int, float, float]] = []

    def safety_stock(self, store: str, sku: str, now_ns: int, window_s: float, risk: float) -> int:
        self.asked.append((store, sku, now_ns, window_s, risk))
        return round(self.per_hour * window_s / 3_600)

    def expected(self, store: str, sku: str, now_ns: int, until_ns: int) -> float:
        return self.per_hour * (until_ns - now_ns) / (3_600 * S)


def rules(demand: SteadyOutflow | None = None, stock: int = 1, **web: object) -> ChannelRules:
    """Return the rules of the small site with a channel `web`."""
    config = parse_site(SITE + f"[stock]\nsafety_stock = {stock}\n", "site.toml")
    section = ChannelSection.model_validate({"id": "web", **web})
    return ChannelRules(Site(config.model_copy(update={"channels": (section,)})), lambda: demand)


def kept(
    found: ChannelRules, article: Article = TEE, channel: str | None = "web", store: str = STORE
) -> tuple[int, str]:
    """Return (pieces, source) of what is kept back."""
    safety = found.safety(store, article, channel, AT_NS)
    return safety.pieces, safety.source


def test_what_is_said_of_an_article_comes_before_what_is_said_of_all() -> None:
    """Typed for the store, typed, the file, the article's own, the channel's, the site's: each hides those behind it."""
    found = rules(safety_stock=2, safety_stocks={"JEANS": 5})
    assert kept(found, channel=None) == (1, "site")
    assert kept(found, JEANS, channel=None) == (4, "article")
    assert kept(found) == (2, "channel")
    assert kept(rules(safety_stock=2), JEANS) == (4, "article")
    assert kept(found, JEANS) == (5, "file")
    found.type("web", "JEANS", None, 6)
    assert kept(found, JEANS) == (6, "typed")
    found.type("web", "JEANS", STORE, 0)
    assert kept(found, JEANS) == (0, "typed_for_store")
    assert kept(found, JEANS, store="paris-1") == (6, "typed")
    assert kept(found, JEANS, channel="app") == (4, "article"), "what is typed for one channel is no other's"
    found.type("web", "JEANS", STORE, None)
    found.type("web", "JEANS", None, None)
    assert kept(found, JEANS) == (5, "file")


def test_a_channel_that_says_nothing_has_the_sites_safety_stock() -> None:
    """A figure of 0 says something."""
    assert kept(rules(stock=3)) == (3, "site")
    assert kept(rules(stock=3, safety_stock=0)) == (0, "channel")


def test_a_computed_one_covers_the_time_until_the_pick() -> None:
    """The store's slowest pick (25 minutes, always open), or as the channel says; with its risk."""
    demand = SteadyOutflow(12)
    found = rules(demand, safety_stock="computed", risk=0.02).safety(STORE, TEE, "web", AT_NS)
    assert (found.pieces, found.source, found.window_s, found.risk, found.expected) == (
        5,
        "computed",
        1_500,
        0.02,
        5,
    )
    assert demand.asked == [(STORE, "TEE", AT_NS, 1_500, 0.02)]
    assert kept(rules(demand, safety_stock="computed", pick_minutes=60)) == (12, "computed")


def test_minutes_of_a_pick_are_minutes_of_open_time() -> None:
    """What is promised ten minutes before the doors close is picked on the next morning."""
    hours = """
[stores.hours]
"""
    days = "".join(f'{day} = ["09:00-19:00"]\n' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    site = parse_site(
        f"""
[[stores]]
id = "s"
name = "S"
timezone = "UTC"
zones = [{{ id = "floor", role = "floor" }}]
{hours}{days}
[[channels]]
id = "web"
safety_stock = "computed"
pick_minutes = 30
""",
        "site.toml",
    )
    demand = SteadyOutflow(1)
    midnight_ns = AT_NS - AT_NS % (86_400 * S)
    found = ChannelRules(Site(site), lambda: demand)
    safety = found.safety("s", TEE, "web", midnight_ns + (18 * 60 + 50) * 60 * S)
    assert safety.window_s == (14 * 60 + 10 + 20) * 60


def test_a_computed_one_is_computed_once_a_minute() -> None:
    """Within the minute everybody is told the same; then anew."""
    demand = SteadyOutflow(12)
    found = rules(demand, safety_stock="computed")
    for at_ns in (AT_NS, AT_NS + 1, AT_NS + COMPUTED_EVERY_NS - 1, AT_NS + COMPUTED_EVERY_NS):
        found.safety(STORE, TEE, "web", at_ns)
    assert [asked[2] for asked in demand.asked] == [AT_NS, AT_NS + COMPUTED_EVERY_NS]


def test_what_nothing_forecasts_is_not_computed() -> None:
    """The site's own figure stands in."""
    assert kept(rules(None, stock=2, safety_stock="computed")) == (2, "site")
    assert kept(rules(SteadyOutflow(60), stock=2, safety_stock="computed"), JEANS) == (4, "article")


@given(
    quota=st.none() | st.integers(0, 20),
    share=st.none() | st.integers(0, 100),
    on_hand=st.integers(0, 200),
    reserved=st.integers(0, 40),
)
def test_the_smaller_of_two_quotas_counts(
    quota: int | None, share: int | None, on_hand: int, reserved: int
) -> None:
    """In whole pieces, rounded down; what is over it leaves nothing, and never a debt."""
    found = rules(quota=quota, quota_share=None if share is None else share / 100)
    limits = [x for x in (quota, None if share is None else share * on_hand // 100) if x is not None]
    use = found.quota("web", on_hand, reserved)
    assert found.has_quota("web") == bool(limits)
    if not limits:
        assert use is None
    else:
        assert use is not None
        assert (use.limit, use.left) == (min(limits), max(0, min(limits) - reserved))
    assert found.quota("app", on_hand, reserved) is None


def test_a_channel_that_does_not_exist_is_named_with_its_neighbour() -> None:
    """Only where the site names channels at all."""
    fault = rules().fault("wep", "pickup")
    assert fault is not None
    assert (fault.code, fault.near) == ("unknown_channel", ("web",))
    assert rules().fault(None, "ship") is None
    free = ChannelRules(Site(parse_site(SITE, "site.toml")))
    assert free.fault("anything", "ship") is None
    assert free.closed(STORE, Asker("anything")) is None


def test_where_and_how_a_channel_sells() -> None:
    """From its stores, in its ways; a store gives in its own ways."""
    found = rules(stores=["lyon-1"], fulfilment=["pickup"])
    assert found.closed(STORE, Asker("web")) is None
    assert found.closed("paris-1", Asker("web")) == "not_sold_here"
    assert found.closed("paris-1", Asker()) is None
    fault = found.fault("web", "ship")
    assert fault is not None
    assert fault.code == "fulfilment_not_offered"
    config = parse_site(SITE, "site.toml")
    warehouse = config.stores[1].model_copy(update={"fulfilment": ("ship",)})
    found = ChannelRules(Site(config.model_copy(update={"stores": (config.stores[0], warehouse)})))
    assert found.closed("paris-1", Asker()) == "not_offered_here"
    assert found.closed("paris-1", Asker(fulfilment="ship")) is None
    assert not found.has_customers("paris-1")


def test_how_surely_and_whether_unknown() -> None:
    """The channel's own, else the site's."""
    assert rules().promise_at("web") == 0.9
    assert rules(min_probability=0.99).promise_at("web") == 0.99
    assert rules(min_probability=0.99).promise_at(None) == 0.9
    assert rules(accept_unknown=True).accepts_unknown("web")
    assert not rules().accepts_unknown("web")


@pytest.mark.parametrize("store", [None, STORE])
def test_a_figure_typed_comes_back_from_its_row(store: str | None) -> None:
    """A new life knows what was typed in the one before."""
    key, text = rules().type("web", "A.B_c-1", store, 7)
    assert text is not None
    later = rules()
    later.restore([(key, text)])
    assert later.typed("web", "A.B_c-1", store) == 7
