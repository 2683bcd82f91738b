"""Which articles are judged again though none of their pieces moved: those of which the belief alone changed. Pure.

    a tag's place became sure or unsure ─▶ its article waits here ─▶ judged in turn, until nothing of it is in doubt

An article that seems to be gone, or its shelf to be empty, waits too while that is not sure.
"""

from collections.abc import Container, Iterator
from itertools import islice

from gateway.alerts.rules import ArticleView, likely_of
from gateway.answers import low_at
from gateway.beliefs import BEHIND, MAY_MISS, SURELY_THERE
from gateway.state import State

Key = tuple[str, str]
"""(store, sku)."""
JUDGED_PER_EPOCH = 50
"""Articles that are judged anew in one epoch beside those that changed: one costs about 0.2 ms."""
MAX_WAITING = 20_000
"""More are in doubt only where no reader can be trusted; what waits no more is judged when a piece of it moves."""
SURE, SURELY_NOT = 0.97, 0.02
"""Beyond what the rules go by (SURE in gateway/alerts/rules.py, and their thresholds), so that the verdict that ends a doubt is given."""


class Wavering:
    """The articles of one state whose verdicts may change by themselves."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._waiting: dict[Key, None] = {}
        self._epoch_ns = 0

    def to_judge(self, judged: Container[Key]) -> Iterator[Key]:
        """Yield the articles whose turn it is: beliefs move with the epochs. Those that this pass `judged` wait on."""
        presence = self._state.presence
        if presence.epoch_ns == self._epoch_ns:
            return
        self._epoch_ns = presence.epoch_ns
        for store, epc in presence.wavering():
            key = store, self._state.identifier.tag(epc)
            if key not in self._waiting and self._is_scarce(key):
                self._wait(key)
        for key in list(islice((key for key in self._waiting if key not in judged), JUDGED_PER_EPOCH)):
            del self._waiting[key]
            yield key

    def judged(self, view: ArticleView) -> None:
        """Take note of what an article was judged by: one that is in doubt is judged again."""
        if view.likely is None:
            return
        likely = likely_of(view)
        tells = (
            view.on_hand == 0 or likely.unread == 0
        )  # a tag that never answered stays in doubt: no look will end it
        may_be_gone = tells and SURELY_NOT < likely.in_store < SURE
        may_be_empty = view.back > 0 and view.floor <= 1 and SURELY_NOT < likely.on_floor < SURE
        may_be_few = SURELY_NOT < likely.low < SURE
        if may_be_gone or may_be_empty or may_be_few:
            self._wait((view.store, view.sku))

    def _is_scarce(self, key: Key) -> bool:
        """Return whether so few are left, or on the floor, that one piece in doubt may change a verdict."""
        levels, roles = self._state.ledger.levels(*key), self._state.site.roles[key[0]]
        if sum(levels.values()) < max(SURELY_THERE, low_at(self._state, *key) + MAY_MISS + 1):
            return True
        floor = sum(pieces for zone, pieces in levels.items() if roles.get(zone) == "floor")
        return floor <= 1 and any(roles.get(zone) in BEHIND for zone in levels)

    def _wait(self, key: Key) -> None:
        if len(self._waiting) < MAX_WAITING:
            self._waiting[key] = None
