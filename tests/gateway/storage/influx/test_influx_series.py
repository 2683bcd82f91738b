"""Levels read back from a real InfluxDB: names that would break a statement, pages, and every failure."""

import ssl
import threading
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import trustme
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from gateway.movements import LevelPoint
from gateway.storage.influx.asking import Asking
from gateway.storage.influx.read_errors import SeriesRefused, SeriesTooLarge, SeriesUnavailable
from gateway.storage.influx.series import InfluxSeries
from gateway.storage.influx.settings import InfluxSettings
from gateway.storage.ports import HistoryStep
from tests.support.influx_series import series_on, writer_to
from tests.support.influx_server import InfluxServer
from tests.support.ports import free_port
from tests.support.victoria_server import VictoriaServer

BREAKING = [
    "a' OR \"store\" = 'b",
    "'; DROP MEASUREMENT stock; --",
    "\\",
    "\\'",
    "a\\",
    "%",
    "%5C",
    "x y,z=1",
    "é–漢🧵",
    '"',
    "$store",
    "/.*/",
    "a\nb",
    "",
]
NAMES = st.sampled_from(BREAKING) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
AT_NS = 1_700_000_000_000_000_000


@pytest.fixture
def series(influx: InfluxServer) -> InfluxSeries:
    """A series in an empty database."""
    return series_on(influx)


