"""What VictoriaMetrics does with line protocol otherwise than InfluxDB, pinned on the real server."""

import json
from urllib.parse import urlencode

from tests.support.victoria_server import VictoriaServer

AT_MS = 1_700_000_000_000


def write(victoria: VictoriaServer, database: str, *lines: str) -> int:
    """Write lines with times in ns, return the status."""
    query = urlencode({"db": database, "precision": "ns"})
    return victoria.ask(f"/write?{query}", "\n".join(lines).encode())[0]


def line(pieces: str, at_ms: int = AT_MS) -> str:
    """Return a line of one series."""
    return f"stock,store=lyon-1,sku=A,zone=front pieces={pieces} {at_ms * 1_000_000}"


def test_a_field_becomes_a_metric_with_the_tags_and_the_database_as_labels(victoria: VictoriaServer) -> None:
    """Integers come back as numbers, times in milliseconds."""
    assert write(victoria, "named", line("3i")) == 204
    [((labels, at_ms, value), n)] = victoria.samples(db="named").items()
    assert dict(labels) == {
        "__name__": "stock_pieces",
        "db": "named",
        "store": "lyon-1",
        "sku": "A",
        "zone": "front",
    }
    assert (at_ms, value, n) == (AT_MS, 3.0, 1)


def test_a_malformed_line_is_dropped_without_a_word(victoria: VictoriaServer) -> None:
    """204, and the rest is kept: whoever writes here is not told."""
    assert write(victoria, "malformed", line("1i"), "no line at all", line("2i", AT_MS + 1)) == 204
    assert [value for _, _, value in sorted(victoria.samples(db="malformed"))] == [1.0, 2.0]


def test_the_same_point_twice_is_kept_twice(victoria: VictoriaServer) -> None:
    """Repeats are not told apart from new points, as InfluxDB does."""
    assert write(victoria, "twice", line("1i")) == 204
    assert write(victoria, "twice", line("1i")) == 204
    assert list(victoria.samples(db="twice").values()) == [2]


def test_influxql_is_answered_with_nothing(victoria: VictoriaServer) -> None:
    """200 without a word of what was asked for: reading back from it must not be mistaken for no stock."""
    write(victoria, "asked", line("1i"))
    asked = urlencode({"db": "asked", "q": "SELECT * FROM stock"})
    status, said = victoria.ask(f"/query?{asked}")
    assert status == 200
    names = [series["name"] for result in json.loads(said)["results"] for series in result.get("series", ())]
    assert "stock" not in names
