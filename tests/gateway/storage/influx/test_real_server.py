"""What is written stands in a real InfluxDB, and a real InfluxDB's refusals are understood."""

import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.movements import LevelPoint
from gateway.storage.influx.client import InfluxClient
from gateway.storage.influx.errors import InfluxError, ServerAway, ServerDenies
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.ports import DeliveryRules
from gateway.storage.influx.sending import Sender
from gateway.storage.influx.settings import InfluxSettings
from gateway.storage.sqlite import SqliteStore
from tests.support.influx_server import InfluxServer
from tests.support.influx_translator import Fault
from tests.support.line_parser import Point, parse_lines
from tests.support.small_site import GTIN, T0, S, epc
from tests.support.told_shop import ToldShop
from tests.support.victoria_server import VictoriaServer

LINE = b"stock,store=s,sku=A,zone=z pieces=1i 1"


def lived(folder: Path, *, encodes: bool = True) -> ToldShop:
    """Return a shop that lived through some minutes: tags, scans, weights, a sale, a dead reader and alerts."""
    shop = ToldShop(folder, encodes=encodes)
    tees = [epc("TEE", n) for n in range(6)]
    shop.run(90, *tees)
    shop.scan("counter", GTIN["TOTE"])
    shop.weigh(1_500 + 3 * 420, 30)
    shop.sample()
    shop.run(60, *tees[:3], reader="rear")
    shop.tell("sale", sku="TEE", epc=tees[0])
    shop.alive.discard("paris")
    shop.run(120, *tees[1:])
    shop.sample()
    shop.run(2)
    return shop


@pytest.fixture
def told(tmp_path: Path) -> Iterator[ToldShop]:
    """A shop that lived, and told nobody yet."""
    shop = lived(tmp_path)
    yield shop
    shop.store.close()


def client(server: InfluxServer, bucket: str, timeout_s: float = 10.0) -> InfluxClient:
    """Return a client of one of the server's databases."""
    return InfluxClient(InfluxSettings(server.url, bucket, timeout_s=timeout_s))


def rows_of(server: InfluxServer, database: str) -> list[Point]:
    """Return every point of the database in the form of the lines that made it, by measurement and time."""
    tags = {"stock": {"store", "sku", "zone"}, "movement": {"store", "sku", "kind", "cause"},
            "alert": {"store", "type", "sku", "device"}, "reader": {"store", "reader", "role"},
            "kpi": {"store"}, "outbox": {"store"}}  # fmt: skip
    points = []
    for measurement, keys in tags.items():
        for row in server.query(database, f"SELECT * FROM {measurement}"):  # noqa: S608 - our own names
            at_ns = row.pop("time")
            said = {key: value for key, value in row.items() if value is not None}
            points.append(
                Point(
                    measurement,
                    {key: said[key] for key in keys & said.keys()},
                    {key: value for key, value in said.items() if key not in keys},
                    at_ns,
                )
            )
    return points


def by_place(points: list[Point]) -> list[tuple[object, ...]]:
    """Return points in a form and an order that can be compared; of several at one place the last."""
    last = {
        (p.measurement, tuple(sorted(p.tags.items())), p.at_ns): tuple(sorted(p.fields.items()))
        for p in points
    }
    return sorted((*place, fields) for place, fields in last.items())


def test_each_line_stands_in_a_real_influxdb_as_it_was_meant(told: ToldShop, influx: InfluxServer) -> None:
    """Every measurement, tag, field and time of a shop's life, read back by InfluxQL."""
    database = influx.new_database()
    meant = [p for batch in told.store.outbox_after(0, 10**6) for p in parse_lines(batch.body)]
    assert {p.measurement for p in meant} == {"stock", "movement", "alert", "reader", "kpi", "outbox"}
    report = told.deliver(client(influx, database))
    assert (report.sent, report.refused) == (len(meant), 0)
    assert by_place(rows_of(influx, database)) == by_place(meant)


def test_moving_to_influxdb_loses_nothing(tmp_path: Path, influx: InfluxServer) -> None:
    """A store that had none tells all that it keeps; the same as if there had been an InfluxDB all along."""
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    beside, moved = influx.new_database(), influx.new_database()
    with_it = lived(tmp_path / "with")
    with_it.deliver(client(influx, beside))
    without = lived(tmp_path / "without", encodes=False)
    without.store.close()
    without.store = SqliteStore.open(tmp_path / "without" / "s.db", synchronous="OFF", encoder=LineEncoder())
    report = without.deliver(client(influx, moved), DeliveryRules(batch_points=100))
    assert report.told_back > 0

    def kept(database: str) -> list[tuple[object, ...]]:
        """All but samples, and the journal's own id."""
        return by_place([
            Point(p.measurement, p.tags, {k: v for k, v in p.fields.items() if k != "journal"}, p.at_ns)
            for p in rows_of(influx, database) if p.measurement in {"stock", "movement", "alert"}
        ])  # fmt: skip

    assert kept(moved) == kept(beside)
    for shop in (with_it, without):
        shop.store.close()


