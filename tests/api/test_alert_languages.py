"""Alerts in words: in the language that a browser asks for, else in the site's own."""

import pytest

from api.encoding import alert_body
from api.languages import preferred
from gateway.alerts.records import AlertState
from tests.support.api_ports import EXACT, NOW_NS, Floor, alert

KNOWN = ("en", "fr", "de")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("FR-ch", "fr"),
        ("fr-FR, fr;q=0.9, en;q=0.5", "fr"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("it, fr;q=0.1", "fr"),
        ("it, es", "en"),
        ("*", "en"),
        ("it, *;q=0.1", "en"),
        ("en;q=0, *", "fr"),
        ("fr;q=0", "en"),
        ("fr; q = 0.7 , de;q=0.8", "de"),
        ("fr;q=x, de;q=0.1", "de"),
        ("fr;q=nan, de;q=7, en;q=inf", "en"),
        (", ;;=,fr;level=1", "fr"),
        ("x" * 10_000 + ",fr", "en"),
        (",".join(["it"] * 20) + ",fr", "en"),
    ],
)
def test_the_most_wanted_language_that_there_is_is_taken(header: str, language: str) -> None:
    """By weight, a region by its language; nonsense is passed over, and no more is read than a browser sends."""
    assert preferred(header, KNOWN) == language


def test_alerts_are_told_in_the_language_of_the_browser() -> None:
    """In lists, alone and as the answer to an act; codes are the same in all, and caches are told."""
    shop = Floor()
    shop.alerts.kept = {"a0001": alert(1)}
    french = {"Accept-Language": "fr-CH, en;q=0.3"}
    listed = shop.ask("GET", "/v1/alerts?limit=1", EXACT, headers=french)
    alone = shop.ask("GET", "/v1/alerts/a0001", EXACT, headers=french)
    acted = shop.ask("POST", "/v1/alerts/a0001/comment", "key-admin", headers=french, json={"text": "vu"})
    for answer in (listed, alone, acted):
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-language"] == "fr"
        assert "Accept-Language" in answer.headers["vary"]
        assert "Authorization" in answer.headers["vary"]
    plain = shop.get("/v1/alerts/a0001", EXACT)
    assert plain.headers["content-language"] == "en"
    assert plain.headers["etag"] != alone.headers["etag"]
    words = {"title", "body", "action"}
    told, also = alone.json(), plain.json()
    assert told["title"] == "DEN-501-32\u00a0: bientôt épuisé"
    assert all(told[name] != also[name] for name in words)
    codes = alert_body(shop.alerts.kept["a0001"]).keys()
    assert {name: told[name] for name in codes} == {name: also[name] for name in codes} | {"comments": []}


def test_of_what_is_over_nothing_is_to_be_done() -> None:
    """Its title stays."""
    shop = Floor()
    shop.alerts.kept = {"a0002": alert(2, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS)}
    told = shop.get("/v1/alerts/a0002", EXACT).json()
    assert (told["title"], told["action"]) == ("DEN-501-32 is running low", "")
