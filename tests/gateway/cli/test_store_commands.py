"""`storefloor backup | restore | export | import` as an operator calls them: what they print, refuse and leave."""

import argparse
import gzip
import io
import json
import shlex
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.cli import backup_command, main, run
from gateway.cli.export_command import time_of
from gateway.errors import ConfigError
from gateway.movements import LevelPoint
from gateway.storage.ports import Commit
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import alert, movement

SITE = """
[gateway]
data_dir = "{data}"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
"""
DAY = "2026-11-21T00:00:00Z"
DAY_NS = 1_795_219_200 * 10**9
USAGE = 2


def site(folder: Path, data: str) -> str:
    """Write a site with a data folder of its own; return the file's name."""
    path = folder / f"{data}.toml"
    path.write_text(SITE.format(data=data), "utf-8")
    return str(path)


@pytest.fixture
def full(tmp_path: Path) -> str:
    """A site whose store has three movements, levels and an alert."""
    store = SqliteStore.open(tmp_path / "full" / "storefloor.db", synchronous="OFF")
    store.commit(
        Commit(
            1,
            movements=[movement(at_ns=DAY_NS + n, note="=1+1") for n in range(3)],
            levels=[LevelPoint("lyon-1", "A", "front", DAY_NS + n, n) for n in range(3)],
            alerts=[alert("a1", DAY_NS)],
        )
    )
    store.close()
    return site(tmp_path, "full")


def rows_of(path: Path) -> list[dict[str, object]]:
    """Return the rows of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_backup_and_restore_say_what_they_did(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The manifest, the check alone, then the restore with what it set aside."""
    assert main(["backup", "--config", full, "--to", f"{tmp_path}/b/", "--keep", "2"]) == 0
    said = capsys.readouterr().out
    assert "last sequence: lyon-1 3" in said
    assert "movements 3" in said
    assert "kept      1 backups there, deleted 0" in said
    [made] = (tmp_path / "b").iterdir()
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0
    before = sorted((tmp_path / "full").iterdir())
    assert main(["restore", "--config", full, "--from", str(made), "--check"]) == 0
    assert "restored" not in capsys.readouterr().out
    assert sorted((tmp_path / "full").iterdir()) == before
    assert main(["restore", "--config", full, "--from", str(made)]) == 0
    said = capsys.readouterr().out
    assert f"aside     {tmp_path}/full/storefloor.db.before-" in said
    assert "streams are reset" in said


def test_backups_go_beside_the_store_unless_told_otherwise(full: str, tmp_path: Path) -> None:
    """Without --to they are in the folder where a damaged store's message looks for them."""
    assert main(["backup", "--config", full]) == 0
    [made] = (tmp_path / "full" / "backups").iterdir()
    assert made.name.startswith("storefloor-2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["backup", "--to", "{}/no/where.backup"], "there is no folder"),
        (["backup", "--to", "{}/it.backup", "--keep", "3"], "name a folder"),
        (["backup", "--to", "{}/b/", "--keep", "0"], "1 or more"),
        (["restore", "--from", "{}/missing"], "no such file"),
        (["export", "journal", "--from", "yesterday"], "write 2026-11-21"),
        (["export", "journal", "--out", "{}/no/where.csv"], "cannot be written"),
        (["export", "journal", "--file", "{}/full.toml"], "--config, or"),
        (["import", "levels", "{}/missing"], "cannot be read"),
    ],
)
def test_a_wrong_word_is_told_with_its_remedy(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Exit code 2, and one line that says what to write."""
    assert main([*(word.format(tmp_path) for word in words), "--config", full]) == USAGE
    assert said in capsys.readouterr().err


def test_nothing_to_back_up_before_the_first_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder without a store is told so, and stays without one."""
    assert main(["backup", "--config", site(tmp_path, "empty")]) == USAGE
    assert "first start" in capsys.readouterr().err
    assert not (tmp_path / "empty" / "storefloor.db").exists()


def test_an_export_goes_where_it_is_told(
    full: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Standard output, a file, gzip and CSV by their names; the count on standard error."""
    assert main(["export", "levels", "--config", full]) == 0
    told = capsysbinary.readouterr()
    assert [json.loads(line)["pieces"] for line in told.out.splitlines()] == [0, 1, 2]
    assert told.err == b"3 rows of levels\n"
    out = tmp_path / "journal.csv.gz"
    assert main(["export", "journal", "--config", full, "--out", str(out)]) == 0
    lines = gzip.decompress(out.read_bytes()).decode().splitlines()
    assert lines[0].startswith("journal,store,seq,")
    assert all(line.endswith(",'=1+1") for line in lines[1:])
    assert main(["export", "alerts", "--config", full, "--format", "csv"]) == 0
    assert b"low_stock" in capsysbinary.readouterr().out


def test_an_export_of_a_time_store_and_file(full: str, tmp_path: Path) -> None:
    """Of a backup as of a store; from the first time, before the second."""
    backup, out = tmp_path / "it.backup", tmp_path / "out.jsonl"
    assert main(["backup", "--config", full, "--to", str(backup)]) == 0
    span = ["--from", f"{DAY[:-1]}", "--to", "2026-11-21T00:00:00.000000Z"]
    assert main(["export", "journal", "--file", str(backup), *span, "--out", str(out)]) == 0
    assert rows_of(out) == []
    span = ["--from", "2026-11-21", "--to", "2026-11-22", "--store", "lyon-1", "--sku", "DEN-501-32"]
    assert main(["export", "journal", "--file", str(backup), *span, "--out", str(out)]) == 0
    assert [row["seq"] for row in rows_of(out)] == [1, 2, 3]
    assert main(["export", "journal", "--file", str(backup), "--store", "nice-2", "--out", str(out)]) == 0
    assert rows_of(out) == []


def test_times_without_a_zone_are_utc() -> None:
    """To the microsecond; with a zone they are what they say."""
    assert time_of("--from", "2026-11-21") == DAY_NS
    assert time_of("--from", "2026-11-21T01:00:00.5+01:00") == DAY_NS + 5 * 10**8
    with pytest.raises(ConfigError, match="--to"):
        time_of("--to", "soon")


def test_an_import_takes_what_an_export_wrote(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gzip, CSV and standard input; twice is once."""
    other = site(tmp_path, "other")
    for name in ("journal.jsonl.gz", "levels.csv"):
        table, out = name.split(".")[0], tmp_path / name
        assert main(["export", table, "--config", full, "--out", str(out)]) == 0
        assert main(["import", table, str(out), "--config", other]) == 0
        assert "3 rows: 3 added, 0 replaced, 0 were there; 0 refused" in capsys.readouterr().out
    plain = gzip.decompress((tmp_path / "journal.jsonl.gz").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plain)))
    assert main(["import", "journal", "-", "--config", other]) == 0
    assert "0 added, 0 replaced, 3 were there" in capsys.readouterr().out


