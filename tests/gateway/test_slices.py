"""The end of an epoch in slices: others have the loop in between, and nothing comes out otherwise than in one go."""

import asyncio
from dataclasses import dataclass, field

import numpy as np

from gateway.engine import Engine
from gateway.pipeline import Pipeline
from gateway.presence.buckets import bucket_of
from gateway.presence.rule import QUALITY_SHARE
from gateway.presence.store_belief import CHUNK
from readers.observations import Read
from simulators.epc import sgtin96
from tests.support.scripted_writer import ScriptedWriter
from tests.support.small_site import GTIN, STORE, T0, S, new_engine

TAGS = [sgtin96(GTIN["TEE"], 7, n) for n in range(2 * CHUNK + 100)]
EPOCH_NS = 5 * S


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: int = T0
    speed: float = 1.0
    looks: list[int] = field(default_factory=list)

    def now_ns(self) -> int:
        return self.now

    def real_s(self, shop_s: float) -> float:
        return shop_s


def large_shop() -> Engine:
    """Return an engine with tags for three slices, two of three on the floor, one in the back; some of them read."""
    engine = new_engine()
    belief = engine.state.presence.stores[STORE]
    n = len(TAGS)
    zones = (np.arange(n) % 3 == 0).astype(np.intp)
    times = np.full(n, T0 - S)
    shares = np.tile(np.array([QUALITY_SHARE], np.float32), (n, 1))
    buckets = np.array([bucket_of(epc) for epc in TAGS], np.uint16)
    belief.take_up(TAGS, zones, times - S, times, shares, buckets)
    engine.observe_all(reads(0), T0)
    engine.advance(T0 + 2 * S)
    assert engine.state.presence.epoch_ns == T0
    return engine


def reads(second: int) -> list[Read]:
    """Return what the floor's antenna reads: some of what lies there, and one tag from the back over and over."""
    at_ns = T0 + second * S
    seen = [*TAGS[1 : len(TAGS) : 7], TAGS[0]]
    return [Read("front", 1, epc, at_ns, at_ns, -55.0) for epc in seen]


def known(engine: Engine) -> tuple[object, ...]:
    """Return the whole belief, bit by bit."""
    columns = engine.state.presence.stores[STORE].columns
    arrays = (columns.p_zone, columns.states, columns.p_gone, columns.silence, columns.place, columns.last_ns)
    return engine.state.presence.epoch_ns, *(array[: columns.used].tobytes() for array in arrays)


def test_slices_end_in_what_one_go_ends_in() -> None:
    """Bit by bit, epoch after epoch; and until an epoch is over it is not told as over."""
    whole, sliced, epochs = large_shop(), large_shop(), 0
    for second in range(3, 15):
        for engine in (whole, sliced):
            engine.observe_all(reads(second), T0 + second * S)
        whole.advance(T0 + second * S)
        before_ns, turns = sliced.state.presence.epoch_ns, 0
        for _ in sliced.advancing(T0 + second * S):
            assert sliced.state.presence.epoch_ns == before_ns
            turns += 1
        assert turns == (3 if sliced.state.presence.epoch_ns > before_ns else 0)
        epochs += turns // 3
        assert known(sliced) == known(whole)
        assert sliced.drain().movements == whole.drain().movements
    assert epochs == 2


def test_others_have_the_loop_while_an_epoch_ends() -> None:
    """A request that comes in the middle is answered before the end."""

    async def main() -> None:
        writer, clock, engine = ScriptedWriter(()), Clock(), large_shop()
        pipeline = Pipeline(engine, writer, writer, clock, max_held=100_000, on_committed=lambda *_: None)
        clock.now = T0 + 12 * S
        pipeline.offer(reads(12))
        work = asyncio.ensure_future(pipeline.pass_once())
        seen = []
        for _ in range(1_000):
            await asyncio.sleep(0)
            seen.append(engine.state.presence.epoch_ns)
            if work.done():
                break
        assert len(set(seen[:3])) == 1
        assert seen[-1] > seen[0]

    asyncio.run(main())


def test_a_stop_in_the_middle_of_an_epoch_loses_none_of_it() -> None:
    """The pass that a stop cut off is gone on with by the last one: the belief is that of one go."""

    async def main() -> None:
        writer, clock, engine, whole = ScriptedWriter(()), Clock(), large_shop(), large_shop()
        pipeline = Pipeline(engine, writer, writer, clock, max_held=100_000, on_committed=lambda *_: None)
        clock.now = T0 + 12 * S
        whole.observe_all(reads(12), clock.now)
        whole.advance(clock.now)
        pipeline.offer(reads(12))
        work = asyncio.ensure_future(pipeline.pass_once())
        before = engine.state.presence.epoch_ns
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert pipeline._advancing is not None
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert engine.state.presence.epoch_ns == before
        await pipeline.finish()
        assert known(engine) == known(whole)

    asyncio.run(main())
