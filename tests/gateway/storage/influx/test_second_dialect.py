"""What we write is taken by another server too: VictoriaMetrics, and how it stands there."""

from contextlib import closing

from gateway.movements import LevelPoint
from gateway.storage.influx.client import InfluxClient
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.settings import InfluxSettings
from tests.support.victoria_server import VictoriaServer

AT_MS = 1_700_000_000_000
POINTS = [
    LevelPoint("lyon-1", "DEN-501-32", "front", AT_MS * 1_000_000, 3),
    LevelPoint("lyon-1", "DEN-501-32", "front", (AT_MS + 60_000) * 1_000_000, 2),
    LevelPoint("lyon-1", "SOUS-VÊTEMENT, 2", "back-room", AT_MS * 1_000_000, 7),
]


def test_levels_stand_there_by_their_names_to_the_millisecond(victoria: VictoriaServer) -> None:
    """Each point once, with its store, SKU and zone as labels, however foreign a name is."""
    with closing(InfluxClient(InfluxSettings(victoria.url, "levels"))) as client:
        client.write(LineEncoder().encode((), POINTS, ()))
    found = {
        (labels["store"], labels["sku"], labels["zone"], at_ms, value): n
        for (series, at_ms, value), n in victoria.samples(__name__="stock_pieces", store="lyon-1").items()
        if "db" not in (labels := dict(series))  # what other tests wrote names a database
    }
    assert found == {(p.store, p.sku, p.zone, p.at_ns // 1_000_000, float(p.pieces)): 1 for p in POINTS}
