"""`storefloor evaluate`: how true the stock is, measured against shops whose truth is known. Wiring."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.cli.evaluate_jobs import run_all
from gateway.cli.evaluate_peers import VARIANTS
from gateway.cli.evaluate_run import RunPlan, RunResult
from gateway.errors import ConfigError
from simulators.baselines.registry import BASELINES
from simulators.benchmark.families import FAMILIES
from simulators.scoring.checks import checks
from simulators.scoring.page import RunInfo, page
from simulators.scoring.results import RFID_ALONE, Score, as_json, score
from simulators.scoring.tally import merged
from simulators.scoring.text_table import figures, lost, summary, table

MAX_DAYS = 60.0
MAX_JOBS = 256
MAX_ROUND_S = 86_400.0
MAX_RUNS = 10_000
"""More seeds than this is a slip of the finger: each is minutes of work."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--scenario", action="append", metavar="FAMILY", help=f"may be given again; of {', '.join(FAMILIES)}"
    )
    parser.add_argument("--seeds", default="1", help="such as 1, 1,5,9 or 1-4 (default: 1)")
    parser.add_argument("--days", type=float, default=1.0, help="shop days of each run (default: 1)")
    parser.add_argument(
        "--baselines",
        default="all",
        help=f"all, none, or names of {', '.join((RFID_ALONE, *BASELINES))}",
    )
    parser.add_argument(
        "--curves",
        action="store_true",
        help=f"run every baseline over the range of its knob too ({len(VARIANTS)} more of them)",
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes that runs are spread over")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write a page with the curves")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument(
        "--faults",
        type=Path,
        metavar="FILE.jsonl",
        help="write each single error of the product, a line each",
    )
    parser.add_argument(
        "--trace",
        type=Path,
        metavar="FILE.csv",
        help="check the read model on real reads: epc,time,rssi,antenna",
    )
    parser.add_argument(
        "--fixtures", type=Path, metavar="FILE.csv", help="with --trace: where things were: epc,from,to,zone"
    )
    parser.add_argument(
        "--round", type=float, metavar="S", help="with --trace: seconds of a round (default: walks, else 5)"
    )
    parser.set_defaults(act=evaluate)


def evaluate(arguments: argparse.Namespace) -> int:
    """Run the benchmark, or check a trace, and tell the results; return 1 where a check of checks.py failed."""
    if arguments.trace is not None:
        return _trace(arguments)
    for option in ("fixtures", "round"):
        if getattr(arguments, option) is not None:
            raise ConfigError(f"evaluate: --{option} goes with --trace FILE.csv")
    plans = _plans(arguments)
    began_s = time.monotonic()
    results = run_all(plans, arguments.jobs)
    scores = list(_scores(results))
    compared = [entry for entry in scores if not entry.curve]
    infos = list(_infos(results))
    for info in infos:
        _tell(info, [entry for entry in compared if entry.family == info.family])
    scoring_s = sum(result.scoring_s for result in results)
    print(f"took {time.monotonic() - began_s:.0f} s, of which {scoring_s:.1f} s of a core went into scoring")
    print("\n".join(figures(compared)))
    checked = list(checks(compared))
    for check in checked:
        print(check)
    if arguments.json is not None:
        _write(arguments.json, json.dumps(as_json(scores), indent=1))
    if arguments.faults is not None:
        _write(arguments.faults, "".join(_fault_lines(results)))
    if arguments.report is not None:
        _write(arguments.report, page(infos, scores))
    return 1 if any(check.times for check in checked) else 0


def _trace(arguments: argparse.Namespace) -> int:
    from gateway.cli.evaluate_trace import evaluate_trace

    if arguments.report is not None or arguments.faults is not None:
        raise ConfigError("evaluate: --report and --faults are of simulated shops: with --trace take --json")
    if arguments.round is not None and not 0 < arguments.round <= MAX_ROUND_S:
        raise ConfigError(f"evaluate: --round must be above 0 and at most {MAX_ROUND_S:g} s")
    return evaluate_trace(arguments)


def _plans(arguments: argparse.Namespace) -> list[RunPlan]:
    families = arguments.scenario or ["base"]
    for family in families:
        if family not in FAMILIES:
            raise ConfigError(f"evaluate: --scenario {family!r} is none of {', '.join(FAMILIES)}")
    if not 0 < arguments.days <= MAX_DAYS:
        raise ConfigError(f"evaluate: --days must be above 0 and at most {MAX_DAYS:g}")
    if not 1 <= arguments.jobs <= MAX_JOBS:
        raise ConfigError(f"evaluate: --jobs must be 1 to {MAX_JOBS}")
    methods = _methods(arguments.baselines)
    if arguments.curves:
        methods += tuple(name for name in VARIANTS if name not in methods)
    seeds = _seeds(arguments.seeds)
    return [RunPlan(family, seed, arguments.days, methods) for family in families for seed in seeds]


def _methods(text: str) -> tuple[str, ...]:
    every = (RFID_ALONE, *BASELINES)
    if text in ("all", "none"):
        return every if text == "all" else ()
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in every:
            raise ConfigError(f"evaluate: --baselines {name!r} is none of {', '.join(every)}")
    return names


def _seeds(text: str) -> list[int]:
    seeds: list[int] = []
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not (first.isascii() and first.isdigit()) or (last and not (last.isascii() and last.isdigit())):
            raise ConfigError(f"evaluate: --seeds {text!r}: write numbers and ranges, such as 1-4,9")
        begin, end = int(first), int(last or first)
        if not 0 <= end - begin < MAX_RUNS - len(seeds):
            raise ConfigError(f"evaluate: --seeds {text!r}: a range goes up, and {MAX_RUNS} are the most")
        seeds += range(begin, end + 1)
    return list(dict.fromkeys(seeds))


def _scores(results: Sequence[RunResult]) -> Iterator[Score]:
    """Yield a score per family and method, all seeds together."""
    for family in dict.fromkeys(result.plan.family for result in results):
        ours = [result for result in results if result.plan.family == family]
        for method in ours[0].tallies:
            tally = merged(result.tallies[method] for result in ours)
            seconds = sum(result.seconds[method] for result in ours)
            variant = VARIANTS.get(method)
            curve, knob = (variant.curve, f"{variant.knob} = {variant.value:g}") if variant else ("", "")
            yield score(family, method, ours[0].inputs[method], tally, seconds, curve, knob)


def _infos(results: Sequence[RunResult]) -> Iterator[RunInfo]:
    """Yield what was run of each family."""
    for family in dict.fromkeys(result.plan.family for result in results):
        runs = [result for result in results if result.plan.family == family]
        yield RunInfo(
            family,
            FAMILIES[family].about,
            FAMILIES[family].held,
            tuple(result.plan.seed for result in runs),
            runs[0].plan.days,
            sum(result.reads for result in runs),
            sum(result.messages for result in runs),
            sum(result.pieces for result in runs) / len(runs),
        )


def _tell(info: RunInfo, scores: Sequence[Score]) -> None:
    held = " (held: not for tuning)" if info.held else ""
    print(f"{info.family}{held}: {info.about}")
    print(info.words())
    print()
    print("\n".join(summary(scores)))
    print("\n".join(table(scores)))
    for line in lost(scores):
        print(line)
    print()


def _fault_lines(results: Sequence[RunResult]) -> Iterator[str]:
    for result in results:
        run = {"family": result.plan.family, "seed": result.plan.seed}
        for fault in result.faults:
            yield json.dumps(run | fault) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"evaluate: {path} cannot be written: {error.strerror}") from error
    print(f"wrote {path}", file=sys.stderr)
