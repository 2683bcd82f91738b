"""POST and GET ledger: JSON and CSV, each line judged by itself, each key once; compared with the belief."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.schemas.ledger import BookList, LedgerOutcomes
from gateway.answered import KeyRefused
from gateway.book_stock.model import BookView, LedgerLine
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_EXACT, LYON_INGEST, NOW_NS, READ, Floor, S

PATH = "/v1/ledger"
LINE = {"store": "lyon-1", "sku": "DEN-501-32", "qty": 12, "as_of": "2026-11-21T04:00:00Z"}


def post(floor: Floor, body: Any, *, key: str = INGEST, idempotency_key: str | None = "k1") -> Any:
    """Return the answer to lines, as JSON or (text) as CSV."""
    headers = {} if idempotency_key is None else {"idempotency-key": idempotency_key}
    if isinstance(body, str | bytes):
        headers["content-type"] = "text/csv; charset=utf-8"
        return floor.ask("POST", PATH, key, content=body, headers=headers)
    return floor.ask("POST", PATH, key, json={"lines": body}, headers=headers)


def told(floor: Floor, body: Any, **more: Any) -> Any:
    """Return the outcomes of lines."""
    answer = post(floor, body, **more)
    assert answer.status_code == 200, answer.text
    LedgerOutcomes.model_validate_json(answer.content)
    return answer.json()


def test_lines_reach_the_gateway_as_values_with_who_told_them() -> None:
    """Times in nanoseconds; without a time, None; the caller's key and address for the audit."""
    floor = Floor()
    said = told(floor, [LINE, {"store": "paris-2", "sku": "TEE-WHT-M", "qty": -1}])
    assert (said["applied"], said["unchanged"], said["refused"]) == (2, 0, 0)
    assert floor.ledger.lines == [
        LedgerLine("lyon-1", "DEN-501-32", 12, 1_795_233_600 * S),
        LedgerLine("paris-2", "TEE-WHT-M", -1, None),
    ]
    assert floor.ledger.actors[0].key_id == "id-ingest"


def test_csv_says_the_same() -> None:
    """Commas or semicolons, with or without as_of, with a BOM and Windows' line ends."""
    comma, semicolon = Floor(), Floor()
    told(comma, "store,sku,qty,as_of\nlyon-1,DEN-501-32,12,2026-11-21T04:00:00Z\nparis-2,TEE-WHT-M,3,\n")
    text = "\ufeffsku;qty;store;as_of\r\nDEN-501-32;12;lyon-1;2026-11-21T05:00:00+01:00\r\nTEE-WHT-M;3;paris-2;\r\n"
    said = told(semicolon, text.encode())
    assert comma.ledger.lines == semicolon.ledger.lines
    assert len(comma.ledger.lines) == 2
    assert [result["line"] for result in said["results"]] == [2, 3]


def test_each_line_is_judged_by_itself() -> None:
    """Malformed, foreign and unknown lines keep their places with a pointer; the others are taken in."""
    floor = Floor()
    lines = [
        LINE,
        {**LINE, "qty": "12"},
        {**LINE, "store": "paris-2"},
        {**LINE, "sku": "NO-1"},
        {**LINE, "x": 1},
    ]
    said = told(floor, lines, key=LYON_INGEST)
    found = [(r["outcome"], r["code"], r["pointer"]) for r in said["results"]]
    assert found == [
        ("applied", None, None),
        ("refused", "invalid_line", "/lines/1/qty"),
        ("refused", "forbidden_store", "/lines/2/store"),
        ("refused", "unknown_sku", "/lines/3/sku"),
        ("refused", "invalid_line", "/lines/4/x"),
    ]
    assert len(floor.ledger.lines) == 2


