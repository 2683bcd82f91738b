"""What is expected in the stores, as the ledger asks and tells of it. Pure."""

from typing import Protocol

from gateway.stock.effects import Effect


class Announcements(Protocol):
    """What is expected in the stores, as the ledger tells of it."""

    def is_expected(self, store: str, sku: str, effect: Effect, now_ns: int) -> bool:
        """Take in a piece that is new in a store; return whether a delivery expected it, and counts it as come."""
        ...

    def came(self, store: str, sku: str, ref: str, epc: str | None, now_ns: int) -> None:
        """Take in that a piece which was sent as `ref` from another store has come."""
        ...

    def identified(self, store: str, sku: str, epc: str, now_ns: int) -> None:
        """Take in the tag of a piece that was scanned in before."""
        ...

    def left(self, epc: str, here: str) -> str | None:
        """Return another store that a tag departed from; None where none did."""
        ...


class NothingAnnounced:
    """Nothing is expected anywhere."""

    def is_expected(self, store: str, sku: str, effect: Effect, now_ns: int) -> bool:  # noqa: ARG002 - the port's
        return False

    def came(self, store: str, sku: str, ref: str, epc: str | None, now_ns: int) -> None:
        pass

    def identified(self, store: str, sku: str, epc: str, now_ns: int) -> None:
        pass

    def left(self, epc: str, here: str) -> str | None:  # noqa: ARG002 - the port's
        return None
