"""The event stream: frames as they are, refused before it begins, bounded in number and age."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from api.app import ApiSettings
from api.encoding import encode_alert, encode_availability, encode_band, encode_device
from api.schemas.alerts import Alert
from api.schemas.devices import Device
from api.schemas.stream import AvailabilityEvent, BandedEvent
from api.stream import MAX_SNAPSHOT
from gateway.changes.subscription import Subscription
from gateway.ports.callers import Caller
from tests.support.api_ports import (
    EXACT,
    INGEST,
    READ,
    FakeAuth,
    FakeFeed,
    Floor,
    RawExchange,
    alert,
    availability,
    device,
    http_scope,
)

FRAMES = [
    b'id: j1:8\nevent: availability\ndata: {"sku":"DEN-501-32"}\n\n',
    b": ping\n\n",
    b'id: j1:9\nevent: alert\ndata: {}\n\nid: j1:10\nevent: device\ndata: {}\n\n',
]  # fmt: skip


def test_frames_are_passed_on_byte_for_byte() -> None:
    """After the line that sets the time to reconnect, the body is what the feed gave, unbuffered and uncached."""
    answer = Floor(feed=FakeFeed(FRAMES)).get("/v1/stream")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "content-length" not in answer.headers
    assert answer.content == b"retry: 3000\n\n" + b"".join(FRAMES)


def test_the_feed_is_asked_for_what_the_caller_wants() -> None:
    """Stores, SKUs, types, how, and the last event id reach the feed."""
    floor = Floor()
    floor.get(
        "/v1/stream?store=lyon-1&sku=DEN-501-32&sku=TEE-WHT-M&types=availability&types=alert"
        "&on=band&snapshot=true",
        headers={"last-event-id": "j1:7"},
    )
    assert floor.feed.subscriptions == [
        (
            Subscription(
                stores=frozenset({"lyon-1"}),
                skus=frozenset({"DEN-501-32", "TEE-WHT-M"}),
                types=frozenset({"availability", "alert"}),
                on_band=True,
                snapshot=True,
            ),
            "j1:7",
        )
    ]


def test_a_key_that_may_not_see_quantities_is_told_bands_of_availability_alone() -> None:
    """Whatever it asks for; what else there is would show the shop from inside."""
    floor = Floor()
    assert floor.get("/v1/stream?on=change", READ).status_code == 200
    assert floor.get("/v1/stream?types=availability", READ).status_code == 200
    assert [wanted for wanted, _ in floor.feed.subscriptions] == 2 * [
        Subscription(types=frozenset({"availability"}), is_banded=True)
    ]
    for beyond in ("alert", "device", "reservation", "task"):
        refused = floor.get(f"/v1/stream?types=availability&types={beyond}", READ)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert len(floor.feed.subscriptions) == 2


def test_a_snapshot_of_more_than_a_client_could_take_is_refused_before_it_begins() -> None:
    """413, and only where one is asked for."""
    floor = Floor(feed=FakeFeed(size=MAX_SNAPSHOT + 1))
    refused = floor.get("/v1/stream?snapshot=true")
    assert (refused.status_code, refused.json()["code"]) == (413, "snapshot_too_large")
    assert floor.get("/v1/stream").status_code == 200
    assert Floor(feed=FakeFeed(size=MAX_SNAPSHOT)).get("/v1/stream?snapshot=true").status_code == 200


def test_a_stream_is_refused_before_it_begins() -> None:
    """A key that may not look gets a problem, and no subscription is made."""
    floor = Floor()
    for key, status in [(None, 401), (INGEST, 403)]:
        answer = floor.get("/v1/stream", key)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    assert floor.feed.subscriptions == []


def test_a_feed_that_cannot_begin_is_an_error_and_no_empty_stream() -> None:
    """500, not 200 with nothing in it; and the place is free again."""
    floor = Floor(ApiSettings(max_streams=1), feed=FakeFeed(fails=True))
    assert [floor.get("/v1/stream").status_code for _ in range(3)] == [500, 500, 500]


async def opened(floor: Floor, exchange: RawExchange) -> asyncio.Task[None]:
    """Return the task of a stream that has begun."""
    task = asyncio.create_task(floor.app(http_scope("/v1/stream", EXACT), exchange.receive, exchange.send))
    await exchange.sent.wait()
    return task


def test_streams_are_bounded_and_a_place_that_is_left_is_free_again() -> None:
    """One too many is 503 with Retry-After; when a client goes, the next one gets in."""
    floor = Floor(ApiSettings(max_streams=2), feed=FakeFeed(stays_open=True))

    async def run() -> list[int]:
        exchanges = [RawExchange() for _ in range(4)]
        tasks = [await opened(floor, exchange) for exchange in exchanges[:3]]
        assert exchanges[2].headers["retry-after"] == "10"
        assert exchanges[2].json()["code"] == "too_many_streams"
        assert floor.feed.open == 2
        exchanges[0].gone.set()
        await tasks[0]
        assert floor.feed.open == 1
        tasks.append(await opened(floor, exchanges[3]))
        for exchange in exchanges:
            exchange.gone.set()
        await asyncio.gather(*tasks)
        assert floor.feed.open == 0
        return [exchange.status for exchange in exchanges]

    assert asyncio.run(run()) == [200, 200, 503, 200]
    metrics = floor.get("/metrics", None).text
    assert "storefloor_http_streams_open 0\n" in metrics
    assert "storefloor_http_streams_refused_total 1\n" in metrics


def test_an_old_stream_is_ended_in_good_order() -> None:
    """At its greatest age the response ends; the client comes back with its key and its last id."""
    floor = Floor(ApiSettings(max_stream_s=0.2), feed=FakeFeed(FRAMES, stays_open=True))
    answer = floor.get("/v1/stream")
    assert answer.status_code == 200
    assert answer.content.endswith(FRAMES[-1])
    assert floor.feed.open == 0


class RevokedLater(FakeAuth):
    """Knows a key three times, fails to look it up once, and then it is revoked."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = iter([1, 1, 1, 0])

    async def caller(self, token: str) -> Caller | None:
        look = next(self.looks, None)
        if look == 0:
            raise OSError("the disk does not answer")
        return None if look is None else self.callers[token]


