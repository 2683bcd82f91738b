"""A backup under load, a kill, a restore: answers, keys and streams afterwards. Real processes, a minute per second."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.movements import MovementKind
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, STOREFLOOR, Gateway, ShopClockOrigin
from tests.support.scripted_devices import COUNTED, FRONT, TAGGED, Scripted, epc, write_site
from tests.support.sse import EventListener
from tests.support.stored import stored

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SPEED = 60.0
TAGS = [epc(TAGGED[0], 100 + number) for number in range(20)]
EVERY_S = 0.1
BLIND_NS = 150 * 10**9
"""Shop time without any read after the restore: time that is no silence either."""


def told(*arguments: str) -> str:
    """Run a command of storefloor; return what it says."""
    done = subprocess.run([STOREFLOOR, *arguments], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def received(number: int) -> dict[str, Any]:
    """Return an event that puts one counted piece on stock."""
    more = {"store": "lyon-1", "sku": COUNTED, "zone": "front", "at": "2026-11-21T08:00:00Z"}
    return {"event_id": f"e{number}", "type": "receive", **more}


class Load:
    """Reads of all tags and a till's events, each on a thread; `acknowledged` counts the events answered."""

    def __init__(self, gateway: Gateway, devices: Scripted) -> None:
        self.acknowledged = 0
        self.begun = 0
        self._gateway, self._devices = gateway, devices
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._tell)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._devices.see(TAGS, FRONT)

    def _tell(self) -> None:
        with httpx.Client(
            base_url=self._gateway.url, headers=self._gateway.http.headers, timeout=60.0
        ) as http:
            while not self._stop.is_set():
                self.begun += 1
                try:
                    answer = http.post("/v1/events", json={"events": [received(self.begun)]})
                except httpx.TransportError:
                    return  # killed: what was begun was not acknowledged
                assert answer.json()["results"][0]["outcome"] == "applied", answer.text
                self.acknowledged += 1

    def close(self) -> None:
        """End both."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30.0)


@contextmanager
def under_load(gateway: Gateway, devices: Scripted) -> Iterator[Load]:
    """Give a load that ends with the context."""
    load = Load(gateway, devices)
    try:
        yield load
    finally:
        load.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker."""
    made = Mosquitto(tmp_path)
    made.start()
    yield made
    made.stop()


def exported(*arguments: str) -> list[dict[str, Any]]:
    """Return the rows of an exported journal."""
    return [json.loads(line) for line in told("export", "journal", *arguments).splitlines()]


def test_a_restored_gateway_knows_what_the_backup_knew(tmp_path: Path, broker: Mosquitto) -> None:
    """Backed up under load, killed later, restored: levels and tags of the backup, keys that work, streams that
    are reset, no departure for the time between; and what is told again since then is applied once.
    """
    api_port = free_port()
    clock = ShopClockOrigin.starting_in(0.0, SPEED)
    site, backup = write_site(tmp_path, api_port, broker.port), tmp_path / "it.backup"
    with Gateway(site, api_port, clock) as gateway, PlainMqtt(broker.port, "scripted") as mqtt:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        devices = Scripted(mqtt, clock)
        with under_load(gateway, devices) as load:
            eventually(lambda: on_hand(gateway, TAGGED[0]) == len(TAGS), "all tags to be stock")
            eventually(lambda: load.acknowledged > 20, "the till to be heard")
            before = load.acknowledged
            said = told("backup", "--config", str(site), "--to", str(backup))
            after = load.begun
            eventually(lambda: load.acknowledged > after + 20, "the till to go on")
            stream = EventListener(gateway.url, gateway.key)
            eventually(lambda: any(e.id for e in stream.events), "an event with an id")
            last_id = next(e.id for e in stream.events if e.id)
            gateway.kill()
            stream.close()
        lived = stored(gateway.store_path)
        assert "with the secret of the API keys" in said
        assert lived.journal_id in said

        said = told("restore", "--config", str(site), "--from", str(backup))
        aside = said.split("aside     ")[1].split("\n")[0]
        kept = stored(gateway.store_path).on_hand()
        assert before <= kept[COUNTED] <= after
        assert kept[TAGGED[0]] == len(TAGS)

        gateway.start()
        began_ns = clock.now_ns()
        assert on_hand(gateway, COUNTED) == kept[COUNTED]
        assert on_hand(gateway, TAGGED[0]) == len(TAGS)
        stream = EventListener(gateway.url, gateway.key, last_event_id=last_id)
        eventually(lambda: stream.of("reset"), "the stream to be reset")
        stream.close()
        eventually(lambda: clock.now_ns() > began_ns + BLIND_NS, "minutes without a read")
        now = stored(gateway.store_path)
        assert now.journal_id not in {lived.journal_id, ""}
        assert not [e for e in now.entries if e.movement.kind is MovementKind.DEPARTED]

        outcomes = [
            outcome
            for first in range(0, load.acknowledged, 500)
            for outcome in outcomes_of(gateway, range(first + 1, min(first + 500, load.acknowledged) + 1))
        ]
        assert outcomes.count("duplicate") == kept[COUNTED]
        assert on_hand(gateway, COUNTED) == load.acknowledged

        old = [row for row in exported("--config", str(site)) if row["journal"] == lived.journal_id]
        all_of_it = exported("--file", aside)
        assert [row["seq"] for row in all_of_it] == [entry.seq for entry in lived.entries]
        assert 0 < len(old) < len(all_of_it)
        assert old == all_of_it[: len(old)]
        assert gateway.stop() == 0
        since = tmp_path / "since.csv.gz"
        told("export", "journal", "--file", aside, "--out", str(since))
        said = told("import", "journal", str(since), "--config", str(site))
        assert f"{len(all_of_it) - len(old):,} added, 0 replaced, {len(old):,} were there" in said
        whole = [row for row in exported("--config", str(site)) if row["journal"] == lived.journal_id]
        assert whole == all_of_it
        assert stored(gateway.store_path).on_hand()[COUNTED] == load.acknowledged


def outcomes_of(gateway: Gateway, numbers: range) -> list[str]:
    """Tell events once more; return what became of each."""
    answer = gateway.post("/v1/events", {"events": [received(number) for number in numbers]})
    return [result["outcome"] for result in answer["results"]]


def on_hand(gateway: Gateway, sku: str) -> int:
    """Return what the API says of an article."""
    return int(gateway.stock([sku])[sku]["quantities"]["on_hand"])
