"""The truth: no piece appears, vanishes or stands in two places, and one seed has one history."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.opening_act import emptied_article, scarce_article
from simulators.params import Pace, ShopParams, shop_params
from simulators.shop import Shop, opening_ns
from simulators.signals import CodeScanned, GatePassed
from tests.support.simulated import HOUR_NS, NS, START_NS, demo_layout

MINUTE_NS = 60 * NS


def shop(seed: int = 1, pace: Pace = Pace.BRISK, *, act: bool = False) -> Shop:
    """Return the demo's shop, just opened."""
    return Shop(demo_layout(), seed, shop_params(pace), START_NS, with_opening_act=act)


def on_hand_of_all(a_shop: Shop) -> int:
    """Return the pieces of all articles."""
    return sum(a_shop.truth(article.sku).on_hand for article in a_shop.layout.articles)


def assert_conserved(a_shop: Shop) -> None:
    """Fail where a piece is in two places or none, or the books do not balance."""
    pieces = a_shop.stock.pieces()
    for article in a_shop.layout.articles:
        truth = a_shop.truth(article.sku)
        counted = [p.counted_in for p in pieces if p.article == article and p.counted_in is not None]
        assert truth.zones == {zone: counted.count(zone) for zone in counted}
        assert truth.on_hand == len(counted)
    totals = a_shop.stock.totals
    gone = totals["sold"] + totals["stolen"]
    assert on_hand_of_all(a_shop) == totals["opened"] + totals["delivered"] + totals["returned"] - gone


