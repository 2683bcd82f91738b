"""A rule tried on made-up pasts whose answer is known: when it fires and clears, what came, what was never told."""

import pytest

from gateway.alert_rules.book import RuleRefused
from gateway.alert_rules.model import AlertRule, default_id
from gateway.alerts.records import AlertType
from gateway.backtest.judge import NOT_TRIED, TRIED, why_not
from gateway.backtest.model import Episode
from gateway.backtest.trial import Trial, TrialRefused, Tried, Trying, checked
from gateway.movements import MovementKind
from gateway.site import Site
from tests.support.past_shop import (
    DAY,
    HOUR,
    MINUTE,
    at,
    moved,
    past,
    promised,
    rule,
    sight,
    tried,
)
from tests.support.small_site import STORE, S, articles, small_site

TWO_TOTES = {("TOTE", "floor"): 2}
TEES = {("TEE", "floor"): 5, ("TEE", "back"): 3}
LOW = rule(fire_at=1, clear_at=3)
ONE_TOTE = AlertRule("tried", AlertType.LOW_STOCK, skus=("TOTE",), thresholds={"fire_at": 1, "clear_at": 3})


def episodes(found: Tried) -> list[Episode]:
    """Return the episodes of a trial."""
    return [episode for one in found.lived for episode in one.episodes]


def test_a_shelf_that_runs_low_and_out_is_told_ahead() -> None:
    """Low from 10:00 for 3 hours: told after the hold of 10 min, over a minute after the last piece went."""
    found = tried(ONE_TOTE, past(TWO_TOTES, [moved(HOUR, "TOTE", -1), moved(4 * HOUR, "TOTE", -1)]))
    assert episodes(found) == [
        Episode(STORE, "TOTE", None, at(HOUR), at(HOUR + 600), at(4 * HOUR + 60)),
    ]
    score = found.score
    assert (score.alerts, score.followed, score.not_followed, score.open) == (1, 1, 0, 0)
    assert (score.stock_outs, score.warned, score.told_late, score.missed) == (1, 1, 0, 0)
    assert score.lead_ns is not None
    assert score.lead_ns.median == (3 * HOUR - 600) * S
    assert score.alerts_per_day == pytest.approx(1.0)
    assert score.alerts_per_100_article_days == pytest.approx(100.0)


def test_what_is_refilled_within_the_hold_is_not_told() -> None:
    """Five minutes low: nobody hears of it."""
    steps = [moved(HOUR, "TOTE", -1), moved(HOUR + 300, "TOTE", 4, kind=MovementKind.ARRIVED)]
    assert episodes(tried(ONE_TOTE, past(TWO_TOTES, steps))) == []


def test_a_hold_ends_before_what_comes_after_it() -> None:
    """The next movement comes hours later, and refills: the alert was told long before, and is over then."""
    steps = [moved(HOUR, "TOTE", -1), moved(5 * HOUR, "TOTE", 4, kind=MovementKind.ARRIVED)]
    [episode] = episodes(tried(ONE_TOTE, past(TWO_TOTES, steps)))
    assert (episode.fired_ns, episode.cleared_ns) == (at(HOUR + 600), at(5 * HOUR + 60))


def test_an_alert_that_no_stock_out_follows_is_counted_as_such() -> None:
    """Within the horizon none came; one too near the end is left open."""
    steps = [moved(HOUR, "TOTE", -1), moved(2 * HOUR, "TOTE", 4, kind=MovementKind.ARRIVED)]
    of_two_days = tried(ONE_TOTE, past(TWO_TOTES, steps, days=2))
    assert (of_two_days.score.not_followed, of_two_days.score.open) == (1, 0)
    of_one = tried(ONE_TOTE, past(TWO_TOTES, steps))
    assert (of_one.score.not_followed, of_one.score.open) == (0, 1)


