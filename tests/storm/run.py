"""Many shoppers after few pieces, and a gateway that is killed amid it: `make storm REQUESTS=1000000`.

Dozens of connections hold, amend, confirm, release and collect the same few articles over real HTTP; a fifth
of the requests for holds bear a key that was used before, some at the same instant; some hang up before the
answer; some holds are left to expire. Every so many requests the gateway is killed by SIGKILL and started
again. All along the sum of what surely is held and was collected is compared with what ever came in; in the
end what the store has is compared with what was answered. `--careless`: against a gateway that checks first
and inserts later, which must be caught.
"""

import argparse
import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from gateway.reservations.model import ReservationQuery
from gateway.storage.sqlite import SqliteStore
from tests.durability.progress import Progress
from tests.storm.books import Books
from tests.storm.connection import Connection
from tests.storm.shopper import STORE, Shopper, Tally
from tests.support.figures import figure
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway

SHOPPERS = 64
SKUS = [f"HOT-{number}" for number in range(4)]
PIECES = 20
"""Of each article: fewer than the shoppers would hold at once, so that many go without."""
LOOK_S = 0.05
PAGE = 1_000
SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
requests_per_s = 1_000_000
requests_burst = 10_000_000
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "back-room", role = "back_room" }}]
"""


@dataclass(slots=True)
class Report:
    """What a storm found."""

    tally: Tally
    books: Books
    kills: int = 0
    took_s: float = 0.0
    unexpected: list[str] = field(default_factory=list)
    in_the_end: list[str] = field(default_factory=list)
    """What the store has that nobody was told, or lacks."""

    @property
    def faults(self) -> list[str]:
        """All that was found wrong, in words."""
        return [*self.books.oversold, *self.books.doubled, *self.in_the_end, *self.unexpected]


class StormyGateway(Gateway):
    """A gateway that may be a careless one."""

    def __init__(self, site: Path, port: int, *, careless: bool) -> None:
        super().__init__(site, port)
        if careless:
            self.arguments = [sys.executable, "-m", "tests.storm.careless_gateway", *self.arguments[1:]]


def run(
    requests: int,
    kills: int,
    seed: int,
    progress: Progress,
    *,
    careless: bool = False,
    most_s: float = float("inf"),
) -> Report:
    """Let a storm blow until so many requests were answered, its time is over, or something is found wrong: its
    files are kept then.
    """
    folder = Path(tempfile.mkdtemp(prefix="storefloor-storm-"))
    port = free_port()
    (folder / "site.toml").write_text(SITE.format(port=port), "utf-8")
    rows = "".join(f"{sku},,{sku},count\n" for sku in SKUS)
    (folder / "articles.csv").write_text(f"sku,gtin,name_en,tracked_by\n{rows}", "utf-8")
    with StormyGateway(folder / "site.toml", port, careless=careless) as gateway:
        keys = [gateway.make_key(*EVERY_SCOPE)[0] for _ in range(2)]
        gateway.start()
        report = Report(Tally(), Books())
        _stock(gateway, report.books)
        started_s = time.monotonic()
        asyncio.run(_blow(report, gateway, port, keys, requests, kills, seed, progress, started_s + most_s))
        report.took_s = time.monotonic() - started_s
        gateway.stop()
        if not report.faults:
            report.in_the_end += _compared(report.books, gateway.store_path)
    if report.faults:
        print(f"the files are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return report


def _stock(gateway: Gateway, books: Books) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    for sku in SKUS:
        event = {"event_id": sku, "type": "receive", "store": STORE, "sku": sku, "qty": PIECES, "at": at}
        assert gateway.post("/v1/events", {"events": [event]})["applied"] == 1
        books.received[sku] += PIECES


async def _blow(
    report: Report,
    gateway: Gateway,
    port: int,
    keys: list[str],
    requests: int,
    kills: int,
    seed: int,
    progress: Progress,
    until_s: float,
) -> None:
    shoppers = [
        Shopper(
            f"s{number}",
            Connection(port, keys[number % len(keys)]),
            Connection(port, keys[number % len(keys)]),
            Random(f"{seed} {number}"),
            report.books,
            report.tally,
            SKUS,
            requests,
            report.unexpected,
        )
        for number in range(SHOPPERS)
    ]
    tasks = [asyncio.create_task(shopper.shop()) for shopper in shoppers]
    killing = [requests * (number + 1) // (kills + 1) for number in range(kills)]
    try:
        while not all(task.done() for task in tasks):
            for task in tasks:
                if task.done():
                    task.result()  # raises what it raised
            if killing and report.tally.requests >= killing[0]:
                killing.pop(0)
                report.kills += 1
                await asyncio.to_thread(gateway.kill)
                await asyncio.to_thread(gateway.start)
            progress.show(report.tally.requests, f"{report.tally.granted} granted, {report.kills} kills")
            if report.faults:
                break
            if time.monotonic() > until_s:
                for shopper in shoppers:
                    shopper.most = 0
            await asyncio.sleep(LOOK_S)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for shopper in shoppers:
            shopper.connection.close()
            shopper.other.close()


def _compared(books: Books, path: Path) -> list[str]:
    """Return what of the store differs from what was answered: reservations, each once, and pieces."""
    store = SqliteStore.open(path)
    try:
        faults, by_owner, left = [], Counter[str](), Counter[str]()
        before = None
        while page := store.reservations(
            ReservationQuery((STORE,), before=before, limit=PAGE), time.time_ns()
        ):
            before = (page[-1].created_ns, page[-1].id)
            for row in page:
                by_owner[row.owner_ref or ""] += 1
                if books.granted.get(row.owner_ref or "") != row.id:
                    faults.append(f"nobody was told of reservation {row.id} for {row.owner_ref}")
                if row.state == "collected":
                    left.update({line.sku: line.secured for line in row.lines})
        faults += [f"{count} reservations for {owner}" for owner, count in by_owner.items() if count > 1]
        faults += [f"{key} was granted, and is gone" for key in books.granted if key not in by_owner]
        levels = Counter[str]()
        for point in store.latest_levels():
            levels[point.sku] += point.pieces
        for sku in SKUS:
            if left[sku] != books.collected[sku]:
                faults.append(f"{sku}: {left[sku]} collected, {books.collected[sku]} were told so")
            if levels[sku] != books.received[sku] - left[sku]:
                faults.append(f"{sku}: {levels[sku]} there, of {books.received[sku]} less {left[sku]}")
        return faults
    finally:
        store.close()


def tell(report: Report) -> None:
    """Print the figures."""
    tally = report.tally
    figure("storm requests", tally.requests, "requests")
    figure("storm requests a second", tally.requests / max(report.took_s, 1e-9), "requests/s")
    figure("storm holds granted", tally.granted, "reservations")
    figure("storm holds refused", tally.refused, "requests")
    figure("storm requests repeated under their key", tally.repeated, "requests")
    figure("storm repeats answered with the stored answer", tally.replayed, "requests")
    figure("storm requests that met the first one at work", tally.in_progress, "requests")
    figure("storm requests whose sender hung up", tally.cancelled, "requests")
    figure("storm requests that a kill left unanswered", tally.unanswered, "requests")
    figure("storm reservations released", tally.released, "reservations")
    figure("storm reservations amended", tally.amended, "reservations")
    figure("storm reservations left to expire", tally.expired, "reservations")
    figure("storm reservations collected", tally.collected, "reservations")
    figure("storm kills", report.kills, "kills")
    figure("storm pieces oversold", len(report.books.oversold), "times")
    figure("storm effects repeated", len(report.books.doubled), "times")
    figure("storm differences between store and answers", len(report.in_the_end), "differences")
    figure("storm answers that no contract knows", len(report.unexpected), "answers")


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="make storm", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--kills", type=int, help="default: one in 20,000 requests")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), help="end after so long, whatever was reached"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--careless", action="store_true", help="against a gateway that must be caught")
    arguments = parser.parse_args()
    kills = arguments.requests // 20_000 if arguments.kills is None else arguments.kills
    progress = Progress(arguments.requests, "requests")
    report = run(
        arguments.requests,
        kills,
        arguments.seed,
        progress,
        careless=arguments.careless,
        most_s=60 * arguments.minutes,
    )
    tell(report)
    for fault in report.faults[:20]:
        print(fault)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
