"""A pytest plugin for runs in which nothing may skip: every skip becomes a failure with its reason.

Loaded with `-p tests.support.no_skips`; it does nothing unless STOREFLOOR_REQUIRE_ALL=1.
A skip says that a part was not tried; where everything is installed, that is a defect.
"""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _refuse_skip(report: Report) -> Report:
    """Turn a skipped report into a failed one; an expected failure is no skip."""
    if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"STOREFLOOR_REQUIRE_ALL=1, and this did not run. {reason}"
    return report


class NoSkips:
    """The two places where pytest reports a skip: a test, and a whole file at collection."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Refuse a skipped test."""
        return _refuse_skip((yield))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Refuse a file that skips itself."""
        return _refuse_skip((yield))


def pytest_configure(config: pytest.Config) -> None:
    """Switch the rule on where the environment asks for it."""
    if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
        config.pluginmanager.register(NoSkips(), "storefloor-no-skips")
