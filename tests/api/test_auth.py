"""Keys, scopes, store binding, page sessions, and the open page of a demo."""

from typing import Any

import pytest

from api.app import ApiSettings
from api.hosts import host_name, is_answered, is_own_page
from api.sessions import SESSION_LIFETIME_S, Sessions
from tests.support.api_ports import ADMIN, EXACT, INGEST, LYON_EXACT, READ, Floor

SALE = {"events": [{"event_id": "e1", "type": "sale", "store": "lyon-1", "sku": "DEN-501-32",
                    "at": "2026-11-21T18:00:00Z"}]}  # fmt: skip
ONE = "/v1/stores/lyon-1/availability/DEN-501-32"
EXACT_ONLY = [
    f"{ONE}/history", "/v1/alerts", "/v1/devices", "/v1/overview", "/v1/dead-letters",
    "/v1/unmatched-topics",
]  # fmt: skip
ANY_READER = [ONE, "/v1/availability?sku=DEN-501-32", "/v1/stores", "/v1/articles", "/v1/stream"]
OF_A_STORE = [
    "/v1/stores/{}/availability/DEN-501-32", "/v1/stores/{}/availability/DEN-501-32/history",
    "/v1/availability?sku=DEN-501-32&store={}", "/v1/alerts?store={}", "/v1/devices?store={}",
    "/v1/overview?store={}", "/v1/stream?store={}", "/v1/dead-letters?store={}",
]  # fmt: skip
KEYLESS = ["/livez", "/readyz", "/metrics", "/v1/problems", "/docs", "/openapi.json"]


@pytest.mark.parametrize("path", [*ANY_READER, *EXACT_ONLY, "/session"])
def test_without_a_key_there_is_401_and_the_way_to_ask(path: str) -> None:
    """401 missing_key with WWW-Authenticate: Bearer, on every route that needs a caller."""
    answer = Floor().get(path, None)
    assert (answer.status_code, answer.json()["code"]) == (401, "missing_key")
    assert answer.headers["www-authenticate"] == 'Bearer realm="storefloor"'


