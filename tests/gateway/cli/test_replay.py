"""`storefloor replay`: lines in, rows out, as docs/replay.md says."""

import gzip
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from simulators.epc import sgtin96

STOREFLOOR = Path(sys.executable).with_name("storefloor")
SITE = Path(__file__).parents[2] / "scenarios" / "return" / "gateway.toml"
NOON = "2026-11-21T12:"


def at(second: float) -> str:
    """Return the time of a second after noon."""
    return f"{NOON}{int(second) // 60:02d}:{second % 60:06.3f}Z"


def line(second: float, kind: str, **fields: Any) -> str:
    """Return a line received half a second after it happened."""
    return json.dumps({"at": at(second - 0.5), "received": at(second), "kind": kind} | fields)


def replayed(folder: Path, lines: list[str], *options: str) -> tuple[list[Any], list[Any], int]:
    """Return the rows of levels and of items, and the exit code."""
    source, levels, items = folder / "obs.jsonl", folder / "levels.jsonl", folder / "items.jsonl"
    source.write_text("\n".join(lines) + "\n")
    words = [
        "replay",
        "--config",
        str(SITE),
        "--input",
        str(source),
        "--levels",
        str(levels),
        "--items",
        str(items),
    ]
    code = main([*words, *options])
    return rows_of(levels.read_bytes()), rows_of(items.read_bytes()), code


def rows_of(data: bytes) -> list[Any]:
    """Return what lines of JSON say."""
    return [json.loads(text) for text in data.splitlines()]


def an_hour_of_shirts() -> list[str]:
    """Return lines: three shirts lie on the floor, one of them is sold by name after ten minutes."""
    shirts = [sgtin96("03012345000055", 7, n) for n in (1, 2, 3)]
    lines = []
    for second in range(1, 1_500, 4):
        lines += [line(second, "heartbeat", reader="front"), line(second, "heartbeat", reader="rear")]
        lines += [
            line(second, "read", reader="front", antenna=1, epc=epc.lower(), rssi_dbm=-55.5)
            for epc in (shirts[1:] if second > 600 else shirts)
        ]
        if second == 601:
            lines.append(line(second, "sale", store="lyon-1", sku="TEE", epc=shirts[0], event_id="s-1"))
    return lines


def test_levels_and_items_are_told_as_they_change(tmp_path: Path) -> None:
    """Rows bear the documented fields at multiples of `every`; the last ones are what is so at the end."""
    levels, items, code = replayed(tmp_path, an_hour_of_shirts())
    assert code == 0
    assert list(levels[-1]) == [
        "at",
        "store",
        "sku",
        "on_hand",
        "zones",
        "expected",
        "p_at_least_1",
        "status",
    ]
    assert list(items[-1]) == ["at", "epc", "zone", "p"]
    assert all(row["at"].endswith(("0Z", "5Z")) for row in levels + items)
    assert [row["at"] for row in levels] == sorted(row["at"] for row in levels)
    assert (levels[-1]["on_hand"], levels[-1]["zones"]) == (2, {"floor": 2})
    last = {row["epc"]: row["zone"] for row in items}
    assert sorted(last.values(), key=str) == [None, "floor", "floor"]
    assert all(0 <= row["p_at_least_1"] <= 1 and row["expected"] >= 0 for row in levels)


def test_every_sets_the_times_of_rows(tmp_path: Path) -> None:
    """With --every 60 all rows are at whole minutes, and end as those of every 5 s do."""
    fine, _, _ = replayed(tmp_path, an_hour_of_shirts())
    coarse, _, _ = replayed(tmp_path, an_hour_of_shirts(), "--every", "60")
    assert all(row["at"].endswith(":00Z") for row in coarse)
    assert fine[-1] | {"at": ""} == coarse[-1] | {"at": ""}


def test_a_row_does_not_look_ahead(tmp_path: Path) -> None:
    """Lines that are received after T change no row up to T."""
    lines = an_hour_of_shirts()
    part = [text for text in lines if json.loads(text)["received"] <= at(700)]
    (levels, items, _), (few_levels, few_items, _) = replayed(tmp_path, lines), replayed(tmp_path, part)
    until = at(700)[:19] + "Z"
    assert [row for row in levels if row["at"] <= until] == few_levels
    assert [row for row in items if row["at"] <= until] == few_items


def test_the_order_of_lines_does_not_matter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lines out of the order of `received` are sorted, and that is said; the rows are the same."""
    lines = an_hour_of_shirts()
    straight = replayed(tmp_path, lines)
    assert "sorting" not in capsys.readouterr().err
    # Lines of one moment stay in their order: whole moments change places.
    moments: dict[str, list[str]] = {}
    for text in lines:
        moments.setdefault(json.loads(text)["received"], []).append(text)
    order = list(moments.values())
    random.Random(1).shuffle(order)
    assert replayed(tmp_path, [text for moment in order for text in moment]) == straight
    assert "sorting" in capsys.readouterr().err


def test_malformed_lines_are_refused_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each refused line is told with its number, reason and remedy, and all lines are accounted for."""
    lines = an_hour_of_shirts()
    bad = ["{", '{"kind":"read"}', json.dumps(json.loads(lines[2]) | {"epc": "3"}), "", "   "]
    straight = replayed(tmp_path, lines)
    capsys.readouterr()
    assert replayed(tmp_path, bad + lines) == straight
    said = capsys.readouterr().err
    assert "line 1: not_json: " in said
    assert "line 3: bad_field: 'epc' is '3'; write 4 to 124 hex digits" in said
    assert f"lines: {len(lines) + 3} = {len(lines)} taken + 3 refused" in said
    assert "observations: " in said


