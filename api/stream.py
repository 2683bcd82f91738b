"""The event stream as a response: prepared frames are passed on as they are; bounded in number and age.

Everything that can be refused is refused before the response begins: a stream that opens and says
nothing would be taken for a quiet shop.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.context import ApiContext
from api.problems import Problem, problem_response

Subscription = AbstractAsyncContextManager[AsyncIterator[bytes]]

FULL_RETRY_AFTER_S = 10
MAX_SNAPSHOT = 20_000
"""Subjects that a snapshot tells at most, about 8 MB: a shop of 20,000 articles whole, a chain by store."""
RECONNECT_MS = 3_000
"""How long a browser waits before it opens a lost stream again."""


class EventStream(Response):
    """Serves a subscription until the client goes or may not follow any more, the feed ends it, or it is `max_stream_s` old.

    The age is bounded so that nothing holds one of the places for ever; the client comes back with Last-Event-ID
    and misses nothing.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        context: ApiContext,
        subscribe: Callable[[], Subscription],
        may_go_on: Callable[[], Awaitable[bool]],
    ) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        # A stream has no length; the base class has written one.
        self.raw_headers = [field for field in self.raw_headers if field[0] != b"content-length"]
        self._context = context
        self._subscribe = subscribe
        self._may_go_on = may_go_on

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold one of the bounded places while the stream is open."""
        counts, settings = self._context.counts, self._context.settings
        if counts.streams_open >= settings.max_streams:
            counts.streams_refused += 1
            refusal = Problem(
                "too_many_streams",
                f"{settings.max_streams} event streams are open already.",
                headers={"Retry-After": str(FULL_RETRY_AFTER_S)},
            )
            await problem_response(refusal, scope["state"]["trace_id"])(scope, receive, send)
            return
        counts.streams_open += 1
        try:
            async with self._subscribe() as frames:
                await self._serve(frames, receive, send)
        finally:
            counts.streams_open -= 1

    async def _serve(self, frames: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        pump = asyncio.create_task(_pump(frames, send))
        watch = asyncio.create_task(_gone(receive))
        try:
            await self._until_over(pump, watch)
            has_ended = pump.done()
        finally:
            await _cancel(pump, watch)
        if has_ended:
            pump.result()
        await _deliver(send, b"", more_body=False)

    async def _until_over(self, *tasks: asyncio.Task[None]) -> None:
        """Return when one of the tasks is done, the stream is old, or whoever follows may not any more."""
        settings, loop = self._context.settings, asyncio.get_running_loop()
        ends_s = loop.time() + settings.max_stream_s
        while (left_s := ends_s - loop.time()) > 0:
            done, _ = await asyncio.wait(
                tasks, timeout=min(left_s, settings.recheck_s), return_when=asyncio.FIRST_COMPLETED
            )
            if done or not await self._is_let_in():
                return

    async def _is_let_in(self) -> bool:
        try:
            return await self._may_go_on()
        except Exception:  # noqa: BLE001 - counted; a disk that cannot be read ends no stream: its age is bounded all the same
            self._context.counts.stream_checks_failed += 1
            return True


async def _pump(frames: AsyncIterator[bytes], send: Send) -> None:
    """Pass frames on until the feed ends them or the client has gone."""
    is_there = await _deliver(send, b"retry: %d\n\n" % RECONNECT_MS)
    while is_there:
        frame = await anext(frames, None)
        is_there = frame is not None and await _deliver(send, frame)


async def _deliver(send: Send, frame: bytes, *, more_body: bool = True) -> bool:
    """Send a part of the body; return False where the connection is gone, which is no error of ours."""
    try:
        await send({"type": "http.response.body", "body": frame, "more_body": more_body})
    except OSError:
        return False
    return True


async def _gone(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    """Stop the tasks and wait until they are stopped, so that the subscription closes after its reader."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
