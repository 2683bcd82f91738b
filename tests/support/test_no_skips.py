"""Runs that may not skip: pinned on a small suite of its own, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

def test_runs(): pass

@pytest.mark.skip(reason="no broker here")
def test_skips(): pass

def test_skips_inside(): pytest.skip("no browser here")

@pytest.mark.xfail(reason="known", strict=True)
def test_expected_failure(): assert False
"""


def run_suite(folder: Path, files: dict[str, str], require_all: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin on `files`, written to `folder`."""
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "STOREFLOOR_REQUIRE_ALL": require_all, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.no_skips", "-p", "no:randomly", "-q", "."]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_skip_fails_where_nothing_may_skip(tmp_path: Path) -> None:
    """With STOREFLOOR_REQUIRE_ALL=1 a skipped test fails with its reason; an expected failure does not."""
    result = run_suite(tmp_path, {"test_suite.py": SUITE}, "1")
    assert result.returncode == 1
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in result.stdout
    assert "no broker here" in result.stdout
    assert "no browser here" in result.stdout


def test_a_file_that_skips_itself_fails_too(tmp_path: Path) -> None:
    """With STOREFLOOR_REQUIRE_ALL=1 a file skipped at collection is an error, not a silence."""
    files = {
        "test_missing.py": "import pytest\npytest.importorskip('no_such_module')\n",
        "test_suite.py": SUITE,
    }
    result = run_suite(tmp_path, files, "1")
    assert result.returncode != 0
    assert "no_such_module" in result.stdout


@pytest.mark.parametrize("value", ["", "0"])
def test_a_skip_is_a_skip_elsewhere(tmp_path: Path, value: str) -> None:
    """Without STOREFLOOR_REQUIRE_ALL=1 a skip stays a skip."""
    result = run_suite(tmp_path, {"test_suite.py": SUITE}, value)
    assert result.returncode == 0
    assert "1 passed, 2 skipped, 1 xfailed" in result.stdout
