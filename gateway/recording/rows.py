"""Rows out of a replay: the levels that changed and the items that changed, a JSON object a line. Pure.

A row is written where a field of it reads otherwise than in the last row of its subject; probabilities
and expected pieces are told, and compared, to four digits.
"""

import json

import numpy as np
from numpy.typing import NDArray

from gateway.answers import availability
from gateway.beliefs import level_belief
from gateway.engine import Changes, Engine
from gateway.ports.inventory import Availability, Belief
from gateway.recording.instants import rfc3339

DIGITS = 4
DRIFT = 0.0002
"""An article is looked at again, though nothing happened to it, once P(gone) of one of its tags has moved by
this since: a tenth of what a calibration can see, and half the rows of a digit's."""


class BeliefDrift:
    """Finds the articles whose belief moved although nothing happened: silence speaks, slowly."""

    def __init__(self, engine: Engine) -> None:
        self._state = engine.state
        self._seen = {store: np.zeros(0, np.float32) for store in engine.state.presence.stores}
        self._epoch_ns = 0

    def moved(self) -> set[tuple[str, str]]:
        """Return (store, SKU) of the tags whose P(gone) is another than when they were last returned."""
        moved: set[tuple[str, str]] = set()
        if self._state.presence.epoch_ns == self._epoch_ns:
            return moved
        self._epoch_ns = self._state.presence.epoch_ns
        for store, belief in self._state.presence.stores.items():
            columns = belief.columns
            now = columns.p_gone[: columns.used]
            seen = self._resized(store, columns.used)
            rows = np.flatnonzero(np.abs(now - seen) >= DRIFT)
            seen[rows] = now[rows]
            for row in rows.tolist():
                epc = columns.epcs[row]
                if epc:
                    moved.add((store, self._state.identifier.tag(epc)))
        return moved

    def _resized(self, store: str, rows: int) -> NDArray[np.float32]:
        seen = self._seen[store]
        if len(seen) < rows:
            seen = self._seen[store] = np.concatenate([seen, np.zeros(rows - len(seen), np.float32)])
        return seen[:rows]


class LevelRows:
    """The rows of levels, of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._state = engine.state
        self._drift = BeliefDrift(engine)
        self._touched: set[tuple[str, str]] = set()
        self._answers: dict[tuple[str, str], Availability] = {}
        self._last: dict[tuple[str, str], str] = {}

    def take(self, changes: Changes) -> None:
        """Take note of what a pass touched."""
        self._touched |= changes.touched

    def rows(self, now_ns: int) -> list[str]:
        """Return the rows of what was touched since the last call, or whose belief moved, by store and SKU."""
        touched, self._touched = self._touched, set()
        head, rows = f'{{"at":"{rfc3339(now_ns)}",', []
        for store, sku in sorted(touched | self._drift.moved()):
            key = (store, sku)
            if self._state.catalogue.article(sku) is None:
                continue
            answer = self._answers.get(key)
            if answer is None or key in touched:
                answer = self._answers[key] = availability(
                    self._state, store, sku, 1, now_ns, is_dated=False, is_sure=False
                )
            # Where belief alone moved, all else of the answer is as it was: a third of the time.
            text = level_fields(answer, level_belief(self._state, store, sku))
            if self._last.get(key) != text:
                self._last[key] = text
                rows.append(head + text)
        return rows


def level_fields(answer: Availability, belief: Belief | None) -> str:
    """Return a level's row from `store` on. Without a belief the pieces are what is believed, for sure."""
    zones = ",".join(f"{json.dumps(level.zone)}:{level.pieces}" for level in answer.zones if level.pieces)
    expected = round(belief.expected if belief else float(answer.on_hand), DIGITS)
    p_at_least_1 = round(belief.at_least(1) if belief else float(answer.on_hand > 0), DIGITS)
    return (
        f'"store":{json.dumps(answer.store)},"sku":{json.dumps(answer.sku)},"on_hand":{answer.on_hand},'
        f'"zones":{{{zones}}},"expected":{expected!r},"p_at_least_1":{p_at_least_1!r},"status":"{answer.status}"}}'
    )


class ItemRows:
    """The rows of items: where each is believed, when that changed.

    `p` is the probability of what the row says: that the item is in `zone`, or, where that is null,
    that it has gone.
    """

    def __init__(self, engine: Engine) -> None:
        self._state = engine.state
        self._touched: set[str] = set()
        self._last: dict[str, int] = {}

    def take(self, changes: Changes) -> None:
        """Take note of the items that a pass moved."""
        self._touched.update(movement.epc for movement in changes.movements if movement.epc is not None)

    def rows(self, now_ns: int) -> list[str]:
        """Return the rows of the items that stand elsewhere than at the last call, by EPC."""
        touched, self._touched = self._touched, set()
        head, rows = f'{{"at":"{rfc3339(now_ns)}",', []
        for epc in sorted(touched):
            item = self._state.presence.item(epc)
            place = None if item is None else item.place
            if place == self._last.get(epc):
                continue
            if place is None or item is None:
                del self._last[epc]
                zone, p = None, 1.0 if item is None else 1.0 - item.p_present
            else:
                self._last[epc] = place
                zone, p = self._state.site.places[place].zone, item.p_place
            fields = {"epc": epc, "zone": zone, "p": round(p, DIGITS)}
            rows.append(head + json.dumps(fields, separators=(",", ":"))[1:])
        return rows
