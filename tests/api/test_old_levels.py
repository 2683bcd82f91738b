"""A year of levels through the API: the newest of the store, the older of a real InfluxDB, as one history."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.times import rfc3339
from gateway.cli.old_levels import old_records
from gateway.config.influx import InfluxSection
from gateway.config.storage import StorageSection
from gateway.movements import LevelPoint
from gateway.records import Records
from gateway.storage.ports import Commit
from gateway.storage.retention import Pace, sweep_round
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.sqlite import SqliteStore
from tests.support.api_ports import NOW_NS, Floor
from tests.support.influx_series import series_on
from tests.support.influx_server import InfluxServer
from tests.support.level_model import LevelModel
from tests.support.stores import a_store

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"
QUARTER_NS = HOUR_NS // 4
NEWEST_NS = NOW_NS - NOW_NS % HOUR_NS
FIRST_NS = NEWEST_NS - 200 * DAY_NS
POINTS = [
    LevelPoint("lyon-1", "DEN-501-32", zone, FIRST_NS + at_ns, (place + days * 7) % 23)
    for days in range(200)
    for place, (zone, at_ns) in enumerate(
        [
            ("denim", days * DAY_NS + 3 * QUARTER_NS),
            ("back-room", days * DAY_NS + 3 * QUARTER_NS),
            ("denim", days * DAY_NS + 50 * QUARTER_NS),
        ]
    )
]


def sweep(store: SqliteStore) -> None:
    """Let go of what a site's file keeps by default no longer."""
    round_ = sweep_round(store._connection, StorageSection().retention(), NOW_NS, Pace(5_000))
    while store.housekeep(lambda _: next(round_, None)) is not None:
        store.forget_levels()


@contextmanager
def a_floor(server: InfluxServer) -> Iterator[Floor]:
    """Give an API over a store of 200 days, swept, with all of it in InfluxDB."""
    database = server.new_database()
    series_on(server, database).append(POINTS)
    with a_store() as store:
        store.commit(Commit(NOW_NS, levels=POINTS))
        sweep(store)
        section = InfluxSection(url=server.url, bucket=database, read_history=True, timeout_s=60)
        old = old_records(section, Path(), store)
        assert old is not None
        try:
            yield Floor(records=Records(store, old))  # type: ignore[arg-type]  # FakeRecords is its type
        finally:
            old.close()


def history(floor: Floor, from_ns: int, to_ns: int, step_s: int) -> list[tuple[int, float, int]]:
    """Return least, mean and most of each step."""
    asked = f"{ONE}/history?from={rfc3339(from_ns)}&to={rfc3339(to_ns)}&step={step_s}s"
    answer = floor.get(asked)
    assert answer.status_code == 200, answer.text
    return [(point["min"], point["mean"], point["max"]) for point in answer.json()["points"]]


def expected(from_ns: int, to_ns: int, step_s: int) -> list[tuple[int, float, int]]:
    """Return the same of the model that knows all."""
    model = LevelModel(QUARTER_NS)
    model.add(POINTS)
    steps = model.history("lyon-1", "DEN-501-32", from_ns, to_ns, step_s * 10**9, None)
    return [(step.minimum, round(step.mean, 3), step.maximum) for step in steps]


def test_a_year_is_one_history(influx: InfluxServer) -> None:
    """Fine steps of long ago, over the seam and of late are those of a place that knew every change."""
    with a_floor(influx) as floor:
        seam_ns = NEWEST_NS - 90 * DAY_NS
        for from_ns, to_ns, step_s in (
            (FIRST_NS, FIRST_NS + 4 * DAY_NS, 900),
            (seam_ns - 2 * DAY_NS, seam_ns + 3 * DAY_NS, 900),
            (seam_ns - 3 * DAY_NS, seam_ns + 3 * DAY_NS, 7 * 900),
            (NEWEST_NS - 3 * DAY_NS, NEWEST_NS, 900),
            (FIRST_NS, NEWEST_NS, 86_400),
        ):
            begin_ns = from_ns - from_ns % (step_s * 10**9)
            assert history(floor, begin_ns, to_ns, step_s) == expected(begin_ns, to_ns, step_s)
        for at_ns in (FIRST_NS + 40 * QUARTER_NS, NEWEST_NS - DAY_NS):
            told = floor.get(f"{ONE}?as_of={rfc3339(at_ns)}").json()["zones"]
            model = LevelModel(QUARTER_NS)
            model.add(POINTS)
            assert told == model.levels_at("lyon-1", "DEN-501-32", at_ns)


def test_an_influxdb_that_is_gone_is_missed_for_long_ago_alone(influx: InfluxServer) -> None:
    """Killed: fine steps and as_of of long ago are a 503 that names it; all else is answered as ever."""
    old, new = rfc3339(FIRST_NS + DAY_NS), rfc3339(NEWEST_NS - DAY_NS)
    with a_floor(influx) as floor:
        influx.kill()
        for path in (f"{ONE}/history?from={old}&to={rfc3339(FIRST_NS + 3 * DAY_NS)}", f"{ONE}?as_of={old}"):
            answer = floor.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "old_records_unavailable")
            assert "InfluxDB" in answer.json()["detail"]
        paths = (
            f"{ONE}/history?from={new}",
            f"{ONE}/history?from={old}&step=1d",
            f"{ONE}?as_of={new}",
            ONE,
            "/v1/availability?sku=DEN-501-32&store=lyon-1",
        )
        assert [floor.get(path).status_code for path in paths] == [200] * len(paths)
        influx.start()
        assert floor.get(f"{ONE}?as_of={old}").status_code == 200


def test_without_the_key_the_store_answers_alone(tmp_path: Path) -> None:
    """No [influxdb], or one that is only told: nothing is read from there."""
    with a_store() as store:
        assert old_records(None, tmp_path, store) is None
        assert old_records(InfluxSection(url="http://x:1", bucket="b"), tmp_path, store) is None
