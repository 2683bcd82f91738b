"""The catalogue between HTTP and the pipeline: implements gateway.catalogue.model.CataloguePort. Runtime."""

from collections.abc import Callable, Sequence

from gateway.answered import KeyRefused
from gateway.audit import Actor
from gateway.catalogue import desk
from gateway.catalogue.model import NewArticle, PutVerdict
from gateway.engine import Engine
from gateway.once import Decisions

SLICE = 100
"""Articles of one commit, some 20 ms of the loop. To put one twice is to put it once, so a request may be cut in two by a crash."""


class CatalogueKeeper:
    """The catalogue of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions) -> None:
        self._state = engine.state
        self._pipeline = pipeline

    async def put(self, articles: Sequence[NewArticle], actor: Actor) -> list[PutVerdict]:
        """Put articles in, in order. Raises KeyRefused where there is no room for more."""
        if self._pipeline.is_full():
            raise KeyRefused("overloaded", "the gateway holds more input than it can write")
        verdicts: list[PutVerdict] = []
        for start in range(0, len(articles), SLICE):
            verdicts += await self._pipeline.decide(self._decision(articles[start : start + SLICE], actor))
        return verdicts

    def _decision(self, articles: Sequence[NewArticle], actor: Actor) -> Callable[[int], list[PutVerdict]]:
        return lambda now_ns: desk.put(self._state, articles, actor, now_ns)
