"""All parts of the state but tags in what a store keeps: their rows, and a later life from them. Pure.

A part is a word; its rows bear a key each, and text that None deletes. Tags have a way of their own (kept_tags.py).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from gateway.alert_rules.desk import RuleDesk
from gateway.alerts.engine import AlertEngine
from gateway.alerts.scores import RuleScores
from gateway.alerts.telling import Teller
from gateway.kept_tags import lying
from gateway.presence.belief import LEARNED_EVERY_NS
from gateway.scans import CountSession
from gateway.state import State, remembered
from gateway.storage.ports import StateRow

RowsByPart = Mapping[str, Sequence[StateRow]]


class Part(Protocol):
    """What knows its own rows."""

    def dirty_rows(self) -> Iterable[tuple[str, str | None]]:
        """Return (key, text) of what changed since the last call."""
        ...

    def restore(self, rows: Iterable[tuple[str, str]], /) -> None:
        """Take up (key, text) as it was written."""
        ...


def rows_by_part(rows: Iterable[StateRow]) -> dict[str, list[StateRow]]:
    """Return rows by the part that they are of."""
    by_part: dict[str, list[StateRow]] = {}
    for row in rows:
        by_part.setdefault(row.part, []).append(row)
    return by_part


def written(by_part: RowsByPart, part: str) -> Iterator[tuple[str, str]]:
    """Yield (key, text) of the rows of a part that were not deleted."""
    return ((row.key, row.value) for row in by_part.get(part, ()) if row.value is not None)


class KeptParts:
    """Writes the parts of one state down, and those of what is told of it; and takes them up again."""

    def __init__(
        self, state: State, rules: RuleDesk, alerts: AlertEngine, teller: Teller, scores: RuleScores
    ) -> None:
        self._state = state
        self._rules = rules
        self._alerts = alerts
        self._clocks_ns = 0
        self._plain: dict[str, Part] = {
            "delivery": state.deliveries,
            "transfer": state.transfers,
            "telling": teller,
            "rule_score": scores,
            "phase": state.phases,
            "calibration": state.calibration,
            "demand": state.demand,
        }

    def rows(self, now_ns: int) -> Iterator[StateRow]:
        """Yield the rows of what changed since the last call; tasks have a call of their own."""
        state = self._state
        for store, text in state.presence.learned(state.presence.epoch_ns):
            yield StateRow("learned", store, text)
        if now_ns - self._clocks_ns >= LEARNED_EVERY_NS:
            self._clocks_ns = now_ns
            yield from (StateRow("clock", key, text) for key, text in state.clocks.dirty_rows())
        yield from (StateRow("kpi", key, text) for key, text in state.kpis.dirty_rows())
        yield from self._scan_rows()
        yield from (StateRow("line", "/".join(key), text) for key, text in state.ledger.dirty_rows())
        yield from (StateRow("book", "/".join(key), text) for key, text in state.books.dirty_rows())
        yield from (StateRow("alert", key, text) for key, text in self._alerts.dirty_rows())
        yield from (StateRow("silence", key, text) for key, text in self._alerts.silences.dirty_rows())
        yield from (StateRow("counts", key, text) for key, text in state.counting.dirty_rows())
        for part, keeper in self._plain.items():
            yield from (StateRow(part, key, text) for key, text in keeper.dirty_rows())

    def task_rows(self) -> Iterator[StateRow]:
        """Yield the rows of tasks that changed: they follow from what else a pass changed."""
        return (StateRow("task", key, text) for key, text in self._state.tasks.dirty_rows())

    def _scan_rows(self) -> Iterator[StateRow]:
        for scanner, told in self._state.told.items():
            for key, number in told.dirty_rows():
                yield StateRow("scan", f"{scanner}/{key}", number)
        for scanner, repeats in self._state.repeats.items():
            if (text := repeats.dirty_row()) is not None:
                yield StateRow("repeat", scanner, text)

    # -- a later life ---------------------------------------------------------------------------------

    def restore(self, by_part: RowsByPart) -> None:
        """Take all parts up but articles and tags, which are there already, and key figures, which rest on levels."""
        state = self._state
        self._restore_tags()
        for store, text in written(by_part, "learned"):
            state.presence.restore_learned(store, text)
        for device, text in written(by_part, "clock"):
            state.clocks.restore(device, text)
        self._restore_stock(by_part)
        state.channels.restore(written(by_part, "safety"))
        state.tasks.restore(written(by_part, "task"), state.site.roles)
        for device, text in written(by_part, "shelf"):
            if device in state.shelves:
                state.shelves[device].restore(text)
        state.counting.restore(written(by_part, "counts"), state.site.roles)
        self._restore_scans(by_part)
        self._rules.restore(written(by_part, "alert_rule"))
        for part, keeper in self._plain.items():
            keeper.restore(written(by_part, part))
        self._alerts.restore(
            [text for _, text in written(by_part, "alert")], [text for _, text in written(by_part, "silence")]
        )

    def _restore_tags(self) -> None:
        """Have the ledger hold the tags that presence believes in."""
        state = self._state
        for name, belief in state.presence.stores.items():
            if name in state.books.ledger_stores:
                continue  # readers saw them that are there no more
            for sku, zone, epcs in lying(belief, state.identifier):
                place = belief.places[zone]
                state.ledger.restore_tags(place.store, sku, place.zone, len(epcs))
                state.tags_of.setdefault((place.store, sku), set()).update(epcs)
                if place.role == "floor":
                    state.stood.setdefault((place.store, sku), Counter())[place.zone] = len(epcs)
        state.stood = {key: remembered(stood) for key, stood in state.stood.items()}

    def _restore_stock(self, by_part: RowsByPart) -> None:
        """Take up the books and lines of stores that the site still has."""
        state = self._state
        state.books.restore(
            ((store, sku), text)
            for key, text in written(by_part, "book")
            if (store := key.partition("/")[0]) in state.site.roles
            for sku in (key.partition("/")[2],)
        )
        for row in by_part.get("line", ()):
            store, _, sku = row.key.partition("/")
            if store in state.site.roles:
                self._meet_again(sku)
                state.ledger.restore_line(store, sku, row.value or "{}")

    def _meet_again(self, sku: str) -> None:
        """Make the unknown articles of an earlier life known as unknown again."""
        if self._state.catalogue.article(sku) is None and sku.startswith("gtin-"):
            self._state.catalogue.meet(sku.removeprefix("gtin-"))

    def _restore_scans(self, by_part: RowsByPart) -> None:
        state = self._state
        told: dict[str, list[tuple[str, str]]] = {}
        for row in by_part.get("scan", ()):
            scanner, _, key = row.key.partition("/")
            told.setdefault(scanner, []).append((key, row.value or "0"))
        for scanner, scans in state.told.items():
            scans.restore(told.get(scanner, ()))
        for scanner, text in written(by_part, "told"):  # as the first version wrote them
            if scanner in state.told:
                state.told[scanner].restore_old(text)
                state.rows.append(StateRow("told", scanner, None))
        for scanner, text in written(by_part, "repeat"):
            if scanner in state.repeats:
                state.repeats[scanner].restore(text)
        for scanner, text in written(by_part, "count"):
            if scanner in state.site.scanners:
                ref, started_ns, last_ns, pieces = json.loads(text)
                session = state.sessions[scanner] = CountSession(ref, started_ns, last_ns)
                session.pieces.update(pieces)
