"""A customer's reference and the day's figures, over a kill: with a real gateway, its file, its log and its webhooks."""

import subprocess
from pathlib import Path
from typing import Any

from tests.support.hook_receiver import HookReceiver
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import STOREFLOOR, Gateway

REF = "cart-7f3a9c0e51d2"
SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
[catalogue]
csv = "articles.csv"
[webhooks]
allow_networks = ["127.0.0.0/8"]
allow_http = true
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
"""


def files_with(folder: Path, text: str) -> list[str]:
    """Return the files under a folder in whose raw bytes a text stands."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in paths if text.encode() in path.read_bytes()]


def test_a_reference_stands_in_the_store_alone_and_is_erased_beside_the_gateway(tmp_path: Path) -> None:
    """Held, told to a web shop's system, killed, erased while the gateway works: no byte is left, and figures are."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text(
        "sku,name_en,tracked_by,department\nMUG,Mug,count,=home\n", "utf-8"
    )
    with HookReceiver() as receiver, Gateway(site, port) as gateway:
        gateway.make_key("admin")
        gateway.start()
        hook = {"url": f"http://127.0.0.1:{receiver.port}/stock", "stores": ["lyon-1"]}
        made = gateway.http.post("/v1/webhook-endpoints", json=hook, headers={"Idempotency-Key": "hook"})
        assert made.status_code == 201, made.text
        received = {
            "event_id": "1",
            "type": "receive",
            "store": "lyon-1",
            "sku": "MUG",
            "qty": 3,
            "zone": "front",
        }
        gateway.post("/v1/events", {"events": [received | {"at": "2026-11-21T08:00:00Z"}]})
        asked: dict[str, Any] = {"store": "lyon-1", "lines": [{"sku": "MUG", "qty": 1}], "channel": "web"}
        asked["owner_ref"] = REF
        held = gateway.http.post("/v1/reservations", json=asked, headers={"Idempotency-Key": "hold"})
        assert held.json()["owner_ref"] == REF
        eventually(lambda: any("reservation" in h.body["type"] for h in receiver.taken), "the hold, told on")
        assert not [hook for hook in receiver.came if REF in str(hook.body)]
        gateway.kill()
        gateway.start()
        again = gateway.http.post("/v1/reservations", json=asked, headers={"Idempotency-Key": "hold"})
        assert (again.json()["id"], again.json()["owner_ref"]) == (held.json()["id"], REF)
        assert files_with(tmp_path / "data", REF)
        command = [STOREFLOOR, "privacy", "erase", "--owner", REF, "--config", str(site)]
        erased = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
        assert (erased.returncode, "owner_ref of 1 reservations" in erased.stdout) == (0, True), erased.stderr
        assert files_with(tmp_path / "data", REF) == []
        confirmed = gateway.http.post(f"/v1/reservations/{held.json()['id']}/confirm", json={})
        assert confirmed.status_code == 200
        assert gateway.get(f"/v1/reservations/{held.json()['id']}")["owner_ref"] is None
        assert files_with(tmp_path / "data", REF) == []
        [audited] = gateway.get("/v1/audit", action="privacy.erase")["items"]
        assert REF not in str(audited)
        [row] = gateway.get("/v1/kpis", store="lyon-1", by="department")["items"]
        assert (row["department"], row["reservations"]["made"]) == ("=home", 1)
        table = gateway.http.get("/v1/kpis?by=department&format=csv").text
        assert table.splitlines()[1].startswith("lyon-1,'=home,")
    assert files_with(tmp_path, REF) == []