def test_a_poisoned_line_is_found_by_a_real_servers_words(influx: InfluxServer) -> None:
    """Half a line, a float for an integer, a name too long: set aside with the server's reason, the rest stands."""
    database = influx.new_database()
    sender = Sender(client(influx, database))
    sender.send([LINE])
    bad = [
        b"no line at all",
        b"stock,store=s,sku=B,zone=z pieces=1.5 1",
        b"stock,store=s,sku=%s,zone=z pieces=1i 1" % (b"x" * 70_000),
        b"stock,store=s,sku=tail\\,zone=z pieces=1i 1",
    ]
    good = [b"stock,store=s,sku=G%d,zone=z pieces=%di 1" % (n, n) for n in range(40)]
    sent = sender.send([*good[:7], bad[0], *good[7:20], bad[1], *good[20:], bad[2]])
    assert sorted(line for line, _ in sent.refused) == sorted(bad[:3])
    assert all(reason for _, reason in sent.refused)
    rows = influx.query(database, "SELECT sku, pieces FROM stock WHERE sku =~ /^G/")
    assert sorted(row["pieces"] for row in rows) == list(range(40))


def test_a_tag_that_would_end_in_a_backslash_is_stored_as_it_was_meant(influx: InfluxServer) -> None:
    """A server took such a line once and kept nothing of it: the way in which we write it is kept."""
    database = influx.new_database()
    store_line = LineEncoder().encode([], [_level("tail\\"), _level("a,b=c d"), _level("%5C")], [])
    client(influx, database).write(store_line)
    skus = {row["sku"] for row in influx.query(database, "SELECT sku, pieces FROM stock")}
    assert skus == {"tail%5C", "a,b=c d", "%255C"}


def _level(sku: str) -> LevelPoint:
    return LevelPoint("s", sku, "z", 1, 1)


def test_what_a_server_no_longer_keeps_is_counted_and_not_searched_for(influx: InfluxServer) -> None:
    """A retention policy of a day: years of history are left out by it, in one request."""
    database = influx.new_database()
    influx.query("", f'CREATE RETENTION POLICY day ON "{database}" DURATION 1d REPLICATION 1')
    sender = Sender(client(influx, f"{database}/day"))
    old = [b"stock,store=s,sku=A,zone=z pieces=1i %d" % n for n in range(500)]
    sent = sender.send([*old, b"stock,store=s,sku=A,zone=z pieces=1i %d" % time.time_ns()])
    assert (sent.taken, sent.expired, sent.refused, sender.requests) == (1, 500, [], 1)


def test_errors_of_a_real_server_name_their_remedy(influx: InfluxServer, tmp_path: Path) -> None:
    """No such database, nobody there, no TLS there, no name, an answer too late."""
    with pytest.raises(ServerDenies, match="database not found") as missing:
        client(influx, "nowhere").write(LINE)
    assert "influxdb.bucket" in missing.value.remedy
    with pytest.raises(ServerAway, match="Connection refused"):
        InfluxClient(InfluxSettings("http://127.0.0.1:1", "x")).write(LINE)
    with pytest.raises(ServerDenies, match="TLS"):
        InfluxClient(InfluxSettings(influx.url.replace("http:", "https:"), "x")).write(LINE)
    database = influx.new_database()
    influx.translator.slow(20.0)
    with pytest.raises(ServerAway, match=r"no answer within 0\.2 s") as slow:
        client(influx, database, timeout_s=0.2).write(LINE)
    assert slow.value.was_slow
    influx.translator.heal()
    influx.translator.busy(503, retry_after_s=7, times=1)
    with pytest.raises(ServerAway) as busy:
        client(influx, database).write(LINE)
    assert busy.value.retry_after_s == 7.0
    influx.translator.order(Fault(status=413, body=b"too large", is_carried_out=False), 1)
    with pytest.raises(InfluxError, match="413"):
        client(influx, database).write(LINE)


