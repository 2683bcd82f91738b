"""The walk of docs/walk.md, command by command in a shell, against a running demo."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.mosquitto import needs_mosquitto
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import STOREFLOOR, Command
from tests.support.source import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.broker]

SHELL_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENOUGH = 3
"""Pieces to begin with: the demo's own customers buy too."""
SHOP_DAY_S = 120.0


def test_a_stranger_gets_from_the_demo_to_a_collected_piece_by_curl_alone(tmp_path: Path) -> None:
    """Every command of the page works as it stands there, and does what the page says."""
    needs_mosquitto()
    port = free_port()
    command = [STOREFLOOR, "demo", "--port", str(port)]
    with Command("demo", command, tmp_path / "demo.log", env={"TMPDIR": str(tmp_path)}) as demo:
        demo.launch()
        demo.until_said("Ctrl-C ends the demo.")
        gateway = f"http://127.0.0.1:{port}"
        key = next(line[5:] for line in demo.output.splitlines() if line.startswith("key: "))
        eventually(lambda: pieces(gateway, key) >= ENOUGH, "stock in the demo", SHOP_DAY_S, 0.25)
        told = walked({"GATEWAY": gateway, "KEY": key})
        demo.interrupt(with_group=False)
    stores, articles, first, explained, held, repeated, with_hold, own = told[:8]
    assert stores["items"][0]["id"] == "lyon-1"
    assert len(articles["items"]) == 3
    assert first["status"] in {"IN_STOCK", "LIMITED", "BACK_ROOM_ONLY"}
    assert explained["sku"] == first["sku"]
    assert (held["state"], held["lines"][0]["secured"]) == ("held", 1)
    assert repeated["id"] == held["id"]
    assert with_hold["quantities"]["reserved"] == 1
    assert own["quantities"]["reserved"] == 0
    states = ["confirmed", "picking", "ready", "collected", "collected"]
    assert [(one["id"], one["state"]) for one in told[8:13]] == [(held["id"], state) for state in states]
    assert [one["id"] for one in told[13]["items"]] == [held["id"]]
    log, *events, too_many, unknown = told[14:]
    assert {change["type"] for change in log["items"]} & {"availability", "reservation"}
    assert all(isinstance(event, dict) for event in events)
    assert (too_many["code"], too_many["shortfalls"][0]["requested"]) == ("insufficient_availability", 99)
    assert unknown["code"] == "unknown_sku"


def pieces(gateway: str, key: str) -> int:
    """Return how many of the walk's article may be promised."""
    path = f"{gateway}/v1/stores/lyon-1/availability/DEN-501-32"
    answer = httpx.get(path, headers={"Authorization": f"Bearer {key}"}, timeout=60.0)
    if answer.status_code != 200 or answer.json()["promise"]["pickup"] != "yes":
        return 0
    return int(answer.json()["quantities"]["available"])


def walked(environment: dict[str, str]) -> list[Any]:
    """Run all commands of the page in one shell; return the JSON of each answer, in order."""
    script = "".join(SHELL_BLOCK.findall((ROOT / "docs/walk.md").read_text("utf-8")))
    done = subprocess.run(
        ["/bin/sh", "-eu"],
        input=script,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.removeprefix("data: ") for line in done.stdout.splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{")]
