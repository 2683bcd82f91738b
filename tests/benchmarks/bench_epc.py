"""EPC decodes a second, of each scheme, against epcpy in the same run on the same EPCs.

Run as `python tests/benchmarks/bench_epc.py`. 2,000 random valid EPCs of each scheme (those that the oracle
test compares); both go from hex to the key and serial. epcpy goes by way of URIs and regular expressions,
and encodes as well: what is measured is what a gateway would wait for, not who writes better code.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from readers.identity.epc import decode_epc
from tests.support.epc_oracle import element_string
from tests.support.figures import figure
from tests.support.random_epcs import DRAWS

EPCS = 2_000
BEST_OF = 3


def decodes_per_s(decode: Callable[[str], object], epcs: Sequence[str]) -> float:
    """Return the best of some rounds, in decodes per second of CPU time."""
    best_s = float("inf")
    for _ in range(BEST_OF):
        began_s = time.process_time()
        for epc in epcs:
            decode(epc)
        best_s = min(best_s, time.process_time() - began_s)
    return len(epcs) / best_s


def measure() -> None:
    """Measure each scheme, and all of them mixed."""
    rng = Random(1)
    drawn = {name: [draw(rng) for _ in range(EPCS)] for name, draw in DRAWS.items()}
    mixed = [epc for group in zip(*drawn.values(), strict=True) for epc in group]
    for name, epcs in {**drawn, "all schemes": mixed}.items():
        ours, theirs = decodes_per_s(decode_epc, epcs), decodes_per_s(element_string, epcs)
        figure(f"decode EPCs, {name}", ours, "EPCs/s")
        figure(f"decode EPCs, {name}, epcpy", theirs, "EPCs/s")
        figure(f"decode EPCs, {name}, against epcpy", ours / theirs, "times")


if __name__ == "__main__":
    print(__doc__)
    measure()