def test_a_revoked_key_loses_its_stream() -> None:
    """In good order, with the next look; while the key is known, or the disk cannot be read, the stream goes on."""
    auth = RevokedLater()
    floor = Floor(ApiSettings(recheck_s=0.001), feed=FakeFeed(FRAMES, stays_open=True), auth=auth)
    answer = floor.get("/v1/stream")
    assert (answer.status_code, answer.content) == (200, b"retry: 3000\n\n" + b"".join(FRAMES))
    assert (next(auth.looks, None), floor.feed.open) == (None, 0)
    assert "storefloor_http_stream_checks_failed_total 1\n" in floor.get("/metrics", None).text


def test_a_cancelled_stream_leaves_its_place() -> None:
    """The end of the server ends its streams, and their subscriptions."""
    floor = Floor(feed=FakeFeed(stays_open=True))

    async def run() -> None:
        task = await opened(floor, RawExchange())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert floor.feed.open == 0
    assert "storefloor_http_streams_open 0\n" in floor.get("/metrics", None).text


def test_a_feed_that_breaks_breaks_the_connection() -> None:
    """Once begun, an error cannot be told in the answer: it is raised, so that the server cuts the line."""

    class Broken(FakeFeed):
        async def _frames(self) -> AsyncIterator[bytes]:
            raise RuntimeError("broken")
            yield b""

    floor = Floor(feed=Broken())
    exchange = RawExchange()
    with pytest.raises(RuntimeError, match="broken"):
        asyncio.run(floor.app(http_scope("/v1/stream", EXACT), exchange.receive, exchange.send))
    assert exchange.messages[-1]["more_body"] is True
    assert "storefloor_http_streams_open 0\n" in floor.get("/metrics", None).text


def test_a_client_whose_socket_fails_is_gone() -> None:
    """An OSError of the connection ends the stream quietly."""

    class Cut(RawExchange):
        async def send(self, message: object) -> None:
            if self.messages:
                raise OSError("cut")
            await super().send(message)

    floor = Floor(feed=FakeFeed(stays_open=True))
    exchange = Cut()
    asyncio.run(floor.app(http_scope("/v1/stream", EXACT), exchange.receive, exchange.send))
    assert floor.feed.open == 0
    assert "storefloor_http_crashes_total 0\n" in floor.get("/metrics", None).text


def test_the_data_of_events_fit_their_schemas() -> None:
    """Availability has its own short form; alerts and devices read as they do in their listings."""
    AvailabilityEvent.model_validate_json(encode_availability(availability()))
    Alert.model_validate_json(encode_alert(alert()))
    Device.model_validate_json(encode_device(device()))
    BandedEvent.model_validate_json(encode_band(availability(), 3))
    assert json.loads(encode_band(availability(available=2), 3)) == {
        "store": "lyon-1", "sku": "DEN-501-32", "status": "IN_STOCK", "band": "LOW",
    }  # fmt: skip
    assert json.loads(encode_availability(availability())) == {
        "store": "lyon-1",
        "sku": "DEN-501-32",
        "status": "IN_STOCK",
        "quantities": {"on_hand": 6, "not_pickable": 1, "reserved": 0, "safety_stock": 1, "available": 4,
                       "incoming": 0, "shortfall": 0, "quota_left": None},
        "zones": {"denim": 4, "back-room": 1, "fitting-room": 1},
        "interval_90": None,
        "at": "2026-11-21T17:52:11Z",
    }  # fmt: skip
    assert encode_alert(alert())[:-1] in Floor().get("/v1/alerts").content  # there it goes on, in words
    assert encode_device(device()) in Floor().get("/v1/devices").content


@pytest.mark.parametrize(
    "data",
    [encode_alert(alert(fingerprint="a\nb\r\n\nevent: x", evidence={"note": "\u2028\n"})),
     encode_device(device(detail="M100\n\ndata: forged", dropped={"\r": 1}))],
)  # fmt: skip
def test_foreign_text_cannot_break_out_of_a_frame(data: bytes) -> None:
    """JSON holds no raw line break, so the data of an event is one line whatever a device says of itself."""
    assert b"\n" not in data
    assert b"\r" not in data


def test_what_is_no_number_is_null() -> None:
    """JSON has no NaN."""
    record = alert(evidence={"p": float("nan"), "n": float("inf")})
    assert json.loads(encode_alert(record))["evidence"] == {"p": None, "n": None}