@given(seed=st.integers(0, 10_000), act=st.booleans(), hours=st.integers(1, 16))
@settings(max_examples=25, deadline=None)
def test_pieces_are_conserved(seed: int, act: bool, hours: int) -> None:
    """At any time each piece is in exactly one place, and on_hand is what came less what was sold or stolen."""
    a_shop = shop(seed, act=act)
    for quarter in range(1, hours * 4):
        a_shop.advance(START_NS + quarter * HOUR_NS // 4)
        assert_conserved(a_shop)


@given(seed=st.integers(0, 1_000), cuts=st.lists(st.integers(0, 5 * HOUR_NS), max_size=8))
@settings(max_examples=20, deadline=None)
def test_one_seed_has_one_history(seed: int, cuts: list[int]) -> None:
    """The same seed gives the same changes and signals, however time is cut into steps."""
    whole, stepped = shop(seed), shop(seed)
    for cut in sorted(cuts):
        stepped.advance(START_NS + cut)
    for a_shop in (whole, stepped):
        a_shop.advance(START_NS + 5 * HOUR_NS)
    assert whole.changes == stepped.changes
    assert whole.take_signals() == stepped.take_signals()


def test_seeds_differ() -> None:
    """Another seed is another day."""
    one, other = shop(1), shop(2)
    one.advance(START_NS + HOUR_NS)
    other.advance(START_NS + HOUR_NS)
    assert one.changes != other.changes


def test_the_shop_opens_with_about_150_pieces_split_between_back_and_floor() -> None:
    """A dozen articles, some 150 pieces once the goods-in scans are done, each article on its home floor."""
    a_shop = shop(pace=Pace.DAY)
    a_shop.advance(START_NS + 12 * MINUTE_NS)
    assert 140 <= on_hand_of_all(a_shop) + a_shop.stock.totals["sold"] <= 175
    for article in a_shop.layout.articles:
        if article.tracked_by == "tag":
            zones = a_shop.truth(article.sku).zones
            assert zones["back-room"] > 0
            assert article.home == ("denim" if article.sku.startswith("DEN") else "front")


def test_a_day_has_all_that_a_shop_has() -> None:
    """In one usual day there are sales, deliveries, returns, put-backs and strays; shelves run empty for a while."""
    a_shop = shop(3, Pace.DAY)
    a_shop.advance(START_NS + 12 * HOUR_NS)
    whys = {change.why for change in a_shop.changes}
    assert {"sold", "delivered", "returned", "reshelved", "restocked", "put back", "picked up"} <= whys
    assert 60 <= a_shop.stock.totals["sold"] <= 260
    assert any("denim" in c.zones for c in a_shop.changes if not c.sku.startswith("DEN"))
    assert longest_empty_floor_ns(a_shop) > 10 * MINUTE_NS


def longest_empty_floor_ns(a_shop: Shop) -> int:
    """Return the longest time that a tagged article's floor was empty while its back room was not."""
    longest = 0
    for article in a_shop.layout.articles:
        since = None
        for change in (c for c in a_shop.changes if c.sku == article.sku and article.tracked_by == "tag"):
            on_floor = change.zones.get("front", 0) + change.zones.get("denim", 0)
            if since is not None:
                longest = max(longest, change.at_ns - since)
            is_empty = on_floor == 0 and change.zones.get("back-room", 0) > 0
            since = (since or change.at_ns) if is_empty else None
    return longest


def test_thefts_happen() -> None:
    """Over some days about two in a hundred who leave with something did not pay for it."""
    a_shop = shop(1, Pace.DAY)
    a_shop.advance(START_NS + 10 * 24 * HOUR_NS)
    totals = a_shop.stock.totals
    assert 0.005 < totals["stolen"] / (totals["sold"] + totals["stolen"]) < 0.05


def test_truth_drops_at_the_till_scan() -> None:
    """A sale takes the piece out of the truth at the very moment at which its code is scanned."""
    a_shop = shop()
    a_shop.advance(START_NS + 4 * HOUR_NS)
    scans = [
        (s.at_ns, s.sku) for s in a_shop.take_signals() if isinstance(s, CodeScanned) and s.role == "till"
    ]
    sales = [(c.at_ns, c.sku) for c in a_shop.changes if c.why == "sold"]
    assert scans == sales
    assert len(sales) > 50


def test_two_pieces_are_never_scanned_within_a_scanners_repeat_window() -> None:
    """One till serves one customer at a time, and people are slower than a scanner: 2 s apart at least."""
    a_shop = shop(5)
    a_shop.advance(START_NS + 12 * HOUR_NS)
    signals = [s for s in a_shop.take_signals() if isinstance(s, CodeScanned)]
    for role in ("till", "receiving"):
        times = [s.at_ns for s in signals if s.role == role]
        assert min(b - a for a, b in pairwise(times)) >= 2 * NS


def test_who_pays_leaves_by_the_gate_within_minutes() -> None:
    """A sold tagged piece passes the gate 15 s to some minutes after its scan, and is on the air until then."""
    a_shop = shop()
    a_shop.advance(START_NS + 2 * HOUR_NS)
    signals = a_shop.take_signals()
    paid = [s for s in signals if isinstance(s, GatePassed) and s.paid]
    sold_tagged = [
        c for c in a_shop.changes if c.why == "sold" and a_shop.layout.article(c.sku).tracked_by == "tag"
    ]
    assert 0 < len(paid) <= len(sold_tagged) + a_shop.stock.totals["returned"]
    assert all(3 * NS <= s.until_ns - s.at_ns <= 8 * NS for s in paid)


def test_pieces_tracked_by_weight_are_in_hand_until_bought() -> None:
    """A candle in somebody's hand counts as stock under in-hand; at the till it leaves."""
    a_shop = shop()
    a_shop.advance(START_NS + 6 * HOUR_NS)
    history = [c for c in a_shop.changes if c.sku == "CANDLE-FIG"]
    assert any("in-hand" in change.zones for change in history)
    for before, after in pairwise(history):
        if after.why == "sold":
            assert after.zones.get("in-hand", 0) == before.zones["in-hand"] - 1


def test_the_last_change_is_the_newest_of_the_log() -> None:
    """last_change_ns is the time of the article's newest entry in the log."""
    a_shop = shop()
    a_shop.advance(START_NS + 3 * HOUR_NS)
    for article in a_shop.layout.articles:
        newest = [change for change in a_shop.changes if change.sku == article.sku][-1]
        assert a_shop.last_change_ns(article.sku) == newest.at_ns
        assert a_shop.truth(article.sku).zones == newest.zones


@given(seed=st.integers(0, 10_000), pace=st.sampled_from(Pace))
@settings(max_examples=25, deadline=None)
def test_the_opening_act_plays_for_every_seed(seed: int, pace: Pace) -> None:
    """Within ten minutes one article's floor is empty while its back room is not, and stays so for 25 more;
    another has no more than two pieces left."""
    a_shop = shop(seed, pace, act=True)
    emptied, scarce = emptied_article(a_shop.layout).sku, scarce_article(a_shop.layout).sku
    for minute in range(10, 36):
        a_shop.advance(START_NS + minute * MINUTE_NS)
        zones = a_shop.truth(emptied).zones
        assert not {"front", "denim"} & zones.keys()
        assert zones["back-room"] >= 5
        assert a_shop.truth(scarce).on_hand == 2


def test_a_closed_shop_is_quiet() -> None:
    """At night nobody comes, and nothing changes."""
    a_shop = shop(pace=Pace.DAY)
    a_shop.advance(START_NS + 13 * HOUR_NS)
    before = len(a_shop.changes)
    a_shop.advance(START_NS + 23 * HOUR_NS)
    assert len(a_shop.changes) == before


def test_opening_time_is_local() -> None:
    """The shop opens at its own hour of the local calendar day."""
    late_evening = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert opening_ns(late_evening, ShopParams()) == START_NS