def test_a_stock_out_that_no_alert_told_of_is_missed() -> None:
    """Both pieces go at once: there was no time in which stock was low."""
    found = tried(ONE_TOTE, past(TWO_TOTES, [moved(HOUR, "TOTE", -2)]))
    assert (found.score.alerts, found.score.stock_outs, found.score.missed) == (0, 1, 1)
    assert found.score.lead_ns is None


def test_a_glimpse_of_nothing_is_no_stock_out() -> None:
    """A piece between two antennas: gone for nine minutes."""
    steps = [moved(HOUR, "TOTE", -2), moved(HOUR + 540, "TOTE", 2, kind=MovementKind.ARRIVED)]
    assert tried(ONE_TOTE, past(TWO_TOTES, steps)).score.stock_outs == 0


def test_stock_out_is_told_after_it_came() -> None:
    """Its lead is minus its hold."""
    found = tried(rule(AlertType.STOCK_OUT), past(TWO_TOTES, [moved(HOUR, "TOTE", -2)]))
    assert (found.score.told_late, found.score.warned) == (1, 0)
    assert found.score.lead_ns is not None
    assert found.score.lead_ns.median == -600 * S


def test_a_shelf_is_empty_while_the_back_room_has_some() -> None:
    """Fires when the last piece leaves the floor, clears when one comes there."""
    steps = [moved(HOUR, "TEE", -5), moved(3 * HOUR, "TEE", 1, kind=MovementKind.MOVED)]
    [episode] = episodes(tried(rule(AlertType.SHELF_EMPTY), past(TEES, steps)))
    assert (episode.since_ns, episode.cleared_ns) == (at(HOUR), at(3 * HOUR + 60))


def test_what_is_promised_is_not_available() -> None:
    """Two of three are promised for an hour: one is available, and that is low."""
    steps = [promised(HOUR, "TOTE", 2), promised(2 * HOUR, "TOTE", -2)]
    [episode] = episodes(tried(ONE_TOTE, past({("TOTE", "floor"): 3}, steps)))
    assert (episode.since_ns, episode.cleared_ns) == (at(HOUR), at(2 * HOUR + 60))


def test_pieces_that_lie_where_nobody_picks_are_not_available() -> None:
    """At the till they are on their way out."""
    steps = [moved(HOUR, "TOTE", -2), moved(HOUR, "TOTE", 2, zone="till")]
    [episode] = episodes(tried(ONE_TOTE, past({("TOTE", "floor"): 3}, steps)))
    assert episode.since_ns == at(HOUR)


def test_nothing_fires_or_clears_while_a_reader_is_down() -> None:
    """The piece went while nobody saw; the hold begins when the reader is back. An hour of the day is unknown."""
    steps = [
        sight(HOUR, "front", is_lost=True),
        moved(HOUR + 60, "TEE", -5),
        moved(HOUR + 60, "TEE", -3, zone="back"),
        sight(2 * HOUR, "front", is_lost=False),
    ]
    found = tried(rule(AlertType.STOCK_OUT), past(TEES, steps))
    [episode] = episodes(found)
    assert (episode.since_ns, episode.fired_ns) == (at(2 * HOUR), at(2 * HOUR + 600))
    assert found.score.unknown_share == pytest.approx(1 / 24)
    assert found.lived[0].blind == [(at(HOUR), at(2 * HOUR))]
    assert (found.score.stock_outs, found.score.told_late) == (1, 1)


def test_what_scans_alone_track_needs_no_reader() -> None:
    """A dead reader says nothing about totes."""
    steps = [sight(HOUR, "front", is_lost=True), moved(2 * HOUR, "TOTE", -2)]
    [episode] = episodes(tried(rule(AlertType.STOCK_OUT), past(TWO_TOTES, steps)))
    assert episode.since_ns == at(2 * HOUR)


