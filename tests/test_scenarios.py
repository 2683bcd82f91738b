"""The cases of tests/scenarios, each a folder without code: what devices and tills say, what is known then."""

import shutil
from pathlib import Path

import pytest

from tests.support.scenario import Scenario

SCENARIOS = Path(__file__).parent / "scenarios"
FOLDERS = sorted(folder for folder in SCENARIOS.iterdir() if folder.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_scenario(folder: Path) -> None:
    """The gateway knows at each moment what the scenario says that it must, and its books balance."""
    faults = Scenario(folder).run()
    assert not faults, "\n".join(faults)


def altered(folder: Path, name: str, line: str) -> Path:
    """Return a copy of the sale-then-gate scenario with one more line in a file."""
    copy = shutil.copytree(SCENARIOS / "sale-then-gate", folder / "case")
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    return copy


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"at": "2026-03-14T09:30:00Z", "sku": "TEE", "on_hand": 3, "note": "no"}',
         "expected.jsonl:6: 09:30:00 TEE on_hand: expected 3, found 2 (no)"),
        ('{"at": "2026-03-14T09:30:00Z", "sku": "TEE", "zones": {}}',
         "expected.jsonl:6: 09:30:00 TEE zones: expected {}, found {'floor': 2}"),
        ('{"at": "2026-03-14T09:30:00Z", "alerts": ["stock_out TEE"]}',
         "expected.jsonl:6: 09:30:00 alerts: expected ['stock_out TEE'], found []"),
        ('{"at": "2026-03-14T09:30:00Z", "sku": "TREE"}',
         "expected.jsonl:6: 09:30:00 TREE: expected an article, found None"),
        ('{"at": "2026-03-14T09:30:00.5Z", "alerts": []}', "expected.jsonl:6: `at` is no whole second"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_told(line: str, fault: str, tmp_path: Path) -> None:
    """An expectation that does not hold is told with its line, its time, both values and its note."""
    assert Scenario(altered(tmp_path, "expected.jsonl", line)).run() == [fault]


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("input.jsonl", '{"at": "2026-03-14T09:30:00Z", "kind": "read", "raeder": "front"}', "input.jsonl:7: (?s:.*)raeder"),
        ("expected.jsonl", '{"at": "2026-03-14T09:30:00", "alerts": []}', "expected.jsonl:6: (?s:.*)timezone"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(name: str, line: str, fault: str, tmp_path: Path) -> None:
    """A misspelt key or a time without a zone names its file and line."""
    with pytest.raises(AssertionError, match=fault):
        Scenario(altered(tmp_path, name, line))
