"""GET /v1/audit: for administrators, by store, in pages, as JSON and as a table."""

import csv
import io

import pytest

from api.schemas.audit import AuditItem, AuditList
from gateway.audit import AuditEntry
from gateway.ports.callers import Caller
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_RESERVE, NOW_NS, RESERVE, Floor, S

LYON_ADMIN = "key-lyon-admin"


def floor_with(*entries: AuditEntry) -> Floor:
    """Return a floor whose log holds these; an administrator of Lyon alone has a key too."""
    floor = Floor()
    floor.auth.callers[LYON_ADMIN] = Caller("k-la", frozenset({"admin"}), frozenset({"lyon-1"}))
    floor.audit.entries = list(entries)
    return floor


def entry(second: int, action: str = "reservations.create", store: str = "lyon-1", **more: str) -> AuditEntry:
    """Return a change of some seconds after the beginning."""
    who = {"key_id": "k1", "address": "10.0.0.7", "subject": f"r{second}", "detail": "TOTE ×1", **more}
    return AuditEntry(NOW_NS + second * S, action=action, store=store, **who)


def subjects(floor: Floor, query: str = "", key: str = ADMIN) -> list[str]:
    """Return the ids of what was changed, as they are listed."""
    answer = floor.get(f"/v1/audit{query}", key)
    AuditList.model_validate_json(answer.content)
    return [item["subject"] for item in answer.json()["items"]]


def test_the_log_is_newest_first_and_in_pages() -> None:
    """Each once, by the Link header; what is of no store says so."""
    floor = floor_with(entry(1), entry(2, store=""), entry(2), entry(3))
    first = floor.get("/v1/audit?limit=3", ADMIN)
    assert [item["id"] for item in first.json()["items"]] == [4, 3, 2]
    assert first.json()["items"][2]["store"] is None
    path = first.headers["link"].removeprefix("<").partition(">")[0]
    last = floor.get(path, ADMIN).json()
    assert ([item["id"] for item in last["items"]], last["next_cursor"]) == ([1], None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?action=keys.create", ["r2"]),
        ("?key=k2", ["r3"]),
        ("?store=paris-2", ["r3"]),
        ("?from=2026-11-21T18:02:12Z&to=2026-11-21T18:02:14Z", ["r2", "r1"]),
    ],
)
def test_the_log_is_asked_for_what_one_looks_for(query: str, expected: list[str]) -> None:
    """By kind, key, store and time; from is in, to is not."""
    floor = floor_with(entry(1), entry(2, "keys.create", ""), entry(3, store="paris-2", key_id="k2"))
    assert subjects(floor, query) == expected


def test_a_key_of_one_store_sees_the_changes_of_that_store_alone() -> None:
    """Neither another's nor the site's; a foreign store is refused like one that does not exist."""
    floor = floor_with(entry(1), entry(2, store="paris-2"), entry(3, store=""))
    assert subjects(floor, key=LYON_ADMIN) == ["r1"]
    assert subjects(floor, "?store=lyon-1", LYON_ADMIN) == ["r1"]
    for store in ("paris-2", "nowhere"):
        assert floor.get(f"/v1/audit?store={store}", LYON_ADMIN).json()["code"] == "forbidden_store"


@pytest.mark.parametrize("key", [EXACT, INGEST, RESERVE, LYON_RESERVE])
def test_nobody_but_an_administrator_reads_it(key: str) -> None:
    """403."""
    assert floor_with(entry(1)).get("/v1/audit", key).json()["code"] == "insufficient_scope"


def test_a_page_is_a_table_too() -> None:
    """RFC 4180, with a heading; no cell is a formula to a spreadsheet."""
    floor = floor_with(entry(1, detail='=cmd|"x"!A1'), entry(2, detail="a, b\nc"))
    answer = floor.get("/v1/audit?format=csv&limit=2", ADMIN)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert list(rows[0]) == list(AuditItem.model_fields)
    assert [row["detail"] for row in rows] == ["a, b\nc", '\'=cmd|"x"!A1']
    assert [row["at"] for row in rows] == ["2026-11-21T18:02:13Z", "2026-11-21T18:02:12Z"]
    assert 'rel="next"' in floor.get("/v1/audit?format=csv&limit=1", ADMIN).headers["link"]


@pytest.mark.parametrize("cursor", ["x", "WyJhdWRpdCIsMSwieCJd", "WyJhdWRpdCIsMSwiwrIiXQ"])
def test_a_cursor_of_another_listing_is_refused(cursor: str) -> None:
    """Also one whose row is no number."""
    assert floor_with().get(f"/v1/audit?cursor={cursor}", ADMIN).json()["code"] == "invalid_cursor"


def test_signing_in_and_out_is_written_down_without_the_sessions_id() -> None:
    """Who, and from where; signing out of no session is no change."""
    floor = floor_with()
    page = {"X-Storefloor": "1"}
    signed_in, *_ = floor.ask_all(
        [
            ("POST", "/session", None, {"json": {"key": EXACT}}),
            ("DELETE", "/session", None, {"headers": page}),
            ("DELETE", "/session", None, {"headers": page}),
            ("POST", "/session", None, {"json": {"key": "wrong"}}),
        ]
    )
    assert [(e.action, e.key_id, e.address, e.subject) for e in floor.audit.entries] == [
        ("session.open", "id-exact", "127.0.0.1", "id-exact"),
        ("session.close", "id-exact", "127.0.0.1", "id-exact"),
    ]
    assert signed_in.cookies["storefloor_session"] not in repr(floor.audit.entries)
