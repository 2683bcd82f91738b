"""Cut the power under a store that is being written, and see what is left: `make powercut CUTS=1000`.

Each cut: a life commits through the real Writer and SqliteStore and tells each acknowledgement over a pipe;
at a random instant, uniform from before the store is opened on, its disk is shut down and mounted again.
Lost is what was acknowledged before that instant and is not there. (What is said after it, nobody hears in a
power cut; and a flush that is under way while Linux shuts the file system down may still report success.)
A control at synchronous=NORMAL, cut amid its commits, must lose something: else the cuts cut nothing, and
the run fails. Some cuts are of a whole gateway under the load of `make crash`, its data on such a disk: it is
killed and its disk cut at once. Needs root, and loop devices.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from gateway.movements import LevelPoint
from gateway.storage.errors import StoreError
from gateway.storage.ports import StateRow
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from tests.durability.audit import Findings
from tests.durability.crash import Report
from tests.durability.disk import CutDisk, NoDisk, cut_disk
from tests.durability.fired_at import Tally as Lives
from tests.durability.fired_at import under_fire
from tests.durability.nursery import Nursery
from tests.durability.progress import Progress
from tests.support.figures import figure
from tests.support.stores import alert

WORK_S = 0.1
"""A cut comes at a random instant of the time that opening usually takes, recovery included, and of this."""
AMID_EVERY = 4
"""So many cuts have one that waits for the first commit: else a machine that became slower would be cut before any."""
CUTS_PER_DISK = 20
"""Then a new file system: making a store is cut too, and looking through it stays quick."""
CONTROL_EVERY = 10
MIN_CONTROLS = 5
"""Controls that a short run has: at NORMAL nearly each cut loses what came since the last checkpoint."""


@dataclass(slots=True)
class Tally:
    """What came of the cuts at one setting of `synchronous`."""

    cuts: int = 0
    amid: int = 0
    """Cuts after which something had been acknowledged in that life."""
    acknowledged: int = 0
    lost: int = 0
    cuts_with_loss: int = 0
    broken: list[str] = field(default_factory=list)


def what_is_left(path: Path) -> tuple[int, list[str]]:
    """Return the last commit that is there, and what is wrong with the store; -1 where there is no store."""
    if not path.exists() and not path.with_name(f"{path.name}-wal").exists():
        return -1, []
    try:
        store = SqliteStore.open(path)
    except StoreError as error:
        return -1, [f"does not open: {error}"]
    try:
        known = store.last_seq("lyon-1")
        return known, _halves(store, known)
    finally:
        store.close()


def _halves(store: SqliteStore, known: int) -> list[str]:
    """Return what is there by halves: every commit writes its number into each table, so all must agree."""
    every = list(range(1, known + 1))
    number = StateRow("part", "number", str(known))
    checks = {
        "journal": [e.seq for e in store.entries_after("lyon-1", 0, known + 9)] == every,
        "second journal": [e.seq for e in store.entries_after("nice-2", 0, known + 9)] == every,
        "movements": [e.movement.at_ns for e in store.entries_after("lyon-1", 0, known + 9)] == every,
        "state": store.state_rows("part") == ([number] if known else []),
        "levels": store.latest_levels()
        == ([LevelPoint("lyon-1", "A", "front", known, known)] if known else []),
        "alerts": store.alerts(limit=1) == ([alert(f"a{known}", since_ns=known)] if known else []),
        "outbox": len(store.unpublished_alerts(known + 9)) == known,
        "applied events": all(store.applied_event("till", f"e{n}") for n in every)
        and store.applied_event("till", f"e{known + 1}") is None,
        "version": store.version == known,
    }
    return [f"{name} differ after commit {known}" for name, holds in checks.items() if not holds]


class PowerCuts:
    """Cuts, one after another, on a disk made anew now and then. `tallies` by setting of synchronous."""

    def __init__(self, disk: CutDisk, nursery: Nursery, rng: Random) -> None:
        self.tallies = {"FULL": Tally(), "NORMAL": Tally()}
        self._disk = disk
        self._nursery = nursery
        self._rng = rng
        self._known: dict[str, int] = {}
        self._opening_s = 0.0

    def cut(self, synchronous: str) -> None:
        """Let a life begin, cut its power, and look at what is left."""
        tally = self.tallies[synchronous]
        if tally.cuts % CUTS_PER_DISK == 0:
            self._disk.make()
            self._known.clear()
        path = self._disk.place / synchronous / STORE_FILE
        began_s = time.monotonic()
        pid = self._nursery.begin(synchronous, str(path))
        if synchronous == "FULL" and tally.cuts % AMID_EVERY:
            time.sleep(self._rng.uniform(0, self._opening_s + WORK_S))
        elif synchronous == "FULL":
            self._nursery.until(b"A")
            time.sleep(self._rng.uniform(0, WORK_S))
        else:
            self._nursery.until(b"A")
            self._opening_s += (time.monotonic() - began_s - self._opening_s) / (1 if not tally.cuts else 4)
            time.sleep(self._rng.uniform(0, WORK_S))
        acknowledged = self._acknowledged()  # what comes later, nobody hears in a power cut
        self._disk.cut()
        os.kill(pid, signal.SIGKILL)
        while self._nursery.next()[0] != b"E":
            pass
        self._disk.come_back()
        known, broken = what_is_left(path)
        before = self._known.get(synchronous, 0)
        promised = max(acknowledged, before)
        tally.cuts += 1
        tally.amid += acknowledged > 0
        tally.acknowledged += max(0, acknowledged - before)
        tally.lost += max(0, promised - max(known, 0))
        tally.cuts_with_loss += promised > max(known, 0)
        tally.broken += [f"cut {tally.cuts}: {text}" for text in broken]
        self._known[synchronous] = max(known, 0)

    def _acknowledged(self) -> int:
        """Return the last number that the life has acknowledged until now, 0 for none."""
        last = 0
        while self._nursery.has_said():
            last = max(last, self._nursery.next()[1])
        return last


def run_whole(cuts: int, seed: int, progress: Progress) -> Report:
    """Cut the power of a whole gateway at work so many times; raise NoDisk where that cannot be."""
    report = Report(Lives(), Findings())
    with (
        tempfile.TemporaryDirectory(prefix="storefloor-powercut-") as name,
        cut_disk(Path(name)) as disk,
        Nursery("tests.durability.gateway_life") as nursery,
        under_fire(Path(name), Random(seed), report.tally, nursery, disk.place / "data") as shop,
    ):

        def cut() -> None:
            disk.cut()
            disk.come_back()

        while report.tally.lives < cuts and not shop.audit.found:
            shop.live_and_end(aftermath=cut)
            progress.show(report.tally.lives, f"{len(shop.audit.found.lost)} lost, {shop.audit.seq} entries")
        if not shop.audit.found:
            shop.settle()
            report.settled += 1
        report.findings = shop.audit.found
    return report


def tell_whole(report: Report) -> list[str]:
    """Print the figures; return what is wrong."""
    tally, found = report.tally, report.findings
    figure("powercut of the whole gateway: cuts", tally.lives, "cuts")
    figure("powercut of the whole gateway: events acknowledged", tally.events, "events")
    figure("powercut of the whole gateway: reservations granted", tally.holds, "reservations")
    figure("powercut of the whole gateway: acknowledged and lost", len(found.lost), "events")
    figure("powercut of the whole gateway: doubled", len(found.doubled), "events")
    figure("powercut of the whole gateway: laws of stock broken", len(found.broken), "laws")
    return [str(found)] if found else []


def run(cuts: int, seed: int, progress: Progress) -> dict[str, Tally]:
    """Make as many cuts, and a control beside them; raise NoDisk where that cannot be."""
    with (
        tempfile.TemporaryDirectory(prefix="storefloor-powercut-") as folder,
        cut_disk(Path(folder)) as disk,
        Nursery("tests.durability.committing_life") as nursery,
    ):
        power = PowerCuts(disk, nursery, Random(seed))
        for number in range(cuts):
            if number % CONTROL_EVERY == 0 or number >= cuts - MIN_CONTROLS:
                power.cut("NORMAL")  # first of all: it tells how long opening takes here
            power.cut("FULL")
            full = power.tallies["FULL"]
            progress.show(number + 1, f"{full.lost} lost of {full.acknowledged} acknowledged")
    return power.tallies


def tell(tallies: dict[str, Tally]) -> list[str]:
    """Print the figures; return what is wrong."""
    full, control = tallies["FULL"], tallies["NORMAL"]
    figure("powercut cuts", full.cuts, "cuts")
    figure("powercut cuts amid acknowledged commits", full.amid, "cuts")
    figure("powercut commits acknowledged", full.acknowledged, "commits")
    figure("powercut acknowledged commits lost", full.lost, "commits")
    figure("powercut cuts with a loss", full.cuts_with_loss, "cuts")
    figure("powercut cuts with a loss, upper bound of their share (95 %)", 3 / max(full.cuts, 1), "1")
    figure("powercut stores broken", len(full.broken), "stores")
    figure("powercut control at NORMAL: cuts", control.cuts, "cuts")
    figure("powercut control at NORMAL: cuts with a loss", control.cuts_with_loss, "cuts")
    figure("powercut control at NORMAL: acknowledged commits lost", control.lost, "commits")
    wrong = list(full.broken)
    if full.lost:
        wrong.append(
            f"{full.lost} acknowledged commits were lost in {full.cuts_with_loss} of {full.cuts} cuts"
        )
    if not control.cuts_with_loss:
        wrong.append(f"void: {control.cuts} cuts at synchronous=NORMAL lost nothing, so the cuts cut nothing")
    return wrong


def main() -> int:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser(prog="make powercut", description=__doc__)
    parser.add_argument("--cuts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--whole", type=int, help="cuts of a whole gateway; left out: a twentieth of the others"
    )
    arguments = parser.parse_args()
    whole = max(1, arguments.cuts // 20) if arguments.whole is None else arguments.whole
    try:
        tallies = run(arguments.cuts, arguments.seed, Progress(arguments.cuts, "cuts"))
        report = run_whole(whole, arguments.seed, Progress(whole, "cuts of a whole gateway"))
    except NoDisk as error:
        print(f"skipped: {error}")
        return 1 if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1" else 0
    wrong = tell(tallies) + tell_whole(report)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
