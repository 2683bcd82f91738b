"""POST ingest, and what was refused: scopes, stores, Basic keys, problems, samples."""

import base64
from typing import Any

import pytest

from api.schemas.ingest import DeadLetterList, IngestOutcome, UnmatchedTopicList
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_EXACT, LYON_INGEST, READ, Floor

PATH = "/v1/ingest/r700-back"
EVENTS = b'[{"eventType":"inventoryStatus"}]'


def post(
    floor: Floor, key: str | None = INGEST, path: str = PATH, body: bytes = EVENTS, **headers: str
) -> Any:
    """Return the answer to a posted body."""
    headers = {"content-type": "application/json", **headers}
    return floor.ask("POST", path, key, content=body, headers=headers)


def test_a_body_reaches_the_gateway_as_it_is() -> None:
    """Its bytes are the device's own format; the counts come back."""
    floor = Floor()
    answer = post(floor)
    assert answer.status_code == 200
    assert IngestOutcome.model_validate_json(answer.content).dropped == {"duplicate": 1, "epc_hex": 1}
    assert floor.ingest.bodies == [("r700-back", EVENTS)]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "kind", ["application/x-ndjson", "application/ndjson", "application/json; charset=utf-8"]
)
def test_lines_and_documents_are_taken(kind: str) -> None:
    """NDJSON and JSON, under their names."""
    assert post(Floor(), **{"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/v1/ingest/no-such", INGEST),
        ("/v1/ingest/paris-r", LYON_INGEST),
        ("/v1/ingest/no-such", LYON_INGEST),
    ],
)
def test_a_foreign_device_and_none_are_the_same(path: str, key: str) -> None:
    """404 unknown_device, with no hint whether it exists in another store; the body is not looked at."""
    floor = Floor()
    answer = post(floor, key, path, b"broken")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_device")
    assert floor.ingest.bodies == []


def test_a_bound_key_posts_for_its_store() -> None:
    """And an admin's for any."""
    assert post(Floor(), LYON_INGEST).status_code == 200
    assert post(Floor(), ADMIN, "/v1/ingest/paris-r").status_code == 200


@pytest.mark.parametrize("key", [READ, EXACT])
def test_reading_keys_may_not_post(key: str) -> None:
    """The scope is ingest:write."""
    assert post(Floor(), key).json()["code"] == "insufficient_scope"


def basic(user: str, password: str) -> str:
    """Return an Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_devices_may_send_the_key_as_a_basic_password() -> None:
    """Any user name; a password that is no key is unknown; what is no Basic at all is missing."""
    floor = Floor()
    assert post(floor, None, authorization=basic("reader", INGEST)).status_code == 200
    assert post(floor, None, authorization=basic("reader", "nonsense")).json()["code"] == "unknown_key"
    for header in (basic("reader", ""), "Basic !", "Basic " + "A" * 2_000, "Basic /w=="):
        assert post(floor, None, authorization=header).json()["code"] == "missing_key"


def test_basic_is_for_devices_alone() -> None:
    """No other route takes it, and nobody is asked for it: a browser never sends it by itself."""
    floor = Floor()
    sale = floor.ask("POST", "/v1/events", None, json={}, headers={"authorization": basic("u", INGEST)})
    assert sale.json()["code"] == "missing_key"
    assert sale.headers["www-authenticate"].startswith("Bearer")
    assert post(floor, None).headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"broken", "application/json", 400, "bad_json"),
        (b"x" * (1024 * 1024 + 1), "application/json", 413, "body_too_large"),
        (EVENTS, "text/plain", 415, "unsupported_media_type"),
        (EVENTS, "", 415, "unsupported_media_type"),
        (b"full", "application/json", 503, "overloaded"),
    ],
)
def test_bodies_that_are_refused(body: bytes, content_type: str, status: int, code: str) -> None:
    """Each as a problem; when there is no room, with the time to try again."""
    answer = post(Floor(), body=body, **{"content-type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_device_id_that_is_none_is_refused() -> None:
    """422 names the path."""
    answer = post(Floor(), path="/v1/ingest/R700")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/path/device")


def letters(floor: Floor, key: str = EXACT, query: str = "") -> list[str]:
    """Return the devices of the dead letters that a key sees."""
    answer = floor.get(f"/v1/dead-letters{query}", key)
    assert answer.status_code == 200, answer.text
    return [item.device for item in DeadLetterList.model_validate_json(answer.content).items]


def test_dead_letters_by_store() -> None:
    """A key sees those of its stores' devices; of devices that are gone, whoever sees all stores."""
    floor = Floor()
    assert letters(floor) == ["m100-denim", "paris-r", "long-gone"]
    assert letters(floor, LYON_EXACT) == ["m100-denim"]
    assert letters(floor, query="?store=paris-2") == ["paris-r"]
    assert letters(floor, query="?device=long-gone") == ["long-gone"]
    assert letters(floor, query="?limit=1") == ["m100-denim"]
    assert floor.get("/v1/dead-letters?store=paris-2", LYON_EXACT).json()["code"] == "forbidden_store"
    assert floor.get("/v1/dead-letters", READ).json()["code"] == "insufficient_scope"


def test_samples_are_text_where_they_are_and_hex_always() -> None:
    """A binary frame has no text; a text that was cut within a character still is one."""
    floor = Floor()
    samples = [item["sample"] for item in floor.get("/v1/dead-letters").json()["items"]]
    assert samples[0] == {"text": None, "hex": "bb00ff"}
    assert samples[1] == {"text": "{", "hex": "7b"}
    assert samples[2]["text"] == '{"w": "é"}'


def test_unmatched_topics_are_for_keys_of_all_stores() -> None:
    """A topic belongs to no store: a bound key is told so."""
    floor = Floor()
    answer = floor.get("/v1/unmatched-topics")
    (topic,) = UnmatchedTopicList.model_validate_json(answer.content).items
    assert (topic.topic, topic.count, topic.sample.text) == ("shop/scale-7/weight", 12, "12.5")
    assert floor.get("/v1/unmatched-topics", LYON_EXACT).json()["code"] == "forbidden_store"
    assert floor.get("/v1/unmatched-topics", INGEST).json()["code"] == "insufficient_scope"
