"""Stores, articles, alerts, devices, histories, overview and health: what they show, and paging."""

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cursors import decode_cursor, encode_cursor
from api.problems import Problem
from api.schemas.alerts import AlertList
from api.schemas.availability import History
from api.schemas.catalogue import ArticleList, StoreList
from api.schemas.devices import DeviceList
from api.schemas.overview import Overview
from gateway.alerts.records import AlertState, AlertType, Severity
from gateway.ports.health import Readiness
from gateway.ports.inventory import ZoneLevel
from tests.support.api_ports import (
    EXACT,
    NOW_NS,
    READ,
    Floor,
    S,
    alert,
    article,
    availability,
    device,
)

HISTORY = "/v1/stores/lyon-1/availability/DEN-501-32/history"


def pages(floor: Floor, path: str, key: str = EXACT) -> list[list[dict[str, Any]]]:
    """Return the items of each page, following `Link: rel="next"` to the end."""
    found = []
    while path:
        answer = floor.get(path, key)
        found.append(answer.json()["items"])
        link = re.fullmatch(r'<(/[^>]*)>; rel="next"', answer.headers.get("link", ""))
        assert (link is None) == (answer.json()["next_cursor"] is None)
        path = link.group(1) if link else ""
    return found


def test_stores_are_listed_with_their_zones() -> None:
    """Each store with its place on the clock and on the floor plan."""
    answer = Floor().get("/v1/stores", READ)
    StoreList.model_validate_json(answer.content)
    lyon = answer.json()["items"][0]
    assert (lyon["id"], lyon["name"], lyon["timezone"], lyon["source"]) == (
        "lyon-1",
        "Lyon Part-Dieu",
        "Europe/Paris",
        "readers",
    )
    assert lyon["zones"][0] == {
        "id": "denim",
        "role": "floor",
        "name": {"en": "Denim wall", "fr": "Mur denim"},
        "rect": [8, 5, 6, 5],
        "phase": "learned",
        "phase_since": "2026-11-20T18:02:11Z",
        "coverage": 0.97,
    }
    assert [(zone["id"], zone["phase"]) for zone in lyon["zones"]] == [
        ("denim", "learned"),
        ("back-room", "learning"),
        ("fitting-room", None),
    ]


def test_alerts_are_paged_newest_first() -> None:
    """Pages of two, by the Link header, keeping the filters; each episode once."""
    floor = Floor()
    floor.records.kept.append(alert(9, store="paris-2"))
    AlertList.model_validate_json(floor.get("/v1/alerts?limit=2").content)
    found = pages(floor, "/v1/alerts?store=lyon-1&limit=2&state=firing")
    assert [[one["id"] for one in page] for page in found] == [
        ["a0001", "a0002"],
        ["a0003", "a0004"],
        ["a0005"],
    ]


def test_paging_neither_skips_nor_repeats_while_alerts_come() -> None:
    """A newer alert between two pages moves nothing."""
    floor = Floor()
    first = floor.get("/v1/alerts?limit=2").json()
    floor.records.kept.append(alert(0))
    second = floor.get(f"/v1/alerts?limit=2&cursor={first['next_cursor']}").json()
    assert [one["id"] for one in second["items"]] == ["a0003", "a0004"]


def test_alerts_are_filtered() -> None:
    """By state, type and severity, repeated or not, and by who is to see to it."""
    floor = Floor()
    floor.records.kept = [
        alert(1),
        alert(2, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS),
        alert(3, type=AlertType.READER_DOWN, severity=Severity.CRITICAL, sku=None, assignee="Camille"),
    ]

    def ids(query: str) -> list[str]:
        return [one["id"] for one in floor.get(f"/v1/alerts?{query}").json()["items"]]

    assert ids("state=resolved") == ["a0002"]
    assert ids("state=resolved&state=firing") == ["a0001", "a0002", "a0003"]
    assert ids("type=reader_down") == ["a0003"]
    assert ids("severity=critical") == ids("assignee=Camille") == ["a0003"]
    assert ids("severity=critical&severity=warning") == ["a0001", "a0002", "a0003"]
    assert ids("assignee=Nobody") == []


