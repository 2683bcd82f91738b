"""Who changed what, when and from where: written with the commit of the change itself. Plain values. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

MAX_DETAIL_CHARS = 400
"""Of a change's words: a line for a person; what the change did in full stands in the journal."""
OS_USER = "os:"
"""Begins the `key_id` of who works on the command line: the rest is the operating system's user."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a change: the id of the API key, and the address that the request came from."""

    key_id: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change that took effect. `action` is `<thing>.<verb>`, `subject` the id of the thing.

    `store`: empty where the change is of the whole site. `detail`: what changed, in a few words, never a secret.
    """

    at_ns: int
    key_id: str
    address: str
    action: str
    store: str
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry and its place in the log: ids rise in the order of commits."""

    id: int
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What of the log is asked for, newest first. `stores` None: all, those of no store too; times are [from, to).

    `before`: (at_ns, id) of the last row of the page before.
    """

    stores: Sequence[str] | None = None
    action: str | None = None
    key_id: str | None = None
    from_ns: int | None = None
    to_ns: int | None = None
    before: tuple[int, int] | None = None
    limit: int = 200


class AuditPort(Protocol):
    """The log, and a way to note what has no commit of its own."""

    async def rows(self, query: AuditQuery) -> list[AuditRow]:
        """Return what is asked for, newest first; from disk."""
        ...

    def note(self, actor: Actor, action: str, store: str, subject: str, detail: str = "") -> None:
        """Have something written down with the next commit, within a second: what changes nothing durable."""
        ...


def lines_told(lines: Sequence[tuple[str, int]]) -> str:
    """Return (SKU, pieces) as words, as many as fit: `DEN-501-32 ×2, TEE-WHT-M ×1`."""
    return cut(", ".join(f"{sku} ×{pieces}" for sku, pieces in lines))


def cut(text: str) -> str:
    """Return text that fits into an entry's detail."""
    return text if len(text) <= MAX_DETAIL_CHARS else text[: MAX_DETAIL_CHARS - 1] + "…"
