"""`storefloor alerts backtest` as an operator calls it: on the store of a site, and on a copy, which it leaves alone."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.alert_rules.model import AlertRule, rule_json
from gateway.alerts.records import AlertType
from gateway.cli import main
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import Commit, StateRow
from gateway.storage.sqlite import SqliteStore

SITE = """
[catalogue]
csv = "articles.csv"
[gateway]
data_dir = "data"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }]
[[alert_rules]]
id = "two-left"
type = "low_stock"
thresholds = { fire_at = 2, clear_at = 3 }
"""
DAY_NS = 1_795_219_200 * 10**9
"""2026-11-21T00:00:00Z."""
HOUR_NS = 3_600 * 10**9
USAGE = 2


@pytest.fixture
def site(tmp_path: Path) -> str:
    """A site of one article, of which three pieces were sold at 9, 12 and 15 o'clock, and one rule by the API."""
    (tmp_path / "articles.csv").write_text("sku,tracked_by\nTOTE,count\n", "utf-8")
    moves, points = [], []
    for hour, pieces, left in ((1, 3, 3), (9, -1, 2), (12, -1, 1), (15, -1, 0), (16, 0, 0)):
        at_ns = DAY_NS + hour * HOUR_NS
        deltas = (ZoneDelta("front", pieces),) if pieces else ()
        moves.append(
            Movement(MovementKind.COUNTED, "count", "lyon-1", "TOTE", at_ns, at_ns, 1, deltas=deltas)
        )
        points.append(LevelPoint("lyon-1", "TOTE", "front", at_ns, left))
    ours = AlertRule("one-left", AlertType.LOW_STOCK, thresholds={"fire_at": 1, "clear_at": 3})
    state = [
        StateRow("alert_rule", "one-left", rule_json(ours)),
        StateRow("alert_rule", "switch/two-left", '{"enabled": false, "version": 2}'),
    ]
    store = SqliteStore.open(tmp_path / "data" / "storefloor.db", synchronous="OFF")
    store.commit(Commit(1, movements=moves, levels=points, state=state))
    store.close()
    (tmp_path / "site.toml").write_text(SITE, "utf-8")
    return str(tmp_path / "site.toml")


def told(site: str, *words: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what the command prints."""
    assert main(["alerts", "backtest", "--config", site, *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("rule", "since"), [("two-left", "09:00"), ("one-left", "12:00")])
def test_rules_of_the_file_and_of_the_api_are_tried_by_their_ids(
    site: str, rule: str, since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that are switched off too."""
    body = json.loads(told(site, "--rule", rule, "--json", capsys=capsys))
    [episode] = body["episodes"]
    assert episode["since"] == f"2026-11-21T{since}:00Z"
    assert body["rule"] == rule
    assert body["stock_outs"] == {"n": 1, "warned": 1, "told_late": 0, "missed": 0}


def test_a_rule_is_tried_by_its_thresholds_with_a_picture(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines for a person, and a file for the eye."""
    picture = tmp_path / "told.svg"
    wanted = ["--type", "low_stock", "--set", "fire_at=2", "--set", "clear_at=5", "--svg", str(picture)]
    said = told(site, *wanted, "--from", "2026-11-21T02:00:00Z", "--to", "2026-11-22", capsys=capsys)
    assert "alerts: 1, " in said
    assert "told ahead by (median): 5 h 50 min" in said
    assert picture.read_text("utf-8").startswith("<svg ")


def test_a_copy_is_read_and_left_as_it_is(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Byte by byte, while the site's own store is not even there."""
    copy = tmp_path / "copy.db"
    shutil.copy(tmp_path / "data" / "storefloor.db", copy)
    shutil.rmtree(tmp_path / "data")
    before = copy.read_bytes()
    assert "alerts: 1, " in told(site, "--rule", "two-left", "--file", str(copy), capsys=capsys)
    assert copy.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--rule", "nope"], "none of default-"),
        (["--type", "reader_down"], "cannot be tried on stored history"),
        (["--type", "low_stock", "--set", "fire_at"], "NAME=VALUE"),
        (["--type", "low_stock", "--set", "fire_at=9"], "must be below"),
        (["--type", "low_stock", "--set", "nope=1"], "knows no such threshold"),
        (["--type", "low_stock", "--store", "nice-9"], "none of lyon-1"),
        (["--type", "low_stock", "--horizon", "0"], "must be above 0"),
        (["--rule", "two-left", "--set", "fire_at=1"], "go with --type"),
        (["--rule", "two-left", "--from", "2026-11-22", "--to", "2026-11-21"], "must begin before it ends"),
        (["--rule", "two-left", "--file", "nope.db"], "no such file"),
        (["--rule", "two-left", "--svg", "/proc/nope/told.svg"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(
    site: str, words: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the way out, and no answer."""
    assert main(["alerts", "backtest", "--config", site, *words]) == USAGE
    said = capsys.readouterr()
    assert reason in said.err
    assert not said.out
