"""The OpenAPI document and the page that shows it: complete, and without a third party."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from fastapi import FastAPI
from starlette.responses import PlainTextResponse

from api.auth import Needs
from api.openapi import SCOPE_WORDS, problems
from api.problems import CATALOGUE
from api.schemas.base import Scope
from gateway.keys import SCOPES
from tests.support.api_ports import EXACT, Floor

DOCUMENT: dict[str, Any] = Floor().app.openapi()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema, or what it refers to."""
    found: dict[str, Any] = SCHEMAS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def references(node: object) -> Iterator[str]:
    """Yield every $ref below `node`."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_field_has_a_description_and_an_example(name: str) -> None:
    """Each field says what it is, with its unit; each that holds no further object shows an example."""
    for field, schema in SCHEMAS[name].get("properties", {}).items():
        said = schema.get("description") or resolved(schema).get("description")
        assert said, f"{name}.{field} has no description"
        assert "examples" in schema or list(references(schema)), f"{name}.{field} has no example"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_unknown_fields_do_not_exist(name: str) -> None:
    """Every object is closed: what is not described is neither sent nor taken."""
    if "properties" in SCHEMAS[name]:
        assert SCHEMAS[name]["additionalProperties"] is False


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_parameter_has_a_description_and_an_example(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    """Path, query and header parameters alike."""
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
        assert "examples" in parameter["schema"], parameter["name"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_operation_lists_its_errors(method: str, path: str, operation: dict[str, Any]) -> None:
    """Each error answer is a problem with its codes; keyed routes have 401 and 403, those with parameters 422."""
    statuses = set(operation["responses"])
    assert {"421", "500"} <= statuses
    if operation["security"]:
        assert {"401", "403"} <= statuses
    if any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        assert "422" in statuses
    for status, response in operation["responses"].items():
        if status >= "400" and path != "/readyz":
            assert set(response["content"]) == {"application/problem+json"}
            codes = re.findall(r"`(\w+)`", response["description"])
            assert codes
            assert {CATALOGUE[code].status for code in codes} == {int(status)}
    assert "HTTPValidationError" not in json.dumps(operation)


NUMBER = {"integer", "number"}
UNIT = re.compile(
    r"\b(pieces?|probabilit\w+|seconds?|minutes?|hours?|days?|ms|km|dBm?|bytes?|degrees|share|counts?|number|"
    r"sequence|index|place|percent|observations|events|tries|messages|items?|lines?|scores?|times?|articles|"
    r"dimension|entries|sales|unit|per million|mean|try|how often|how many\w*|status|grows|tags|cases|refills|parcels|limit|most|figure|points?|weights?|version)\b"
    r"|0 to 1|%|°|, s\b|\bs[.,;]",
    re.IGNORECASE,
)


def kinds(schema: dict[str, Any]) -> set[str]:
    """Return the JSON types that a schema may have, those within lists and maps too."""
    found = {schema["type"]} if isinstance(schema.get("type"), str) else set()
    within = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    within += [
        part for part in (schema.get("items"), schema.get("additionalProperties")) if isinstance(part, dict)
    ]
    return found.union(*(kinds(part) for part in within))


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_number_says_what_it_counts(name: str) -> None:
    """A quantity without its unit is read as another one sooner or later."""
    for field, schema in SCHEMAS[name].get("properties", {}).items():
        if kinds(schema) & NUMBER:
            assert UNIT.search(schema["description"]), f"{name}.{field}: {schema['description']}"


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_operation_tells_what_it_does_and_what_its_answers_bear(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    """Words for people, a tag that is described, content or none, and the headers that an answer has by its kind."""
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    for status, response in operation["responses"].items():
        assert response["description"] != "Successful Response"
        assert bool(response.get("content")) == (status not in {"204", "304"}), status
        fields = set(response["headers"])
        assert "X-Trace-Id" in fields
        assert ("WWW-Authenticate" in fields) == (status == "401")
        assert ("Retry-After" in fields) == (status in {"429", "503"})
        assert ("Location" in fields) == (status == "201")
        assert ("Idempotent-Replayed" in fields) == ("Idempotency-Key" in names and status < "500")
        assert all(
            header["description"] and header["schema"]["examples"] for header in response["headers"].values()
        )
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]
        assert all(one["schema"] for one in body.values())
        assert {"413", "415"} <= set(operation["responses"])


def test_every_scope_is_explained_and_none_is_asked_for_that_is_not() -> None:
    """In the scheme's own words; the list is that of the keys."""
    assert tuple(SCOPE_WORDS) == SCOPES
    told = DOCUMENT["components"]["securitySchemes"]["key"]["description"]
    assert all(f"`{scope}`" in told for scope in SCOPES)
    asked = {
        s for *_, operation in OPERATIONS for way in operation["security"] for ss in way.values() for s in ss
    }
    assert asked <= set(SCOPES)


