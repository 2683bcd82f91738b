"""A short run of `make notices`, and that it can tell what is missing, doubled and in the wrong order."""

import json
from typing import Any

import pytest

from tests.durability.progress import Progress
from tests.notices.books import Channel
from tests.notices.heard import Heard
from tests.notices.misfortune import Pace
from tests.notices.run import run, tell
from tests.support.mosquitto import needs_mosquitto

CONDITIONS = 30
QUICK = Pace(life_s=(0.2, 2.0), well_s=(0.2, 2.0), away_s=(0.2, 1.0), most_kills=6)


@pytest.mark.broker
@pytest.mark.slow
def test_each_alert_is_told_on_each_channel_whoever_dies() -> None:
    """A gateway is killed again and again, receivers are away: in the end all were told all, repeats being rare."""
    needs_mosquitto()
    report = run(CONDITIONS, seed=5, progress=Progress(CONDITIONS, "conditions"), pace=QUICK)
    tell(report)
    assert not report.findings(), report.findings()
    assert report.kills >= 2
    assert report.outages.total() >= 3
    for channel in report.channels:
        assert channel.messages >= 2, channel.name
    repeats = max(
        channel.repeats for channel in report.channels if channel.name in {"mail", "post", "webhook"}
    )
    assert repeats <= report.kills + report.outages.total(), "more than what was under way at each death"


def told(sku: str, state: str, **changes: Any) -> dict[str, Any]:
    """Return an alert as the API tells of it."""
    fired_at = "2026-11-21T18:02:11Z"
    return {
        "id": f"a-{sku}",
        "type": "stock_out",
        "state": state,
        "sku": sku,
        "fired_at": fired_at,
        **changes,
    }


def test_what_is_missing_or_doubled_is_found() -> None:
    """Of two articles one end never came, one beginning came twice; a channel of states may tell both by the end."""
    told_once, states = Channel("mail"), Channel("stream", is_state=True)
    for channel in (told_once, states):
        assert channel.note("m1", [("A", "fired"), ("B", "fired")])
        assert not channel.note("m1", [("A", "fired"), ("B", "fired")])
        channel.note("m2", [("A", "resolved")])
        channel.note("m3", [("C", "resolved")])
        assert (channel.messages, channel.repeats) == (3, 1)
    assert told_once.missed("ABC") == ["mail: B resolved", "mail: C fired"]
    assert states.missed("ABC") == ["stream: B resolved"]
    assert states.by_end_alone("ABC") == 1


def test_an_end_before_its_beginning_is_found() -> None:
    """By a message of another name: a repeat says nothing of the order."""
    channel = Channel("post")
    channel.note("m1", [("A", "fired")])
    channel.note("m2", [("A", "resolved"), ("B", "resolved")])
    channel.note("m1", [("A", "fired")])
    assert channel.misordered() == []
    channel.note("m3", [("B", "fired")])
    assert channel.misordered() == ["post: B"]


def test_a_message_that_names_others_than_it_counts_is_a_fault() -> None:
    """A notice of two names two; an alert that never fired is told to nobody."""
    heard = Heard()
    body = {"id": "1", "kind": "fired", "total": 2, "text": "ART-00001 is sold out"}
    heard.take_post({}, json.dumps(body).encode())
    heard.take_mqtt([json.dumps(told("ART-00001", "firing", fired_at=None)).encode()])
    assert [len(heard.post.faults), len(heard.mqtt.faults)] == [1, 1]
    heard.take_stream(told("ART-00002", "firing"), True)
    heard.take_stream(told("ART-00002", "firing"), True)
    assert not heard.take_stream(told("ART-00002", "firing"), False)
    assert heard.take_stream(told("ART-00003", "firing"), False)
    assert (heard.stream.messages, heard.stream.repeats) == (1, 1)
    assert heard.stream.missed(["ART-00002", "ART-00003"]) == [
        "stream: ART-00002 resolved",
        "stream: ART-00003 resolved",
    ]
