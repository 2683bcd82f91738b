"""What tasks cost the passes of the gateway, with as many of them live as a store may have. Run as a module.

    python -m tests.benchmarks.bench_tasks [--movements 100000]

A movement that is of no task costs a look-up; one that is ticks a piece off. A pass in which nothing of theirs
happened costs nothing that grows with the tasks.
"""

import argparse
from time import process_time

from gateway.movements import Movement, MovementKind, ZoneDelta
from gateway.site import Site
from gateway.state import State
from gateway.tasks.book import MAX_LIVE
from gateway.tasks.desk import TaskDesk
from gateway.tasks.model import Cause, Task, TaskQuery
from gateway.tasks.watch import TaskWatch
from tests.support.figures import figure
from tests.support.small_site import STORE, T0, articles, small_site

PIECES, PASSES = 1_000, 1_000


def movement(sku: str) -> Movement:
    """Return a piece that is brought to the floor."""
    deltas = (ZoneDelta("back", -1), ZoneDelta("floor", 1))
    return Movement(MovementKind.MOVED, "rfid", STORE, sku, T0, T0, 1, None, "back", "floor", deltas)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--movements", type=int, default=100_000)
    count: int = parser.parse_args().movements
    state = State(Site(small_site()), articles())
    watch, desk = TaskWatch(state, list), TaskDesk(state)
    for n in range(MAX_LIVE):
        cause = Cause("alert", f"f{n}", f"a{n}")
        state.tasks.put(
            Task(f"tk_{n:016x}", "replenish", STORE, f"S{n}", PIECES, T0 + n, (cause,), to_zone="floor")
        )
    foreign = [movement(f"X{n}") for n in range(count)]
    began = process_time()
    watch.take((), foreign, (), T0)
    figure("tasks_movement_of_none", (process_time() - began) / count * 1e6, "us")
    ticked = [movement(f"S{n % MAX_LIVE}") for n in range(count // 10)]
    began = process_time()
    watch.take((), ticked, (), T0)
    figure("tasks_movement_ticked", (process_time() - began) / len(ticked) * 1e6, "us")
    began = process_time()
    for _ in range(PASSES):
        watch.take((), (), (), T0)
    figure("tasks_idle_pass", (process_time() - began) / PASSES * 1e6, "us")
    began = process_time()
    desk.find(TaskQuery(order="walk", limit=50), T0)
    figure("tasks_page", (process_time() - began) * 1e3, "ms")


if __name__ == "__main__":
    main()
