"""Kill a gateway at work again and again, and see what is left: `make crash CYCLES=1000`.

A cycle: the gateway starts, is asked whether API and store agree, works under load (tag reads, weights and
scans through a real Mosquitto at QoS 1, batches of events from several HTTP clients, reservations), and is
killed by SIGKILL at a random instant of its start or its work. Then a copy of its store is audited.
Every so many cycles the shop settles: everything that anybody ever said is there, exactly once; and a new
shop begins. `--also broker` kills the broker too, `--also influx` an InfluxDB that the shop tells of its stock,
each in every fifth cycle.
"""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.durability.audit import Findings
from tests.durability.fired_at import Tally, under_fire
from tests.durability.influx_told import influx_told
from tests.durability.nursery import Nursery
from tests.durability.progress import Progress
from tests.support.figures import figure

CYCLES_PER_SHOP = 50
ALSO_EVERY = 5
ALSO = ("broker", "influx")


@dataclass(slots=True)
class Report:
    """What a run found."""

    tally: Tally
    findings: Findings
    shops: int = 0
    settled: int = 0


def run(
    cycles: int, seed: int, progress: Progress, also: Collection[str] = (), per_shop: int = CYCLES_PER_SHOP
) -> Report:
    """Go through as many cycles, or until Ctrl-C, or until something is found wrong: its files are kept then."""
    report = Report(Tally(), Findings())
    with contextlib.suppress(KeyboardInterrupt), Nursery("tests.durability.gateway_life") as nursery:
        _run(report, cycles, Random(seed), progress, also, per_shop, nursery)
    return report


def _run(
    report: Report,
    cycles: int,
    rng: Random,
    progress: Progress,
    also: Collection[str],
    per_shop: int,
    nursery: Nursery,
) -> None:
    while report.tally.lives < cycles and not report.findings:
        folder = Path(tempfile.mkdtemp(prefix="storefloor-crash-"))
        report.shops += 1
        with contextlib.ExitStack() as running:
            influx = running.enter_context(influx_told(folder)) if "influx" in also else None
            shop = running.enter_context(
                under_fire(folder, rng, report.tally, nursery, influx=influx, broker_dies="broker" in also)
            )
            for number in range(min(per_shop, cycles - report.tally.lives)):
                shop.live_and_end(
                    kills_broker="broker" in also and number % ALSO_EVERY == ALSO_EVERY - 1,
                    kills_influx="influx" in also and number % ALSO_EVERY == ALSO_EVERY - 2,
                )
                progress.show(
                    report.tally.lives, f"{len(shop.audit.found.lost)} lost, {shop.audit.seq} entries"
                )
                if shop.audit.found:
                    break
            else:
                shop.settle()
            report.findings = shop.audit.found
        if report.findings:
            print(f"the files are kept in {folder}")
        else:
            report.settled += 1
            shutil.rmtree(folder)


def tell(report: Report) -> None:
    """Print the figures."""
    tally, found = report.tally, report.findings
    figure("crash cycles", tally.lives, "cycles")
    figure("crash cycles of a process started afresh", tally.fresh, "cycles")
    figure("crash cycles killed while starting", tally.ended_starting, "cycles")
    figure("crash cycles in which API and store were compared and agreed", tally.asked, "cycles")
    figure("crash broker kills", tally.broker_kills, "kills")
    figure("crash InfluxDB kills", tally.influx_kills, "kills")
    figure("crash shops settled and compared in full", report.settled, "shops")
    figure("crash events acknowledged", tally.events, "events")
    figure("crash events applied whose answer the kill took", tally.late_duplicates, "events")
    figure("crash acknowledged events told again, each a duplicate", tally.told_again, "events")
    figure("crash reservations granted", tally.holds, "reservations")
    figure("crash reservations granted whose answer the kill took", tally.late_holds, "reservations")
    figure("crash scans acknowledged by the broker", tally.scans, "scans")
    figure("crash reads acknowledged by the broker", tally.reads, "reads")
    figure("crash journal entries audited", tally.entries, "entries")
    figure("crash acknowledged events lost", len(found.lost), "events")
    figure("crash events doubled", len(found.doubled), "events")
    figure("crash laws of stock broken", len(found.broken), "laws")
    figure("crash cycles with a fault, upper bound of their share (95 %)", 3 / max(tally.lives, 1), "1")
    figure("crash usual start", tally.start_s, "s")


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--cycles", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-shop", type=int, default=CYCLES_PER_SHOP)
    parser.add_argument("--also", choices=ALSO, action="append", default=[], help="what else is killed")
    arguments = parser.parse_args()
    progress = Progress(arguments.cycles, "cycles")
    report = run(arguments.cycles, arguments.seed, progress, arguments.also, arguments.per_shop)
    tell(report)
    if report.findings:
        print(report.findings)
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
