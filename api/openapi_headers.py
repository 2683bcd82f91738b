"""What stands in the headers of answers, and what a validator saves: written into the OpenAPI document. Pure.

Every answer bears the same few fields, so they are written down once, by rule, and not at each route.
"""

from typing import Any

Operation = dict[str, Any]

REVALIDATED = frozenset(
    {
        "/v1/stores/{store}/availability/{sku}", "/v1/availability", "/v1/stores/{store}/availability/{sku}/history",
        "/v1/stores/{store}/availability/{sku}/explain", "/v1/ledger", "/v1/overview", "/v1/alerts", "/v1/alerts/{id}", "/v1/silences", "/v1/alert-rules", "/v1/alert-precision", "/v1/calibration",
        "/v1/forecast/{sku}", "/v1/forecast-accuracy",
        "/v1/kpis", "/v1/stores", "/v1/channels", "/v1/channels/{id}/safety-stock/{sku}", "/v1/articles", "/v1/articles/resolve", "/v1/devices",
        "/v1/deliveries", "/v1/deliveries/{id}", "/v1/transfers", "/v1/transfers/{id}", "/v1/stores/{store}/counts",
        "/v1/stores/{store}/counts/{id}/lines", "/v1/stores/{store}/adjustments", "/v1/tasks",
        "/v1/reservations", "/v1/reservations/{id}", "/v1/audit", "/v1/dead-letters",
        "/v1/unmatched-topics", "/v1/problems", "/v1/problems/{code}",
    }
)  # fmt: skip
"""Paths whose GET bears an ETag, and is 304 to who has it already."""

VERSIONED = (
    "/v1/reservations", "/v1/deliveries", "/v1/transfers", "/v1/stores/{store}/counts", "/v1/tasks", "/v1/alert-rules",
)  # fmt: skip
"""Things whose every change has a version: an answer that shows one bears it as its ETag, for If-Match."""


def _text(description: str, example: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", "examples": [example]}}


TRACE = _text("Names the request in the gateway's log.", "6f1c2a0e8f514a7e9d571c2b3d4e5f60")
ETAG = _text("Stands for all that is visible in the answer.", 'W/"5f1d7c0e9a1b2c3d4e5f6071"')
LINK = _text('The next page, as rel="next"; left out on the last.', '</v1/alerts?cursor=WyJhbGV>; rel="next"')
LANGUAGE = _text("The language of the words in the answer.", "fr")
LOCATION = _text("Where what was made stands.", "/v1/reservations/19aa5d3c6b04f1d27c90be1")
REPLAYED = _text("`true`: the stored answer of the first request with this Idempotency-Key.", "true")
CHALLENGE = _text("How to show who one is (RFC 6750).", 'Bearer realm="storefloor"')
RETRY_AFTER = _text("When to ask again, seconds.", "10")
POLICY = _text(
    "Requests at once (`q`), and the seconds (`w`) that they take to come back.", '"key";q=5000;w=10'
)
LEFT = _text("Requests left now (`r`), and the seconds (`t`) until all are back.", '"key";r=4999;t=1')
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the answer that you have: 304 without a body while it is the same.",
    "schema": {"type": "string", "examples": ['W/"5f1d7c0e9a1b2c3d4e5f6071"']},
}
NOT_MODIFIED = "What you have is what there is: take it from where you keep it."


def complete(path: str, method: str, operation: Operation) -> None:
    """Write the headers of an operation's answers into it, and that it may be 304."""
    responses = operation["responses"]
    has_etag = method == "get" and path in REVALIDATED
    is_versioned = path.startswith(VERSIONED) and not path.endswith("/test")
    if has_etag:
        operation.setdefault("parameters", []).append(IF_NONE_MATCH)
        responses["304"] = {"description": NOT_MODIFIED}
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    for status, response in responses.items():
        fields = {"X-Trace-Id": TRACE}
        if operation["security"] and status != "421":
            fields |= {"RateLimit-Policy": POLICY, "RateLimit": LEFT}
        if status < "400":
            if response.get("description") == "Successful Response":
                response["description"] = operation["summary"] + "."
            fields |= {"ETag": ETAG} if has_etag or is_versioned else {}
            fields |= {"Content-Language": LANGUAGE} if "Accept-Language" in names else {}
            fields |= {"Link": LINK} if "cursor" in names else {}
            fields |= {"Location": LOCATION} if status == "201" else {}
        if "Idempotency-Key" in names and status < "500":
            fields["Idempotent-Replayed"] = REPLAYED
        if status == "401":
            fields["WWW-Authenticate"] = CHALLENGE
        if status in {"429", "503"}:
            fields["Retry-After"] = RETRY_AFTER
        response["headers"] = {**response.get("headers", {}), **fields}
    operation["responses"] = dict(sorted(responses.items()))