def test_a_file_of_nothing_but_faults_is_exit_1(tmp_path: Path) -> None:
    """Where no line could be taken the exit code is 1; a file without any line is an empty recording."""
    assert replayed(tmp_path, ["{", "}"])[2] == 1
    assert replayed(tmp_path, []) == ([], [], 0)


def test_from_and_until(tmp_path: Path) -> None:
    """--from leaves out rows alone, not lines; --until stops, or lets time go on."""
    lines = an_hour_of_shirts()
    whole, _, _ = replayed(tmp_path, lines)
    later, _, _ = replayed(tmp_path, lines, "--from", at(600), "--until", at(900))
    assert later
    assert at(600)[:19] <= later[0]["at"][:19] <= later[-1]["at"][:19] <= at(900)[:19]
    assert later[-1] in whole
    beyond, _, _ = replayed(tmp_path, lines, "--until", at(3_000))
    assert beyond[-1]["status"] == "UNKNOWN", "its reader is silent since half an hour"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--every", "0"], "--every"),
        (["--every", "nan"], "--every"),
        (["--from", "noon"], "--from"),
        (["--levels", "-", "--items", "-"], "standard output"),
        (["--input", "no-such-file"], "--input no-such-file cannot be read"),
        (["--levels", "no-such-folder/levels"], "--levels no-such-folder/levels cannot be written"),
    ],
)
def test_what_an_operator_got_wrong_is_exit_2(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option is refused with its name, before anything is read."""
    source = tmp_path / "obs.jsonl"
    source.write_text("")
    assert main(["replay", "--config", str(SITE), "--input", str(source), *options]) == 2
    assert said in capsys.readouterr().err


def test_the_same_lines_give_the_same_bytes(tmp_path: Path) -> None:
    """Two processes write the same bytes, from a file, from gzip and from pipes, to files and to standard output."""
    data = ("\n".join(an_hour_of_shirts()) + "\n").encode()
    plain, packed = tmp_path / "obs.jsonl", tmp_path / "obs.jsonl.gz"
    plain.write_bytes(data)
    packed.write_bytes(gzip.compress(data[:5_000]) + gzip.compress(data[5_000:]))
    results = set()
    for seed, source in enumerate((str(plain), str(packed), "-", "/dev/stdin")):
        levels, items = tmp_path / f"levels-{seed}.jsonl.gz", "-"
        done = subprocess.run(
            [STOREFLOOR, "replay", "--config", SITE, "--input", source, "--levels", levels, "--items", items],
            env=os.environ | {"PYTHONHASHSEED": str(seed)}, input=data, capture_output=True, check=True, timeout=200,
        )  # fmt: skip
        results.add((levels.read_bytes(), done.stdout))
    assert len(results) == 1
    packed_rows, rows = results.pop()
    assert rows_of(rows)
    assert rows_of(gzip.decompress(packed_rows))


def test_a_gzip_file_that_was_cut_is_read_up_to_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines up to the last flush are taken, and it is said that there were more."""
    source, packed = tmp_path / "obs.jsonl.gz", io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        out.write("\n".join(an_hour_of_shirts()[:100]).encode())
        out.flush()
        cut = packed.tell()
        out.write(b"\nnever seen")
    source.write_bytes(packed.getvalue()[: cut + 1])
    assert main(["replay", "--config", str(SITE), "--input", str(source)]) == 0
    said = capsys.readouterr().err
    assert "ends in the middle" in said
    assert "lines: 99 = 99 taken + 0 refused" in said, "the hundredth has no end"


def test_doubt_is_told_while_it_grows(tmp_path: Path) -> None:
    """An item that falls silent beside others that are read becomes doubtful row by row, not at its departure alone."""
    tee, jeans = sgtin96("03012345000055", 7, 1), sgtin96("03012345000017", 7, 1)
    lines = []
    for second in range(1, 1_800, 5):
        lines += [line(second, "heartbeat", reader=reader) for reader in ("front", "rear")]
        lines += [
            line(second, "read", reader="front", antenna=1, epc=epc, rssi_dbm=-55.5)
            for epc in ((tee, jeans) if second < 900 else (jeans,))
        ]
    levels, items, _ = replayed(tmp_path, lines)
    chances = [row["p_at_least_1"] for row in levels if row["sku"] == "TEE" and row["at"] > at(900)]
    assert len(chances) > 3
    assert chances == sorted(chances, reverse=True)
    assert any(0.2 < p < 0.99 for p in chances)
    assert (items[-1]["epc"], items[-1]["zone"]) == (tee, None)
    assert 0.5 < items[-1]["p"] <= 1
