"""Writes a run to a folder: site.toml, articles.csv, obs.jsonl.gz and, apart, truth.jsonl.gz. [I/O]

truth.jsonl.gz bears one object per line, told apart by `kind`: run (family, seed, start, end, ledger),
change, sale, walk, mark, quality, ghost. Times are whole ns since 1970, as text of digits, exact.
"""

import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from simulators.benchmark.recorded import Recorder
from simulators.benchmark.run import BenchmarkRun

GZIP_LEVEL = 3
"""A third of the default's time, a few per cent larger."""


def write_run(run: BenchmarkRun, folder: Path) -> None:
    """Write all of a run. The same run gives the same bytes. Raises OSError where the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text(run.site_toml, "utf-8")
    (folder / "articles.csv").write_text(run.catalogue_csv, "utf-8")
    recorder = Recorder()
    with _gzip(folder / "obs.jsonl.gz") as lines:
        for message in run.messages():
            lines.writelines(f"{line}\n" for line in recorder.lines(message))
    with _gzip(folder / "truth.jsonl.gz") as lines:
        lines.writelines(f"{json.dumps(row, separators=(',', ':'))}\n" for row in truth_rows(run))


def truth_rows(run: BenchmarkRun) -> Iterator[dict[str, object]]:
    """Yield what is true of a run, as objects of truth.jsonl."""
    truth = run.truth
    yield {
        "kind": "run", "family": run.family.name, "seed": run.seed, "held": run.family.held,
        "start_ns": run.start_ns, "end_ns": run.end_ns, "epoch_ns": run.epoch_ns,
        "ledger": dict(run.ledger), "lost_sales": truth.lost_sales,
    }  # fmt: skip
    for epc, quality in truth.quality.items():
        yield {"kind": "quality", "epc": epc, "quality": quality}
    for epc in truth.ghosts:
        yield {"kind": "ghost", "epc": epc}
    for change in truth.changes:
        yield {"kind": "change", **change._asdict()}
    for sale in truth.sales:
        yield {"kind": "sale", **sale._asdict()}
    for walk in truth.walks:
        yield {"kind": "walk", **walk._asdict()}
    for mark in truth.marks:
        yield {
            "kind": "mark",
            "what": mark.kind,
            "at_ns": mark.at_ns,
            "until_ns": mark.until_ns,
            "where": mark.where,
        }


@contextmanager
def _gzip(path: Path) -> Iterator[TextIO]:
    """Open a gzip file whose bytes depend on its content alone: no name and no time in its head."""
    with (
        path.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=GZIP_LEVEL, mtime=0) as packed,
        io.TextIOWrapper(packed, "utf-8", newline="\n") as text,
    ):
        yield text
