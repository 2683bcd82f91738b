"""The real InfluxDB of the tests, its translator, and every fault that can be ordered."""

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.influx_server import InfluxServer
from tests.support.influx_translator import V2_WRITE

LINE = "stock,store=lyon-1,sku=A,zone=front pieces=3i 1700000000000000001"


@pytest.fixture
def http(influx: InfluxServer) -> Iterator[httpx.Client]:
    """A client of the translator."""
    with httpx.Client(base_url=influx.url, timeout=10.0) as client:
        yield client


def write(http: httpx.Client, bucket: str, body: str | bytes, **extra: str) -> httpx.Response:
    """Write as InfluxDB 2 is written to."""
    params = {"bucket": bucket, "org": "any", "precision": "ns"}
    return http.post(V2_WRITE, params={**params, **extra}, content=body)


def test_what_is_written_in_version_2s_way_stands_in_a_real_influxdb(
    influx: InfluxServer, http: httpx.Client
) -> None:
    """To the nanosecond, with and without a retention policy; the same point again changes nothing."""
    database = influx.new_database()
    assert write(http, database, LINE).status_code == 204
    assert write(http, f"{database}/autogen", LINE).status_code == 204
    row = {"time": 1700000000000000001, "pieces": 3, "sku": "A", "store": "lyon-1", "zone": "front"}
    assert influx.query(database, "SELECT * FROM stock") == [row]


def test_zipped_bodies_and_other_precisions_are_taken(influx: InfluxServer, http: httpx.Client) -> None:
    """Gzip passes through; `us` is what 1.6 calls `u`."""
    database = influx.new_database()
    params = {"bucket": database, "precision": "us"}
    body = gzip.compress(b"stock pieces=1i 7")
    assert (
        http.post(V2_WRITE, params=params, content=body, headers={"Content-Encoding": "gzip"}).status_code
        == 204
    )
    assert influx.query(database, "SELECT pieces FROM stock") == [{"time": 7_000, "pieces": 1}]


def test_errors_are_those_of_a_real_server(influx: InfluxServer, http: httpx.Client) -> None:
    """An unknown bucket, a bad precision, and a partial write: the good lines of it are written."""
    assert write(http, "nowhere", LINE).status_code == 404
    assert write(http, "", LINE).status_code == 404
    assert write(http, "a", LINE, precision="h").status_code == 400
    database = influx.new_database()
    influx.write(database, "stock pieces=1i 1")
    partial = write(http, database, "stock pieces=2.5 2\nstock pieces=3i 3\nno line at all")
    assert partial.status_code == 400
    assert partial.json()["error"].startswith("partial write: field type conflict")
    assert [row["pieces"] for row in influx.query(database, "SELECT pieces FROM stock")] == [1, 3]


@pytest.mark.parametrize("shape", ["v2", "v3"])
def test_errors_can_be_told_as_newer_versions_do(
    influx: InfluxServer, http: httpx.Client, shape: str
) -> None:
    """The body is another, the status and what was written are the same."""
    database = influx.new_database()
    influx.translator.error_shape = "v2" if shape == "v2" else "v3"
    said = write(http, database, "stock pieces=1i 1\nno line at all")
    assert said.status_code == 400
    assert "error" in said.json() if shape == "v3" else said.json()["code"] == "invalid"
    assert len(influx.query(database, "SELECT pieces FROM stock")) == 1


def test_health_is_told_of_the_server_behind(influx: InfluxServer, http: httpx.Client) -> None:
    """Its version is that of the real one."""
    health = http.get("/health").json()
    assert health["status"] == "pass"
    assert health["version"].startswith("1.6")


def test_queries_pass_through(influx: InfluxServer, http: httpx.Client) -> None:
    """InfluxQL with bound parameters is answered by the server itself."""
    database = influx.new_database()
    influx.write(database, LINE)
    asked = {
        "db": database,
        "epoch": "ns",
        "q": "SELECT pieces FROM stock WHERE sku = $sku",
        "params": '{"sku":"A"}',
    }
    said = http.post("/query", data=asked).json()
    assert said["results"][0]["series"][0]["values"] == [[1700000000000000001, 3]]


def test_a_killed_server_is_not_there_and_comes_back_with_its_data(
    influx: InfluxServer, http: httpx.Client
) -> None:
    """kill -9: connections are refused; the same port and the same points afterwards."""
    database = influx.new_database()
    write(http, database, LINE)
    influx.kill()
    with pytest.raises(httpx.TransportError):
        write(http, database, LINE)
    influx.start()
    assert write(http, database, LINE).status_code == 204
    assert len(influx.query(database, "SELECT * FROM stock")) == 1


def test_a_busy_server_says_when_to_come_again(influx: InfluxServer, http: httpx.Client) -> None:
    """So many refusals with Retry-After, nothing written by them; other paths are answered."""
    database = influx.new_database()
    influx.translator.busy(429, retry_after_s=7, times=2)
    before = influx.translator.count(status=429)
    for _ in range(2):
        assert write(http, database, LINE).headers["Retry-After"] == "7"
        assert http.get("/health").status_code == 200
    assert influx.query(database, "SELECT * FROM stock") == []
    assert influx.translator.count(status=429) - before == 2
    assert write(http, database, LINE).status_code == 204


def test_an_answer_can_be_lost_after_the_write(influx: InfluxServer, http: httpx.Client) -> None:
    """The connection ends without an answer, and the points stand: the asker cannot know."""
    database = influx.new_database()
    influx.translator.lose_answers()
    with pytest.raises(httpx.TransportError):
        write(http, database, LINE)
    assert len(influx.query(database, "SELECT * FROM stock")) == 1


def test_a_slow_server_keeps_its_asker_waiting(influx: InfluxServer, http: httpx.Client) -> None:
    """An asker that waits less has no answer; once healed, answers go out at once."""
    database = influx.new_database()
    influx.translator.slow(600.0)
    with pytest.raises(httpx.ReadTimeout):
        http.get("/health", timeout=0.05)
    influx.translator.heal()
    started_s = time.monotonic()
    assert write(http, database, LINE).status_code == 204
    assert time.monotonic() - started_s < 300.0


def test_a_server_with_auth_knows_its_token(tmp_path: Path) -> None:
    """`Token user:password` is who may write; without it, or with another, nobody may."""
    with InfluxServer(tmp_path, has_auth=True) as server, httpx.Client(base_url=server.url) as http:
        database = server.new_database()
        assert write(http, database, LINE).status_code == 401
        for token, status in (("storefloor:wrong", 401), ("no-user", 401), (server.token, 204)):
            http.headers["Authorization"] = f"Token {token}"
            assert write(http, database, LINE).status_code == status
        assert len(server.query(database, "SELECT * FROM stock")) == 1
