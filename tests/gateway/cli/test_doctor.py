"""`storefloor doctor` as it is called, on ports with simulated devices behind them."""

import contextlib
import json
import os
import subprocess
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.config.file import parse_site
from tests.support.played_device import STOREFLOOR, PlayedDevice

SITE = '[[stores]]\nid = "your-store"\nname = "Lyon"\nzones = [{ id = "your-zone", role = "floor" }]\n'


def doctor(*arguments: str) -> tuple[int, str, str]:
    """Run the command; return its exit code, what it prints, and what it says beside."""
    done = subprocess.run([*STOREFLOOR, "doctor", *arguments], check=False, capture_output=True, timeout=200)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def as_json(*arguments: str) -> dict[str, dict[str, Any]]:
    """Return what is told of each port, by its file name."""
    _, said, _ = doctor(*arguments, "--json")
    return {Path(port["path"]).name: port for port in json.loads(said)["ports"]}


def codes(port: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in port["findings"]}


@contextlib.contextmanager
def silent_port(path: Path) -> Iterator[None]:
    """A port with nothing on it."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path.symlink_to(os.ttyname(theirs))
    yield
    os.close(ours)
    os.close(theirs)


def test_all_that_is_attached_is_found_in_one_go(tmp_path: Path) -> None:
    """Every kind of device on ports of its own: each is named, its tags read, its block good for a site."""
    kinds = ("m100", "uhfreader18", "uhfreader288", "cf", "r2000")
    with contextlib.ExitStack() as stack:
        for kind in kinds:
            stack.enter_context(PlayedDevice(tmp_path, kind, "--tags", "5", "--rate", "40"))
        stack.enter_context(PlayedDevice(tmp_path, "scanner", "--rate", "5"))
        stack.enter_context(silent_port(tmp_path / "silent"))
        ports = [f"--port={tmp_path / name}" for name in (*kinds, "scanner", "silent", "missing")]
        told = as_json(*ports, "--region", "us", "--seconds", "3")
    for kind in kinds:
        assert told[kind]["identity"]["kind"] == kind, told[kind]
        assert told[kind]["watched"]["tag_count"] == 5
        assert all(seen["reads"] > 3 for seen in told[kind]["watched"]["antennas"])
        assert not codes(told[kind]) & {"noise", "no_tags", "no_antenna", "fault"}
    assert told["scanner"]["identity"]["kind"] == "scanner"
    assert told["scanner"]["watched"]["codes"]
    assert codes(told["silent"]) == {"no_answer"}
    assert codes(told["missing"]) == {"port"}
    assert codes(told["m100"]) == {"found", "wrong_region"}
    blocks = [port["config"] for port in told.values() if port["config"]]
    site = parse_site("\n".join([SITE, *blocks]), "site.toml")
    assert {reader.kind for reader in site.readers} == set(kinds)


def test_what_is_wrong_is_said_in_words(tmp_path: Path) -> None:
    """A noisy cable, an empty shelf and a missing antenna: each is told, with what to do."""
    with (
        PlayedDevice(tmp_path, "m100", "--garbage", "0.4", "--corrupt", "0.1", "--rate", "60") as noisy,
        PlayedDevice(tmp_path, "m100", "--tags", "0", name="bare") as bare,
        PlayedDevice(tmp_path, "uhfreader288", "--antennas", "1", "2", "--dead-antenna", "1") as broken,
    ):
        ports = [f"--port={device.path}" for device in (noisy, bare, broken)]
        code, said, _ = doctor(*ports, "--seconds", "3")
        told = as_json(*ports, "--seconds", "3")
    assert code == 1
    assert "of the bytes are broken" in said
    assert "Hold a tag 20 cm before the antenna" in said
    assert "!! No antenna on port 1." in said
    assert "noise" in codes(told["m100"])
    assert "no_tags" in codes(told["bare"])
    assert "no_antenna" in codes(told["uhfreader288"])


def test_a_reader_is_left_as_it_was(tmp_path: Path) -> None:
    """A reader that works for itself is only listened to: it goes on afterwards as before."""
    with PlayedDevice(tmp_path, "cf", "--rate", "40") as device:
        first, second = (as_json(f"--port={device.path}", "--seconds", "1")["cf"] for _ in range(2))
    for told in (first, second):
        assert told["identity"]["speaks_first"]
        assert told["watched"]["tags"]
    assert first["identity"] == second["identity"]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["--seconds", "-1"], "--seconds"), (["--baud", "7"], "--baud"), (["--kind", "x"], "x")],
)
def test_wrong_use_is_exit_2(arguments: list[str], named: str) -> None:
    """Wrong use is named, and touches no port."""
    code, _, said = doctor(*arguments)
    assert code == 2
    assert named in said
