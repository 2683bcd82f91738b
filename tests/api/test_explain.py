"""GET explain: the terms of one number, each with its evidence."""

from dataclasses import replace

import pytest

from api.schemas.explain import Explanation
from tests.support.api_ports import EXACT, LYON_EXACT, READ, Floor, explanation

ONE = "/v1/stores/lyon-1/availability/DEN-501-32/explain"


def test_every_term_is_told_with_its_evidence() -> None:
    """Zones with their terms, tags with their probabilities, open events, shelves, sight and the rule."""
    answer = Floor().get(ONE)
    Explanation.model_validate_json(answer.content)
    told = answer.json()
    assert told["terms"][0] == {
        "zone": "denim", "level": 4, "tags": 4, "scanned": 0, "weighed": 0, "announced": 1, "sold": 1,
    }  # fmt: skip
    assert told["items"][0] == {
        "epc": "3034257BF400B7800004CB2F",
        "zone": "fitting-room",
        "p_zone": 0.71,
        "p_present": 0.9832,
        "last_seen_at": "2026-11-21T18:01:11Z",
        "is_cloned": False,
    }
    assert told["more_items"] == 3
    assert told["open_sales"] == [
        {"type": "sale", "ref": "till-1:000184:1", "at": "2026-11-21T18:01:31Z", "zone": None, "epc": None}
    ]
    assert [event["type"] for event in told["announced"]] == ["return"]
    assert [event["type"] for event in told["incoming"]] == ["transfer"]
    assert told["shelves"][0]["p_pieces"] == [[3, 0.02], [4, 0.98]]
    assert told["zones"][0] == {
        "zone": "denim", "coverage": 0.97, "phase": "learned", "phase_since": "2026-11-20T18:02:11Z",
    }  # fmt: skip
    assert (told["model"], told["p_at_least"][3]) == ("belief/1", 0.9941)


def test_the_terms_add_up_to_the_number() -> None:
    """The zones' levels sum to on_hand, and each level is the sum of its terms."""
    told = Floor().get(ONE).json()
    for zone in told["terms"]:
        added = zone["tags"] + zone["scanned"] + zone["weighed"] + zone["announced"] - zone["sold"]
        assert zone["level"] == added
    assert sum(zone["level"] for zone in told["terms"]) == told["on_hand"]


def test_a_probability_that_no_rule_computes_is_null() -> None:
    """Nothing is made up for a tag whose rule knows only here or gone."""
    floor = Floor()
    plain = explanation()
    item = replace(plain.items[0], p_zone=None, p_present=None)
    floor.inventory.explained["lyon-1", "DEN-501-32"] = replace(plain, items=(item,))
    told = floor.get(ONE).json()["items"][0]
    assert (told["p_zone"], told["p_present"]) == (None, None)


def test_the_answer_names_where_it_is_explained() -> None:
    """The link of an availability answer leads to its explanation."""
    floor = Floor()
    link = floor.get(ONE.removesuffix("/explain")).json()["links"]["explain"]
    assert link == ONE
    assert floor.get(link).status_code == 200


@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        (ONE, READ, 403, "insufficient_scope"),
        (ONE, None, 401, "missing_key"),
        (ONE.replace("lyon-1", "paris-2"), LYON_EXACT, 403, "forbidden_store"),
        (ONE.replace("lyon-1", "no-such"), EXACT, 404, "unknown_store"),
        (ONE.replace("DEN-501-32", "NO-SUCH"), EXACT, 404, "unknown_sku"),
        (f"{ONE}?qty=2", EXACT, 422, "unknown_parameter"),
    ],
)
def test_who_may_not_see_quantities_sees_no_explanation(
    path: str, key: str | None, status: int, code: str
) -> None:
    """Single tags are the most exact of all: the scope, the store and the article are checked."""
    answer = Floor().get(path, key)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
