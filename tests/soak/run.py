"""Half an hour under load, and whether anything grew or was lost: `make soak MINUTES=30 RATE=20000`.

A real gateway process and a real Mosquitto; a reader of 500 tags in batches of 100 (QoS 1), ten of its tags
carried elsewhere each second; a till that posts ten events a second, a shelf, a page that asks for
availability. The shop's clock makes a day of six minutes, and the store keeps a week, as short as it goes, of
which it knows eight days at the start: each day one more is let go. The gateway is looked at every five
seconds, and judged at the end by the rules of tests/soak/verdict.py. Exit code 1 where one does not hold.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.changes.feed import KEPT_FRAMES
from gateway.cli.progress import Progress
from gateway.pipeline import MAX_RECENT_EVENTS
from tests.soak.load import (
    COUNTED,
    SETTLE_S,
    SPEED,
    Asker,
    Pace,
    Publisher,
    Till,
    Working,
    counted_sku,
    write_history,
    write_soak_site,
)
from tests.soak.picture import page
from tests.soak.samples import Sampler, quantile
from tests.soak.verdict import MIB, Bounds, Check, Ending, Sample, judge, settled, slope
from tests.support.figures import figure
from tests.support.mosquitto import Mosquitto, mosquitto_binary
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway, ShopClockOrigin

PAGE = 100
LOOK_EVERY_S = 5.0
TELL_EVERY_S = 60.0
"""Where no person looks on."""
TOLD_CHARS = 3_000
DAY_S = 86_400
MAX_HELD = 50_000
"""As the gateway has it by itself."""
STORAGE = """
[storage]
levels_days = 7
hourly_days = 7
daily_days = 7
movements_days = 7
applied_days = 2
alerts_days = 1
dead_letters_days = 1
"""
"""As short as it goes."""
BROKER = ("autosave_on_changes false",)
"""As config/deploy/mosquitto.conf has it: queues are saved each second."""


@dataclass(slots=True)
class Soak:
    """The parts of a run that are up."""

    gateway: Gateway
    publisher: Publisher
    till: Till
    asker: Asker
    working: Working
    sampler: Sampler


@contextmanager
def started(folder: Path, pace: Pace, seed: int, clock: ShopClockOrigin) -> Iterator[Soak]:
    """Start all; the load begins with it."""
    with Mosquitto(folder, *BROKER) as broker:
        port = free_port()
        site = write_soak_site(folder, port, broker.port, STORAGE)
        with Gateway(site, port, clock) as gateway, PlainMqtt(broker.port, "soak-shelf") as shelf:
            write_history(gateway.store_path, clock.shop_ns)
            gateway.make_key(*EVERY_SCOPE)
            gateway.start()
            till, asker = Till(gateway, shelf, clock), Asker(gateway)
            try:
                till.fill(max(MAX_RECENT_EVENTS, KEPT_FRAMES))
                with (
                    Publisher(broker.port, pace, seed, clock) as publisher,
                    Working(till.work, asker.work) as working,
                    Sampler(gateway, publisher, asker) as sampler,
                ):
                    eventually(lambda: publisher.published, "the first read", SETTLE_S)
                    yield Soak(gateway, publisher, till, asker, working, sampler)
            except Exception:
                print(gateway.output[-TOLD_CHARS:], file=sys.stderr)  # what it said goes with its folder
                raise


def live(soak: Soak, seconds: float) -> list[Sample]:
    """Let the time go by; return the samples."""
    samples: list[Sample] = []
    began_s = told_s = time.monotonic()
    with Progress(round(seconds)) as progress:
        while (at_s := time.monotonic() - began_s) < seconds:
            time.sleep(max(0.0, began_s + LOOK_EVERY_S * (len(samples) + 1) - time.monotonic()))
            soak.working.check()
            if not soak.publisher.is_alive():
                raise RuntimeError("the publisher ended before its time")
            sample = soak.sampler.look(time.monotonic() - began_s)
            samples.append(sample)
            progress.show(round(at_s), words(sample))
            if not sys.stderr.isatty() and time.monotonic() - told_s >= TELL_EVERY_S:
                told_s = time.monotonic()
                print(f"{sample.at_s / 60:5.1f} min  {words(sample)}", flush=True)
    return samples


def words(sample: Sample) -> str:
    """Return a sample in a line."""
    rows = ", ".join(f"{n:,} {table}" for table, n in sample.rows.items() if n)
    return (
        f"{sample.rss_bytes / MIB:.1f} MiB, store {sample.db_bytes / MIB:.1f} + {sample.wal_bytes / MIB:.1f} MiB ({rows}), "
        f"{sample.received:,} reads, {sample.held:,} held, look-ups p99 {sample.look_up_p99_ms:.1f} ms"
    )


def settle(soak: Soak) -> tuple[int, Counter[str]]:
    """Return the reads taken and dropped, once all have come, or none came for long."""
    before, since_s = -1, time.monotonic()
    while True:
        taken, dropped = soak.sampler.reads()
        counted = taken + dropped.total()
        if counted >= soak.publisher.published or time.monotonic() - since_s > SETTLE_S:
            return taken, dropped
        if counted > before:
            before, since_s = counted, time.monotonic()
        time.sleep(0.2)


def end(soak: Soak) -> Ending:
    """Stop the load; return what is known once all has settled, or did not in time."""
    soak.publisher.stop()
    soak.working.stop()
    taken, dropped = settle(soak)
    return Ending(
        published=soak.publisher.published,
        acknowledged=soak.publisher.acknowledged,
        taken=taken,
        dropped=dropped,
        till_events=soak.till.applied,
        till_pieces=soak.till.pieces,
        stock_pieces=counted_pieces(soak.gateway),
        missing=soak.sampler.missing(),
        reconnects=int(soak.gateway.metric("storefloor_mqtt_reconnects_total")),
        look_ups=len(soak.asker.spans_ms),
        failed_look_ups=soak.asker.failed,
        look_up_p50_ms=quantile(soak.asker.spans_ms, 0.5),
        look_up_p99_ms=quantile(soak.asker.spans_ms, 0.99),
    )


def counted_pieces(gateway: Gateway) -> int:
    """Return the pieces in stock of all that the till sells."""
    skus = [counted_sku(number) for number in range(COUNTED)]
    pages = (gateway.stock(skus[first : first + PAGE]) for first in range(0, COUNTED, PAGE))
    return sum(item["quantities"]["on_hand"] for found in pages for item in found.values())


def tell(samples: list[Sample], ending: Ending, checks: list[Check]) -> None:
    """Print the figures and the verdicts."""
    calm = settled(samples)
    memory, files = (
        slope(calm, value) for value in (lambda s: s.rss_bytes / MIB, lambda s: s.db_bytes / MIB)
    )
    figure("soak minutes", samples[-1].at_s / 60, "min")
    figure("soak reads", ending.published, "reads")
    figure("soak reads a second", ending.published / samples[-1].at_s, "reads/s")
    figure("soak memory at its end", samples[-1].rss_bytes / MIB, "MiB")
    figure("soak growth of memory", memory.per_hour, "MiB/h")
    figure("soak growth of memory, low end of 95 %", memory.low, "MiB/h")
    figure("soak growth of memory, high end of 95 %", memory.high, "MiB/h")
    figure("soak store's file at its end", samples[-1].db_bytes / MIB, "MiB")
    figure("soak growth of the store's file", files.per_hour, "MiB/h")
    figure("soak rows let go", samples[-1].let_go, "rows")
    figure("soak write-ahead log at most", max(s.wal_bytes for s in samples) / MIB, "MiB")
    figure("soak observations held at most", max(s.held for s in samples), "observations")
    figure("soak reads lost", ending.published - ending.taken - ending.dropped.total(), "reads")
    figure("soak till events", ending.till_events, "events")
    figure("soak look-ups", ending.look_ups, "look-ups")
    figure("soak look-ups p50", ending.look_up_p50_ms, "ms")
    figure("soak look-ups p99", ending.look_up_p99_ms, "ms")
    for check in checks:
        print(f"{'holds' if check.holds else 'FAILS'}  {check.name}: {check.words}")


def main() -> int:
    """Run as the arguments say; return 1 where a rule does not hold, 2 where nothing could be run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20_000.0, help="reads a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to run: its disk is the one that is written to")
    parser.add_argument("--report", type=Path, help="write the curves here, as a page (HTML)")
    arguments = parser.parse_args()
    if mosquitto_binary() is None:
        print("mosquitto is not installed (apt-get install mosquitto): nothing was run", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that gateway and broker end with it
    pace = Pace(arguments.rate)
    shop_ns = time.time_ns() - round(
        (60 * arguments.minutes * SPEED + DAY_S) * 1e9
    )  # ahead of time nothing is let go
    clock = ShopClockOrigin(SPEED, time.monotonic_ns(), shop_ns)
    with (
        tempfile.TemporaryDirectory(prefix="storefloor-soak-", dir=arguments.folder) as folder,
        started(Path(folder), pace, arguments.seed, clock) as soak,
    ):
        samples = live(soak, 60 * arguments.minutes)
        ending = end(soak)
    checks = judge(samples, ending, Bounds(arguments.rate, MAX_HELD))
    tell(samples, ending, checks)
    if arguments.report:
        title = f"{arguments.minutes:g} minutes at {arguments.rate:,.0f} reads/s"
        arguments.report.write_text(page(title, samples, checks), "utf-8")
        print(f"the curves: {arguments.report}")
    return 0 if all(check.holds for check in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