@given(st.sets(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=6))
@trying(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_is_read_back_as_itself_alone(
    shared_influx: InfluxServer, keys: set[tuple[str, str, str]]
) -> None:
    """Quotes, backslashes, statements within names: each series tells its own pieces, and no other's."""
    series = series_on(shared_influx)
    points = [LevelPoint(*key, AT_NS, number) for number, key in enumerate(sorted(keys))]
    series.append(points)
    assert set(series.latest_levels()) == set(points)
    assert set(series.latest_many(keys)) == set(points)
    for point in points:
        zones = {p.zone: p.pieces for p in points if (p.store, p.sku) == (point.store, point.sku)}
        assert series.levels_at(point.store, point.sku, AT_NS) == zones
        steps = series.history(point.store, point.sku, AT_NS, AT_NS + 10, 10, point.zone)
        assert steps == [HistoryStep(AT_NS, point.pieces, point.pieces, point.pieces)]


def test_half_a_character_is_no_name(series: InfluxSeries) -> None:
    """What is no text is said as a question mark, in lines and in questions alike: nothing breaks."""
    series.append([LevelPoint("lyon-1", "\ud800", "front", AT_NS, 3)])
    assert series.levels_at("lyon-1", "\ud800", AT_NS) == {"front": 3}


def test_pages_are_joined_without_seams(influx: InfluxServer) -> None:
    """Pages that end within an instant, where two zones change at once, lose and double nothing."""
    points = [
        LevelPoint("lyon-1", "A", zone, AT_NS + 10 * i, pieces)
        for i in range(20)
        for zone, pieces in (("front", i), ("back", 40 - i))
    ]
    whole = series_on(influx)
    whole.append(points)
    expected = whole.history("lyon-1", "A", AT_NS, AT_NS + 200, 10)
    assert [(step.minimum, step.maximum) for step in expected] == [(40, 40)] * 20
    database = whole._asking.settings.bucket
    for page_points in (3, 4, 7, 39, 40, 41):
        paged = series_on(influx, database, page_points=page_points)
        assert paged.history("lyon-1", "A", AT_NS, AT_NS + 200, 10) == expected
    with pytest.raises(SeriesTooLarge, match="A in lyon-1"):
        series_on(influx, database, page_points=2).history("lyon-1", "A", AT_NS, AT_NS + 200, 10)


def test_more_changes_than_an_answer_may_hold_are_refused(influx: InfluxServer) -> None:
    """Too large, with what to do: never a part taken for all."""
    series = series_on(influx, page_points=5, max_points=12)
    series.append([LevelPoint("lyon-1", "A", "front", AT_NS + i, i) for i in range(30)])
    with pytest.raises(SeriesTooLarge, match="shorter time"):
        series.history("lyon-1", "A", AT_NS, AT_NS + 100, 1)
    assert len(series.history("lyon-1", "A", AT_NS, AT_NS + 12, 1)) == 12


def test_more_series_than_one_question_names(series: InfluxSeries) -> None:
    """They are asked for in several questions; unknown ones are left out."""
    points = [LevelPoint("lyon-1", f"SKU-{i}", "front", AT_NS, i) for i in range(95)]
    series.append(points)
    keys = [(p.store, p.sku, p.zone) for p in points]
    assert set(series.latest_many([*keys, ("lyon-1", "none", "front")])) == set(points)
    assert series.latest_many([]) == []


def test_a_server_that_is_gone_is_named(influx: InfluxServer) -> None:
    """Nothing listens: unavailable, with the address and what to do, and no token."""
    settings = InfluxSettings(f"http://127.0.0.1:{free_port()}", "shop", token="user:secret")
    with pytest.raises(SeriesUnavailable, match=r"127\.0\.0\.1.*InfluxDB.*see that") as gone:
        Asking(settings).rows("SELECT 1")
    assert "secret" not in f"{gone.value} {settings!r}"


def test_a_server_that_is_busy_is_unavailable(influx: InfluxServer) -> None:
    """503 is for later, 401 for the operator."""
    series = series_on(influx)
    influx.translator.busy(503, path="/query", times=1)
    with pytest.raises(SeriesUnavailable, match="503"):
        series.latest_levels()
    influx.translator.busy(401, path="/query", times=1)
    with pytest.raises(SeriesRefused, match=r"401.*token"):
        series.latest_levels()
    assert series.latest_levels() == []


def test_a_slow_server_is_given_up(influx: InfluxServer) -> None:
    """No answer within the time: unavailable."""
    series = series_on(influx, timeout_s=0.1)
    influx.translator.slow(30.0)
    with pytest.raises(SeriesUnavailable, match="no answer"):
        series.latest_levels()


def test_pages_of_one_history_share_its_time(influx: InfluxServer) -> None:
    """A server that takes half the time for each page is given up at the second or third, not after the last."""
    series = series_on(influx, page_points=5, timeout_s=0.5)
    series.append([LevelPoint("lyon-1", "A", "front", AT_NS + i, i) for i in range(100)])
    influx.translator.slow(0.25, path="/query")
    asked = influx.translator.taken("/query")
    with pytest.raises(SeriesUnavailable, match="InfluxDB gives no answer"):
        series.history("lyon-1", "A", AT_NS, AT_NS + 100, 1)
    assert influx.translator.taken("/query") - asked <= 3


def test_a_question_ends_when_the_series_is_closed(influx: InfluxServer) -> None:
    """A stop does not wait for a slow server; afterwards nothing is asked."""
    series = series_on(influx, timeout_s=60.0)
    influx.translator.slow(60.0)
    asked = influx.translator.taken("/query")
    raised: list[Exception] = []

    def ask() -> None:
        try:
            series.latest_levels()
        except SeriesUnavailable as error:
            raised.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while influx.translator.taken("/query") == asked:
        time.sleep(0.005)
    series.close()
    series.close()
    thread.join(10.0)
    assert len(raised) == 1
    with pytest.raises(SeriesUnavailable, match="stops"):
        series.latest_levels()


def test_a_series_that_was_opened_to_read_writes_nothing(influx: InfluxServer) -> None:
    """The gateway's history is read so: it writes by its outbox alone."""
    series = InfluxSeries(Asking(InfluxSettings(influx.url, influx.new_database())))
    with pytest.raises(RuntimeError, match="read alone"):
        series.append([LevelPoint("lyon-1", "A", "front", AT_NS, 3)])


def test_an_unknown_database_is_refused(influx: InfluxServer) -> None:
    """With the server's own words, and where to look."""
    with pytest.raises(SeriesRefused, match=r"database not found.*\[influxdb\]"):
        series_on(influx, "nowhere").latest_levels()


def test_a_retention_policy_is_part_of_the_bucket(influx: InfluxServer) -> None:
    """`database/policy` is asked as 2.x maps it."""
    database = influx.new_database()
    influx.query("", f'CREATE RETENTION POLICY "year" ON "{database}" DURATION 53w REPLICATION 1')
    point = LevelPoint("lyon-1", "A", "front", time.time_ns(), 3)
    written = series_on(influx, f"{database}/year")
    written.append([point])
    assert written.latest_levels() == [point]
    assert series_on(influx, database).latest_levels() == []


def test_a_server_that_knows_no_influxql_is_refused(victoria: VictoriaServer) -> None:
    """VictoriaMetrics answers 200 to anything: what it says is not taken for no stock."""
    series = InfluxSeries(Asking(InfluxSettings(victoria.url, "shop")))
    with pytest.raises(SeriesRefused, match="databases"):
        series.latest_levels()


def test_what_is_asked_fits_into_a_url(influx: InfluxServer) -> None:
    """Forty series with the longest names that an article and a zone may have stay below 16 KB."""
    asked = influx.translator
    series = series_on(influx)
    keys = [("s" * 32, f"{i:064}", "z" * 32) for i in range(40)]
    assert series.latest_many(keys) == []
    assert asked.longest_target < 16_384


def test_points_of_others_in_the_measurement_are_passed_over(influx: InfluxServer) -> None:
    """Points without a zone, from some other program, are not counted into ours."""
    database = influx.new_database()
    writer_to(influx, database)(f"stock,store=lyon-1,sku=A pieces=9i {AT_NS}".encode())
    series = series_on(influx, database)
    series.append([LevelPoint("lyon-1", "A", "front", AT_NS, 3)])
    assert series.levels_at("lyon-1", "A", AT_NS) == {"front": 3}
    assert [s.maximum for s in series.history("lyon-1", "A", AT_NS, AT_NS + 1, 1)] == [3]
    assert [p.pieces for p in series.latest_levels()] == [3]


def test_https_is_spoken_with_a_server_of_the_named_authority_alone(tmp_path: Path) -> None:
    """With its ca_file it is read, with auth; without, or for another name, nothing is asked of it."""
    authority, other = trustme.CA(), trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with InfluxServer(tmp_path, has_auth=True, tls=tls) as server:
        settings = InfluxSettings(server.url, server.new_database(), token=server.token)
        for ca, is_trusted in ((authority, True), (other, False), (None, False)):
            ca_file = None
            if ca is not None:
                ca_file = str(tmp_path / "ca.pem")
                ca.cert_pem.write_to_path(ca_file)
            asking = Asking(replace(settings, ca_file=ca_file))
            if is_trusted:
                assert asking.rows("SELECT last(pieces) FROM stock") == []
            else:
                with pytest.raises(SeriesUnavailable, match=r"certificate.*verify"):
                    asking.rows("SELECT last(pieces) FROM stock")
        named = settings.url.replace("127.0.0.1", "localhost")
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        with pytest.raises(SeriesUnavailable, match="certificate"):
            Asking(replace(settings, url=named, ca_file=str(tmp_path / "ca.pem"))).rows("SELECT 1")


def test_a_client_without_a_token_reads_where_none_is_asked_for(influx: InfluxServer) -> None:
    """A server without auth needs no token."""
    database = influx.new_database()
    assert httpx.get(influx.url + "/ping").status_code == 204
    assert InfluxSeries(Asking(InfluxSettings(influx.url, database))).latest_levels() == []
