"""The walk test beside a running gateway, which holds the readers: by article, from its API. Pure.

The API tells no single tags: when the last piece of an article was heard, and in which zones its pieces
lie. That is enough to see which articles of a zone are heard seldom.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gateway.doctor.findings import Finding
from gateway.doctor.walk import SELDOM_SHARE, STEADY_SHARE, WINDOW_S
from gateway.doctor.walk_findings import MAX_LISTED
from readers.codecs.json_payload import Json

MAX_ARTICLES = 5_000


@dataclass(slots=True)
class _Article:
    polls: int = 0
    fresh: int = 0
    zones: set[str] = field(default_factory=set)

    @property
    def share(self) -> float:
        return self.fresh / self.polls if self.polls else 0.0


@dataclass(slots=True)
class ArticleWalk:
    """Give it overviews of a store, one after another."""

    polls: int = 0
    watched: dict[str, bool] = field(default_factory=dict)
    down: dict[str, str] = field(default_factory=dict)
    _articles: dict[str, _Article] = field(default_factory=dict)

    def take(self, overview: Json) -> None:
        """Take an answer to GET /v1/overview. Raises ValueError where it is none."""
        body = _object(overview)
        now = _time(body.get("now"))
        if now is None:
            raise ValueError("no overview: it lacks `now`")
        self.polls += 1
        for zone in _objects(body.get("zones")):
            self.watched[str(zone.get("id"))] = bool(zone.get("watched"))
        self.down = {
            str(device.get("id")): str(device.get("state"))
            for device in _objects(body.get("devices"))
            if device.get("role") == "reader" and device.get("state") != "online"
        }
        for article in _objects(body.get("articles")):
            self._take_article(article, now)

    def _take_article(self, article: dict[str, Json], now: float) -> None:
        sku = str(article.get("sku"))
        if article.get("tracked_by") != "tag" or (
            sku not in self._articles and len(self._articles) >= MAX_ARTICLES
        ):
            return
        seen_at = _time(article.get("last_seen_at"))
        known = self._articles.setdefault(sku, _Article())
        known.polls += 1
        known.fresh += seen_at is not None and now - seen_at <= WINDOW_S
        zones = article.get("zones")
        known.zones |= (
            {zone for zone, pieces in zones.items() if pieces} if isinstance(zones, dict) else set()
        )

    def findings(self, zone: str | None = None) -> Iterator[Finding]:
        """Yield what is to be said of each zone, or of one."""
        for device, state in sorted(self.down.items()):
            yield Finding("problem", "reader_down", f"Reader {device} is {state}.", "Mend it first.")
        for name, is_watched in sorted(self.watched.items()):
            if zone in (None, name):
                yield from self._zone(name, is_watched=is_watched)

    def _zone(self, zone: str, *, is_watched: bool) -> Iterator[Finding]:
        here = sorted(
            ((article.share, sku) for sku, article in self._articles.items() if zone in article.zones)
        )
        if not is_watched:
            yield Finding("note", "unwatched", f"{zone}: no living reader watches it.")
        if not here:
            return
        seldom = [f"{sku} ({share:.0%})" for share, sku in here if share < SELDOM_SHARE]
        steady = sum(share >= STEADY_SHARE for share, _ in here)
        yield Finding(
            "problem" if seldom else "good",
            "articles",
            f"{zone}: {len(here)} article(s), {steady} heard steadily, {len(seldom)} seldom"
            f"{': ' + _listed(seldom) if seldom else ''}.",
            "Turn or move an antenna towards them; for their single tags stop the gateway and walk with --config "
            "alone."
            if seldom
            else "",
        )


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_LISTED
    return ", ".join(names[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _objects(value: Json) -> Iterable[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _time(value: Json) -> float | None:
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None
