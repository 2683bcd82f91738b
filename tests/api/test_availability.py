"""GET availability: the exact answer, the banded one, many at once, and the past."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.encoding import availability_body, banded_body, shown_valid_until_ns
from api.schemas.availability import Availability, AvailabilityList, BandedAvailability, PastLevels
from gateway.ports.inventory import ZoneLevel
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_EXACT, NOW_NS, READ, Floor, S, availability

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"


def test_an_exact_key_sees_quantities_evidence_and_validity() -> None:
    """The answer is the contract's example, field by field, and fits its own schema."""
    answer = Floor().get(ONE).json()
    Availability.model_validate_json(Floor().get(ONE).content)
    assert answer == {
        "store": "lyon-1",
        "sku": "DEN-501-32",
        "gtin": "03012345000024",
        "status": "IN_STOCK",
        "quantities": {
            "on_hand": 6,
            "not_pickable": 1,
            "reserved": 0,
            "safety_stock": 1,
            "available": 4,
            "incoming": 0,
            "shortfall": 0,
            "quota_left": None,
        },
        "zones": {"denim": 4, "back-room": 1, "fitting-room": 1},
        "zone_details": [
            {
                "zone": "denim",
                "pieces": 4,
                "watched": True,
                "last_seen_at": "2026-11-21T18:02:01Z",
                "coverage": None,
            },
            {
                "zone": "back-room",
                "pieces": 1,
                "watched": True,
                "last_seen_at": "2026-11-21T18:01:11Z",
                "coverage": None,
            },
            {"zone": "fitting-room", "pieces": 1, "watched": True, "last_seen_at": None, "coverage": None},
        ],
        "belief": None,
        "promise": {"pickup": "yes", "ship": None, "ready_by": None, "incoming_at": None, "reasons": []},
        "evidence": {
            "last_seen_at": "2026-11-21T18:02:01Z",
            "last_changed_at": "2026-11-21T17:52:11Z",
            "coverage": 0.97,
            "readers_ok": True,
            "sources": ["rfid", "pos"],
        },
        "valid_until": "2026-11-21T18:12:00Z",
        "version": 8841,
        "links": {"history": f"{ONE}/history", "explain": f"{ONE}/explain"},
    }


def test_a_reading_key_sees_bands_and_no_quantity() -> None:
    """Without availability:exact there is status, band and promise; nothing in the answer counts pieces."""
    answer = Floor().get(ONE, READ)
    BandedAvailability.model_validate_json(answer.content)
    assert answer.json() == {
        "store": "lyon-1",
        "sku": "DEN-501-32",
        "gtin": "03012345000024",
        "status": "IN_STOCK",
        "band": "OK",
        "promise": {"pickup": "yes", "ship": None, "ready_by": None, "incoming_at": None, "reasons": []},
        "valid_until": "2026-11-21T18:12:00Z",
    }


@pytest.mark.parametrize(
    ("status", "available", "band"),
    [
        ("IN_STOCK", 9, "OK"),
        ("LIMITED", 9, "LOW"),
        ("BACK_ROOM_ONLY", 9, "OK"),
        ("BACK_ROOM_ONLY", 2, "LOW"),
        ("OUT_OF_STOCK", 0, "NONE"),
        ("INCOMING", 0, "NONE"),
        ("UNKNOWN", 9, "UNKNOWN"),
        ("UNKNOWN", 0, "UNKNOWN"),
    ],
)
def test_the_band_follows_status_and_available(status: str, available: int, band: str) -> None:
    """UNKNOWN stays unknown, whatever the last known quantity; else nothing, little or enough."""
    found = availability(status=status, available=available)
    assert banded_body(found, 3, NOW_NS)["band"] == band


@pytest.mark.parametrize(("key", "status"), [(READ, 403), (EXACT, 200), (ADMIN, 200)])
def test_a_reading_key_cannot_count_by_asking_for_more_and_more(key: str, status: int) -> None:
    """More than 10 pieces may be asked for by a key that sees quantities alone."""
    assert Floor().get(f"{ONE}?qty=11", key).status_code == status
    assert Floor().get(f"{ONE}?qty=10", key).status_code == 200


def test_qty_reaches_the_gateway() -> None:
    """The promise is asked for the pieces that the caller wants."""
    floor = Floor()
    floor.get(f"{ONE}?qty=7")
    assert floor.inventory.asked_qty[-1] == 7


def test_several_pairs_are_answered_by_store_and_sku_each_once() -> None:
    """Every SKU in every store that the caller sees, in the order asked; a repeated SKU is one."""
    answer = Floor().get("/v1/availability?sku=TEE-WHT-M&sku=DEN-501-32&sku=TEE-WHT-M")
    AvailabilityList.model_validate_json(answer.content)
    pairs = [(item["store"], item["sku"]) for item in answer.json()["items"]]
    assert pairs == [("lyon-1", "TEE-WHT-M"), ("lyon-1", "DEN-501-32"), ("paris-2", "DEN-501-32")]
    assert answer.json()["unknown_skus"] == []


