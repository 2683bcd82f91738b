"""What people do about alerts, through the whole engine: durable, written down, told once."""

import asyncio
import json

import pytest

from gateway.alerts.acts import (
    MAX_SNOOZE_NS,
    Acknowledge,
    Act,
    ActRefused,
    Assign,
    Feedback,
    Remark,
    Resolve,
    Snooze,
    Unacknowledge,
)
from gateway.alerts.ports import NewSilence, SilenceRefused
from gateway.alerts.records import MAX_COMMENTS, AlertRecord, AlertState, AlertType
from gateway.alerts.silences import MAX_SILENCES, Matcher, Silence
from gateway.audit import Actor
from gateway.storage.ports import StateRow
from gateway.storage.rows import alert_json, alert_of
from tests.support.alert_shop import AlertShop
from tests.support.small_site import S

ANNE = Actor("anne", "127.0.0.1")
OUT = AlertType.STOCK_OUT


def do(shop: AlertShop, alert: AlertRecord, act: Act, *, stores: frozenset[str] = frozenset()) -> AlertRecord:
    """Return the alert after an act that must be possible."""
    outcome = asyncio.run(shop.office.act(alert.id, act, stores, ANNE))
    assert isinstance(outcome, AlertRecord), outcome
    assert outcome == shop.alert(alert.id)
    return outcome


def refused(shop: AlertShop, alert_id: str, act: Act, *stores: str) -> str:
    outcome = asyncio.run(shop.office.act(alert_id, act, frozenset(stores), ANNE))
    assert isinstance(outcome, ActRefused), outcome
    return outcome.code


def silence(shop: AlertShop, seconds: int, key: str = "k", **matcher: str) -> Silence | SilenceRefused:
    asked = NewSilence(Matcher(**matcher), shop.shop.now + seconds * S, "rebuilt")
    return asyncio.run(shop.office.silence("anne", key, asked, ANNE)).outcome


def test_an_alert_is_told_acknowledged_snoozed_and_cleared_over_restarts() -> None:
    """Told once; who did what is on the record and in the audit log; evidence ends it."""
    shop = AlertShop()
    alert = shop.sell_out()
    assert shop.told(OUT) == ["fired"]
    acked = do(shop, alert, Acknowledge())
    assert (acked.state, acked.changed_by, acked.changed_at_ns) == ("acknowledged", "anne", shop.shop.now)
    assert do(shop, alert, Acknowledge()) == acked
    shop.restart()
    do(shop, alert, Assign("Camille"))
    do(shop, alert, Remark("on their way"))
    assert len(do(shop, alert, Remark("on their way")).comments) == 1
    until = shop.shop.now + 900 * S
    do(shop, alert, Snooze(until))
    shop.restart()
    shop.run(899)
    assert shop.told(OUT) == ["fired"]
    assert shop.newest(OUT).state is AlertState.SNOOZED
    shop.run(1)
    fires_on = shop.newest(OUT)
    assert (fires_on.state, fires_on.changed_by, fires_on.assignee) == (AlertState.FIRING, None, "Camille")
    assert shop.told(OUT) == ["fired", "fired"]
    do(shop, alert, Acknowledge())
    do(shop, alert, Unacknowledge())
    shop.shop.tell("receive", sku="TOTE", qty=1, zone="floor")
    shop.run(120)
    over = shop.newest(OUT)
    assert (over.id, over.state, over.assignee) == (alert.id, AlertState.RESOLVED, "Camille")
    actions = [(entry.action, entry.subject, entry.key_id) for entry in shop.audited]
    assert actions == [
        (f"alerts.{name}", alert.id, "anne")
        for name in ("ack", "assign", "comment", "snooze", "ack", "unack")
    ]


def test_what_people_ended_comes_back_only_after_it_was_over() -> None:
    """Not while the condition stands, over restarts too; then as an episode of its own."""
    shop = AlertShop()
    alert = shop.sell_out()
    over = do(shop, alert, Resolve("not sold any more"))
    assert (over.state, over.resolved_reason, over.changed_by) == ("resolved", "not sold any more", "anne")
    assert do(shop, alert, Resolve("again")) == over
    for _ in range(2):
        shop.restart()
        shop.run(700)
    assert shop.newest(OUT).id == alert.id
    shop.shop.tell("receive", sku="TOTE", qty=1, zone="floor")
    shop.run(120)
    shop.shop.tell("sale", sku="TOTE")
    shop.run(601)
    assert shop.newest(OUT).id != alert.id
    assert shop.newest(OUT).state is AlertState.FIRING


