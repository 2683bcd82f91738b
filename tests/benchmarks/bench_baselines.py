"""A shop's day of 4 million reads through each baseline of the truth benchmark, in process: seconds of one core.

Run as `python tests/benchmarks/bench_baselines.py`. An eighth of the day is played, and its time taken
eight-fold: 700 tags, 2,160 epochs of 5 s, some 230 reads each. The mix of the reads:
    97 %  the antenna of the zone where the tag lies, each tag at a rate of its own
     3 %  an antenna of another zone, faintly
Places are asked for at the end of each epoch, as the benchmark does; making the reads is not in it.
"""

import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from simulators.baselines.observed import EPOCH_NS, ObservedRead, ShopSetup
from simulators.baselines.registry import BASELINES, Factory
from tests.support.figures import figure

TAGS, DAY_EPOCHS, PART = 700, 17_280, 8
START_NS = 1_795_248_000_000_000_000
ZONES = ("back-room", "floor-a", "floor-b", "floor-c", "fitting-room", "till", "exit")
STOCK_ZONES = ZONES[:4]
READ_SHARE, ACROSS = 0.4, 0.01
OWN_DBM, ACROSS_DBM = -58.0, -69.0


def day_part() -> list[list[ObservedRead]]:
    """Return the reads by epoch; the same each time."""
    rng = Random(1)
    tags = [(f"{n:024X}", rng.choice(STOCK_ZONES), READ_SHARE * rng.betavariate(8, 2)) for n in range(TAGS)]
    epochs = []
    for epoch in range(DAY_EPOCHS // PART):
        at_ns = START_NS + epoch * EPOCH_NS
        reads = []
        for epc, home, share in tags:
            if rng.random() < share:
                reads.append(ObservedRead(at_ns, at_ns, home, 1, home, epc, OWN_DBM + rng.gauss(0, 3)))
            if rng.random() < ACROSS:
                zone = rng.choice(ZONES)
                reads.append(ObservedRead(at_ns, at_ns, zone, 1, zone, epc, ACROSS_DBM))
        epochs.append(reads)
    return epochs


def seconds(make: Factory, epochs: list[list[ObservedRead]]) -> float:
    """Return the processor time that a baseline needs for the epochs."""
    setup = ShopSetup(START_NS, lambda epc: epc[-2:], frozenset({"exit"}), frozenset({"till"}))
    baseline = make(setup)
    began_s = time.process_time()
    for epoch, reads in enumerate(epochs):
        for read in reads:
            baseline.observe(read)
        now_ns = START_NS + (epoch + 1) * EPOCH_NS
        baseline.advance(now_ns)
        baseline.places(now_ns)
    return time.process_time() - began_s


def main() -> None:
    """Print the figures."""
    epochs = day_part()
    figure("baseline_day_reads", PART * sum(map(len, epochs)), "reads")
    for name, make in BASELINES.items():
        figure(f"baseline_day_{name}", PART * seconds(make, epochs), "s")


if __name__ == "__main__":
    main()