def test_an_unknown_sku_is_named_beside_the_answers_for_the_rest() -> None:
    """One SKU that does not exist does not cost a basket its other answers."""
    answer = Floor().get("/v1/availability?sku=DEN-501-32&sku=NO-SUCH&store=lyon-1").json()
    assert [item["sku"] for item in answer["items"]] == ["DEN-501-32"]
    assert answer["unknown_skus"] == ["NO-SUCH"]


def test_where_no_sku_is_known_the_answer_is_404() -> None:
    """There is nothing to say: 404 unknown_sku names each of them."""
    answer = Floor().get("/v1/availability?sku=NO-SUCH&sku=NOR-THIS")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_sku"
    assert [error["reason"] for error in answer.json()["errors"]] == [
        "'NO-SUCH' is not known",
        "'NOR-THIS' is not known",
    ]


def test_a_bound_key_gets_the_answers_of_its_own_stores() -> None:
    """Without a store in the question, the stores are those that the key sees."""
    answer = Floor().get("/v1/availability?sku=DEN-501-32", LYON_EXACT).json()
    assert [item["store"] for item in answer["items"]] == ["lyon-1"]


def test_a_list_is_banded_for_a_reading_key() -> None:
    """No answer of the list bears a quantity."""
    answer = Floor().get("/v1/availability?sku=DEN-501-32&sku=TEE-WHT-M", READ)
    assert [item["band"] for item in answer.json()["items"]] == ["OK", "LOW", "OK"]
    assert b"quantities" not in answer.content
    assert b"zones" not in answer.content


def test_more_than_a_hundred_pairs_are_refused() -> None:
    """2 stores × 51 SKUs are 102 pairs: 413. One store × 51 is answered."""
    skus = "&".join(f"sku=S{n}" for n in range(50)) + "&sku=DEN-501-32"
    refused = Floor().get(f"/v1/availability?{skus}")
    assert (refused.status_code, refused.json()["code"]) == (413, "too_many_pairs")
    assert Floor().get(f"/v1/availability?{skus}&store=lyon-1").status_code == 200


def test_the_past_is_answered_from_the_records() -> None:
    """as_of gives the levels as they were, and their sum."""
    answer = Floor().get(f"{ONE}?as_of=2026-11-21T12:00:00.5%2B01:00")
    PastLevels.model_validate_json(answer.content)
    assert answer.json() == {
        "store": "lyon-1",
        "sku": "DEN-501-32",
        "as_of": "2026-11-21T11:00:00Z",
        "on_hand": 7,
        "zones": {"denim": 5, "back-room": 2},
    }


@pytest.mark.parametrize(
    ("query", "key", "status", "code"),
    [
        ("as_of=2026-11-21T12:00:00Z", READ, 403, "insufficient_scope"),
        ("as_of=2026-11-21T18:02:12Z", EXACT, 422, "invalid_request"),
        ("as_of=2026-11-21T12:00:00Z&qty=2", EXACT, 422, "invalid_request"),
        ("as_of=yesterday", EXACT, 422, "invalid_request"),
    ],
)
def test_the_past_is_exact_past_and_without_a_promise(query: str, key: str, status: int, code: str) -> None:
    """as_of shows quantities, lies in the past, and has no qty."""
    answer = Floor().get(f"{ONE}?{query}", key)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stores/lyon-1/availability/NO-SUCH",
        "/v1/stores/lyon-1/availability/NO-SUCH?as_of=2026-11-21T12:00:00Z",
        "/v1/stores/lyon-1/availability/NO-SUCH/history",
    ],
)
def test_an_unknown_article_is_404(path: str) -> None:
    """404 unknown_sku, pointing at the path."""
    answer = Floor().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_sku")
    assert answer.json()["errors"][0]["pointer"] == "/path/sku"


def test_an_ingesting_key_may_not_ask() -> None:
    """ingest:write alone opens no reading."""
    assert Floor().get(ONE, INGEST).status_code == 403


