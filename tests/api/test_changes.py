"""GET /v1/changes: a contiguous log, positions that say where one is, and how to begin anew."""

from api.schemas.changes import ChangeList
from gateway.changes.ports import ChangeInfo
from tests.support.api_ports import EXACT, INGEST, LYON_EXACT, NOW_NS, READ, Floor

PATH = "/v1/changes?store=lyon-1"


def changed(n: int) -> Floor:
    """Return a floor with so many changes in Lyon, of four kinds in turn."""
    floor = Floor()
    kinds = [("availability", "DEN-501-32"), ("alert", "a1"), ("reservation", "19aa5d3c6b04f1d27c90be1")]
    kinds.append(("task", "tk_6f1c2a0b9d3e4f51"))
    floor.changes.logs["lyon-1"] = [
        ChangeInfo(seq, NOW_NS, *kinds[seq % 4])
        for seq in range(1, n + 1)  # type: ignore[arg-type]  # literals
    ]
    return floor


def test_one_begins_with_a_position_and_follows_from_there() -> None:
    """Without `after` no change, only where the log ends; from there page by page, each sequence once."""
    floor = changed(5)
    begin = floor.get(PATH).json()
    assert begin == {"store": "lyon-1", "items": [], "after": "j:5", "more": False}
    floor.changes.logs["lyon-1"] += changed(8).changes.logs["lyon-1"][5:]
    first = floor.get(f"{PATH}&after={begin['after']}&limit=2")
    ChangeList.model_validate_json(first.content)
    second = floor.get(f"{PATH}&after={first.json()['after']}&limit=2").json()
    assert [i["sequence"] for i in first.json()["items"] + second["items"]] == [6, 7, 8]
    assert (first.json()["more"], second["more"]) == (True, False)
    assert floor.get(f"{PATH}&after={second['after']}").json()["items"] == []


def test_each_change_says_where_it_reads_now() -> None:
    """By its type."""
    hrefs = [i["href"] for i in changed(4).get(f"{PATH}&after=j:0").json()["items"]]
    assert hrefs == [
        "/v1/alerts?store=lyon-1",
        "/v1/reservations/19aa5d3c6b04f1d27c90be1",
        "/v1/tasks/tk_6f1c2a0b9d3e4f51",
        "/v1/stores/lyon-1/availability/DEN-501-32",
    ]


def test_who_was_away_for_too_long_is_told_to_begin_anew() -> None:
    """410, for a position of another journal, of the future, or of no kind at all."""
    for after in ("other:1", "j:99", "j:", "j", "j:x", "%00"):
        answer = changed(3).get(f"{PATH}&after={after}")
        assert (answer.status_code, answer.json()["code"]) == (410, "changes_gone"), after


def test_the_log_is_for_those_who_may_see_quantities_of_that_store() -> None:
    """Keys without the scope or of another store are refused; a store must be named."""
    floor = changed(3)
    assert floor.get(PATH, READ).json()["code"] == "insufficient_scope"
    assert floor.get(PATH, INGEST).json()["code"] == "insufficient_scope"
    assert floor.get("/v1/changes?store=paris-2", LYON_EXACT).json()["code"] == "forbidden_store"
    assert floor.get("/v1/changes?store=nowhere", EXACT).json()["code"] == "unknown_store"
    assert floor.get("/v1/changes", EXACT).json()["code"] == "invalid_request"