def test_the_secret_stands_in_no_word_of_ours(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Right and wrong tokens against a server with auth: none in logs, repr, errors, or what a server echoes."""
    caplog.set_level(logging.DEBUG)
    with InfluxServer(tmp_path, has_auth=True) as server:
        database = server.new_database()
        right = InfluxSettings(server.url, database, token=server.token)
        said = [repr(right), str(right)]
        InfluxClient(right).write(LINE)
        assert len(server.query(database, "SELECT * FROM stock")) == 1
        for token in ("storefloor:wr0ng-passw0rd", "wr0ng-t0ken", "nobody:wr0ng-passw0rd"):
            wrong = InfluxSettings(server.url, database, token=token)
            with pytest.raises(ServerDenies) as denied:
                InfluxClient(wrong).write(LINE)
            assert "token_file" in denied.value.remedy
            said += [repr(wrong), str(denied.value), repr(denied.value), repr(denied.value.__context__)]
        said.append(caplog.text)
        echo = Fault(status=500, body=f"you sent {server.token}".encode(), is_carried_out=False)
        server.translator.order(echo, 1)
        with pytest.raises(ServerAway) as echoed:
            InfluxClient(right).write(LINE)
        said.append(str(echoed.value))
    for text in said:
        assert not re.search(r"wr0ng|with'quotes", text), text


def test_victoriametrics_takes_the_same_lines(victoria: VictoriaServer) -> None:
    """Another dialect of writing, verified through its export: each level is there, as stock_pieces."""
    at_ms = 1_700_000_000_000
    levels = [LevelPoint("shop-of-vm", f"SKU-{n % 5}", "front", (at_ms + n) * 10**6, n) for n in range(50)]
    sender = Sender(InfluxClient(InfluxSettings(victoria.url, "any")))
    assert sender.send(LineEncoder().encode([], levels, []).split(b"\n")).taken == 50
    samples = victoria.samples(store="shop-of-vm", __name__="stock_pieces")
    found = sorted((dict(labels)["sku"], dict(labels)["zone"], at, value) for labels, at, value in samples)
    assert found == sorted((p.sku, p.zone, p.at_ns // 10**6, float(p.pieces)) for p in levels)


# -- the dashboard -------------------------------------------------------------------------------------

DASHBOARD = json.loads(files("config").joinpath("grafana", "storefloor.json").read_text("utf-8"))


def queries() -> list[tuple[str, str]]:
    """Return (where, InfluxQL) of each query in the dashboard."""
    found = [
        (f"{panel['title']} {target['refId']}", target["query"])
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", ())
    ]
    found += [(v["name"], v["query"]) for v in DASHBOARD["templating"]["list"] if v["type"] == "query"]
    return found + [(a["name"], a["query"]) for a in DASHBOARD["annotations"]["list"]]


def as_grafana_asks(query: str) -> str:
    """Fill in what Grafana fills in: all stores, all articles, the shop's own hour."""
    filled = {
        "$timeFilter": f"time >= {T0 // 10**6}ms and time <= {(T0 + 3_600 * S) // 10**6}ms",
        "$__interval": "1m",
        "/^$store$/": "/^(lyon-1|paris-1)$/",
        "/^$sku$/": "/^(TEE|JEANS|CANDLE|TOTE)$/",
    }
    for mark, text in filled.items():
        query = query.replace(mark, text)
    assert not re.search(r"\$\w", query), f"a variable that nobody fills in: {query}"
    return query


def test_every_query_of_the_dashboard_finds_a_shops_data(told: ToldShop, influx: InfluxServer) -> None:
    """Each panel, variable and annotation runs on a real InfluxDB and gives rows."""
    database = influx.new_database()
    told.deliver(client(influx, database))
    assert len(queries()) >= 20
    empty = [where for where, query in queries() if not influx.query(database, as_grafana_asks(query))]
    assert empty == []


def test_the_dashboard_asks_for_documented_names_alone() -> None:
    """Each measurement and column that a query names stands in the schema of docs/influxdb.md."""
    page = Path(__file__).parents[4].joinpath("docs", "influxdb.md").read_text("utf-8")
    known = set(re.findall(r"`([a-z_]+)`", page))
    own = {"time"}
    for where, query in queries():
        aliases = set(re.findall(r'AS "([^"]+)"', query))
        assert set(re.findall(r'"([^"]+)"', query)) - aliases - own <= known, where


def test_the_dashboard_is_tied_to_no_installation() -> None:
    """Its data source is a variable, ids of panels are unique, and no panel covers another."""
    text = json.dumps(DASHBOARD)
    assert set(re.findall(r'"uid": "([^"]*)"', text)) == {"${datasource}", "storefloor"}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    cells = [
        (x, y)
        for panel in DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_without_an_influxdb_its_client_is_never_loaded(tmp_path: Path) -> None:
    """`storefloor run` without the table [influxdb] does not pay half a second for what it does not use."""
    look = "import sys, gateway.cli.serve, gateway.cli.run; print('influxdb_client' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )
