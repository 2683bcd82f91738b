import asyncio
import threading

import pytest

from readers.off_loop import off_loop
from tests.support.waiting import until


def test_returns_what_the_call_returns_and_raises_what_it_raises():
    """The caller cannot tell that a thread did it, but for the loop that went on meanwhile."""

    async def test():
        here = threading.get_ident()
        assert await off_loop(threading.get_ident, name="test", discard=lambda _: None) != here
        with pytest.raises(OSError, match="no such"):
            await off_loop(fail, name="test", discard=lambda _: None)

    def fail():
        raise OSError("no such thing")

    asyncio.run(test())


def test_a_result_that_nobody_waits_for_is_discarded():
    """Cancelled while the call hangs: the caller is free at once, and the late result is not left open."""
    may_end = threading.Event()
    discarded = []

    async def test():
        task = asyncio.create_task(off_loop(hang, name="test", discard=discarded.append))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert discarded == []
        may_end.set()
        await until(lambda: discarded, "discarded")
        assert discarded == ["late"]

    def hang():
        may_end.wait()
        return "late"

    asyncio.run(test())


def test_a_result_that_comes_with_the_cancellation_is_discarded():
    """Both in one turn of the loop: the result was there, and the caller never got it."""
    discarded = []

    async def test():
        task = asyncio.create_task(off_loop(lambda: "there", name="test", discard=discarded.append))
        while not (task._fut_waiter and task._fut_waiter.done()):  # noqa: ASYNC110 - turn by turn
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert discarded == ["there"]

    asyncio.run(test())


def test_a_result_that_comes_after_the_loop_is_discarded():
    """The process ends while a port is being opened: its thread closes what it opened."""
    may_end = threading.Event()
    discarded = threading.Event()

    async def test():
        task = asyncio.create_task(
            off_loop(lambda: may_end.wait(90), name="test", discard=lambda _: discarded.set())
        )
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(test())
    may_end.set()
    assert discarded.wait(90)
