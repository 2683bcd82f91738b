"""All transfers of a gateway, and the pieces of them that came. Pure."""

from collections.abc import Iterable

from gateway.transfers.model import REF, Transfer, TransferQuery, transfer_json, transfer_of

MAX_OPEN = 2_000
"""Transfers open at once: twenty shops with a hundred each."""
MAX_CLOSED = 2_000
"""Closed ones that can be looked at; older ones are let go."""
CLOSED_KEPT_NS = 90 * 86_400 * 1_000_000_000


class TransferBook:
    """Transfers between the stores of a gateway."""

    def __init__(self) -> None:
        self._all: dict[str, Transfer] = {}
        self._closed: dict[str, None] = {}
        self._dirty: dict[str, None] = {}

    def get(self, transfer_id: str) -> Transfer | None:
        """Return a transfer, open or closed lately."""
        return self._all.get(transfer_id)

    @property
    def is_full(self) -> bool:
        """Return whether no further transfer can be requested."""
        return len(self._all) - len(self._closed) >= MAX_OPEN

    def find(self, query: TransferQuery) -> list[Transfer]:
        """Return the transfers that a query asks for, newest first."""
        found = [
            transfer
            for transfer in self._all.values()
            if (transfer.from_store in query.stores or transfer.to_store in query.stores)
            and (not query.states or transfer.state in query.states)
            and (query.before is None or (transfer.created_ns, transfer.id) < query.before)
        ]
        found.sort(key=lambda transfer: (transfer.created_ns, transfer.id), reverse=True)
        return found[: query.limit]

    def put(self, transfer: Transfer) -> None:
        """Take up a transfer, or a change of one."""
        self._all[transfer.id] = transfer
        self._dirty[transfer.id] = None
        if not transfer.is_open:
            self._closed[transfer.id] = None

    def came(self, ref: str, sku: str, epc: str | None, now_ns: int) -> None:
        """Take note that the piece which was sent as `ref` came; of other refs nothing is known here."""
        kind, _, rest = ref.partition(":")
        transfer = self._all.get(rest.partition(":")[0]) if kind == REF else None
        if transfer is None or not transfer.is_open:
            return
        lines = list(transfer.lines)
        for number, line in enumerate(lines):
            if line.sku == sku and line.missing:
                lines[number] = line.one_more(epc)
                self.put(transfer.changed(now_ns, lines=tuple(lines)))
                return

    def advance(self, now_ns: int) -> None:
        """Let go of what is closed for long."""
        while self._closed:
            oldest = next(iter(self._closed))
            closed_ns = self._all[oldest].closed_ns or 0
            if len(self._closed) <= MAX_CLOSED and closed_ns > now_ns - CLOSED_KEPT_NS:
                break
            del self._all[oldest], self._closed[oldest]
            self._dirty[oldest] = None

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (id, text; None: no more) of what changed."""
        dirty, self._dirty = self._dirty, {}
        return [
            (key, None if (transfer := self._all.get(key)) is None else transfer_json(transfer))
            for key in dirty
        ]

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what `dirty_rows` told."""
        for transfer in sorted(
            (transfer_of(text) for _, text in rows), key=lambda t: (t.closed_ns or 0, t.id)
        ):
            self.put(transfer)
        self._dirty.clear()