def test_what_is_over_takes_words_and_no_acts() -> None:
    """Comments and feedback are on disk; two at once are both there."""
    shop = AlertShop()
    alert = shop.sell_out()
    shop.shop.tell("receive", sku="TOTE", qty=1, zone="floor")
    shop.run(120)

    async def both() -> None:
        words = [shop.office.act(alert.id, Remark(f"word {n}"), frozenset(), ANNE) for n in range(5)]
        await asyncio.gather(*words, shop.office.act(alert.id, Feedback(useful=True), frozenset(), ANNE))

    asyncio.run(both())
    kept = shop.newest(OUT)
    assert (sorted(c.text for c in kept.comments), kept.useful) == ([f"word {n}" for n in range(5)], True)
    do(shop, alert, Feedback(useful=False))
    shop.restart()
    assert [(s.rule, s.useful, s.false) for s in asyncio.run(shop.office.scores())] == [
        ("default-stock-out", 0, 1)
    ]
    for act in (Acknowledge(), Unacknowledge(), Snooze(shop.shop.now + S), Assign("x")):
        assert refused(shop, alert.id, act) == "wrong_state"


def test_what_cannot_be_is_refused_and_changes_nothing() -> None:
    """Alerts of others, of nobody, of no time; more words than are kept; a gateway that is full."""
    shop = AlertShop()
    alert = shop.sell_out()
    before = dict(shop.disk)
    assert refused(shop, alert.id, Acknowledge(), "paris-1") == "unknown_alert"
    assert refused(shop, "f" * 16, Acknowledge()) == "unknown_alert"
    assert refused(shop, alert.id, Snooze(shop.shop.now)) == "beyond_limit"
    assert refused(shop, alert.id, Snooze(shop.shop.now + MAX_SNOOZE_NS + 1)) == "beyond_limit"
    assert (shop.disk, shop.audited) == (before, [])
    for number in range(MAX_COMMENTS):
        do(shop, alert, Remark(f"{number}"))
    assert refused(shop, alert.id, Remark("one more")) == "beyond_limit"
    shop.full = True
    assert refused(shop, alert.id, Acknowledge()) == "overloaded"


def test_a_silence_holds_to_the_second_once_per_key_and_over_a_restart() -> None:
    """What it matches fires and is shown, and nobody is told; when it ends, people are."""
    shop = AlertShop()
    made = silence(shop, 1_000, sku="TOTE")
    assert isinstance(made, Silence)
    assert silence(shop, 1_000, sku="TOTE") == made
    alert = shop.sell_out()
    assert (alert.state, alert.suppressed_by) == (AlertState.FIRING, f"silence:{made.id}")
    shop.restart()
    shop.run((made.until_ns - shop.shop.now) // S - 1)
    assert asyncio.run(shop.office.silences()) == [made]
    assert shop.told(OUT) == []
    shop.run(1)
    assert asyncio.run(shop.office.silences()) == []
    assert shop.newest(OUT).suppressed_by is None
    assert shop.told(OUT) == ["fired"]
    assert not asyncio.run(shop.office.end_silence(made.id, ANNE))
    other = silence(shop, 1_000, key="k2", store="lyon-1")
    assert isinstance(other, Silence)
    assert shop.newest(OUT).suppressed_by == f"silence:{other.id}"
    assert asyncio.run(shop.office.end_silence(other.id, ANNE))
    assert shop.newest(OUT).suppressed_by is None
    assert [e.action for e in shop.audited] == ["silences.begin", "silences.begin", "silences.end"]


def test_silences_are_bounded() -> None:
    """In number, and in time."""
    shop = AlertShop()
    for seconds in (0, -5, 367 * 86_400):
        outcome = silence(shop, seconds, key=f"t{seconds}", sku="TOTE")
        assert isinstance(outcome, SilenceRefused)
        assert outcome.code == "beyond_limit"
    for number in range(MAX_SILENCES):
        assert isinstance(silence(shop, 60, key=f"n{number}", sku="TOTE"), Silence)
    outcome = silence(shop, 60, key="more", sku="TOTE")
    assert isinstance(outcome, SilenceRefused)
    assert outcome.code == "too_many_open"


OLD = """{"id":"a1","fingerprint":"stock_out|lyon-1|TOTE|","type":"stock_out","severity":"critical","store":"lyon-1",
"state":"firing","since_ns":1,"zone":null,"sku":"TOTE","device":null,"fired_at_ns":2,"resolved_at_ns":null,
"suppressed_by":null,"evidence":{"on_hand":0}}"""


def test_alerts_of_an_older_version_live_on() -> None:
    """Without the fields of today; they are read, restored and acted on."""
    record = alert_of(OLD)
    assert (record.assignee, record.comments, record.useful) == (None, (), None)
    assert alert_of(alert_json(record)) == record
    shop = AlertShop()
    shop.shop.rows["alert", record.fingerprint] = StateRow("alert", record.fingerprint, OLD)
    shop.disk["a1"] = OLD
    shop.restart()
    assert do(shop, record, Acknowledge()).state is AlertState.ACKNOWLEDGED


@pytest.mark.parametrize("act", [Remark("später"), Feedback(useful=True), Assign("Zoé")])
def test_a_record_with_all_fields_is_the_same_after_the_disk(act: Act) -> None:
    """JSON keeps every field as it was."""
    shop = AlertShop()
    alert = do(shop, shop.sell_out(), act)
    assert alert_of(alert_json(alert)) == alert
    assert json.loads(alert_json(alert))["id"] == alert.id