def test_the_document_names_its_server_as_the_one_that_it_comes_from() -> None:
    """No host of ours or anybody's: a client takes the address that it asked."""
    assert [server["url"] for server in DOCUMENT["servers"]] == ["/"]


def test_every_reference_leads_somewhere() -> None:
    """No schema is named that is not there."""
    assert {reference.rpartition("/")[2] for reference in references(DOCUMENT)} <= set(SCHEMAS)


def test_every_code_of_the_catalogue_is_listed_by_some_operation() -> None:
    """But for the two that no operation can list: no such path, no such method; and torn HTTP."""
    listed = set(re.findall(r"`(\w+)`: ", json.dumps(DOCUMENT)))
    assert set(CATALOGUE) - listed == {"method_not_allowed", "bad_request"}


def test_scopes_are_written_at_the_operations_that_ask_for_them() -> None:
    """By key or by page session, with the scope; probes have no security."""
    by_id = dict(zip(IDS, OPERATIONS, strict=True))
    assert by_id["get /v1/alerts"][2]["security"] == [
        {"key": ["availability:exact"]},
        {"page": ["availability:exact"]},
    ]
    assert by_id["post /v1/events"][2]["security"][0] == {"key": ["ingest:write"]}
    assert by_id["get /livez"][2]["security"] == []


def test_the_body_of_events_is_described() -> None:
    """The batch, and the event within it."""
    body = next(op for method, path, op in OPERATIONS if path == "/v1/events")["requestBody"]
    assert (
        resolved(body["content"]["application/json"]["schema"])["properties"]["events"]["maxItems"] == 1_000
    )
    assert SCHEMAS["TillEventIn"]["properties"]["at"]["format"] == "date-time"
    assert {"event_id", "type", "store", "at"} == set(SCHEMAS["TillEventIn"]["required"])


def test_operations_are_named_apart() -> None:
    """Client generators need a name for each."""
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


def test_the_document_and_its_page_need_no_third_party() -> None:
    """Page, script and style come from here, and name no other host."""
    floor = Floor()
    for path, media_type in [
        ("/docs", "text/html"),
        ("/docs/docs.js", "text/javascript"),
        ("/docs/docs.css", "text/css"),
    ]:
        answer = floor.get(path, None)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert "//" not in re.sub(r"^\s*//.*$", "", answer.text, flags=re.MULTILINE)
        assert floor.get(path, None, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    page = floor.get("/docs", None).text
    assert "<style" not in page
    assert "style=" not in page
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/docs/docs.js">']
    assert floor.get("/openapi.json", None).json()["info"]["title"] == "storefloor"


def test_the_script_of_the_page_makes_no_markup_of_text() -> None:
    """Descriptions are text: nothing of the document can become an element."""
    script = Floor().get("/docs/docs.js", None).text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)


def test_pages_are_mounted_after_the_api_and_share_its_edge() -> None:
    """The hook gets the app: its routes work, cannot take those of the API, and bear the same headers."""

    def pages(app: FastAPI) -> None:
        async def page() -> PlainTextResponse:
            return PlainTextResponse("the page")

        for path in ("/", "/livez", "/{rest:path}"):
            app.add_api_route(path, page, response_model=None, include_in_schema=False)

    floor = Floor(pages=pages)
    answer = floor.get("/", None)
    assert answer.text == "the page"
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert floor.get("/livez", None).json() == {"alive": True}
    assert floor.get("/any/where", None).text == "the page"
    assert "/{rest}" not in floor.app.openapi()["paths"]


def test_the_guide_names_every_code_and_every_scope() -> None:
    """docs/api.md and the catalogue cannot drift apart."""
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    missing = [code for code in (*CATALOGUE, *get_args(Scope)) if f"`{code}`" not in guide]
    assert not missing


def test_a_dependency_says_its_scopes() -> None:
    """What guards a route is what the document tells of it."""
    assert Needs("availability:exact").scopes == ("availability:exact",)
    assert 401 in problems()
    assert 401 not in problems(keyed=False)
    assert Floor().get("/v1/devices", EXACT).status_code == 200
