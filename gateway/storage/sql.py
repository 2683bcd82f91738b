"""What the table modules need of a database connection: statements with bound values. Pure types.

The tables are spoken to through this, so that one module alone imports the database's driver.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

SqlValue = int | float | str | bytes | None


class Rows(Protocol):
    """The outcome of a statement. Rows are tuples of SqlValue; their types stand in the schema."""

    @property
    def rowcount(self) -> int:
        """Return how many rows were changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Sql(Protocol):
    """A connection. Foreign text only ever goes in as a parameter."""

    def execute(self, sql: str, parameters: Sequence[SqlValue] = ..., /) -> Rows:
        """Run one statement."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[SqlValue]], /) -> Rows:
        """Run one statement for each row."""
        ...
