"""The pure lane of the test run holds nothing that waits for the world, or that the world would wait for."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lanes import LONGEST, PURE, REAL, is_pure, lane_of
from tests.support.source import ROOT

WORLD = {"amqtt", "multiprocessing", "paho", "playwright", "pty", "selectors", "serial", "socket", "subprocess",
         "threading", "uvicorn", "uvloop"}  # fmt: skip
"""Libraries of processes, threads, ports and brokers. httpx is none: it asks an app in the same process too."""
IN_PROCESS = {
    "tests/fuzz/run.py": {"threading"},
    "tests/support/simulated.py": {"socket"},
    "tests/support/virtual_loop.py": {"selectors"},
}
"""What pure tests may import all the same: they call no part of it that reaches out of the process."""


def modules_of(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reaches_out(path: Path, seen: set[Path]) -> Iterator[str]:
    """Yield what a test file imports of the world, itself or by way of other files under tests/."""
    if path in seen:
        return
    seen.add(path)
    name = path.relative_to(ROOT).as_posix()
    allowed = IN_PROCESS.get(name, set())
    for module in modules_of(path):
        if module.partition(".")[0] in WORLD - allowed:
            yield f"{name} imports {module}"
        found = ROOT / f"{module.replace('.', '/')}.py"
        if module.startswith("tests.") and found.is_file() and not allowed:
            yield from reaches_out(found, seen)


def pure_files() -> list[Path]:
    """Return the test files of the pure lane."""
    every = sorted((ROOT / "tests").rglob("test_*.py"))
    return [path for path in every if is_pure(path.relative_to(ROOT).as_posix())]


def test_the_pure_lane_reaches_for_nothing() -> None:
    """No file of it imports a process, a thread, a socket or a broker, nor support that does."""
    faults = [fault for path in pure_files() for fault in reaches_out(path, set())]
    assert len(pure_files()) > 50
    assert not faults, "\n".join(sorted(set(faults)))


@pytest.mark.parametrize("place", [*PURE, LONGEST])
def test_every_place_of_the_pure_lane_is_there(place: str) -> None:
    """A folder or file that was moved is noticed."""
    assert (ROOT / place).exists()
    assert is_pure(place)


def test_a_lane_is_a_file_or_the_whole_rest() -> None:
    """A file of the pure lane is never cut, and all others are one."""
    assert lane_of("tests/fuzz/test_fuzz.py::test_a[x::y]") == "tests/fuzz/test_fuzz.py"
    assert lane_of("tests/end_to_end/test_crash.py::test_b") == lane_of("tests/api/test_stream.py::t") == REAL
    assert not is_pure("tests/fuzzy/test_x.py")