def test_an_unchanged_answer_is_304_while_time_and_version_move_on() -> None:
    """The ETag covers all that is visible but the version: unchanged stock is not sent again."""
    floor = Floor()
    first = floor.get(ONE)
    floor.clock.at_ns += 20 * S
    floor.inventory.found["lyon-1", "DEN-501-32"] = availability(
        version=9_000, valid_until_ns=NOW_NS + 620 * S
    )
    again = floor.get(ONE, headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "private, max-age=569"


@pytest.mark.parametrize(
    "change",
    [
        {"last_seen_at_ns": NOW_NS},
        {"status": "LIMITED"},
        {"on_hand": 7},
        {"reasons": ("reader_down",)},
        {"valid_until_ns": NOW_NS + 120 * S},
        {"coverage": 0.5},
        {"zones": (ZoneLevel("denim", 6, False, None),)},
    ],
)
def test_a_304_is_never_given_for_a_copy_that_says_otherwise(change: dict[str, object]) -> None:
    """Whatever the caller would read differently has another ETag: an end of validity that drew near, too."""
    floor = Floor()
    etag = floor.get(ONE).headers["etag"]
    floor.inventory.found["lyon-1", "DEN-501-32"] = availability(**change)
    assert floor.get(ONE, headers={"if-none-match": etag}).status_code == 200


def test_bands_and_quantities_have_different_etags() -> None:
    """A copy made for one key is never revalidated for another that sees more."""
    floor = Floor()
    assert floor.get(ONE, READ).headers["etag"] != floor.get(ONE, EXACT).headers["etag"]
    assert floor.get(ONE).headers["vary"] == "Authorization, Cookie"


def test_a_list_has_an_etag_too() -> None:
    """The same question with the same answers is 304; with a change in one of them it is not."""
    floor = Floor()
    path = "/v1/availability?sku=DEN-501-32&sku=TEE-WHT-M"
    headers = {"if-none-match": floor.get(path).headers["etag"]}
    assert floor.get(path, headers=headers).status_code == 304
    floor.inventory.found["paris-2", "DEN-501-32"] = availability(store="paris-2", incoming=3)
    assert floor.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(("speed", "max_age"), [(1.0, 589), (60.0, 9)])
def test_max_age_is_in_real_seconds(speed: float, max_age: int) -> None:
    """At 60 shop seconds per second, a copy is fresh for a sixtieth of the shop's validity."""
    floor = Floor()
    floor.clock.speed = speed
    assert floor.get(ONE).headers["cache-control"] == f"private, max-age={max_age}"


def test_what_is_over_already_is_not_cached() -> None:
    """An end of validity in the past gives max-age=0, not a negative number."""
    floor = Floor()
    floor.inventory.found["lyon-1", "DEN-501-32"] = availability(valid_until_ns=NOW_NS - S)
    assert floor.get(ONE).headers["cache-control"] == "private, max-age=0"


@given(left_ns=st.integers(-(10**12), 10**15), now_ns=st.integers(10**18, 2 * 10**18))
def test_a_shown_validity_is_never_longer_than_the_true_one(left_ns: int, now_ns: int) -> None:
    """Rounding shortens, by less than a minute, and leaves at least half of what was left."""
    shown = shown_valid_until_ns(now_ns + left_ns, now_ns)
    assert 0 <= now_ns + left_ns - shown < 60 * S
    if left_ns > 0:
        assert 2 * (shown - now_ns) >= left_ns


counts = st.integers(0, 10_000)


@given(
    zones=st.dictionaries(st.sampled_from(["denim", "front", "back-room", "till", "in-hand"]), counts),
    not_pickable=counts,
    reserved=counts,
    safety_stock=counts,
    incoming=counts,
    quota_left=st.none() | counts,
)
def test_the_invariants_survive_serialisation(
    zones: dict[str, int],
    not_pickable: int,
    reserved: int,
    safety_stock: int,
    incoming: int,
    quota_left: int | None,
) -> None:
    """available = max(0, min(on_hand - not_pickable - reserved - safety_stock, quota_left)); zones sum to on_hand;
    none is < 0.
    """
    on_hand = sum(zones.values())
    sellable = on_hand - not_pickable - reserved - safety_stock
    body = availability_body(
        availability(
            zones=tuple(ZoneLevel(zone, pieces, True, None) for zone, pieces in zones.items()),
            on_hand=on_hand,
            not_pickable=not_pickable,
            reserved=reserved,
            safety_stock=safety_stock,
            available=max(0, sellable if quota_left is None else min(sellable, quota_left)),
            quota_left=quota_left,
            shortfall=max(0, -sellable),
            incoming=incoming,
        ),
        NOW_NS,
    )
    shown = Availability.model_validate({**body, "version": 1})
    q = shown.quantities
    margin = q.on_hand - q.not_pickable - q.reserved - q.safety_stock
    assert q.available == max(0, margin if q.quota_left is None else min(margin, q.quota_left))
    assert q.shortfall == max(0, -margin)
    assert sum(shown.zones.values()) == sum(detail.pieces for detail in shown.zone_details) == q.on_hand
    assert min(pieces for pieces in q.model_dump().values() if pieces is not None) >= 0
