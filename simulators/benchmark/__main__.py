"""`python -m simulators.benchmark`: writes a run of the benchmark's shop to a folder. [I/O]"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from simulators.benchmark.families import FAMILIES
from simulators.benchmark.run import BenchmarkRun
from simulators.benchmark.writing import write_run


def main(words: Sequence[str] | None = None) -> int:
    """Write one run; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="storefloor simulate benchmark",
        description="Simulates a shop whose truth is known, and writes what its devices say and what is true.",
        epilog="\n".join(f"  {f.name:<18}{'(held) ' if f.held else ''}{f.about}" for f in FAMILIES.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--family", choices=list(FAMILIES), default="base", help="default base", metavar="NAME"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same bytes; default 1")
    parser.add_argument("--days", type=float, default=1.0, help="shop days of 12.5 hours; default 1")
    parser.add_argument("--out", type=Path, required=True, help="folder, made where it is missing")
    arguments = parser.parse_args(words)
    if arguments.days <= 0:
        parser.error("--days: a run lasts longer than that")
    run = BenchmarkRun(FAMILIES[arguments.family], arguments.seed, arguments.days)
    write_run(run, arguments.out)
    sales = sum(sale.till_outcome != "missed" for sale in run.truth.sales)
    print(f"{arguments.out}: site.toml, articles.csv, obs.jsonl.gz, truth.jsonl.gz ({sales} sales told)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
