"""A small pool of reading connections, for readers from any thread. Runtime."""

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from gateway.storage.errors import StoreClosed

MAX_READERS = 8
"""Reads at once; further ones wait their turn. More threads than that only wait for the one GIL."""


class Closable(Protocol):
    """Something to close."""

    def close(self) -> None:
        """Close it."""
        ...


C = TypeVar("C", bound=Closable)


class ReaderPool(Generic[C]):
    """Up to MAX_READERS connections, each made at its first use and lent to one thread at a time.

    A pool and not one per thread: threads come and go, and their connections would stay.
    """

    def __init__(self, path: Path, connect: Callable[[], C]) -> None:
        self._path = path
        self._connect = connect
        self._closed = False
        self._idle: queue.LifoQueue[C | None] = queue.LifoQueue()
        for _ in range(MAX_READERS):
            self._idle.put(None)  # a place without a connection yet

    @contextmanager
    def borrowed(self) -> Iterator[C]:
        """Lend a connection; wait while all are lent; raise StoreClosed after `close`."""
        connection = self._idle.get()
        try:
            if self._closed:
                raise StoreClosed(self._path, "the store is closed")
            connection = connection or self._connect()
            yield connection
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Close all, each when its reader is done with it; idempotent."""
        self._closed = True
        places = [self._idle.get() for _ in range(MAX_READERS)]
        for connection in places:
            if connection is not None:
                connection.close()
            self._idle.put(None)
