"""The walk test by a running gateway's answers."""

import pytest

from gateway.doctor.article_walk import ArticleWalk
from readers.codecs.json_payload import Json


def overview(
    second: int, seen_at: dict[str, int | None], *, state: str = "online", watched: bool = True
) -> Json:
    """Return an overview at 12:00 and `second`; `seen_at` the second at which each article was last heard."""
    return {
        "now": f"2026-11-21T12:00:{second:02}Z",
        "zones": [{"id": "front", "watched": watched}],
        "devices": [
            {"id": "r-1", "role": "reader", "state": state},
            {"id": "till", "role": "till", "state": "never"},
        ],
        "articles": [
            {
                "sku": sku,
                "tracked_by": "tag",
                "zones": {"front": 2, "back": 0},
                "last_seen_at": None if at is None else f"2026-11-21T12:00:{at:02}Z",
            }
            for sku, at in seen_at.items()
        ],
    }


def test_articles_heard_all_the_time_and_seldom_ones_are_told_apart() -> None:
    """An article whose last read is fresh at each look is steady; one that is mostly old is named."""
    walk = ArticleWalk()
    for second in range(10, 50, 2):
        walk.take(overview(second, {"JEANS": second, "SCARF": 8, "NEVER": None}))
    (finding,) = walk.findings()
    assert finding.level == "problem"
    assert finding.text == "front: 3 article(s), 1 heard steadily, 2 seldom: NEVER (0%), SCARF (10%)."


def test_a_dead_reader_is_told_first() -> None:
    """A reader that is down, and a zone that nobody watches, are said before any article."""
    walk = ArticleWalk()
    walk.take(overview(10, {"JEANS": 10}, state="silent", watched=False))
    assert [finding.code for finding in walk.findings()] == ["reader_down", "unwatched", "articles"]
    assert next(finding.code for finding in walk.findings("front")) == "reader_down"


@pytest.mark.parametrize("answer", [None, [], {}, {"now": "yesterday"}, {"now": 5}, "x"])
def test_what_is_no_overview_is_refused(answer: Json) -> None:
    """An answer of something else is named, and never a crash."""
    with pytest.raises(ValueError, match="no overview"):
        ArticleWalk().take(answer)