def test_two_outages_of_one_device_that_overlap_end_with_the_later() -> None:
    """It settles from the first when the second begins."""
    steps = [
        sight(HOUR, "front", is_lost=True),
        sight(2 * HOUR, "front", is_lost=True),
        sight(2 * HOUR + 60, "front", is_lost=False),
        sight(3 * HOUR, "front", is_lost=False),
    ]
    assert tried(LOW, past(TEES, steps)).lived[0].blind == [(at(HOUR), at(3 * HOUR))]


def test_what_stood_before_the_period_warns_and_is_not_counted() -> None:
    """Told an hour before the period began: no alert of the period, but the stock-out in it was told of."""
    steps = [moved(-2 * HOUR, "TOTE", -1), moved(2 * HOUR, "TOTE", -1)]
    found = tried(ONE_TOTE, past(TWO_TOTES, steps, from_s=-20 * HOUR))
    assert found.score.alerts == 0
    assert (found.score.stock_outs, found.score.warned) == (1, 1)


def test_what_is_before_the_judged_day_is_lived_through_and_not_judged() -> None:
    """Low for a day, three days ago: neither an alert nor a stock-out of the period."""
    steps = [moved(-3 * DAY, "TOTE", -2), moved(-2 * DAY, "TOTE", 9, kind=MovementKind.ARRIVED)]
    found = tried(ONE_TOTE, past(TWO_TOTES, steps, from_s=-5 * DAY))
    assert (found.score.alerts, found.score.stock_outs, found.score.changes) == (0, 0, 0)
    assert found.score.days == pytest.approx(1.0)


def test_history_that_begins_later_makes_the_period_shorter() -> None:
    """Half a day was let go."""
    found = tried(ONE_TOTE, past(TWO_TOTES, [], from_s=12 * HOUR))
    assert found.from_ns == at(12 * HOUR)
    assert found.score.days == pytest.approx(0.5)


def test_movements_of_one_pass_are_judged_together() -> None:
    """Out of one zone and into another at one time: nothing was gone in between."""
    steps = [moved(HOUR, "TEE", -8, zone="floor"), moved(HOUR, "TEE", 8, zone="back")]
    found = tried(rule(AlertType.STOCK_OUT, hold_s=0), past({("TEE", "floor"): 8}, steps))
    assert episodes(found) == []


def test_a_rule_is_tried_alone_on_what_it_names() -> None:
    """A rule of jeans says nothing of totes, and its own article's figure in the catalogue gives way to it."""
    jeans = AlertRule("tried", AlertType.LOW_STOCK, skus=("JEANS",), thresholds={"fire_at": 5, "clear_at": 6})
    levels = {("JEANS", "floor"): 5, ("TOTE", "floor"): 0}
    steps = [moved(HOUR, "TOTE", 1, kind=MovementKind.ARRIVED)]
    assert [episode.sku for episode in episodes(tried(jeans, past(levels, steps)))] == ["JEANS"]


def test_a_rule_of_a_zone_is_tried_on_what_is_shown_there() -> None:
    """Where an article stood at the begin is where it is shown, until more of it is put elsewhere."""
    of_floor = AlertRule("tried", AlertType.STOCK_OUT, zones=("floor",))
    of_back = AlertRule("tried", AlertType.STOCK_OUT, zones=("back",))
    steps = [moved(HOUR, "TEE", -5), moved(HOUR, "TEE", -3, zone="back")]
    assert tried(of_floor, past(TEES, steps)).score.alerts == 1
    assert tried(of_back, past(TEES, steps)).score.alerts == 0


def test_a_rule_that_is_switched_off_is_tried_as_if_it_were_on() -> None:
    """That is what it is tried for."""
    off = AlertRule("tried", AlertType.STOCK_OUT, enabled=False)
    assert tried(off, past(TWO_TOTES, [moved(HOUR, "TOTE", -2)])).score.alerts == 1