def test_an_alert_bears_its_evidence() -> None:
    """Every field of the episode, with times as RFC 3339."""
    assert Floor().get("/v1/alerts?limit=1").json()["items"][0] == {
        "id": "a0001",
        "fingerprint": "low_stock|lyon-1||DEN-501-32",
        "type": "low_stock",
        "severity": "warning",
        "state": "firing",
        "store": "lyon-1",
        "zone": None,
        "sku": "DEN-501-32",
        "device": None,
        "since": "2026-11-21T18:02:10Z",
        "fired_at": "2026-11-21T18:02:10Z",
        "resolved_at": None,
        "suppressed_by": None,
        "evidence": {"available": 1, "threshold": 2},
        "assignee": None,
        "snoozed_until": None,
        "changed_at": None,
        "changed_by": None,
        "resolved_reason": None,
        "useful": None,
        "rule": "default-low-stock",
        "comments": [],
        "title": "DEN-501-32 is running low",
        "body": "1 piece left to sell.",
        "action": "Reorder, or ask another store.",
    }


skus = st.from_regex(r"[A-Za-z0-9._-]{1,8}", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(known=st.sets(skus, max_size=12), unknown=st.sets(skus, max_size=6), limit=st.integers(1, 7))
def test_paging_gives_every_article_once_and_in_order(known: set[str], unknown: set[str], limit: int) -> None:
    """All pages together are the listing, each full but the last; the unknown products come last."""
    floor = Floor()
    floor.inventory.listed = [article(sku) for sku in sorted(known)] + [
        article(sku, known=False) for sku in sorted(unknown - known)
    ]
    found = pages(floor, f"/v1/articles?limit={limit}", READ)
    assert [one["sku"] for page in found for one in page] == [a.sku for a in floor.inventory.listed]
    assert all(len(page) == limit for page in found[:-1])


def test_articles_are_searched_in_sku_gtin_and_every_name() -> None:
    """Case is ignored, and a page of a search goes on with the same search."""
    floor = Floor()
    floor.inventory.listed = [
        *(article(f"A{n:04}", gtins=(), name={"en": "Jeans" if n % 2 else "Tee"}) for n in range(1_200)),
        article("Z", gtins=("03012345000024",), name={"fr": "ÉTÉ"}),
    ]
    ArticleList.model_validate_json(floor.get("/v1/articles?q=été", READ).content)
    for q, expected in [("été", ["Z"]), ("0301234", ["Z"]), ("a0007", ["A0007"]), ("nothing", [])]:
        assert [
            a["sku"] for a in floor.get("/v1/articles", READ, params={"q": q}).json()["items"]
        ] == expected
    found = pages(floor, "/v1/articles?q=jeans&limit=200", READ)
    assert [len(page) for page in found] == [200, 200, 200]


@pytest.mark.parametrize("path", ["/v1/alerts", "/v1/articles"])
@pytest.mark.parametrize(
    "cursor",
    ["", "nonsense", "é", "W10", "WyJhbGVydHMiLDEsMl0", encode_cursor("other", 1, "x"), "WyJhbGVydHMiLDFlOTk5LCJ4Il0",
     "WyJhcnRpY2xlcyIsMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMCwiYSJd", "W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb"],
)  # fmt: skip
def test_a_made_up_cursor_is_refused(path: str, cursor: str) -> None:
    """A cursor of another listing, or of no listing, is 422 and never a crash."""
    answer = Floor().get(path, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")
    assert Floor().get(path, params={"cursor": "x" * 513}).json()["code"] == "invalid_request"


@given(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"]), max_size=64))
def test_a_cursor_comes_back_as_it_was(number: int, text: str) -> None:
    """decode ∘ encode is identity."""
    assert decode_cursor("alerts", encode_cursor("alerts", number, text)) == (number, text)


@given(st.text(max_size=80))
def test_garbage_cursors_raise_problems_alone(text: str) -> None:
    """Any text is decoded, or refused as a Problem."""
    with contextlib.suppress(Problem):
        decode_cursor("alerts", text)


def test_devices_show_health_and_conserved_counts() -> None:
    """Each device with its state and what became of what it sent."""
    answer = Floor().get("/v1/devices?store=lyon-1")
    DeviceList.model_validate_json(answer.content)
    (shown,) = answer.json()["items"]
    assert (shown["id"], shown["state"], shown["last_seen_at"]) == (
        "m100-denim",
        "online",
        "2026-11-21T18:02:10Z",
    )
    assert shown["received"] == shown["passed"] + shown["held"] + sum(shown["dropped"].values())


def test_a_history_of_a_day_is_the_default() -> None:
    """The last 24 hours in steps of five minutes, begun on a whole step."""
    floor = Floor()
    answer = floor.get(HISTORY)
    History.model_validate_json(answer.content)
    assert floor.records.spans == [(NOW_NS - 86_400 * S - 131 * S, NOW_NS, 300 * S, None)]
    assert answer.json() == {
        "store": "lyon-1",
        "sku": "DEN-501-32",
        "zone": None,
        "from": "2026-11-20T18:00:00Z",
        "to": "2026-11-21T18:02:11Z",
        "step_s": 300,
        "points": [{"at": "2026-11-20T18:00:00Z", "min": 4, "mean": 4.568, "max": 5}],
    }


def test_a_history_is_asked_for_a_span_a_step_and_a_zone() -> None:
    """from, to, step and zone reach the records; a `to` in the future is now."""
    floor = Floor()
    floor.get(f"{HISTORY}?from=2026-11-21T17:00:00Z&to=2027-01-01T00:00:00Z&step=1h&zone=denim")
    assert floor.records.spans == [(NOW_NS - 3_600 * S - 131 * S, NOW_NS, 3_600 * S, "denim")]


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("from=2026-11-21T18:02:11Z", 422, "invalid_request"),
        ("from=2026-11-21T12:00:00Z&to=2026-11-21T11:00:00Z", 422, "invalid_request"),
        ("step=1s", 422, "too_many_steps"),
        ("step=44s&from=2026-11-20T18:02:11Z", 200, None),
        ("step=43s&from=2026-11-20T18:02:11Z", 422, "too_many_steps"),
        ("zone=moon", 404, "unknown_zone"),
    ],
)
def test_a_history_is_bounded(query: str, status: int, code: str | None) -> None:
    """At most 2,000 steps, of a span that has begun, of a zone that exists."""
    answer = Floor().get(f"{HISTORY}?{query}")
    assert (answer.status_code, answer.json().get("code")) == (status, code)


def test_the_step_that_would_do_is_named() -> None:
    """A refused step says the least one that is not: and that one is answered."""
    floor = Floor()
    reason = floor.get(f"{HISTORY}?step=1s").json()["errors"][0]["reason"]
    least = re.search(r"at least (\d+s)", reason)
    assert least is not None
    assert floor.get(f"{HISTORY}?step={least.group(1)}").status_code == 200


def test_a_zone_that_holds_pieces_has_a_history_though_the_plan_does_not_name_it() -> None:
    """Pieces with a customer are in no zone of the plan; their history can be asked."""
    floor = Floor()
    floor.inventory.found["lyon-1", "DEN-501-32"] = availability(zones=(ZoneLevel("in-hand", 6, True, None),))
    assert floor.get(f"{HISTORY}?zone=in-hand").status_code == 200


def test_the_overview_shows_a_store_at_a_glance() -> None:
    """Zones with their pieces, articles, firing alerts, devices and readiness of one store."""
    floor = Floor()
    floor.records.kept = [alert(1), alert(2, state=AlertState.PENDING), alert(3, store="paris-2")]
    answer = floor.get("/v1/overview?store=lyon-1")
    Overview.model_validate_json(answer.content)
    shown = answer.json()
    assert (shown["now"], shown["speed"]) == ("2026-11-21T18:02:11Z", 1.0)
    assert shown["store"] == {"id": "lyon-1", "name": "Lyon Part-Dieu", "timezone": "Europe/Paris"}
    assert [(z["id"], z["role"], z["watched"], z["pieces"]) for z in shown["zones"]] == [
        ("denim", "floor", True, 6),
        ("back-room", "back_room", True, 1),
        ("fitting-room", "fitting_room", True, 1),
        ("in-hand", "in_hand", False, 1),
    ]
    assert [a["sku"] for a in shown["articles"]] == ["DEN-501-32", "TEE-WHT-M"]
    assert [a["id"] for a in shown["alerts"]] == ["a0001"]
    assert [d["id"] for d in shown["devices"]] == ["m100-denim"]
    assert shown["readiness"] == {"ready": True, "reasons": []}
    assert shown["more_articles"] == 0


def test_the_zones_of_the_overview_sum_to_all_that_is_on_hand() -> None:
    """No piece is shown twice, and none is lost."""
    shown = Floor().get("/v1/overview").json()
    assert sum(z["pieces"] for z in shown["zones"]) == sum(
        a["quantities"]["on_hand"] for a in shown["articles"]
    )


@pytest.mark.parametrize(("state", "role", "watched"), [("online", "reader", True), ("silent", "reader", False),
                                                        ("online", "till", False)])  # fmt: skip
def test_an_empty_zone_is_watched_by_its_living_readers(state: str, role: str, watched: bool) -> None:
    """Where no article says, the devices do; a scanner watches nothing."""
    floor = Floor()
    floor.inventory.found = {}
    floor.health.listed = [device(state=state, role=role)]
    assert floor.get("/v1/overview").json()["zones"][0]["watched"] is watched


def test_the_overview_tells_the_time_with_a_304_too() -> None:
    """`now` is no part of the ETag; the header bears it. Browsers keep no copy of it."""
    floor = Floor()
    first = floor.get("/v1/overview")
    floor.clock.at_ns += S
    again = floor.get("/v1/overview", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.headers["storefloor-now"]) == (304, "2026-11-21T18:02:12Z")
    assert again.headers["cache-control"] == "private, no-store"
    floor.health.ready = Readiness(False, ("disk_full",))
    assert floor.get("/v1/overview", headers={"if-none-match": first.headers["etag"]}).status_code == 200


def test_the_overview_is_bounded_and_says_what_it_left_off() -> None:
    """At most 5,000 articles, and the number of the others."""
    floor = Floor()
    floor.inventory.listed = [article(f"S{n:05}") for n in range(5_003)]
    floor.inventory.found = {("lyon-1", a.sku): availability(sku=a.sku) for a in floor.inventory.listed}
    shown = floor.get("/v1/overview").json()
    assert (len(shown["articles"]), shown["more_articles"]) == (5_000, 3)


@pytest.mark.parametrize(
    ("ready", "status"), [(Readiness(True, ()), 200), (Readiness(False, ("writer_stuck",)), 503)]
)
def test_readiness_gives_its_reasons(ready: Readiness, status: int) -> None:
    """200, or 503 with the reasons; liveness does not depend on it."""
    floor = Floor()
    floor.health.ready = ready
    answer = floor.get("/readyz", None)
    assert (answer.status_code, answer.json()) == (
        status,
        {"ready": ready.ready, "reasons": list(ready.reasons)},
    )
    assert floor.get("/livez", None).json() == {"alive": True}


def test_metrics_are_the_gateways_and_the_servers_own() -> None:
    """One exposition: the gateway's lines, then responses by status, streams and sessions."""
    floor = Floor()
    floor.get("/nope")
    answer = floor.get("/metrics", None)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "storefloor_reads_total 7\n" in answer.text
    assert 'storefloor_http_responses_total{status="404"} 1\n' in answer.text
    assert "storefloor_http_streams_limit 1000\n" in answer.text
    assert all(re.fullmatch(r"#.*|\w+(\{[^}]*\})? [0-9.]+", line) for line in answer.text.splitlines())


@pytest.mark.parametrize(
    "path", ["/v1/stores", "/v1/articles", "/v1/alerts", "/v1/devices", HISTORY, "/openapi.json"]
)
def test_every_listing_can_be_revalidated(path: str) -> None:
    """An ETag on each, 304 on a match, and `*` matches what exists."""
    floor = Floor()
    etag = floor.get(path).headers["etag"]
    assert etag.startswith('W/"')
    assert floor.get(path, headers={"if-none-match": etag}).status_code == 304
    assert floor.get(path, headers={"if-none-match": "*"}).status_code == 304
    assert floor.get(path, headers={"if-none-match": 'W/"other"'}).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/v1/stores", "/docs", "/v1/stream"])
def test_head_is_get_without_its_body(path: str) -> None:
    """Health checks of load balancers ask so; a stream ends at once."""
    floor = Floor()
    answer = floor.ask("HEAD", path, EXACT)
    assert (answer.status_code, answer.content) == (200, b"")
    assert floor.feed.open == 0


def test_a_device_tells_how_its_clock_is() -> None:
    """In steps of a tenth of a second: what jitters is not sent again with every message."""
    floor = Floor()
    assert floor.get("/v1/devices").json()["items"][0]["clock"] == {
        "state": "offset", "offset_s": -2.0, "drift_ppm": 12, "steps": 0,
    }  # fmt: skip
    floor.health.listed = [device(clock=None)]
    assert floor.get("/v1/devices").json()["items"][0]["clock"] is None
