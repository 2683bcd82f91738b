"""What a gateway says and does when its disk fails it: real processes, a real disk of a few MB."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from gateway.cli import main
from gateway.storage.ports import Commit
from gateway.storage.sqlite import SqliteStore
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import Gateway
from tests.support.small_disk import SmallDisk, small_disk
from tests.support.stores import movement

pytestmark = pytest.mark.slow

SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
requests_per_s = 1_000_000
requests_burst = 10_000_000
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
"""
ARTICLES = "sku,gtin,name_en,tracked_by\nTOTE,03012345000123,Tote bag,count\n"
DISK_MB = 6
EVENTS_PER_POST = 50
EXIT_USAGE, EXIT_DAMAGED = 2, 3


def written_site(folder: Path) -> Gateway:
    """Write a site that needs no broker; return its gateway."""
    port = free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (folder / "articles.csv").write_text(ARTICLES, "utf-8")
    return Gateway(site, port)


def received(number: int) -> dict[str, Any]:
    """Return an event that puts one piece on stock."""
    event_id, at = f"e{number}", "2026-11-21T08:00:00Z"
    return {
        "event_id": event_id,
        "type": "receive",
        "store": "lyon-1",
        "sku": "TOTE",
        "zone": "front",
        "at": at,
    }


def on_hand(gateway: Gateway) -> int:
    """Return what is said of the article."""
    return int(gateway.stock(["TOTE"])["TOTE"]["quantities"]["on_hand"])


def readiness(gateway: Gateway) -> str:
    """Return the answer of /readyz as text."""
    return gateway.http.get("/readyz").text


class Till:
    """Tells events on a thread, batch after batch, and keeps those that were acknowledged."""

    def __init__(self, gateway: Gateway) -> None:
        self.acknowledged: list[str] = []
        self.told = 0
        self._stop = threading.Event()
        self._http = httpx.Client(base_url=gateway.url, headers=gateway.http.headers, timeout=60.0)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while not self._stop.is_set():
            batch = [received(self.told + number) for number in range(EVENTS_PER_POST)]
            self.told += len(batch)
            answer = self._http.post("/v1/events", json={"events": batch})
            self.acknowledged += [
                r["event_id"] for r in answer.json()["results"] if r["outcome"] == "applied"
            ]

    def close(self) -> None:
        """End, after the batch that is under way."""
        self._stop.set()
        self._thread.join(60.0)
        self._http.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A small disk where the site's store goes."""
    with small_disk(tmp_path / "data", DISK_MB) as made:
        yield made


def test_a_full_disk_stops_acknowledgements_and_nothing_else(tmp_path: Path, disk: SmallDisk) -> None:
    """Look-ups are answered and the reason is told; once there is room it goes on by itself, and nothing that was
    acknowledged is lost, nor doubled, then or over a kill.
    """
    with written_site(tmp_path) as gateway:
        gateway.make_key("availability:read", "availability:exact", "ingest:write")
        gateway.start()
        with contextlib.closing(Till(gateway)) as till:
            eventually(lambda: len(till.acknowledged) > EVENTS_PER_POST, "the till to be heard")
            disk.fill()
            eventually(lambda: gateway.metric("storefloor_store_failing") == 1, "the disk to be full")
            at_full = len(till.acknowledged)
            assert "full" in readiness(gateway)
            assert "free space" in readiness(gateway)
            assert gateway.http.get("/livez").status_code == 200
            assert at_full <= on_hand(gateway) <= till.told
            assert len(till.acknowledged) == at_full
            disk.free()
            eventually(lambda: gateway.metric("storefloor_store_failing") == 0, "it to go on by itself")
            eventually(
                lambda: len(till.acknowledged) > at_full + EVENTS_PER_POST, "acknowledgements to go on"
            )
        assert gateway.http.get("/readyz").status_code == 200
        gateway.kill()
        gateway.start()
        assert on_hand(gateway) == till.told == len(till.acknowledged)
        again = gateway.post("/v1/events", {"events": [received(0), received(till.told - 1)]})
        assert [result["outcome"] for result in again["results"]] == ["duplicate", "duplicate"]


def test_a_backup_onto_a_full_disk_harms_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused with what to do, and leaves no file; on the store's own disk too, until there is room again."""
    with small_disk(tmp_path / "data", DISK_MB) as disk, written_site(tmp_path) as gateway:
        SqliteStore.open(gateway.store_path).close()
        backup = ["backup", "--config", str(gateway.site)]
        with small_disk(tmp_path / "stick", 1) as stick:
            stick.fill()
            assert main([*backup, "--to", f"{stick.folder}/it.backup"]) == EXIT_USAGE
            told = capsys.readouterr().err
            assert f"{stick.folder}/it.backup" in told
            assert "--to" in told
            assert [path.name for path in stick.folder.iterdir()] == ["filler"]
        disk.fill()
        assert main(backup) == EXIT_USAGE
        disk.free()
        assert main(backup) == 0


def test_a_read_only_disk_is_refused_at_the_start(tmp_path: Path, disk: SmallDisk) -> None:
    """Not at the first sale: the file system is named, and what to do."""
    with written_site(tmp_path) as gateway:
        SqliteStore.open(gateway.store_path).close()
        disk.make_read_only()
        ended = said(gateway.arguments)
        assert ended.returncode == EXIT_USAGE
        assert str(disk.folder) in ended.stderr
        assert "write access" in ended.stderr


def said(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(arguments, capture_output=True, text=True, timeout=200.0, check=False)


def flipped(path: Path) -> None:
    """Overwrite pages in the middle with noise."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle : middle + 8192] = Random(1).randbytes(8192)
    path.write_bytes(content)


def test_a_damaged_store_is_refused_with_the_way_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No start on silent loss, but one message with the file, what is wrong and the very command that puts the
    newest backup back; which it then does.
    """
    with written_site(tmp_path) as gateway:
        store = SqliteStore.open(gateway.store_path, synchronous="OFF")
        store.commit(Commit(1, movements=[movement(note="x" * 200) for _ in range(400)]))
        store.close()
        assert main(["backup", "--config", str(gateway.site)]) == 0
        flipped(gateway.store_path)
        ended = said(gateway.arguments)
        assert ended.returncode == EXIT_DAMAGED, ended.stderr
        what, way_back = ended.stderr.strip().splitlines()
        assert str(gateway.store_path) in what
        assert main(way_back.split("here: storefloor ")[1].split()) == 0
        assert "new: streams are reset" in capsys.readouterr().out
    store = SqliteStore.open(gateway.store_path)
    assert store.last_seq("lyon-1") == 0
    store.close()
