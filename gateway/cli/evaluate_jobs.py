"""Runs of the benchmark in this process or in several, with one bar for all of them. I/O."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.queues import SimpleQueue

from gateway.cli.evaluate_run import RunPlan, RunResult, run
from gateway.cli.progress import Progress

PARTS = 1_000
LOOK_EVERY_S = 0.5


def run_all(plans: Sequence[RunPlan], jobs: int) -> list[RunResult]:
    """Return the results in the order of the plans, whatever the number of processes."""
    with Progress(PARTS * len(plans)) as bar:
        if jobs == 1 or len(plans) == 1:
            return [run(plan, _into(bar, place, len(plans), plan)) for place, plan in enumerate(plans)]
        return list(_in_processes(plans, jobs, bar))


def _into(bar: Progress, place: int, plans: int, plan: RunPlan) -> Callable[[float], None]:
    text = f"{plan.family}, seed {plan.seed} ({place + 1} of {plans})"
    return lambda share: bar.show(round(PARTS * (place + share)), text)


_shares: "SimpleQueue[tuple[int, float]]"


def _begin_worker(shares: "SimpleQueue[tuple[int, float]]") -> None:
    global _shares  # noqa: PLW0603 - the pool's own way to hand a queue to its workers
    _shares = shares
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer: it ends its workers


def _work(place: int, plan: RunPlan) -> RunResult:
    return run(plan, lambda share: _shares.put((place, share)))


def _in_processes(plans: Sequence[RunPlan], jobs: int, bar: Progress) -> Iterator[RunResult]:
    context = multiprocessing.get_context("spawn")
    shares: SimpleQueue[tuple[int, float]] = context.SimpleQueue()
    done = [0.0] * len(plans)
    with context.Pool(min(jobs, len(plans)), _begin_worker, (shares,)) as pool:
        results = [pool.apply_async(_work, (place, plan)) for place, plan in enumerate(plans)]
        for place, result in enumerate(results):
            while not result.ready():
                result.wait(LOOK_EVERY_S)
                while not shares.empty():
                    who, share = shares.get()
                    done[who] = share
                bar.show(
                    round(PARTS * sum(done)), f"{sum(r.ready() for r in results)} of {len(plans)} runs done"
                )
            done[place] = 1.0
            yield result.get()
