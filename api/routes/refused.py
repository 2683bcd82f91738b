"""GET what was refused: dead letters of devices, and topics at the broker that belong to none."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import NO_STORE, json_answer
from api.auth import ExactCaller, require_unbound, stores_seen
from api.context import context_of
from api.encoding import Json, dump
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, LimitQuery, StoreQuery
from api.schemas.base import STORE_PATTERN
from api.schemas.ingest import DeadLetterList, UnmatchedTopicList
from api.times import rfc3339

MAX_READ = 1_000
"""Dead letters looked through: all that the store keeps."""

DeviceQuery = Annotated[
    str | None,
    Query(
        pattern=STORE_PATTERN,
        description="Id of a device: only its dead letters. Left out: all.",
        examples=["shelf-door"],
    ),
]


def add_refused_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/v1/dead-letters",
        dead_letters,
        response_model=DeadLetterList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter"),
        tags=["operations"],
        summary="What devices sent and could not be read",
    )
    router.add_api_route(
        "/v1/unmatched-topics",
        unmatched_topics,
        response_model=UnmatchedTopicList,
        responses=problems("forbidden_store", "unknown_parameter"),
        tags=["operations"],
        summary="Topics at the broker that belong to no device",
    )


async def dead_letters(
    request: Request,
    caller: ExactCaller,
    store: StoreQuery,
    device: DeviceQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return what was refused last, newest first, of the devices of the stores that the caller sees.

    Letters of devices that the site's file no longer has are shown to keys that see all stores.
    """
    context = context_of(request)
    seen = {place.id for place in stores_seen(context, caller, store)}
    store_of = {item.id: item.store for item in context.ports.health.devices()}
    sees_all = not caller.stores and not store
    letters = await context.ports.records.dead_letters(MAX_READ)
    items = [
        {
            "device": letter.device,
            "reason": letter.reason,
            "detail": letter.detail,
            "sample": _sample(letter.sample),
            "at": rfc3339(letter.at_ns),
        }
        for letter in letters
        if (store_of[letter.device] in seen if letter.device in store_of else sees_all)
        and device in (None, letter.device)
    ]
    return json_answer(request, dump({"items": items[:limit]}), cache_control=NO_STORE)


async def unmatched_topics(request: Request, caller: ExactCaller) -> Response:
    """Return topics of no device, newest first: what is new at the broker, or misspelt in the site's file.

    What the gateway hears is the topics of its devices, and `watch_topics` under [mqtt]. They belong to
    no store: a key that is bound to stores does not see them.
    """
    require_unbound(caller, "Unmatched topics")
    topics = context_of(request).ports.health.unmatched_topics()
    items = [
        {
            "topic": topic.topic,
            "count": topic.count,
            "retained": topic.retained,
            "sample": _sample(topic.sample),
            "last_at": rfc3339(topic.last_at_ns),
        }
        for topic in topics
    ]
    return json_answer(request, dump({"items": items}), cache_control=NO_STORE)


def _sample(sample: bytes) -> Json:
    """Return the beginning of a message for people. A sample may be cut within a character."""
    text = sample.decode("utf-8", "ignore")
    is_text = len(text.encode()) >= len(sample) - 3 and all(c.isprintable() or c in "\t\r\n" for c in text)
    return {"text": text if is_text else None, "hex": sample.hex()}
