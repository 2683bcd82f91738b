"""What a shop under fire tells an InfluxDB, which is killed too: in the end, all that the store holds, once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.storage.sqlite import SqliteStore
from tests.support.influx_server import InfluxServer

SECTION = """
[influxdb]
url = "{url}"
bucket = "{bucket}"
flush_s = 0.1
"""
LAST = "SELECT last(pieces) AS pieces FROM stock GROUP BY store, sku, zone"


class InfluxTold:
    """An InfluxDB and the database that the shop is told of. `section` goes into the site's file."""

    def __init__(self, server: InfluxServer) -> None:
        self.server = server
        self._database = server.new_database()
        self.section = SECTION.format(url=server.url, bucket=self._database)
        self._levels: dict[tuple[str, str], int] = {}
        self._seqs: Counter[int] = Counter()

    def restart_killed(self) -> None:
        """Kill it, and start it again at once."""
        self.server.kill()
        self.server.start()

    def holds(self, store: SqliteStore, last_seq: int) -> bool:
        """Return whether it holds each movement once, and the levels of the store."""
        kept = {(p.sku, p.zone): p.pieces for p in store.latest_levels() if p.pieces}
        rows = self.server.query(self._database, LAST)
        self._levels = {(row["sku"], row["zone"]): row["pieces"] for row in rows if row["pieces"]}
        self._seqs = Counter(
            row["seq"] for row in self.server.query(self._database, "SELECT seq FROM movement")
        )
        return self._levels == kept and self._seqs == Counter(range(1, last_seq + 1))

    def differs(self, last_seq: int) -> str:
        """Return in words what was not as it should be at the last look."""
        wanted = Counter(range(1, last_seq + 1))
        missing, beyond = sorted(wanted - self._seqs)[:10], sorted(self._seqs - wanted)[:10]
        return f"InfluxDB holds {self._levels}; movements missing {missing}, beyond or twice {beyond}"


@contextmanager
def influx_told(folder: Path) -> Iterator[InfluxTold]:
    """Give a running InfluxDB of its own."""
    with InfluxServer(folder) as server:
        yield InfluxTold(server)