def test_a_bad_line_of_csv_is_named_by_its_number() -> None:
    """A decimal comma, a cell too many, a time without zone, a million and more: each with its line."""
    text = "store,sku,qty,as_of\nlyon-1,A,1.5,\nlyon-1,A\nlyon-1,A,1,2026-11-21 04:00\nlyon-1,A,1000001,\nlyon-1,A,1,\n"
    said = told(Floor(), text)
    assert [r["outcome"] for r in said["results"]] == ["refused"] * 4 + ["applied"]
    assert [r["code"] for r in said["results"][:4]] == ["invalid_line"] * 4
    for result, words in zip(
        said["results"], ("line 2: qty", "line 3: has 2", "line 4: as_of", "line 5: qty"), strict=False
    ):
        assert words in result["detail"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it lacks store, sku, qty"),
        ("store,sku\nlyon-1,A\n", "it lacks qty"),
        ("store,sku,quantity\nlyon-1,A,1\n", "line 1 has an unknown column 'quantity'"),
        ("store,sku,qty\n", "no line below the header"),
        (b"store,sku,qty\nlyon-1,A,\xff\n", "is not UTF-8"),
        ("store,sku,qty\n" + "lyon-1,A,1\n" * 5_001, "5,001 lines are more than one request's 5,000"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(text: str | bytes, says: str) -> None:
    """422 invalid_request, in words that mend it; nothing is taken in."""
    floor = Floor()
    answer = post(floor, text)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert says in answer.json()["detail"]
    assert floor.ledger.lines == []


def test_a_request_bears_a_key_and_is_answered_once() -> None:
    """Without one 400; the repeat says that it is one; what stands against a key is a problem."""
    floor = Floor()
    assert post(floor, [LINE], idempotency_key=None).json()["code"] == "missing_idempotency_key"
    assert "idempotent-replayed" not in post(floor, [LINE]).headers
    assert post(floor, [LINE]).headers["idempotent-replayed"] == "true"
    assert len(floor.ledger.lines) == 1
    floor.ledger.refuses = KeyRefused("idempotency_key_reused", "another content")
    answer = post(floor, [LINE])
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(("key", "status"), [(READ, 403), (EXACT, 403), (INGEST, 200), (ADMIN, 200)])
def test_figures_are_told_by_ingesting_keys_alone(key: str, status: int) -> None:
    """A key that reads tells nothing."""
    assert post(Floor(), [LINE], key=key).status_code == status


GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")


def test_the_guides_own_lines_are_taken() -> None:
    """What docs/api.md tells integrators to send is what the gateway takes: JSON, CSV and articles."""
    section = GUIDE.split("## The ERP's ledger")[1].split("## What devices post")[0]
    sent, articles = (json.loads(text) for text in re.findall(r"-d '\n(\{.*?\})'", section, re.DOTALL))
    (csv,) = re.findall(r"printf '(.*?)' > ledger.csv", section)
    floor = Floor()
    assert told(floor, sent["lines"])["applied"] == 2
    assert told(floor, csv.replace("\\n", "\n"), idempotency_key="k2")["applied"] == 1
    answer = floor.ask("PUT", "/v1/articles", ADMIN, json=articles)
    assert answer.json()["created"] == len(articles["articles"]) == 1
    for code in ("no_ledger", "ledger_too_old", "older", "too_old", "gtin_taken", "has_stock", "pieces_held"):
        assert f"`{code}`" in section


def view(sku: str, store: str = "lyon-1", **changes: Any) -> BookView:
    """Return an article of which one piece is missing."""
    plain: dict[str, Any] = {
        "store": store, "sku": sku, "book": 8, "as_of_ns": NOW_NS, "moved": -2, "on_hand": 5, "expected": 4.917,
        "p_book_or_more": 0.03129, "difference": -1, "since_ns": NOW_NS - S,
    }  # fmt: skip
    return BookView(**{**plain, **changes})


def test_the_comparison_is_paged_over_stores() -> None:
    """Store by store, SKU by SKU; each once; the link asks the same question."""
    floor = Floor()
    floor.ledger.views = [view("A"), view("B", difference=0, since_ns=None), view("C"), view("A", "paris-2")]
    found, path = [], f"{PATH}?limit=1&differs=true"
    while path:
        answer = floor.get(path)
        BookList.model_validate_json(answer.content)
        found += [(item["store"], item["sku"]) for item in answer.json()["items"]]
        path = answer.headers["link"].split(">")[0].strip("<") if "link" in answer.headers else ""
    assert found == [("lyon-1", "A"), ("lyon-1", "C"), ("paris-2", "A")]
    (first, *_) = floor.get(PATH).json()["items"]
    assert first == {
        "store": "lyon-1", "sku": "A", "book": 8, "as_of": "2026-11-21T18:02:11Z", "moved": -2, "on_hand": 5,
        "expected": 4.92, "p_book_or_more": 0.0312, "difference": -1, "since": "2026-11-21T18:02:10Z",
    }  # fmt: skip


def test_the_comparison_is_for_those_who_may_see_quantities_of_that_store() -> None:
    """Bands see nothing of it; a bound key sees its own store, and is told nothing of others."""
    floor = Floor()
    floor.ledger.views = [view("A"), view("A", "paris-2")]
    assert floor.get(PATH, READ).status_code == 403
    assert [item["store"] for item in floor.get(PATH, LYON_EXACT).json()["items"]] == ["lyon-1"]
    assert floor.get(f"{PATH}?store=paris-2", LYON_EXACT).json()["code"] == "forbidden_store"
    assert floor.get(f"{PATH}?store=nowhere").json()["code"] == "unknown_store"
