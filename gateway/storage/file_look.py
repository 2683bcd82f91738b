"""A look at a store's file for damage, a table at a time. I/O."""

from pathlib import Path

from gateway.storage.connection import Connection, translated
from gateway.storage.integrity import require_table, tables


class FileLook:
    """Implements gateway.storage.inspector.Look."""

    def __init__(self, path: Path, connection: Connection) -> None:
        self.tables = tables(connection)
        self._path = path
        self._connection = connection

    def at(self, table: str) -> None:
        """Look a table through; raise StoreCorrupt where it is damaged. Blocks."""
        with translated(self._path):
            require_table(self._connection, self._path, table)

    def stop(self) -> None:
        """Break off the look that is under way, from any thread."""
        self._connection.interrupt()
