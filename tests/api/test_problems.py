"""Errors: one shape for all of them, whatever was wrong."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import ApiSettings
from api.edge import MAX_BODY_BYTES
from api.problems import CATALOGUE, Problem, pointer
from api.schemas.problems import ProblemCatalogue, ProblemDocument, ProblemMeaning
from tests.support.api_ports import EXACT, INGEST, Floor, RawExchange, http_scope

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"


def problem_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem that an answer is, after holding it to its schema and to its headers."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem: dict[str, Any] = answer.json()
    ProblemDocument.model_validate_json(answer.content)
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["title"] == CATALOGUE[code].title
    assert problem["type"] == f"/v1/problems/{code}"
    assert problem["trace_id"] == answer.headers["x-trace-id"]
    return problem


@pytest.mark.parametrize(
    "path", ["/nope", "/v1/stores/", "/v1//stores", "/V1/stores", "/v1/stores/lyon-1", "/%00"]
)
def test_a_path_that_does_not_exist_is_a_problem(path: str) -> None:
    """404 in our shape, also for a slash too many: nothing is redirected."""
    problem_of(Floor().get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/livez", "GET"), ("PUT", "/session", "DELETE, GET, POST"), ("GET", "/v1/events", "POST"),
     ("OPTIONS", "/v1/stores", "GET"), ("BREW", "/v1/stores", "GET")],
)  # fmt: skip
def test_a_method_that_is_not_answered_names_those_that_are(method: str, path: str, allowed: str) -> None:
    """405 with Allow over all routes of the path. There is no CORS preflight either."""
    answer = Floor().ask(method, path, EXACT)
    problem_of(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (f"{ONE}?qty=0", "/query/qty"), (f"{ONE}?qty=10001", "/query/qty"), (f"{ONE}?qty=two", "/query/qty"),
        (f"{ONE}?qty=1e3", "/query/qty"), (f"{ONE}?qty=", "/query/qty"), (f"{ONE}?qty=" + "9" * 5_000, "/query/qty"),
        (f"{ONE}?qty=1&qty=2", "/query/qty"),
        ("/v1/stores/LYON/availability/DEN", "/path/store"), ("/v1/stores/lyon-1/availability/a%20b", "/path/sku"),
        ("/v1/stores/lyon-1/availability/" + "x" * 65, "/path/sku"),
        ("/v1/availability", "/query/sku"), ("/v1/availability?sku=a%0Ab", "/query/sku/0"),
        ("/v1/availability?sku=" + "&sku=".join(f"s{n}" for n in range(101)), "/query/sku"),
        ("/v1/alerts?limit=0", "/query/limit"), ("/v1/alerts?limit=201", "/query/limit"),
        ("/v1/alerts?state=open", "/query/state/0"), ("/v1/alerts?type=fire", "/query/type/0"),
        ("/v1/articles?q=", "/query/q"), ("/v1/articles?q=" + "x" * 65, "/query/q"),
        ("/v1/stream?types=all", "/query/types/0"), (f"{ONE}/history?step=1w", "/query/step"),
        (f"{ONE}/history?from=today", "/query/from"), (f"{ONE}/history?zone=A", "/query/zone"),
    ],
)  # fmt: skip
def test_a_bad_parameter_is_pointed_at(path: str, where: str) -> None:
    """422 invalid_request with a pointer to the parameter and a reason."""
    problem = problem_of(Floor().get(path), 422, "invalid_request")
    assert [error["pointer"] for error in problem["errors"]] == [where]
    assert problem["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (f"{ONE}?qyt=1", "did you mean 'qty'"), (f"{ONE}/history?form=x", "did you mean 'from'"),
        ("/v1/alerts?stat=firing", "did you mean 'state'"), ("/v1/stores?x=1", "known are none"),
        ("/v1/overview?shop=lyon-1", "known are store"), ("/v1/availability?sku=A&sku[]=B", "did you mean 'sku'"),
    ],
)  # fmt: skip
def test_an_unknown_parameter_names_the_nearest(path: str, hint: str) -> None:
    """A misspelt filter would widen the answer silently: 422 instead, with the nearest name."""
    problem = problem_of(Floor().get(path), 422, "unknown_parameter")
    assert hint in problem["errors"][0]["reason"]


def test_foreign_text_in_a_problem_is_cut_and_escaped() -> None:
    """What the caller wrote comes back short, and cannot be taken for more."""
    problem = problem_of(Floor().get(f"{ONE}?{'x' * 500}%0A%E2%80%AE=1"), 422, "unknown_parameter")
    assert len(problem["detail"]) < 300
    assert len(problem["errors"][0]["pointer"]) < 100


def post(content: bytes, content_type: str = "application/json", **headers: str) -> Any:
    return Floor().ask(
        "POST", "/v1/events", INGEST, content=content, headers={"content-type": content_type, **headers}
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"not json", b"\xff\xfe", b"[" * 100_000, b'{"events":[1,]}', b"{}x", b'{"events":[NaN}',
     b'{"events": ["\\ud800"]}'],
)  # fmt: skip
def test_what_is_not_json_is_400(content: bytes) -> None:
    """Empty, torn, deeply nested or badly encoded: 400 bad_json, never a crash."""
    problem_of(post(content), 400, "bad_json")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "", "application/xml", "multipart/form-data; boundary=x"]
)
def test_another_type_of_body_is_415(content_type: str) -> None:
    """Only JSON is read."""
    problem_of(post(b"{}", content_type), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"]
)
def test_json_is_known_by_its_type(content_type: str) -> None:
    """Parameters and case of the media type do not matter."""
    problem_of(post(b"{}", content_type), 422, "invalid_request")


@pytest.mark.parametrize(
    ("content", "where", "reason"),
    [
        (b"[]", "", "must be an object"), (b"null", "", "must be an object"),
        (b"{}", "/events", "Field required"), (b'{"events":{}}', "/events", "Input should be a valid array"),
        (b'{"events":[]}', "/events", "List should have at least 1 item"),
        (b'{"evnts":[{}],"events":[{}]}', "/evnts", "unknown field: did you mean 'events'?"),
        (b'{"a/b~c":1,"events":[{}]}', "/a~1b~0c", "unknown field"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_pointed_into(content: bytes, where: str, reason: str) -> None:
    """422 with JSON pointers into the body; an unknown field names the nearest."""
    errors = problem_of(post(content), 422, "invalid_request")["errors"]
    assert errors[0]["pointer"] == where
    assert errors[0]["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (('"event_id":', '"event_id":"first","event_id":'), "event_id"),
        (('{"events":', '{"events":[],"events":'), "events"),
    ],
)
def test_a_field_that_stands_twice_is_refused(change: tuple[str, str], name: str) -> None:
    """Which of the two was meant, nobody can tell: whoever looked at it before us may have read the other."""
    sale = {
        "event_id": "1",
        "type": "sale",
        "store": "lyon-1",
        "at": "2026-11-21T10:00:00Z",
        "sku": "A",
        "qty": 1,
    }
    text = json.dumps({"events": [sale]}, separators=(",", ":"))
    assert post(text.encode()).status_code == 200
    problem = problem_of(post(text.replace(*change).encode()), 422, "invalid_request")
    assert problem["errors"] == [
        {"pointer": "", "reason": f"the field '{name}' stands twice in one object: write it once"}
    ]


def test_the_number_of_errors_told_is_bounded() -> None:
    """A body of a thousand unknown fields is answered with the first twenty."""
    content = json.dumps({f"field{n}": 1 for n in range(1_000)}).encode()
    assert len(problem_of(post(content), 422, "invalid_request")["errors"]) == 20


def test_a_body_beyond_a_mebibyte_is_413_unread() -> None:
    """Its length is enough to refuse it."""
    problem_of(post(b" " * (MAX_BODY_BYTES + 1)), 413, "body_too_large")
    problem_of(post(b" " * MAX_BODY_BYTES), 400, "bad_json")


@pytest.mark.parametrize(("length", "status", "code"), [("9" * 5_000, 413, "body_too_large"), ("-1", 400, "bad_request"),
                                                        ("1x", 400, "bad_request")])  # fmt: skip
def test_a_length_that_cannot_be_is_refused(length: str, status: int, code: str) -> None:
    """Neither thousands of digits nor what is no number is worked on."""
    exchange = drive(
        http_scope(
            "/v1/events", INGEST, method="POST", content_type="application/json", content_length=length
        )
    )
    assert (exchange.status, exchange.json()["code"]) == (status, code)


def drive(
    scope: dict[str, Any], chunks: list[bytes] | None = None, floor: Floor | None = None
) -> RawExchange:
    """Return the exchange of one request whose body comes in `chunks`, without its length."""
    exchange = RawExchange()
    if chunks is not None:
        parts = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        exchange.incoming = [*parts, {"type": "http.request", "body": b"", "more_body": False}]
    asyncio.run((floor or Floor()).app(scope, exchange.receive, exchange.send))
    return exchange


def test_a_body_without_its_length_is_counted() -> None:
    """Chunks are counted as they come: past a mebibyte the answer is 413, and no more is read."""
    scope = http_scope("/v1/events", INGEST, method="POST", content_type="application/json")
    exchange = drive(scope, [b" " * 65_536] * 100)
    assert (exchange.status, exchange.json()["code"]) == (413, "body_too_large")
    assert drive(dict(scope), [b'{"events"', b":[{}]}"]).status == 200


def test_a_body_that_does_not_come_is_408() -> None:
    """A caller who opens a body and falls silent does not keep the gateway waiting."""
    scope = http_scope("/v1/events", INGEST, method="POST", content_type="application/json")
    exchange = RawExchange(incoming=[{"type": "http.request", "body": b"{", "more_body": True}])
    asyncio.run(Floor(ApiSettings(body_timeout_s=0.0)).app(scope, exchange.receive, exchange.send))
    assert (exchange.status, exchange.json()["code"]) == (408, "body_timeout")


def test_a_caller_who_leaves_while_sending_is_no_error() -> None:
    """A disconnect within the body is neither answered nor counted as a crash."""
    floor = Floor()
    exchange = RawExchange(incoming=[{"type": "http.request", "body": b"{", "more_body": True}])
    exchange.gone.set()
    scope = http_scope("/v1/events", INGEST, method="POST", content_type="application/json")
    asyncio.run(floor.app(scope, exchange.receive, exchange.send))
    assert exchange.messages == []
    assert "storefloor_http_crashes_total 0" in floor.get("/metrics", None).text


def test_an_unexpected_error_tells_a_trace_id_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """500 without a word of the error; the log has both the trace id and the error; a metric counts it."""
    floor = Floor()
    del floor.inventory.found
    answer = floor.get(ONE, headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    problem = problem_of(answer, 500, "internal_error")
    assert "AttributeError" not in answer.text
    assert problem["trace_id"] == "ab" * 16
    assert "ab" * 16 in caplog.text
    assert "AttributeError" in caplog.text
    assert "storefloor_http_crashes_total 1" in floor.get("/metrics", None).text


@pytest.mark.parametrize("traceparent", ["", "nonsense", f"00-{'XY' * 16}-{'cd' * 8}-01"])
def test_a_trace_id_is_made_where_none_was_sent(traceparent: str) -> None:
    """32 hex digits, another for each request."""
    floor = Floor()
    ids = {
        floor.get("/livez", None, headers={"traceparent": traceparent}).headers["x-trace-id"]
        for _ in range(3)
    }
    assert len(ids) == 3
    assert all(len(bytes.fromhex(one)) == 16 for one in ids)


@pytest.mark.parametrize("path", [ONE, "/nope", "/docs", "/livez", "/v1/alerts?x=1"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_answer_bears_the_security_headers(path: str, host: str) -> None:
    """Refusals too: no foreign code, no sniffing, no referrer, no embedding, no CORS."""
    headers = Floor().get(path, headers={"host": host, "origin": "https://evil.example"}).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control-")]


def test_the_catalogue_is_served_and_complete() -> None:
    """Every `type` of a problem leads to its meaning."""
    floor = Floor()
    listed = floor.get("/v1/problems", None)
    ProblemCatalogue.model_validate_json(listed.content)
    assert {item["code"] for item in listed.json()["items"]} == set(CATALOGUE)
    for code in CATALOGUE:
        ProblemMeaning.model_validate_json(floor.get(f"/v1/problems/{code}", None).content)
    problem_of(floor.get("/v1/problems/nonsense", None), 404, "not_found")


def test_a_code_outside_of_the_catalogue_cannot_be_raised() -> None:
    """The table is the one list of codes."""
    with pytest.raises(KeyError):
        Problem("made_up", "…")


def test_pointers_are_escaped() -> None:
    """RFC 6901: ~ and / within a name."""
    assert pointer(("events", 3, "a/b~c")) == "/events/3/a~1b~0c"


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_no_bytes_in_a_body_crash_the_app(content: bytes) -> None:
    """Whatever comes as a batch is answered 200, 400 or 422."""
    assert post(content).status_code in (200, 400, 422)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60)
@given(st.lists(json_values, min_size=1, max_size=5))
def test_no_item_of_a_batch_crashes_the_app(items: list[object]) -> None:
    """Any JSON in place of events is refused item by item, or as no JSON (NaN, a lone surrogate)."""
    answer = post(json.dumps({"events": items}).encode())
    if answer.status_code == 200:
        assert answer.json()["refused"] == len(items)
    else:
        problem_of(answer, 400, "bad_json")
