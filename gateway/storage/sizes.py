"""How large a store is on disk. Plain values. Pure."""

from typing import NamedTuple


class Sizes(NamedTuple):
    """The store's file, its write-ahead log, and what lies free within the file, bytes."""

    file_bytes: int
    wal_bytes: int
    free_bytes: int
