"""`storefloor evaluate --trace`: the engine's read model on a trace, and options in words."""

import json
from pathlib import Path
from random import Random

import pytest

from gateway.cli import main


def write_trace(path: Path, *, shadows: bool) -> None:
    """Write three hours of 60 tags at two antennas, every 5 s, some seen through shadows of minutes."""
    rng = Random(6)
    lines = ["epc,time,rssi,antenna"]
    for tag in range(60):
        hidden_until = 0.0
        for second in range(0, 3 * 3_600, 5):
            if shadows and second >= hidden_until and rng.random() < 5 / 900:
                hidden_until = second + rng.expovariate(1 / 120)
            rate = 0.8 * (0.05 if second < hidden_until else 1.0)
            if rng.random() < rate:
                at = f"2026-03-14T{9 + second // 3_600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.5Z"
                lines.append(f"30AA{tag:04X},{at},{-60 + rng.gauss(0, 2):.1f},ant-{tag % 2}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_the_read_model_foretells_better_where_misses_come_in_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Shadows of minutes: own rates with independent misses are surprised again and again, the model is not."""
    write_trace(tmp_path / "trace.csv", shadows=True)
    told = tmp_path / "told.json"
    assert main(["evaluate", "--trace", str(tmp_path / "trace.csv"), "--json", str(told)]) == 0
    found = json.loads(told.read_text())
    bits = {entry["method"]: entry["bits"] for entry in found["next_round"]}
    assert bits["storefloor's read model"] < 0.95 * bits["own rate, independent misses"]
    assert found["runs"]["3"]["own"] > 2
    assert [antenna["tags"] for antenna in found["antennas"]] == [30, 30]
    assert "figure: trace/missed = " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--trace", "missing.csv"], "cannot be read"),
        (["--fixtures", "f.csv"], "goes with --trace"),
        (["--trace", "t.csv", "--round", "0"], "--round must be above 0"),
        (["--trace", "t.csv", "--report", "r.html"], "take --json"),
    ],
)
def test_wrong_options_are_told_in_words(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with what would be right."""
    assert main(["evaluate", *options]) == 2
    assert words in capsys.readouterr().err
