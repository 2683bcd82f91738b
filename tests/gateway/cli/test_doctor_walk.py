"""`storefloor doctor --walk-test`, with a site's own readers and beside a running gateway."""

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators.tag_stream import epcs
from tests.support.played_device import STOREFLOOR, PlayedDevice

SITE = """
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "back", role = "back_room" }}, {{ id = "exit", role = "exit" }}]
[[readers]]
id = "m100-1"
kind = "m100"
store = "lyon-1"
port = "{port}"
region = "eu"
antennas = [{{ port = 1, zone = "front" }}]
"""


def doctor(*arguments: str, key: str = "") -> tuple[int, str, str]:
    environment = {**os.environ, "STOREFLOOR_KEY": key}
    command = [*STOREFLOOR, "doctor", "--walk-test", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, timeout=200, env=environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_tags_of_a_zone_are_told_by_how_often_they_are_heard(tmp_path: Path) -> None:
    """The site's own readers run: tags by their share, those that were expected and are missing, bare zones."""
    site, listed = tmp_path / "site.toml", tmp_path / "expected.txt"
    listed.write_text("\n".join([*epcs(6), "3034000000000000000000FF  a shirt that was stolen"]))
    with PlayedDevice(tmp_path, "m100", "--tags", "6", "--rate", "30") as device:
        site.write_text(SITE.format(port=device.path.name))
        code, said, _ = doctor("--config", str(site), "--expect", str(listed), "--seconds", "6", "--json")
    told: dict[str, Any] = json.loads(said)
    assert code == 1
    assert {tag["epc"]: tag["zone"] for tag in told["tags"]} == dict.fromkeys(epcs(6), "front")
    assert all(tag["share"] == 1 for tag in told["tags"])
    found = {finding["code"]: finding["text"] for finding in told["findings"]}
    assert set(found) == {"coverage", "unwatched", "missing"}
    assert "3034000000000000000000FF" in found["missing"]


def test_a_reader_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A port without a device is a problem by name, not an empty zone alone."""
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port="nowhere"))
    code, said, _ = doctor("--config", str(site), "--seconds", "0.5")
    assert code == 1
    assert "!! m100-1: " in said
    assert "no such port" in said


@contextmanager
def gateway(articles: list[dict[str, Any]], key: str) -> Iterator[str]:
    """An API that answers overviews to one key; yields its address."""

    class Overview(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = (
                self.headers["Authorization"] == f"Bearer {key}" and self.path == "/v1/overview?store=lyon-1"
            )
            now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            told = [
                {**article, "last_seen_at": now if article["last_seen_at"] else None} for article in articles
            ]
            body = {"now": now, "zones": [{"id": "front", "watched": True}], "devices": [], "articles": told}
            self.send_response(200 if allowed else 403)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Overview) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_beside_a_gateway_articles_are_told(tmp_path: Path) -> None:
    """A running gateway is asked with a key: its articles by how often they are heard."""
    articles = [
        {"sku": sku, "tracked_by": "tag", "zones": {"front": 2}, "last_seen_at": is_heard}
        for sku, is_heard in (("JEANS", True), ("SCARF", False))
    ]
    with gateway(articles, "secret") as url:
        code, said, _ = doctor("--url", url, "--store", "lyon-1", "--seconds", "1", key="secret")
        refused, _, why = doctor("--url", url, "--store", "lyon-1", "--seconds", "1", key="wrong")
    assert code == 1
    assert "front: 2 article(s), 1 heard steadily, 1 seldom: SCARF (0%)." in said
    assert (refused, "403" in why, "secret" in why) == (2, True, False)


def test_wrong_use_is_named(tmp_path: Path) -> None:
    """Without site or address, with a zone of no site, without a key: each is told."""
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port="nowhere"))
    for arguments, named in (
        ([], "--config"),
        (["--config", str(site), "--zone", "roof"], "roof"),
        (["--url", "http://127.0.0.1:1"], "STOREFLOOR_KEY"),
        (["--config", str(site), "--expect", str(site)], "one EPC a line"),
    ):
        code, _, said = doctor(*arguments)
        assert code == 2
        assert named in said
    code, _, said = doctor("--url", "ftp://x", key="k")
    assert (code, "http://" in said) == (2, True)
