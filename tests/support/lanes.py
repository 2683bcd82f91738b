"""A pytest plugin: two lanes for two processes, so that a second core takes what needs no world to itself.

    make test ─▶ pytest -n 2 ─┬─ one process:  the real lane, one test after the other
                              └─ the other:    the pure lane, file by file

The real lane is everything that is not named here: processes, brokers, ports, browsers, real time. Two of
these at once would wait for each other; one of them beside a pure test waits for nothing, since the pure
lane steps back (`nice`). A third process brings nothing: both cores are busy, and it collects all tests once
more. A file is never cut: what its tests share is made once. Without `-n` (or without pytest-xdist) this
changes nothing but the order. tests/test_lanes.py holds the pure lane to its name.
"""

import contextlib
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

PURE = (
    "tests/api/test_alert_languages.py",
    "tests/api/test_alert_rules.py",
    "tests/api/test_articles.py",
    "tests/api/test_audit.py",
    "tests/api/test_auth.py",
    "tests/api/test_availability.py",
    "tests/api/test_backtests.py",
    "tests/api/test_belief.py",
    "tests/api/test_channels.py",
    "tests/api/test_counts.py",
    "tests/api/test_deliveries.py",
    "tests/api/test_events.py",
    "tests/api/test_explain.py",
    "tests/api/test_fast_holds.py",
    "tests/api/test_fast_path.py",
    "tests/api/test_forecast.py",
    "tests/api/test_kpis.py",
    "tests/api/test_ledger.py",
    "tests/api/test_limits.py",
    "tests/api/test_listings.py",
    "tests/api/test_matrix.py",
    "tests/api/test_openapi.py",
    "tests/api/test_places.py",
    "tests/api/test_problems.py",
    "tests/api/test_query.py",
    "tests/api/test_reservations.py",
    "tests/api/test_shipping.py",
    "tests/api/test_staff_sign_in.py",
    "tests/api/test_tasks.py",
    "tests/api/test_transfers.py",
    "tests/contracts/test_alerts_contract.py",
    "tests/contracts/test_forecasts_contract.py",
    "tests/contracts/test_journal_contract.py",
    "tests/contracts/test_ledger_contract.py",
    "tests/contracts/test_mqtt_kinds_contract.py",
    "tests/contracts/test_serial_reader_contract.py",
    "tests/contracts/test_store_contract.py",
    "tests/contracts/test_tables_contract.py",
    "tests/end_to_end/test_calibration.py",
    "tests/end_to_end/test_day.py",
    "tests/end_to_end/test_other_devices.py",
    "tests/fuzz",
    "tests/gateway/alert_rules",
    "tests/gateway/alerts",
    "tests/gateway/backtest/test_past.py",
    "tests/gateway/backtest/test_picture.py",
    "tests/gateway/backtest/test_run.py",
    "tests/gateway/backtest/test_score.py",
    "tests/gateway/book_stock",
    "tests/gateway/catalogue/test_articles.py",
    "tests/gateway/catalogue/test_codes.py",
    "tests/gateway/cli/test_evaluate.py",
    "tests/gateway/config/test_file.py",
    "tests/gateway/counting",
    "tests/gateway/deliveries",
    "tests/gateway/devices/test_clocks.py",
    "tests/gateway/forecast",
    "tests/gateway/interchange",
    "tests/gateway/kpis",
    "tests/gateway/presence",
    "tests/gateway/recording",
    "tests/gateway/recording/test_playback.py",
    "tests/gateway/reservations",
    "tests/gateway/staff",
    "tests/gateway/stock",
    "tests/gateway/storage/test_export_import.py",
    "tests/gateway/storage/test_outbox.py",
    "tests/gateway/storage/test_retention.py",
    "tests/gateway/storage/test_rollups.py",
    "tests/gateway/tasks",
    "tests/gateway/test_beliefs.py",
    "tests/gateway/test_calibration.py",
    "tests/gateway/test_clock.py",
    "tests/gateway/test_clock_steps.py",
    "tests/gateway/test_engine.py",
    "tests/gateway/test_explain.py",
    "tests/gateway/test_outages.py",
    "tests/gateway/test_proofs.py",
    "tests/gateway/test_sales.py",
    "tests/gateway/test_state_parts.py",
    "tests/gateway/test_stray_watch.py",
    "tests/gateway/test_till.py",
    "tests/gateway/test_transfers.py",
    "tests/gateway/transfers",
    "tests/gateway/weight",
    "tests/gateway/weight/test_shelves.py",
    "tests/readers/codecs",
    "tests/readers/describe",
    "tests/readers/identity",
    "tests/readers/test_duplicates.py",
    "tests/readers/test_framing.py",
    "tests/simulators/baselines",
    "tests/simulators/benchmark",
    "tests/simulators/scoring",
    "tests/simulators/test_m100.py",
    "tests/simulators/test_shop.py",
    "tests/simulators/test_site.py",
    "tests/simulators/test_weighed_shelf.py",
    "tests/test_architecture.py",
    "tests/test_repository.py",
    "tests/test_scenarios.py",
)
"""Folders and files whose tests know no time but the one they are given, and start nothing that waits."""
LONGEST = "tests/end_to_end/test_day.py"
"""Begun first in its lane: what is begun last decides when the run ends."""
REAL = "real"
STEP_BACK = 10
"""The nice value of a process of the pure lane: where both want one core, the real lane gets nine tenths of it."""


def is_pure(path: str) -> bool:
    """Return whether a test file belongs to the pure lane; `path` is relative to the repository."""
    return any(PurePosixPath(path).is_relative_to(place) for place in PURE)


def lane_of(node_id: str) -> str:
    """Return what must be run in one process, in order: the whole real lane, or a file of the pure one."""
    path = node_id.partition("::")[0]
    return path if is_pure(path) else REAL


class Lanes:
    """Orders the lanes, the real one first, then the longest of the pure; and lets pure tests step back."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Order, after whoever shuffles."""
        items.sort(key=lambda item: (lane_of(item.nodeid) != REAL, lane_of(item.nodeid) != LONGEST))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Step back for good at the first pure test: the real lane comes first wherever it is run."""
        if hasattr(item.config, "workerinput") and lane_of(item.nodeid) != REAL:
            with contextlib.suppress(OSError):  # where nobody may step back, all go on as they are
                os.setpriority(os.PRIO_PROCESS, 0, max(STEP_BACK, os.getpriority(os.PRIO_PROCESS, 0)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> "LoadScopeScheduling":
        """Hand out whole lanes, in the order above."""
        from xdist.scheduler import LoadScopeScheduling  # a run without -n does without it

        class LaneScheduling(LoadScopeScheduling):
            def _split_scope(self, nodeid: str) -> str:
                return lane_of(nodeid)

        config.option.loadscopereorder = False
        return LaneScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Take part."""
    config.pluginmanager.register(Lanes(), "storefloor-lanes")