def test_a_built_in_rule_is_tried_as_it_is() -> None:
    """By the thresholds of [alerts] and of the catalogue: jeans at two."""
    built_in = AlertRule(default_id("low_stock"), AlertType.LOW_STOCK, origin="default",
                         thresholds={"fire_at": 2, "clear_at": 4, "hold_s": 600, "clear_hold_s": 60,
                                     "risk_above": 0.5, "risk_clear_below": 0.3})  # fmt: skip
    steps = [moved(HOUR, "JEANS", -1)]
    [episode] = episodes(tried(built_in, past({("JEANS", "floor"): 3}, steps)))
    assert (episode.sku, episode.since_ns) == ("JEANS", at(HOUR))


def test_a_steady_seller_is_predicted_to_be_sold_out() -> None:
    """Four weeks of one sale an hour, then three pieces are left: told hours before the last one goes."""
    hours = range(-28 * 24, 20)
    steps = [moved(hour * HOUR + 7 * MINUTE, "TOTE", -1) for hour in hours]
    refilled = [moved(-DAY * day, "TOTE", 24, kind=MovementKind.ARRIVED) for day in range(1, 29)]
    found = tried(
        rule(AlertType.PREDICTED_STOCK_OUT),
        past({("TOTE", "floor"): 20}, [*steps, *refilled], from_s=-28 * DAY),
    )
    assert found.score.stock_outs == 1
    assert found.score.warned == 1
    assert found.score.lead_ns is not None
    assert found.score.lead_ns.median > 2 * HOUR * S


def test_articles_that_the_catalogue_lacks_are_not_judged() -> None:
    """The live gateway does not either."""
    found = tried(rule(AlertType.STOCK_OUT), past({("gtin-1", "floor"): 1}, [moved(HOUR, "gtin-1", -1)]))
    assert (found.score.alerts, found.score.stock_outs, found.score.articles) == (0, 0, 0)


def test_every_type_is_tried_or_says_why_not() -> None:
    """In words, and no type is both."""
    for kind in AlertType:
        assert (kind in TRIED) == (why_not(kind) is None), kind
    assert not set(TRIED) & set(NOT_TRIED)


@pytest.mark.parametrize(
    ("kind", "from_s", "to_s", "code"),
    [
        (AlertType.READER_DOWN, 0, 10, "rule_not_testable"),
        (AlertType.LOW_STOCK, 10, 10, "bad_period"),
        (AlertType.LOW_STOCK, 0, 367 * DAY, "bad_period"),
    ],
)
def test_what_cannot_be_tried_is_refused(kind: AlertType, from_s: int, to_s: int, code: str) -> None:
    """With a reason."""
    with pytest.raises(TrialRefused) as refused:
        checked(Trial(rule(kind), (STORE,), at(from_s), at(to_s)))
    assert refused.value.code == code


def trying(wanted: AlertRule, max_movements: int) -> Trying:
    """Return a trial of a past of two movements."""
    of = past(TWO_TOTES, [moved(HOUR, "TOTE", -1), moved(2 * HOUR, "TOTE", -1)])
    trial = Trial(wanted, (STORE, "paris-1"), at(0), of.to_ns)
    return Trying(trial, lambda *_: of, Site(small_site()), articles(), max_movements)


def test_a_past_that_is_too_long_is_refused_before_it_is_read() -> None:
    """Two stores of two movements each are four."""
    with pytest.raises(TrialRefused, match="4 movements") as refused:
        list(trying(LOW, 3).running())
    assert refused.value.code == "too_much_history"
    assert list(trying(LOW, 4).running())[-1] == 4


def test_a_rule_that_cannot_stand_is_refused() -> None:
    """Its thresholds cross."""
    with pytest.raises(RuleRefused, match="must be below"):
        trying(rule(fire_at=9, clear_at=3), 10)


def test_a_rule_of_some_stores_is_tried_there_alone() -> None:
    """And nowhere else, whatever is asked for."""
    of_paris = AlertRule("tried", AlertType.LOW_STOCK, stores=("paris-1",))
    assert checked(Trial(of_paris, (STORE, "paris-1"), at(0), at(10))).stores == ("paris-1",)