@pytest.mark.parametrize("path", [*ANY_READER, *EXACT_ONLY, "/session"])
def test_an_unknown_key_is_401(path: str) -> None:
    """401 unknown_key says that the token is invalid (RFC 6750)."""
    answer = Floor().get(path, "nonsense")
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer ", "", "key-exact"])
def test_other_authorization_is_no_key(header: str) -> None:
    """Another scheme, or a bearer without a key, is 401 missing_key."""
    answer = Floor().get(ONE, None, headers={"authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "missing_key")


def test_a_key_of_endless_length_is_not_even_looked_up() -> None:
    """More than 256 characters are unknown, whatever the gateway would say."""
    floor = Floor()
    floor.auth.callers["k" * 300] = floor.auth.callers[EXACT]
    assert floor.get(ONE, "k" * 300).json()["code"] == "unknown_key"


def test_a_key_in_the_url_is_refused() -> None:
    """Addresses end up in logs: a key there is an unknown parameter, even a valid one."""
    answer = Floor().get(f"{ONE}?access_token={EXACT}", None)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_parameter")
    assert EXACT not in answer.text


@pytest.mark.parametrize("path", KEYLESS)
def test_probes_metrics_and_documentation_need_no_key(path: str) -> None:
    """A load balancer has no key, and the documentation holds no stock."""
    assert Floor().get(path, None).status_code == 200


@pytest.mark.parametrize(
    ("key", "paths", "status"),
    [
        (READ, ANY_READER, 200),
        (READ, EXACT_ONLY, 403),
        (EXACT, ANY_READER + EXACT_ONLY, 200),
        (ADMIN, ANY_READER + EXACT_ONLY, 200),
        (INGEST, ANY_READER + EXACT_ONLY, 403),
    ],
)
def test_scopes_open_what_they_name(key: str, paths: list[str], status: int) -> None:
    """availability:read opens bands, availability:exact all reading, admin everything, ingest:write none."""
    floor = Floor()
    assert {path: floor.get(path, key).status_code for path in paths} == dict.fromkeys(paths, status)


def test_a_403_names_the_scope_that_is_missing() -> None:
    """The caller can tell the operator which scope to ask for."""
    answer = Floor().get("/v1/alerts", READ)
    assert answer.json()["code"] == "insufficient_scope"
    assert "availability:exact" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].endswith('scope="availability:exact"')


@pytest.mark.parametrize(("key", "status"), [(READ, 403), (EXACT, 403), (INGEST, 200), (ADMIN, 200)])
def test_events_are_told_by_ingesting_keys_alone(key: str, status: int) -> None:
    """A key that reads cannot sell."""
    assert Floor().ask("POST", "/v1/events", key, json=SALE).status_code == status


@pytest.mark.parametrize("path", OF_A_STORE)
def test_a_bound_key_cannot_tell_a_foreign_store_from_none(path: str) -> None:
    """Both are the same 403, to the letter but for the name asked for and the trace id."""
    floor = Floor()
    foreign, unknown = (floor.get(path.format(store), LYON_EXACT) for store in ("paris-2", "nowhere"))
    assert foreign.status_code == unknown.status_code == 403
    said = [answer.json() | {"trace_id": ""} for answer in (foreign, unknown)]
    assert str(said[0]).replace("paris-2", "X") == str(said[1]).replace("nowhere", "X")
    assert foreign.json()["code"] == "forbidden_store"
    assert floor.get(path.format("lyon-1"), LYON_EXACT).status_code == 200


@pytest.mark.parametrize("path", OF_A_STORE)
def test_an_unbound_key_is_told_that_a_store_does_not_exist(path: str) -> None:
    """404 unknown_store: there is nothing to hide from a key of all stores."""
    answer = Floor().get(path.format("nowhere"))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_store")


def test_a_bound_key_sees_its_own_store_everywhere() -> None:
    """Stores, devices, alerts, overview and stream show nothing of other stores."""
    floor = Floor()
    assert [s["id"] for s in floor.get("/v1/stores", LYON_EXACT).json()["items"]] == ["lyon-1"]
    assert [d["store"] for d in floor.get("/v1/devices", LYON_EXACT).json()["items"]] == ["lyon-1"]
    assert floor.get("/v1/overview", LYON_EXACT).json()["store"]["id"] == "lyon-1"
    floor.get("/v1/stream", LYON_EXACT)
    floor.get("/v1/stream", EXACT)
    assert [wanted.stores for wanted, _ in floor.feed.subscriptions] == [frozenset({"lyon-1"}), frozenset()]


def test_a_key_bound_to_a_store_that_is_gone_sees_nothing() -> None:
    """Its stream is asked for its own store, never for all; its lists are empty."""
    floor = Floor()
    floor.inventory.places = floor.inventory.places[1:]
    assert floor.get("/v1/stores", LYON_EXACT).json()["items"] == []
    assert floor.get("/v1/alerts", LYON_EXACT).json()["items"] == []
    assert floor.get("/v1/overview", LYON_EXACT).status_code == 404
    floor.get("/v1/stream", LYON_EXACT)
    assert floor.feed.subscriptions[0][0].stores == frozenset({"lyon-1"})


def sign_in(key: str) -> tuple[str, str, None, dict[str, Any]]:
    return ("POST", "/session", None, {"json": {"key": key}})


def test_a_page_signs_in_and_acts_as_the_key() -> None:
    """POST /session gives a cookie that scripts cannot read; GET works with it; DELETE ends it."""
    floor = Floor()
    page = {"headers": {"x-storefloor": "1"}}
    signed, who, read, out, after = floor.ask_all(
        [
            sign_in(EXACT),
            ("GET", "/session", None, {}),
            ("GET", ONE, None, {}),
            ("DELETE", "/session", None, dict(page)),
            ("GET", ONE, None, {}),
        ]
    )
    cookie = signed.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert EXACT not in cookie
    assert "Secure" not in cookie
    assert who.json() == signed.json()
    assert who.json() == {
        "key_id": "id-exact",
        "via": "session",
        "name": None,
        "role": None,
        "scopes": ["availability:exact", "availability:read"],
        "stores": [],
        "device": None,
    }
    assert read.json()["quantities"]["on_hand"] == 6
    assert (out.status_code, after.status_code) == (204, 401)


def test_over_https_the_cookie_is_secure() -> None:
    """Where the page came over TLS, the cookie goes over TLS alone."""
    answer = Floor().ask("POST", "https://127.0.0.1/session", json={"key": EXACT})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_session_that_changes_something_needs_the_page_header() -> None:
    """A foreign page can make a browser post, and cannot add the header: 403 without it."""
    floor = Floor()
    _, without, with_header, wrong, out = floor.ask_all(
        [
            sign_in(INGEST),
            ("POST", "/v1/events", None, {"json": SALE}),
            ("POST", "/v1/events", None, {"json": SALE, "headers": {"x-storefloor": "1"}}),
            ("POST", "/v1/events", None, {"json": SALE, "headers": {"x-storefloor": "0"}}),
            ("DELETE", "/session", None, {}),
        ]
    )
    assert (without.status_code, without.json()["code"]) == (403, "missing_page_header")
    assert (with_header.status_code, wrong.status_code, out.status_code) == (200, 403, 403)


def test_signing_in_with_an_unknown_key_is_401_without_a_cookie() -> None:
    """No session is opened for nobody."""
    answer = Floor().ask("POST", "/session", json={"key": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
    assert "set-cookie" not in answer.headers


def test_a_foreign_form_cannot_sign_a_browser_in() -> None:
    """A form sends no application/json: 415."""
    answer = Floor().ask(
        "POST", "/session", content=b'{"key":"key-exact"}', headers={"content-type": "text/plain"}
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_revoked_key_ends_its_sessions() -> None:
    """The session asks about its key at each request."""
    floor = Floor()

    async def run(client: Any) -> list[int]:
        await client.post("/session", json={"key": EXACT})
        before = await client.get(ONE)
        del floor.auth.callers[EXACT]
        after = await client.get(ONE)
        return [before.status_code, after.status_code]

    assert floor.with_client(run) == [200, 401]


def test_a_session_ends_after_twelve_real_hours() -> None:
    """Real time counts, however fast the shop's clock runs."""
    floor = Floor()

    async def run(client: Any) -> list[int]:
        await client.post("/session", json={"key": EXACT})
        floor.clock.at_ns += 10**18
        floor.real_s = SESSION_LIFETIME_S - 1
        before = await client.get(ONE)
        floor.real_s = SESSION_LIFETIME_S
        return [before.status_code, (await client.get(ONE)).status_code]

    assert floor.with_client(run) == [200, 401]


def test_sessions_are_bounded_and_the_oldest_gives_way() -> None:
    """Memory does not grow with sign-ins."""
    sessions = Sessions(lambda: 0.0, max_sessions=3)
    ids = [sessions.open(f"key-{n}") for n in range(5)]
    assert len(sessions) == 3
    assert [sessions.key(i) for i in ids] == [None, None, "key-2", "key-3", "key-4"]
    assert len(set(ids)) == 5


def test_a_bearer_key_wins_over_a_cookie() -> None:
    """A program that sends a key is judged by the key alone, with no page header."""
    answers = Floor().ask_all([sign_in(READ), ("POST", "/v1/events", INGEST, {"json": SALE})])
    assert answers[1].status_code == 200


OPEN = ApiSettings(page_sign_in=False)


def test_the_open_page_may_see_and_may_not_change() -> None:
    """With page_sign_in = false a request without a key reads exactly, and writes nothing."""
    floor = Floor(OPEN)
    assert floor.get(ONE, None).json()["quantities"]["on_hand"] == 6
    assert floor.get("/session", None).json()["via"] == "open"
    for headers in ({}, {"x-storefloor": "1"}):
        assert floor.ask("POST", "/v1/events", json=SALE, headers=headers).status_code == 401


def test_a_wrong_key_is_not_taken_for_an_open_page() -> None:
    """Who shows a key is judged by it."""
    assert Floor(OPEN).get(ONE, "nonsense").status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8480", 200), ("localhost:8480", 200), ("LOCALHOST.", 200), ("[::1]:8480", 200),
        ("127.9.9.9", 200), ("evil.example", 421), ("localhost.evil.example", 421), ("192.168.1.20", 401),
        ("0.0.0.0", 401), ("127.0.0.1.nip.io", 421),
    ],
)  # fmt: skip
def test_the_open_page_is_served_to_this_machine_alone(host: str, status: int) -> None:
    """Under a stranger's name (DNS rebinding) nothing is served; under another address a key is needed."""
    assert Floor(OPEN).get(ONE, None, headers={"host": host}).status_code == status


def test_an_allowed_host_is_served_the_open_page() -> None:
    """The operator who names a host answers for it."""
    floor = Floor(ApiSettings(page_sign_in=False, allowed_hosts=("Till.Lan",)))
    assert floor.get(ONE, None, headers={"host": "till.lan:80"}).status_code == 200


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("same-site", 401), ("cross-site", 401)]
)
def test_a_foreign_page_in_the_same_browser_is_not_our_page(site: str, status: int) -> None:
    """A browser says whose page asks: another's gets no answer, and holds no stream."""
    assert Floor(OPEN).get(ONE, None, headers={"sec-fetch-site": site}).status_code == status


def test_a_known_key_needs_a_known_name_too() -> None:
    """Names that nobody gave this server are not served at all: 421 names the remedy."""
    answer = Floor().get(ONE, headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "unknown_host")
    assert Floor(ApiSettings(host="shop.lan")).get(ONE, headers={"host": "shop.lan:8480"}).status_code == 200


def test_an_open_page_on_the_network_is_refused_at_the_start() -> None:
    """page_sign_in = false with a host that others reach does not start."""
    with pytest.raises(ValueError, match="page_sign_in"):
        ApiSettings(host="0.0.0.0", page_sign_in=False)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a.b:80", "a.b"), ("[::1]:80", "::1"), ("::1", "::1"), ("A.", "a"), ("", ""), ("x" * 300, ""), (":80", ""),
        ("[::1", "::1"),
    ],
)  # fmt: skip
def test_host_names_are_read_from_the_header(header: str, name: str) -> None:
    """Port, brackets, case and the trailing dot are not part of the name."""
    assert host_name(header) == name


def test_no_host_is_not_answered() -> None:
    """An empty name is nobody's; a foreign page is nobody's own."""
    assert not is_answered("", frozenset())
    assert not is_own_page("localhost", frozenset(), "cross-site")
