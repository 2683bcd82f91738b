"""A running gateway looked at from outside: its process, its files, its own counts. I/O."""

import contextlib
import os
import re
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Self

from tests.soak.load import Asker, Publisher
from tests.soak.verdict import Sample
from tests.support.processes import Gateway
from tests.support.scripted_devices import READER

TABLES = ("movements", "levels", "applied", "outbox")
"""Those that every movement, till event or point adds to: what pruning is for."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_METRIC = re.compile(r'^(\w+)(?:\{(?:stage="(\w+)")?[^}]*\})? ([\d.e+-]+)$', re.MULTILINE)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has now."""
    return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE_BYTES


def quantile(values: list[float], share: float) -> float:
    """Return a quantile; 0 without values."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


class Sampler:
    """Takes samples of one gateway."""

    def __init__(self, gateway: Gateway, publisher: Publisher, asker: Asker) -> None:
        self._gateway, self._publisher, self._asker = gateway, publisher, asker
        self._database: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        uri = f"file:{self._gateway.store_path}?mode=ro"
        self._database = sqlite3.connect(uri, uri=True, isolation_level=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()

    def look(self, at_s: float) -> Sample:
        """Return how all is now."""
        metrics = Metrics(self._gateway.http.get("/metrics").text)
        taken, dropped = self.reads()
        path, spans_ms = self._gateway.store_path, self._asker.newest()
        return Sample(
            at_s=at_s,
            rss_bytes=resident_bytes(self._gateway.pid),
            db_bytes=path.stat().st_size,
            wal_bytes=_size(path.with_name(f"{path.name}-wal")),
            held=int(metrics.value("storefloor_held_observations")),
            acknowledged=self._publisher.acknowledged,
            received=taken + dropped.total(),
            missing=metrics.missing(),
            let_go=int(metrics.value("storefloor_store_rows_let_go_total")),
            look_up_p50_ms=quantile(spans_ms, 0.5),
            look_up_p99_ms=quantile(spans_ms, 0.99),
            rows={table: self._rows(table) for table in TABLES},
        )

    def missing(self) -> int:
        """Return how many observations the stages cannot account for now."""
        return Metrics(self._gateway.http.get("/metrics").text).missing()

    def reads(self) -> tuple[int, Counter[str]]:
        """Return the reads that the gateway took, and those that it dropped, by reason."""
        device = self._gateway.device(READER)
        return int(device["observations"]), Counter(device["dropped"])

    def _rows(self, table: str) -> int:
        assert self._database is not None
        with contextlib.suppress(sqlite3.OperationalError):  # a store without this table
            [(rows,)] = self._database.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 - ours
            return int(rows)
        return 0


class Metrics:
    """A page of metrics."""

    def __init__(self, text: str) -> None:
        self._values: dict[tuple[str, str], float] = {}
        for name, stage, value in _METRIC.findall(text):
            self._values[name, stage] = self.value(name, stage) + float(value)

    def value(self, name: str, stage: str = "") -> float:
        """Return a metric, summed over what else it is told by; 0 where there is none."""
        return self._values.get((name, stage), 0.0)

    def missing(self) -> int:
        """Return how many observations the stages cannot account for."""
        stages = {stage for _, stage in self._values if stage}
        return sum(abs(self._missing_of(stage)) for stage in stages)

    def _missing_of(self, stage: str) -> int:
        def of(side: str) -> int:
            return int(self.value(f"storefloor_stage_{side}", stage))

        return of("received_total") - of("passed_total") - of("dropped_total") - of("held")


def _size(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