def test_bad_lines_are_told_and_nothing_is_imported(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Numbers and reasons of the first, a count of all; with --skip-refused the good ones go in."""
    out, other = tmp_path / "levels.jsonl", site(tmp_path, "other")
    assert main(["export", "levels", "--config", full, "--out", str(out)]) == 0
    good = out.read_text("utf-8").splitlines()
    out.write_text("\n".join([good[0], *["what"] * 25, good[1]]) + "\n", "utf-8")
    capsys.readouterr()
    assert main(["import", "levels", str(out), "--config", other]) == USAGE
    said = capsys.readouterr().err
    assert "line 2: is no JSON object" in said
    assert "line 21:" in said
    assert "line 22:" not in said
    assert "and 5 more" in said
    assert "25 lines are refused, so nothing was imported" in said
    check = tmp_path / "check.jsonl"
    assert main(["export", "levels", "--config", other, "--out", str(check)]) == 0
    assert rows_of(check) == []
    assert main(["import", "levels", str(out), "--config", other, "--skip-refused"]) == 0
    assert "2 rows: 2 added, 0 replaced, 0 were there; 25 refused" in capsys.readouterr().out


def test_movements_that_contradict_the_store_are_refused(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line, and what is stored there; skipped where that is asked for."""
    out, other = tmp_path / "journal.jsonl", site(tmp_path, "other")
    assert main(["export", "journal", "--config", full, "--out", str(out)]) == 0
    assert main(["import", "journal", str(out), "--config", other]) == 0
    out.write_text(out.read_text("utf-8").replace('"seq":2', '"seq":1'), "utf-8")
    assert main(["import", "journal", str(out), "--config", other]) == USAGE
    assert "line 2: another movement is stored as lyon-1 1" in capsys.readouterr().err
    assert main(["import", "journal", str(out), "--config", other, "--skip-refused"]) == 0
    assert "2 were there; 1 refused" in capsys.readouterr().out


def test_a_file_that_ends_in_the_middle_is_refused(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A gzip file whose end is missing: nothing of it is imported."""
    out, other = tmp_path / "journal.jsonl.gz", site(tmp_path, "other")
    assert main(["export", "journal", "--config", full, "--out", str(out)]) == 0
    out.write_bytes(out.read_bytes()[:-20])
    assert main(["import", "journal", str(out), "--config", other]) == USAGE
    assert "ends in the middle" in capsys.readouterr().err


def test_no_import_while_a_gateway_runs(
    full: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store is held: the remedy is told."""
    out = tmp_path / "levels.jsonl"
    assert main(["export", "levels", "--config", full, "--out", str(out)]) == 0
    store = SqliteStore.open(tmp_path / "full" / "storefloor.db")
    try:
        assert main(["import", "levels", str(out), "--config", full]) == USAGE
        assert "stop the other gateway" in capsys.readouterr().err
        assert main(["export", "levels", "--config", full]) == 0
        assert main(["backup", "--config", full]) == 0
    finally:
        store.close()


@pytest.mark.parametrize("unit", ["storefloor.service", "storefloor-backup.service"])
def test_the_shipped_units_call_commands_that_there_are(unit: str) -> None:
    """The command line in a systemd unit is one that the program takes."""
    text = files("config").joinpath("deploy", unit).read_text("utf-8")
    [command] = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    words = shlex.split(command)[1:]
    parser = argparse.ArgumentParser()
    {"run": run, "backup": backup_command}[words[0]].add_arguments(parser)
    parsed = parser.parse_args(words[1:])
    assert str(parsed.config) == "/etc/storefloor/site.toml"
    assert ("RestartPreventExitStatus=3" in text) == (unit == "storefloor.service")
